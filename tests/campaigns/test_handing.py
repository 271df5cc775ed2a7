"""A door handed from phone to phone counts by its giver's signature: in either order, without the giver, and not if forged."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from campaigns.conftest import Running
from campaigns.test_receiving import counted, recounted, send, visit

from linli.campaigns import actions, handing, queries
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.models import Aside, Door, Membership, Outcome, Submission
from linli.campaigns.queries.console import team_line
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.people import queries as people


@pytest.fixture
def door(running: Running) -> UUID:
    """One of the first team."""
    return running.doors_of(0)[0].id


def handed(running: Running, door: UUID, outcome: str = Outcome.DONE, giver: int = 0) -> Visit:
    """As the phone of whoever took it over sends it: with the signature that was in the code."""
    by = running.leads[giver]
    with acting_as(by):
        pack = queries.doors_of_team(by, running.teams[giver].id)
    proof = handing.proof(pack.secret, running.campaign.id, door)
    return replace(visit(door, outcome), handed_by=pack.giver, handed_proof=proof)


def stored(visit: Visit) -> Submission:
    with acting_as(SYSTEM):
        return Submission.objects.get(pk=visit.id)


def test_it_counts_though_the_giver_never_syncs(running: Running, door: UUID) -> None:
    one = handed(running, door)
    assert send(running, [one], team=1) == {one.id: "stored"}
    row = stored(one)
    assert (row.aside, row.team_id, row.by_id) == ("", running.teams[0].id, running.leads[1].id)
    with acting_as(SYSTEM):
        assert Membership.objects.get(pk=row.handed_by).member.person_id == running.leads[0].id
    with acting_as(running.leader):
        assert team_line(running.leader, running.teams[0].id).reached == 1
    assert counted(running) == recounted(running)


@pytest.mark.parametrize("first", [0, 1])
def test_giver_and_taker_may_sync_in_either_order(running: Running, door: UUID, first: int) -> None:
    taken, own = handed(running, door), visit(door, Outcome.NOBODY_HOME, minutes_ago=60)
    for team in (first, 1 - first):
        one = (own, taken)[team]
        assert send(running, [one], team=team) == {one.id: "stored"}
        assert send(running, [one], team=team) == {one.id: "known"}
    with acting_as(SYSTEM):
        stands = Door.objects.get(campaign=running.campaign, door=door)
    assert (stands.submission, stands.outcome, stands.visits) == (taken.id, Outcome.DONE, 2)
    assert counted(running) == recounted(running)


def test_it_counts_when_the_giver_was_taken_out_of_the_team_since(running: Running, door: UUID) -> None:
    one = handed(running, door)
    with acting_as(SYSTEM):
        member = running.teams[0].memberships.get(leads=True).member_id
    with acting_as(running.leader):
        actions.leave_team(member=member, reason="身体不适", by=running.leader)
    assert send(running, [one], team=1) == {one.id: "stored"}


def test_what_was_visited_after_the_giver_was_taken_out_does_not_count(running: Running, door: UUID) -> None:
    """Who was taken out may sign as before, with the secret that the phone still has."""
    before, after = (replace(handed(running, door), visited_at=ago(minutes)) for minutes in (20, 5))
    with acting_as(SYSTEM):
        Membership.objects.filter(pk=before.handed_by).update(since=ago(120), until=ago(10))
    assert send(running, [before, after], team=1) == {before.id: "stored", after.id: Aside.NOT_YOURS}
    assert (stored(after).handed_by, stored(after).team_id) == (None, running.teams[1].id)
    assert counted(running) == recounted(running)


def test_nobody_hands_doors_to_themselves(running: Running, door: UUID) -> None:
    """From the team in which they were to the one in which they are."""
    one, lead = handed(running, door), running.leads[0]
    with acting_as(SYSTEM):
        Membership.objects.filter(pk=one.handed_by).update(until=clock.now())
        before = Membership.objects.get(pk=one.handed_by)
        Membership.objects.create(team=running.teams[1], member=before.member)
    assert send(running, [one], team=1, by=lead) == {one.id: Aside.NOT_YOURS}
    assert stored(one).handed_by is None
    assert counted(running) == recounted(running)


def ago(minutes: int) -> datetime:
    return clock.now() - timedelta(minutes=minutes)


def test_it_goes_on_from_the_taker_to_a_third(running: Running, door: UUID) -> None:
    """A signature is handed on as it came: it still says who of the door's team gave it away."""
    one = handed(running, door)
    with acting_as(SYSTEM):
        third = running.teams[1].memberships.get(leads=False).member.person_id
    assert third is not None
    by = people.themselves(third)
    assert send(running, [one], team=1, by=by) == {one.id: "stored"}


def test_what_is_forged_is_a_visit_to_somebody_elses_door(running: Running, door: UUID) -> None:
    good = handed(running, door)
    other_door = running.doors_of(0)[1].id
    with acting_as(SYSTEM):
        colleague = running.teams[0].memberships.exclude(pk=good.handed_by).get().pk
    forged = [
        replace(good, id=uuid4(), handed_proof=""),
        replace(good, id=uuid4(), handed_proof="é" * 16),
        replace(good, id=uuid4(), handed_proof=good.handed_proof[::-1]),
        replace(good, id=uuid4(), door=other_door),
        replace(good, id=uuid4(), handed_by=uuid4()),
        replace(good, id=uuid4(), handed_by=colleague),
    ]
    assert set(send(running, forged, team=1).values()) == {Aside.NOT_YOURS}
    assert {(stored(one).handed_by, stored(one).team_id) for one in forged} == {(None, running.teams[1].id)}
    assert counted(running) == recounted(running)


def test_nobody_gives_away_what_their_team_does_not_have(running: Running, door: UUID) -> None:
    """The giver's phone signs whatever it is told to; the server asks whose door it was."""
    own = running.doors_of(1)[0].id
    one = handed(running, own, giver=0)
    assert send(running, [one], team=1) == {one.id: Aside.NOT_YOURS}
    unknown = handed(running, uuid4())
    assert send(running, [unknown], team=1) == {unknown.id: Aside.UNKNOWN_DOOR}


def test_a_hand_over_does_not_outlast_the_taker_or_joint_control(running: Running, door: UUID) -> None:
    after = replace(handed(running, door), visited_at=clock.now())
    with acting_as(SYSTEM):
        membership = running.teams[1].memberships.get(leads=True)
        Membership.objects.filter(pk=membership.pk).update(
            since=clock.now() - timedelta(hours=2), until=clock.now() - timedelta(hours=1)
        )
    assert send(running, [after], team=1) == {after.id: Aside.REMOVED}
    with acting_as(running.leader):
        actions.end(declaration=running.campaign.declaration_id, reason="疫情结束", by=running.leader)
    late = replace(after, id=uuid4())
    assert send(running, [late], team=1)[late.id] in {Aside.REMOVED, Aside.AFTER_END}


def test_the_secrets_of_two_members_and_two_doors_differ(running: Running, door: UUID) -> None:
    secrets = set()
    for number, by in enumerate(running.leads):
        with acting_as(by):
            secrets.add(queries.doors_of_team(by, running.teams[number].id).secret)
    assert len(secrets) == 2
    (one, other) = secrets
    campaign = running.campaign.id
    proofs = {handing.proof(secret, campaign, d) for secret in (one, other) for d in (door, uuid4())}
    assert len(proofs) == 4
    assert {len(proof) for proof in proofs} == {16}

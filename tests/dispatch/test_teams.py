"""Teams on the real database: sent as one, in the inboxes of all of them, within the scope of whoever plans."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import translation
from factories.duty import HOUR, open_case, skill, team, worker
from factories.world import HERE, START_AT, World

from linli.cases.models import Case
from linli.dispatch import actions, crews, errors, queries, rules, state
from linli.dispatch.models import Decision, Position, Shift, Team, TeamMember
from linli.foundation import audit, clock, own_data, tasks
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.people.models import Person, Post

pytestmark = pytest.mark.django_db
NEAR, FAR = (HERE[0] + 0.001, HERE[1]), (HERE[0] + 0.01, HERE[1])


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


def crew(world: World) -> list[crews.OnDuty]:
    with acting_as(SYSTEM):
        return crews.workers({world.bodies["street"].id})


def inbox(actor: Actor) -> list[tasks.Task]:
    with acting_as(actor), translation.override("en"):
        return tasks.waiting(actor)


def test_a_team_is_sent_by_its_leader_and_its_members_see_it(world: World, desk: Actor) -> None:
    with acting_as(SYSTEM):
        skill("lift", "0101")
    case = open_case(world)
    leader = worker(world, "leader", at=FAR)
    member, alone = worker(world, "member", skills=("lift",)), worker(world, "alone", at=NEAR)
    made = team(world, "抢修一队", leader, member)
    with acting_as(desk):
        proposal = actions.propose(unit=world.id("W"), by=desk)
        (line,) = proposal.lines
        assert line["worker"] == str(made.id), "the skill of a member is the team's"
        sent = actions.accept(proposal=proposal.id, choices={case: made.id}, by=desk)
        assert (sent.done, sent.refused) == ({case: made.id}, {})
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=case).handler_id == leader.id
        decision = Decision.objects.get()
        assert (decision.team_id, decision.person_id) == (made.id, leader.id)
        told = state.states_of([proposal.id])[proposal.id]
        assert audit.digest(told) == bytes(audit.timeline(proposal.id)[-1].state)
    (first,) = inbox(leader)
    assert first.assigned
    assert first.because.startswith("派给 抢修一队：具备“技能lift”技能者中最近")
    (theirs,) = inbox(member)
    assert (theirs.assigned, theirs.because) == (True, "Your team 抢修一队 is sent there.")
    (others,) = inbox(alone)
    assert not others.assigned
    with acting_as(desk):
        back = actions.take_back(proposal=proposal.id, sent=[case], by=desk)
    assert list(back.done) == [case]
    assert not inbox(member)[0].assigned


def test_members_on_duty_are_not_sent_one_by_one_and_the_others_are(world: World) -> None:
    leader, member = worker(world, "leader", at=NEAR), worker(world, "member", at=FAR)
    off = worker(world, "off", on_duty=False)
    made = team(world, "一队", leader, member, off, mode="walk", most=3)
    (going, alone) = crew(world)
    assert (going.worker.id, going.person_id, going.worker.mode.value, going.worker.most) == (
        str(made.id), leader.id, "walk", 3,
    )  # fmt: skip
    assert [person for person, _name in going.members] == [leader.id, member.id]
    assert going.worker.place == NEAR
    assert alone.person_id == off.id


def test_a_team_without_its_leader_goes_nowhere_and_ends_with_the_first_who_goes_home(world: World) -> None:
    leader, member = worker(world, "leader", at=NEAR), worker(world, "member")
    made = team(world, "一队", leader, member)
    with acting_as(SYSTEM):
        soon = clock.now() + HOUR
        Shift.objects.filter(person=member.id).update(ends_at=soon)
        assert next(one for one in crew(world) if one.team_id).worker.ends == soon
        Shift.objects.filter(person=leader.id).delete()
    found = {one.worker.id: one for one in crew(world)}
    assert not found[str(made.id)].is_on_duty
    assert found[str(member.id)].is_on_duty


def test_of_several_shifts_the_first_counts_and_an_old_place_not_at_all(world: World) -> None:
    one = worker(world, "one", at=NEAR)
    body, now = world.bodies["street"], clock.now()
    with acting_as(SYSTEM):
        starts = now + 10 * HOUR
        Shift.objects.create(person_id=one.id, unit=body.unit, body=body, starts_at=starts, ends_at=starts + HOUR)
        (found,) = crews.workers({body.id}, coming=True)
        assert found.worker.starts is not None
        assert found.worker.starts < now, "the shift of now, not the one that follows it"
        assert found.worker.place == NEAR
        Position.objects.update(at=now - rules.POSITION_LASTS - HOUR)
    (found,) = crew(world)
    assert found.place_is_guess


def test_whoever_goes_with_a_team_no_more_or_whose_team_is_gone_is_sent_alone(world: World) -> None:
    leader, member = worker(world, "leader", at=NEAR), worker(world, "member")
    team(world, "一队", leader, member)
    with acting_as(SYSTEM):
        begun = clock.now() - 3 * HOUR
        TeamMember.objects.filter(person=member.id).update(starts_at=begun, ends_at=begun + HOUR)
        assert [len(one.members) for one in crew(world)] == [1, 0]
        TeamMember.objects.filter(person=member.id).update(ends_at=None)
        assert [len(one.members) for one in crew(world)] == [2]
        Team.objects.update(body=world.bodies["east"])
        assert [one.team_id for one in crew(world)] == [None, None], "of another body, which was not asked for"
        Team.objects.update(body=world.bodies["street"], ended_at=begun)
        assert [one.team_id for one in crew(world)] == [None, None]


def test_who_goes_with_a_team_changes_from_now_on_and_its_past_stays(world: World, desk: Actor) -> None:
    leader, member, other = (worker(world, name) for name in ("leader", "member", "other"))
    made = team(world, "一队", leader, member)
    with acting_as(SYSTEM):
        TeamMember.objects.update(starts_at=clock.now() - HOUR)
    assert leader.id
    assert other.id
    changed = {"name": "二队", "mode": "bike", "most": 4}
    with acting_as(desk):
        actions.change_team(team=made.id, leader=leader.id, members=[other.id], by=desk, **changed)
        assert {row.person_id for row in queries.members_of([made.id])[made.id]} == {leader.id, other.id}
    with acting_as(SYSTEM):
        assert TeamMember.objects.get(person=member.id).ends_at is not None
    # Whoever has left it can go with another.
    team(world, "三队", member, worker(world, "new"))
    with acting_as(desk):
        actions.end_team(team=made.id, by=desk)
        with pytest.raises(NotFound):
            queries.team(desk, made.id)
    assert {one.person_id for one in crew(world) if one.team_id is None} == {leader.id, other.id}


def test_a_team_that_cannot_be_is_refused_with_words(world: World, desk: Actor) -> None:
    leader, member = worker(world, "leader"), worker(world, "member")
    stranger, second = worker(world, "stranger", "east"), worker(world, "second", "east")
    assert leader.id
    assert member.id
    assert stranger.id
    good = {
        "name": "一队", "unit": world.id("W"), "body": world.bodies["street"].id, "leader": leader.id,
        "members": [member.id], "mode": "car", "most": 5, "by": desk,
    }  # fmt: skip
    wrong = [
        ({"members": []}, errors.WrongTeam),
        ({"members": [stranger.id]}, errors.WrongTeam),
        ({"mode": "boat"}, errors.WrongTeam),
        ({"most": 0}, errors.WrongTeam),
        ({"most": 51}, errors.WrongTeam),
        ({"name": " \u200b"}, errors.DomainError),
        ({"unit": world.id("E"), "by": desk}, NotAllowed),
        ({"body": world.bodies["east"].id, "members": [second.id], "leader": stranger.id}, errors.NoSuchWorker),
    ]
    with acting_as(desk):
        for changed, refusal in wrong:
            with pytest.raises(refusal), transaction.atomic():
                actions.form_team(**(good | changed))
        actions.form_team(**good)
        with pytest.raises(errors.InATeamAlready), transaction.atomic():
            actions.form_team(**good)
    assert Team.objects.count() <= 1


def test_an_outsider_sees_no_team_and_changes_none_in_the_database_either(world: World) -> None:
    leader, member = worker(world, "leader"), worker(world, "member")
    made = team(world, "一队", leader, member)
    elsewhere = world.actor("elsewhere", Role.DESK, "E")
    with acting_as(elsewhere):
        assert (Team.objects.count(), TeamMember.objects.count()) == (0, 0)
        with pytest.raises(NotFound):
            queries.team(elsewhere, made.id)
        with pytest.raises(NotFound):
            queries.teams(elsewhere, world.id("W"))
        with pytest.raises(DatabaseError), transaction.atomic():
            TeamMember.objects.create(team=made, person_id=elsewhere.id)
    with acting_as(member):
        assert Team.objects.get() == made
        assert Team.objects.update(name="改") == 0
        with connection.cursor() as cursor:
            cursor.execute("UPDATE dispatch_teammember SET ends_at = now()")
            assert cursor.rowcount == 0


def test_an_emergency_calls_people_whatever_team_they_go_with(world: World, desk: Actor) -> None:
    leader, member = worker(world, "leader", at=NEAR), worker(world, "member", at=FAR)
    team(world, "一队", leader, member)
    case = open_case(world)
    with acting_as(desk):
        near = queries.gathered(desk, world.id("W"), case, 5)
    assert [UUID(line.worker) for line in near.found.come] == [leader.id, member.id]


def test_own_data_tells_of_teams_and_forgets_them(world: World) -> None:
    leader, member = worker(world, "leader"), worker(world, "member")
    team(world, "一队", leader, member)
    assert member.id
    with acting_as(SYSTEM):
        part = next(part for part in own_data.parts() if part.name == "dispatch")
        assert "一队" in [row.get("goes_with") for row in part.export(member.id)]
        part.erase(member.id, SYSTEM)
        assert not TeamMember.objects.filter(person=member.id).exists()


def test_the_pages_form_change_and_end_a_team(world: World) -> None:
    planner = world.actor("planner", Role.LEADER, "W")
    leader, member = worker(world, "leader"), worker(world, "member")
    body = world.bodies["street"].id
    client = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        Post.objects.create(person_id=planner.id, role=Role.LEADER, unit=world.units["W"], valid_from=START_AT)
        client.force_login(Person.objects.get(pk=planner.id))
    unit = str(world.id("W"))
    assert "No team yet" in client.get(f"/dispatch/teams/?unit={unit}").content.decode()
    asked = {
        "unit": unit, "name": "Lift crew", "body": str(body), "leader": str(leader.id), "members": [str(member.id)],
        "mode": "car", "most": "6", "once": str(uuid4()),
    }  # fmt: skip
    assert client.post(f"/dispatch/teams/?unit={unit}", asked).status_code == 302
    with acting_as(SYSTEM):
        made = Team.objects.get()
    page = client.get(f"/dispatch/teams/?unit={unit}").content.decode()
    assert "Lift crew" in page
    assert "6 cases" in page
    here = f"/dispatch/teams/{made.id}/?unit={unit}"
    assert client.get(here).status_code == 200
    refused = client.post(here, asked | {"members": [str(leader.id)], "once": str(uuid4())})
    assert refused.status_code == 422
    assert client.post(here, asked | {"most": "nine"}).status_code == 200
    assert client.post(here, asked | {"name": "Lifts", "once": str(uuid4())}).status_code == 302
    assert client.post(f"/dispatch/teams/{made.id}/end/", {"unit": unit}).status_code == 302
    assert "No team yet" in client.get(f"/dispatch/teams/?unit={unit}").content.decode()
    assert client.get(here).status_code == 404


def test_the_api_forms_changes_and_ends_a_team_once(world: World) -> None:
    planner = world.actor("planner", Role.LEADER, "W")
    leader, member, other = (worker(world, name) for name in ("leader", "member", "other"))
    client, stranger = Client(headers={"accept-language": "en"}), Client()
    with acting_as(SYSTEM):
        Post.objects.create(person_id=planner.id, role=Role.LEADER, unit=world.units["W"], valid_from=START_AT)
        client.force_login(Person.objects.get(pk=planner.id))
        stranger.force_login(Person.objects.get(pk=member.id))
    told = {"name": "抢修一队", "leader": str(leader.id), "members": [str(member.id)], "mode": "car", "most": 6}
    new = told | {"unit": str(world.id("W")), "body": str(world.bodies["street"].id)}

    def ask(method: str, path: str = "", body: object = None, key: str = "", of: Client = client) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        given = {"data": body, "content_type": "application/json"} if body else {}
        return getattr(of, method)(f"/api/v1/dispatch/teams{path}", headers=headers, **given)

    made = ask("post", body=new, key="one")
    assert made.status_code == 201, made.content
    assert ask("post", body=new, key="one").json() == made.json(), "asked twice it is one team"
    team_id = made.json()["id"]
    listed = ask("get", f"?unit={world.id('W')}").json()
    assert listed == [made.json()]
    assert set(listed[0]["members"]) == {str(leader.id), str(member.id)}
    for wrong, code in (
        ({"most": 51}, "invalid_input"),
        ({"mode": "boat"}, "invalid_input"),
        ({"members": []}, "wrong_team"),
    ):
        refused = ask("post", body=new | wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert ask("post", body=new).json()["code"] == "in_a_team_already"
    # Whoever does not plan there sees no team and changes none.
    assert ask("get", f"?unit={world.id('W')}", of=stranger).status_code in {403, 404}
    assert ask("put", f"/{team_id}", told, of=stranger).status_code == 404
    assert ask("delete", f"/{team_id}", of=stranger).status_code == 404
    assert ask("get", f"?unit={world.id('W')}", of=Client()).status_code == 401
    changed = ask("put", f"/{team_id}", told | {"members": [str(other.id)], "mode": "walk"})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["mode"], set(changed.json()["members"])) == ("walk", {str(leader.id), str(other.id)})
    assert ask("delete", f"/{team_id}").status_code == 204
    assert ask("get", f"?unit={world.id('W')}").json() == []

"""Whose phone is silent is told to who leads the team: of each phone, not of the team, and without any post."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from campaigns.conftest import Running, enlisted
from campaigns.test_control_pages import WHY, browser_of, text_of
from campaigns.test_receiving import send, visit
from campaigns.test_roster_pages import as_person

from linli.campaigns import actions
from linli.campaigns.models import Member, Membership
from linli.campaigns.own_data import export
from linli.campaigns.queries.silent import silent_members
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as


@pytest.fixture
def others(running: Running) -> list[Actor]:
    """The two who are in the first team beside its leader. Nobody of the three has a post."""
    enlisted(running.area.world, running.leader, ["third"])
    with acting_as(SYSTEM):
        Membership.objects.create(team=running.teams[0], member=Member.objects.latest("joined_at"))
        found = Membership.objects.filter(team=running.teams[0], leads=False).order_by("since").select_related("member")
        people = [row.member.person_id for row in found]
    running.leads[0] = replace(running.leads[0], grants=())
    return [Actor(person, running.leads[0].kind, "") for person in people]


def name_of(actor: Actor) -> str:
    with acting_as(SYSTEM):
        return Member.objects.get(person=actor.id).name


def told_to(actor: Actor) -> list[tuple[str, datetime | None]]:
    with acting_as(actor):
        return [(one.name, one.heard_at) for one in silent_members(actor)]


def test_one_silent_phone_of_two_is_told_to_the_leader_without_a_post(running: Running, others: list[Actor]) -> None:
    lead, (sends, silent) = running.leads[0], others
    begun = clock.now()
    with clock.at(begun + timedelta(hours=1)):
        for one in others:
            send(running, [visit(running.doors_of(0)[0].pk)], by=one)
    with clock.at(begun + timedelta(hours=3, minutes=59)):
        assert told_to(lead) == []
        send(running, [visit(running.doors_of(0)[1].pk)], by=sends)
    with clock.at(begun + timedelta(hours=4)):
        assert told_to(lead) == [(name_of(silent), begun + timedelta(hours=1))], "the other phone hides nobody"
        shown = text_of(as_person(lead).get("/control/silent/"))
        assert name_of(silent) in shown
        assert name_of(sends) not in shown
        console = browser_of(running.area.world, Role.LEADER).get(f"/control/teams/{running.teams[0].pk}/")
        assert text_of(console).count("最近同步") == 3, "of the team, and of each who was heard of"
        send(running, [], by=silent)
        assert told_to(lead) == [], "a phone that has nothing new is heard of all the same"


def test_a_phone_that_never_came_is_told_three_hours_after_its_owner(running: Running, others: list[Actor]) -> None:
    with acting_as(SYSTEM):
        since = Membership.objects.get(member__person=others[1].id).since
    with clock.at(since + timedelta(hours=3)):
        assert {name for name, _at in told_to(running.leads[0])} == {name_of(one) for one in others}
        with acting_as(SYSTEM):
            Member.objects.filter(person=others[0].id).update(person=None)
        assert told_to(running.leads[0]) == [(name_of(others[1]), None)], "without an account there is no phone"


def test_nobody_else_reads_who_is_silent(running: Running, others: list[Actor]) -> None:
    """Neither a member who does not lead, nor another team's leader, nor a post that runs it: theirs is the console."""
    with clock.at(clock.now() + timedelta(hours=4)):
        assert len(told_to(running.leads[0])) == 2
        names = {name_of(one) for one in others}
        for actor in (*others, replace(running.leads[1], grants=())):
            shown = text_of(as_person(actor).get("/control/silent/"))
            assert not any(name in shown for name in names)
        assert not text_of(browser_of(running.area.world, Role.LEADER).get("/control/silent/")).strip()


@pytest.mark.usefixtures("others")
def test_nobody_is_looked_for_when_every_door_is_reached_or_all_is_over(running: Running) -> None:
    lead = running.leads[0]
    with clock.at(clock.now() + timedelta(hours=4)):
        send(running, [visit(door.pk) for door in running.doors_of(0)[1:]])
        assert len(told_to(lead)) == 2
        send(running, [visit(running.doors_of(0)[0].pk)])
        assert told_to(lead) == []
        assert len(told_to(running.leads[1])) == 1
    with acting_as(running.leader):
        actions.close(campaign=running.campaign.pk, reason=WHY, by=running.leader)
    with clock.at(clock.now() + timedelta(hours=4)):
        assert told_to(running.leads[1]) == []


def test_the_page_that_is_kept_names_nobody(running: Running, others: list[Actor]) -> None:
    with clock.at(clock.now() + timedelta(hours=4)):
        browser = as_person(running.leads[0])
        assert not any(name_of(one) in text_of(browser.get("/field/doors/")) for one in others)
        assert "no-store" in browser.get("/control/silent/")["Cache-Control"]


def test_when_a_phone_was_heard_of_is_its_owners_to_read_and_goes_with_the_data(
    running: Running, others: list[Actor]
) -> None:
    now = clock.now()
    send(running, [visit(running.doors_of(0)[0].pk)], by=others[0])
    assert others[0].id is not None
    with acting_as(SYSTEM):
        told = [row["phone_heard_of"] for row in export(others[0].id) if "phone_heard_of" in row]
        assert len(told) == 1
        assert datetime.fromisoformat(told[0]) >= now
    with acting_as(running.leader):
        declared = running.campaign.declaration_id
        actions.end(declaration=declared, reason=WHY, by=running.leader)
        actions.destroy(declaration=declared, by=running.leader)
    with acting_as(SYSTEM):
        assert not Membership.objects.filter(heard_at__isnull=False).exists()

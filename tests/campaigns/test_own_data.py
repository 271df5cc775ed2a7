"""What joint control keeps about who helps and who decides is theirs to read, and to have erased."""

from datetime import timedelta
from typing import Any

import pytest
from campaigns.conftest import Running
from campaigns.test_receiving import send, visit
from campaigns.test_roster_pages import as_person

from linli.campaigns import own_data
from linli.campaigns.actions import calling
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.models import CallAnswer, Member, Membership, Shift, Submission
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as


@pytest.fixture
def helper(running: Running) -> Actor:
    """Somebody who was called, came, and visited doors."""
    one, now = running.leads[0], clock.now()
    with acting_as(running.leader):
        new = NewCall(
            running.campaign.declaration_id,
            running.area.world.id("W1"),
            2,
            "到居委会集合",
            now,
            now + timedelta(hours=2),
        )
        call = calling.call(new=new, by=running.leader)
    with acting_as(one):
        calling.answer(call=call.pk, coming=True, by=one)
    send(running, [visit(door.id, answers={"note": "青霉素过敏"}) for door in running.doors_of(0)[:3]])
    return one


def told(person: Actor) -> list[dict[str, Any]]:
    assert person.id is not None
    with acting_as(SYSTEM):
        return own_data.export(person.id)


def test_a_helper_reads_everything_about_themselves_and_nothing_of_others(running: Running, helper: Actor) -> None:
    found = told(helper)
    names = {name for one in found for name in one}
    assert {"on_the_roster_of", "called_to", "on_duty", "team", "visits"} <= names
    assert [one["visits"] for one in found if "visits" in one] == [3]
    said = str(found)
    assert "青霉素过敏" not in said, "what households answered is theirs"
    assert "cadre2" not in said
    assert str(running.doors_of(0)[0].id) not in said


def test_who_decided_reads_what_they_decided(running: Running) -> None:
    found = told(running.leader)
    assert [one["declared"] for one in found if "declared" in one] == [running.campaign.declaration.name]
    assert {"used_power"} <= {name for one in found for name in one}


def test_it_stands_on_their_page_and_in_their_export(running: Running, helper: Actor) -> None:
    browser = as_person(helper)
    assert "应急帮忙记录" in browser.get("/me/").content.decode()
    assert browser.get("/me/export/").json()["parts"]["joint_control"]


def test_erased_they_are_nobody_and_the_visits_stay(running: Running, helper: Actor) -> None:
    assert helper.id is not None
    with acting_as(SYSTEM):
        member = Member.objects.get(person=helper.id)
        gone = own_data.erase(helper.id, SYSTEM)
        assert gone == 3, "an answer, a shift, an entry"
        row = Member.objects.get(pk=member.pk)
        assert (row.person_id, row.name, row.phone, row.skills) == (None, "", "", [])
        assert row.left_at is not None
        assert not CallAnswer.objects.exists()
        assert not Shift.objects.exists()
        assert not Membership.objects.filter(member=row, until=None).exists()
        assert Submission.objects.count() == 3
        assert own_data.erase(helper.id, SYSTEM) == 0
    assert [one for one in told(helper) if "on_the_roster_of" in one or "team" in one] == []

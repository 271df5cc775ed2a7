"""What answers ask for is done: a case for its body at once, deliveries and check-ins until they are released."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from campaigns.conftest import Running
from campaigns.test_control_pages import browser_of, text_of
from campaigns.test_receiving import send, visit
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils.html import strip_tags
from factories.browsing import client_of
from factories.world import START_AT
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns import actions, errors, following, forms, queries
from linli.campaigns.models import Aside, Campaign, Declaration, FollowUp, FollowUpNote, FormVersion, Home
from linli.campaigns.queries import following as reads
from linli.cases.models import Case
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.models import Entry
from linli.people.models import Post

ILL: dict[str, Any] = {
    "answered_by": "member", "people_at_home": 1, "members_listed": 1, "fevers": 1,
    "needs": ["food"], "needs_note": "大米", "gas_smell": "no",
    "contact": {"contact_with_case": "no", "away_14_days": "no"},
    "member": [
        {"name": "张阿姨", "age_band": "over_79", "symptoms": ["fever"], "temperature": 38.2, "fever": 1, "chronic_medicine": "no",
         "lives_alone": "yes", "needs_help_daily": "yes"}
    ],
}  # fmt: skip
WELL: dict[str, Any] = ILL | {
    "fevers": 0, "needs": ["none"], "needs_note": None,
    "member": [{"name": "小李", "age_band": "age_18_59", "symptoms": ["none"], "fever": 0, "chronic_medicine": "no"}],
}  # fmt: skip


@pytest.fixture
def asking(running: Running) -> Running:
    """The screening asks with the shipped form."""
    with acting_as(running.leader):
        unit = running.area.world.id("51")
        form = actions.publish_form(data=forms.shipped("household_screening"), unit=unit, by=running.leader)
        Campaign.objects.filter(pk=running.campaign.pk).update(form=form)
    return running


def rules_of(running: Running) -> set[str]:
    with acting_as(SYSTEM):
        return set(FollowUp.objects.filter(released_at=None).values_list("rule", flat=True))


def test_answers_lead_to_what_they_ask_for(asking: Running) -> None:
    doors = asking.doors_of(0)
    fates = send(asking, [visit(doors[0].id, answers=ILL), visit(doors[1].id, answers=WELL)])
    assert set(fates.values()) == {"stored"}
    assert rules_of(asking) == {"fever", "fever_check_in", "frail_alone", "alone_check_in", "food"}


def test_an_answer_outside_the_form_is_set_aside_and_leads_to_nothing(asking: Running) -> None:
    wrong = ILL | {"member": [ILL["member"][0] | {"temperature": 60}]}
    one = visit(asking.doors_of(0)[0].id, answers=wrong)
    assert send(asking, [one]) == {one.id: Aside.ANSWERS}
    assert rules_of(asking) == set()


def test_one_of_a_kind_for_a_door_however_often_it_is_visited(asking: Running) -> None:
    door = asking.doors_of(0)[0].id
    for _again in range(3):
        send(asking, [visit(door, answers=ILL)])
    with acting_as(SYSTEM):
        assert FollowUp.objects.count() == 5


def test_a_case_is_opened_once_with_its_class_and_place(asking: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    # The small city knows its own classes.
    known = {"fever": "0101", "frail_alone": "0102"}
    by_name = {name: replace(rule, class_code=known.get(name, "")) for name, rule in following.BY_NAME.items()}
    monkeypatch.setattr("linli.campaigns.actions.following.BY_NAME", by_name)
    send(asking, [visit(asking.doors_of(0)[0].id, answers=ILL)])
    made = actions.open_cases(campaign=asking.campaign.id)
    assert len(made) == 2
    assert actions.open_cases(campaign=asking.campaign.id) == []
    with acting_as(SYSTEM):
        cases = list(Case.objects.filter(pk__in=made))
        assert {case.state for case in cases} == {"dispatched"}
        assert all(case.private and case.lead_body_id for case in cases)
        assert {str(case.community_id) for case in cases} == {str(asking.area.world.id("W1"))}


def test_a_class_that_the_city_lacks_keeps_no_other_case_from_its_body(
    asking: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = {"fever": "E9999", "frail_alone": "0102"}
    by_name = {name: replace(rule, class_code=codes.get(name, "")) for name, rule in following.BY_NAME.items()}
    monkeypatch.setattr("linli.campaigns.actions.following.BY_NAME", by_name)
    send(asking, [visit(asking.doors_of(0)[0].id, answers=ILL)])
    made = actions.open_cases(campaign=asking.campaign.id)
    with acting_as(SYSTEM):
        states = sorted(Case.objects.filter(pk__in=made).values_list("state", "case_class__code"), key=str)
    assert states == [("collected", None), ("dispatched", "0102")]


@pytest.fixture
def delivery(asking: Running) -> FollowUp:
    send(asking, [visit(asking.doors_of(0)[0].id, answers=ILL)])
    with acting_as(SYSTEM):
        return FollowUp.objects.get(rule="food")


@pytest.fixture
def worker(asking: Running) -> Actor:
    return asking.area.world.actor("grid", Role.GRID_WORKER, "W1")


def test_it_comes_again_until_it_is_released(delivery: FollowUp, worker: Actor) -> None:
    with acting_as(worker):
        with clock.at(clock.now() + timedelta(hours=73)):
            assert delivery in queries.due_follow_ups(worker)
            after = actions.done(follow_up=delivery.id, note="已送到门口", by=worker)
            assert delivery not in queries.due_follow_ups(worker)
        assert after.times == 1
        with pytest.raises(errors.ReasonNeeded):
            actions.release_follow_up(follow_up=delivery.id, reason="", by=worker)
        actions.release_follow_up(follow_up=delivery.id, reason="家属已接手照料", by=worker)
        with pytest.raises(NotFound):
            actions.done(follow_up=delivery.id, note="", by=worker)
    with acting_as(SYSTEM):
        steps = list(Entry.objects.filter(subject_id=delivery.id).order_by("seq"))
        notes = reads.notes_of([delivery])
    assert [(step.action, step.note, notes[step.data["note"]]) for step in steps] == [
        ("done", "", "已送到门口"),
        ("release", "", "家属已接手照料"),
    ]


def test_notes_are_read_where_the_household_is_and_nowhere_else(
    asking: Running, delivery: FollowUp, worker: Actor
) -> None:
    with acting_as(worker):
        actions.missed(follow_up=delivery.id, note="儿子在外地", by=worker)
        assert list(reads.notes_of([delivery]).values()) == ["儿子在外地"]
        with pytest.raises(DatabaseError), transaction.atomic():
            FollowUpNote.objects.all().delete()
    with acting_as(asking.area.world.actor("east", Role.GRID_WORKER, "E")):
        assert reads.notes_of([delivery]) == {}


def test_it_goes_along_when_the_household_moves(asking: Running, delivery: FollowUp, worker: Actor) -> None:
    to = asking.doors_of(1)[0].id
    with acting_as(worker):
        moved = actions.move_household(
            campaign=asking.campaign.id, door=delivery.door, to=to, reason="搬到女儿家", by=worker
        )
        assert moved == 5
        assert {one.rule for one in queries.follow_ups_of(worker, asking.campaign.id, to)} >= {"food", "fever"}
        assert queries.follow_ups_of(worker, asking.campaign.id, delivery.door) == []


def test_what_arrives_late_follows_the_household_and_what_is_of_the_next_one_stays(
    asking: Running, delivery: FollowUp, worker: Actor
) -> None:
    """A visit of before the move, however late it comes, and over several moves; one of after it is of who lives there now."""
    old, (first, second) = delivery.door, asking.doors_of(1)[:2]
    with acting_as(SYSTEM):
        FollowUp.objects.filter(rule="fever").update(released_at=clock.now())
    with acting_as(worker):
        for door, to in ((old, first.id), (first.id, second.id)):
            actions.move_household(campaign=asking.campaign.id, door=door, to=to, reason="搬到女儿家", by=worker)
    send(asking, [visit(old, answers=ILL, minutes_ago=5)])
    with acting_as(SYSTEM):
        late = FollowUp.objects.get(rule="fever", released_at=None)
        assert (late.door, late.building_id) == (second.id, second.building_id)
        assert not FollowUp.objects.filter(door=old, released_at=None).exists()
    with clock.at(clock.now() + timedelta(minutes=30)):
        send(asking, [visit(old, answers=ILL, minutes_ago=5)])
    with acting_as(SYSTEM):
        assert FollowUp.objects.filter(door=old, rule="fever", released_at=None).exists(), (
            "another household lives there"
        )


def test_it_stays_when_a_member_leaves_and_the_team_changes(asking: Running, delivery: FollowUp) -> None:
    with acting_as(asking.leader):
        member = asking.teams[0].memberships.get(leads=True).member_id
        actions.release(member=member, reason="本人确诊隔离", by=asking.leader)
        assert FollowUp.objects.filter(pk=delivery.pk, released_at=None).exists()


def test_another_district_neither_sees_nor_ends_it(asking: Running, delivery: FollowUp) -> None:
    east = asking.area.world.actor("east", Role.GRID_WORKER, "E")
    with acting_as(east):
        assert not queries.due_follow_ups(east).exists()
        with pytest.raises(NotFound):
            actions.release_follow_up(follow_up=delivery.id, reason="不需要了吧", by=east)


def test_who_only_looks_cannot_end_it(asking: Running, delivery: FollowUp) -> None:
    auditor = asking.area.world.actor("auditor", Role.AUDITOR, "51")
    with acting_as(auditor), pytest.raises(NotAllowed):
        actions.release_follow_up(follow_up=delivery.id, reason="不需要了吧", by=auditor)


def test_every_field_that_a_rule_reads_is_in_a_shipped_form() -> None:
    """Where a rule reads rows, in that repeat group; else beside it."""
    asked: list[set[str]] = []
    for name in forms.SHIPPED:
        items = forms.compile_xlsform(forms.shipped(name)).structure.items
        asked.append({item.path for top in items for item in top.walk()})
    for rule in following.RULES:
        fields = {f"/data/{rule.rows}/{one}" if rule.rows else f"/data/{one}" for one in rule.when}
        assert any(fields <= paths for paths in asked), rule.name


OWN = """survey
,type,name,label
,select_one yes_no,gas_smell,闻到燃气味吗
,begin_repeat,member,家庭成员
,select_one yes_no,lives_alone,是否独自居住
,end_repeat,member,
,begin_repeat,guest,客人
,integer,fever,是否发热
,end_repeat,guest,
,select_one yes_no,needs,需要帮助吗
choices
,list_name,name,label
,yes_no,yes,是
,yes_no,no,否
settings
,form_title,form_id,version
,本街道排查,own_check,1
"""


def test_a_citys_own_form_leads_to_what_its_fields_say(running: Running) -> None:
    """By the same names and answers as in the shipped forms, rows in a repeat group of the same name; others lead to nothing."""
    with acting_as(running.leader):
        form = actions.publish_form(data=OWN.encode(), unit=running.area.world.id("51"), by=running.leader)
        Campaign.objects.filter(pk=running.campaign.pk).update(form=form)
    answers = {"gas_smell": "yes", "member": [{"lives_alone": "yes"}], "guest": [{"fever": 1}], "needs": "yes"}
    one = visit(running.doors_of(0)[0].id, answers=answers)
    assert send(running, [one]) == {one.id: "stored"}
    assert rules_of(running) == {"gas_smell", "alone_check_in"}


def test_a_form_is_published_once(asking: Running) -> None:
    with acting_as(asking.leader):
        for _again in range(2):
            actions.publish_form(
                data=forms.shipped("household_screening"), unit=asking.area.world.id("51"), by=asking.leader
            )
    with acting_as(SYSTEM):
        assert FormVersion.objects.count() == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["member", "needs", "fever", "gas_smell"]), inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["member", "needs", "gas_smell", "fever"]), JSON))
def test_answers_of_any_shape_are_read(answers: dict[str, Any]) -> None:
    assert {rule.name for rule in following.rules_that_hold(answers)} <= set(following.BY_NAME)


def test_what_was_answered_is_read_by_who_leads_and_helps_there_alone(asking: Running) -> None:
    """A post that sees cases is not enough for what somebody said of their health."""
    one = visit(asking.doors_of(0)[0].id, answers=ILL)
    send(asking, [one])
    for role in (Role.VERIFIER, Role.ADMIN, Role.AUDITOR):
        other = asking.area.world.actor(role.value, role, "W1")
        with acting_as(other), pytest.raises(NotAllowed):
            queries.submission_answers(other, one.id)
    desk = asking.area.world.actor("desk", Role.DESK, "W1")
    for reader in (desk, asking.leads[0]):
        with acting_as(reader):
            assert queries.submission_answers(reader, one.id)["needs"] == ["food"]


def test_why_somebody_left_is_kept(asking: Running) -> None:
    with acting_as(SYSTEM):
        first, second = (team.memberships.get(leads=True).member_id for team in asking.teams)
    with acting_as(asking.leader):
        actions.leave_team(member=first, reason="家里有人发热", by=asking.leader)
        actions.release(member=second, reason="调往其他社区", by=asking.leader)
    with acting_as(SYSTEM):
        assert Entry.objects.get(action="member_out").note == "家里有人发热"
        assert Entry.objects.get(subject_id=second, action="release").note == "调往其他社区"


# --- in the inbox, and at the desk ------------------------------------------------------------------------------------


def signed_in(running: Running, name: str, role: Role, unit: str) -> tuple[Actor, Client]:
    world = running.area.world
    actor = world.actor(name, role, unit)
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=role, unit=world.units[unit], valid_from=START_AT)
    return actor, client_of(actor)


def test_it_lies_in_the_inbox_of_who_follows_up_there(asking: Running, delivery: FollowUp) -> None:
    _actor, browser = signed_in(asking, "grid", Role.GRID_WORKER, "W1")
    _other, elsewhere = signed_in(asking, "far", Role.GRID_WORKER, "E2")
    address = f"/field/follow/{delivery.pk}/"
    with clock.at(clock.now() + timedelta(hours=73)):
        inbox = browser.get("/field/").content.decode()
        assert address in inbox
        assert "Delivery: Food" in inbox
        assert address not in elsewhere.get("/field/").content.decode()
        assert elsewhere.get(address).status_code == 404
        assert browser.get(address).status_code == 200
        assert browser.post(address, {"change": "done", "note": "已送到门口", "once": "1"}).status_code == 302
        assert address not in browser.get("/field/").content.decode()
    with acting_as(SYSTEM):
        delivery.refresh_from_db()
        assert delivery.times == 1


def test_whoever_was_not_met_is_asked_for_again(asking: Running, delivery: FollowUp) -> None:
    _actor, browser = signed_in(asking, "grid", Role.GRID_WORKER, "W1")
    with clock.at(clock.now() + timedelta(hours=73)):
        now = clock.now()
        assert browser.post(f"/field/follow/{delivery.pk}/", {"change": "missed", "once": "1"}).status_code == 302
    with acting_as(SYSTEM):
        delivery.refresh_from_db()
        assert delivery.next_at == now + timedelta(hours=4)
        assert delivery.times == 0
        assert [entry.action for entry in Entry.objects.filter(subject_id=delivery.pk)] == ["missed"]


def test_it_is_handed_to_a_colleague_and_back(asking: Running, delivery: FollowUp) -> None:
    _first, browser = signed_in(asking, "grid", Role.GRID_WORKER, "W1")
    second, colleague = signed_in(asking, "grid2", Role.GRID_WORKER, "W1")
    far, _far = signed_in(asking, "far", Role.GRID_WORKER, "E2")
    address = f"/field/follow/{delivery.pk}/"
    with clock.at(clock.now() + timedelta(hours=73)):
        for wrong in (str(far.id), "x", ""):
            assert browser.post(address, {"change": "hand_over", "to": wrong, "once": f"0{wrong}"}).status_code == 404
        assert browser.post(address, {"change": "hand_over", "to": str(second.id), "once": "1"}).status_code == 302
        assert address not in browser.get("/field/").content.decode()
        assert address in colleague.get("/field/").content.decode()
        assert colleague.post(address, {"change": "hand_over", "to": "everybody", "once": "2"}).status_code == 302
        assert address in browser.get("/field/").content.decode()


def test_what_a_colleague_leaves_lying_waits_for_all_again(asking: Running, delivery: FollowUp) -> None:
    """Their post may have ended, or they are ill."""
    _first, browser = signed_in(asking, "grid", Role.GRID_WORKER, "W1")
    second, _colleague = signed_in(asking, "grid2", Role.GRID_WORKER, "W1")
    with acting_as(second):
        actions.hand_over(follow_up=delivery.pk, to=second.id, note="", by=second)
    with acting_as(SYSTEM):
        Post.objects.filter(person=second.id).delete()
    assert delivery.next_at is not None
    for late, stands in ((timedelta(hours=3), False), (timedelta(hours=5), True)):
        with clock.at(delivery.next_at + late):
            inbox = browser.get("/field/").content.decode()
            assert (f"/field/follow/{delivery.pk}/" in inbox) is stands
            assert "Handed to you" not in inbox


def test_who_does_not_follow_up_is_not_told_that_nobody_needs_anything(asking: Running, delivery: FollowUp) -> None:
    base = f"/control/screenings/{asking.campaign.pk}/"
    for name, role, follows in (("auditor", Role.AUDITOR, False), ("desk", Role.DESK, True)):
        _actor, browser = signed_in(asking, name, role, "51")
        assert ("at-home/" in browser.get(base).content.decode()) is follows
        assert browser.get(f"{base}at-home/").status_code == (200 if follows else 403)


def test_the_desk_sees_who_stays_at_home_and_releases_with_a_reason(asking: Running, delivery: FollowUp) -> None:
    _actor, desk = signed_in(asking, "desk", Role.DESK, "51")
    base = f"/control/screenings/{asking.campaign.pk}/"
    door = f"{base}at-home/{delivery.door}/"
    for asked in ("", f"?unit={asking.area.world.id('W1')}", f"?team={asking.teams[0].pk}"):
        assert door in desk.get(f"{base}at-home/{asked}").content.decode()
    assert door not in desk.get(f"{base}at-home/?team={asking.teams[1].pk}").content.decode()
    assert "Delivery: Food" in desk.get(door).content.decode()
    sent = {"follow_up": str(delivery.pk), "reason": "", "once": "1"}
    assert desk.post(f"{door}release/", sent).status_code == 422
    assert desk.post(f"{door}release/", {**sent, "reason": "家属已接手照料", "once": "2"}).status_code == 302
    page = desk.get(door).content.decode()
    assert "家属已接手照料" in page
    with acting_as(SYSTEM):
        assert FollowUp.objects.get(pk=delivery.pk).released_at is not None
    _east, east = signed_in(asking, "east-desk", Role.DESK, "E")
    assert east.get(door).status_code == 404


def test_it_outlives_the_team_that_found_it(asking: Running, delivery: FollowUp) -> None:
    _actor, desk = signed_in(asking, "desk", Role.DESK, "51")
    _worker, browser = signed_in(asking, "grid", Role.GRID_WORKER, "W1")
    with acting_as(asking.leader):
        actions.team_out(team=asking.teams[0].id, reason="两人发热隔离", by=asking.leader)
    listed = desk.get(f"/control/screenings/{asking.campaign.pk}/at-home/").content.decode()
    assert f"at-home/{delivery.door}/" in listed
    with clock.at(clock.now() + timedelta(hours=73)):
        assert f"/field/follow/{delivery.pk}/" in browser.get("/field/").content.decode()


def test_a_household_is_moved_on_its_page(asking: Running, delivery: FollowUp) -> None:
    world = asking.area.world
    grid = browser_of(world, Role.GRID_WORKER, "W1")
    home = f"/control/screenings/{asking.campaign.id}/at-home/{delivery.door}/"
    desk = browser_of(world, Role.DESK)
    assert f"{home}move/" in desk.get(home).content.decode()
    with acting_as(SYSTEM):
        asking.area.building("9栋", 1, 2, 2)
    to = asking.area.doors["9栋"][3]
    found = desk.get(f"{home}move/", {"address": "quarterQ 9栋 1单元 202"}).content.decode()
    assert str(to.id) in found
    assert str(to.id) not in desk.get(f"{home}move/", {"address": "没有的地方"}).content.decode()
    assert desk.post(f"{home}move/", {"to": str(to.id), "reason": "", "once": "a"}).status_code == 422
    assert desk.post(f"{home}move/", {"to": "x", "reason": "搬到女儿家", "once": "b"}).status_code == 422
    for _again in range(2):
        moved = desk.post(f"{home}move/", {"to": str(to.id), "reason": "搬到女儿家", "once": "c"})
    assert moved.status_code in {302, 404}
    with acting_as(SYSTEM):
        assert set(FollowUp.objects.values_list("door", flat=True)) == {to.id}
    assert browser_of(world, Role.DESK, "E").get(f"{home}move/").status_code == 404
    assert grid.get(f"{home}move/").status_code == 404, "nothing is left at the old door"


def test_nothing_is_written_beside_what_is_destroyed(asking: Running, delivery: FollowUp, worker: Actor) -> None:
    """The declaration is held while something is added to it: whoever destroys waits, or it is refused."""
    with acting_as(SYSTEM):
        Declaration.objects.filter(pk=asking.campaign.declaration_id).update(destroyed_at=clock.now())
    to = asking.doors_of(1)[0].id
    with acting_as(worker):
        for change in (
            lambda: actions.done(follow_up=delivery.id, note="", by=worker),
            lambda: actions.missed(follow_up=delivery.id, note="", by=worker),
            lambda: actions.hand_over(follow_up=delivery.id, to=None, note="", by=worker),
            lambda: actions.release_follow_up(follow_up=delivery.id, reason="不需要了吧", by=worker),
            lambda: actions.move_household(
                campaign=asking.campaign.id, door=delivery.door, to=to, reason="搬到女儿家", by=worker
            ),
        ):
            with pytest.raises(errors.Destroyed):
                change()


def test_who_has_moved_reads_nothing_of_who_lives_there_next(
    asking: Running, delivery: FollowUp, worker: Actor
) -> None:
    with acting_as(SYSTEM):
        person = asking.area.world.staff("resident-of-the-door")
        Home.objects.create(
            person=person, declaration=asking.campaign.declaration, door=delivery.door, building=delivery.building,
            community=delivery.community,
        )  # fmt: skip
    to = asking.doors_of(1)[0].id
    with acting_as(worker):
        actions.move_household(campaign=asking.campaign.id, door=delivery.door, to=to, reason="搬到女儿家", by=worker)
    with acting_as(SYSTEM):
        assert Home.objects.get().door is None


def test_the_report_says_of_how_many_households_something_was_found(asking: Running) -> None:
    """Two with a fever of three that were reached; one was not met, and one was visited twice."""
    doors = [door.id for door in asking.doors_of(0)]
    visits = [visit(doors[0], answers=ILL), visit(doors[0], answers=ILL), visit(doors[1], answers=ILL)]
    send(asking, [*visits, visit(doors[2], "refused"), visit(doors[3], "nobody_home")])
    browser = browser_of(asking.area.world, Role.DESK)
    address = f"/control/screenings/{asking.campaign.pk}/report"
    read = " ".join(strip_tags(text_of(browser.get(f"{address}/")).replace("<", " <")).split())
    assert "发热 2 66,666.67 (2 / 3)" in read
    book = openpyxl.load_workbook(BytesIO(browser.get(f"{address}.xlsx").content))
    rows = {row[0]: row[1:] for row in book["走访发现的情况"].iter_rows(values_only=True)}
    assert rows["发热"] == (2, 3, 66_666.67)
    east = browser_of(asking.area.world, Role.DESK, "E")
    assert "走访回答中尚无需要跟进的情况" in text_of(east.get(f"{address}/")), "another district's households"

"""Shifts: nobody is in two places at a time, whichever way a shift comes about; and a team works what its members do."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from campaigns.conftest import Area, begun, enlisted, told
from campaigns.test_control_pages import WHY, browser_of, text_of
from campaigns.test_roster_pages import as_person, uploaded
from django.db import IntegrityError, transaction
from django.utils import timezone
from factories.world import World
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns import actions, errors, imports, queries, rules
from linli.campaigns.actions import calling, shifts
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.actions.shifts import Plan
from linli.campaigns.models import Declaration, Member, MemberKind, Membership, Shift, Team
from linli.campaigns.queries import shifts as reads
from linli.campaigns.queries.moving import newcomers
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound
from linli.foundation.models import Fate


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)


def plan(days: int = 1, begin: str = "08:00", end: str = "12:00") -> Plan:
    last = tomorrow() + timedelta(days=days - 1)
    return Plan(tomorrow(), last, time.fromisoformat(begin), time.fromisoformat(end))


def planned(world: World, declared: Declaration, leader: Actor, given: Plan, **other: str) -> shifts.Given:
    with acting_as(leader):
        return shifts.plan_shifts(declaration=declared.pk, unit=world.id("W1"), plan=given, by=leader, **other)


def called(world: World, declared: Declaration, leader: Actor, begin: datetime, hours: int = 2) -> NewCall:
    return NewCall(declared.pk, world.id("W1"), 5, "到居委会集合", begin, begin + timedelta(hours=hours))


def at(clock_time: str) -> datetime:
    return datetime.combine(tomorrow(), time.fromisoformat(clock_time), timezone.get_default_timezone())


def test_planned_for_many_and_nobody_twice(world: World, declared: Declaration, leader: Actor) -> None:
    enlisted(world, leader, ["one", "two"])
    assert planned(world, declared, leader, plan(3)) == shifts.Given(6, 0)
    assert planned(world, declared, leader, plan(3)) == shifts.Given(0, 6)
    assert planned(world, declared, leader, plan(1, "11:00", "13:00")) == shifts.Given(0, 2)
    assert planned(world, declared, leader, plan(1, "12:00", "13:00")) == shifts.Given(2, 0), "one after the other"
    assert planned(world, declared, leader, plan(1, "22:00", "06:00"), kind="cadre") == shifts.Given(1, 0), "a night"
    with acting_as(SYSTEM):
        assert declared.uses.filter(power="call_up").count() == 5


def test_the_database_holds_it(world: World, declared: Declaration, leader: Actor) -> None:
    enlisted(world, leader, ["one"])
    planned(world, declared, leader, plan())
    with acting_as(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.create(
            declaration=declared,
            member=Member.objects.get(),
            unit=world.units["W2"],
            starts_at=at("11:59"),
            ends_at=at("12:30"),
        )


def test_who_comes_to_a_call_is_on_duty_and_comes_to_no_other(
    world: World, declared: Declaration, leader: Actor
) -> None:
    one = enlisted(world, leader, ["one"])["one"]
    with acting_as(leader):
        first = calling.call(new=called(world, declared, leader, at("08:00")), by=leader)
        second = calling.call(new=called(world, declared, leader, at("09:00")), by=leader)
    with acting_as(one):
        calling.answer(call=first.pk, coming=True, by=one)
        with pytest.raises(errors.TwoPlaces):
            calling.answer(call=second.pk, coming=True, by=one)
        calling.answer(call=first.pk, coming=False, by=one)
        calling.answer(call=second.pk, coming=True, by=one)
    with acting_as(SYSTEM):
        assert [row.call_id for row in Shift.objects.all()] == [second.pk]
        assert not first.answers.filter(coming=True).exists()
    page = text_of(as_person(one).get("/control/calls/"))
    assert "我的班次" in page


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        (Plan(date(2030, 1, 2), date(2030, 1, 1), time(8), time(9)), InvalidInput),
        (Plan(date(2030, 1, 1), date(2030, 1, 2), time(8), time(9)), InvalidInput),
        (Plan(date(2020, 1, 1), date(2020, 1, 2), time(8), time(9)), errors.TooManyShifts),
    ],
    ids=["backwards", "after the end", "over"],
)
def test_a_wrong_plan_is_refused(
    world: World, declared: Declaration, leader: Actor, wrong: Plan, refused: type[Exception]
) -> None:
    enlisted(world, leader, ["one"])
    with pytest.raises(refused):
        planned(world, declared, leader, wrong)


def test_no_shift_lasts_longer_than_its_declaration(world: World, declared: Declaration, leader: Actor) -> None:
    """It ends in the afternoon of its last day: the morning of that day is planned, its evening is not."""
    enlisted(world, leader, ["one", "two"])
    with acting_as(SYSTEM):
        Declaration.objects.filter(pk=declared.pk).update(ends_at=at("15:00") + timedelta(days=1))
    browser = browser_of(world, Role.LEADER)
    sent = {"first": tomorrow(), "last": tomorrow() + timedelta(days=1), "begin": "14:00", "end": "16:00", "once": "a"}
    page = text_of(browser.post(f"/control/shifts/new/?unit={world.id('W1')}", sent, follow=True))
    assert "2 个班次" in page
    assert "2 个未安排：结束时联防联控已到期" in page
    assert planned(world, declared, leader, plan(2, "08:00", "12:00")) == shifts.Given(4, 0)
    assert planned(world, declared, leader, plan(2, "20:00", "08:00")) == shifts.Given(2, 0, 2), "a night"
    with pytest.raises(InvalidInput):
        planned(world, declared, leader, replace(plan(2, "14:30", "15:30"), first=tomorrow() + timedelta(days=1)))
    with acting_as(SYSTEM):
        assert max(row.ends_at for row in Shift.objects.all()) <= at("15:00") + timedelta(days=1)


def test_a_table_gives_no_shift_longer_than_the_declaration(world: World, declared: Declaration, leader: Actor) -> None:
    with acting_as(SYSTEM):
        Declaration.objects.filter(pk=declared.pk).update(ends_at=at("10:00") + timedelta(days=1))
    upload = uploaded(world, leader, TABLE)
    with acting_as(leader):
        imports.apply(upload)
    assert len(upload.notes) <= 1
    with acting_as(SYSTEM):
        days = {timezone.localtime(row.ends_at).date() for row in Shift.objects.all()}
    assert tomorrow() in days
    assert tomorrow() + timedelta(days=1) not in days


def test_planned_and_ended_by_who_leads_there_alone(world: World, declared: Declaration, leader: Actor) -> None:
    enlisted(world, leader, ["one"])
    east, desk = world.actor("east", Role.LEADER, "E"), world.actor("desk", Role.DESK, "51")
    for actor in (east, desk):
        with pytest.raises(NotAllowed):
            planned(world, declared, actor, plan())
    planned(world, declared, leader, plan())
    with acting_as(SYSTEM):
        row = Shift.objects.get()
    for actor, refused in ((east, NotFound), (desk, NotAllowed)):
        with acting_as(actor), pytest.raises(refused):
            shifts.end_shift(shift=row.pk, by=actor)
    with clock.at(at("09:00")), acting_as(leader):
        shifts.end_shift(shift=row.pk, by=leader)
        with pytest.raises(NotFound):
            shifts.end_shift(shift=row.pk, by=leader)
    with acting_as(SYSTEM):
        assert Shift.objects.get().ends_at == at("09:00"), "what was worked stays"


def test_who_is_released_is_on_duty_no_more(world: World, declared: Declaration, leader: Actor) -> None:
    enlisted(world, leader, ["one"])
    planned(world, declared, leader, plan(2))
    with acting_as(SYSTEM):
        member = Member.objects.get()
    with clock.at(at("09:00")), acting_as(leader):
        actions.release(member=member.pk, reason=WHY, by=leader)
    with acting_as(SYSTEM):
        assert [row.ends_at for row in Shift.objects.all()] == [at("09:00")]


def test_a_team_works_what_its_members_do(area: Area, declared: Declaration, leader: Actor) -> None:
    world = area.world
    enlisted(world, leader, ["cadre", "one"])
    planned(world, declared, leader, plan(2, "08:00", "12:00"), kind="cadre")
    with acting_as(leader):
        campaign = begun(world, declared, leader, days=2)
        actions.form_teams(campaign=campaign.pk, size=2, minutes=480, by=leader)
    with acting_as(SYSTEM):
        assert [team.minutes for team in Team.objects.all()] == [360], "four hours and eight hours"


@pytest.mark.parametrize(
    ("unit", "begins", "left_out"),
    [
        ("E2", -1, True),  # now
        ("E2", 30, True),  # before the screening's end
        ("E2", 72, False),  # after it
        ("E2", -4, False),  # over
        ("51", -1, False),  # of all the city
        ("Q", -1, False),  # in a part of the team's unit
    ],
)
def test_who_is_on_duty_elsewhere_is_in_no_team(
    area: Area, declared: Declaration, leader: Actor, unit: str, begins: int, left_out: bool
) -> None:
    """Neither in one that is formed nor in one that comes, whoever calls up and sees the other place or not."""
    world = area.world
    enlisted(world, leader, ["cadre", "one"])
    with acting_as(SYSTEM):
        one = Member.objects.get(kind=MemberKind.VOLUNTEER)
        begin = clock.now() + timedelta(hours=begins)
        shifts.give(declaration=declared.pk, member=one, unit=world.id(unit), span=(begin, begin + timedelta(hours=2)))
    of_community = world.actor("of_community", Role.LEADER, "W")
    with acting_as(of_community):
        campaign = begun(world, declared, of_community, "W", days=2)
        actions.form_teams(campaign=campaign.pk, size=1, minutes=480, by=of_community)
        with acting_as(SYSTEM):
            formed = set(Membership.objects.values_list("member", flat=True))
            assert (one.pk in formed) is not left_out
            Membership.objects.filter(member=one).update(until=clock.now())
        come = newcomers(queries.campaign(campaign.pk), world.id("W1"), 5)
    assert [row.pk for row in come] == ([] if left_out else [one.pk])


def test_a_duty_of_what_was_ended_keeps_nobody_from_a_team(area: Area, declared: Declaration, leader: Actor) -> None:
    world = area.world
    enlisted(world, leader, ["cadre"])
    with acting_as(SYSTEM):
        begin = clock.now()
        shifts.give(
            declaration=declared.pk,
            member=Member.objects.get(),
            unit=world.id("E2"),
            span=(begin, begin + timedelta(hours=9)),
        )
    with acting_as(leader):
        actions.end(declaration=declared.pk, reason=WHY, by=leader)
        again = actions.declare(told=told(world), by=leader)
        campaign = actions.start(
            declaration=again.pk, unit=world.id("51"), name="逐户排查", due_at=again.ends_at, by=leader
        )
        assert actions.form_teams(campaign=campaign.pk, size=1, minutes=480, by=leader) == 1


@given(st.lists(st.integers(min_value=1, max_value=1440), max_size=6), st.integers(min_value=1, max_value=1440))
def test_a_teams_hours_lie_between_its_members(minutes: list[int], usual: int) -> None:
    found = rules.minutes_of_team(minutes, usual)
    assert min(minutes or [usual]) <= found <= max(minutes or [usual])


# --- the table and the pages ------------------------------------------------------------------------------------------

TABLE = """单位,类别,姓名,电话,班次
W1,志愿者,陈晓梅,13900001111,08:00-12:00
W2,cadre,周敏,,
"""


def test_shifts_come_with_the_table(world: World, declared: Declaration, leader: Actor) -> None:
    upload = uploaded(world, leader, TABLE)
    with acting_as(leader):
        dry = imports.examine(upload)
        assert "08:00–12:00" in dry.rows[0].about
        imports.apply(upload)
        assert [row.fate for row in imports.examine(upload).rows] == [Fate.CHANGED, Fate.SAME]
        first = Shift.objects.count()
        imports.apply(upload)
        assert Shift.objects.count() == first, "again, nobody is given a second one"
        assert upload.notes == [f"有 {first} 个班次未安排：该人员当时已在别处值班。"]
        assert Member.objects.count() == 2
    assert 6 <= first <= imports.DAYS
    with acting_as(SYSTEM):
        assert {row.member.name for row in Shift.objects.select_related("member")} == {"陈晓梅"}


@pytest.mark.parametrize("hours", ["8-12", "25:00-26:00", "08:00-08:00", "早班", "08:00-12:61", "a" * 5000])
def test_wrong_hours_are_told(world: World, declared: Declaration, leader: Actor, hours: str) -> None:
    with acting_as(leader):
        dry = imports.examine(uploaded(world, leader, f"{TABLE}W1,cadre,吴强,,{hours}\n"))
    [wrong] = [fate for fate in dry.rows if fate.fate is Fate.WRONG]
    assert wrong.number == 4


def test_hours_need_a_declaration(world: World, leader: Actor) -> None:
    with acting_as(leader):
        dry = imports.examine(uploaded(world, leader, TABLE))
    assert [fate.number for fate in dry.rows if fate.fate is Fate.WRONG] == [2]


def test_of_very_many_the_page_says_so(
    world: World, declared: Declaration, leader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    enlisted(world, leader, ["one", "two"])
    planned(world, declared, leader, plan(begin="00:00", end="23:00"))
    browser, asked = browser_of(world, Role.LEADER), {"unit": str(world.id("W1")), "day": tomorrow().isoformat()}
    assert "1+" not in text_of(browser.get("/control/shifts/", asked))
    monkeypatch.setattr(reads, "COUNTED", 1)
    with clock.at(at("12:00")):
        page = text_of(browser.get("/control/shifts/", asked))
    assert page.count(">1+<") == 2, "on duty now, and on this day"


def test_the_pages(world: World, declared: Declaration, leader: Actor) -> None:
    enlisted(world, leader, ["one"])
    browser = browser_of(world, Role.LEADER)
    unit, day = str(world.id("W1")), tomorrow().isoformat()
    assert "当天没有人值班" in text_of(browser.get("/control/shifts/", {"unit": unit}))
    sent = {"kind": "", "skill": "", "first": day, "last": day, "begin": "08:00", "end": "12:00", "once": str(uuid4())}
    for _again in range(2):
        assert browser.post(f"/control/shifts/new/?unit={unit}", sent).status_code == 302
    page = text_of(browser.get("/control/shifts/", {"unit": unit, "day": day}))
    assert "one" in page
    with acting_as(SYSTEM):
        row = Shift.objects.get()
    assert browser.post(f"/control/shifts/new/?unit={unit}", {**sent, "first": "x", "once": "2"}).status_code == 422
    east = browser_of(world, Role.LEADER, "E")
    assert east.get("/control/shifts/", {"unit": unit}).status_code == 403
    assert east.post(f"/control/shifts/{row.pk}/end/", {"unit": unit}).status_code == 404
    assert browser_of(world, Role.DESK).get("/control/shifts/").status_code == 403
    for wrong in ({"day": "yesterday"}, {"after": "x"}, {"unit": "x"}):
        assert browser.get("/control/shifts/", wrong).status_code in {200, 404}
    assert browser.post(f"/control/shifts/{row.pk}/end/", {"unit": unit, "day": day}).status_code == 302
    with acting_as(SYSTEM):
        assert not Shift.objects.exists(), "one to come is taken away"

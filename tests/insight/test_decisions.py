"""The pages for decisions on the real database: what they count is what lists show, small units are not shamed, hostile input is
answered, and nobody sees a unit that is not theirs."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from factories.world import ELSEWHERE, HERE, START_AT, World

from linli.cases import actions as cases
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.dispatch.models import Shift
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotFound
from linli.insight import decisions
from linli.insight.comparison import Compared, Standing
from linli.insight.errors import AreaStandsAlone, DayNotUsable
from linli.insight.priorities import Why
from linli.people.models import Post
from linli.territory import queries as territory
from linli.territory.models import Unit

NOW = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
# The Monday on which the work in W1 was done, and the places of its communities.
DONE = date(2026, 10, 26)
W1, W2, E2 = HERE, (104.01, 30.63), ELSEWHERE


@pytest.fixture(autouse=True)
def today(world: World) -> Iterator[None]:
    with clock.at(NOW):
        yield


def tell(place: tuple[float, float], at: datetime, count: int = 1, code: str = "0102") -> list[Case]:
    with clock.at(at), acting_as(SYSTEM):
        said = Report(description="路灯不亮", lon=place[0], lat=place[1], class_code=code)
        return [cases.collect(report=said, by=SYSTEM).case for _number in range(count)]


def people(world: World, **of_unit: int) -> None:
    for code, count in of_unit.items():
        Unit.objects.filter(pk=world.id(code)).update(managed_population=count)
    territory.forget()


def signed_in(world: World, role: Role, unit: str) -> Client:
    person = world.staff(f"{role}-{unit}")
    with acting_as(SYSTEM):
        person.language = "en"
        person.save()
        Post.objects.create(person=person, role=role, unit=world.units[unit], valid_from=START_AT)
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.content.decode())


def by_code(world: World, found: decisions.Comparison) -> dict[str, Compared]:
    codes = {unit.id: code for code, unit in world.units.items()}
    return {codes[unit.id]: one for unit, one in found.lines}


def test_a_small_unit_is_not_shamed_by_chance(world: World) -> None:
    people(world, W1=40, W2=10_000)
    tell(W1, NOW - timedelta(days=3))
    tell(W2, NOW - timedelta(days=3), 20)
    with acting_as(SYSTEM):
        found = decisions.compared(SYSTEM, world.id("W"), 4)
    small, large = (by_code(world, found)[code] for code in ("W1", "W2"))
    assert (small.rate, large.rate) == (25, 2)
    assert small.standing is Standing.USUAL
    page = text_of(signed_in(world, Role.LEADER, "W"), "/compare/?weeks=4")
    assert "Not more than chance would show" in page
    assert "Clearly more than usual" not in page


def test_what_is_clear_is_said(world: World) -> None:
    people(world, W1=10_000, W2=10_000)
    tell(W1, NOW - timedelta(days=3), 5)
    tell(W2, NOW - timedelta(days=3), 40)
    page = text_of(signed_in(world, Role.LEADER, "W"), "/compare/?weeks=4")
    assert "Clearly more than usual" in page
    assert "Clearly less than usual" in page
    assert page.rindex(world.units["W2"].name) < page.rindex(world.units["W1"].name)


def test_a_number_leads_to_its_rows(world: World) -> None:
    people(world, W1=10_000, W2=10_000)
    told = tell(W1, NOW - timedelta(days=3), 3)
    tell(W1, NOW - timedelta(days=3), 2, code="0103")
    tell(W1, NOW - timedelta(days=60))
    client = signed_in(world, Role.LEADER, "W")
    page = text_of(client, "/compare/?weeks=4&class=0102")
    (href,) = set(re.findall(rf'href="(/desk/\?[^"]*{world.id("W1")}[^"]*)">3<', page))
    listed = text_of(client, href)
    assert set(re.findall(r"/case/(\d+-\w)/", listed)) == {case.reference for case in told}


def test_without_people_there_is_a_count_and_no_rate(world: World) -> None:
    tell(W1, NOW - timedelta(days=3), 2)
    page = text_of(signed_in(world, Role.LEADER, "W"), "/compare/")
    assert "2 units have no people registered" in page
    assert "No people registered: no rate" in page


def test_a_city_without_people_or_cases_has_pages_that_say_so(world: World) -> None:
    people(world, **dict.fromkeys(world.units, 0))
    leader = signed_in(world, Role.LEADER, "51")
    assert "Choose more weeks, another unit, or all classes" in text_of(leader, "/compare/?weeks=4")
    tell(W1, NOW)
    page = text_of(leader, f"/compare/?unit={world.id('W')}&weeks=4")
    assert "2 units have no people registered" in page
    assert "The territory's register takes the people of each unit" in page
    for path in (
        "/compare/hours/", f"/compare/before-after/?unit={world.id('W1')}&day=2026-10-26", "/screen/", "/screen/weekly/",
        "/screen/weekly.pdf", "/map/", "/map/hazards/", "/warnings/", "/sensors/", "/cameras/", "/figures/",
    ):  # fmt: skip
        assert leader.get(path).status_code == 200, path
    for chart in (
        f"compare/units?unit={world.id('W')}&weeks=4",
        f"compare/before-after?unit={world.id('W1')}&day=2026-10-26&weeks=4",
    ):
        assert leader.get(f"/api/v1/insight/{chart}").status_code == 200, chart


def test_cases_of_no_unit_below_are_told_apart(world: World) -> None:
    (case,) = tell(W1, NOW - timedelta(days=3))
    Case.objects.filter(pk=case.pk).update(community=None)
    with acting_as(SYSTEM):
        found = decisions.compared(SYSTEM, world.id("W"), 4)
    assert (found.unplaced, found.cases) == (1, 1)
    assert "1 case lies in none of these units" in text_of(signed_in(world, Role.LEADER, "W"), "/compare/")


def test_the_city_counted_ahead_is_the_city_counted_now(world: World) -> None:
    tell(W1, NOW - timedelta(days=3), 2)
    tell(E2, NOW - timedelta(days=10), 3)
    with acting_as(SYSTEM):
        cases.count_weeks(by=SYSTEM)
        found = decisions.compared(SYSTEM, world.id("51"), 4)
        parts = [decisions.compared(SYSTEM, world.id(unit), 4) for unit in ("W", "E")]
    assert found.counted_at == NOW
    assert [part.counted_at for part in parts] == [None, None]
    assert found.cases == sum(part.cases for part in parts) == 5
    assert "Reported and ended were counted today 12:00" in text_of(signed_in(world, Role.LEADER, "5101"), "/compare/")


def renewed(world: World) -> None:
    """Four weeks before and four after: in W1 eight cases a week become two, in W2 four stay four."""
    for number in range(8):
        monday = datetime.combine(DONE, datetime.min.time(), NOW.tzinfo) + timedelta(weeks=number - 4, hours=9)
        tell(W1, monday, 8 if number < 4 else 2)
        tell(W2, monday, 4)


def test_an_intervention_is_seen_against_its_surroundings(world: World) -> None:
    renewed(world)
    with acting_as(SYSTEM):
        found = decisions.intervention(SYSTEM, world.id("W1"), DONE, 4)
    assert found.in_area == [8] * 4 + [2] * 4
    assert found.in_around == [4] * 8
    assert found.expected == [8.0] * 8
    assert found.effect.area == Fraction(1, 4)
    assert found.effect.clear
    client = signed_in(world, Role.LEADER, "W")
    address = f"?unit={world.id('W1')}&day={DONE}&weeks=4"
    page = text_of(client, f"/compare/before-after/{address}")
    assert "% fewer cases than its surroundings" in page
    assert "regression to the mean" in page
    chart = client.get(f"/api/v1/insight/compare/before-after{address}").json()
    assert chart["series"][0]["values"] == [8, 8, 8, 8, None, None, None, None]


def test_the_week_of_the_day_counts_to_neither_side(world: World) -> None:
    renewed(world)
    with acting_as(SYSTEM):
        found = decisions.intervention(SYSTEM, world.id("W1"), DONE + timedelta(days=2), 4)
    assert DONE not in found.weeks
    assert (found.in_area[:4], found.in_area[4:]) == ([8] * 4, [2] * 3)


@pytest.mark.parametrize("day", ["2026-11-25", "2026-11-18", "2027-01-01", "2011-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_used_is_refused_with_what_to_do(world: World, day: str) -> None:
    with acting_as(SYSTEM), pytest.raises(DayNotUsable):
        decisions.intervention(SYSTEM, world.id("W1"), date.fromisoformat(day), 4)
    page = text_of(
        signed_in(world, Role.LEADER, "W"), f"/compare/before-after/?unit={world.id('W1')}&day={day}&weeks=4"
    )
    assert "Choose an earlier or a later day" in page


def test_an_area_without_surroundings_is_answered(world: World) -> None:
    leader = world.actor("chief", Role.LEADER, "W")
    with acting_as(leader), pytest.raises(AreaStandsAlone):
        decisions.intervention(leader, world.id("W"), DONE, 4)
    page = text_of(signed_in(world, Role.LEADER, "W"), f"/compare/before-after/?unit={world.id('W')}&day={DONE}")
    assert "Choose a unit below yours" in page


@pytest.mark.parametrize("page", ["/compare/", "/compare/before-after/", "/compare/hours/"])
@pytest.mark.parametrize(
    "query",
    ["unit=x", "unit=00000000-0000-0000-0000-000000000001", "weeks=-1", "weeks=9999999999", "class=nope", "day=x"],
)
def test_hostile_addresses_are_answered(world: World, page: str, query: str) -> None:
    text_of(signed_in(world, Role.LEADER, "W"), f"{page}?{query}")


def test_nobody_compares_units_that_are_not_theirs(world: World) -> None:
    tell(E2, NOW - timedelta(days=3), 3)
    client = signed_in(world, Role.LEADER, "W")
    page = text_of(client, f"/compare/?unit={world.id('E')}")
    assert world.units["E2"].name not in page
    for path in ("units", "before-after"):
        asked = f"/api/v1/insight/compare/{path}?unit={world.id('E')}&day={DONE}"
        assert client.get(asked).status_code in {404, 422}
    leader = world.actor("chief", Role.LEADER, "W")
    with acting_as(leader), pytest.raises(NotFound):
        decisions.compared(leader, world.id("E"), 4)
    assert Client().get("/compare/").status_code == 302
    assert Client().get(f"/api/v1/insight/compare/units?unit={world.id('E')}").status_code == 401


def on_duty(world: World, unit: str, body: str, hours: int) -> None:
    """As many shifts of an hour in the week before last."""
    with acting_as(SYSTEM):
        for number in range(hours):
            begins = NOW - timedelta(days=10, hours=number + 1)
            Shift.objects.create(
                person=world.staff_of(body), unit=world.units[unit], body=world.bodies[body],
                starts_at=begins, ends_at=begins + timedelta(hours=1),
            )  # fmt: skip


def test_the_next_hour_goes_where_it_saves_most(world: World) -> None:
    late = [*tell(W1, NOW - timedelta(days=12), 4), *tell(E2, NOW - timedelta(days=12), 1)]
    # In the east more ends than comes: its pile is soon gone without help.
    ended = [*tell(W1, NOW - timedelta(days=14), 6), *tell(E2, NOW - timedelta(days=60), 3)]
    Case.objects.filter(pk__in=[case.pk for case in late]).update(due_at=NOW - timedelta(days=1))
    Case.objects.filter(pk__in=[case.pk for case in ended]).update(state="closed", closed_at=NOW - timedelta(days=10))
    on_duty(world, "W1", "street", 3)
    with acting_as(SYSTEM):
        cases.count_weeks(by=SYSTEM)
        found = decisions.next_hour(SYSTEM, world.id("5101"))
    (first, work, helped), (second, *_rest) = found.lines
    assert (first.id, second.id) == (world.id("W"), world.id("E"))
    assert (work.overdue, work.arrived, work.closed, work.staff_hours) == (4, 10, 6, 3)
    assert helped.gain > 0
    assert Why.PER_HOUR in {reason.why for reason in helped.reasons}
    page = text_of(signed_in(world, Role.LEADER, "5101"), "/compare/hours/")
    assert "4 overdue now." in page
    assert "no figure to judge people by" in page


def test_without_shifts_the_page_says_that_nothing_is_known_of_an_hour(world: World) -> None:
    tell(W1, NOW - timedelta(days=12))
    page = text_of(signed_in(world, Role.LEADER, "5101"), "/compare/hours/")
    assert "nobody knows how much an hour brings about" in page
    assert signed_in(world, Role.AUDITOR, "5101").get("/compare/hours/").status_code == 403


@pytest.mark.parametrize("page", ["/compare/", "/compare/before-after/", "/compare/hours/"])
def test_pages_take_few_statements(world: World, page: str, django_assert_max_num_queries) -> None:
    tell(W1, NOW - timedelta(days=3), 5)
    client = signed_in(world, Role.LEADER, "5101")
    address = f"{page}?unit={world.id('W1' if 'before' in page else '5101')}&day={DONE}"
    client.get(address)
    with django_assert_max_num_queries(3):
        assert client.get(address).status_code == 200

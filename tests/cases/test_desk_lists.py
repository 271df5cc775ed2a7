"""The desk's lists: urgency, pages by key, and searches that end with a full page."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from factories.world import HERE, World

from linli.cases import actions, queries
from linli.cases.models import OPEN_STATES, Case, Priority
from linli.cases.queries import Filters, Order
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as

pytestmark = pytest.mark.django_db
OPEN = Filters(open_only=True)


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


@pytest.fixture
def many(world: World) -> list[UUID]:
    """Twelve cases: some read, some not, one an emergency, some with one and the same moment."""
    resident, now = world.resident(), clock.now()
    ids = []
    with acting_as(resident):
        for number in range(12):
            report = Report(
                description=f"路灯不亮 {number}", lon=HERE[0], lat=HERE[1], class_code="0103",
                reported_at=now - timedelta(hours=number % 4),
            )  # fmt: skip
            ids.append(actions.collect(report=report, by=resident).case.id)
    with acting_as(SYSTEM):
        actions.file(cases=ids[::3], by=SYSTEM)
        Case.objects.filter(pk=ids[5]).update(priority=Priority.EMERGENCY)
    return ids


def pages(actor: Actor, filters: Filters, order: Order, size: int) -> list[UUID]:
    found, after = [], None
    for _page in range(20):
        page = queries.desk_page(actor, filters, after=after, order=order, size=size)
        found += [case.id for case in page.cases]
        after = page.after
        if after is None:
            return found
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize(
    "filters", [OPEN, Filters(open_only=True, text="路灯"), Filters(states=("collected",)), Filters(text="路灯")]
)
@pytest.mark.parametrize("size", [1, 5, 50])
def test_pages_show_each_case_once(desk: Actor, many: list[UUID], order: Order, filters: Filters, size: int) -> None:
    with acting_as(desk):
        whole = pages(desk, filters, order, 100)
        assert len(set(whole)) == len(whole) > 5
        assert pages(desk, filters, order, size) == whole


def test_the_most_urgent_comes_first(desk: Actor, many: list[UUID]) -> None:
    with acting_as(desk):
        page = queries.desk_page(desk, OPEN, order=Order.URGENT)
    assert page.cases[0].id == many[5]
    moments = [case.urgent_at for case in page.cases]
    assert moments == sorted(moments)
    # Filed with a limit of two hours comes before a report that waits to be read within a day.
    filed = [number for number, case in enumerate(page.cases) if case.filed_at is not None]
    assert max(filed) == len(filed)


def test_what_has_ended_is_newest_first_whatever_was_asked(desk: Actor, many: list[UUID]) -> None:
    with acting_as(desk):
        found = pages(desk, Filters(), Order.URGENT, 5)
    assert found == sorted(many, reverse=True)


def test_a_search_goes_on_until_the_page_is_full(
    desk: Actor, many: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first matches are of another class; the page is filled from those behind them."""
    monkeypatch.setattr("linli.cases.queries.desk.FOUND_AT_A_TIME", (2, 4, 100))
    filters = Filters(text="路灯", states=("filed",))
    with acting_as(desk):
        assert set(pages(desk, filters, Order.NEWEST, 3)) == set(many[::3])


def test_a_moment_changes_with_what_it_is_made_of(desk: Actor, many: list[UUID]) -> None:
    with acting_as(SYSTEM):
        before = Case.objects.get(pk=many[0])
        Case.objects.filter(pk=many[0]).update(paused_at=clock.now())
        assert Case.objects.get(pk=many[0]).urgent_at == before.urgent_at + timedelta(days=30)


def test_every_open_state_is_in_the_figures_of_the_city() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'cases_tally'")
        (source,) = cursor.fetchone()
    assert set(source.split("{")[1].split("}")[0].split(",")) == set(OPEN_STATES)


def test_a_row_of_the_list_says_what_the_case_says(desk: Actor, many: list[UUID]) -> None:
    with acting_as(desk):
        for listed, case in zip(queries.desk_list(desk, OPEN).cases, queries.desk_page(desk, OPEN).cases, strict=True):
            assert listed._asdict() == {name: getattr(case, name) for name in listed._fields}
            assert listed.reference == case.reference

"""Where doors are left: drawn on the page of an area, and on the smart map, each with the list that says the same."""

import re
from uuid import UUID

import pytest
from campaigns.conftest import Area, Running
from campaigns.test_moving import browser_of_leader
from campaigns.test_receiving import send, visit
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.campaigns import actions, doors_on_map
from linli.campaigns.models import Outcome, Tally
from linli.campaigns.pages.screening.coverage_map import MOST, standing_of
from linli.campaigns.pages.screening.progress import PARTS_A_PAGE
from linli.campaigns.queries import Coverage
from linli.cases.cells import Window
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.territory.models import Unit

# However many buildings a community has.
MOST_STATEMENTS = 12
EVERYWHERE = Window(103.5, 30.1, 104.5, 31.1)


@pytest.mark.parametrize(
    ("doors", "outcomes", "standing"),
    [
        (10, {}, "not_visited"),
        (10, {Outcome.DONE: 10}, "reached"),
        (10, {Outcome.DONE: 6, Outcome.NOBODY_HOME: 4}, "reached"),
        (10, {Outcome.DONE: 2, Outcome.NOBODY_HOME: 6}, "to_repeat"),
        (10, {Outcome.REFUSED: 8, Outcome.DONE: 2}, "refused"),
        (10, {Outcome.DONE: 3, Outcome.UNSAFE: 3}, "not_visited"),
    ],
)
def test_what_most_doors_are(doors: int, outcomes: dict[str, int], standing: str) -> None:
    counts = {outcome: outcomes.get(outcome, 0) for outcome in Outcome.values}
    assert standing_of(Coverage(UUID(int=1), doors, 0, counts, 0, 0, 1)) == standing


def test_the_smart_map_shows_the_buildings_of_what_runs(running: Running) -> None:
    inside = {str(door.pk) for door in running.area.doors["B1"]}
    mine = [door.id for door in running.doors_of(0) if str(door.pk) in inside]
    send(running, [visit(door) for door in mine])
    world, leader = running.area.world, running.leader
    with acting_as(leader):
        marks = {mark.name: mark for mark in doors_on_map.in_window(leader, world.id("51"), EVERYWHERE)}
        assert len(marks) == len(running.area.doors)
        assert len(doors_on_map.in_unit(leader, world.id("W1"), 10)) == len(marks)
        assert doors_on_map.in_window(leader, world.id("51"), Window(10, 10, 11, 11)) == []
        assert doors_on_map.in_window(leader, world.id("E"), EVERYWHERE) == []
        actions.close(campaign=running.campaign.pk, reason="全部走访完毕", by=leader)
        assert doors_on_map.in_window(leader, world.id("51"), EVERYWHERE) == []
    east = world.actor("east", Role.DESK, "E")
    with acting_as(east), pytest.raises(NotAllowed):
        doors_on_map.in_window(east, world.id("W1"), EVERYWHERE)


def test_a_community_of_many_buildings_is_a_page_long(area: Area, running: Running) -> None:
    """Those with most left are drawn and those with the least reached are listed first; the rest is a page further."""
    browser = browser_of_leader(running)
    unit, base = running.area.world.id("W1"), f"/control/screenings/{running.campaign.pk}/"
    with acting_as(SYSTEM):
        for number in range(MOST + 20):
            area.building(f"N{number}", 1, 1, 1)
        doors = [area.doors[f"N{number}"][0] for number in range(MOST + 20)]
        Tally.objects.bulk_create(
            Tally(
                campaign=running.campaign, building=door.building, community_id=unit, doors=1,
                subdistrict_id=door.building.path[2], district_id=door.building.path[1],
            )
            for door in doors
        )  # fmt: skip
        of = Tally.objects.filter(campaign=running.campaign).count()
    found: list[str] = []
    for first in range(0, of, PARTS_A_PAGE):
        with CaptureQueriesContext(connection) as asked:
            page = browser.get(f"{base}?unit={unit}&from={first}", headers={"accept-language": "en"}).content.decode()
        assert page.count('class="coverage-mark') == MOST
        assert f"The {MOST} with most doors left are drawn" in page
        assert (f"from={first + PARTS_A_PAGE}" in page) is (first + PARTS_A_PAGE < of)
        assert sum(one["sql"].startswith("SELECT") for one in asked) <= MOST_STATEMENTS
        rows = re.findall(r'<tr><th scope="row"><a href="([^"]+)">', page)
        assert len(rows) <= PARTS_A_PAGE
        found += rows
    assert len(set(found)) == len(found) == of


def test_a_name_is_escaped_in_marks_and_rows(running: Running) -> None:
    browser = browser_of_leader(running)
    with acting_as(SYSTEM):
        Unit.objects.filter(pk=running.of("B1")).update(name='"><script>')
    page = browser.get(
        f"/control/screenings/{running.campaign.pk}/?unit={running.area.world.id('W1')}"
    ).content.decode()
    assert '"><script>"' not in page
    assert page.count("&quot;&gt;&lt;script&gt;") >= 5


def test_the_window_and_the_list_are_served(running: Running) -> None:
    browser = browser_of_leader(running)
    unit = running.area.world.id("W1")
    asked = f"unit={unit}&west=103.5&south=30.1&east=104.5&north=31.1&zoom=15"
    found = browser.get(f"/api/v1/campaigns/doors/window?{asked}").json()
    assert len(found["features"]) == len(running.area.doors)
    assert "doors left" in found["features"][0]["properties"]["lines"]
    assert (
        f"/control/screenings/{running.campaign.pk}/buildings/"
        in browser.get(f"/map/doors/?unit={unit}").content.decode()
    )
    page = browser.get(f"/control/screenings/{running.campaign.pk}/?unit={unit}").content.decode()
    assert f"buildings/{running.of('B1')}/" in page

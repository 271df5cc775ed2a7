"""Hours are counted as the doors stand, whatever arrives in which order; from them the finish is forecast."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from campaigns.conftest import Running
from campaigns.test_moving import browser_of_leader
from campaigns.test_receiving import send, visit
from django.utils import timezone

from linli.campaigns import queries
from linli.campaigns.forecast import Pace
from linli.campaigns.merging import REACHED
from linli.campaigns.models import Door, HourTally
from linli.campaigns.queries import console, pace
from linli.campaigns.queries.pace import Prospect
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.territory import queries as territory


@pytest.fixture
def afternoon(running: Running) -> Iterator[datetime]:
    """Half past three on the day after the screening began."""
    at = timezone.localtime() + timedelta(days=1)
    with clock.at(at.replace(hour=15, minute=30, second=0, microsecond=0)):
        yield clock.now()


def kept() -> Counter[tuple[object, datetime]]:
    with acting_as(SYSTEM):
        rows = HourTally.objects.values_list("community", "hour", "reached")
        return Counter({(community, hour): reached for community, hour, reached in rows if reached})


def recounted() -> Counter[tuple[object, datetime]]:
    with acting_as(SYSTEM):
        doors = Door.objects.filter(outcome__in=REACHED).values_list("community", "visited_at")
        return Counter((community, at.replace(minute=0, second=0, microsecond=0)) for community, at in doors)


def of(running: Running, unit: str) -> Prospect | None:
    with acting_as(running.leader):
        asked = territory.unit(running.area.world.id(unit))
        parts = queries.coverage(running.leader, running.campaign, asked.id)
        return pace.prospect(running.leader, running.campaign, asked, parts)


def test_hours_are_counted_as_the_doors_stand(running: Running, afternoon: datetime) -> None:
    first, second, third = running.doors_of(0)[:3]
    earlier, later = visit(first.id, "done", minutes_ago=150), visit(first.id, "refused", minutes_ago=10)
    send(running, [later, visit(second.id, "nobody_home", minutes_ago=100), visit(third.id, minutes_ago=200)])
    assert kept() == recounted()
    assert kept().total() == 2
    send(running, [earlier, visit(second.id, minutes_ago=1)])
    send(running, [earlier, later])
    assert kept() == recounted()
    assert kept().total() == 3


def test_the_finish_at_the_pace_of_the_day(running: Running, afternoon: datetime) -> None:
    doors = running.doors_of(0)[:12]
    send(running, [visit(door.id, minutes_ago=5 + 8 * place) for place, door in enumerate(doors)])
    for unit in ("51", "W1"):
        found = of(running, unit)
        assert found is not None
        whole = found.whole
        assert whole.state in {Pace.IN_TIME, Pace.IN_DOUBT}
        assert whole.left == len(running.area.everywhere) - 12
        assert whole.early is not None
        assert whole.finish is not None
        assert whole.late is not None
        assert afternoon < whole.early < whole.finish < whole.late
    assert found is not None
    points = pace.curve(running.campaign, found)
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert [point.reached for point in points if point.at == afternoon] == [12]
    past = [point.reached for point in points if point.reached is not None]
    assert past == sorted(past)
    coming = [point.expected for point in points if point.expected is not None]
    assert coming == sorted(coming)
    assert coming[-1] == len(running.area.everywhere)


def test_more_doors_move_the_finish(running: Running, afternoon: datetime) -> None:
    doors = running.doors_of(0)
    send(running, [visit(door.id, minutes_ago=5 + 20 * place) for place, door in enumerate(doors[:8])])
    before = of(running, "51")
    send(running, [visit(door.id, minutes_ago=5) for door in doors[8:16]])
    after = of(running, "51")
    assert before is not None
    assert after is not None
    assert before.whole.finish is not None
    assert after.whole.finish is not None
    assert after.whole.finish < before.whole.finish


def test_a_part_that_cannot_make_it_is_behind(running: Running, afternoon: datetime) -> None:
    send(running, [visit(running.doors_of(0)[0].id, minutes_ago=10)])
    running.campaign.due_at = afternoon + timedelta(hours=1)
    found = of(running, "51")
    assert found is not None
    assert found.whole.state is Pace.BEHIND
    assert [one.id for one in found.behind] == [territory.unit(running.area.world.id("W1")).path[1]]
    assert found.behind[0].missing > 0


def test_teams_have_a_finish_of_their_own(running: Running, afternoon: datetime) -> None:
    send(running, [visit(door.id, minutes_ago=5 + 20 * place) for place, door in enumerate(running.doors_of(0)[:8])])
    leader = running.leader
    with acting_as(leader):
        lines = console.team_lines(leader, running.campaign, running.area.world.id("51"))
        found = pace.of_teams(running.campaign, lines)
    at_work, waiting = (found[team.pk] for team in running.teams)
    assert at_work.finish is not None
    assert (waiting.state, waiting.finish) == (Pace.NOT_STARTED, None)


def test_before_the_first_door_there_is_no_forecast(running: Running) -> None:
    found = of(running, "51")
    assert found is not None
    assert (found.whole.state, found.whole.finish) == (Pace.NOT_STARTED, None)
    assert of(running, "Q") is None, "hours are counted down to the community"


def test_hours_of_another_district_are_not_seen(running: Running, afternoon: datetime) -> None:
    send(running, [visit(running.doors_of(0)[0].id)])
    with acting_as(running.area.world.actor("east", Role.LEADER, "E")):
        assert not HourTally.objects.exists()


def test_the_page_tells_the_finish_and_draws_it(running: Running, afternoon: datetime) -> None:
    send(running, [visit(door.id, minutes_ago=5 + 20 * place) for place, door in enumerate(running.doors_of(0)[:8])])
    browser = browser_of_leader(running)
    world, base = running.area.world, f"/control/screenings/{running.campaign.pk}/"
    page = browser.get(base).content.decode()
    assert "At today&#x27;s pace done by" in page
    assert f"/api/v1/campaigns/{running.campaign.pk}/curve?unit={world.id('51')}" in page
    chart = browser.get(f"/api/v1/campaigns/{running.campaign.pk}/curve?unit={world.id('W1')}").json()
    reached, expected, _fast, _slow = (row["values"] for row in chart["series"])
    assert 8 in reached
    assert expected[-1] == len(running.area.everywhere)
    assert browser.get(f"/api/v1/campaigns/{running.campaign.pk}/curve?unit={world.id('Q')}").status_code == 404
    assert "At today&#x27;s pace" in browser.get(f"{base}teams/").content.decode()

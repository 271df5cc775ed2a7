"""One cadre with volunteers, over ten thousand households: no door twice, none forgotten."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import pytest
from campaigns.conftest import Area, Running, begun, enlisted
from campaigns.test_receiving import counted, recounted, send, visit

from linli.campaigns import actions, queries
from linli.campaigns.merging import REACHED
from linli.campaigns.models import Declaration
from linli.foundation.access import SYSTEM, Actor, acting_as

TOWERS, ENTRANCES, FLOORS, DOORS = 14, 4, 30, 6
VOLUNTEERS, BATCH = 9, 500
OUTCOMES = ("done", "nobody_home", "refused", "moved", "unsafe", "other_language", "done")


@pytest.fixture
def alone(area: Area, declared: Declaration, leader: Actor) -> Running:
    """One team has the whole area: towers beside the buildings of all other tests."""
    world = area.world
    with acting_as(SYSTEM):
        for number in range(TOWERS):
            area.building(f"T{number}", ENTRANCES, FLOORS, DOORS)
    people = enlisted(world, leader, ["cadre", *(f"helper{number}" for number in range(VOLUNTEERS))])
    with acting_as(leader):
        campaign = begun(world, declared, leader)
        actions.form_teams(campaign=campaign.id, size=1 + VOLUNTEERS, minutes=480, by=leader)
        actions.divide(campaign=campaign.id, by=leader)
        (team,) = queries.teams(leader, campaign)
    return Running(campaign, [team], [people["cadre"]], area, leader)


def on_the_phone(running: Running) -> list[tuple[UUID, str]]:
    """Each door of the team's pack with what came of it, in walking order."""
    lead = running.leads[0]
    with acting_as(lead):
        pack = queries.doors_of_team(lead, running.teams[0].id)
    return [(door.id, door.outcome) for building in pack.buildings for door in building.doors]


def not_reached(running: Running) -> list[UUID]:
    """By the desk's list, building by building."""
    with acting_as(SYSTEM):
        listed = [queries.not_reached(SYSTEM, running.campaign, running.of(name)) for name in running.area.doors]
    return [door.id for doors in listed for door in doors]


def none_twice(doors: Iterable[UUID]) -> set[UUID]:
    (most,) = {count for _door, count in Counter(doors).most_common(1)}
    assert most == 1
    return set(doors)


@pytest.mark.slow
def test_no_door_of_ten_thousand_twice_and_none_forgotten(alone: Running) -> None:
    every = {door.id for door in alone.area.everywhere}
    assert len(every) > 10_000
    taken = [door for door, _outcome in on_the_phone(alone)]
    assert none_twice(taken) == every
    assert none_twice(not_reached(alone)) == every, "before the first visit nobody was reached"

    # The first, the last and some of the middle, in three batches; the second comes twice.
    walked = [taken[:BATCH], taken[5_000 : 5_000 + BATCH], taken[-BATCH:]]
    came = {
        door: OUTCOMES[number % len(OUTCOMES)] for number, door in enumerate(door for part in walked for door in part)
    }
    batches = [[visit(door, came[door]) for door in part] for part in walked]
    for batch in (*batches, batches[1]):
        assert set(send(alone, batch).values()) <= {"stored", "known"}

    stood = on_the_phone(alone)
    assert none_twice([door for door, _outcome in stood]) == every
    assert {door: outcome for door, outcome in stood if outcome} == came
    reached = {door for door, outcome in came.items() if outcome in REACHED}
    assert none_twice(not_reached(alone)) == every - reached
    with acting_as(SYSTEM):
        parts = queries.coverage(SYSTEM, alone.campaign, alone.area.world.id("51"))
    counts = [(part.doors, part.reached, part.to_repeat, part.not_visited, part.visits) for part in parts]
    assert [sum(column) for column in zip(*counts, strict=True)] == [
        len(every),
        len(reached),
        len(came) - len(reached),
        len(every) - len(came),
        len(came),
    ]
    assert counted(alone) == recounted(alone)

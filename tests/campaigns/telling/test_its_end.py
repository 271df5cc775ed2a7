"""Whoever was told at the door is told there that it is over."""

from datetime import timedelta
from uuid import UUID

import pytest
from campaigns.conftest import Area
from campaigns.telling.notices import begun, notice, place_of, titles
from campaigns.test_control_pages import browser_of
from procrastinate.contrib.django import app

from linli.campaigns import actions
from linli.campaigns.actions import telling as acts
from linli.campaigns.models import Declaration, Telling, TellingMark, TellingPlace
from linli.campaigns.queries import telling as reads
from linli.campaigns.rules import DESTROYED_AFTER
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as


def told_some(row: Telling, area: Area, worker: Actor) -> list[UUID]:
    """Three doors of a building: told, a leaflet left, nobody home. Returns the two that know."""
    doors = [one.id for one in area.doors["B1"][:3]]
    with acting_as(worker):
        for door, how in zip(doors, ("told", "leaflet", "nobody"), strict=True):
            acts.mark(place=place_of(row, area, "B1").pk, doors=[door], how=how, by=worker)
    return doors[:2]


@pytest.mark.parametrize("over", ["withdrawn", "expired"])
def test_who_was_told_at_the_door_is_told_there_that_it_is_over(
    area: Area, row: Telling, worker: Actor, over: str
) -> None:
    knows = told_some(row, area, worker)
    assert acts.call_off() == [], "it holds"
    at = clock.now() + timedelta(hours=6, minutes=5)
    if over == "withdrawn":
        at = clock.now()
        acts.end_telling(notices=[row.notice], by=SYSTEM)
    with clock.at(at):
        assert titles(worker) == [], "who was not told yet is not told any more"
        [made] = acts.call_off()
        assert acts.call_off() == [], "once"
        assert titles(worker) == [("B1", "还剩 2 户")]
        place = place_of(made, area, "B1")
        assert {door.id for door in reads.doors_told(place)} == set(knows)
        assert "解除" in made.title
        assert row.title in made.title
        assert made.title_en.startswith("Over: ")
        with acting_as(SYSTEM):
            assert acts.fill(telling=made.pk) == 0
        page = browser_of(area.world, Role.GRID_WORKER, "W1").get(f"/field/follow/tell/{place.pk}/").content.decode()
        assert "解除" in page
        with acting_as(worker):
            acts.mark(place=place.pk, doors=knows, how="told", by=worker)
        assert titles(worker) == []
    with clock.at(at + timedelta(hours=25)), acting_as(worker):
        assert reads.tasks_of(worker) == []
    with acting_as(SYSTEM), clock.at(at + timedelta(hours=25) + DESTROYED_AFTER):
        acts.forget_tellings()
        assert not TellingPlace.objects.filter(telling=made).exists(), "two doors' counts are theirs"
        assert not TellingMark.objects.exists()


def test_an_end_long_ago_an_update_and_a_stop_are_no_all_clear(area: Area, row: Telling, worker: Actor) -> None:
    told_some(row, area, worker)
    with clock.at(clock.now() + timedelta(hours=6) + acts.TOLD_OVER):
        assert acts.call_off() == [], "nobody waits for it any more"
    after = begun(area, notice(area, text="立即转移到学校。"), row.notice)
    told_some(after, area, worker)
    assert acts.call_off() == [], "another took its place"
    leader = area.world.actor("lead", Role.LEADER, "51")
    with acting_as(leader):
        acts.stop(telling=after.pk, reason="已经没有必要", by=leader)
    assert acts.call_off() == [], "the notice holds"


def test_it_is_told_after_its_declaration_and_not_after_the_destruction(
    area: Area, declared: Declaration, leader: Actor, worker: Actor
) -> None:
    row = begun(area, notice(area, declaration=declared.pk))
    told_some(row, area, worker)
    with acting_as(leader):
        actions.end(declaration=declared.pk, reason="水退了，解除", by=leader)
    [made] = acts.call_off()
    assert titles(worker) == [("B1", "还剩 2 户")]
    with acting_as(leader):
        actions.destroy(declaration=declared.pk, by=leader, reason="")
    assert titles(worker) == []
    with acting_as(SYSTEM):
        assert not TellingPlace.objects.filter(telling=made).exists()


def test_it_is_called_off_by_the_clock(area: Area, row: Telling, worker: Actor) -> None:
    [job] = [one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == "campaigns.call_off"]
    told_some(row, area, worker)
    with clock.at(clock.now() + timedelta(hours=7)):
        job.task(timestamp=0)
        assert len(titles(worker)) == 1

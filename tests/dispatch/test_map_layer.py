"""People on duty on the map: where they last arrived, for the dispatcher and the desk of their unit and nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from factories.duty import HOUR, open_case, worker
from factories.world import ELSEWHERE, HERE, START_AT, World

from linli.cases import actions as cases
from linli.cases import map_layers
from linli.cases.cells import Window
from linli.dispatch import map_layer, rules
from linli.dispatch.models import Position
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError, NotAllowed, NotFound
from linli.people.models import Person, Post

pytestmark = pytest.mark.django_db
EVERYWHERE = Window(103, 30, 105, 31)


def seen(actor: Actor, world: World, unit: str = "W", window: Window = EVERYWHERE) -> list[map_layers.Mark]:
    with acting_as(actor):
        return map_layer.in_window(actor, world.id(unit), window)


def test_who_is_on_duty_stands_where_they_last_arrived(world: World) -> None:
    busy, free = worker(world, "busy", at=HERE), worker(world, "free", at=(HERE[0] + 0.001, HERE[1]))
    worker(world, "nowhere")
    worker(world, "off", at=HERE, on_duty=False)
    case = open_case(world)
    with acting_as(busy):
        cases.accept(cases=[case], by=busy)
    desk = world.actor("desk", Role.DESK, "W")
    marks = {mark.name: mark for mark in seen(desk, world)}
    assert {name: (mark.lon, mark.lat) for name, mark in marks.items()} == {
        "busy": HERE,
        "free": (HERE[0] + 0.001, HERE[1]),
    }
    assert (marks["busy"].tone, marks["free"].tone) == ("warn", "good")
    assert marks["free"].href == f"/dispatch/people/{free.id}/?unit={world.id('W')}"
    assert [mark.name for mark in seen(desk, world, window=Window(HERE[0] + 0.0005, 30, 105, 31))] == ["free"]


def test_a_place_that_is_old_is_not_shown(world: World) -> None:
    worker(world, "gone", at=HERE)
    desk = world.actor("desk", Role.DESK, "W")
    now = clock.now()
    with acting_as(SYSTEM):
        Position.objects.update(at=now - rules.POSITION_LASTS - timedelta(minutes=1))
    assert seen(desk, world) == []
    with acting_as(SYSTEM):
        Position.objects.update(at=now)
    with clock.at(now + 9 * HOUR):
        assert seen(desk, world) == [], "the shift is over"


@pytest.mark.parametrize("role", list(Role))
def test_only_the_dispatcher_and_the_desk_of_the_unit_see_them(world: World, role: Role) -> None:
    worker(world, "street", at=HERE)
    actor = world.actor("somebody", role, "W", "street" if role is Role.HANDLER else None)
    if role in rules.DISPATCHERS:
        assert len(seen(actor, world)) == 1
    else:
        with pytest.raises((NotAllowed, NotFound)):
            seen(actor, world)
    shown = [layer.name for layer in map_layers.layers_for(actor)]
    assert ("workers" in shown) == (role in rules.DISPATCHERS)


def test_nobody_sees_them_from_another_unit(world: World) -> None:
    worker(world, "street", at=HERE)
    worker(world, "other", "east", at=ELSEWHERE)
    east, city = world.actor("east", Role.DESK, "E"), world.actor("city", Role.DISPATCHER, "51")
    with pytest.raises(DomainError):
        seen(east, world, "W")
    with pytest.raises(DomainError):
        seen(east, world, "51")
    assert [mark.name for mark in seen(east, world, "E")] == ["other"]
    with acting_as(east):
        assert Position.objects.count() == 1, "the database says so too"
    assert {mark.name for mark in seen(city, world, "51")} == {"street", "other"}


def test_they_stay_while_one_goes_down_to_a_quarter(world: World) -> None:
    """Their shift is in the subdistrict. Whoever dispatches in a community alone does not see the shifts of what lies above it."""
    worker(world, "street", at=HERE)
    west, small = world.actor("west", Role.DESK, "W"), world.actor("small", Role.DESK, "W1")
    for unit in ("W1", "Q"):
        assert [mark.name for mark in seen(west, world, unit)] == ["street"]
        assert seen(small, world, unit) == []


def test_the_window_answers_what_is_asked_wrongly(world: World) -> None:
    worker(world, "street", at=HERE)
    actor = world.actor("desk", Role.DESK, "W")
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=Role.DESK, unit=world.units["W"], valid_from=START_AT)
        browser = Client()
        browser.force_login(Person.objects.get(pk=actor.id))
    path = "/api/v1/dispatch/map/window"
    asked = {"unit": world.id("W"), "west": 104, "south": 30.6, "east": 104.04, "north": 30.64, "zoom": 14}
    [point] = browser.get(path, asked).json()["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": list(HERE)}
    assert set(point["properties"]) == {"name", "href", "lines", "tone"}
    for wrong, status in (
        ({"west": 105}, 422), ({"north": "nan"}, 422), ({"south": -1e300}, 422), ({"zoom": 99}, 422), ({"unit": "x"}, 422),
        ({"unit": "00000000-0000-0000-0000-000000000000"}, 404), ({"unit": world.id("E")}, 404),
    ):  # fmt: skip
        assert browser.get(path, {**asked, **wrong}).status_code == status, wrong
    assert Client().get(path, asked).status_code == 401

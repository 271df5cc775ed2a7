"""Warnings on the map: those that still wait for somebody, of the units that one sees."""

import pytest
from django.test import Client
from factories.warnings import raised
from factories.world import HERE, START_AT, World

from linli.cases import map_layers
from linli.cases.cells import Window
from linli.cases.map_layers import Mark
from linli.foundation import live
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound
from linli.insight import events, map_layer
from linli.people.models import Person, Post

EVERYWHERE = Window(103, 30, 105, 31)


def seen(actor: Actor, world: World, unit: str, window: Window = EVERYWHERE) -> list[Mark]:
    with acting_as(actor):
        return map_layer.in_window(actor, world.id(unit), window)


def test_a_cluster_is_a_circle_around_a_point(world: World) -> None:
    leader = world.actor("leader", Role.LEADER, "W")
    with acting_as(SYSTEM):
        warning = raised(world, [])
    [mark] = seen(leader, world, "W")
    assert (mark.lon, mark.lat, mark.href) == (*HERE, f"/warnings/{warning.pk}/")
    assert mark.tone == "bad", "chance alone shows the like of it less than once a year"
    area, point = map_layers.answer([mark])["features"]
    assert (area["geometry"]["type"], point["geometry"]["type"]) == ("Polygon", "Point")
    [ring] = area["geometry"]["coordinates"]
    north = max(lat for _lon, lat in ring)
    assert ring[0] == ring[-1]
    assert (north - HERE[1]) * 111.32 == pytest.approx(0.2, abs=0.001), "of its radius"
    beside = HERE[0] + 0.001
    assert seen(leader, world, "W", Window(beside, 30, 105, 31)), "its circle reaches into the window"
    assert not seen(leader, world, "W", Window(beside + 0.01, 30, 105, 31))


def test_what_was_answered_for_good_is_gone(world: World) -> None:
    leader = world.actor("leader", Role.LEADER, "W")
    with acting_as(SYSTEM):
        waiting = {raised(world, [], state=state).pk for state in ("new", "acknowledged")}
        raised(world, [], state="dismissed")
    assert {mark.href for mark in seen(leader, world, "W")} == {f"/warnings/{pk}/" for pk in waiting}


def test_a_warning_without_a_place_is_in_the_middle_of_its_unit(world: World) -> None:
    leader = world.actor("leader", Role.LEADER, "51")
    with acting_as(SYSTEM):
        raised(world, [], kind="silent", lon=None, lat=None, radius_km=None, once_in_days=60)
    [mark] = seen(leader, world, "51")
    unit = world.units["W1"]
    assert (mark.lon, mark.lat, mark.radius_km, mark.tone) == (unit.lon, unit.lat, 0, "warn")


def test_it_stays_while_one_goes_down_into_what_it_is_about(world: World) -> None:
    desk = world.actor("desk", Role.DESK, "W")
    with acting_as(SYSTEM):
        warning = raised(world, [])
    for unit in ("Q", "W1", "W"):
        assert [mark.href for mark in seen(desk, world, unit)] == [f"/warnings/{warning.pk}/"], unit
    assert not seen(desk, world, "W2"), "a community beside it"


def test_nobody_sees_the_warnings_of_another_unit(world: World) -> None:
    with acting_as(SYSTEM):
        raised(world, [])
    east = world.actor("east", Role.LEADER, "E")
    assert seen(east, world, "E") == []
    with pytest.raises(NotFound):
        seen(east, world, "W")


def test_the_map_hears_of_the_warnings_that_its_reader_may_see(world: World, client: Client) -> None:
    with acting_as(SYSTEM):
        person = Person.objects.get(pk=world.actor("west", Role.LEADER, "W").id)
        Post.objects.get_or_create(
            person=person, role=Role.LEADER, unit_id=world.id("W"), defaults={"valid_from": START_AT}
        )
        client.force_login(person)
        warning = raised(world, [])
        elsewhere = raised(world, [], unit=world.units["E"], units=[world.id("51"), world.id("5101"), world.id("E")])
    text = client.get("/map/").content.decode()
    drawn = live.drawn_of(text.partition('data-live-token="')[2].partition('"')[0])
    assert drawn
    assert drawn.topics & {*events.topics_of(warning)} == {f"warnings:{world.id('W')}"}
    assert not drawn.topics & {*events.topics_of(elsewhere)}

"""Safety hazards on the map and as a list: what the catalogue calls one, open or settled lately, within one's units."""

from datetime import timedelta

import pytest
from django.test import Client
from factories.world import ELSEWHERE, HERE, START_AT, World
from pytest_django import DjangoAssertNumQueries

from linli.cases import actions, own_layers
from linli.cases.cells import Window
from linli.cases.map_layers import Mark
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.duties import queries as duties
from linli.duties.models import ClassVersion
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound
from linli.people.models import Person, Post

pytestmark = pytest.mark.django_db
QUARTER = Window(104, 30.6, 104.01, 30.61)
HAZARD, ORDINARY = "0101", "0102"


@pytest.fixture(autouse=True)
def one_class_is_dangerous(world: World) -> None:
    with acting_as(SYSTEM):
        world.classes[HAZARD].emergency_number = "119"
        world.classes[HAZARD].save()
    duties.forget()


def tell(code: str = HAZARD, place: tuple[float, float] = HERE, **ended: object) -> Case:
    with acting_as(SYSTEM):
        said = Report(description="楼道里充电", lon=place[0], lat=place[1], class_code=code)
        case = actions.collect(report=said, by=SYSTEM).case
        Case.objects.filter(pk=case.pk).update(case_class=duties.minor_class(code).id, **ended)
    return case


def seen(actor: Actor, world: World, unit: str = "W", window: Window | None = None) -> list[Mark]:
    with acting_as(actor):
        return own_layers.hazards(actor, world.id(unit), window=window)


def browser_of(actor: Actor) -> Client:
    browser = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        person = Person.objects.get(pk=actor.id)
        for grant in actor.grants:
            Post.objects.create(person=person, role=grant.role, unit_id=grant.unit_id, valid_from=START_AT)
        browser.force_login(person)
    return browser


def test_hazards_are_those_of_the_catalogue(world: World) -> None:
    now = clock.now()
    dangerous = tell()
    tell(ORDINARY)
    settled = tell(state="closed", closed_at=now - timedelta(days=3))
    tell(state="closed", closed_at=now - timedelta(days=31))
    tell(state="declined", closed_at=now - timedelta(days=3))
    marks = seen(world.actor("desk", Role.DESK, "W"), world)
    assert [(mark.href, mark.weak, mark.tone) for mark in marks] == [
        (f"/case/{dangerous.reference}/", False, ""),
        (f"/case/{settled.reference}/", True, "quiet"),
    ]


def test_what_was_settled_waits_until_there_is_room(world: World) -> None:
    tell()
    tell(state="closed", closed_at=clock.now() - timedelta(days=3))
    desk = world.actor("desk", Role.DESK, "W")
    with acting_as(desk):
        counts = [len(own_layers.hazards(desk, world.id("W"), window=QUARTER, zoom=zoom)) for zoom in (14.5, 15)]
    assert counts == [1, 2]


def test_what_needs_no_proof_is_no_hazard_of_a_place(world: World) -> None:
    tell()
    with acting_as(SYSTEM):
        ClassVersion.objects.filter(case_class=world.classes[HAZARD]).update(proof_required=False)
    duties.forget()
    assert seen(world.actor("desk", Role.DESK, "W"), world) == []


def test_however_many_there_are_two_statements_tell_them(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    desk = world.actor("desk", Role.DESK, "W")
    for _number in range(2):
        tell()
        tell(filed_at=clock.now(), due_at=clock.now() + timedelta(hours=4), state="filed")
    tell(state="closed", closed_at=clock.now())
    with acting_as(desk):
        own_layers.hazards(desk, world.id("W"))
        with django_assert_num_queries(2):
            assert len(own_layers.hazards(desk, world.id("W"))) == 5


def test_of_a_window_and_of_a_unit(world: World) -> None:
    tell()
    tell(place=ELSEWHERE)
    city, east = world.actor("city", Role.LEADER, "51"), world.actor("east", Role.LEADER, "E")
    assert len(seen(city, world, "51")) == 2
    assert len(seen(city, world, "51", Window(103, 30, HERE[0] + 0.001, 31))) == 1
    assert [(mark.lon, mark.lat) for mark in seen(east, world, "E")] == [ELSEWHERE]
    with pytest.raises(NotFound):
        seen(east, world, "W")


def test_the_window_and_the_list_say_the_same(world: World) -> None:
    case = tell()
    west = browser_of(world.actor("west", Role.LEADER, "W"))
    asked = {"unit": world.id("W"), "west": 104, "south": 30.6, "east": 104.04, "north": 30.64, "zoom": 15}
    [point] = west.get("/api/v1/cases/map/hazards", asked).json()["features"]
    assert point["properties"]["href"] == f"/case/{case.reference}/"
    page = west.get("/map/hazards/", {"unit": world.id("W")}).content.decode()
    assert f'href="/case/{case.reference}/"' in page
    assert point["properties"]["lines"] in page
    east = browser_of(world.actor("east", Role.LEADER, "E"))
    assert case.reference not in east.get("/map/hazards/", {"unit": world.id("W")}).content.decode()
    assert east.get("/api/v1/cases/map/hazards", asked).status_code == 404
    for wrong in ({"west": 105}, {"north": 91}, {"zoom": -1}, {"unit": "x"}):
        assert west.get("/api/v1/cases/map/hazards", {**asked, **wrong}).status_code == 422, wrong


def test_the_map_leads_to_its_layers_as_lists(world: World) -> None:
    west = browser_of(world.actor("west", Role.LEADER, "W"))
    text = west.get("/map/", {"unit": world.id("W")}).content.decode()
    for address in ("/map/hazards/", "/warnings/", "/cameras/"):
        assert f'href="{address}?unit={world.id("W")}"' in text
    assert west.get("/map/cameras/").status_code == 404, "it has a page of its own"
    assert west.get("/map/nothing/").status_code == 404
    assert Client().get("/map/hazards/").status_code in {302, 403}
    off = west.get("/map/", {"unit": world.id("W"), "off": "hazards"}).content.decode()
    assert 'value="hazards"' in off
    assert "checked" not in off.split('value="hazards"')[1].split(">")[0]

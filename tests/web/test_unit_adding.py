"""A new unit told on a page: shown before it is saved, found at once, once only; what is wrong is told with all that was typed kept."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from factories.confirming import confirm, shown
from factories.world import HERE, World

from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.ids import uuid7
from linli.people.models import Person, Post
from linli.territory import actions, queries
from linli.territory.models import Unit

from .conftest import Enter

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>{{ 7|add:7 }}"


def place(world: World, code: str) -> str:
    return f"/territory/{world.units[code].id}/add/"


def told(**changed: str) -> dict[str, str]:
    return {
        "level": "community", "kind": "village", "name": "新村", "name_en": "New Village", "code": "W3",
        "on": queries.day_of(None).isoformat(), "managed_population": "1,200", "lon": str(HERE[0]), "lat": str(HERE[1]),
        "datum": "wgs84",
    } | changed  # fmt: skip


def units_named(name: str) -> int:
    with acting_as(SYSTEM):
        return Unit.objects.filter(name=name).count()


def test_a_unit_is_shown_first_then_found_everywhere_at_once(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "W")
    assert place(world, "W") in admin.get(f"/territory/?unit={world.id('W')}").content.decode()
    page = admin.post(place(world, "W"), told()).content.decode()
    for words in (
        "New: New Village",
        "新村",
        "Village",
        "W3",
        "1,200",
        "104.002000",
        "subdistrictW",
        "no boundary yet",
    ):
        assert words in page, words
    assert units_named("新村") == 0, "it is shown first"
    done = confirm(admin, place(world, "W"), told(), follow=True).content.decode()
    assert "New Village" in done
    assert "Set up" in done
    assert "subdistrictW · 系统管理员" in done, "who set it up"
    assert "New Village" in admin.get(f"/territory/?unit={world.id('W')}").content.decode()
    assert (
        "New Village (W3)"
        in Client(headers={"accept-language": "en"}).get("/territory/names/?unit=New V").content.decode()
    )


def test_a_post_is_given_in_it_at_once(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "51")
    confirm(admin, place(world, "W"), told())
    with acting_as(SYSTEM):
        clerk = Person.objects.create(username="clerk", password="!")
    given = {"username": "clerk", "role": "desk", "unit": "New Village (W3)"}
    page = admin.post("/people/appoint/", given)
    assert page.status_code in {200, 302}, page.content.decode()
    if page.status_code == 200:
        confirm(admin, "/people/appoint/", given)
    with acting_as(SYSTEM):
        assert Post.objects.get(person=clerk).unit.code == "W3"


def test_pressed_twice_it_is_one_unit(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "51")
    form = told() | {"once": "one-press"}
    sure = {"sure": shown(admin, place(world, "W"), form)}
    first = admin.post(place(world, "W"), form | sure)
    again = admin.post(place(world, "W"), form | sure)
    assert (first.status_code, first["Location"]) == (again.status_code, again["Location"]) == (302, first["Location"])
    assert units_named("新村") == 1


def test_a_day_to_come_is_told_to_be_one(world: World, enter: Enter) -> None:
    admin, then = enter(Role.ADMIN, "51"), queries.day_of(None) + timedelta(days=40)
    form = told(on=then.isoformat())
    assert "Until that day it is not found" in admin.post(place(world, "W"), form).content.decode()
    assert "New Village" in confirm(admin, place(world, "W"), form, follow=True).content.decode()
    assert "New Village" not in admin.get(f"/territory/?unit={world.id('W')}").content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"level": "district"}, "not one of the available choices"),
        ({"level": ""}, "required"),
        ({"kind": "old_courtyard"}, "not one of the available choices"),
        ({"code": "E1"}, "belongs to another unit at that time. Choose another"),
        ({"code": "a b"}, "Must be 1 to 40 letters"),
        ({"name": "communityW1"}, "lies there already"),
        ({"name": HOSTILE + "\u202e"}, "not on one line"),
        ({"on": "2001-01-01"}, "is too early"),
        ({"on": "31.02.2026"}, "valid date"),
        ({"lon": str(HERE[1]), "lat": str(HERE[0])}, "Longitude and latitude are swapped"),
        ({"lon": "104,1"}, "must both be numbers"),
        ({"lat": ""}, "must both be numbers"),
        ({"lon": "181"}, "Is not a position on earth"),
        ({"lon": "104.035"}, "Lies outside its parent"),
        ({"managed_population": "viele"}, "whole number of people"),
        ({"datum": "mars"}, "not one of the available choices"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    world: World, enter: Enter, changed: dict[str, str], words: str
) -> None:
    form = told(**changed)
    answer = enter(Role.ADMIN, "51").post(place(world, "W"), form)
    page = answer.content.decode()
    assert answer.status_code in {200, 409, 422}
    assert words in unescape(page)
    assert 'name="sure"' not in page
    kept = {name: unescape(value) for name, value in re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page)}
    for name in ("name", "name_en", "code", "on", "managed_population", "lon", "lat"):
        assert kept.get(name, "") == form[name], name
    assert "<script>alert" not in page


def test_the_code_of_a_closed_unit_is_told_to_be_spent(world: World, enter: Enter) -> None:
    today = queries.day_of(None)
    with acting_as(SYSTEM):
        actions.close_unit(unit=world.id("W2"), on=today, by=SYSTEM)
    page = enter(Role.ADMIN, "51").post(place(world, "W"), told(code="W2"))
    assert page.status_code == 409
    assert "was that of communityW2, closed on" in page.content.decode()


def test_a_quarter_needs_its_kind_and_a_grid_has_none(world: World, enter: Enter) -> None:
    admin, grid = enter(Role.ADMIN, "W1"), {"level": "general_grid", "code": "W1-G", "name": "总网格"}
    page = admin.get(place(world, "W1")).content.decode()
    assert [level for level in ("quarter", "linpan", "building", "micro_grid") if f'value="{level}"' in page] == [
        "quarter",
        "linpan",
    ]
    assert (
        "needed for what you chose" in admin.post(place(world, "W1"), told(level="quarter", kind="")).content.decode()
    )
    assert "Leave it empty" in admin.post(place(world, "W1"), told(kind="commodity", **grid)).content.decode()
    nearest = admin.post(place(world, "W1"), told(kind="", **grid)).content.decode()
    assert "nearest to its position" in nearest
    bare = admin.post(place(world, "W1"), told(kind="", lon="", lat="", **grid)).content.decode()
    assert "Without a position no case" in bare


def test_where_nothing_can_lie_below_there_is_no_form(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "51")
    building = {"level": "building", "kind": "", "code": "Q-B1", "name": "1栋", "name_en": "Building 1"}
    made = confirm(admin, place(world, "Q"), told(**building))["Location"].partition("unit=")[2]
    assert "A new unit below it" not in admin.get(f"/territory/?unit={made}").content.decode()
    assert admin.get(f"/territory/{made}/add/").status_code == 404
    with acting_as(SYSTEM):
        actions.close_unit(unit=world.id("W2"), on=queries.day_of(None), by=SYSTEM)
    assert admin.get(place(world, "W2")).status_code == 409
    assert admin.get(f"/territory/{uuid7()}/add/").status_code == 404


def test_only_a_post_in_the_place_or_above_it_adds_to_it(world: World, enter: Enter) -> None:
    form = told() | {"sure": "0" * 64}
    for client in (Client(), enter(), enter(Role.DESK, "51"), enter(Role.ADMIN, "E"), enter(Role.ADMIN, "W1")):
        assert client.get(place(world, "W")).status_code in {401, 403}
        assert client.post(place(world, "W"), form).status_code in {401, 403}
        assert "A new unit below it" not in client.get(f"/territory/?unit={world.id('W')}").content.decode()
    assert enter(Role.ADMIN, "5101").post(place(world, "W"), form).status_code == 409, "what was confirmed is no more"
    assert units_named("新村") == 0

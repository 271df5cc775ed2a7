"""The page of the smart map: a unit in figures and the way down to its buildings, for those who may see it, whatever its address says."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from factories.world import ELSEWHERE, HERE, START_AT, World

from linli.cases import actions, limits, map_layers, queries
from linli.cases.map_layers import Layer
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound
from linli.people.models import Person, Post
from linli.territory import queries as territory
from linli.territory.models import Level, Unit


def tell(place: tuple[float, float] = HERE) -> Case:
    with acting_as(SYSTEM):
        return actions.collect(report=Report(description="路灯不亮", lon=place[0], lat=place[1]), by=SYSTEM).case


@pytest.fixture
def building(world: World) -> Unit:
    with acting_as(SYSTEM):
        quarter = world.units["Q"]
        made = Unit(code="Q-B1", level=Level.BUILDING, name="1栋", parent=quarter, valid_from=quarter.valid_from)
        made.path, made.lon, made.lat = [*quarter.path, made.id], *HERE
        made.save()
    territory.forget()
    return made


def browser_of(actor: Actor) -> Client:
    """Of somebody who really holds these posts."""
    assert actor.id is not None
    browser = Client()
    with acting_as(SYSTEM):
        person = Person.objects.get(pk=actor.id)
        for grant in actor.grants:
            held = {"person": person, "role": grant.role, "unit_id": grant.unit_id}
            Post.objects.get_or_create(**held, defaults={"valid_from": START_AT})
        browser.force_login(person)
    return browser


def page(actor: Actor, **query: str) -> str:
    answer = browser_of(actor).get("/map/", query)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def links(text: str, start: str) -> list[str]:
    return [part.partition('"')[0].replace("&amp;", "&") for part in text.split('href="')[1:] if part.startswith(start)]


def test_from_the_city_down_to_a_building(world: World, building: Unit) -> None:
    tell()
    at_home = tell()
    with acting_as(SYSTEM):
        Case.objects.filter(pk=at_home.pk).update(units=[*at_home.units, building.pk])
    leader = world.actor("leader", Role.LEADER, "51")
    way = [world.id(code) for code in ("51", "5101", "W", "W1", "Q")]
    for unit, below in zip(way, [*way[1:], building.pk], strict=True):
        text = page(leader, unit=str(unit))
        assert f"/map/?unit={below}" in links(text, "/map/")
        assert f"/desk/?state=open&unit={below}" in links(text, "/desk/")
    text = page(leader, unit=str(building.pk))
    assert [link for link in links(text, "/map/?") if "unit" in link] == [f"/map/?unit={unit}" for unit in way], (
        "the way up"
    )
    assert f'data-at="{HERE[0]:.6f},{HERE[1]:.6f}"' in text
    assert f"/units/{world.id('Q')}/outlines" in text, "its quarter is drawn around it"
    with acting_as(leader):
        assert queries.open_by_building(leader, world.id("Q")) == {building.pk: queries.Open(1, 0)}


def test_figures_are_those_of_their_rows(world: World) -> None:
    leader = world.actor("leader", Role.LEADER, "51")
    now = clock.now()
    for hours in (0, 0, 30, 24 * 6, 24 * 9):
        with clock.at(now - timedelta(hours=hours)):
            tell()
    tell(ELSEWHERE)
    with clock.at(now), acting_as(leader):
        lately = queries.lately(leader, world.id("W"))
        assert (lately.today, lately.week) == (2, 4)
        text = page(leader, unit=str(world.id("W")))
        for name, cases in (("today", 2), ("week", 4)):
            span = f"{lately.day if name == 'today' else lately.first}..{lately.day}"
            [link] = [one for one in links(text, "/desk/") if parse_qs(urlsplit(one).query).get("reported") == [span]]
            assert f"{cases}</span>" in text.split(link.replace("&", "&amp;"))[1][:200]


def test_today_is_counted_each_time_and_past_days_once_a_minute(world: World) -> None:
    leader, now = world.actor("leader", Role.LEADER, "51"), clock.now()

    def lately() -> tuple[int, int]:
        with acting_as(leader):
            found = queries.lately(leader, world.id("W"))
        return found.today, found.week

    tell()
    assert lately() == (1, 1)
    tell()
    with clock.at(now - timedelta(hours=30)):
        tell()
    assert lately() == (2, 2), "what is told late of a past day waits for the next minute"
    cache.clear()
    assert lately() == (2, 3)


def test_nobody_sees_another_unit(world: World) -> None:
    west = world.actor("west", Role.LEADER, "W")
    text = page(west, unit=str(world.id("E")))
    assert f'data-unit="{world.id("W")}"' in text
    assert str(world.id("51")) not in text, "no way up out of one's own unit"
    with acting_as(west), pytest.raises(NotFound):
        queries.lately(west, world.id("E"))
    # And the database says the same, whatever the code asks.
    tell(ELSEWHERE)
    tell(HERE)
    with acting_as(west), connection.cursor() as cursor:
        for code, told in (("E", 0), ("51", 0), ("W", 1)):
            cursor.execute("SELECT * FROM cases_lately(%s, %s, %s)", [world.id(code), START_AT, START_AT])
            assert cursor.fetchone() == (told, told)
    with acting_as(west), pytest.raises(NotFound):
        queries.open_by_building(west, world.id("E"))


def test_it_is_for_staff(world: World, client: Client) -> None:
    assert client.get("/map/").status_code == 302, "who has not signed in is led there"
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=world.resident().id))
    assert client.get("/map/").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"unit": "x"},
        {"unit": "00000000-0000-0000-0000-000000000000"},
        {"show": "all", "colour": "pink", "class_code": "9999", "day": "yesterday", "hour": "25"},
        {"day": "9" * 400, "hour": "-1", "off": "<script>"},
    ],
)
def test_an_address_that_cannot_be_read_shows_what_is_usual(world: World, query: dict[str, str]) -> None:
    text = page(world.actor("leader", Role.LEADER, "51"), **query)
    assert f'data-unit="{world.id("51")}"' in text
    assert '<option value="open" selected>' in text
    assert "<script>" not in text.partition("<main")[2]


def test_its_ages_are_those_of_the_figures(world: World) -> None:
    text = page(world.actor("leader", Role.LEADER, "51"), colour="age")
    assert '<option value="age" selected>' in text
    assert [int(part.partition('"')[0]) for part in text.split('data-since="')[1:]] == [
        since for since, _until in queries.AGES
    ]


def test_a_room_adds_a_layer_for_those_whom_it_serves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layers, "_layers", {})
    layer = Layer(
        "wells", "水井", "/api/v1/wells/map/window", "井", "info", 12, lambda actor: Role.LEADER in actor.roles()
    )
    map_layers.register(layer)
    assert 'value="wells"' in page(world.actor("leader", Role.LEADER, "51"))
    assert 'value="wells"' not in page(world.actor("desk", Role.DESK, "51"))


def test_how_a_case_stood_at_a_moment(world: World) -> None:
    now = clock.now()
    case = Case(filed_at=now, due_at=now + timedelta(hours=4))
    stood = [limits.standing_at(case, now + timedelta(hours=hours)) for hours in (0, 2, 3.5, 5)]
    assert stood == ["running", "running", "soon", "late"]
    case.paused_at = now + timedelta(hours=1)
    assert limits.standing_at(case, now + timedelta(hours=5)) == "running", "a paused clock stands"
    case.handled_at = now + timedelta(hours=2)
    assert limits.standing_at(case, now + timedelta(hours=1)) == "running", "it was not reported back then"
    assert limits.standing_at(case, now + timedelta(hours=2)) == ""
    assert limits.standing_at(Case(), now) == ""


def test_the_window_tells_how_each_case_stood(world: World) -> None:
    """Of a class by its code; at a past moment against its limit as it was then."""
    now = clock.now()
    with clock.at(now - timedelta(hours=30)):
        case = tell()
        tell(ELSEWHERE)
    desk = world.actor("desk", Role.DESK, "51")
    with clock.at(now - timedelta(hours=29)), acting_as(desk):
        actions.file(cases=[case.id], by=desk, class_code="0102")
    browser = browser_of(desk)
    asked = {"unit": world.id("51"), "west": 104, "south": 30.6, "east": 104.04, "north": 30.64, "zoom": 16}

    def window(**more: object) -> list[dict[str, object]]:
        answer = browser.get("/api/v1/cases/map/window", {**asked, **more})
        assert answer.status_code == 200, answer.content
        return [one["properties"] for one in answer.json()["features"]]

    [shown] = window(class_code="0102")
    assert (shown["reference"], shown["limit"], shown["late"]) == (case.reference, "late", True)
    [then] = window(class_code="0102", show="standing", until=(now - timedelta(hours=20)).isoformat())
    assert (then["limit"], then["late"], then["due_at"]) == ("running", False, shown["due_at"])
    assert len(window()) == 2
    assert browser.get("/api/v1/cases/map/window", {**asked, "class_code": "nothing"}).status_code == 422

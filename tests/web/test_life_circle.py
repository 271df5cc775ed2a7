"""The life circle as a page: without sign-in, script or position; a position is in no address and kept nowhere."""

import re

import pytest
from django.test import Client
from factories.world import ELSEWHERE, HERE, World

from linli.foundation.access import SYSTEM, acting_as
from linli.territory.facilities import actions
from linli.territory.facilities.kinds import Told
from linli.territory.models import FacilityKind
from linli.territory.rules import wgs84_to_gcj02

PAGE = "/service/circle/"


@pytest.fixture
def english(client: Client, world: World) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def services(world: World) -> World:
    """Around HERE: a market, a toilet and a police station at a few metres, a pharmacy 20 minutes away."""
    lon, lat = HERE
    near, far = lat + 0.0005, lat + 1330 / 1.3 / 111_320
    told = [
        Told("m", FacilityKind.MARKET, "双林菜市", "Shuanglin Market", lon, near), Told("t", FacilityKind.TOILET, "", "", lon, near),
        Told("p", FacilityKind.POLICE, "派出所", "", lon, near), Told("x", FacilityKind.PHARMACY, "远药房", "", lon, far),
    ]  # fmt: skip
    with acting_as(SYSTEM):
        actions.load(source="register", told=told, by=SYSTEM)
    return world


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_from_where_one_stands_kind_by_kind_with_what_is_missing(english: Client, services: World) -> None:
    page = text(english.post(PAGE, {"lon": HERE[0], "lat": HERE[1]}))
    assert "2 of 13 kinds are within reach." in page
    assert "Shuanglin Market (about 2 min)" in page
    assert "Public toilet (about 2 min)" in page, "what has no name is called by its kind"
    assert "None within 15 minutes. The nearest: 远药房 (about 20 min)." in page
    assert "None within 5 minutes, nor within half an hour." in page
    assert "Police station" in page[page.index("Also near") :]
    order = [page.index(name) for name in ("Within 5 minutes", "Within 15 minutes", "What is missing", "Also near")]
    assert order == sorted(order)
    assert page.count('class="dot"') == 3, "the map shows what is within a quarter of an hour"


def test_a_unit_is_enough_and_a_position_is_in_no_address_and_kept_nowhere(english: Client, services: World) -> None:
    page = english.get(PAGE, {"unit": str(services.id("W1"))})
    assert "From the middle of" in text(page)
    assert "around" not in page.cookies
    here = english.post(PAGE, {"lon": HERE[0], "lat": HERE[1]})
    assert here.status_code == 200
    assert not here.cookies.keys() & {"around", "sessionid"}
    assert here.headers["Cache-Control"].startswith("max-age=0")
    assert f'action="{PAGE}"' in text(here)
    assert str(HERE[0]) not in "".join(re.findall(r'href="([^"]*)"', text(here)))


def test_without_a_choice_one_chooses_and_a_wrong_one_is_told(english: Client, world: World) -> None:
    assert "Choose your quarter or community" in text(english.get(PAGE))
    assert f'href="{PAGE}?unit=' in text(english.get(PAGE, {"name": "community"}))
    assert "No such place" in text(english.get(PAGE, {"name": "亚特兰蒂斯"}))
    for sent in (
        {},
        {"lon": "x", "lat": "y"},
        {"lon": "0", "lat": "0"},
        {"lon": "nan", "lat": "nan"},
        {"lon": "1e99", "lat": "0"},
    ):
        refused = english.post(PAGE, sent)
        assert refused.status_code in {400, 404, 409, 422}, sent
        assert 'role="alert"' in text(refused)
    for unit in ("x", str(world.id("51"))):
        assert "Choose your quarter or community" in text(english.get(PAGE, {"unit": unit}))


def test_a_position_of_a_chinese_map_is_brought_to_its_place(english: Client, services: World) -> None:
    lon, lat = wgs84_to_gcj02(*HERE)
    page = text(english.post(PAGE, {"lon": float(lon), "lat": float(lat), "datum": "gcj02"}))
    assert "Shuanglin Market (about 2 min)" in page


def test_where_nothing_is_registered_it_says_so(english: Client, world: World) -> None:
    page = text(english.post(PAGE, {"lon": ELSEWHERE[0], "lat": ELSEWHERE[1]}))
    assert "No services are entered here yet" in page
    assert "What is missing" not in page


def test_the_services_page_leads_there_and_says_of_parking_alone_that_it_comes_later(
    english: Client, world: World
) -> None:
    page = text(english.get("/service/"))
    assert f'href="{PAGE}"' in page
    assert "Shared parking is not open yet." in page

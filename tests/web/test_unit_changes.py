"""Units renamed, moved and closed on a page: what follows is shown first, the right post is needed, and the history says who and what."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories.confirming import confirm
from factories.world import World
from shapely import box, to_geojson
from shapely.geometry.base import BaseGeometry

from linli.cases.models import Case
from linli.duties import queries as duties
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.territory import queries
from linli.territory.models import Boundary, Unit

from .conftest import Enter

pytestmark = pytest.mark.django_db


def address(world: World, code: str) -> str:
    return f"/territory/{world.units[code].id}/change/"


def tomorrow() -> str:
    return (queries.day_of(None) + timedelta(days=1)).isoformat()


def test_a_renaming_shows_what_goes_along_and_stands_in_the_history(world: World, enter: Enter, case: Case) -> None:
    admin = enter(Role.ADMIN, "51")
    change = {"what": "rename", "on": tomorrow(), "name": "新桥街道", "name_en": "Xinqiao", "parent": ""}
    page = admin.post(address(world, "W"), change).content.decode()
    for told in ("新桥街道", "3 units below it go along", "The duties of 1 class go over", "1 open case there keeps"):
        assert told in page, told
    with acting_as(SYSTEM):
        assert not Unit.objects.filter(name="新桥街道").exists(), "it is shown first"
    done = confirm(admin, address(world, "W"), change, follow=True).content.decode()
    assert "Xinqiao" in done
    old = admin.get(f"/territory/?unit={world.units['W'].id}").content.decode()
    assert "Renamed" in old
    assert "新桥街道" in old


def test_closing_warns_of_what_is_lost(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "51")
    enter(Role.DESK, "W")
    page = admin.post(address(world, "W"), {"what": "close", "on": tomorrow()}).content.decode()
    assert "1 post there ends" in page
    assert "1 class loses its lead there" in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"what": "rename", "name": ""}, "needed for what you chose"),
        ({"what": "move", "parent": "nowhere"}, "No place has this name"),
        ({"what": "explode"}, "explode"),
    ],
)
def test_what_is_missing_or_odd_is_told_beside_its_field(
    world: World, enter: Enter, change: dict[str, str], told: str
) -> None:
    page = enter(Role.ADMIN, "51").post(address(world, "W1"), {"on": tomorrow()} | change)
    assert page.status_code == 200
    assert told in page.content.decode()


def test_only_a_post_above_it_changes_a_unit(world: World, enter: Enter) -> None:
    change = {"what": "close", "on": tomorrow(), "sure": "0" * 64}
    for client in (Client(), enter(Role.DESK, "51"), enter(Role.ADMIN, "W"), enter(Role.ADMIN, "E")):
        assert client.post(address(world, "W"), change).status_code in {401, 403}
        assert client.get(address(world, "W")).status_code in {401, 403}
    stale = enter(Role.ADMIN, "5101").post(address(world, "W"), change)
    assert stale.status_code == 409, "what was confirmed is not what would happen"
    with acting_as(SYSTEM):
        assert Unit.objects.get(pk=world.units["W"].id).valid_to is None


def test_names_are_offered_while_one_types(world: World) -> None:
    offered = Client().get("/territory/names/", {"unit": "W1"}).content.decode()
    assert offered.count("<option") == 1
    assert "<script" not in Client().get("/territory/names/", {"unit": "<script>"}).content.decode()
    assert Client().get("/territory/names/").content == b""


def merging(world: World, **changed: object) -> dict[str, object]:
    other = str(world.units["W2"].id)
    return {"others": [other], "code": "W9", "name": "合社区", "name_en": "Joined", "on": tomorrow()} | changed


def test_a_merger_names_what_comes_from_each_and_whose_lead_goes_on(world: World, enter: Enter, case: Case) -> None:
    admin, place = enter(Role.ADMIN, "51"), f"/territory/{world.units['W1'].id}/merge/"
    enter(Role.DESK, "W2")
    with acting_as(SYSTEM):
        for code, body in (("W1", "street"), ("W2", "water")):
            world.duty(code, "0103", body)
    duties.forget()
    page = admin.post(place, merging(world)).content.decode()
    for told in (
        "communityW1, communityW2", "From communityW1: 1 unit · the duties of 1 class",
        "From communityW2: 1 post · the duties of 1 class", "(0103): that of communityW1 goes on", "1 open case there keeps",
    ):  # fmt: skip
        assert told in page, told
    with acting_as(SYSTEM):
        assert not Unit.objects.filter(code="W9").exists(), "it is shown first"
    done = confirm(admin, place, merging(world), follow=True).content.decode()
    assert "Joined" in done
    assert "from W1, W2" in done
    assert "Merged into another" in admin.get(f"/territory/?unit={world.units['W2'].id}").content.decode()
    again = admin.post(place, merging(world)).content.decode()
    assert "was closed on" in again


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"others": []}, "required"),
        ({"others": ["00000000-0000-0000-0000-000000000001"]}, "not one of the available choices"),
        ({"code": "E1"}, "belongs to another unit"),
        ({"on": "2001-01-01"}, "is too early"),
    ],
)
def test_a_merger_that_cannot_be_is_refused_with_its_reason(
    world: World, enter: Enter, changed: dict[str, object], told: str
) -> None:
    page = enter(Role.ADMIN, "51").post(f"/territory/{world.units['W1'].id}/merge/", merging(world, **changed))
    assert told in page.content.decode()
    assert 'name="sure"' not in page.content.decode()


def drawing(*parts: tuple[str, BaseGeometry]) -> SimpleUploadedFile:
    features = [
        {"type": "Feature", "properties": {"code": code, "name": f"部分{code}", "name_en": f"Part {code}"},
         "geometry": json.loads(to_geojson(shape))}
        for code, shape in parts
    ]  # fmt: skip
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return SimpleUploadedFile("parts.geojson", content)


def halves(world: World) -> tuple[BaseGeometry, BaseGeometry]:
    with acting_as(SYSTEM):
        whole = queries.boundary(world.units["W1"].id)
    assert whole is not None
    west, south, east, north = whole.bounds
    middle = (west + east) / 2
    return box(west, south, middle, north), box(middle, south, east, north)


def test_a_split_names_what_goes_to_each_part(world: World, enter: Enter, case: Case) -> None:
    admin, place = enter(Role.ADMIN, "51"), f"/territory/{world.units['W1'].id}/split/"
    enter(Role.DESK, "W1")
    west, east = halves(world)
    form = {"on": tomorrow(), "datum": "wgs84", "source": "划定", "file": drawing(("W8", west), ("W9", east))}
    page = admin.post(place, form).content.decode()
    for told in (
        "To Part W8: 1 unit", "Nothing that is known lies in Part W9", "1 post in the unit itself goes on in each part",
        "1 open case there keeps",
    ):  # fmt: skip
        assert told in page, told
    with acting_as(SYSTEM):
        assert not Unit.objects.filter(code="W8").exists(), "it is shown first"
    sent = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)}
    sure = re.search(r'name="sure" value="([0-9a-f]{64})"', page)
    assert sure
    done = admin.post(place, sent | {"sure": sure[1]}, follow=True).content.decode()
    assert "Part W8" in done
    then = queries.day_of(None) + timedelta(days=1)
    with acting_as(SYSTEM):
        assert {unit.code for unit in queries.successors(world.units["W1"].id, then)} == {"W8", "W9"}
    assert "W8, W9" in admin.get(f"/territory/?unit={world.units['W1'].id}").content.decode()


def test_a_drawing_that_does_not_fit_is_refused_with_its_reason(world: World, enter: Enter) -> None:
    admin, place = enter(Role.ADMIN, "51"), f"/territory/{world.units['W1'].id}/split/"
    west, east = halves(world)
    form = {"on": tomorrow(), "datum": "wgs84", "source": ""}
    for file, told in (
        (drawing(("W8", west), ("W9", west)), "overlaps a neighbour"),
        (drawing(("W8", west)), "has no area"),
        (drawing(("W8", west), ("E1", east)), "belongs to another unit"),
        (drawing(("W 8", west), ("W9", east)), "Feature 1 wants the properties"),
        (SimpleUploadedFile("parts.geojson", b"not json"), "it is not JSON"),
        (SimpleUploadedFile("parts.geojson", b'{"type": "FeatureCollection", "features": [{}]}'), "Feature 1 wants"),
        (SimpleUploadedFile("parts.geojson", b"[" * 1_100_000), "1 MB"),
        (None, "required"),
    ):
        page = admin.post(place, form | ({"file": file} if file else {}))
        assert page.status_code in {200, 409, 413, 422}, told
        assert told in page.content.decode(), told


def test_a_unit_without_a_boundary_learns_what_is_missing(world: World, enter: Enter) -> None:
    with acting_as(SYSTEM):
        Boundary.objects.filter(unit=world.units["W1"]).delete()
    admin = enter(Role.ADMIN, "51")
    page = admin.get(f"/territory/{world.units['W1'].id}/split/").content.decode()
    assert "It has no boundary yet" in page
    assert admin.get(f"/territory/{world.units['W1'].id}/boundary.geojson").status_code == 404
    drawn = Client().get(f"/territory/{world.units['W2'].id}/boundary.geojson")
    assert drawn.json()["features"][0]["properties"]["code"] == "W2"


@pytest.mark.parametrize("change", ["merge", "split"])
def test_only_a_post_above_it_merges_or_splits_a_unit(world: World, enter: Enter, change: str) -> None:
    place = f"/territory/{world.units['W'].id}/{change}/"
    for client in (Client(), enter(Role.DESK, "51"), enter(Role.ADMIN, "W"), enter(Role.ADMIN, "E")):
        assert client.get(place).status_code in {401, 403}
        assert client.post(place, merging(world)).status_code in {401, 403}

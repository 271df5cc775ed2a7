"""A unit's boundary drawn anew on a page: what follows is shown first, what it was stays, nothing that was sent is lost."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories.browsing import unmarked
from factories.confirming import confirm, shown
from factories.world import HERE, World
from shapely import box, from_geojson, to_geojson
from shapely.geometry.base import BaseGeometry

from linli.cases.models import Case
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.territory import actions, queries, redrawing
from linli.territory.models import Boundary
from linli.territory.rules import wgs84_to_gcj02
from linli.territory.shapes import transformed

from .conftest import Enter

pytestmark = pytest.mark.django_db
# W1 is 104.00–104.02, 30.60–30.62; its quarter and HERE lie in the south-west of it, W2 is north of it.
SMALLER = box(104.0, 30.6, 104.02, 30.615)
LARGER = box(104.0, 30.6, 104.02, 30.625)
WITHOUT_HERE = box(104.005, 30.6, 104.02, 30.62)


def place(world: World, code: str) -> str:
    return f"/territory/{world.id(code)}/boundary/"


def told(world: World, shape: BaseGeometry | str, code: str = "W1", **changed: Any) -> dict[str, Any]:
    text = shape if isinstance(shape, str) else to_geojson(shape)
    tomorrow = queries.day_of(None) + timedelta(days=1)
    seen = next(one.id for one in queries.outlines(world.id(code)) if one.valid_to is None)
    return {
        "drawn": text, "datum": "wgs84", "on": tomorrow.isoformat(), "reason": "区划调整 12 号", "source": "川民政函",
        "drawn_over": str(seen),
    } | changed  # fmt: skip


def outlines(world: World, code: str) -> list[BaseGeometry]:
    return [one.shape for one in queries.outlines(world.id(code))]


def page_of(client: Client, address: str, form: dict[str, Any]) -> str:
    return unescape(client.post(address, form).content.decode())


def test_it_is_shown_first_then_saved_with_who_and_why_and_what_it_was_is_kept(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "W")
    assert place(world, "W1") in admin.get(f"/territory/?unit={world.id('W1')}").content.decode()
    page = page_of(admin, place(world, "W1"), told(world, SMALLER))
    for words in (
        "Boundary: communityW1", "4.266 km²", "3.200 km²", "It gives up 1.066 km² (25.0 % of what it was).",
        "1.066 km² that it gives up lie in no unit of its level then", "outline-old", "outline-new",
    ):  # fmt: skip
        assert words in page, words
    assert "It gains" not in page
    assert len(outlines(world, "W1")) == 1, "it is shown first"
    done = unmarked(confirm(admin, place(world, "W1"), told(world, SMALLER), follow=True).content.decode())
    for words in ("Boundary drawn", "区划调整 12 号", "川民政函", "4.266 km² → 3.200 km²", "subdistrictW · 系统管理员"):
        assert words in done, words
    again = admin.get(place(world, "W1")).content.decode()
    assert "What it was" in again
    assert "2010-01-01 –" in again
    was = Client().get(f"/territory/{world.id('W1')}/boundary.geojson?from=2010-01-01")
    assert from_geojson(was.content).geoms[0].equals(box(104.0, 30.6, 104.02, 30.62))
    now = Client().get(f"/territory/{world.id('W1')}/boundary.geojson")
    assert redrawing.alike(from_geojson(now.content).geoms[0], SMALLER)
    assert Client().get(f"/territory/{world.id('W1')}/boundary.geojson?from=2010-01-02").status_code == 404


def test_a_file_is_read_and_stands_in_the_field_from_then_on(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "W")
    feature = {"type": "Feature", "properties": {"code": "W1"}, "geometry": json.loads(to_geojson(SMALLER))}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}, indent=4).encode()
    form = told(world, "", file=SimpleUploadedFile("W1.geojson", content))
    page = page_of(admin, place(world, "W1"), form)
    sent = dict(re.findall(r'type="hidden" name="([^"]+)" value=[\'"]([^>]*)[\'"]>', page))
    assert redrawing.alike(from_geojson(sent["drawn"]), SMALLER)
    sure = re.search(r'name="sure" value="([0-9a-f]{64})"', page)
    assert sure
    assert admin.post(place(world, "W1"), sent | {"sure": sure[1]}).status_code == 302
    assert redrawing.alike(outlines(world, "W1")[0], SMALLER)
    # Where it is refused it is not lost, though a browser forgets which file it was.
    refused = page_of(
        admin, place(world, "W1"), form | {"file": SimpleUploadedFile("W1.geojson", content), "on": "2001-01-01"}
    )
    assert '<textarea name="drawn"' in refused
    assert '"coordinates":[[[' in refused


def test_what_is_told_in_another_datum_is_in_wgs84_from_then_on(world: World, enter: Enter) -> None:
    """The map draws the field, and would write what is pulled there as WGS84."""
    admin = enter(Role.ADMIN, "W")
    shifted = transformed(SMALLER, wgs84_to_gcj02)
    page = page_of(admin, place(world, "W1"), told(world, shifted, datum="gcj02"))
    sent = dict(re.findall(r'type="hidden" name="([^"]+)" value=[\'"]([^>]*)[\'"]>', page))
    assert sent["datum"] == "wgs84"
    assert redrawing.alike(from_geojson(sent["drawn"]), SMALLER)
    sure = re.search(r'name="sure" value="([0-9a-f]{64})"', page)
    assert sure
    assert admin.post(place(world, "W1"), sent | {"sure": sure[1]}).status_code == 302
    assert redrawing.alike(outlines(world, "W1")[0], SMALLER)
    # As WGS84 it would lie half a kilometre away: partly outside, and that is told.
    assert "GCJ-02" in page_of(
        admin, place(world, "W1"), told(world, transformed(box(104.0, 30.6, 104.02, 30.62), wgs84_to_gcj02))
    )


def test_whoever_goes_on_with_the_form_finds_it_as_it_was(world: World, enter: Enter) -> None:
    admin, form = enter(Role.ADMIN, "W"), told(world, SMALLER, give_way="on")
    assert 'name="again"' in page_of(admin, place(world, "W1"), form)
    page = page_of(admin, place(world, "W1"), form | {"again": "yes", "sure": "0" * 64})
    assert 'name="sure"' not in page
    assert 'class="errorlist' not in page
    for kept in (
        '"coordinates":[[[',
        'value="区划调整 12 号"',
        'value="川民政函"',
        f'value="{form["drawn_over"]}"',
        " checked",
    ):
        assert kept in page, kept
    assert len(outlines(world, "W1")) == 1


def test_pressed_twice_it_is_drawn_once(world: World, enter: Enter) -> None:
    admin, form = enter(Role.ADMIN, "W"), told(world, SMALLER, once="one-press")
    sure = {"sure": shown(admin, place(world, "W1"), form)}
    first, again = (admin.post(place(world, "W1"), form | sure) for _ in range(2))
    assert (first.status_code, first["Location"]) == (again.status_code, again["Location"]) == (302, first["Location"])
    assert len(outlines(world, "W1")) == 2


def test_neighbours_that_give_way_are_told_and_lose_it(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "W")
    refused = admin.post(place(world, "W1"), told(world, LARGER))
    assert refused.status_code == 422
    covered = r"It covers a part of communityW2 \(1,066,\d{3} m², 25\.0 % of it\)"
    assert re.search(covered, unescape(refused.content.decode()))
    form = told(world, LARGER, give_way="on")
    page = page_of(admin, place(world, "W1"), form)
    assert "communityW2 gives way: it loses 1.066 km² (25.0 % of it)." in page
    confirm(admin, place(world, "W1"), form)
    assert redrawing.alike(outlines(world, "W2")[0], box(104.0, 30.625, 104.02, 30.64))
    neighbour = unmarked(admin.get(f"/territory/?unit={world.id('W2')}").content.decode())
    assert "Gave way to a neighbour" in neighbour
    assert "区划调整 12 号" in neighbour


def test_open_cases_keep_their_unit_and_that_is_told(world: World, enter: Enter, case: Case) -> None:
    admin = enter(Role.ADMIN, "W")
    form = told(world, WITHOUT_HERE)
    page = page_of(admin, place(world, "W1"), form)
    assert "1 open case in what changes hands keeps its unit" in page
    assert "1 unit below it reaches out of it (quarterQ)" in page
    confirm(admin, place(world, "W1"), form)
    with acting_as(SYSTEM):
        case.refresh_from_db()
    assert case.community_id == world.id("W1")
    then = queries.day_of(None) + timedelta(days=1)
    assert queries.locate(*HERE, at=then).community_id == world.id("W1"), "its quarter holds it still"


def test_slips_are_told_before_all_else(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "51")
    quarter = next(iter(outlines(world, "Q")))
    west, south, east, north = quarter.bounds
    away = box(west + (east - west) * 1.01, south, east + (east - west) * 0.5, north)
    page = page_of(admin, place(world, "Q"), told(world, away, "Q"))
    assert "nothing in common with the old outline" in page
    assert "where its name stands, lies outside of it" in page
    out = page_of(admin, place(world, "W1"), told(world, box(103.9999, 30.6, 104.02, 30.615)))
    assert re.search(r"[\d,]+ m² \(0\.50 %\) lie outside subdistrictW and are cut off", out)


def test_the_second_of_two_is_told_and_may_send_it_again(world: World, enter: Enter) -> None:
    first, second = enter(Role.ADMIN, "W"), enter(Role.ADMIN, "W1")
    form, day = told(world, SMALLER), queries.day_of(None) + timedelta(days=2)
    confirm(first, place(world, "W1"), told(world, box(104.0, 30.6, 104.02, 30.61)))
    refused = second.post(place(world, "W1"), form | {"on": day.isoformat()})
    page = unescape(refused.content.decode())
    assert refused.status_code == 409
    assert "Somebody else has drawn the boundary of communityW1" in page
    assert to_geojson(SMALLER).replace(" ", "")[:60] in page.replace(".0,", ",").replace(" ", ""), (
        "nothing drawn is lost"
    )
    now = re.search(r'name="drawn_over" value="([0-9a-f-]+)"', page)
    assert now
    assert confirm(second, place(world, "W1"), form | {"on": day.isoformat(), "drawn_over": now[1]}).status_code == 302
    assert len(outlines(world, "W1")) == 3


def test_what_was_confirmed_and_is_no_more_is_shown_anew(world: World, enter: Enter) -> None:
    admin, form = enter(Role.ADMIN, "51"), told(world, box(104.0, 30.6, 104.02, 30.6201))
    sure = {"sure": shown(admin, place(world, "W1"), form)}
    with acting_as(SYSTEM):
        seen = next(one.id for one in queries.outlines(world.id("W2")))
        actions.redraw(
            unit=world.id("W2"), shape=box(104.0, 30.63, 104.02, 30.64), on=queries.day_of(None), reason="x",
            drawn_over=seen, by=SYSTEM,
        )  # fmt: skip
    stale = admin.post(place(world, "W1"), form | sure)
    assert stale.status_code == 409
    assert "It has changed since you looked" in stale.content.decode()


def test_a_unit_without_a_boundary_gets_its_first_one(world: World, enter: Enter) -> None:
    form = told(world, SMALLER)
    with acting_as(SYSTEM):
        Boundary.objects.filter(unit=world.units["W1"]).delete()
    admin = enter(Role.ADMIN, "W")
    assert admin.get(place(world, "W1")).status_code == 200
    form["drawn_over"] = ""
    confirm(admin, place(world, "W1"), form)
    assert len(outlines(world, "W1")) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"drawn": ""}, "Draw the outline on the map"),
        ({"drawn": "here"}, "line 1 is no corner"),
        ({"drawn": "104 30.6\n104.02 30.62\n104.02 30.6\n104 30.62"}, "itself at 104.01000, 30.61000"),
        ({"drawn": "104 30.6\n105 30.6\n105 31"}, "lie outside subdistrictW; at most 1 %"),
        ({"drawn": "30.6 104\n30.62 104\n30.62 104.02"}, "latitude before longitude"),
        ({"drawn": to_geojson(box(104, 30.6, 104.02, 30.62))}, "Nothing would change"),
        ({"file": SimpleUploadedFile("x.geojson", b"\x00\x01\x02")}, "it is not text"),
        ({"file": SimpleUploadedFile("x.geojson", b"PK\x03\x04 no geojson")}, "line 1 is no corner"),
        ({"file": SimpleUploadedFile("x.geojson", b"[" * 5_000_001)}, "5 MB"),
        ({"file": SimpleUploadedFile("x.geojson", b"")}, "empty"),
        ({"on": "2009-12-31"}, "is too early"),
        ({"on": "2010-01-01"}, "holds from 2010-01-01 on, and that is kept"),
        ({"on": "31.02.2026"}, "valid date"),
        ({"reason": ""}, "required"),
        ({"reason": "x" * 301}, "at most 300 characters"),
        ({"datum": "mars"}, "not one of the available choices"),
        ({"drawn_over": "x"}, "Somebody else has drawn the boundary"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_written_is_lost(
    world: World, enter: Enter, changed: dict[str, Any], words: str
) -> None:
    for file in (one for one in changed.values() if isinstance(one, SimpleUploadedFile)):
        file.seek(0)
    form = told(world, SMALLER) | changed
    answer = enter(Role.ADMIN, "W").post(place(world, "W1"), form)
    page = unescape(answer.content.decode())
    assert answer.status_code in {200, 409, 413, 422}
    assert words in page
    assert 'name="sure"' not in page
    assert f'value="{form["source"]}"' in page
    assert len(outlines(world, "W1")) == 1


def test_where_nothing_can_be_drawn_there_is_no_form(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "51")
    with acting_as(SYSTEM):
        grid = actions.open_unit(
            code="W1-G", level="general_grid", name="网格", parent=world.id("W1"), on=queries.day_of(None), by=SYSTEM
        )
        actions.close_unit(unit=world.id("W2"), on=queries.day_of(None), by=SYSTEM)
    assert admin.get(f"/territory/{grid.pk}/boundary/").status_code == 404
    assert "Draw the boundary" not in admin.get(f"/territory/?unit={grid.pk}").content.decode()
    assert admin.get(place(world, "W2")).status_code == 409


def test_only_a_post_in_the_place_or_above_it_draws_it(world: World, enter: Enter) -> None:
    form = told(world, SMALLER) | {"sure": "0" * 64}
    for client in (Client(), enter(), enter(Role.DESK, "51"), enter(Role.ADMIN, "E"), enter(Role.ADMIN, "Q")):
        assert client.get(place(world, "W1")).status_code in {401, 403}
        assert client.post(place(world, "W1"), form).status_code in {401, 403}
        assert "Draw the boundary" not in client.get(f"/territory/?unit={world.id('W1')}").content.decode()
    assert enter(Role.ADMIN, "W1").post(place(world, "W1"), form).status_code == 409, "what was confirmed is no more"
    assert len(outlines(world, "W1")) == 1

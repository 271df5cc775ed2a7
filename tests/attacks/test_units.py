"""Whoever tells a unit where they hold no post, more than the form asks for, or what is no text, changes nothing and breaks nothing."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories.confirming import shown
from factories.world import World
from shapely import from_geojson

from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.territory import actions, queries
from linli.territory.models import Unit

from .test_input import TEXTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def form() -> dict[str, str]:
    return {
        "level": "community", "kind": "village", "name": "新村", "name_en": "New Village", "code": "W3", "datum": "wgs84",
        "on": queries.day_of(None).isoformat(), "managed_population": "", "lon": "", "lat": "",
    }  # fmt: skip


def place(world: World, code: str) -> str:
    return f"/territory/{world.id(code)}/add/"


def test_no_stranger_adds_to_anothers_half(
    world: World, post: Callable[..., Actor], enter: Callable[..., Client], form: dict[str, str]
) -> None:
    """Neither with what another one was shown, nor from their own page, nor by the action itself."""
    sure = {"sure": shown(enter(post(Role.ADMIN, "W")), place(world, "W"), form)}
    stranger = post(Role.ADMIN, "E")
    client = enter(stranger)
    assert client.post(place(world, "W"), form | sure).status_code == 403
    smuggled = {"parent": str(world.id("W")), "parent_id": str(world.id("W")), "unit": str(world.id("W"))}
    own = form | smuggled
    own["sure"] = shown(client, place(world, "E"), own)
    assert client.post(place(world, "E"), own).status_code == 302
    with pytest.raises(NotAllowed):
        actions.add_unit(parent=world.id("W"), given=form | {"code": "W4"}, on=queries.day_of(None), by=stranger)
    with acting_as(SYSTEM):
        assert [unit.parent_id for unit in Unit.objects.filter(name="新村")] == [world.id("E")]


def test_fields_that_nobody_asked_for_change_nothing(
    world: World, post: Callable[..., Actor], enter: Callable[..., Client], form: dict[str, str]
) -> None:
    client = enter(post(Role.ADMIN, "W"))
    sent = form | {"id": str(world.id("E1")), "derived": "1", "valid_to": "2030-01-01", "path": str(world.id("E"))}
    assert client.post(place(world, "W"), sent | {"sure": shown(client, place(world, "W"), sent)}).status_code == 302
    with acting_as(SYSTEM):
        made = Unit.objects.get(name="新村")
    assert made.path == [*world.units["W"].path, made.pk]
    assert (made.derived, made.valid_to, made.pk == world.id("E1")) == (False, None, False)


@pytest.mark.parametrize("text", TEXTS)
def test_whatever_is_written_is_shown_as_text_or_refused(
    text: str, world: World, post: Callable[..., Actor], enter: Callable[..., Client], form: dict[str, str]
) -> None:
    client = enter(post(Role.ADMIN, "W"))
    sent = form | {"name": text[:110], "name_en": text[:110]}
    pages = [client.post(place(world, "W"), sent | {column: text}) for column in form]
    pages.append(client.post(place(world, "W"), sent))
    sure = re.search(r'name="sure" value="([0-9a-f]{64})"', pages[-1].content.decode())
    if sure:
        done = client.post(place(world, "W"), sent | {"sure": sure[1]}, follow=True)
        assert text[:110].strip() in unescape(done.content.decode())
        pages += [done, client.get("/territory/names/?unit=W3"), client.get(f"/territory/?unit={world.id('W')}")]
    for page in pages:
        assert page.status_code in {200, 409, 422}
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()


@pytest.mark.parametrize("key", ["\x00", "a\x00b", "x" * 5000, "\u202e"])
def test_a_key_that_cannot_be_kept_saves_nothing(
    key: str, world: World, post: Callable[..., Actor], enter: Callable[..., Client], form: dict[str, str]
) -> None:
    """Neither with what was shown nor without: such a key is of nobody's form, and no reason to break."""
    client = enter(post(Role.ADMIN, "W"))
    sure = shown(client, place(world, "W"), form)
    for sent in ({"once": key}, {"once": key, "sure": "x"}, {"once": key, "sure": sure}):
        body = urlencode(form | sent, errors="surrogatepass")
        answer = client.post(place(world, "W"), body, "application/x-www-form-urlencoded")
        assert answer.status_code in {200, 409, 422}
    with acting_as(SYSTEM):
        assert not Unit.objects.filter(name="新村").exists()


SQUARE = '{"type":"Polygon","coordinates":[[[104,30.6],[104.02,30.6],[104.02,30.61],[104,30.61],[104,30.6]]]}'
OUTLINES = {
    "deep": b"[" * 200_000,
    "deep in a geometry": b'{"type":"Polygon","coordinates":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of 5000 digits": b'{"type":"Polygon","coordinates":[[[' + b"9" * 5000 + b",1],[1,1],[1,2]]]}",
    "endless": b'{"type":"Polygon","coordinates":[[[1e999,-1e999],[NaN,1],[1,2]]]}',
    "words for numbers": b'{"type":"Polygon","coordinates":[[["<script>","x"],["y","z"],["a","b"]]]}',
    "a table in a ring": b'{"type":"Polygon","coordinates":{"0":{"0":[104,30.6]}}}',
    "a collection of collections": b'{"type":"FeatureCollection","features":[{"type":"FeatureCollection","features":[]}]}',
    "a link": b'{"type":"Feature","geometry":{"type":"Link","href":"file:///etc/passwd"}}',
    "another format": b"PK\x03\x04" + bytes(2000),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "no text": b"\xff\xfe\x00\xd8",
    "twice the same member": b'{"type":"Polygon","type":"Point","coordinates":[104,30.6]}',
    "fifty megabytes": b" " * 50_000_000,
    "round the earth": b'{"type":"Polygon","coordinates":[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]}',
    "in one point": b'{"type":"Polygon","coordinates":[[[104,30.6],[104,30.6],[104,30.6],[104,30.6]]]}',
    "half a million corners": b"104,30.6\n104.1,30.7\n" * 240_000,
    "markup for a code": b'{"type":"Feature","properties":{"code":"<script>alert(1)</script>"},"geometry":null}',
}


@pytest.fixture
def drawing(world: World) -> dict[str, str]:
    seen = queries.outlines(world.id("W1"))[0].id
    return {
        "drawn": SQUARE, "datum": "wgs84", "on": queries.day_of(None).isoformat(), "reason": "调整", "source": "",
        "drawn_over": str(seen),
    }  # fmt: skip


def boundary_of(world: World, code: str) -> str:
    return f"/territory/{world.id(code)}/boundary/"


def drawn(world: World, *codes: str) -> list[int]:
    with acting_as(SYSTEM):
        return [len(queries.outlines(world.id(code))) for code in codes]


def test_no_stranger_draws_anothers_boundary(
    world: World, post: Callable[..., Actor], enter: Callable[..., Client], drawing: dict[str, str]
) -> None:
    """Neither with what another one was shown, nor from their own page, nor by the action, nor by making a neighbour give way."""
    sure = {"sure": shown(enter(post(Role.ADMIN, "W")), boundary_of(world, "W1"), drawing)}
    stranger = post(Role.ADMIN, "W2")
    client = enter(stranger)
    assert client.post(boundary_of(world, "W1"), drawing | sure).status_code == 403
    covering = '{"type":"Polygon","coordinates":[[[104,30.61],[104.02,30.61],[104.02,30.64],[104,30.64],[104,30.61]]]}'
    smuggled = {"unit": str(world.id("W1")), "by": "system", "derived": "1", "drawn": covering, "give_way": "on"}
    smuggled["drawn_over"] = str(queries.outlines(world.id("W2"))[0].id)
    refused = client.post(boundary_of(world, "W2"), drawing | smuggled)
    assert refused.status_code == 403
    assert "would have to give way" in refused.content.decode()
    with pytest.raises(NotAllowed):
        actions.redraw(
            unit=world.id("W1"), shape=from_geojson(SQUARE), on=queries.day_of(None), reason="x", by=stranger,
            drawn_over=UUID(drawing["drawn_over"]),
        )  # fmt: skip
    assert drawn(world, "W1", "W2") == [1, 1]


def test_another_units_boundary_is_not_taken_for_the_one_that_was_seen(
    world: World, post: Callable[..., Actor], enter: Callable[..., Client], drawing: dict[str, str]
) -> None:
    client = enter(post(Role.ADMIN, "W"))
    for seen in (str(queries.outlines(world.id("W2"))[0].id), "", "0", "'; DROP TABLE territory_boundary; --"):
        answer = client.post(boundary_of(world, "W1"), drawing | {"drawn_over": seen})
        assert answer.status_code in {200, 409}
        assert 'name="sure"' not in answer.content.decode()


@pytest.mark.parametrize("name", OUTLINES)
def test_no_file_breaks_a_boundary(
    name: str, world: World, post: Callable[..., Actor], enter: Callable[..., Client], drawing: dict[str, str]
) -> None:
    client = enter(post(Role.ADMIN, "51"))
    file = SimpleUploadedFile('<img src=x onerror="alert(1)">.geojson', OUTLINES[name])
    page = client.post(boundary_of(world, "W1"), drawing | {"file": file})
    assert page.status_code in {200, 413, 422}
    assert 'name="sure"' not in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert "<img src=x" not in page.content.decode()
    assert drawn(world, "W1") == [1]


@pytest.mark.parametrize("text", TEXTS)
def test_whatever_is_written_about_a_boundary_is_shown_as_text_or_refused(
    text: str, world: World, post: Callable[..., Actor], enter: Callable[..., Client], drawing: dict[str, str]
) -> None:
    client, place = enter(post(Role.ADMIN, "W")), boundary_of(world, "W1")
    pages = [client.post(place, drawing | {field: text}) for field in drawing]
    sent = drawing | {"reason": text[:200], "source": text[:200]}
    pages.append(client.post(place, sent))
    sure = re.search(r'name="sure" value="([0-9a-f]{64})"', pages[-1].content.decode())
    if sure:
        done = client.post(place, sent | {"sure": sure[1]}, follow=True)
        assert text[:200].strip() in unescape(done.content.decode())
        pages += [done, client.get(place)]
    for page in pages:
        assert page.status_code in {200, 409, 422}
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()


def test_what_was_seen_is_not_confirmed_for_another_drawing(
    world: World, post: Callable[..., Actor], enter: Callable[..., Client], drawing: dict[str, str]
) -> None:
    """The digest of one effect does not save another, and a key that was used does not save again."""
    client, place = enter(post(Role.ADMIN, "W")), boundary_of(world, "W1")
    sure = {"sure": shown(client, place, drawing)}
    other = drawing | {"drawn": SQUARE.replace("30.61", "30.605")}
    assert client.post(place, other | sure).status_code == 409
    form = drawing | {"once": "a-key"}
    assert client.post(place, form | sure).status_code == 302
    assert client.post(place, form | sure | {"drawn": other["drawn"]}).status_code == 422
    assert drawn(world, "W1") == [2]

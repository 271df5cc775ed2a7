"""Whoever tells a unit where they hold no post, more than the form asks for, or what is no text, changes nothing and breaks nothing."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from factories.confirming import shown
from factories.world import World

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

"""A reader's look: kept in a cookie, written on the page by the server, and proof against whatever the cookie holds."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from linli.foundation.access import ANONYMOUS, Actor, ActorKind, Grant, Role
from linli.foundation.ids import uuid7
from linli.web.looks import COOKIE, Look, look_of
from linli.web.surfaces import TABS, kind_of, shell_of

PAGES = sorted(
    path
    for path in Path(settings.ROOT).rglob("templates/**/*.html")
    if '{% extends "web/base.html" %}' in path.read_text()
)


def root(client: Client, path: str = "/") -> str:
    found = re.search(r"<html[^>]*>", client.get(path).content.decode())
    assert found
    return found[0]


def with_cookie(value: str) -> Look:
    request = HttpRequest()
    request.COOKIES[COOKIE] = value
    return look_of(request)


def test_choice_lasts_and_is_written_on_every_page(client: Client) -> None:
    client.post("/look/", {"theme": "dark", "next": "/"})
    client.post("/look/", {"size": "large", "next": "/"})
    assert 'data-theme="dark"' in root(client)
    assert 'data-size="large"' in root(client, "/nothing")
    client.post("/look/", {"theme": "system", "size": "normal"})
    assert "data-" not in root(client)


def test_choice_leads_back_and_nowhere_else(client: Client) -> None:
    assert client.post("/look/", {"theme": "dark", "next": "/report/?x=1"}).headers["Location"] == "/report/?x=1"
    for away in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""):
        assert client.post("/look/", {"theme": "dark", "next": away}).headers["Location"] == "/"


def test_script_that_applied_the_look_is_not_led_anywhere(client: Client) -> None:
    answer = client.post("/look/", {"theme": "light"}, headers={"X-Look": "applied"})
    assert answer.status_code == 204
    assert 'data-theme="light"' in root(client)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "theme",
        "theme=",
        "theme=neon&size=huge",
        '"><script>',
        "theme=dark" * 5000,
        "a" * 8000,
        "%00%ff",
        "=&=&==",
        "size=1;x",
    ],
)
def test_hostile_cookie_is_the_usual_look(value: str) -> None:
    assert with_cookie(value) == Look()


def test_cookie_with_one_good_choice_keeps_that_one() -> None:
    assert with_cookie("theme=neon&size=large") == Look(size="large")


def test_change_is_a_post_with_its_token() -> None:
    assert Client().get("/look/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/look/", {"theme": "dark"}).status_code == 403


def test_elders_mode_has_an_address_to_print(client: Client) -> None:
    answer = client.get("/elder/")
    assert answer.headers["Location"] == "/home/"
    assert 'data-size="large"' in root(client)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_page_says_on_which_surface_it_stands(page: Path) -> None:
    kinds = r"plain|resident|field|desk|\{\{ own_surface \}\}"
    assert re.search(rf"{{% block surface %}}({kinds}){{% endblock %}}", page.read_text()), page.name


def test_staff_keep_their_shell_on_pages_that_everybody_uses() -> None:
    def holder(*roles: Role) -> Actor:
        return Actor(uuid7(), ActorKind.PERSON, "post", tuple(Grant(role, uuid7()) for role in roles))

    assert kind_of(ANONYMOUS) == kind_of(Actor(uuid7(), ActorKind.PERSON, "Resident")) == "resident"
    assert kind_of(holder(Role.HANDLER)) == kind_of(holder(Role.GRID_WORKER, Role.HANDLER)) == "field"
    assert kind_of(holder(Role.HANDLER, Role.DESK)) == kind_of(holder(Role.AUDITOR)) == "desk"


def test_tab_of_the_nearest_page_above_is_the_current_one() -> None:
    inbox, its_map, *_others = TABS["field"]
    assert shell_of("field", "/field/").current == inbox
    assert shell_of("field", "/field/map/").current == its_map
    assert shell_of("field", "/field/").back == ""
    assert shell_of("field", "/field/task/7/").back == "/field/"
    assert shell_of("resident", "/report/").back == "/home/"
    assert shell_of("desk", "/case/7/").back == ""


def test_who_has_signed_in_finds_their_look_on_another_phone(enter: Callable[..., Client]) -> None:
    enter().post("/look/", {"theme": "dark", "size": "large"})
    other = enter()
    assert 'data-theme="dark"' in root(other)
    assert 'data-size="large"' in root(other, "/my/")
    # A choice on this phone holds on this phone, and changes only what was chosen.
    other.post("/look/", {"theme": "light"})
    assert 'data-theme="light"' in root(other)
    assert 'data-size="large"' in root(other)
    stranger = enter(phone="13800009999")
    assert "data-" not in root(stranger)
    assert "theme=light&size=large" in enter().get("/me/export/").json()["parts"]["people"]["account"]["look"]


def test_the_look_of_the_account_costs_no_question(enter: Callable[..., Client]) -> None:
    client = enter()
    client.post("/look/", {"theme": "dark"})
    costs = []
    for cookie in (True, False):
        if not cookie:
            del client.cookies[COOKIE]
        client.get("/guide/")
        before = connection.round_trips  # type: ignore[attr-defined]
        client.get("/guide/")
        costs.append(connection.round_trips - before)  # type: ignore[attr-defined]
    assert costs[0] == costs[1]

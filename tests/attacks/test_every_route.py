"""Every address of the app, asked for by three strangers: whoever is not named here for it is shown nothing, and changes nothing.

A new address fails until it is said below who else may read it, or that a stranger's write is theirs to make.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bars.pages import employ
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from factories import databases
from factories.world import forget_caches
from stories.stage import populate

from linli.foundation import rates
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.models import Entry, OutboxEvent
from linli.people.models import Person

from .open_routes import OPEN, THEIR_OWN
from .routes import Everything, address, asked, content, described, everything, methods_of, routes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
# What a form of a page might hold: enough for most to be more than empty.
FORM = {
    "reason": "因为需要这样", "note": "因为需要这样", "words": "因为需要这样", "why": "因为需要这样", "coming": "yes", "sure": "1",
    "version": "1", "name": "新名字", "text": "请到社区居委会集合。",
}  # fmt: skip
PATHS = described()


@pytest.fixture(scope="module")
def city(template_database: str, django_db_blocker: pytest.FixtureRequest) -> Iterator[Everything]:
    # As Django's own test client does: the end of a request must not end the transaction around it.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with databases.of_its_own(template_database, "routes", django_db_blocker):
        world, _secrets = populate()
        with acting_as(SYSTEM):
            employ(world)
            made = everything(world)
        yield made
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    forget_caches()


class Stranger:
    """A browser of this visitor. Whatever it does is undone."""

    def __init__(self, city: Everything, who: str) -> None:
        self.city, self.client = city, Client(raise_request_exception=False)
        if who in city.visitors:
            with acting_as(SYSTEM):
                self.client.force_login(Person.objects.get(pk=city.visitors[who]))

    def send(self, method: str, route: str) -> tuple[HttpResponseBase, int]:
        """The answer, and how much was written into timelines and outbox."""
        rates.addresses.forget()
        rates.keys.forget()
        path = address(route, self.city.ids)
        with transaction.atomic():
            before = _written()
            if method == "GET":
                answer: HttpResponseBase = self.client.get(path, asked(route, PATHS, self.city.ids))
            elif route.startswith("api/"):
                body = content(route, method, PATHS, self.city.ids)
                answer = self.client.generic(method, path, _json(body), "application/json")
            else:
                answer = self.client.post(path, FORM)
            written = _written() - before
            transaction.set_rollback(True)
        return answer, written


def _written() -> int:
    with acting_as(SYSTEM):
        return Entry.objects.count() + OutboxEvent.objects.count()


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)


def _asked_of(who: str, route: str) -> bool:
    """Whoever holds every post of the other half has lists of their own: they are asked for what stands in this one."""
    return route != "sign-out/" and (who != "far" or "<" in route or bool(asked(route, PATHS, {})))


@pytest.mark.parametrize("who", ["nobody", "neighbour", "far"])
def test_strangers_read_what_is_open_to_them_and_nothing_else(who: str, city: Everything) -> None:
    stranger, shown = Stranger(city, who), set()
    for route in routes():
        if _asked_of(who, route) and "GET" in methods_of(route, PATHS):
            answer, _written = stranger.send("GET", route)
            assert answer.status_code < 500, route
            if answer.status_code < 300:
                shown.add(route)
    expected = {route for route in OPEN[who] if _asked_of(who, route)}
    assert sorted(shown - expected) == [], "say in open_routes.py who may read these, or close them"
    assert sorted(expected - shown) == [], "these are closed now: take them out of open_routes.py"


@pytest.mark.parametrize("who", ["nobody", "neighbour", "far"])
def test_strangers_change_what_is_theirs_and_nothing_else(who: str, city: Everything) -> None:
    stranger, changed = Stranger(city, who), set()
    for route in routes():
        for method in methods_of(route, PATHS):
            if method != "GET" and _asked_of(who, route):
                answer, written = stranger.send(method, route)
                assert answer.status_code < 500, (method, route)
                if written:
                    changed.add(f"{method} {route}")
    assert sorted(changed - THEIR_OWN[who]) == [], (
        "say in open_routes.py why a stranger may change these, or close them"
    )
    assert sorted(THEIR_OWN[who] - changed) == [], "nobody changes these now: take them out of open_routes.py"

"""The small city of tests/factories, and people who try what is not theirs, through the whole stack of middleware."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from factories.again import Made
from factories.world import HERE, World, forget_caches

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import rates
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.gateway import queries as gateway
from linli.people import queries as people
from linli.people.models import Person, Post

Enter = Callable[..., Client]
Tell = Callable[..., Case]


@pytest.fixture
def world(db: None, made_world: Made[World]) -> Iterator[World]:
    forget_caches()
    made = made_world.again()
    _forget()
    yield made
    forget_caches()
    _forget()


def _forget() -> None:
    gateway.forget_keys()
    rates.addresses.forget()
    rates.keys.forget()


@pytest.fixture
def post(world: World) -> Callable[..., Actor]:
    """`post(Role.DESK, "W")`: somebody who holds this post, as they act."""

    def hold(role: Role, unit: str, body: str | None = None) -> Actor:
        with acting_as(SYSTEM):
            person, _new = Person.objects.get_or_create(username=f"{role}.{unit}.{body}", password="!")
            held = world.bodies[body] if body else None
            Post.objects.create(person=person, role=role, unit=world.units[unit], body=held)
            return people.actor_of(person.id)

    return hold


@pytest.fixture
def enter() -> Enter:
    """A browser in which this actor is signed in. It checks tokens only where asked to."""

    def sign_in(actor: Actor, *, csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=csrf, headers={"accept-language": "en"})
        with acting_as(SYSTEM):
            client.force_login(Person.objects.get(pk=actor.id))
        return client

    return sign_in


@pytest.fixture
def tell(world: World) -> Tell:
    """A report at HERE by a resident (or `by`), with fields of the report."""

    def report(by: Actor | None = None, **fields: object) -> Case:
        by = by or world.resident()
        content: dict[str, object] = {"description": "垃圾堆放在门口", "lon": HERE[0], "lat": HERE[1]}
        with acting_as(by):
            return actions.collect(report=Report(**content | {"class_code": "0101"} | fields), by=by).case  # type: ignore[arg-type]

    return report

"""The small city of tests/factories behind the pages, and clients that are signed in."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from factories.again import Made
from factories.world import HERE, World, forget_caches

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import rates
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Person, Post

Enter = Callable[..., Client]


@pytest.fixture
def world(db: None, made_world: Made[World]) -> Iterator[World]:
    forget_caches()
    made = made_world.again()
    rates.addresses.forget()
    yield made
    forget_caches()


@pytest.fixture
def enter(world: World) -> Enter:
    """`enter(Role.DESK, "5101")`: a browser of somebody with that post; without a role, of a resident."""

    def sign_in(
        role: Role | None = None, unit: str = "51", body: str | None = None, phone: str = "13800001234"
    ) -> Client:
        with acting_as(SYSTEM):
            if role is None:
                person = Person.objects.get(pk=world.resident(phone).id)
            else:
                person = Person.objects.create(username=f"{role}-{unit}-{body}", password="!")
                held = world.bodies[body] if body else None
                Post.objects.create(person=person, role=role, unit=world.units[unit], body=held)
        client = Client(headers={"accept-language": "en"})
        with acting_as(SYSTEM):
            client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def case(world: World) -> Case:
    """A resident's report of rubbish in the quarter."""
    resident = world.resident()
    with acting_as(resident):
        report = Report(description="垃圾堆放在门口", lon=HERE[0], lat=HERE[1], class_code="0101")
        return actions.collect(report=report, by=resident).case

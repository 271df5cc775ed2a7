"""A story for each channel: app, mini program, grid worker, hotline, paper, sensor, Open311. All make the same case."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from factories.api_client import Api
from factories.happened import tell_all
from factories.world import HERE, World, forget_caches, make_world

from linli.cases import actions, queries
from linli.cases.models import Case
from linli.foundation import audit, clock, rates
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.gateway import actions as gateway
from linli.people.models import Person, Post

pytestmark = pytest.mark.django_db

SAID = "单元门口的井盖破损了"
PHONE = "13800001234"
MESSAGE: dict[str, Any] = {"description": SAID, "lon": HERE[0], "lat": HERE[1], "class_code": "0103"}


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with acting_as(SYSTEM):
        made = make_world()
    rates.addresses.forget()
    yield made
    forget_caches()


def resident(world: World) -> Client:
    return signed_in(Person.objects.get(pk=world.resident(PHONE).id))


def staff(world: World, role: Role) -> Client:
    person = world.staff(role.value)
    Post.objects.create(person=person, role=role, unit=world.units["W"], valid_from=clock.now() - timedelta(days=1))
    return signed_in(person)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def key(world: World) -> str:
    return gateway.create_key(name="key", may=["post"], unit_id=world.id("51"), by=SYSTEM).secret


def by_page(client: Client, path: str, **more: str) -> None:
    response = client.post(path, MESSAGE | {"lon": str(HERE[0]), "lat": str(HERE[1])} | more)
    assert response.status_code == 302, response.content.decode()


def by_api(api: Api, **more: str) -> None:
    response = api.post("cases", MESSAGE | more)
    assert response.status_code == 201, response.content


def app(world: World) -> None:
    by_page(resident(world), "/report/")


def mini_program(world: World) -> None:
    by_api(Api(client=resident(world)), channel="mini_program")


def grid_worker(world: World) -> None:
    by_page(staff(world, Role.GRID_WORKER), "/report/")


def hotline(world: World) -> None:
    by_page(staff(world, Role.HOTLINE_CLERK), "/hotline/", contact_phone=PHONE)


def paper(world: World) -> None:
    by_api(Api(client=staff(world, Role.HOTLINE_CLERK)), channel="paper", contact_phone=PHONE)


def sensor(world: World) -> None:
    by_api(Api(key(world)), channel="sensor", outside_reference="manhole-17")


def open311(world: World) -> None:
    sent = {"api_key": key(world), "service_code": "0103", "description": SAID, "long": HERE[0], "lat": HERE[1]}
    response = Client().post("/open311/v2/requests.json", sent)
    assert response.status_code == 201, response.content


CHANNELS = [app, mini_program, grid_worker, hotline, paper, sensor, open311]


@pytest.mark.parametrize("send", CHANNELS)
def test_every_channel_makes_the_same_case_and_it_is_lived_the_same_way(
    world: World, send: Callable[[World], None]
) -> None:
    with acting_as(SYSTEM):
        send(world)
        case = Case.objects.select_related("text").get()
        tell_all()
    assert case.channel == send.__name__
    assert (case.text.title, case.text.description) == (SAID, SAID)
    assert (case.state, case.nature, case.case_class_id) == ("collected", "complaint", world.classes["0103"].id)
    assert case.units == [world.id(code) for code in ("51", "5101", "W", "W1", "Q")]
    assert (case.lon, case.lat) == HERE

    desk = world.actor("desk", Role.DESK, "W")
    handler = world.actor("handler", Role.HANDLER, None, "water")
    verifier = world.actor("verifier", Role.VERIFIER, "W")
    with acting_as(desk):
        assert queries.desk_page(desk, queries.Filters(text="井盖")).cases == [case]
    for by, action, fields in (
        (desk, actions.file, {}),
        (desk, actions.dispatch, {}),
        (handler, actions.accept, {}),
        (handler, actions.report_back, {"note": "已更换"}),
        (verifier, actions.verify, {}),
        (desk, actions.close, {}),
    ):
        with acting_as(by):
            action(cases=[case.id], by=by, **fields)  # type: ignore[operator]
    with acting_as(SYSTEM):
        case.refresh_from_db()
        entries = audit.timeline(case.id)
    assert case.state == "closed"
    assert case.lead_body_id == world.bodies["water"].id
    assert case.due_at is not None
    assert case.filed_at is not None
    assert case.due_at - case.filed_at == timedelta(hours=2)
    assert [entry.action for entry in entries] == [
        *("collect", "file", "dispatch", "accept", "report_back", "verify", "close"),
    ]

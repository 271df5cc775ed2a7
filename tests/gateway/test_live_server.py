"""On a real server with its worker: the published `georeport` client reads ours, and a webhook arrives by itself."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from factories.server import Server, running
from factories.subscriber import Subscriber
from factories.world import ELSEWHERE, HERE, World, forget_caches, make_world
from georeport import GeoReport

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.gateway import actions, rules

pytestmark = pytest.mark.slow


@pytest.fixture
def world(fresh_database: str) -> Iterator[World]:
    with acting_as(SYSTEM):
        yield make_world()
    forget_caches()


@pytest.fixture
def secret(world: World, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LINLI_WEBHOOK_ALLOW", "127.0.0.1")
    return actions.subscribe(
        name="other", url=subscriber.url, names=["case.collected"], unit_id=world.id("51"), by=SYSTEM
    ).secret


@pytest.fixture
def api_key(world: World) -> str:
    return actions.create_key(name="App", may=["post"], unit_id=world.id("51"), by=SYSTEM).secret


@pytest.fixture
def filed(world: World) -> list[str]:
    """The numbers of two public cases, oldest first."""
    desk = world.actor("desk", Role.DESK, "51")
    made = []
    for place, code in ((HERE, "0103"), (ELSEWHERE, "0102")):
        case = cases.collect(report=Report("路灯不亮", lon=place[0], lat=place[1], class_code=code), by=SYSTEM).case
        with acting_as(desk):
            made += cases.file(cases=[case.id], by=desk).done
    return [case.reference for case in made]


@pytest.fixture
def server(fresh_database: str, secret: str, api_key: str, filed: list[str], tmp_path: Path) -> Iterator[Server]:
    with running(fresh_database, tmp_path, LINLI_WEBHOOK_ALLOW="127.0.0.1") as started:
        yield started


def test_georeport_reads_and_a_posted_request_reaches_the_webhook(
    server: Server, api_key: str, filed: list[str], secret: str, subscriber: Subscriber
) -> None:
    for form in ("json", "xml"):
        client = GeoReport(f"{server.url}/open311/v2", jurisdiction="chengdu", output_format=form)
        assert [service["service_code"] for service in client.get_service_list()] == ["0101", "0102", "0103"]
        assert client.get_service_definition("0103")["service_code"] == "0103"
        found = client.get_service_requests(status="open")
        assert [request["service_request_id"] for request in found] == filed[::-1]
        one: Any = client.get_service_request(filed[0])
        assert (one["service_request_id"], one["status"], one["service_code"]) == (filed[0], "open", "0103")

    sent = {"api_key": api_key, "service_code": "0103", "description": "井盖破损", "lat": HERE[1], "long": HERE[0]}
    posted = requests.post(f"{server.url}/open311/v2/requests.json", data=sent, timeout=10)
    assert posted.status_code == 201
    number = posted.json()[0]["service_request_id"]
    events = arrived(subscriber, 3)
    assert number in {event["data"]["number"] for event in events}
    for headers, body in subscriber.taken:
        assert rules.is_signed(headers["X-Linli-Signature"], secret, body, int(time.time()))


def arrived(subscriber: Subscriber, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while len(subscriber.taken) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(subscriber.taken) == count
    return [json.loads(body) for _headers, body in subscriber.taken]

"""Keys, webhooks and outgoing messages as administrators manage them, by the API and by `linli gateway`."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from factories.api_client import Api
from factories.happened import tell_all
from factories.subscriber import Subscriber
from factories.world import HERE, World

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation.access import ANONYMOUS, SYSTEM, Role, acting_as
from linli.foundation.clock import now
from linli.gateway import queries
from linli.gateway.commands import gateway
from linli.gateway.models import ApiKey
from linli.people.models import Post

pytestmark = pytest.mark.django_db


def administrator(world: World, unit: str, role: Role = Role.ADMIN) -> Api:
    person = world.staff(f"{role}-{unit}")
    with acting_as(SYSTEM):
        Post.objects.create(person=person, role=role, unit=world.units[unit], valid_from=now())
    client = Client()
    client.force_login(person)
    return Api(client=client)


@pytest.fixture
def admin(world: World) -> Api:
    return administrator(world, "W")


def test_a_key_is_shown_once_works_and_ends(world: World, admin: Api) -> None:
    wanted: dict[str, Any] = {"name": "气象站", "may": ["post"], "unit": str(world.id("W"))}
    made = [admin.post("gateway/keys", wanted, {"Idempotency-Key": "k"}).json() for _twice in range(2)]
    assert made[0]["id"] == made[1]["id"]
    assert (made[0]["secret"] != "", made[1]["secret"]) == (True, "")
    sent = {"description": "井盖破损", "lon": HERE[0], "lat": HERE[1], "channel": "sensor"}
    assert Api(made[0]["secret"]).post("cases", sent).status_code == 201
    (shown,) = admin.get("gateway/keys").json()
    assert "secret" not in shown
    assert made[0]["secret"].startswith(shown["prefix"])
    assert admin.delete(f"gateway/keys/{shown['id']}").json()["revoked_at"]
    # Other processes hear it from the outbox; within a test's transaction it is said by hand.
    queries.forget_keys()
    assert Api(made[0]["secret"]).post("cases", sent).status_code == 401


def test_only_administrators_of_the_unit_manage_its_gateway(world: World, admin: Api) -> None:
    wanted: dict[str, Any] = {"name": "x", "may": ["read"], "unit": str(world.id("W"))}
    key = admin.post("gateway/keys", wanted).json()["id"]
    for other in (administrator(world, "E"), administrator(world, "W", Role.DESK)):
        assert other.get("gateway/keys").json() == []
        assert other.post("gateway/keys", wanted).status_code == 403
        assert other.delete(f"gateway/keys/{key}").status_code == 404
    for path in ("keys", "webhooks", "messages", "outgoing"):
        assert Api().get(f"gateway/{path}").status_code == 401


def test_a_webhook_is_made_switched_and_ended(
    world: World, admin: Api, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: dict[str, Any] = {
        "name": "x",
        "url": subscriber.url,
        "events": ["case.collected"],
        "unit": str(world.id("W")),
    }
    refused = admin.post("gateway/webhooks", wanted)
    assert (refused.status_code, refused.json()["code"]) == (422, "url_not_allowed")
    monkeypatch.setenv("LINLI_WEBHOOK_ALLOW", "127.0.0.1")
    made = admin.post("gateway/webhooks", wanted).json()
    assert made["secret"]
    queries.forget_subscriptions()
    with acting_as(ANONYMOUS):
        cases.collect(report=Report("路灯不亮", lon=HERE[0], lat=HERE[1]), by=ANONYMOUS)
    tell_all()
    (delivery,) = admin.get(f"gateway/webhooks/{made['id']}/deliveries").json()
    assert (delivery["state"], delivery["payload"]["change"]) == ("waiting", "collect")
    stranger = administrator(world, "E")
    assert stranger.get(f"gateway/webhooks/{made['id']}/deliveries").json() == []
    path = f"/api/v1/gateway/webhooks/{made['id']}"
    assert stranger.client.patch(path, {"active": False}, content_type="application/json").status_code == 404
    assert admin.client.patch(path, {"active": False}, content_type="application/json").json()["active"] is False
    assert admin.delete(f"gateway/webhooks/{made['id']}").status_code == 204
    assert admin.get("gateway/webhooks").json() == []


def test_what_went_to_phones_is_shown_masked_to_the_citys_administrators(world: World, admin: Api) -> None:
    with acting_as(ANONYMOUS):
        report = Report("路灯不亮", lon=HERE[0], lat=HERE[1], contact_phone="13800001234")
        cases.collect(report=report, by=ANONYMOUS)
    tell_all()
    assert admin.get("gateway/outgoing").status_code == 403
    response = administrator(world, "51").get("gateway/outgoing", state="waiting")
    (row,) = response.json()
    assert (row["recipient"], row["template"], row["channel"]) == ("138****1234", "collected", "sms")
    assert b"track" not in response.content


def test_the_command_makes_lists_and_revokes_keys(world: World) -> None:
    run = CliRunner().invoke
    made = run(gateway, ["key", "create", "--name", "桌面", "--may", "act", "--role", "desk", "--unit", "W", "--json"])
    assert made.exit_code == 0, made.output
    key = json.loads(made.output)
    with acting_as(SYSTEM):
        assert ApiKey.objects.get().role == "desk"
    listed = run(gateway, ["key", "list"]).output
    assert "good" in listed
    assert key["key"] not in listed
    assert "is revoked" in run(gateway, ["key", "revoke", key["id"]]).output
    assert "revoked" in run(gateway, ["key", "list"]).output
    assert run(gateway, ["key", "create", "--name", "x", "--unit", "nowhere"]).exit_code == 1
    assert run(gateway, ["outgoing"]).exit_code == 0

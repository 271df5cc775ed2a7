"""Keys, webhooks and outgoing messages as administrators manage them, by the API and by `linli gateway`."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

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
from linli.foundation.clock import at, now
from linli.gateway import news, queries
from linli.gateway.commands import gateway
from linli.gateway.models import Announcement, ApiKey
from linli.people.models import Person, Post

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


def test_an_announcement_is_published_once_read_by_all_and_called_back(world: World) -> None:
    desk, elsewhere = administrator(world, "W", Role.DESK), administrator(world, "E", Role.DESK)
    wanted: dict[str, Any] = {"unit": str(world.id("W1")), "title": "停水", "text": "明天上午停水。"}
    made = [desk.post("gateway/announcements", wanted, {"Idempotency-Key": "k"}).json() for _twice in range(2)]
    assert made[0] == made[1]
    with acting_as(SYSTEM):
        assert Announcement.objects.count() == 1
    path = f"gateway/announcements/{made[0]['id']}"
    # Until it goes out, it is its announcers' alone.
    assert [who.get(path).status_code for who in (desk, elsewhere, Api())] == [200, 404, 404]
    assert Api().get("gateway/announcements").json() == []
    assert elsewhere.post(f"{path}/call-back").status_code == 404
    other = desk.post("gateway/announcements", wanted).json()
    with acting_as(SYSTEM), at(now() + timedelta(minutes=2)):
        news.send(UUID(other["id"]))
    assert desk.post(f"{path}/call-back").json()["state"] == "called_back"
    assert desk.post(f"{path}/call-back").status_code == 409
    for unit, shown in (("W1", [other["id"]]), ("W", []), ("E", [])):
        answer = Api().get("gateway/announcements", unit=str(world.id(unit)))
        assert [one["id"] for one in answer.json()] == shown
    assert Api().get(f"gateway/announcements/{other['id']}").json()["state"] == "sent"


def test_who_may_not_announce_is_refused(world: World) -> None:
    desk = administrator(world, "W", Role.DESK)
    wanted: dict[str, Any] = {"unit": str(world.id("E")), "title": "停水", "text": "停水"}
    assert desk.post("gateway/announcements", wanted).status_code == 403
    assert Api().post("gateway/announcements", wanted).status_code == 401
    assert desk.post("gateway/announcements", wanted | {"unit": None}).status_code == 422
    product = {"kind": "product", "title": "新功能", "text": "可以拍照上报"}
    assert desk.post("gateway/announcements", product).status_code == 403
    city = administrator(world, "51")
    assert city.post("gateway/announcements", product).json()["unit"] == str(world.id("51"))
    assert city.post("gateway/announcements", product | {"unit": str(world.id("W"))}).status_code == 422


def test_a_person_names_the_communities_of_which_they_hear(world: World) -> None:
    client = Client()
    resident = world.resident()
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=resident.id))
    path = f"/api/v1/gateway/communities/{world.id('W1')}"
    for _twice in range(2):
        assert [one["code"] for one in client.put(path).json()] == ["W1"]
    assert client.put(f"/api/v1/gateway/communities/{world.id('W')}").status_code == 422
    assert client.get("/api/v1/gateway/communities").json()[0]["name"] == "communityW1"
    assert client.delete(path).json() == []
    assert Client().put(path).status_code == 401

"""Warnings that go out and come in, and what came of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from campaigns.conftest import told
from django.test import Client
from django.utils import timezone
from factories.world import HERE, World
from gateway.test_cap_message import flood, valid

from linli.campaigns import actions as campaigns
from linli.campaigns.models import Declaration, Power
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.gateway import actions, news, queries
from linli.gateway.actions import NewAlert
from linli.gateway.cap.message import Alert, Area, Certainty, Severity, Urgency, write
from linli.gateway.models import Announcement, PublicAlert

LON, LAT = HERE
TINY = 0.0004
# Of the community W1 a corner; elsewhere in the world the same.
CORNER = tuple((LAT + y, LON + x) for y, x in ((0, 0), (0, TINY), (TINY, TINY), (TINY, 0), (0, 0)))
FAR = tuple((lat + 5, lon + 5) for lat, lon in CORNER)
Send = Callable[..., Any]


def declare(world: World, leader: Actor, **other: Any) -> Declaration:
    usual = {"unit": world.id("5101"), "kind": "flood", "powers": [Power.WARN_EVERYBODY]}
    with acting_as(leader):
        return campaigns.declare(told=told(world, **(usual | other)), by=leader)


def warning(world: World, declared: Declaration, **other: Any) -> NewAlert:
    usual: dict[str, Any] = {
        "declaration": declared.id, "units": [world.id("W")], "headline": "内涝预警", "instruction": "不要下到地下室。",
        "headline_en": "Flooding", "instruction_en": "Keep out of basements.", "expires": clock.now() + timedelta(hours=6),
        "urgency": Urgency.IMMEDIATE, "severity": Severity.SEVERE, "certainty": Certainty.LIKELY,
    }  # fmt: skip
    return NewAlert(**(usual | other))


def issue(world: World, declared: Declaration, leader: Actor, **other: Any) -> PublicAlert:
    updates = other.pop("updates", None)
    with acting_as(leader):
        return actions.issue_alert(warning=warning(world, declared, **other), by=leader, updates=updates)


def shown(world: World, unit: str) -> list[str]:
    return [row.headline for row in queries.alerts_in(world.id(unit))]


def told_rows() -> list[Announcement]:
    with acting_as(SYSTEM):
        return list(Announcement.objects.order_by("pk"))


def go_out(minutes: int = 2) -> None:
    with acting_as(SYSTEM), clock.at(clock.now() + timedelta(minutes=minutes)):
        for row in told_rows():
            news.send(row.id)


def sender(world: World, unit: str, may: tuple[str, ...] = ("post",)) -> Send:
    with acting_as(SYSTEM):
        secret = actions.create_key(name="气象", may=may, unit_id=world.id(unit), by=SYSTEM).secret
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def send(alert: Alert | bytes, status: int = 201) -> Any:
        data = alert if isinstance(alert, bytes) else valid(write(alert))
        answer = client.post("/api/v1/gateway/cap", data, "application/cap+xml")
        assert answer.status_code == status, answer.content
        return answer.json()

    return send


def rain(polygon: Any = CORNER, *, area: Area | None = None, **other: Any) -> Alert:
    """From now on for a day; `severity` and what else an info has among the rest."""
    now = timezone.localtime(clock.now().replace(microsecond=0))
    of_info = {name: other.pop(name) for name in ("severity", "expires", "effective", "headline") if name in other}
    place = area or Area("角落", (polygon,))
    info = replace(flood().infos[0], **({"expires": now + timedelta(days=1), "areas": (place,)} | of_info))
    return flood(**({"identifier": str(uuid4()), "sent": now, "infos": (info,)} | other))

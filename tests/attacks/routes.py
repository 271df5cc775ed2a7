"""Every address of the app, with what stands in the western half put into it, and what a request of it holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from bars.pages import Made, make
from django.urls import URLPattern, URLResolver, get_resolver
from factories.world import World

from linli.campaigns.models import Member
from linli.campaigns.models import Shift as ControlShift
from linli.dispatch.models import Shift
from linli.duties.models import Duty, DutyList
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role
from linli.foundation.ids import uuid7
from linli.foundation.models import Work
from linli.gateway import actions as gateway
from linli.gateway.models import Message, PublicAlert
from linli.people.models import Delegation, Person, Post
from linli.sensors.models import Alert
from linli.web.api import api

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()\[\]]|\[[^\]]*\])*\)")
# What does not stand in the city: photos of visits, deliveries, tasks.
NOTHING = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Everything:
    """The small city with something behind each address, and who asks."""

    world: World
    ids: dict[str, str]
    visitors: dict[str, Any]


def everything(world: World) -> Everything:
    """Call it as SYSTEM."""
    made = make(world)
    return Everything(world, _ids(world, made), _visitors(world))


def _visitors(world: World) -> dict[str, Any]:
    """`far` holds every post there is, in the eastern half: what is closed to them is closed to each of their colleagues."""
    far = Person.objects.create(username="far", password="!")
    for role in Role:
        held = world.bodies["east"] if role is Role.HANDLER else None
        Post.objects.create(person=far, role=role, unit=world.units["E"], body=held)
    return {"neighbour": world.resident("13900000000").id, "far": far.id}


def _ids(world: World, made: Made) -> dict[str, str]:
    screening, west = made.screening, world.id("W")
    post = Post.objects.filter(role=Role.HANDLER, unit=world.units["W"]).order_by("pk")[0]
    key = gateway.create_key(name="k", may=["read"], unit_id=west, by=SYSTEM)
    _empty, _calls, asked, of_call, _end = screening.link.split("/")
    hook = gateway.subscribe(name="h", url="https://192.0.43.7/", names=["case.changed"], unit_id=west, by=SYSTEM)
    person = Member.objects.exclude(person=None)[0].person_id
    assert person is not None
    app = gateway.connect_app(team_id=screening.team, person_id=person, by=SYSTEM)
    delegation = Delegation.objects.create(
        post=post, to_person=world.staff("deputy"), valid_from=clock.now(), valid_to=clock.now() + timedelta(days=1)
    )
    work = Work.objects.create(
        kind="duties.import",
        title="list.csv",
        started_by=Person.objects.get(username="desk").id,
        started_by_label="desk",
        unit_path=world.units["W"].path,
    )
    known: dict[str, Any] = {
        "unit_id": west, "unit": world.id("W1"), "body_id": world.bodies["street"].id, "post_id": post.id,
        "list_id": DutyList.objects.get().id, "duty_id": Duty.objects.order_by("row_number")[0].id,
        "row_id": Duty.objects.order_by("row_number")[0].id, "code": "0101", "day": "2030-01-02", "kind": "csv",
        "reference": made.working.reference, "case": made.working.reference, "case_id": made.working.id,
        "declaration": screening.declaration, "declaration_id": screening.declaration,
        "team": screening.team, "team_id": screening.team, "campaign": screening.campaign, "campaign_id": screening.campaign,
        "building": screening.building, "building_id": screening.building, "door_id": screening.door, "form_id": screening.form,
        "premises_id": screening.premises, "telling_id": screening.telling, "place_id": screening.place,
        "follow_up_id": screening.follow_up, "call_id": screening.call, "asked_id": asked,
        "member_id": Member.objects.order_by("pk")[0].pk,
        "shift_id": ControlShift.objects.order_by("pk")[0].pk, "shift": Shift.objects.order_by("pk")[0].pk,
        "proposal": made.proposal, "proposal_id": made.proposal, "call": made.called_to,
        "person": Person.objects.get(username="handler").id,
        "person_id": Person.objects.get(username="handler").id, "warning_id": made.warning, "camera_id": made.camera, "look_id": made.look,
        "device_id": made.sensor, "announcement": made.announcement, "announcement_id": made.announcement,
        "alert_id": made.alert, "key_id": key.key.id, "webhook": hook.subscription.id,
        "message_id": Message.objects.order_by("pk")[0].pk if Message.objects.exists() else uuid7(),
        "secret": made.secret, "form": "json", "role": "resident", "name": "comment", "verdict": "dismiss", "rest": "x",
        "of_declaration": "end", "of_premises": "apply", "layer": "hazards", "of_task": "accept", "of_verifying": "verify",
        "of_call": of_call, "crew": made.team, "rounds": made.rounds,
        "sensor_alert": Alert.objects.order_by("pk")[0].pk, "identifier": PublicAlert.objects.order_by("pk")[0].identifier,
        "user": app.user.id, "user_id": app.user.id, "token": app.token, "delegation_id": delegation.pk, "work_id": work.pk,
    }  # fmt: skip
    return {name: str(value) for name, value in known.items()}


# The same word stands for different things here.
OF_THEIR_OWN = {
    "field/call/": {"call_id": "call"},
    "dispatch/teams/": {"team_id": "crew"},
    "dispatch/shifts/": {"shift_id": "shift"},
    "dispatch/rounds/": {"proposal_id": "rounds"},
    "sensors/alerts/": {"alert_id": "sensor_alert"},
    "api/v1/dispatch/teams": {"team": "crew"},
    "api/v1/campaigns/forms/": {"form": "form_id"},
    "control/<uuid:declaration_id>/<slug:name>/": {"name": "of_declaration"},
    "control/premises/": {"name": "of_premises"},
    "map/": {"name": "layer"},
    "help/": {"name": "role"},
    "field/task/": {"name": "of_task"},
    "verify/": {"name": "of_verifying"},
    "calls/": {"secret": "of_call"},
}


def _walk(patterns: Any, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def routes() -> list[str]:
    return sorted(set(_walk(get_resolver().url_patterns)))


def described() -> dict[str, dict[str, Any]]:
    """The API's operations by route, as its description has them."""
    return {_bare(path.removeprefix("/")): methods for path, methods in _schema()["paths"].items()}


@cache
def _schema() -> dict[str, Any]:
    return dict(api.get_openapi_schema())


def methods_of(route: str, paths: dict[str, dict[str, Any]]) -> list[str]:
    """Of the API what it describes; a page is read and takes a form."""
    if route.startswith("api/"):
        return [name.upper() for name in paths.get(_bare(route), ("get",))]
    return ["GET", "POST"]


def _bare(route: str) -> str:
    """The route with its parameters as the description of the API writes them."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


def asked(route: str, paths: dict[str, dict[str, Any]], ids: dict[str, str]) -> dict[str, Any]:
    """What a question of this route must say."""
    operation = paths.get(_bare(route), {}).get("get", {})
    needed = [one for one in operation.get("parameters", []) if one["in"] == "query" and one.get("required")]
    return {one["name"]: _value(one["schema"], one["name"], ids) for one in needed}


def content(route: str, method: str, paths: dict[str, dict[str, Any]], ids: dict[str, str]) -> dict[str, Any]:
    """The least that the API takes at this route, about what stands in the western half."""
    operation = paths[_bare(route)][method.lower()]
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    value = _value(schema, "", ids)
    return value if isinstance(value, dict) else {}


def _value(schema: dict[str, Any], name: str, ids: dict[str, str]) -> Any:
    if "$ref" in schema:
        schema = _schema()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], name, ids)
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    kind, form = schema.get("type"), schema.get("format")
    if kind == "object" or "properties" in schema:
        return {key: _value(schema["properties"][key], key, ids) for key in schema.get("required", [])}
    if kind == "array":
        return [_value(schema.get("items", {}), name, ids)]
    if form == "uuid":
        return ids.get(
            {"cases": "case_id", "into": "case_id", "to": "person", "body": "body_id"}.get(name, name), NOTHING
        )
    texts = {"date-time": "2030-01-01T00:00:00+08:00", "date": "2030-01-01", "uri": "https://192.0.43.7/"}
    if kind == "string":
        return texts.get(form or "", ids.get(name, "因为需要" * 3)[: schema.get("maxLength", 100)])
    return {"integer": 1, "number": {"west": 104.0, "east": 104.02}.get(name, 30.61), "boolean": True}.get(kind or "")


def address(route: str, ids: dict[str, str]) -> str:
    """The route with ids of the western half."""
    own = next((names for start, names in OF_THEIR_OWN.items() if route.startswith(start)), {})

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return ids.get(own.get(name, name), NOTHING)

    return "/" + PARAMETER.sub(value, route).replace("\\.", ".").rstrip("$")

"""The API of dispatch: the same as the pages, once only, and refusals as problems."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from factories.browsing import client_of
from factories.duty import open_case, worker
from factories.world import HERE, START_AT, World

from linli.dispatch.models import Call, Decision
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Post

pytestmark = pytest.mark.django_db
NEAR = (HERE[0] + 0.001, HERE[1])
FAR = (HERE[0] + 0.01, HERE[1])
Ask = Callable[..., Any]


@pytest.fixture
def ask(world: World) -> Ask:
    """Of a dispatcher: the answer as JSON, with the status that was expected."""
    actor = world.actor("dispatcher", Role.DISPATCHER, "W")
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=Role.DISPATCHER, unit=world.units["W"], valid_from=START_AT)
    client = client_of(actor)

    def ask(method: str, path: str, body: object = None, *, status: int = 200, key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        given = {"data": body} if method == "get" else {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1/dispatch/{path}", headers=headers, **given)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return ask


def test_a_proposal_is_asked_for_looked_at_and_accepted_once(world: World, ask: Ask) -> None:
    case, chosen = open_case(world), worker(world, "chosen", at=NEAR)
    unit = {"unit": str(world.id("W"))}
    ask("get", "proposals/latest", unit, status=404)
    made = ask("post", "proposals", unit, status=201, key="one")
    assert ask("post", "proposals", unit, status=201, key="one")["id"] == made["id"]
    (line,) = made["lines"]
    assert (line["case"], line["person"]) == (str(case), str(chosen.id))
    assert line["because"].startswith("nearest, 0 open tasks, 120 m")
    choice = {"choices": [{"case": str(case), "person": str(chosen.id)}]}
    ahead = ask("post", f"proposals/{made['id']}/outlook", choice)
    assert ahead == {"travel_minutes": 0, "late": [], "after_shift": [], "unknown": []}
    accepted = ask("post", f"proposals/{made['id']}/accept", choice, key="two")
    assert accepted == {"done": choice["choices"], "refused": []}
    assert ask("post", f"proposals/{made['id']}/accept", choice, key="two") == accepted
    with acting_as(SYSTEM):
        assert Decision.objects.count() == 1
    # The same key for something else is refused; without a key the case itself says that it has somebody.
    other = {"choices": choice["choices"], "why": "x"}
    assert (
        ask("post", f"proposals/{made['id']}/accept", other, status=422, key="two")["code"] == "idempotency_key_reused"
    )
    late = ask("post", f"proposals/{made['id']}/accept", choice)
    assert [one["code"] for one in late["refused"]] == ["sent_meanwhile"]
    back = ask("post", f"proposals/{made['id']}/take-back", {"cases": [str(case)]})
    assert back["done"] == choice["choices"]
    kinds = [one["kind"] for one in ask("get", f"proposals/{made['id']}")["decisions"]]
    assert kinds == ["taken_back"]


def test_everybody_for_a_case_with_the_reason_of_each(world: World, ask: Ask) -> None:
    case = open_case(world)
    near, far = worker(world, "near", at=NEAR), worker(world, "far", at=FAR)
    off = worker(world, "off", on_duty=False)
    found = ask("get", f"cases/{case}/people", {"unit": str(world.id("W"))})
    assert [one["person"] for one in found["can"]] == [str(near.id), str(far.id)]
    assert found["cannot"] == [{"person": str(off.id), "obstacle": "absent", "why": "not on duty now"}]


def test_the_nearest_are_called_and_answer(world: World, ask: Ask) -> None:
    case, first = open_case(world), worker(world, "first", at=NEAR)
    unit = {"unit": str(world.id("W"))}
    (nearest,) = ask("get", f"cases/{case}/nearest", unit | {"count": "1"})["can"]
    assert nearest["person"] == str(first.id)
    for count in ("0", "51", "-1"):
        assert ask("get", f"cases/{case}/nearest", unit | {"count": count}, status=422)["code"] == "wrong_count"
    asked = unit | {"people": [str(first.id)]}
    (made,) = ask("post", f"cases/{case}/calls", asked, status=201, key="k")["calls"]
    assert ask("post", f"cases/{case}/calls", asked, status=201, key="k")["calls"][0]["id"] == made["id"]
    ask("post", f"calls/{made['id']}/answer", {"coming": True}, status=404)
    phone = client_of(first)
    assert [one["id"] for one in phone.get("/api/v1/dispatch/calls").json()] == [made["id"]]
    answer = phone.post(f"/api/v1/dispatch/calls/{made['id']}/answer", {"coming": True}, "application/json")
    assert answer.json()["answer"] == "coming"
    assert [one["answer"] for one in ask("get", f"cases/{case}/calls")] == ["coming"]
    with acting_as(SYSTEM):
        assert Call.objects.count() == 1


def test_shifts_and_skills_are_planned(world: World, ask: Ask) -> None:
    one, now = worker(world, "one", on_duty=False), clock.now()
    hours = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=8)).isoformat()}
    place = {"unit": str(world.id("W")), "body": str(world.bodies["street"].id)}
    made = ask("post", "shifts", {"person": str(one.id), **place, **hours}, status=201)
    assert ask("post", "shifts", {"person": str(one.id), **place, **hours}, status=409)["code"] == "on_duty_already"
    asked = {"unit": place["unit"], "since": hours["starts_at"], "until": hours["ends_at"]}
    assert [shift["id"] for shift in ask("get", "shifts", asked)] == [made["id"]]
    ask("get", "shifts", asked | {"until": (now + timedelta(days=63)).isoformat()}, status=422)
    assert ask("put", "people/" + str(one.id) + "/skills", {**place, "skills": ["magic"]}, status=422)
    ask("put", "skills/lift", {"name": "电梯"}, status=403)
    ask("delete", f"shifts/{made['id']}", status=204)
    ask("delete", f"shifts/{made['id']}", status=404)


def test_nobody_and_strangers_are_refused_by_every_door(world: World, ask: Ask) -> None:
    case = open_case(world)
    made = ask("post", "proposals", {"unit": str(world.id("W"))}, status=201)
    choice = {"choices": [{"case": str(case), "person": str(uuid4())}], "why": "x"}
    unit = {"unit": str(world.id("W"))}
    for client in (Client(), client_of(world.resident()), client_of(worker(world, "stranger", "east"))):
        for path in (f"proposals/{made['id']}", "proposals/latest", f"cases/{case}/people", f"cases/{case}/nearest"):
            assert client.get(f"/api/v1/dispatch/{path}", unit).status_code in {401, 403, 404}, path
        for path, body in (("proposals", unit), (f"proposals/{made['id']}/accept", choice)):
            answer = client.post(f"/api/v1/dispatch/{path}", body, "application/json")
            assert answer.status_code in {401, 403, 404}, path
            assert answer.headers["Content-Type"] == "application/problem+json"

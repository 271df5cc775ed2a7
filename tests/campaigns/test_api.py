"""The API of joint control: a phone takes its doors along, sends what it did, and sees that it arrived."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from campaigns.conftest import Running
from django.test import Client
from factories.browsing import client_of
from factories.world import START_AT

from linli.campaigns.models import FormVersion
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Post

Ask = Callable[..., Any]


def asking(client: Client) -> Ask:
    def ask(method: str, path: str, body: object = None, *, status: int = 200, key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        given = {"data": body} if method == "get" else {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1/campaigns/{path}", headers=headers, **given)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return ask


def posted(running: Running, name: str, role: Role, unit: str) -> Ask:
    actor = running.area.world.actor(name, role, unit)
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=role, unit=running.area.world.units[unit], valid_from=START_AT)
    return asking(client_of(actor))


def sent(doors: list[Any], **other: Any) -> dict[str, Any]:
    now = clock.now()
    visits = [
        {"id": str(uuid4()), "door": door[0], "outcome": "done", "visited_at": (now - timedelta(minutes=3)).isoformat()}
        for door in doors
    ]
    return {"device": str(uuid4()), "sent_at": now.isoformat(), "visits": visits} | other


def test_a_phone_takes_its_doors_and_brings_them_back(running: Running) -> None:
    ask = asking(client_of(running.leads[0]))
    (team,) = ask("get", "teams/mine")
    assert team["id"] == str(running.teams[0].id)
    pack = ask("get", f"teams/{team['id']}/doors")
    doors = [door for building in pack["buildings"] for door in building["doors"]]
    assert {door[0] for door in doors} == {str(door.id) for door in running.doors_of(0)}
    for building in pack["buildings"]:
        stairwells = [door[1] for door in building["doors"]]
        assert len([at for at in range(1, len(stairwells)) if stairwells[at] != stairwells[at - 1]]) < len(
            set(stairwells)
        )
    body = sent(doors[:4])
    fates = ask("post", f"teams/{team['id']}/visits", body)["fates"]
    assert [one["fate"] for one in fates] == ["stored"] * 4
    assert {one["fate"] for one in ask("post", f"teams/{team['id']}/visits", body)["fates"]} == {"known"}
    again = ask("get", f"teams/{team['id']}/doors")
    assert sum(door[4] == "done" for building in again["buildings"] for door in building["doors"]) == 4


def test_when_to_come_again_goes_along_to_every_phone(running: Running) -> None:
    """Also of a household that no list had; it is over where a later visit says nothing of it."""
    ask = asking(client_of(running.leads[0]))
    team = ask("get", "teams/mine")[0]["id"]
    building = ask("get", f"teams/{team}/doors")["buildings"][0]
    tomorrow = (clock.now() + timedelta(days=1)).replace(microsecond=0)
    body = sent([*building["doors"][:3], [str(uuid4())]])
    for visit, outcome in zip(body["visits"], ["nobody_home", "unsafe", "nobody_home", "other_language"], strict=True):
        visit |= {"outcome": outcome, "next_at": tomorrow.isoformat()}
    body["visits"][3] |= {"found_in": building["id"], "found_label": "楼梯后面"}
    ask("post", f"teams/{team}/visits", body)
    later = sent(building["doors"][2:3], sent_at=clock.now().isoformat())
    later["visits"][0] |= {"outcome": "nobody_home", "visited_at": clock.now().isoformat()}
    ask("post", f"teams/{team}/visits", later)
    (again,) = [one for one in ask("get", f"teams/{team}/doors")["buildings"] if one["id"] == building["id"]]
    agreed = [door[6] and datetime.fromisoformat(door[6]) for door in again["doors"]]
    assert agreed == [tomorrow, tomorrow, *[None] * (len(agreed) - 2)]
    assert [(door[1], datetime.fromisoformat(door[4])) for door in again["found"]] == [("楼梯后面", tomorrow)]


def test_coverage_adds_up_from_the_building_to_the_city(running: Running) -> None:
    phone = asking(client_of(running.leads[0]))
    pack = phone("get", f"teams/{running.teams[0].id}/doors")
    doors = [door for building in pack["buildings"] for door in building["doors"]]
    phone("post", f"teams/{running.teams[0].id}/visits", sent(doors[:5]))
    desk = posted(running, "desk", Role.DESK, "51")
    world, campaign = running.area.world, running.campaign.id
    whole = len(running.area.everywhere)
    for unit in ("51", "5101", "W", "W1"):
        parts = desk("get", f"{campaign}/coverage", {"unit": str(world.id(unit))})
        assert sum(part["doors"] for part in parts) == whole
        assert sum(part["reached"] for part in parts) == 5
        assert sum(part["not_reached"] for part in parts) == whole - 5
    left = desk("get", f"{campaign}/buildings/{pack['buildings'][0]['id']}", {"not_reached": "true"})
    assert not {door["id"] for door in left} & {door[0] for door in doors[:5]}


def test_a_stranger_gets_no_doors_and_sends_none(running: Running) -> None:
    team = running.teams[0].id
    door = [[str(running.doors_of(0)[0].id)]]
    nobody = asking(Client())
    nobody("get", f"teams/{team}/doors", status=401)
    nobody("post", f"teams/{team}/visits", sent(door), status=401)
    other = asking(client_of(running.leads[1]))
    other("get", f"teams/{team}/doors", status=404)
    other("post", f"teams/{team}/visits", sent(door), status=403)


def test_a_batch_that_was_cut_in_half_stores_nothing(running: Running) -> None:
    client = client_of(running.leads[0])
    answer = client.post(
        f"/api/v1/campaigns/teams/{running.teams[0].id}/visits", data=b'{"device": "', content_type="application/json"
    )
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("visited_at", "sent_at"),
    [
        ("0001-01-01T00:00:00Z", "2026-11-28T08:00:00Z"),
        ("2026-11-28T08:00:00Z", "9999-12-31T23:59:59Z"),
        ("1900-01-01T00:00:00Z", "9000-01-01T00:00:00Z"),
        ("9000-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
    ],
)
def test_times_from_beyond_the_calendar_are_refused(running: Running, visited_at: str, sent_at: str) -> None:
    ask = asking(client_of(running.leads[0]))
    body = sent([[str(running.doors_of(0)[0].id)]], sent_at=sent_at)
    body["visits"][0]["visited_at"] = visited_at
    ask("post", f"teams/{running.teams[0].id}/visits", body, status=422)


@pytest.mark.parametrize("left_out", ["basis", "ends_at", "powers"])
def test_a_declaration_without_basis_or_end_is_refused(running: Running, left_out: str) -> None:
    ask = posted(running, "mayor", Role.LEADER, "51")
    now = clock.now()
    body = {
        "unit": str(running.area.world.id("51")), "kind": "flood", "name": "暴雨", "basis": "突发事件应对法第七十三条", "scope": "低洼院落",
        "powers": ["visit_households"], "starts_at": now.isoformat(), "ends_at": (now + timedelta(days=2)).isoformat(),
    }  # fmt: skip
    ask("post", "declarations", {name: value for name, value in body.items() if name != left_out}, status=422)
    made = ask("post", "declarations", body, status=201, key="one")
    assert ask("post", "declarations", body, status=201, key="one")["id"] == made["id"]
    assert made["stage"] == "in_force"
    ended = ask("post", f"declarations/{made['id']}/end", {"reason": "洪水已退"})
    assert ended["stage"] == "over"
    listed = asking(Client())("get", "declarations", {"unit": str(running.area.world.id("W1"))})
    assert made["id"] in {one["id"] for one in listed}


def test_a_phone_gets_what_it_draws_the_form_from(running: Running) -> None:
    schema = {"id": "screening", "root": "/data", "items": [{"kind": "text", "path": "/data/name"}]}
    with acting_as(SYSTEM):
        form = FormVersion.objects.create(
            unit=running.area.world.units["51"],
            form_id="screening",
            version="1",
            title="排查",
            xml="",
            schema=schema,
            source=b"",
        )
    ask = asking(client_of(running.leads[0]))
    assert ask("get", f"forms/{form.id}") == schema
    ask("get", f"forms/{uuid4()}", status=404)
    asking(Client())("get", f"forms/{form.id}", status=401)


def test_a_volunteer_without_any_post_opens_the_doors_page(running: Running) -> None:
    resident = running.area.world.resident("13800004321")
    assert client_of(resident).get("/field/doors/").status_code == 200
    assert Client().get("/field/doors/", headers={"accept": "text/html"}).status_code == 302

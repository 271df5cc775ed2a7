"""Hostile input, strangers and markup."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from dispatch.pages.conftest import _post
from dispatch.pages.control import FAR, NEAR, again, control, propose, text
from django.test import Client
from factories.duty import open_case, worker
from factories.world import World

from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.people.models import Person

pytestmark = pytest.mark.django_db
HOSTILE = (
    "",
    "x",
    "../../etc",
    "0" * 5000,
    "\u202e",
    "1e9",
    "-1",
    "01890999-7800-795f-82cc-07d10b1e4bf3",
    "'; DROP TABLE x; --",
)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_addresses_and_forms_are_answered(world: World, desk: Client, value: str) -> None:
    case = again(open_case(world))
    proposal = propose(world, desk)
    asked = {"unit": value, "day": value, "without": value, "more": value, "case": value, "count": value, "code": value}
    for path in ("", "people/", "what-if/", "skills/", "find/", f"gather/{case.reference}/"):
        assert desk.get(f"/dispatch/{path}", asked).status_code < 500, path
    sent = {
        "unit": value,
        "cases": value,
        "person": value,
        "people": value,
        "why": value,
        "sure": value,
        "count": value,
    }
    for path in (f"proposals/{proposal.id}/send/", f"proposals/{proposal.id}/take-back/", "people/", "skills/"):
        assert desk.post(f"/dispatch/{path}", sent).status_code < 500, path
    assert desk.post(f"/dispatch/gather/{case.reference}/", sent).status_code < 500
    assert desk.post(f"/dispatch/shifts/{uuid4()}/end/", sent).status_code < 500
    assert again(case.id).handler_id is None


def test_strangers_see_no_page_and_send_nobody(world: World, desk: Client, enter: Callable[[Actor], Client]) -> None:
    case = again(open_case(world))
    chosen = worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    elsewhere = enter(_post(world, "elsewhere", Role.DISPATCHER, "E"))
    assert "chosen" not in text(elsewhere.get(control(world)))
    for stranger in (elsewhere, enter(world.resident()), enter(worker(world, "stranger", "east")), Client()):
        for path in (f"proposals/{proposal.id}/{case.id}/", f"people/{chosen.id}/", f"gather/{case.reference}/"):
            assert stranger.get(f"/dispatch/{path}?unit={world.id('W')}").status_code in {302, 401, 403, 404}, path
        sent = {"cases": str(case.id), "sure": "1", "once": str(uuid4())}
        assert stranger.post(f"/dispatch/proposals/{proposal.id}/send/", sent).status_code in {302, 401, 403, 404}
    assert again(case.id).handler_id is None
    leader = enter(_post(world, "leader", Role.LEADER, "W"))
    page = leader.get(control(world))
    assert page.status_code == 200
    assert "See what follows, then send" not in text(page)
    assert leader.post("/dispatch/propose/", {"unit": str(world.id("W"))}).status_code == 403


def test_markup_in_names_and_reasons_stays_text(world: World, desk: Client) -> None:
    case = open_case(world)
    worker(world, "near", at=NEAR)
    other = worker(world, "other", at=FAR)
    with acting_as(SYSTEM):
        Person.objects.filter(pk=other.id).update(name="<script>alert(1)</script>")
    proposal = propose(world, desk)
    asked = {
        "cases": str(case),
        "person": str(other.id),
        "why": "<img src=x> \u202e",
        "sure": "1",
        "once": str(uuid4()),
    }
    desk.post(f"/dispatch/proposals/{proposal.id}/send/", asked)
    page = desk.get(control(world)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page

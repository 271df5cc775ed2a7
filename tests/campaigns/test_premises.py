"""Reopening: the register's lifecycle, its pages, its curve; whose it is to see and to change."""

from uuid import uuid4

import pytest
from campaigns.conftest import told
from campaigns.test_control_pages import browser_of, text_of
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import Client
from factories.world import HERE, World

from linli.campaigns import actions, errors, lifecycle
from linli.campaigns.actions import premises as register
from linli.campaigns.actions.premises import NewPremises
from linli.campaigns.lifecycle import Move
from linli.campaigns.models import Check, Power, Premises, Standing
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import Stale

PROMISE, FOUND = "每日消毒，限流二十人", "通道畅通，消毒记录齐全"


def typed(world: World, **other: object) -> dict[str, object]:
    usual = {
        "name": "便民超市", "kind": "shop", "unit": str(world.id("W1")), "address": "水碾河路1号", "responsible": "王先生",
        "phone": "13600001111", "lon": "", "lat": "", "once": str(uuid4()),
    }  # fmt: skip
    return {**usual, **other}


@pytest.fixture
def shop(world: World, leader: Actor) -> Premises:
    with acting_as(leader):
        return register.register(
            told=NewPremises(world.id("W1"), "shop", "便民超市", "水碾河路1号", "王先生", "13600001111"), by=leader
        )


def test_registered_applied_inspected_and_open(world: World) -> None:
    leader = browser_of(world, Role.LEADER)
    assert "没有登记场所" in text_of(leader.get("/control/premises/"))
    made = leader.post("/control/premises/new/", typed(world))
    assert made.status_code == 302
    address = made["Location"]
    assert leader.post(f"{address}open/", {"words": FOUND, "version": 1}).status_code == 409, "it has not applied"
    assert leader.post(f"{address}apply/", {"words": PROMISE, "version": 1}).status_code == 302
    stale = leader.post(f"{address}open/", {"words": FOUND, "version": 1})
    assert stale.status_code == 409
    assert FOUND in text_of(stale), "what was typed is still there"
    assert leader.post(f"{address}conditions/", {"words": "", "version": 2}).status_code == 422
    assert leader.post(f"{address}conditions/", {"words": "须增设出口", "version": 2}).status_code == 302
    assert leader.post(f"{address}open/", {"words": FOUND, "version": 3}).status_code == 302
    page = text_of(leader.get(address))
    assert all(words in page for words in (PROMISE, "须增设出口", FOUND, "王先生"))
    listed = text_of(leader.get("/control/premises/", {"standing": "opened"}))
    assert "便民超市" in listed
    curve = leader.get(f"/api/v1/campaigns/premises/curve?unit={world.id('51')}").json()
    assert [row["values"][-1] for row in curve["series"]] == [1, 1, 0]
    [one] = leader.get(f"/api/v1/campaigns/premises?unit={world.id('W')}").json()
    assert one["standing"] == "opened"
    assert "王先生" not in str(one)


def test_closing_is_a_power(world: World, shop: Premises, leader: Actor) -> None:
    with acting_as(leader):
        register.move(premises=shop.pk, move=Move.APPLY, words=PROMISE, by=leader)
        register.move(premises=shop.pk, move=Move.OPEN, words=FOUND, by=leader)
        with pytest.raises(errors.NotInForce):
            register.move(premises=shop.pk, move=Move.CLOSE, words="发现阳性", by=leader)
        declared = actions.declare(told=told(world, powers=[Power.CLOSE_PREMISES]), by=leader)
        register.move(premises=shop.pk, move=Move.CLOSE, words="发现聚集", by=leader)
        assert declared.uses.get().subject == "便民超市"
        assert Premises.objects.get().standing == Standing.CLOSED


@pytest.mark.parametrize("standing", list(Standing))
@pytest.mark.parametrize("move", list(Move))
def test_only_the_table_moves(world: World, shop: Premises, leader: Actor, standing: Standing, move: Move) -> None:
    with acting_as(SYSTEM):
        Premises.objects.update(standing=standing, commitments=PROMISE)
        actions.declare(told=told(world, powers=[Power.CLOSE_PREMISES]), by=leader)
    after = lifecycle.MOVES[standing].get(move)
    with acting_as(leader):
        if after is None:
            with pytest.raises(Stale):
                register.move(premises=shop.pk, move=move, words=FOUND, by=leader)
        else:
            assert register.move(premises=shop.pk, move=move, words=FOUND, by=leader).standing == after


def test_the_register_is_of_ones_own_units(world: World, shop: Premises) -> None:
    address = f"/control/premises/{shop.pk}/"
    east, desk = browser_of(world, Role.LEADER, "E"), browser_of(world, Role.DESK, "W")
    assert east.get(address).status_code == 404
    assert east.post(f"{address}apply/", {"words": PROMISE, "version": 1}).status_code == 404
    assert "便民超市" not in text_of(east.get("/control/premises/"))
    assert east.get("/control/premises/", {"unit": world.id("W")}).status_code == 403
    assert east.get(f"/api/v1/campaigns/premises?unit={world.id('W')}").status_code == 403
    assert east.post("/control/premises/new/", typed(world)).status_code == 422
    assert "便民超市" in text_of(desk.get("/control/premises/"))
    assert "apply/" not in text_of(desk.get(address))
    assert desk.post(f"{address}apply/", {"words": PROMISE, "version": 1}).status_code == 403
    assert Client().get(address).status_code == 302
    assert Client().get(f"/api/v1/campaigns/premises?unit={world.id('W')}").status_code == 401


def test_checks_stay(shop: Premises, leader: Actor) -> None:
    with acting_as(leader):
        register.move(premises=shop.pk, move=Move.APPLY, words=PROMISE, by=leader)
        register.move(premises=shop.pk, move=Move.REFUSE, words="出口被堵", by=leader)
        for change in (lambda: Check.objects.update(note="无"), lambda: Check.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"kind": "palace"}, {"unit": "x"}, {"lon": "104"}, {"lon": "999", "lat": "1"}, {"phone": "<b>"}], ids=str
)  # fmt: skip
def test_wrong_premises_are_refused(world: World, wrong: dict[str, object]) -> None:
    assert browser_of(world, Role.LEADER).post("/control/premises/new/", typed(world, **wrong)).status_code == 422


@pytest.mark.parametrize(("name", "version"), [("burn", "1"), ("apply", "x"), ("apply", "9" * 40), ("apply", "-1")])
def test_a_hostile_step_changes_nothing(world: World, shop: Premises, name: str, version: str) -> None:
    leader = browser_of(world, Role.LEADER)
    address = f"/control/premises/{shop.pk}/{name}/"
    assert leader.post(address, {"words": PROMISE, "version": version}).status_code == 404


def test_the_map_shows_premises_as_their_last_inspection_left_them(world: World, leader: Actor) -> None:
    asked = {"unit": world.id("W"), "west": 104, "south": 30.6, "east": 104.04, "north": 30.64, "zoom": 14}
    with acting_as(leader):
        placed = NewPremises(world.id("W1"), "shop", "便民超市", "水碾河路1号", "王先生", lon=HERE[0], lat=HERE[1])
        row = register.register(told=placed, by=leader)
        register.register(told=NewPremises(world.id("W1"), "shop", "无位置", "水碾河路2号", "王先生"), by=leader)
    desk, east = browser_of(world, Role.DESK, "W"), browser_of(world, Role.DESK, "E")
    assert 'data-window="/api/v1/campaigns/premises/window"' in text_of(desk.get("/map/"))
    address = "/api/v1/campaigns/premises/window"
    [before] = desk.get(address, asked).json()["features"]
    assert (before["properties"]["tone"], before["properties"]["href"]) == ("bad", f"/control/premises/{row.pk}/")
    assert "尚未检查" in before["properties"]["lines"]
    with acting_as(leader):
        register.move(premises=row.pk, move=Move.APPLY, words=PROMISE, by=leader)
        register.move(premises=row.pk, move=Move.CONDITIONS, words=FOUND, by=leader)
    [after] = desk.get(address, asked).json()["features"]
    assert after["properties"]["tone"] == "warn"
    assert "检查" in after["properties"]["lines"]
    assert "王先生" not in str(after)
    assert desk.get(address, asked | {"west": 104.01}).json()["features"] == []
    assert east.get(address, asked).status_code == 403
    assert east.get(address, asked | {"unit": world.id("E")}).json()["features"] == []
    assert Client().get(address, asked).status_code == 401
    for wrong, status in (({"west": 105}, 422), ({"zoom": 99}, 422), ({"unit": "x"}, 422)):
        assert desk.get(address, asked | wrong).status_code == status

"""Warnings come in from services by key, and are shown where and while they hold, for whom they are meant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from factories.world import World, forget_caches
from gateway.alerts.sending import (
    CORNER,
    FAR,
    LAT,
    LON,
    TINY,
    Send,
    declare,
    go_out,
    issue,
    rain,
    sender,
    shown,
    told_rows,
)

from linli.cases.pages.around import COOKIE
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound
from linli.gateway import actions, queries
from linli.gateway.cap.message import Area, Circle, MsgType, Reference, Scope, Severity, Status, read, write
from linli.gateway.models import Message, PublicAlert

pytestmark = pytest.mark.django_db


def test_a_grave_warning_is_shown_and_told_where_it_holds_with_what_to_do_first(world: World, service: Send) -> None:
    resident = world.resident("13800138000")
    with acting_as(resident):
        actions.follow(unit_id=world.id("W1"), by=resident)
    answer = service(rain())
    assert (answer["units"], answer["holds"], answer["for_residents"]) == (["W1"], True, True)
    assert shown(world, "Q") == ["暴雨红色预警"]
    assert not shown(world, "W2")
    go_out(0)
    with acting_as(SYSTEM):
        (message,) = Message.objects.filter(person=resident.id)
        assert message.params["title"] == "暴雨红色预警"


@pytest.mark.parametrize("page", ["/home/", "/safety/"])
def test_the_card_stands_on_the_resident_s_pages(world: World, service: Send, page: str) -> None:
    service(rain())
    client = Client()
    client.cookies[COOKIE] = str(world.id("W1"))
    text = client.get(page).content.decode()
    assert text.index("暴雨红色预警") < text.index("不要下到地下室。")
    client.cookies[COOKIE] = str(world.id("E1"))
    assert "暴雨红色预警" not in client.get(page).content.decode()


def test_whoever_chose_no_community_sees_what_holds_in_the_whole_city(world: World, service: Send) -> None:
    service(rain())
    assert not queries.alerts_in(None)
    service(rain(area=Area("x", circles=(Circle((LAT, LON), 500),)), headline="全市"))
    assert [row.headline for row in queries.alerts_in(None)] == ["全市"]


@pytest.mark.parametrize("page", ["/home/", "/safety/"])
def test_before_a_territory_is_loaded_the_pages_stand(db: None, page: str) -> None:
    forget_caches()
    assert Client().get(page).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"severity": Severity.MODERATE}, {"status": Status.EXERCISE}, {"status": Status.TEST}, {"status": Status.DRAFT},
        {"status": Status.SYSTEM}, {"scope": Scope.RESTRICTED}, {"scope": Scope.PRIVATE}, {"msg_type": MsgType.ACK},
        {"msg_type": MsgType.ERROR},
    ],
)  # fmt: skip
def test_what_is_not_meant_for_residents_is_kept_and_not_shown(
    world: World, service: Send, change: dict[str, Any]
) -> None:
    service(rain(**change))
    assert not shown(world, "W1")
    assert not told_rows()
    with acting_as(SYSTEM):
        assert PublicAlert.objects.count() == 1


def test_a_message_is_stored_once_and_with_other_content_refused(world: World, service: Send) -> None:
    alert = rain(area=Area("x", (tuple((lat + 1e-9, lon) for lat, lon in CORNER),)))
    first = service(alert)
    assert [service(alert, 200)["id"] for _again in range(2)] == [first["id"]] * 2
    service(replace(alert, note="?"), 409)
    other = sender(world, "51")
    other(alert, 409)
    assert len(told_rows()) == 1


def test_updates_and_cancels_follow_their_references_in_any_order(world: World, service: Send) -> None:
    first = rain(headline="一")
    second = rain(headline="二", msg_type=MsgType.UPDATE, references=(first.itself,))
    third = replace(rain(msg_type=MsgType.CANCEL, references=(second.itself,)), infos=())
    service(first)
    service(second)
    assert shown(world, "W1") == ["二"]
    assert service(third)["units"] == ["W1"]
    assert not shown(world, "W1")
    # And the other way round: what was cancelled before it came never holds.
    late = rain(headline="迟")
    service(rain(msg_type=MsgType.CANCEL, references=(late.itself,)))
    assert service(late)["holds"] is False
    assert not shown(world, "W1")


def test_a_key_ends_only_what_it_has_sent(world: World, service: Send) -> None:
    first = rain()
    service(first)
    other = sender(world, "51")
    other(rain(msg_type=MsgType.CANCEL, references=(first.itself, Reference("x", "y", first.sent))))
    assert shown(world, "W1") == ["暴雨红色预警"]


def test_what_is_over_or_still_ahead_is_not_shown(world: World, service: Send) -> None:
    now = timezone.localtime(clock.now().replace(microsecond=0))
    hour = timedelta(hours=1)
    service(rain(expires=now - hour))
    assert not told_rows()
    service(rain(effective=now + hour, headline="未来"))
    assert not shown(world, "W1")
    (row,) = told_rows()
    assert row.goes_at == now + hour
    with clock.at(now + 2 * hour):
        assert shown(world, "W1") == ["未来"]
    with clock.at(now + 25 * hour):
        assert not shown(world, "W1")


BOW = tuple((LAT + y, LON + x) for y, x in ((0, 0), (TINY, TINY), (TINY, 0), (0, TINY), (0, 0)))


@pytest.mark.parametrize(
    ("area", "units"),
    [
        (Area("x", (BOW,)), ["W1"]),
        (Area("x", circles=(Circle((LAT, LON), 0.02),)), ["W1"]),
        (Area("x", circles=(Circle((LAT, LON), 0),)), ["W1"]),
        (Area("x", circles=(Circle((LAT, LON), 500),)), ["51"]),
        (Area("x", circles=(Circle((90, 0), 10),)), []),
        (Area("x", geocodes=(("stat-code", "E2"), ("stat-code", "nowhere"))), ["E2"]),
        (Area("x", (CORNER,), geocodes=(("stat-code", "W"),)), ["W"]),
        (Area("x", (FAR,)), []),
        (Area("x", (((0, 0), (0, 0), (0, 0), (0, 0)),)), []),
        (Area("x"), []),
    ],
)
def test_areas_are_matched_to_the_fewest_units(world: World, service: Send, area: Area, units: list[str]) -> None:
    assert service(rain(area=area))["units"] == units
    assert bool(told_rows()) == bool(units)


def test_the_boundary_of_a_unit_is_that_unit_and_none_of_its_neighbours(
    world: World, leader: Actor, service: Send
) -> None:
    ours = read(issue(world, declare(world, leader), leader, headline="本市").xml.encode())
    (area,) = ours.infos[0].areas
    assert service(rain(area=Area("x", area.polygons)))["units"] == ["W"]


def test_a_key_speaks_for_its_unit_alone_and_only_if_it_may_post(world: World) -> None:
    of_east = sender(world, "E")
    assert of_east(rain())["units"] == []
    assert of_east(rain(area=Area("x", circles=(Circle((LAT, LON), 500),))))["units"] == ["E"]
    sender(world, "51", ("read",))(rain(), 403)
    nobody = Client().post("/api/v1/gateway/cap", write(rain()), "application/cap+xml")
    assert nobody.status_code == 401


def test_a_megabyte_of_polygon_and_hostile_xml_are_answered(world: World, service: Send) -> None:
    corners = [(LAT + 0.004 * (place % 2) + place / 10**9, LON + place / 10**8) for place in range(50_000)]
    service(rain((*corners, (LAT - 0.001, LON), corners[0])))
    service(b"<alert", 422)
    service(b"", 422)
    service(b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", 422)
    service(b"x" * 1_700_000, 413)
    service(write(rain()).replace(b"Severe", b"Bad"), 422)


def test_row_security_shows_restricted_messages_to_nobody_outside(world: World, service: Send) -> None:
    service(rain(scope=Scope.RESTRICTED))
    service(rain())
    with acting_as(world.resident("13800138000")):
        assert [row.scope for row in PublicAlert.objects.all()] == ["Public"]
    stranger = world.actor("stranger", Role.LEADER, "E")
    own = issue(
        world, declare(world, world.actor("leader", Role.LEADER, "51")), world.actor("leader", Role.LEADER, "51")
    )
    with acting_as(stranger), pytest.raises(NotFound):
        queries.alert_under(stranger, own.id)

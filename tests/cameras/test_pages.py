"""The pages of the cameras: a reason before a picture, one host that the page may then ask, and a register that is managed."""

import re
import socket
from typing import Any

import pytest
from cameras.conftest import told
from django.http import HttpResponse
from django.test import Client
from factories.world import HERE, START_AT, World

from linli.cameras.models import Camera, Look
from linli.cameras.rules import LOOK_LASTS
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.policy import CONTENT_SECURITY_POLICY
from linli.people.models import Person, Post

WHY = "消防通道可能被堵"


def browser_of(world: World, role: Role, unit: str = "W") -> Client:
    person = world.staff(f"{role}-{unit}")
    browser = Client()
    with acting_as(SYSTEM):
        Post.objects.create(person=person, role=role, unit=world.units[unit], valid_from=START_AT)
        browser.force_login(Person.objects.get(pk=person.pk))
    return browser


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def begin(browser: Client, camera: Camera, reason: str = WHY) -> str:
    answer = browser.post(f"/cameras/{camera.pk}/look/", {"reason": reason, "once": "k"})
    assert answer.status_code == 302, text_of(answer)  # type: ignore[arg-type]
    return str(answer["Location"])


def test_a_picture_only_after_a_reason(world: World, camera: Camera) -> None:
    desk = browser_of(world, Role.DESK)
    page = desk.get(f"/cameras/{camera.pk}/")
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "cam.example" not in text_of(page)
    assert "data-island" not in text_of(page)
    refused = desk.post(f"/cameras/{camera.pk}/look/", {"reason": " "})
    assert refused.status_code == 422
    with acting_as(SYSTEM):
        assert not Look.objects.exists()

    address = begin(desk, camera)
    assert begin(desk, camera) == address, "pressed twice it is one look"
    page = desk.get(address)
    policy = page.headers["Content-Security-Policy"]
    assert "connect-src 'self' https://cam.example:8443; media-src 'self' blob: https://cam.example:8443;" in policy
    assert (
        policy.replace(" https://cam.example:8443", "").replace(" media-src 'self' blob:;", "")
        == CONTENT_SECURITY_POLICY
    )
    assert "s3cret" not in text_of(page), "the address is not in the page"
    [source] = re.findall(r'data-source="([^"]+)"', text_of(page))
    assert desk.get(source).json() == {"kind": "hls", "address": told(world).address}
    assert WHY in text_of(desk.get(f"/cameras/{camera.pk}/"))


def test_a_look_is_nobody_elses_and_ends(world: World, camera: Camera) -> None:
    desk, leader = browser_of(world, Role.DESK), browser_of(world, Role.LEADER)
    address = begin(desk, camera)
    [source] = re.findall(r'data-source="([^"]+)"', text_of(desk.get(address)))
    assert leader.get(source).status_code == 404
    assert Client().get(source).status_code == 404
    assert "data-island" not in text_of(leader.get(address))
    assert WHY in text_of(leader.get(address)), "who answers for the unit sees it all the same"
    with clock.at(clock.now() + LOOK_LASTS):
        assert desk.get(source).status_code == 410
        page = desk.get(address)
        assert "data-island" not in text_of(page)
        assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("look", ["x", "0", "00000000-0000-0000-0000-000000000000", "'; script-src *"])
def test_an_address_without_a_look_shows_no_picture(world: World, camera: Camera, look: str) -> None:
    page = browser_of(world, Role.DESK).get(f"/cameras/{camera.pk}/", {"look": look})
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_an_administrator_keeps_the_register(world: World) -> None:
    admin = browser_of(world, Role.ADMIN)
    typed = {
        "name": "东门", "lon": HERE[0], "lat": HERE[1], "owner": str(world.bodies["street"].id), "purpose": "消防通道", "sign": "",
        "retention_days": 30, "kind": "whep", "address": "https://cam.example/whep", "direction": "",
    }  # fmt: skip
    wrong = admin.post("/cameras/new/", {**typed, "address": "rtsp://cam.example/1"})
    assert wrong.status_code == 422
    assert "消防通道" in text_of(wrong), "what was typed is still there"
    outside = admin.post("/cameras/new/", {**typed, "lon": 104.03})
    assert outside.status_code == 422
    made = admin.post("/cameras/new/", typed)
    assert made.status_code == 302
    page = text_of(admin.get(made["Location"]))
    assert "没有标识" in page
    assert admin.get(f"{made['Location']}change/").status_code == 200
    assert admin.post(f"{made['Location']}change/", {**typed, "sign": "门口", "direction": 0}).status_code == 302
    assert "朝向北" in text_of(admin.get(made["Location"]))
    assert admin.post(f"{made['Location']}close/", {"reason": ""}).status_code == 422
    assert admin.post(f"{made['Location']}close/", {"reason": "已经拆除"}).status_code == 302
    assert "东门" not in text_of(admin.get("/cameras/"))
    assert "已从登记册移除" in text_of(admin.get(made["Location"]))


def test_the_register_is_for_who_works_in_the_unit(world: World, camera: Camera) -> None:
    assert Client().get("/cameras/").status_code == 302
    assert browser_of(world, Role.VERIFIER).get("/cameras/").status_code == 403
    east, desk = browser_of(world, Role.LEADER, "E"), browser_of(world, Role.DESK)
    for path in ("", "look/", "change/", "close/"):
        address = f"/cameras/{camera.pk}/{path}"
        answer = east.post(address, {"reason": WHY}) if path else east.get(address)
        assert answer.status_code in {403, 404}, path
    assert camera.name in text_of(desk.get("/cameras/"))
    assert desk.get("/cameras/new/").status_code == 403
    assert desk.get(f"/cameras/{camera.pk}/change/").status_code == 403
    assert desk.get("/cameras/", {"before": "x"}).status_code == 200


def test_the_list_of_the_map_is_that_of_its_unit(world: World, camera: Camera) -> None:
    desk = browser_of(world, Role.DESK, "51")
    for unit, there in (("W", True), ("W1", True), ("E", False)):
        assert (camera.name in text_of(desk.get("/cameras/", {"unit": world.id(unit)}))) is there, unit
    assert camera.name in text_of(desk.get("/cameras/", {"unit": "x"})), "what cannot be read narrows nothing"


def test_the_map_shows_them_and_no_stream(world: World, camera: Camera) -> None:
    desk = browser_of(world, Role.DESK)
    assert 'data-window="/api/v1/cameras/map/window"' in text_of(desk.get("/map/"))
    asked = {"unit": world.id("W"), "west": 104, "south": 30.6, "east": 104.04, "north": 30.64, "zoom": 16}
    answer = desk.get("/api/v1/cameras/map/window", asked)
    [shown] = answer.json()["features"]
    assert shown["properties"]["href"] == f"/cameras/{camera.pk}/"
    assert shown["properties"]["direction"] == camera.direction
    assert b"cam.example" not in answer.content
    assert browser_of(world, Role.LEADER, "E").get("/api/v1/cameras/map/window", asked).status_code == 403
    assert Client().get("/api/v1/cameras/map/window", asked).status_code in {401, 403}
    assert desk.get("/api/v1/cameras/map/window", {**asked, "north": 900}).status_code == 422
    assert (
        desk.get("/api/v1/cameras/map/window", {**asked, "unit": "00000000-0000-0000-0000-000000000000"}).status_code
        == 404
    )


def test_no_address_is_ever_asked_by_the_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the register to the end of a look no name is looked up and no connection begun but those to the database."""
    asked: list[object] = []
    known, connect = socket.getaddrinfo, socket.socket.connect

    def look_up(host: object, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return known(host, *rest, **more)

    def connected(own: socket.socket, address: Any) -> None:
        asked.append(address[0] if isinstance(address, tuple) else address)
        connect(own, address)

    admin, desk = browser_of(world, Role.ADMIN), browser_of(world, Role.DESK)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connected)
    owner = str(world.bodies["street"].id)
    form = {
        "name": "东门", "lon": HERE[0], "lat": HERE[1], "owner": owner, "purpose": "消防通道", "kind": "hls", "retention_days": 30,
        "address": "https://10.1.2.3/live.m3u8", "once": "k",
    }  # fmt: skip
    place = admin.post("/cameras/new/", form)["Location"]
    changed = form | {"kind": "whep", "address": "https://camera.invalid/whep"}
    assert admin.post(f"{place}change/", changed).status_code == 302
    with acting_as(SYSTEM):
        camera = Camera.objects.get()
    begun = begin(desk, camera)
    assert desk.get(begun).status_code == 200
    stream = desk.get(f"/api/v1/cameras/looks/{begun.partition('look=')[2]}/stream").json()
    assert stream == {"kind": "whep", "address": "https://camera.invalid/whep"}
    assert desk.get("/map/").status_code == 200
    assert not {"10.1.2.3", "camera.invalid"} & set(asked)

"""The layers of the smart map in a real browser: each is switched on, seen, pressed and put away; and read as a list without script."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bars.test_accessibility import violations
from django.contrib.staticfiles import finders
from factories.devices import device, says
from factories.duty import HOUR
from factories.warnings import raised
from playwright.sync_api import Browser, Page, Request, expect

from linli.cameras import actions as cameras
from linli.campaigns.actions import premises as register
from linli.campaigns.actions.premises import NewPremises
from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.dispatch.models import Position, Shift
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.insight import events
from linli.people.models import Person
from linli.territory.facilities import actions as facilities
from linli.territory.facilities.kinds import Told
from linli.territory.models import FacilityKind
from stories import browser as browsers
from stories.stage import Site
from stories.test_smart_map import drawn, drawn_anew, open_map, place_on_map

pytestmark = pytest.mark.browser

# What stands where in the quarter, and what a press on it says.
PLACES = {
    "hazards": ((104.0008, 30.6042), "暴露垃圾"),
    "workers": ((104.0042, 30.6042), "handler"),
    "warnings": ((104.0025, 30.6025), "聚集"),
    "inspections": ((104.0025, 30.6042), "便民超市"),
    "services": ((104.0042, 30.6008), "水碾河菜市场"),
    "sensors": ((104.0008, 30.6025), "沟渠水位"),
    "cameras": ((104.0008, 30.6008), "北街东门"),
}
# Shown once somebody chooses them.
CHOSEN = {"services", "inspections"}
LISTS = {
    "安全隐患": "暴露垃圾", "在岗人员": "handler", "预警": "聚集", "服务设施": "水碾河菜市场", "受检场所": "便民超市",
    "传感器": "沟渠水位", "摄像头": "北街东门",
}  # fmt: skip


@pytest.fixture(autouse=True)
def built() -> None:
    if finders.find("web/built/smart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")


@pytest.fixture
def full(site: Site) -> Iterator[Site]:
    """One thing of every layer."""
    world, at = site.world, {name: place for name, (place, _said) in PLACES.items()}
    with acting_as(SYSTEM):
        world.classes["0101"].emergency_number = "119"
        world.classes["0101"].save()
        duties.forget()
        said = Report(description="楼道堆物", lon=at["hazards"][0], lat=at["hazards"][1], class_code="0101")
        cases.file(cases=[cases.collect(report=said, by=SYSTEM).case.id], by=SYSTEM, class_code="0101")
        raised(world, [], lon=at["warnings"][0], lat=at["warnings"][1], radius_km=0.1)
        now, handler = clock.now(), Person.objects.get(username="handler")
        Shift.objects.create(
            person=handler, unit=world.units["W"], body=world.bodies["street"], starts_at=now - HOUR, ends_at=now + HOUR
        )
        lon, lat = at["workers"]
        Position.objects.create(person=handler, unit=world.units["W"], lon=lon, lat=lat, at=now)
        market = Told("1", FacilityKind.MARKET, "水碾河菜市场", "", *at["services"])
        facilities.load(source="register", told=[market], by=SYSTEM)
        shop = NewPremises(world.id("W1"), "shop", "便民超市", "水碾河路1号", "王先生", "", *at["inspections"])
        register.register(told=shop, by=SYSTEM)
        device(world, lon=at["sensors"][0], lat=at["sensors"][1])
        says(world, 60, 62)
        cameras.register(
            told=cameras.Told(
                "北街东门", *at["cameras"], world.bodies["street"].id, "看消防通道", "hls", "https://camera.invalid/a.m3u8", 30, 45
            ),
            by=SYSTEM,
        )  # fmt: skip
    yield site
    duties.forget()


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("LINLI_STORY_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def shown(page: Page) -> tuple[set[str], set[str]]:
    """What the address says is chosen, and put away, beside what is usual."""
    query = parse_qs(urlsplit(page.url).query)
    return set(query.get("on", [])), set(query.get("off", []))


def test_each_layer_is_switched_on_seen_pressed_and_put_away(full: Site, browser: Browser) -> None:
    dispatcher = browsers.Person(browser, full, reduced_motion="reduce").sign_in("dispatcher")
    page = dispatcher.page
    with drawn_anew(page):
        open_map(page, f"?unit={full.world.id('Q')}")
    page.locator(".smart-layers summary").click()
    boxes = page.locator("[name=layer][data-window]")
    # Nothing is screened here: doors of joint control have tests/campaigns/test_coverage_map.py.
    assert {box.get_attribute("value") for box in boxes.all()} == {*PLACES, "doors"}
    for name in PLACES:
        box = page.locator(f"[name=layer][value={name}]")
        if not box.is_checked():
            with page.expect_response(f"**{box.get_attribute('data-window')}?*") as answered:
                box.check()
            assert answered.value.json()["features"], name
    assert shown(page) == (CHOSEN, set())
    assert violations(page) == []
    drawn(page)
    keep_picture(page, "map-layers-chosen")
    page.locator(".smart-layers summary").click()
    card = page.locator(".maplibregl-popup")
    for name, (place, said) in PLACES.items():
        page.mouse.click(*place_on_map(page, place))
        expect(card).to_contain_text(said)
        expect(card.locator("article")).to_have_count(1)
        if name == "cameras":
            expect(card).to_contain_text("朝向东北")
        keep_picture(page, f"map-layers-{name}")
        # Whatever stands on the map, it can be closed.
        page.locator(".maplibregl-popup-close-button").click()
        expect(card).to_be_hidden()
    # Put away, it is asked for no more and cannot be pressed; the address keeps it over a reload.
    page.locator(".smart-layers summary").click()
    for name in PLACES:
        page.locator(f"[name=layer][value={name}]").uncheck()
    page.locator("[name=layer][value=cases]").uncheck()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.reload()
    expect(page.locator("#smart-map canvas")).to_be_visible()
    page.wait_for_timeout(1500)
    assert shown(page)[1] == set(PLACES) - CHOSEN | {"cases"}
    assert not [path for path in asked if path.startswith("/api/") and "/map/" in path]
    assert dispatcher.complaints == []


def features_of(asked: Request) -> list[object]:
    answer = asked.response()
    assert answer is not None
    features: list[object] = answer.json()["features"]
    return features


def test_a_new_warning_appears_by_itself(site: Site, browser: Browser) -> None:
    leader = browsers.Person(browser, site).sign_in("leader")
    page = leader.page
    with page.expect_response("**/api/v1/insight/map/window?*") as before:
        open_map(page, f"?unit={site.world.id('Q')}")
    assert before.value.json()["features"] == []
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    asked: list[Request] = []
    page.on("requestfinished", lambda one: asked.append(one) if "/insight/map/window" in one.url else None)
    with acting_as(SYSTEM):
        events.raised(raised(site.world, [], radius_km=0.1))
    # Whatever else is heard of meanwhile is answered too, and perhaps before the warning is there.
    deadline = time.monotonic() + 20
    while not (found := [features for one in asked if (features := features_of(one))]):
        assert time.monotonic() < deadline, "no warning arrived"
        page.wait_for_timeout(100)
    assert len(found[-1]) == 2, "a point and the circle around it"
    assert leader.complaints == []


def test_each_layer_is_read_as_a_list_without_script(full: Site, browser: Browser) -> None:
    page = browsers.Person(browser, full, java_script_enabled=False).sign_in("dispatcher").page
    for name, said in LISTS.items():
        page.goto(f"/map/?unit={full.world.id('W')}")
        page.locator(".smart-lists").get_by_role("link", name=name).click()
        expect(page.locator("main")).to_contain_text(said)

"""The smart map in a real browser: down to a quarter and back, a past day hour by hour, and a new case while one looks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from bars.test_accessibility import violations
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils import timezone
from factories.world import ELSEWHERE, HERE
from PIL import Image
from playwright.sync_api import Browser, Page, Request, Route, expect

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.territory.models import Level, Unit
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def built() -> None:
    if finders.find("web/built/smart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")


def tell(at: datetime | None = None, place: tuple[float, float] = HERE) -> Case:
    with clock.at(at or clock.now()), acting_as(SYSTEM):
        report = Report(description="路灯不亮", lon=place[0], lat=place[1], class_code="0102")
        return actions.collect(report=report, by=SYSTEM).case


@pytest.fixture
def case(site: Site) -> Case:
    return tell()


@pytest.fixture
def elsewhere(site: Site) -> Case:
    return tell(place=ELSEWHERE)


@pytest.fixture
def past(site: Site) -> date:
    """A day that began with one open case; at half past one came one that ended at five, at half past two one that stayed."""
    day = timezone.localdate(clock.now()) - timedelta(days=3)
    midnight = datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))
    tell(midnight - timedelta(hours=2))
    tell(midnight + timedelta(hours=2, minutes=30))
    ended = tell(midnight + timedelta(hours=1, minutes=30))
    with acting_as(SYSTEM):
        Case.objects.filter(pk=ended.pk).update(state="declined", closed_at=midnight + timedelta(hours=5))
    return day


def report(browser: Browser, site: Site) -> None:
    """A passer-by tells of something else, while the page is open."""
    told = {"description": "井盖破损", "lon": HERE[0], "lat": HERE[1]}
    answer = browser.new_context().request.post(f"{site.url}/api/v1/cases", data=told)
    assert answer.status == 201, answer.text()


def open_map(page: Page, query: str = "") -> None:
    page.goto(f"/map/{query}")
    expect(page.locator("#smart-map canvas")).to_be_visible()


def said(page: Page, cases: int) -> None:
    expect(page.locator("#map-status")).to_have_text(f"视野内案卷：{cases}")


@contextmanager
def drawn_anew(page: Page) -> Iterator[None]:
    """Whatever is done within leads the map, which does not fly, to another window: that was answered, and had time to be drawn."""
    with page.expect_response("**/cases/map/window?*"):
        yield
    drawn(page)


def drawn(page: Page) -> None:
    """What was answered is on the map."""
    page.wait_for_timeout(1500)
    expect(page.locator("#smart-map[data-still]")).to_be_visible()


def unit_of(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("unit", [""])[0]


def test_a_leader_goes_down_to_a_case_and_back(site: Site, case: Case, elsewhere: Case, browser: Browser) -> None:
    leader = Person(browser, site, reduced_motion="reduce").sign_in("leader")
    page = leader.page
    with drawn_anew(page):
        open_map(page, f"?unit={site.world.id('5101')}")
    said(page, 2)
    # A press on an area of the map goes into it: the western half, and there the community in the south.
    for code in ("W", "W1"):
        box = page.locator("#smart-map").bounding_box()
        assert box
        with drawn_anew(page):
            page.mouse.click(box["x"] + box["width"] * 0.42, box["y"] + box["height"] * 0.68)
        expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(site.world.id(code)))
    # And so does its name in the list, with a keyboard, which keeps its place.
    page.get_by_role("link", name="水碾河北街院落").focus()
    with drawn_anew(page):
        page.keyboard.press("Enter")
    expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(site.world.id("Q")))
    expect(page.locator("#map-unit")).to_be_focused()
    said(page, 1)
    assert unit_of(page) == str(site.world.id("Q"))
    # The case itself, in the middle of the map once it is looked for.
    page.mouse.click(*place_on_map(page, HERE))
    card = page.locator(".maplibregl-popup")
    expect(card).to_contain_text("路灯不亮")
    expect(card.get_by_role("link")).to_have_attribute("href", f"/case/{case.reference}/")
    assert violations(page) == []
    page.go_back()
    expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(site.world.id("W1")))
    page.reload()
    expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(site.world.id("W1")))
    page.locator(".crumbs a").first.click()
    said(page, 2)
    keep_picture(page, "smart-map")
    assert leader.complaints == []


def place_on_map(page: Page, place: tuple[float, float], size: float = 0.005) -> tuple[float, float]:
    """Where a place is drawn of a quarter, or of its community with a `size` of 0.02: squares with the same south-western corner, which
    the map shows whole, between what stands above and below them."""
    box = page.locator("#smart-map").bounding_box()
    assert box
    side = box["height"] - 64 - 112
    west, south = 104.0, 30.6
    # One degree of longitude is shorter than one of latitude by the cosine of the latitude.
    width = side * 0.8606
    x = box["x"] + box["width"] / 2 - width / 2 + (place[0] - west) / size * width
    return x, box["y"] + 64 + side - (place[1] - south) / size * side


def test_a_press_on_a_quarter_leads_to_its_buildings(site: Site, case: Case, browser: Browser) -> None:
    with acting_as(SYSTEM):
        quarter = site.world.units["Q"]
        building = Unit(code="Q-B3", name="3栋", level=Level.BUILDING, parent=quarter, valid_from=quarter.valid_from)
        building.path, building.lon, building.lat = [*quarter.path, building.id], *HERE
        building.save()
        Case.objects.filter(pk=case.pk).update(units=[*case.units, building.pk])
    leader = Person(browser, site, reduced_motion="reduce").sign_in("leader")
    page = leader.page
    with drawn_anew(page):
        open_map(page, f"?unit={site.world.id('W1')}")
    with drawn_anew(page):
        page.mouse.click(*place_on_map(page, (104.0035, 30.6035), size=0.02))
    expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(site.world.id("Q")))
    expect(page.locator("#map-unit")).to_contain_text("水碾河北街院落")
    page.locator("[data-units]").get_by_role("link", name="3栋").click()
    expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(building.pk))
    expect(page.locator("#map-unit")).to_contain_text("3栋")
    assert leader.complaints == []


def test_a_past_day_is_replayed(site: Site, past: date, browser: Browser) -> None:
    leader = Person(browser, site, reduced_motion="reduce").sign_in("leader")
    page = leader.page
    open_map(page, f"?unit={site.world.id('W')}")
    # Layers of now are not shown beside a past day, and say why; whatever of them was on the map is gone.
    page.locator(".smart-layers summary").click()
    said(page, 2)
    sensors, note = page.get_by_label("传感器"), page.get_by_text("以下图层只反映当前情况，回看往日时不显示。")
    expect(sensors).to_be_enabled()
    expect(note).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path) if "/map/" in request.url else None)
    page.select_option("#map-show", "standing")
    page.fill("#map-day", past.isoformat())
    said(page, 1)
    expect(note).to_be_visible()
    expect(sensors).to_be_disabled()
    expect(sensors).to_be_checked()
    assert violations(page) == []
    keep_picture(page, "smart-map-layers-of-now")
    page.locator(".smart-layers summary").click()
    page.locator("#map-hour").focus()
    for cases in (1, 2, 3, 3, 3):
        page.keyboard.press("ArrowRight")
        said(page, cases)
    expect(page.locator("#map-moment")).to_contain_text("05:00")
    page.reload()
    expect(page.locator("#map-moment")).to_contain_text("05:00")
    said(page, 3)
    page.get_by_role("button", name="播放").click()
    expect(page.locator("#map-moment")).to_contain_text("07:00")
    page.get_by_role("button", name="暂停").click()
    said(page, 2)
    assert violations(page) == []
    # Down in it, the same moment stays.
    hour = page.locator("#map-hour").input_value()
    page.get_by_role("link", name="水碾河社区").click()
    expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(site.world.id("W1")))
    said(page, 2)
    expect(page).to_have_url(re.compile(f"hour={hour}$"))
    keep_picture(page, "smart-map-replay")
    assert {path for path in asked if path.startswith("/api/")} == {"/api/v1/cases/map/window"}
    # Back in the present they are there again.
    with page.expect_response("**/api/v1/sensors/map/window?*"):
        page.select_option("#map-show", "open")
    expect(sensors).to_be_enabled()
    assert leader.complaints == []


@pytest.fixture
def late(site: Site) -> None:
    """A case of two days ago whose limit is over."""
    then = clock.now() - timedelta(days=2)
    told = tell(then)
    with clock.at(then), acting_as(SYSTEM):
        actions.file(cases=[told.id], by=SYSTEM, class_code="0102")


def cells_are(page: Page) -> str:
    """In which colour cells stand in the middle of the map, away from the legend: red, green, or grey."""
    drawn(page)
    box = page.locator("#smart-map").bounding_box()
    assert box
    middle = {"x": box["x"], "y": box["y"] + 120, "width": box["width"], "height": box["height"] - 240}
    picture = Image.open(BytesIO(page.screenshot(clip=middle, caret="initial"))).convert("RGB")
    red = green = 0
    for count, (r, g, b) in picture.getcolors(1 << 24):
        red += count * (r - max(g, b) > 20)
        green += count * (g - max(r, b) > 10 and g - r > 25)
    return "red" if red > 200 else "green" if green > 200 else "grey"


def test_cells_show_limits_only_of_what_is_open_now(site: Site, late: None, elsewhere: Case, browser: Browser) -> None:
    leader = Person(browser, site, reduced_motion="reduce").sign_in("leader")
    page = leader.page
    legend = page.locator(".smart-legend:visible")
    open_map(page, f"?unit={site.world.id('E')}")
    said(page, 1)
    assert cells_are(page) == "green"
    unit = site.world.id("W")
    open_map(page, f"?unit={unit}")
    said(page, 1)
    expect(legend).to_contain_text("半数以上超期")
    keep_picture(page, "smart-map-cells")
    assert cells_are(page) == "red"
    yesterday = timezone.localdate(clock.now()) - timedelta(days=1)
    for query in ("show=reported", f"show=standing&day={yesterday}&hour=12", "colour=state", "colour=age"):
        open_map(page, f"?unit={unit}&{query}")
        said(page, 1)
        expect(legend).to_have_text("颜色越浓，案卷越多")
        assert cells_are(page) == "grey", query
    keep_picture(page, "smart-map-cells-by-number")
    assert violations(page) == []
    # Single cases are coloured as their legend says.
    open_map(page, f"?unit={site.world.id('Q')}&show=reported")
    said(page, 1)
    expect(legend).to_contain_text("时限内")
    assert leader.complaints == []


def colour_at(page: Page, x: float, y: float) -> str:
    picture = Image.open(BytesIO(page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1}, caret="initial")))
    red, green, blue = picture.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
    return f"rgb({red}, {green}, {blue})"


def test_cases_by_age(site: Site, browser: Browser) -> None:
    """Each case has the colour that the legend gives to its days since the report."""
    days = {0: 0.1, 1: 2, 3: 5, 7: 20, 30: 40}
    places = {since: (104.0008 + 0.0008 * number, 30.6042) for number, since in enumerate(days)}
    for since, age in days.items():
        tell(clock.now() - timedelta(days=age), places[since])
    leader = Person(browser, site, reduced_motion="reduce").sign_in("leader")
    page = leader.page
    with drawn_anew(page):
        open_map(page, f"?unit={site.world.id('Q')}")
    said(page, 5)
    page.locator(".smart-layers summary").click()
    page.select_option("#map-colour", "age")
    page.locator(".smart-layers summary").click()
    legend = page.locator(".smart-legend:visible")
    expect(legend).to_contain_text("超过 30 天")
    expect(page).to_have_url(re.compile("colour=age"))
    drawn(page)
    colours = {}
    for since, place in places.items():
        x, y = place_on_map(page, place)
        colours[since] = colour_at(page, x - 7, y)
    signs = {since: legend.locator(f"[data-since='{since}']") for since in days}
    assert colours == {
        since: sign.evaluate("sign => getComputedStyle(sign).backgroundColor") for since, sign in signs.items()
    }
    assert len(set(colours.values())) == len(days)
    assert violations(page) == []
    keep_picture(page, "smart-map-ages")
    assert leader.complaints == []


# Twenty changes within a second, and when the cases in view were asked for from then on.
CHANGES = """async () => {
  performance.clearResourceTimings();
  for (let number = 0; number < 20; number += 1) {
    document.dispatchEvent(new Event("live"));
    await new Promise((done) => setTimeout(done, 50));
  }
}"""
ASKED = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/cases/map/window")).map(({ startTime }) => startTime)"""


def test_a_new_case_appears_by_itself(site: Site, case: Case, browser: Browser) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    open_map(page, f"?unit={site.world.id('Q')}")
    said(page, 1)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    for _number in range(5):
        report(browser, site)
    said(page, 6)
    expect(page.locator(".stat-value").first).to_have_text("6")
    # However many changes come, half a second of them is fetched together (LIVE_MS of smart.ts).
    page.evaluate(CHANGES)
    page.wait_for_timeout(1500)
    asked: list[float] = page.evaluate(ASKED)
    assert min(after - before for before, after in pairwise(asked)) > 250
    assert leader.complaints == []


def test_only_the_newest_window_is_waited_for(site: Site, case: Case, browser: Browser) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    open_map(page, f"?unit={site.world.id('W')}")
    said(page, 1)
    held: list[Route] = []
    page.route("**/cases/map/window?*", lambda route: held.append(route), times=1)
    canvas = page.locator("#smart-map canvas")
    with page.expect_request("**/cases/map/window?*"):
        canvas.press("ArrowRight")
    # The map moves on before the answer is there: the question is taken back.
    with page.expect_event("requestfailed") as failed:
        canvas.press("ArrowLeft")
    assert failed.value == held[0].request
    said(page, 1)
    # Another colour of the same view asks nothing.
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/map/window" in request.url else None)
    drawn(page)
    before = len(asked)
    page.locator(".smart-layers summary").click()
    page.select_option("#map-colour", "state")
    page.wait_for_timeout(500)
    assert len(asked) == before
    expect(page.locator(".smart-legend:visible")).to_have_count(1)
    page.get_by_label("案卷", exact=True).last.uncheck()
    expect(page.locator("#map-status")).to_be_empty()
    expect(page.locator(".smart-legend:visible")).to_have_count(0)
    assert leader.complaints == []


def test_what_cannot_be_drawn_is_read(site: Site, case: Case, browser: Browser) -> None:
    leader = Person(browser, site).sign_in("leader")
    leader.page.route("**/built/**", lambda route: route.abort())
    leader.page.goto("/map/")
    expect(leader.page.locator(".smart-none")).to_be_visible()
    expect(leader.page.locator("#map-controls")).to_be_hidden()
    reader = Person(browser, site, java_script_enabled=False).sign_in("desk")
    page = reader.page
    page.goto("/map/")
    for name in ("双桥子街道", "水碾河社区", "水碾河北街院落"):
        page.get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_contain_text(name)
    page.locator(".stat").first.click()
    expect(page.locator(".case-table tbody tr")).to_have_count(1)
    assert reader.complaints == []


def test_on_a_phone_nothing_that_is_chosen_lies_over_the_map(site: Site, browser: Browser, case: Case) -> None:
    person = Person(browser, site, phone=True).sign_in("desk")
    page = person.page
    page.goto("/map/")
    expect(page.locator("#map-status")).to_contain_text("1")
    canvas = page.locator(".smart-canvas").bounding_box()
    assert canvas
    assert canvas["height"] > page.viewport_size["height"] / 2  # type: ignore[index]
    for part, below in ((".smart-choices", False), (".smart-said", True)):
        box = page.locator(part).bounding_box()
        assert box
        if below:
            assert box["y"] >= canvas["y"] + canvas["height"]
        else:
            assert box["y"] + box["height"] <= canvas["y"]
    # What the layers are chosen on stands above the map's own buttons.
    page.locator(".smart-layers summary").click()
    top = page.evaluate(
        "(() => { const box = document.querySelector('.smart-sheet').getBoundingClientRect();"
        " return document.elementFromPoint(box.right - 12, box.top + 30).closest('.smart-sheet') !== null; })()"
    )
    assert top
    keep_picture(page, "smart-map-phone")
    assert person.complaints == []

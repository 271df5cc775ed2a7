"""The live map on a base map: streets and water are drawn under the units; without one, or with a broken one, the map is as before."""

import io
import time
from pathlib import Path

import pytest
from bars.test_accessibility import violations
from click.testing import CliRunner
from django.contrib.staticfiles import finders
from factories.streets import extract, square
from factories.world import HERE
from PIL import Image, ImageColor
from playwright.sync_api import Browser, Page, Response, expect

from linli.cli import main
from stories.browser import WAIT_SECONDS, Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser

LON, LAT = HERE
STREET = [(LON - 0.05, LAT + 0.002), (LON + 0.05, LAT + 0.002)]


@pytest.fixture(autouse=True)
def built() -> None:
    if finders.find("web/built/map.js") is None:
        pytest.skip("the islands are not built: scripts/islands")


@pytest.fixture
def base(site: Site, tmp_path: Path) -> Path:
    """A base map in the data folder of the running server."""
    file = extract(
        tmp_path / "city.osm",
        ({"natural": "water"}, square(LON, LAT, 0.002)),
        ({"highway": "primary", "name": "双桥路", "name:en": "Shuangqiao Road"}, STREET),
    )
    place = site.folder / "map" / "base.pmtiles"
    done = CliRunner().invoke(main, ["map", "build", str(file), "--out", str(place)])
    assert done.exit_code == 0, done.output
    return place


def open_map(page: Page, site: Site) -> None:
    page.goto(f"/around/?unit={site.world.id('W1')}")
    page.locator("[data-open-map]").first.click()
    expect(page.locator("figure.map canvas")).to_be_visible()


def sees(page: Page, token: str) -> bool:
    """Whether the map comes to show the colour of a token."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if shows(page, token):
            return True
        page.wait_for_timeout(200)
    return False


def shows(page: Page, token: str) -> bool:
    colour = page.evaluate("name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", token)
    picture = Image.open(io.BytesIO(page.locator(".map-live").screenshot())).convert("RGB")
    counted = picture.getcolors(picture.width * picture.height) or []
    return sum(count for count, one in counted if one == ImageColor.getrgb(colour)) > 50


def test_streets_and_water_lie_under_the_units_by_day_and_by_night(site: Site, base: Path, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if "/map/base.pmtiles" in answer.url else None)
    open_map(page, site)
    assert sees(page, "--map-water")
    assert sees(page, "--map-major")
    assert {answer.status for answer in answers} == {206}
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("OpenStreetMap contributors")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert sees(page, "--map-water")
    keep_picture(resident.page, "base-map")
    assert resident.complaints == []


def test_without_a_base_map_the_territory_alone_is_drawn(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    open_map(page, site)
    assert sees(page, "--surface")
    assert page.locator(".map-live").get_attribute("data-base") == ""
    expect(page.locator(".maplibregl-ctrl-attrib")).to_be_hidden()
    assert resident.complaints == []


def test_a_file_that_is_no_base_map_leaves_the_territory(site: Site, browser: Browser) -> None:
    place = site.folder / "map" / "base.pmtiles"
    place.parent.mkdir()
    place.write_bytes(b"no map at all" * 2000)
    page = Person(browser, site, phone=True).page
    open_map(page, site)
    assert sees(page, "--brand")


def test_a_map_built_anew_is_shown_on_the_next_page(site: Site, base: Path, tmp_path: Path, browser: Browser) -> None:
    page = Person(browser, site, phone=True).page
    open_map(page, site)
    assert sees(page, "--map-water")
    before = page.locator(".map-live").get_attribute("data-base")
    green = extract(tmp_path / "green.osm", ({"leisure": "park"}, square(LON, LAT, 0.002)))
    assert CliRunner().invoke(main, ["map", "build", str(green), "--out", str(base)]).exit_code == 0
    open_map(page, site)
    assert page.locator(".map-live").get_attribute("data-base") != before
    assert sees(page, "--map-green")
    assert not shows(page, "--map-water")

"""What a first visit weighs over the wire, as Chromium receives it: the map and all else load when they are opened."""

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser
from stories.browser import PHONE, Person
from stories.stage import Site
from stories.test_doors import FORM, PHONE_NUMBER, choose_pin, started, tiles
from stories.test_field import beside

from bars.conftest import Served
from bench._wire import weighed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPT_KB, TOTAL_KB = 120, 300
RESIDENT_PAGES = ("/home/", "/report/", "/my/", "/around/")


def test_first_load_of_resident_pages(served: Served, browser: Browser) -> None:
    context = browser.new_context(**PHONE, base_url=served.url)
    context.add_cookies([{"name": "sessionid", "value": served.sessions["resident"], "url": served.url}])
    heavy = {}
    for path in RESIDENT_PAGES:
        page = context.new_page()
        with weighed(page) as weight:
            page.goto(path)
            page.wait_for_timeout(300)
        assert weight.kilobytes("Script") > 0, "nothing was counted"
        if weight.kilobytes("Script") > SCRIPT_KB or weight.kilobytes() > TOTAL_KB:
            heavy[path] = (weight.kilobytes("Script"), weight.kilobytes())
        page.close()
    context.close()
    assert not heavy, f"script over {SCRIPT_KB} kB or in all over {TOTAL_KB} kB: {heavy}"


def test_first_load_of_500_doors(site: Site, browser: Browser) -> None:
    """The page, its scripts, the doors, and the form of the first of them."""
    if finders.find("web/built/doors.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    beside(lambda: started(site, FORM, floors=125))
    page = Person(browser, site, phone=True).sign_in_by_phone(PHONE_NUMBER).page
    with weighed(page) as weight:
        page.goto("/field/doors/")
        choose_pin(page)
        page.locator(".door-building").first.click()
        assert tiles(page).count() == 500
        tiles(page).first.click()
        page.locator("[data-outcome=done]").click()
        page.locator("[data-name=people]").wait_for()
    print(f"\n500 doors: {weight.kilobytes():.0f} kB, scripts {weight.kilobytes('Script'):.0f} kB")
    assert weight.kilobytes("Script") > 0, "nothing was counted"
    assert weight.kilobytes() < TOTAL_KB

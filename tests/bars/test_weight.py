"""What a first visit weighs over the wire, as Chromium receives it: the map and all else load when they are opened."""

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, expect
from stories.browser import PHONE, Person
from stories.doors.phone import FORM, PHONE_NUMBER, choose_pin, started, tiles
from stories.stage import Site
from stories.test_field import beside

from bars.conftest import Served
from bench._wire import weighed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPT_KB, TOTAL_KB = 120, 300
# Pages for who builds, and those of the street, which a resident only finds closed.
NOT_RESIDENTS = ("/design/", "/api/v1/docs", "/sign-in/staff/", "/field/", "/control/")


def test_first_load_of_every_resident_page(served: Served, browser: Browser) -> None:
    """Each as a first visit would have it: nothing is kept from the page before."""
    weights: dict[str, tuple[float, float]] = {}
    for who in ("", "resident"):
        context = browser.new_context(**PHONE, base_url=served.url)
        if who:
            context.add_cookies([{"name": "sessionid", "value": served.sessions[who], "url": served.url}])
        for path in served.paths[who]:
            if not path.startswith(NOT_RESIDENTS):
                page = context.new_page()
                with weighed(page) as weight:
                    page.goto(path)
                    page.wait_for_timeout(300)
                weights[f"{who or 'anybody'} {path}"] = (weight.kilobytes("Script"), weight.kilobytes())
                page.close()
        context.close()
    worst = max(weights.items(), key=lambda one: one[1][1])
    print(
        f"\n{len(weights)} pages; the heaviest: {worst[0]}, scripts {worst[1][0]:.0f} kB, in all {worst[1][1]:.0f} kB"
    )
    assert all(script > 0 for script, _total in weights.values()), "nothing was counted"
    heavy = {path: one for path, one in weights.items() if one[0] > SCRIPT_KB or one[1] > TOTAL_KB}
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
        expect(tiles(page)).to_have_count(500)
        tiles(page).first.click()
        page.locator("[data-outcome=done]").click()
        page.locator("[data-name=people]").wait_for()
    print(f"\n500 doors: {weight.kilobytes():.0f} kB, scripts {weight.kilobytes('Script'):.0f} kB")
    assert weight.kilobytes("Script") > 0, "nothing was counted"
    assert weight.kilobytes() < TOTAL_KB

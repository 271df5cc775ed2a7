"""What a first visit weighs, as Chromium receives it: the map and all else load when they are opened.

The bars hold for what is there once it is unpacked, as it would come through a proxy that unpacks; over the wire it is a third.
"""

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, expect
from stories.browser import PHONE, Person
from stories.doors.phone import FORM, PHONE_NUMBER, choose_pin, started, tiles
from stories.stage import Site
from stories.test_field import beside

from bars.conftest import Served
from bench._wire import Weight, weighed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPT_KB, TOTAL_KB = 120, 300
PACKED_SHARE = 0.5  # of a script's bytes; a third and the answer's head is what it takes
# Pages for who builds, and those of the street, which a resident only finds closed.
NOT_RESIDENTS = ("/design/", "/api/v1/docs", "/sign-in/staff/", "/field/", "/control/")


def test_first_load_of_every_resident_page(served: Served, browser: Browser) -> None:
    """Each as a first visit would have it: nothing is kept from the page before."""
    weights: dict[str, Weight] = {}
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
                weights[f"{who or 'anybody'} {path}"] = weight
                page.close()
        context.close()
    print(f"\n{len(weights)} pages")
    for name, unpacked in (("unpacked", True), ("over the wire", False)):
        path, worst = max(weights.items(), key=lambda one: one[1].kilobytes(unpacked=unpacked))
        print(f"the heaviest {name}: {path}, {told(worst, unpacked=unpacked)}")
    assert all(weight.kilobytes("Script") > 0 for weight in weights.values()), "nothing was counted"
    heavy = {
        path: told(weight, unpacked=True)
        for path, weight in weights.items()
        if weight.kilobytes("Script", unpacked=True) > SCRIPT_KB or weight.kilobytes(unpacked=True) > TOTAL_KB
    }
    assert not heavy, f"script over {SCRIPT_KB} kB or in all over {TOTAL_KB} kB: {heavy}"
    sent_as_they_are = [path for path, weight in weights.items() if scripts_packed(weight) > PACKED_SHARE]
    assert not sent_as_they_are, "their scripts came uncompressed"


def told(weight: Weight, *, unpacked: bool) -> str:
    return f"scripts {weight.kilobytes('Script', unpacked=unpacked):.0f} kB, in all {weight.kilobytes(unpacked=unpacked):.0f} kB"


def scripts_packed(weight: Weight) -> float:
    """The share of its scripts that went over the wire."""
    return weight.kilobytes("Script") / weight.kilobytes("Script", unpacked=True)


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
    print(f"\n500 doors: {told(weight, unpacked=True)}; over the wire: {told(weight, unpacked=False)}")
    assert weight.kilobytes("Script") > 0, "nothing was counted"
    assert weight.kilobytes(unpacked=True) < TOTAL_KB
    assert scripts_packed(weight) < PACKED_SHARE

"""What a resident's first visit weighs over the wire, as Chromium receives it: the map and all else load when they are opened."""

import pytest
from playwright.sync_api import Browser
from stories.browser import PHONE

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

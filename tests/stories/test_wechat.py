"""Inside WeChat's web-view, as far as it can be had here: Chromium under WeChat's name, with a stand-in for the bridge between WeChat's own
script and the app. Whether the app itself answers so, only a phone with WeChat can tell."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from bars.test_accessibility import violations
from django.db import connections
from factories.providers import Wechat, listening
from factories.wechat_account import INSIDE, settings
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases.models import Case
from linli.foundation.access import SYSTEM, acting_as
from linli.gateway import wechat
from linli.territory import queries as territory
from stories.browser import Person
from stories.fixtures import SmallCity, Stage, staged, told_on
from stories.stage import Site

pytestmark = pytest.mark.browser
T = TypeVar("T")

# What WeChat puts into each page: it takes a call by name and answers it. `answers` is by name; what it was asked is in `asked`.
BRIDGE = """(answers) => {
  window.asked = [];
  window.WeixinJSBridge = {
    invoke(name, given, answer) {
      window.asked.push({ name, ...given });
      answer(answers[name] ?? { err_msg: `${name}:ok` });
    },
    on() {},
  };
}"""
# WeChat's script would tell WeChat the page's address and times; the policy lets no picture be fetched from elsewhere.
KEPT_HERE = "https://open.weixin.qq.com/sdk/report"


@pytest.fixture(scope="module")
def account() -> Iterator[Wechat]:
    made = Wechat()
    with listening(made):
        yield made


@pytest.fixture(scope="module")
def stage_with_account(
    small_city: SmallCity, account: Wechat, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with staged("wechat", small_city, tmp_path_factory.mktemp("wechat"), **settings(account.url)) as raised:
        yield raised


@pytest.fixture
def site(stage_with_account: Stage, small_city: SmallCity, django_db_blocker: pytest.FixtureRequest) -> Iterator[Site]:
    """The small city with a service account."""
    with told_on(stage_with_account, small_city, django_db_blocker) as served:
        yield served


def aside(work: Callable[[], T]) -> T:
    """What a story reads meanwhile; the browser's loop keeps Django out of this thread."""

    def done() -> T:
        try:
            with acting_as(SYSTEM):
                return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(done).result()


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("LINLI_STORY_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"wechat-{name}.png"), full_page=True)


def inside(browser: Browser, site: Site, **answers: dict[str, Any]) -> Person:
    person = Person(browser, site, phone=True, user_agent=INSIDE)
    person.page.add_init_script(f"({BRIDGE})({answers!r})")
    return person


def asked(page: Page, name: str) -> dict[str, Any]:
    """What the page asked of WeChat last, by this name."""
    page.wait_for_function("name => window.asked.some((one) => one.name === name)", arg=name)
    found: dict[str, Any] = page.evaluate("name => window.asked.findLast((one) => one.name === name)", name)
    return found


def test_a_public_page_shares_itself_and_a_private_one_the_front(site: Site, browser: Browser, account: Wechat) -> None:
    person = inside(browser, site)
    page = person.page
    page.goto(f"/around/?unit={site.world.id('W1')}")
    checked = asked(page, "preVerifyJSAPI")
    assert checked["verifyAppId"] == "wx-app"
    assert checked["verifySignature"] == wechat.signature(
        ticket="TICKET", nonce=checked["verifyNonceStr"], timestamp=int(checked["verifyTimestamp"]), url=page.url
    )
    card = asked(page, "updateAppMessageShareData")
    assert card["title"] == "水碾河社区"
    assert card["desc"] == page.locator("meta[itemprop=description]").get_attribute("content")
    assert card["link"] == page.url
    assert card["imgUrl"].startswith(f"{site.url}/static/web/share.")
    assert asked(page, "updateTimelineShareData")["link"] == page.url

    page.goto("/report/")
    page.fill("[name=description]", "门口垃圾堆了三天")
    page.fill("[name=place]", "水碾河北街院落")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/track/**")
    secret = page.url.rstrip("/").rsplit("/", 1)[1]
    card = asked(page, "updateAppMessageShareData")
    assert card["link"] == f"{site.url}/home/"
    assert secret not in str(card)
    assert "垃圾" not in str(card)
    # Nothing but the script's own report to WeChat was kept back, and nothing went to WeChat from here.
    assert [one for one in person.complaints if KEPT_HERE not in one] == []
    # Each once, for the pages of all stories here: both are good for two hours.
    asked_once = ["/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"]
    assert [path for path in account.paths() if path in asked_once] == asked_once


def test_wechats_own_position_is_kept_in_wgs84(site: Site, browser: Browser) -> None:
    lon, lat = aside(lambda: territory.in_gcj02(*HERE))
    at = {"err_msg": "geoLocation:ok", "longitude": str(lon), "latitude": str(lat)}
    person = inside(browser, site, geoLocation=at)
    page = person.page
    page.goto("/report/")
    # The web-view has no way back of its own.
    expect(page.locator(".bar-back")).to_be_visible()
    assert "viewport-fit=cover" in str(page.locator("meta[name=viewport]").get_attribute("content"))
    asked(page, "updateAppMessageShareData")
    page.fill("[name=description]", "门口垃圾堆了三天")
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    assert asked(page, "geoLocation")["type"] == "gcj02"
    picture(page, "position")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/track/**")
    case = aside(Case.objects.get)
    # GCJ-02 lies some 500 m beside: kept is WGS84, to a metre or two.
    assert (case.lon, case.lat) == (pytest.approx(HERE[0], abs=2e-5), pytest.approx(HERE[1], abs=2e-5))


def test_a_position_that_is_refused_or_cannot_be_had_leaves_the_other_ways(site: Site, browser: Browser) -> None:
    person = inside(browser, site, geoLocation={"err_msg": "geoLocation:fail auth deny"})
    page = person.page
    page.goto("/report/")
    asked(page, "updateAppMessageShareData")
    page.click("[data-position]")
    expect(page.locator("[data-position] + [role=alert]")).to_contain_text("位置")
    # A domain that WeChat does not know: the browser is asked as everywhere.
    other = inside(browser, site, preVerifyJSAPI={"err_msg": "preVerifyJSAPI:fail invalid url domain"})
    other.context.grant_permissions(["geolocation"])
    other.context.set_geolocation({"longitude": HERE[0], "latitude": HERE[1]})
    page = other.page
    page.goto("/report/")
    asked(page, "preVerifyJSAPI")
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    assert not page.evaluate("window.asked.some((one) => /Share|geo/.test(one.name))")


def test_outside_of_wechat_its_script_is_not_asked_for(site: Site, browser: Browser, account: Wechat) -> None:
    before = list(account.asked)
    person = Person(browser, site, phone=True)
    asked_for: list[str] = []
    person.page.on("request", lambda request: asked_for.append(request.url))
    person.page.goto("/home/")
    person.page.wait_for_load_state("networkidle")
    assert not [url for url in asked_for if "wechat" in url]
    assert account.asked == before


@pytest.mark.parametrize("english", [False, True])
def test_a_resident_connects_their_wechat(site: Site, browser: Browser, account: Wechat, english: bool) -> None:
    person = inside(browser, site).sign_in_by_phone("13800138011")
    page = person.page
    if english:
        page.goto("/home/")
        page.locator("[name=language][value=en]").first.click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/my/")
    page.locator("a[href='/me/wechat/']").click()
    page.wait_for_url("**/me/wechat/")
    assert violations(page) == []
    picture(page, f"connect-{'en' if english else 'zh'}")
    # WeChat's own page, which comes back at once.
    account.codes["CODE"] = "oResident"

    def come_back(route: Any) -> None:
        query = dict(pair.split("=", 1) for pair in route.request.url.split("?", 1)[1].split("#")[0].split("&"))
        back = f"{site.url}/me/wechat/done/?code=CODE&state={query['state']}"
        route.fulfill(status=200, content_type="text/html", body=f'<a id="on" href="{back}">on</a>')

    page.route("https://open.weixin.qq.com/**", come_back)
    page.locator("main form[action='/me/wechat/connect/'] button").click()
    page.locator("#on").click()
    page.wait_for_url("**/messages/settings/")
    page.locator("[name=way_progress]").select_option("wechat")
    page.locator("main form button:not([type=button])").last.click()
    expect(page.locator("[name=way_progress]")).to_have_value("wechat")
    picture(page, f"settings-{'en' if english else 'zh'}")
    page.goto("/me/wechat/")
    picture(page, f"connected-{'en' if english else 'zh'}")
    assert violations(page) == []
    page.locator("main form[action='/me/wechat/disconnect/'] button").click()
    expect(page.locator("main form[action='/me/wechat/disconnect/']")).to_have_count(0)
    assert [one for one in person.complaints if KEPT_HERE not in one] == []

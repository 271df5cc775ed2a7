"""Doors lie behind a PIN on the phone, and are gone when they have to be."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from stories.browser import Person
from stories.doors.phone import (
    Campaigning,
    honest,
    kept_files,
    sign_out,
    something_to_bring,
    take_along,
    tiles,
    unlock,
    visit,
    visits,
)
from stories.test_field import beside, kept, on_the_phone, ready_for_no_network

from linli.campaigns.models import Membership
from linli.foundation import clock

pytestmark = pytest.mark.browser


def test_a_sign_out_wipes_and_asks_first_what_would_be_lost(campaigning: Campaigning, browser: Browser) -> None:
    worker = take_along(browser, campaigning)
    page = worker.page
    page.route("**/visits", lambda route: route.abort())
    page.locator(".door-building").first.click()
    visit(page, 0, "done")
    page.goto("/me/")
    sign_out(page)
    page.wait_for_url("**/field/doors/?leaving")
    expect(page.get_by_role("heading", name="还有 1 条记录未发送")).to_be_visible()
    assert databases(page) == ["linli-doors"]
    page.get_by_role("button", name="仍然退出").click()
    page.wait_for_url(f"{campaigning.site.url}/")
    assert databases(page) == []
    assert not kept_files(page)
    assert visits() == []


def test_ten_wrong_pins_remove_everything(campaigning: Campaigning, browser: Browser) -> None:
    page = take_along(browser, campaigning).page
    page.reload()
    for left in range(9, 0, -1):
        unlock(page, "000000")
        expect(page.locator("#doors .notice.bad")).to_contain_text(f"还可以试 {left} 次")
    unlock(page, "000000")
    expect(page.locator("#doors .notice.bad")).to_contain_text("已输错十次")
    assert databases(page) == []


def test_nothing_of_a_door_is_readable_on_the_phone(campaigning: Campaigning, browser: Browser) -> None:
    page = take_along(browser, campaigning).page
    page.locator(".door-building").first.click()
    tiles(page).first.click()
    page.locator("#door-note").fill("有狗")
    page.locator("[data-outcome=refused]").click()
    expect(page.locator(".door-undo-bar")).to_be_visible()
    kept = page.evaluate(EVERYTHING_KEPT)
    assert "waiting" in kept, "the log is there"
    door = tiles(page).first.get_attribute("data-door")
    for secret in ("有狗", '"found_in":', "逐户排查", str(campaigning.campaign.id), str(door)):
        assert secret not in kept


def test_what_a_household_needs_is_not_kept_on_the_phone(campaigning: Campaigning, browser: Browser) -> None:
    """Its page has the address and the delivery: doors lie behind a PIN."""
    brought = beside(lambda: something_to_bring(campaigning))
    worker = Person(browser, campaigning.site, phone=True).sign_in("grid")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/follow/{brought.pk}/")
    expect(page.locator(".place-name")).to_be_visible()
    # Pages are kept one after another: this one would be there before the next.
    page.goto("/field/me/")
    kept(page)
    assert not on_the_phone(page, f"/field/follow/{brought.pk}/")
    worker.context.set_offline(True)
    page.goto(f"/field/follow/{brought.pk}/")
    expect(page.locator("h1")).to_have_text("没有网络")


def databases(page: Page) -> list[str]:
    return [
        name
        for name in page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
        if name == "linli-doors"
    ]


# Every value in the database, and every page and answer in the caches, as text.
EVERYTHING_KEPT = """async () => {
  const open = (name) => new Promise((done) => { const asked = indexedDB.open(name); asked.onsuccess = () => done(asked.result); });
  const all = (asked) => new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const read = (value) => value instanceof ArrayBuffer ? new TextDecoder().decode(value)
    : ArrayBuffer.isView(value) ? new TextDecoder().decode(value)
    : value && typeof value === "object" ? Object.entries(value).map(([name, one]) => name + read(one)).join(" ") : String(value);
  const db = await open("linli-doors");
  let text = "";
  for (const store of db.objectStoreNames) text += read(await all(db.transaction(store).objectStore(store).getAll()));
  db.close();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) if (!request.url.includes("/static/")) text += await (await cache.match(request)).text();
  }
  return text;
}"""


def test_a_leader_without_a_post_reads_whose_phone_is_silent_and_the_phone_keeps_no_name(
    campaigning: Campaigning, browser: Browser
) -> None:
    def leads() -> None:
        team = Membership.objects.filter(team=campaigning.team)
        team.update(since=clock.now() - timedelta(hours=4), leads=False)
        team.filter(member=campaigning.member).update(leads=True)

    beside(leads)
    worker = take_along(browser, campaigning)
    page = worker.page
    page.reload()
    silent = page.locator("#silent")
    expect(silent.get_by_text("cadre")).to_be_visible()
    worker.context.set_offline(True)
    page.reload()
    expect(page.locator("#door-pin")).to_be_visible()
    expect(silent).to_be_hidden()
    assert "cadre" not in page.evaluate(EVERYTHING_KEPT)
    assert honest(worker) == []

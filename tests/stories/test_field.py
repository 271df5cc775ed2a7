"""The field app on a phone: a task from the inbox to its proof, with and without a network."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import TypeVar

import pytest
from django.db import connections
from factories.world import HERE
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from linli.cases import actions
from linli.cases.models import Attachment, Case, State
from linli.cases.rules import Report
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.models import Entry
from stories.browser import WAIT_SECONDS, Person
from stories.stage import Site

pytestmark = pytest.mark.browser

T = TypeVar("T")
POSITION = {"longitude": HERE[0] + 0.0005, "latitude": HERE[1]}
ON_SITE = {"geolocation": POSITION, "permissions": ["geolocation"]}
PICTURES = os.environ.get("LINLI_STORY_PICTURES")


def beside(work: Callable[[], T]) -> T:
    """`work` in a thread of its own: Playwright keeps a loop in this one, in which Django asks no database."""

    def asked() -> T:
        try:
            with acting_as(SYSTEM):
                return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asked).result()


def photo(colour: str, size: tuple[int, int] = (640, 480)) -> dict[str, object]:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def dispatched(text: str = "垃圾堆放在门口") -> Case:
    """A case that waits for the street's handler."""

    def make() -> Case:
        case = actions.collect(report=Report(description=text, lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
        actions.file(cases=[case.id], by=SYSTEM, class_code="0101")
        actions.dispatch(cases=[case.id], by=SYSTEM)
        return Case.objects.get(pk=case.id)

    return beside(make)


def now(case: Case) -> Case:
    return beside(lambda: Case.objects.get(pk=case.id))


def steps(case: Case) -> list[str]:
    return [entry.action for entry in beside(lambda: audit.timeline(case.id))][3:]


def arrival_at(case: Case) -> Entry:
    return beside(lambda: Entry.objects.get(subject_id=case.id, action="arrive"))


def picture(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"field-{name}.png")


def step(page: Page, name: str) -> None:
    page.locator(f'[data-step="{name}"] button').click()


def all_sent(page: Page) -> None:
    # An arrival waits up to 8 seconds for its position (POSITION in field.js), what follows waits for it, and what was not taken at once is
    # sent again after 20 (AGAIN).
    expect(page.locator(".letter")).to_have_count(0, timeout=60_000)


def until(page: Page, ask: Callable[[], bool]) -> None:
    deadline = monotonic() + WAIT_SECONDS
    while not ask():
        assert monotonic() < deadline, "it never came to be so"
        page.wait_for_timeout(50)


def sent(page: Page, case: Case, *wanted: str) -> None:
    """The server has done these steps, and nothing waits any more: a page that has yet to read its outbox shows no letter either."""
    until(page, lambda: steps(case) == list(wanted))
    all_sent(page)


def kept(page: Page) -> None:
    """The service worker keeps a page beside showing it, and may be a moment later."""
    until(page, lambda: bool(page.evaluate("caches.match(location.href, { cacheName: 'personal' }).then(Boolean)")))


def report_back(page: Page) -> None:
    page.locator('[data-opens="report-back"]').click()
    sheet = page.locator("#report-back")
    sheet.locator("[name=before]").set_input_files(photo("brown"))
    sheet.locator("[name=files]").set_input_files(photo("green"))
    sheet.locator("[name=files]").set_input_files(photo("blue"))
    expect(sheet.locator(".shot-strip li")).to_have_count(3)
    sheet.locator(".quick .choice").first.click()
    sheet.locator("button.large").click()


def ready_for_no_network(page: Page) -> None:
    """The service worker is at work, and has seen the pages once."""
    page.goto("/field/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto("/field/")
    kept(page)


def test_a_task_from_the_inbox_to_its_proof(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True, **ON_SITE).sign_in("handler")
    page = worker.page
    page.goto("/field/")
    page.locator("[data-near]").click()
    expect(page.locator("[data-distance]")).to_contain_text("米")
    page.locator(".task-card a").click()
    step(page, "accept")
    expect(page.locator('[data-way="accept"].done')).to_be_visible()
    # It stays at the task, whose next step is under the thumb.
    expect(page.locator('[data-step="set_out"] button')).to_be_visible()
    # Large enough for a glove, and in the lower half; asked until the refreshed task stands still.
    thumb = "document.querySelector('[data-step=set_out] button').getBoundingClientRect()"
    page.wait_for_function(f"{thumb}.height >= 56 && {thumb}.y > innerHeight / 2")
    step(page, "set_out")
    expect(page.locator('[data-step="arrive"] button')).to_be_visible()
    step(page, "arrive")
    expect(page.locator('[data-opens="report-back"]')).to_be_visible()
    all_sent(page)
    assert arrival_at(case).data["metres"] == pytest.approx(48, abs=3)
    report_back(page)
    page.wait_for_url("**/field/")
    assert now(case).state == State.HANDLED
    # Reported back, it is no longer said to be in hand and due.
    page.goto(f"/field/task/{case.reference}/")
    expect(page.locator(".task-top .badge").last).to_have_text("已反馈")
    expect(page.locator(".task-due")).to_have_count(0)
    assert sorted(beside(lambda: list(Attachment.objects.filter(case=case).values_list("step", flat=True)))) == [
        "after",
        "after",
        "before",
    ]
    picture(page, "done")
    assert worker.complaints == []


def test_a_whole_task_without_network_is_kept_and_sent_once_and_in_order(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True, **ON_SITE).sign_in("handler")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/task/{case.reference}/")
    kept(page)
    worker.context.set_offline(True)
    page.goto("/field/")
    expect(page.locator(".when-kept")).to_be_visible()
    expect(page.locator(".when-kept time")).to_have_text(re.compile(r"^\d{1,2}月\d{1,2}日 \d\d:\d\d$"))
    picture(page, "no-network")
    page.locator(".task-card a").click()
    # Without a network nothing is kept but by the page's scripts, which have to be there.
    page.wait_for_load_state()
    expect(page.locator(".when-kept")).to_be_visible()
    for name in ("accept", "set_out", "arrive"):
        step(page, name)
    report_back(page)
    expect(page.locator("#all-said")).to_be_visible()
    expect(page.locator(".letter.waiting")).to_have_count(4)
    picture(page, "waiting")
    assert now(case).state == State.DISPATCHED
    # Reloaded in the middle, and from another page: nothing is lost.
    page.reload()
    expect(page.locator(".letter.waiting")).to_have_count(4)
    elsewhere = worker.open("/desk/nothing-kept/")
    expect(elsewhere.locator("h1")).to_have_text("没有网络")
    elsewhere.close()
    page.goto("/field/")
    expect(page.locator(".letter.waiting")).to_have_count(4)
    expect(page.locator(".task-waiting").first).to_be_visible()
    other = worker.open("/offline/")
    worker.context.set_offline(False)
    # Two tabs hear at once that the network is back; the one that shows a kept page loads itself anew.
    other.goto("/field/")
    sent(page, case, "accept", "set_out", "arrive", "report_back")
    all_sent(other)
    assert now(case).state == State.HANDLED
    assert [
        one for one in worker.complaints if not one.startswith("htmx:") and "ERR_INTERNET_DISCONNECTED" not in one
    ] == []


def test_the_inbox_that_was_opened_once_opens_without_network(site: Site, browser: Browser) -> None:
    """The very first page of the field app comes before its service worker, and is kept all the same."""
    dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.goto("/field/")
    kept(page)
    worker.context.set_offline(True)
    page.goto("/field/")
    expect(page.locator(".when-kept")).to_be_visible()
    expect(page.locator(".task-card")).to_have_count(1)
    # What the page asks by itself fails quietly: nobody has typed anything that would be “still here”.
    expect(page.locator("#messages")).to_be_empty()
    page.wait_for_timeout(1500)
    expect(page.locator("#messages")).to_be_empty()


def test_what_the_server_did_but_could_not_say_is_not_done_twice(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.goto(f"/field/task/{case.reference}/")

    def lose_the_answer(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort("connectionreset")  # type: ignore[attr-defined]

    page.route("**/accept/", lose_the_answer, times=1)
    with page.expect_event("requestfailed"):
        step(page, "accept")
    expect(page.locator(".letter.waiting")).to_have_count(1)
    assert steps(case) == ["accept"]
    page.goto("/field/")
    expect(page.locator(".letter")).to_have_count(0)
    assert steps(case) == ["accept"]


def test_a_step_pressed_while_the_one_before_is_on_its_way_follows_it(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.add_init_script(
        "navigator.geolocation.getCurrentPosition = (_found, refused) => (self.position_refused = refused)"
    )
    page.goto(f"/field/task/{case.reference}/")
    step(page, "accept")
    expect(page.locator('[data-way="accept"].done')).to_be_visible()
    on_their_way: list[Route] = []
    page.route("**/set_out/", lambda route: on_their_way.append(route), times=1)
    with page.expect_request("**/set_out/"):
        step(page, "set_out")
    step(page, "arrive")
    expect(page.locator("form[data-sending]")).to_have_count(2)
    # The page hears of the change before the step that made it is answered.
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        answer = on_their_way[0].fetch()
    page.wait_for_timeout(300)  # Time enough to be renewed, and to lose the form that waits for its position.
    on_their_way[0].fulfill(response=answer)
    expect(page.locator(".letter")).to_have_count(0)
    page.evaluate("position_refused()")
    sent(page, case, "accept", "set_out", "arrive")
    expect(page.locator('[data-opens="report-back"]')).to_be_visible()
    assert worker.complaints == []


def test_a_step_that_waits_for_its_position_outlives_what_was_sent_meanwhile(site: Site, browser: Browser) -> None:
    """What waited is sent when the page is opened, and the page shows the newest: not before the step that was pressed is kept."""
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.add_init_script(
        "navigator.geolocation.getCurrentPosition = (_found, refused) => (self.position_refused = refused)"
    )
    worker.context.route("**/pulse/", lambda route: route.fulfill(status=502, body="bad gateway"))
    page.goto(f"/field/task/{case.reference}/")
    for name in ("accept", "set_out"):
        step(page, name)
    expect(page.locator(".letter.waiting")).to_have_count(2)
    worker.context.unroute("**/pulse/")
    asked: list[Route] = []
    page.route("**/pulse/", lambda route: asked.append(route), times=1)
    with page.expect_request("**/pulse/"):
        page.reload()
    step(page, "arrive")
    expect(page.locator("form[data-sending]")).to_have_count(1)
    asked[0].continue_()
    until(page, lambda: steps(case) == ["accept", "set_out"])
    all_sent(page)
    page.evaluate("position_refused()")
    sent(page, case, "accept", "set_out", "arrive")
    expect(page.locator('[data-opens="report-back"]')).to_be_visible()


def test_a_tab_that_has_heard_nothing_goes_on_from_what_another_tab_sent(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page, deaf = worker.page, worker.open("/")
    deaf.route(re.compile("/live/"), lambda route: route.abort())
    page.goto(f"/field/task/{case.reference}/")
    step(page, "accept")
    sent(page, case, "accept")
    deaf.goto(f"/field/task/{case.reference}/")
    step(page, "set_out")
    sent(page, case, "accept", "set_out")
    expect(deaf.locator('[data-step="set_out"] button')).to_be_visible()
    deaf.locator('[data-opens="more"]').click()
    deaf.locator(".more-one summary").first.click()
    form = deaf.locator(".more-one form").first
    form.locator("textarea").fill("要一辆车")
    form.locator("button.large").click()
    until(deaf, lambda: len(steps(case)) == 3)
    all_sent(deaf)


def test_what_one_tab_has_sent_waits_in_no_other(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page, deaf = worker.page, worker.open("/")
    deaf.route(re.compile("/live/"), lambda route: route.abort())
    worker.context.route("**/pulse/", lambda route: route.fulfill(status=502, body="bad gateway"))
    page.goto(f"/field/task/{case.reference}/")
    step(page, "accept")
    deaf.goto(f"/field/task/{case.reference}/")
    expect(deaf.locator(".letter.waiting")).to_have_count(1)
    worker.context.unroute("**/pulse/")
    page.reload()
    sent(page, case, "accept")
    all_sent(deaf)


def test_a_server_that_falls_over_is_waited_for(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/task/{case.reference}/")
    worker.context.route("**/pulse/", lambda route: route.fulfill(status=502, body="bad gateway"))
    step(page, "accept")
    expect(page.locator(".letter.waiting")).to_have_count(1)
    worker.context.unroute("**/pulse/")
    page.reload()
    sent(page, case, "accept")


def test_a_task_that_somebody_else_took_shows_what_was_typed(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/task/{case.reference}/")
    worker.context.set_offline(True)
    page.locator('[data-opens="more"]').click()
    page.locator(".more-one summary").first.click()
    form = page.locator('form[data-change="reject"]')
    form.locator(".choice").nth(1).click()
    form.locator("textarea").fill("界线在河对岸")
    form.locator("button.large").click()
    expect(page.locator(".letter.waiting")).to_contain_text("界线在河对岸")

    def send_elsewhere() -> None:
        dispatcher = site.world.actor("stand-in", Role.DISPATCHER, "5101")
        actions.reassign(cases=[case.id], by=dispatcher, body_id=site.world.bodies["water"].id, note="改派")

    beside(send_elsewhere)
    worker.context.set_offline(False)
    page.goto("/field/")
    refused = page.locator(".letter.refused")
    expect(refused).to_contain_text("界线在河对岸")
    expect(refused).to_contain_text("不在本辖区")
    picture(page, "refused")
    assert steps(case) == ["reassign"]
    page.once("dialog", lambda dialog: dialog.accept())
    # The page hears of the outbox again while a thumb lies on the button.
    refused.locator('[data-part="drop"]').hover()
    page.mouse.down()
    page.evaluate("dispatchEvent(new Event('outbox'))")
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(page.locator(".letter")).to_have_count(0)


def test_signing_out_leaves_nothing_and_nobody_else_sends_it(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/task/{case.reference}/")
    worker.context.set_offline(True)
    step(page, "accept")
    expect(page.locator(".letter.waiting")).to_have_count(1)
    # The session first: once there is a network, the page sends what waits while it has one.
    worker.context.clear_cookies()
    worker.context.set_offline(False)
    page.goto("/offline/")
    worker.sign_in("helper")
    page.goto("/field/")
    expect(page.locator("#inbox")).to_be_visible()
    expect(page.locator(".letter")).to_have_count(0)
    assert steps(case) == []
    page.goto("/field/me/")
    page.locator('form[action="/sign-out/"] button').last.click()
    page.wait_for_url(f"{site.url}/")
    assert page.evaluate("caches.has('personal')") is False
    worker.context.set_offline(True)
    page.goto("/field/")
    expect(page.locator("h1")).to_have_text("没有网络")


def test_what_is_too_old_is_no_longer_on_the_phone(site: Site, browser: Browser) -> None:
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    ready_for_no_network(page)
    for path, hours in (("/field/task/old/", 25), ("/field/task/new/", 23), ("/case/old/files/1/?small", 25)):
        page.evaluate(
            """async ([path, hours]) => {
                const headers = { "X-Kept-At": String(Date.now() - hours * 3600000) };
                await (await caches.open("personal")).put(path, new Response("x", { headers }));
            }""",
            [path, hours],
        )
    page.goto("/field/")
    until(
        page, lambda: not on_the_phone(page, "/field/task/old/") and not on_the_phone(page, "/case/old/files/1/?small")
    )
    assert on_the_phone(page, "/field/task/new/")
    assert on_the_phone(page, "/owner")


def on_the_phone(page: Page, path: str) -> bool:
    return bool(page.evaluate("(path) => caches.match(path, { cacheName: 'personal' }).then(Boolean)", path))


def test_position_refused_and_a_photo_that_is_too_large(site: Site, browser: Browser, tmp_path: Path) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.goto(f"/field/task/{case.reference}/")
    step(page, "accept")
    step(page, "set_out")
    step(page, "arrive")
    page.locator('[data-opens="report-back"]').click()
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(b"\xff\xd8" + bytes(40 * 1024 * 1024))
    page.locator("#report-back [name=files]").set_input_files(huge)
    expect(page.locator("#report-back .too-large").last).to_be_visible()
    all_sent(page)
    assert arrival_at(case).data == {}


def test_of_five_photos_of_a_report_none_is_a_sliver(site: Site, browser: Browser) -> None:
    at_the_place = {"geolocation": {"longitude": HERE[0], "latitude": HERE[1]}, "permissions": ["geolocation"]}
    neighbour = Person(browser, site, phone=True, **at_the_place).open("/report/")
    sizes = ((640, 480), (480, 640), (640, 480), (480, 640), (90, 900))
    colours = ("red", "blue", "green", "brown", "black")
    neighbour.set_input_files("#id_photos", [photo(*one) for one in zip(colours, sizes, strict=True)])
    expect(neighbour.locator("#kept-photos img")).to_have_count(5)
    expect(neighbour.locator("#kept-photos progress:visible")).to_have_count(0)
    neighbour.fill("#id_description", "垃圾堆放在门口")
    neighbour.locator("[data-position]").first.click()
    neighbour.locator("#report .send-bar button").click()
    neighbour.wait_for_url("**/track/**")

    def dispatch() -> str:
        case = Case.objects.latest("reported_at")
        actions.file(cases=[case.id], by=SYSTEM, class_code="0101")
        actions.dispatch(cases=[case.id], by=SYSTEM)
        return case.reference

    page = Person(browser, site, phone=True).sign_in("handler").page
    page.goto(f"/field/task/{beside(dispatch)}/")
    shown = page.locator(".photo-strip a")
    expect(shown).to_have_count(5)
    for number in range(5):
        expect(shown.nth(number).locator("img")).to_have_js_property("complete", True)
    widths = page.locator(".photo-strip").evaluate(
        "all => [...all.children].map((one) => one.getBoundingClientRect().width)"
    )
    assert min(widths) >= 44, widths

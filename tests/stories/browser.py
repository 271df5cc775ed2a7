"""A real Chromium, and what every page must keep to: no error on its console, nothing that its policy forbids."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response, expect

from linli.web.help import COOKIE, TOURS
from stories.stage import PASSWORD, Site

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True}
WAIT_SECONDS = 30
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
# How long somebody has patience, in expectations as in actions. Nothing waits that long but on a machine that is busy with much else.
expect.set_options(timeout=WAIT_SECONDS * 1000)


@contextmanager
def chromium(playwright: Playwright, *settings: str) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS, *settings])
    yield browser
    browser.close()


def new_code(site: Site, name: str) -> str:
    """What the authenticator shows, or will show next: a code counts once, and a step early too (RFC 6238)."""
    authenticator = pyotp.TOTP(site.secrets[name])
    step = max(site.last_steps.get(name, 0) + 1, int(time.time()) // authenticator.interval)
    while step > int(time.time()) // authenticator.interval + 1:
        time.sleep(0.2)
    site.last_steps[name] = step
    return authenticator.generate_otp(step)


class Person:
    """Somebody at a browser of their own."""

    def __init__(
        self,
        browser: Browser,
        site: Site,
        *,
        phone: bool = False,
        english: bool = False,
        new_here: bool = False,
        **options: object,
    ) -> None:
        self.site = site
        self.complaints: list[str] = []
        size = PHONE if phone else DESKTOP
        given = size | {"locale": "en-US" if english else "zh-CN", "base_url": site.url} | options
        given["extra_http_headers"] = {"X-Forwarded-For": site.address}
        self.context: BrowserContext = browser.new_context(**given)  # type: ignore[arg-type]
        self.context.set_default_timeout(WAIT_SECONDS * 1000)
        if not new_here:
            # A welcome would stand before what the story is about.
            self.context.add_cookies([{"name": COOKIE, "value": ".".join(TOURS), "url": site.url}])
        self.page = self.open()

    def open(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", self._check)
        page.goto(path)
        return page

    def _check(self, answer: Response) -> None:
        if answer.status >= 500:
            self.complaints.append(f"{answer.status} {answer.request.method} {answer.url}")

    def _note(self, message: ConsoleMessage) -> None:
        # A refused form is answered with 4xx: Chromium says so, and that is meant. Failures are noted with their address.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self, name: str, *, english: bool = False) -> "Person":
        """As staff. The account's own language holds from then on; `english` switches it."""
        page = self.page
        page.goto("/sign-in/staff/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.click("main form button:not([type=button])")
        page.wait_for_url("**/sign-in/totp/")
        page.fill("[name=code]", new_code(self.site, name))
        page.click("main form button:not([type=button])")
        page.wait_for_url(f"{self.site.url}/")
        if english:
            page.locator("[name=language][value=en]").click()
            page.wait_for_url(f"{self.site.url}/")
        return self

    def sign_in_by_phone(self, number: str) -> "Person":
        self.page.goto("/sign-in/")
        self.give_phone_code(number)
        self.page.wait_for_url(f"{self.site.url}/")
        return self

    def give_phone_code(self, number: str) -> None:
        """On the page that asks for the number, wherever it leads afterwards."""
        page = self.page
        page.fill("[name=phone]", number)
        page.click("main form button:not([type=button])")
        page.wait_for_url("**/sign-in/code/**")
        shown = re.search(r"[0-9]{6}", page.locator(".notice").first.inner_text())
        assert shown, "the demo shows the code"
        page.fill("[name=code]", shown[0])
        page.click("main form button:not([type=button])")

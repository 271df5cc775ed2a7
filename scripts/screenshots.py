"""Pictures of every page of a running demo: phone, tablet and desktop, light and dark, Chinese and English.

    make demo                                   # in another terminal
    .venv/bin/python scripts/screenshots.py     # all of them, into out/pictures
    .venv/bin/python scripts/screenshots.py --docs   # the few that the documentation shows, into docs/pictures
    .venv/bin/python scripts/screenshots.py --guide  # those of the guides and the README, from a demo of its own

Needs the development requirements and Debian's Chromium. Look at them: that is what they are for.
"""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from linli.demo.logins import PASSWORD, RESIDENT_PHONE

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "is_mobile": True, "has_touch": True},
    "desktop": {"viewport": {"width": 1440, "height": 900}},
}
# In the demo's subdistrict.
HERE = {"longitude": 104.105, "latitude": 30.652}
MOST_BYTES = 150_000
# Every tour counts as seen: it would stand before what is photographed.
TOURS_SEEN = "resident.elder.field.desk.dispatch.leader.hotline.verifier"


# From the declarations to the screening of the first.
SCREENING = "#declared a[href^='/control/'][href*='-'] then a[href^='/control/screenings/']"


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it. `first` opens the first case of the page, or goes on from link to link (`a then b`); `who` empty is
    not signed in; `say` is typed."""

    name: str
    who: str
    path: str
    first: str = ""
    say: str = ""


SHOTS = (
    Shot("first", "", "/"),
    Shot("report", "", "/report/"),
    Shot("report-typed", "", "/report/", say="双林路三号院门口的路灯三天不亮了，老人晚上出门看不清路。"),
    Shot("home", "", "/home/"),
    Shot("safety", "", "/safety/"),
    Shot("service", "resident", "/service/"),
    Shot("around", "resident", "/around/"),
    Shot("sign-in", "", "/sign-in/"),
    Shot("sign-in-staff", "", "/sign-in/staff/"),
    Shot("missing", "", "/nothing-here/"),
    Shot("design", "", "/design/"),
    Shot("api", "", "/api/v1/docs"),
    Shot("my", "resident", "/my/"),
    Shot("my-case", "resident", "/my/", ".case-cards a"),
    Shot("me", "resident", "/me/"),
    Shot("desk", "desk", "/desk/"),
    Shot("desk-empty", "desk", "/desk/?text=nothing-like-this"),
    Shot("desk-new", "desk", "/desk/?state=collected", "tbody a"),
    Shot("desk-filed", "dispatch", "/desk/?state=filed", "tbody a"),
    Shot("field", "handler", "/field/"),
    Shot("field-case", "handler", "/field/", ".task-card a"),
    Shot("field-grid", "grid", "/field/"),
    Shot("verify", "verify", "/verify/"),
    Shot("verify-case", "verify", "/verify/", ".check-card header a"),
    Shot("hotline", "clerk", f"/hotline/?phone={RESIDENT_PHONE}"),
    Shot("rates", "leader", "/rates/"),
    Shot("duties", "desk", "/duties/"),
    Shot("territory", "desk", "/territory/"),
    Shot("audit", "audit", "/audit/"),
    Shot("control", "leader", "/control/"),
    Shot("screening", "leader", "/control/", SCREENING),
    Shot(
        "what-moves",
        "leader",
        "/control/",
        f"{SCREENING} then a[href*='/teams/?'] then #teams tbody a then a[href$='/end/']",
    ),
    Shot("form", "leader", "/control/forms/", "a[href^='/control/forms/0']"),
)
# What the documentation shows: name, size, scheme, language.
DOCS = {
    ("report-typed", "phone", "light", "zh"),
    ("my-case", "phone", "light", "zh"),
    ("desk", "desktop", "light", "zh"),
    ("field", "phone", "dark", "zh"),
    ("desk-filed", "desktop", "light", "en"),
    ("screening", "desktop", "light", "zh"),
    ("what-moves", "phone", "dark", "zh"),
    ("form", "desktop", "light", "en"),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--url", default="http://127.0.0.1:8000", help="where the demo runs")
    options.add_argument("--docs", action="store_true", help="only the pictures of the documentation")
    options.add_argument("--guide", action="store_true", help="the pictures of the guides, from a demo of its own")
    options.add_argument("--only", default="", help="only pages whose name begins so")
    options.add_argument("--out", type=Path, help="folder of the pictures")
    chosen = options.parse_args()
    if chosen.guide:
        return take_guide(chosen.only)
    folder = chosen.out or ROOT / ("docs/pictures" if chosen.docs else "out/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        studio = Studio(browser, chosen.url, folder, whole=not chosen.docs)
        for shot in SHOTS:
            for view in views():
                wanted = not chosen.docs or (shot.name, *view) in DOCS
                if wanted and shot.name.startswith(chosen.only):
                    studio.take(shot, *view)
        browser.close()


def take_guide(only: str) -> None:
    from guide_pictures import take_all

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        failed = take_all(browser, only)
        browser.close()
    if failed:
        raise SystemExit("Not taken:\n  " + "\n  ".join(failed))


def views() -> Iterator[tuple[str, str, str]]:
    """Each size in light Chinese and dark English, and the desktop in light English too."""
    for size in SIZES:
        yield size, "light", "zh"
        yield size, "dark", "en"
    yield "phone", "dark", "zh"
    yield "desktop", "light", "en"


class Studio:
    def __init__(self, browser: Browser, url: str, folder: Path, *, whole: bool) -> None:
        self.browser, self.url, self.folder, self.whole = browser, url, folder, whole
        self._signed_in: dict[str, StorageState] = {}

    def take(self, shot: Shot, size: str, scheme: str, language: str) -> None:
        state = self._state(shot.who) if shot.who else None
        context = self._context(size, scheme, state)
        code = {"zh": "zh-hans", "en": "en"}[language]
        context.add_cookies([{"name": "django_language", "value": code, "url": self.url}])
        context.add_cookies([{"name": "tours", "value": TOURS_SEEN, "url": self.url}])
        page = context.new_page()
        page.on("console", lambda message: print(f"  {shot.name}: {message.text}") if message.type == "error" else None)
        page.goto(shot.path)
        for step in filter(None, shot.first.split(" then ")):
            if page.locator(step).count():
                page.locator(step).first.click()
                page.wait_for_load_state()
        if shot.say:
            page.fill("[name=description]", shot.say)
            page.click("[data-position]")
            page.wait_for_timeout(1200)
        page.wait_for_timeout(200)
        page.evaluate("document.activeElement.blur()")
        target = self.folder / f"{shot.name}-{size}-{scheme}-{language}.png"
        page.screenshot(path=target, full_page=self.whole or bool(shot.say))
        context.close()
        shrink(target)
        print(f"{target.name}: {target.stat().st_size // 1000} kB")

    def _context(self, size: str, scheme: str, state: StorageState | None) -> BrowserContext:
        return self.browser.new_context(
            **SIZES[size],
            color_scheme=scheme,
            locale="zh-CN",
            base_url=self.url,
            storage_state=state,
            geolocation=HERE,
            permissions=["geolocation"],
        )

    def _state(self, who: str) -> StorageState:
        """Signed in once for all pictures. The demo shows its codes on the page."""
        if who not in self._signed_in:
            context = self._context("desktop", "light", None)
            sign_in(context.new_page(), who)
            self._signed_in[who] = context.storage_state()
            context.close()
        return self._signed_in[who]


def sign_in(page: Page, who: str) -> None:
    if who == "resident":
        submit(page, "/sign-in/", phone=RESIDENT_PHONE)
    else:
        submit(page, "/sign-in/staff/", username=who, password=PASSWORD)
    shown = re.search(r"\b[0-9]{6}\b", page.locator("main").inner_text())
    if shown is None:
        raise SystemExit(f"{who}: {page.url} shows no code; does it run as a demo?")
    submit(page, "", code=shown[0])


def submit(page: Page, path: str, **fields: str) -> None:
    if path:
        page.goto(path)
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    with page.expect_navigation():
        page.locator("main form").filter(has=page.locator(f"[name={next(iter(fields))}]")).locator(
            "button"
        ).first.click()


def shrink(path: Path, most: int = MOST_BYTES) -> None:
    """Flat colours need no more than a palette; a picture for the repository stays below 150 kB."""
    for colours in (256, 128, 64, 32, 16):
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        if path.stat().st_size <= most:
            return


if __name__ == "__main__":
    main()

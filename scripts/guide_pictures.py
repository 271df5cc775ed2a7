"""The pictures of the user guides and of the README: `scripts/screenshots.py --guide`.

A demo of its own is started in a scratch folder, so that the pictures show its newest day and nobody's own data. Pages are
found by address and name, cases through the API, so that a page may be rebuilt without this file. What cannot be taken is
named at the end and fails the script; the other pictures are there.
"""

import base64
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, StorageState
from screenshots import HERE, TOURS_SEEN, shrink, sign_in

from linli.demo.logins import RESIDENT_PHONE

ROOT = Path(__file__).resolve().parent.parent
SIZES = {
    "phone": {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True},
    "desktop": {"viewport": {"width": 1366, "height": 820}},
}
LANGUAGES = {"zh": "zh-hans", "en": "en"}
# Each language's pictures together stay below 2.5 MB.
MOST_BYTES = 130_000
STRIP_BYTES = 390_000
START_SECONDS = 300
# A proposal is worked out while its page is open.
WORKED_OUT_MS = 60_000
SAID = {
    "zh": "双林路三号院门口的路灯三天不亮了，老人晚上出门看不清路。",
    "en": "The street lamp in front of 3 Shuanglin Road has been dark for three days; old people cannot see their way.",
}


@dataclass(frozen=True)
class Picture:
    """A page as somebody sees it, down to the width of the guide.

    `paths`: the first that answers; `{case}` is a case of theirs in the state that `cases` (of the API) finds. `press` opens
    what is closed, `follow` leads on to another page, `wait` is drawn late, `show` is brought into view, and `fill` is typed: names of
    fields and words, or nothing for those of a report.
    """

    name: str
    who: str
    size: str
    paths: tuple[str, ...]
    cases: str = ""
    press: str = ""
    follow: str = ""
    wait: str = ""
    show: str = ""
    fill: tuple[tuple[str, str], ...] = ()


PICTURES = (
    Picture("report", "", "phone", ("/report/",), fill=(("description", ""),)),
    Picture("my-cases", "resident", "phone", ("/my/",)),
    Picture("my-case", "resident", "phone", ("/case/{case}/",), cases="mine?accepted"),
    Picture("rate", "resident", "phone", ("/case/{case}/",), cases="mine?closed", show="form[action$='/evaluate/']"),
    Picture("my-data", "resident", "phone", ("/me/",)),
    Picture("field-report", "grid", "phone", ("/report/",), fill=(("description", ""),)),
    Picture("field-inbox", "handler", "phone", ("/field/",)),
    Picture("field-task", "handler", "phone", ("/field/task/{case}/", "/case/{case}/"), cases="inbox?accepted"),
    Picture("handler-inbox", "handler.community", "desktop", ("/field/",)),
    Picture(
        "handler-report",
        "handler",
        "phone",
        ("/field/task/{case}/", "/case/{case}/"),
        cases="inbox?accepted",
        press="[data-opens='report-back']",
        show="form[action$='/report_back/']",
    ),
    Picture("verify-list", "verify", "desktop", ("/verify/",)),
    Picture("verify-case", "verify", "phone", ("/verify/",)),
    Picture("desk-list", "desk", "desktop", ("/desk/",)),
    Picture("desk-file", "desk", "desktop", ("/case/{case}/",), cases="?collected"),
    Picture("desk-dispatch", "dispatch", "desktop", ("/case/{case}/",), cases="?filed"),
    Picture(
        "hotline-call",
        "clerk",
        "desktop",
        ("/hotline/",),
        fill=(("contact_phone", RESIDENT_PHONE), ("description", "")),
    ),
    Picture("admin-posts", "admin", "desktop", ("/people/",)),
    Picture("admin-duties", "desk", "desktop", ("/duties/",)),
    Picture("admin-rates", "leader", "desktop", ("/rates/",)),
    Picture("admin-audit", "audit", "desktop", ("/audit/?number={case}",), cases="?closed"),
    Picture("lead-map", "leader", "desktop", ("/map/",), wait="#smart-map canvas"),
    Picture("lead-screen", "leader", "desktop", ("/screen/",), wait="figure.chart canvas >> nth=1"),
    Picture("lead-warning", "leader", "desktop", ("/warnings/",), follow="#warnings a[href^='/warnings/0']"),
    Picture("lead-compare", "leader", "desktop", ("/compare/",), wait="figure.chart canvas"),
    Picture(
        "lead-proposal",
        "dispatch",
        "desktop",
        ("/dispatch/",),
        press="form[action='/dispatch/propose/'] .primary",
        wait="form[action$='/send/'] button >> nth=0",
    ),
    Picture("lead-camera", "desk", "desktop", ("/cameras/",)),
)
# The main job in five pictures, and what each is.
STRIP = {
    "report": {"zh": "居民上报", "en": "A resident reports"},
    "desk-dispatch": {"zh": "受理、依清单派遣", "en": "Filed, dispatched by the duty list"},
    "field-task": {"zh": "外场处置", "en": "Handled in the field"},
    "verify-case": {"zh": "他人核查", "en": "Verified by other eyes"},
    "rate": {"zh": "居民评价", "en": "Rated by who reported"},
}


def take_all(browser: Browser, only: str = "") -> list[str]:
    """All pictures in both languages; returns the names of those that could not be taken, each with its reason."""
    with demo() as url:
        studio = Studio(browser, url)
        failed = []
        for language in LANGUAGES:
            for picture in PICTURES:
                if picture.name.startswith(only):
                    failed += attempt(f"{language}/{picture.name}", partial(studio.take, picture, language))
            if not only:
                failed += attempt(f"{language}/strip", partial(strip, browser, language))
        return failed


def attempt(name: str, take: Callable[[], Path]) -> list[str]:
    """Nothing, or the name of what could not be taken, with the reason."""
    try:
        made = take()
    except Exception as problem:
        failed = f"{name}: {str(problem).strip().splitlines()[0]}"
        print(f"NOT TAKEN {failed}")
        return [failed]
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size // 1000} kB")
    return []


@contextmanager
def demo() -> Iterator[str]:
    """A demo on a free port, in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="linli-guide-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "linli", "--data", folder / "data", "demo", "--port", str(port)]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "LINLI_WORKERS": "1"})
    url = f"http://127.0.0.1:{port}"
    try:
        print(f"A demo starts at {url} …")
        _await(url, running, folder / "log")
        yield url
    finally:
        running.terminate()
        running.wait(timeout=60)
        shutil.rmtree(folder)


def _await(url: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and running.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/readyz").is_success:
                return
        time.sleep(1)
    raise SystemExit(f"The demo did not start:\n{log.read_text()[-2000:]}")


class Studio:
    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self._signed_in: dict[str, StorageState] = {}

    def take(self, picture: Picture, language: str) -> Path:
        context = self._context(picture.size, picture.who)
        try:
            context.add_cookies(
                [
                    {"name": "django_language", "value": LANGUAGES[language], "url": self.url},
                    {"name": "tours", "value": TOURS_SEEN, "url": self.url},
                ]
            )
            page = context.new_page()
            page.set_default_timeout(10_000)
            _open(page, picture)
            _prepare(page, picture, language)
            return _photograph(page, ROOT / f"docs/guide/pictures/{language}/{picture.name}.png")
        finally:
            context.close()

    def _context(self, size: str, who: str) -> BrowserContext:
        if who and who not in self._signed_in:
            context = self._context("desktop", "")
            sign_in(context.new_page(), who)
            self._signed_in[who] = context.storage_state()
            context.close()
        return self.browser.new_context(
            **SIZES[size],
            device_scale_factor=2,
            color_scheme="light",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=self.url,
            storage_state=self._signed_in.get(who),
            geolocation=HERE,
            permissions=["geolocation"],
        )


def _open(page: Page, picture: Picture) -> None:
    case = _case(page, picture.cases) if picture.cases else ""
    for path in picture.paths:
        answer = page.goto(path.format(case=case))
        if answer and answer.ok:
            return
    raise LookupError(f"none of {', '.join(picture.paths)} answers")


def _case(page: Page, wanted: str) -> str:
    """The number of the newest case in a state: of one's own, of one's inbox, or of one's units."""
    where, _mark, state = wanted.partition("?")
    address = f"/api/v1/cases/{where}?size=100" if where else f"/api/v1/cases?state={state}"
    found = page.request.get(address).json()
    rows = found if isinstance(found, list) else found["cases"]
    return str(next(row["number"] for row in rows if row["state"] == state))


def _prepare(page: Page, picture: Picture, language: str) -> None:
    for name, words in picture.fill:
        page.fill(f"[name={name}]", words or SAID[language])
    if picture.fill and page.locator("[data-position]").is_visible():
        page.click("[data-position]")
    if picture.fill:
        page.wait_for_timeout(2000)
    if picture.press and page.locator(picture.press).count():
        # Also what waits for its turn: the proof is asked for when the handler has arrived.
        page.locator(picture.press).first.dispatch_event("click")
    if picture.follow:
        with page.expect_navigation():
            page.locator(picture.follow).first.click()
    if picture.wait:
        page.locator(picture.wait).first.wait_for(timeout=WORKED_OUT_MS)
        page.wait_for_timeout(1500)
    if picture.show:
        page.locator(picture.show).first.evaluate("element => element.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(500)
    # By way of an element: asked of a page that is just being left, the page itself would wait without end.
    page.locator("body").evaluate("() => document.activeElement.blur()")


# Colours of a picture, fewer where it were too heavy: with sixteen, blue signs of a map are green.
PALETTES = (64, 48, 32, 16)


def _photograph(page: Page, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target, animations="disabled")
    # Lossless but for the palette: a first visit to a guide stays under its weight (tests/bars).
    lighter = target.with_suffix(".webp")
    with Image.open(target) as picture:
        for colours in PALETTES:
            few = picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).convert("RGB")
            few.save(lighter, lossless=True, method=6)
            if lighter.stat().st_size <= MOST_BYTES:
                break
    target.unlink()
    return lighter


STRIP_STYLE = """
body { margin: 0; padding: 28px; background: #f1f3f2; font: 500 30px "Noto Sans CJK SC", sans-serif; color: #18201c; }
main { display: flex; gap: 28px; width: max-content; }
figure { margin: 0; } img { display: block; height: 760px; border: 1px solid #e1e6e3; border-radius: 20px; }
figcaption { margin: 0 0 18px; } figcaption b { display: inline-block; width: 1.7em; height: 1.7em; margin-right: .4em;
border-radius: 1em; background: #08734a; color: #fff; text-align: center; line-height: 1.7; }
"""


def strip(browser: Browser, language: str) -> Path:
    """The main job as one picture, from those of the guide."""
    figures = []
    for number, (name, words) in enumerate(STRIP.items(), start=1):
        picture = (ROOT / f"docs/guide/pictures/{language}/{name}.webp").read_bytes()
        image = f"data:image/webp;base64,{base64.b64encode(picture).decode()}"
        caption = f"<figcaption><b>{number}</b>{words[language]}</figcaption>"
        figures.append(f'<figure>{caption}<img src="{image}"></figure>')
    page = browser.new_page(viewport={"width": 3200, "height": 900})
    page.set_content(f"<style>{STRIP_STYLE}</style><main>{''.join(figures)}</main>")
    target = ROOT / f"docs/pictures/main-job-{language}.png"
    box = page.evaluate(
        "(({ width, height }) => ({ width, height }))(document.querySelector('main').getBoundingClientRect())"
    )
    page.set_viewport_size({"width": int(box["width"]) + 56, "height": int(box["height"]) + 56})
    page.screenshot(path=target)
    page.close()
    shrink(target, STRIP_BYTES)
    return target

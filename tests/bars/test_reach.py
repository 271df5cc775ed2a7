"""Pages of the street and of residents under a finger and in front of an old eye: targets, narrow screens, large text, no shift."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from stories.browser import PHONE

from bars.conftest import Served
from linli.web.help import COOKIE, TOURS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The least that a finger meets, and one in a glove.
LEAST = {"resident": 44, "field": 48}
MOST_SHIFT = 0.05
NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}
LOOKS = [("zh-hans", "normal"), ("en", "large")]
# Links inside a sentence are text (WCAG 2.5.8 leaves them out), and so is what no finger can press now. A help mark is pressed 44 px around
# what is drawn of it (help.css).
SMALL = """least => [...document.querySelectorAll("main :is(a, button, summary, select, textarea, input:not([type=hidden])), .tabs-bar a")]
  .map((one) => one.matches("input[type=radio], input[type=checkbox], input[type=file]") ? one.closest("label") || one : one)
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("svg, .unseen, [hidden], p, dd, .skip, .help-mark"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && Math.min(box.width, box.height) < least - 0.5)
  .map(([one, box]) => `${one.tagName} ${one.className} “${one.innerText.trim().slice(0, 20)}”`
    + ` ${box.width.toFixed()}×${box.height.toFixed()}`)"""
# Wider than the screen, or words that are cut off: where text may end in “…” there is a way to read it all.
CUT = """() => [...[document.documentElement].filter((one) => one.scrollWidth > one.clientWidth).map((one) => `page ${one.scrollWidth} px`),
  ...[...document.querySelectorAll("main :is(button, .button, h1, h2, label, .badge, p)")]
    .filter((one) => one.checkVisibility() && !one.matches(".help-mark") && !one.closest(".unseen") && !one.querySelector(".unseen"))
    .filter((one) => getComputedStyle(one).textOverflow !== "ellipsis" && getComputedStyle(one).clipPath === "none")
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
    .map((one) => `${one.tagName} ${one.className} “${one.innerText.trim().slice(0, 20)}”`)]"""
# A Latin word that goes on in the next line, where the bar or the page has no room for it; titles in the bar end in “…”.
BROKEN = r"""() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const shown = node.parentElement.checkVisibility({ contentVisibilityAuto: true });
    if (!shown || node.parentElement.closest(".bar-title, .unseen, .skip, svg, [popover], template")) continue;
    for (const word of node.data.matchAll(/[A-Za-z]{2,}/g)) {
      const range = document.createRange();
      range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top / 4)));
      if (lines.size > 1) found.push(`broken “${word[0]}”`);
    }
  }
  return found;
}"""
# Chinese: a line that begins with a mark that closes, wherever words and elements meet.
BEGINS = """() => {
  const closing = /[，。、；：！？）》」』】]/, found = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  let before = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const range = document.createRange();
    for (let at = 0; at < node.length; at += 1) {
      if (/\\s/.test(node.data[at])) continue;
      if (!closing.test(node.data[at])) { before = [node, at]; continue; }
      range.setStart(node, at); range.setEnd(node, at + 1);
      const box = range.getBoundingClientRect();
      if (!box.width || !before) continue;
      range.setStart(before[0], before[1]); range.setEnd(before[0], before[1] + 1);
      const last = range.getBoundingClientRect();
      if (last.width && box.left < last.left && box.top >= last.bottom - 2) found.push(`line begins “${node.data.slice(at, at + 8)}”`);
      before = [node, at];
    }
  }
  return found;
}"""
# What Chromium knows of Chinese lines is asked for: marks that share their room, air around Latin words and figures.
TYPOGRAPHY = """() => { const style = getComputedStyle(document.querySelector("main p, main li"));
  return [style.lineBreak, style.textAutospace, style.textSpacingTrim, style.textWrapStyle]; }"""
SHIFTS = """() => { window.shift = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())
  if (!one.hadRecentInput) window.shift += one.value; }).observe({ type: "layout-shift", buffered: true }); }"""

# Pages that scripts draw a part of, and what then stands there.
DRAWN = {
    "/field/": ".task-card",
    "/field/map/": ".map-live canvas",
    "/field/doors/": "#doors[data-drawn]",
    "/around/": "#main",
    "/report/": "#main form",
}


def entered(browser: Browser, served: Served, who: str, language: str, size: str) -> BrowserContext:
    context = browser.new_context(**NARROW, base_url=served.url)
    wanted = {"django_language": language, "look": f"theme=light&size={size}&side=open", COOKIE: ".".join(TOURS)}
    if who:
        wanted["sessionid"] = served.sessions[who]
    context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in wanted.items()])
    return context


def faults(page: Page, kind: str) -> list[str]:
    small: Any = page.evaluate(SMALL, LEAST[kind])
    cut: Any = page.evaluate(CUT)
    shift = float(page.evaluate("() => window.shift"))
    begins: Any = page.evaluate(BEGINS)
    broken: Any = page.evaluate(BROKEN)
    return [*small, *cut, *begins, *broken, *([f"shift {shift:.3f}"] if shift > MOST_SHIFT else [])]


@pytest.mark.parametrize(("language", "size"), LOOKS)
def test_targets_narrow_screens_and_no_shift(served: Served, browser: Browser, language: str, size: str) -> None:
    found: dict[str, list[str]] = {}
    for who in ("", "resident", "handler", "verifier"):
        context = entered(browser, served, who, language, size)
        page = context.new_page()
        page.add_init_script(f"({SHIFTS})()")
        for path in served.paths[who]:
            page.goto(path)
            if who == "verifier" and (lines := page.evaluate(CUT) + page.evaluate(BROKEN)):
                found[f"{who} {path}"] = lines
            if path == "/home/" and language == "zh-hans":
                assert page.evaluate(TYPOGRAPHY) == ["strict", "normal", "trim-start", "pretty"]
            kind = page.locator("body").get_attribute("class")
            if kind in {"on-resident", "on-field"} and (lines := faults(page, str(kind).removeprefix("on-"))):
                found[f"{who or 'anybody'} {path}"] = lines
        context.close()
    assert not found, "\n".join(f"{page}\n  " + "\n  ".join(lines) for page, lines in found.items())


@pytest.mark.parametrize(("language", "size"), LOOKS)
def test_nothing_moves_on_a_slow_phone(served: Served, browser: Browser, language: str, size: str) -> None:
    """What scripts draw comes long after the page itself, and the page has kept its place."""
    context = entered(browser, served, "handler", language, size)
    page = context.new_page()
    page.add_init_script(f"({SHIFTS})()")
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 8})
    found: dict[str, float] = {}
    for path, drawn in DRAWN.items():
        page.goto(path)
        page.locator(drawn).first.wait_for()
        page.wait_for_timeout(300)
        found[path] = float(page.evaluate("() => window.shift"))
    context.close()
    assert max(found.values()) <= MOST_SHIFT, found

"""axe-core on a page as it stands: the whole rule set, or in another look the rules that a look can change."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from playwright.sync_api import BrowserContext, Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# axe's own choice and the size of targets, which axe leaves out until it is asked for (WCAG 2.2).
ALL: tuple[str, ...] = ()
# A theme changes colours alone; the size of text and the width of the side bar change the layout too.
COLOURS = ("color-contrast", "link-in-text-block")
SIZES = ("target-size", "scrollable-region-focusable")
LAYOUT = (*COLOURS, *SIZES)


@dataclass(frozen=True, slots=True)
class Look:
    """A look as the server writes it on `<html>`, and the rules that are asked in it."""

    theme: str = "light"
    size: str = "normal"
    side: str = "open"
    rules: tuple[str, ...] = ALL


# Puts on a look as the server does (tests/web/test_looks.py), and gives what is found as one line for each element.
HELPERS = """
  window.wear = ({ theme, size, side }) => {
    const usual = { theme: "system", size: "normal", side: "open" };
    for (const [name, value] of Object.entries({ theme, size, side })) {
      if (value === usual[name]) delete document.documentElement.dataset[name];
      else document.documentElement.dataset[name] = value;
    }
  };
  const asked = async (within, without, options) => {
    const { violations } = await axe.run({ include: [within], exclude: without }, { resultTypes: ["violations"], ...options });
    // Marks lie where things are, on one another where these are at one place: each stands in the list beside the map as well.
    const counts = (rule, node) => rule.id !== "target-size" || !node.html.includes("maplibregl-marker");
    return violations.flatMap((rule) => rule.nodes.filter((node) => counts(rule, node)).map((node) =>
      `${rule.id}: ${node.target.join(" ")} · ${node.failureSummary.split("\\n").slice(1).join(" ").trim()}`));
  };
  const only = (values) => ({ runOnly: { type: "rule", values } });
  const every = (enabled) => ({ rules: Object.fromEntries(LAYOUT.map((rule) => [rule, { enabled }])) });
  // `without`: parts of the page that are not asked the rules of a look. What stands where in the whole page is asked with them.
  window.faults = async (within, rules, without = []) => {
    if (rules.length) return asked(within, without, only(rules));
    if (!without.length) return asked(within, [], every(true));
    return [...await asked(within, [], every(false)), ...await asked(within, without, only(LAYOUT))];
  };
  window.faultsInLooks = async (within, looks) => {
    const found = [];
    for (const look of looks) {
      wear(look);
      // A page that was scrolled stands half below its bar.
      if (within === document.documentElement) scrollTo(0, 0);
      for (const line of await faults(within, look.rules, look.without)) found.push(`${look.theme} ${look.size} ${look.side}: ${line}`);
    }
    return found;
  };
  true;
""".replace("LAYOUT", json.dumps(LAYOUT))
# The parts around a page, and what each looks like: words and classes, and which of its links is the page's own. A phone's bar says the
# page's title, on which neither colours nor sizes depend.
FRAME = """() => Object.fromEntries([".bar", ".side", ".foot"].flatMap((part) => {
  const one = document.querySelector(`body > ${part}, .frame > ${part}`)?.cloneNode(true);
  if (!one) return [];
  for (const title of one.querySelectorAll(".bar-title")) title.textContent = "";
  const drawn = [...one.querySelectorAll("*")].map((at) => `${at.tagName} ${at.getAttribute("class")} ${at.ariaCurrent}`);
  return [[part, `${document.body.className} ${innerWidth} ${drawn} ${one.textContent.replace(/\\s+/g, " ")}`]];
}))"""
# What a map draws into its canvas, axe does not look at: it is not drawn, for each look on each step of a tour draws it anew, in software.
UNDRAWN = """
  for (const { prototype } of [WebGLRenderingContext, WebGL2RenderingContext])
    for (const draw of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced", "clear"])
      if (draw in prototype) prototype[draw] = () => {};
"""
# What folds open is open, so that what it hides is looked at too: of folds that say the same (a row's, an example's) the first three,
# and of a page that is a list of folds (the API's operations) the first eight; what the others hold is never shown, and is taken out.
MOST_ALIKE, MOST_FOLDS = 3, 8
UNFOLD = """([open, alike, most]) => {
  const told = {};
  const unlike = [...document.querySelectorAll("main details")].filter((one) => {
    const says = one.querySelector("summary").textContent.trim();
    return (told[says] = (told[says] ?? 0) + 1) <= alike;
  });
  for (const one of unlike.slice(0, most)) { one.removeAttribute("name"); one.open = open; }
  for (const one of unlike.slice(most)) if (!one.open) one.replaceChildren(one.querySelector("summary"));
}"""
# What lies above a page until somebody asks for it: the reader's sheet, the drawer, sheets, and the help beside a word. Each is told
# once by what it says: most pages share the first two, and a topic stands beside many words.
OPENERS = """
  const openers = [...document.querySelectorAll("details.me, [data-opens], [popovertarget]")].filter((one) => one.checkVisibility());
  const layerOf = (one) => one.matches("details")
    ? one.querySelector(".me-sheet") : document.getElementById(one.dataset.opens ?? one.getAttribute("popovertarget"));
"""
TOLD = f"""() => {{ {OPENERS}
  const says = (layer) => `${{document.body.className}} ${{layer.className}} ${{layer.textContent.replace(/\\s+/g, " ")}}`;
  return openers.map((opener) => says(layerOf(opener)));
}}"""
LAYERS = f"""async ([wanted, looks]) => {{ {OPENERS}
  const found = [];
  for (const opener of wanted.map((at) => openers[at])) {{
    const layer = layerOf(opener);
    if (opener.matches("details")) opener.open = true;
    else opener.click();
    found.push(...await faultsInLooks(layer, looks));
    if (opener.matches("details")) opener.open = false;
    else if (layer.matches("dialog")) layer.close();
    else layer.hidePopover();
  }}
  wear(looks[0]);
  return found;
}}"""


def prepare(context: BrowserContext) -> None:
    """Every page of this browser comes with axe in it."""
    context.add_init_script(AXE + HELPERS + UNDRAWN)


def in_looks(
    page: Page, looks: Iterable[Look], *, within: str = "html", folds: bool | None = None, seen: set[str] | None = None
) -> list[str]:
    """What is found in these looks. `folds` opens or closes everything that folds before. What stands around the page and was `seen` in the
    same look on another page, the rules of looks are not asked again."""
    if folds is not None:
        page.evaluate(UNFOLD, [folds, MOST_ALIKE, MOST_FOLDS])
    frame: dict[str, str] = page.evaluate(FRAME) if seen is not None else {}
    told = []
    for look in looks:
        drawn = {part: f"{look} {shape}" for part, shape in frame.items()}
        told.append(_told(look) | {"without": [part for part, shape in drawn.items() if shape in (seen or ())]})
        if seen is not None:
            seen.update(drawn.values())
    script = "([within, looks]) => faultsInLooks(document.querySelector(within), looks)"
    return list(page.evaluate(script, [within, told]))


def layers(page: Page, looks: Iterable[Look], seen: set[str]) -> list[str]:
    """What is found in all that opens above this page and was not `seen` on another."""
    wanted = []
    for at, told in enumerate(page.evaluate(TOLD)):
        if told not in seen:
            wanted.append(at)
            seen.add(told)
    return list(page.evaluate(LAYERS, [wanted, [_told(look) for look in looks]])) if wanted else []


def violations(page: Page) -> list[str]:
    """Of the page as it stands, in the look that it has. One that is being left or drawn is waited for."""
    page.wait_for_load_state()
    if not page.evaluate("() => 'faults' in window"):
        page.evaluate(AXE + HELPERS)
    return list(page.evaluate("() => faults(document, [])"))


def _told(look: Look) -> dict[str, Any]:
    return {"theme": look.theme, "size": look.size, "side": look.side, "rules": list(look.rules)}

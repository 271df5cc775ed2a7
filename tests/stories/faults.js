// What is wrong with how a page is laid out, as one line for each element. `width`: of the screen, in pixels; `least`: of what a finger
// presses, or 0 for a mouse.
({ width, least }) => {
  const found = [];
  const style = (one) => getComputedStyle(one);
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !one.closest(".unseen, .skip, svg, [aria-hidden=true], .maplibregl-map, canvas")
    && ![one, one.closest("thead")].some((at) => at && style(at).clipPath !== "none");
  const named = (one) => `${one.tagName.toLowerCase()}${one.className && `.${one.className}`} “${(one.innerText || one.value || "").trim().slice(0, 24)}”`;
  const above = function* (one) { for (let at = one.parentElement; at; at = at.parentElement) yield at; };
  const hides = (value) => value === "hidden" || value === "clip";
  const scrolls = (value) => value === "auto" || value === "scroll";
  const stays = (one) => [one, ...above(one)].some((at) => style(at).position === "fixed" || style(at).position === "sticky");

  // The page scrolls sideways.
  const wide = document.documentElement.scrollWidth;
  if (wide > width) found.push(`the page is ${wide} px wide`);

  // Words that their box, a box around it or the screen cuts off, or that stand out of a button. Those that end in “…” can be read elsewhere.
  const words = (one) => {
    const range = document.createRange(), boxes = [];
    for (const node of one.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
      range.selectNodeContents(node);
      boxes.push(...range.getClientRects());
    }
    if (!boxes.length) return null;
    return {
      left: Math.min(...boxes.map((box) => box.left)), right: Math.max(...boxes.map((box) => box.right)),
      top: Math.min(...boxes.map((box) => box.top)), bottom: Math.max(...boxes.map((box) => box.bottom)),
    };
  };
  const shortened = (at) => style(at).textOverflow === "ellipsis" || style(at).webkitLineClamp !== "none";
  for (const one of document.body.querySelectorAll("*")) {
    if (one.matches("script, style, template, textarea, select, option, noscript") || !shown(one)) continue;
    const said = words(one);
    if (!said) continue;
    const own = one.getBoundingClientRect();
    if (one.matches("button, .button, .badge, .chip, .count, .tabs a") && (said.left < own.left - 1 || said.right > own.right + 1 || said.bottom > own.bottom + 2)) {
      found.push(`stands out: ${named(one)}`);
    }
    for (const at of [one, ...above(one)]) {
      const { overflowX, overflowY, clipPath } = style(at), box = at.getBoundingClientRect();
      if (clipPath !== "none" || shortened(at) || scrolls(overflowX) || scrolls(overflowY) || at.matches("dialog, [popover]")) break;
      const sideways = hides(overflowX) && (said.right > box.right + 1 || said.left < box.left - 1);
      if (sideways || (hides(overflowY) && said.bottom > box.bottom + 3)) {
        found.push(`cut off: ${named(one)}`);
        break;
      }
      if (at === document.documentElement && (said.right > width + 1 || said.left < -1)) found.push(`beside the screen: ${named(one)}`);
    }
  }

  // What is pressed: large enough for a finger, and not on one another. Links in a sentence or a list of facts are text (WCAG 2.5.8),
  // a row of cases is pressed as a whole, and a label for its box.
  const pressed = [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
    .map((one) => one.matches("[type=radio], [type=checkbox], [type=file]") ? one.closest("label") || one : one)
    .filter((one, at, all) => all.indexOf(one) === at && shown(one) && !one.closest(".foot"));
  const boxes = pressed.map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width > 1 && box.height > 1);
  // It may be pressed beside what is drawn of it: how far is it the same that a finger meets, up and down and to both sides?
  const met = (one) => {
    one.scrollIntoView({ block: "center", behavior: "instant" });
    const box = one.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    const far = (right, down) => {
      let off = 0;
      while (off < least && one.contains(document.elementFromPoint(x + right * (off + 1), y + down * (off + 1)))) off += 1;
      return off;
    };
    return far(-1, 0) + far(1, 0) >= least - 2 && far(0, -1) + far(0, 1) >= least - 2;
  };
  const stood = scrollY;
  for (const [one, box] of boxes) {
    if (!least || one.closest("p, dd, .case-table") || Math.min(box.width, box.height) >= least - 0.5 || met(one)) continue;
    found.push(`small ${box.width.toFixed()}×${box.height.toFixed()}: ${named(one)}`);
  }
  scrollTo({ top: stood, behavior: "instant" });
  const flowing = boxes.filter(([one]) => !stays(one) && !one.matches(".help-mark"));
  flowing.forEach(([one, a], at) => flowing.slice(at + 1).forEach(([other, b]) => {
    if (one.contains(other) || other.contains(one)) return;
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 2 && down > 2) found.push(`on one another: ${named(one)} and ${named(other)}`);
  }));

  // Nothing stands on the tab bar, and the end of the page is not below it.
  const bar = document.querySelector(".tabs-bar");
  if (bar && style(bar).position === "fixed" && !document.querySelector("dialog[open], :popover-open")) {
    const was = scrollY, tabs = () => bar.getBoundingClientRect();
    for (const one of document.querySelectorAll("body *")) {
      if (!["fixed", "sticky"].includes(style(one).position) || one === bar || one.contains(bar) || !shown(one)) continue;
      const box = one.getBoundingClientRect();
      if (box.height > 1 && box.bottom > tabs().top + 1 && box.top < tabs().bottom) found.push(`on the tab bar: ${named(one)}`);
    }
    scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    for (const one of pressed) {
      if (one.closest(".tabs-bar") || one.getBoundingClientRect().bottom <= tabs().top + 1) continue;
      found.push(`below the tab bar: ${named(one)}`);
    }
    scrollTo({ top: was, behavior: "instant" });
  }
  return found;
}

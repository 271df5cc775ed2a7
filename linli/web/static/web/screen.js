// The command screen renews itself once a minute, not only on changes: time alone makes cases late. It fills the whole screen on
// request, and hands itself out as one picture: painted sign by sign from what the page shows, as no browser lets a page be drawn. The
// report prints, and folds what is long on a phone.
(() => {
  "use strict";
  const MINUTE = 60_000;
  // Pixels of the picture for one of the page, at least; and what belongs to the page alone.
  const SHARP = 2;
  const LEFT_OUT = ".screen-tools, .help-mark, .unseen, details, [popover]";
  const screen = document.getElementById("screen-all");
  document.querySelector("[data-print]")?.addEventListener("click", () => print());
  // On a phone the report's long tables wait behind their titles; on paper all stands open.
  const long = [...document.querySelectorAll("details[data-long]")];
  const narrow = matchMedia("(max-width: 47.9rem)").matches;
  for (const table of long) table.open = !narrow || location.hash === `#${table.closest("section").id}`;
  addEventListener("beforeprint", () => long.forEach((table) => (table.open = true)));
  if (!screen) return;
  setInterval(() => dispatchEvent(new Event("stale")), MINUTE);

  const whole = screen.querySelector("[data-fullscreen]");
  if (document.fullscreenEnabled) {
    whole.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : screen.requestFullscreen()));
  } else whole.remove();

  const picture = () => {
    const box = screen.getBoundingClientRect();
    const scale = Math.max(SHARP, devicePixelRatio);
    const paper = document.createElement("canvas");
    paper.width = Math.round(box.width * scale);
    paper.height = Math.round(box.height * scale);
    const pen = paper.getContext("2d");
    pen.scale(scale, scale);
    pen.translate(-box.left, -box.top);
    paint(pen, screen);
    return paper;
  };
  // What an element shows: its ground and edge, its text, charts and bars, and what is in it.
  const paint = (pen, element) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (element.matches(LEFT_OUT) || style.display === "none" || !box.width) return;
    paintBox(pen, style, box);
    if (element instanceof HTMLCanvasElement) pen.drawImage(element, box.left, box.top, box.width, box.height);
    if (element instanceof HTMLMeterElement) paintMeter(pen, style, box, element.value / element.max);
    pen.save();
    if (style.overflowX !== "visible") {
      pen.beginPath();
      pen.rect(box.left, box.top, box.width, box.height);
      pen.clip();
    }
    for (const child of element.childNodes) {
      if (child instanceof Text) paintText(pen, style, child);
      else if (child instanceof HTMLElement) paint(pen, child);
    }
    pen.restore();
  };
  const paintBox = (pen, style, box) => {
    pen.beginPath();
    pen.roundRect(box.left, box.top, box.width, box.height, parseFloat(style.borderRadius) || 0);
    pen.fillStyle = style.backgroundColor;
    pen.fill();
    const edge = Math.min(parseFloat(style.borderTopWidth), parseFloat(style.borderBottomWidth));
    if (!edge) return;
    pen.lineWidth = edge;
    pen.strokeStyle = style.borderTopColor;
    pen.stroke();
  };
  const paintMeter = (pen, style, box, share) => {
    for (const [token, width] of [["--quiet-soft", box.width], ["--brand", box.width * share]]) {
      pen.fillStyle = style.getPropertyValue(token);
      pen.fillRect(box.left, box.top, width, box.height);
    }
  };
  // Sign by sign, where each stands: lines break and Chinese is spaced as on the page.
  const paintText = (pen, style, text) => {
    const range = document.createRange();
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    pen.fillStyle = style.color;
    const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: under } = pen.measureText("0");
    let start = 0;
    for (const sign of text.data) {
      range.setStart(text, start);
      range.setEnd(text, (start += sign.length));
      const [place] = range.getClientRects();
      if (place?.width) pen.fillText(sign, place.left, place.top + (place.height + above - under) / 2);
    }
  };
  screen.querySelector("[data-png]").addEventListener("click", () => {
    picture().toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      const counted = screen.querySelector("time").dateTime.slice(0, 16).replaceAll(":", "-");
      link.download = `${document.getElementById("screen").dataset.name} ${counted}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), MINUTE);
    });
  });
})();

// The command screen renews itself once a minute, not only on changes: time alone makes cases late. It fills the whole screen on
// request, and hands out its charts as one picture. The report prints.
(() => {
  "use strict";
  const MINUTE = 60_000;
  const EDGE = 24; // pixels around what is drawn
  const screen = document.getElementById("screen-all");
  document.querySelector("[data-print]")?.addEventListener("click", () => print());
  if (!screen) return;
  setInterval(() => dispatchEvent(new Event("stale")), MINUTE);

  const whole = screen.querySelector("[data-fullscreen]");
  if (document.fullscreenEnabled) {
    whole.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : screen.requestFullscreen()));
  } else whole.remove();

  // Each chart below the other, with its title, on the ground that it has here.
  const picture = () => {
    const charts = [...screen.querySelectorAll("figure.chart")].filter((chart) => chart.querySelector("canvas"));
    if (!charts.length) return null;
    const drawn = charts.map((chart) => ({ title: chart.querySelector("figcaption strong").textContent, canvas: chart.querySelector("canvas") }));
    const style = getComputedStyle(screen);
    const scale = devicePixelRatio;
    const line = 40 * scale;
    const edge = EDGE * scale;
    const paper = document.createElement("canvas");
    paper.width = Math.max(...drawn.map(({ canvas }) => canvas.width)) + 2 * edge;
    paper.height = drawn.reduce((sum, { canvas }) => sum + canvas.height + line + edge, line + 2 * edge);
    const pen = paper.getContext("2d");
    pen.fillStyle = style.backgroundColor;
    pen.fillRect(0, 0, paper.width, paper.height);
    pen.fillStyle = style.color;
    pen.textBaseline = "top";
    pen.font = `${20 * scale}px ${style.fontFamily}`;
    const grid = document.getElementById("screen");
    pen.fillText(`${grid.dataset.name} · ${grid.querySelector("time").textContent}`, edge, edge);
    let top = edge + line;
    for (const { title, canvas } of drawn) {
      pen.fillText(title, edge, top);
      pen.drawImage(canvas, edge, top + line);
      top += canvas.height + line + edge;
    }
    return paper;
  };
  screen.querySelector("[data-png]").addEventListener("click", () => {
    picture()?.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = "charts.png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), MINUTE);
    });
  });
})();

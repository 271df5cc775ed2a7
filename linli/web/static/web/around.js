// A choice in a form with `data-around` is shown at once: its class, or the position that was read. And the map shows the reader's
// own position when they ask for it; it stays in the browser.
(() => {
  "use strict";
  for (const happening of ["change", "placed"]) {
    document.addEventListener(happening, (event) => {
      const owner = event.target.closest("form[data-around]");
      if (owner) owner.requestSubmit();
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show-me]");
    const svg = document.querySelector("svg[data-west]");
    if (!button || !svg || !navigator.geolocation) return;
    const say = (id) => {
      for (const name of ["not-here", "no-position"]) document.getElementById(name).hidden = name !== id;
    };
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.disabled = false;
        const { west, south, east, north } = svg.dataset;
        const x = (coords.longitude - west) / (east - west);
        const y = (north - coords.latitude) / (north - south);
        const inside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
        const mark = svg.querySelector(".me-here");
        mark.setAttribute("cx", x * svg.viewBox.baseVal.width);
        mark.setAttribute("cy", y * svg.viewBox.baseVal.height);
        mark.setAttribute("visibility", inside ? "visible" : "hidden");
        say(inside ? "" : "not-here");
      },
      () => {
        button.disabled = false;
        say("no-position");
      },
      { timeout: 10000, maximumAge: 60000 },
    );
  });
})();

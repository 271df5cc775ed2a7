// What forms gain where script runs: one sending per press, the phone's position, a tap on the map, choices that fill fields.
// Every form works without it.
(() => {
  "use strict";
  const form = (element) => element.closest("form");

  document.addEventListener("input", (event) => {
    const owner = form(event.target);
    if (owner && owner.method === "post") owner.dataset.typed = "";
  });

  // What was typed into a form that was answered with a page of refusal (the sign-in has ended, the form was too old) is filled
  // in again when the form's page comes back. It stays in this tab, and goes with the first page that is no refusal.
  const TYPED = "linli.typed";
  const PAST = /^\/(sign-in|sign-out|look|language)\//;
  const words = (owner) =>
    [...owner.elements].filter((field) => field.name && !/^(hidden|file|password|submit|button)$/.test(field.type) && field.autocomplete !== "one-time-code");
  const path = (owner) => new URL(owner.action, location.href).pathname;
  const remember = (value) => {
    try {
      if (value) sessionStorage.setItem(TYPED, JSON.stringify(value));
      else sessionStorage.removeItem(TYPED);
    } catch {}
  };
  const recall = () => {
    try {
      return JSON.parse(sessionStorage.getItem(TYPED));
    } catch {
      return null;
    }
  };

  const here = () => location.pathname + location.search;
  const keep = (owner, marks = {}) => {
    const fields = words(owner).map((field) => [field.name, field.value, field.checked ?? null]);
    if (fields.length) remember({ to: path(owner), from: here(), fields, ...marks });
  };
  document.addEventListener("submit", ({ target, defaultPrevented }) => {
    if (!defaultPrevented && target.method === "post" && !PAST.test(path(target))) keep(target);
  });

  const refill = (typed) => {
    const owner = [...document.forms].find((one) => one.method === "post" && path(one) === typed.to);
    if (!owner) return;
    for (const field of words(owner)) {
      const choice = /^(radio|checkbox)$/.test(field.type);
      const found = typed.fields.find(([name, value]) => name === field.name && (!choice || value === field.value));
      if (!found) continue;
      if (choice) field.checked = found[2];
      else field.value = found[1];
      const fold = field.closest("details");
      if (fold && found[1]) fold.open = true;
    }
    owner.dataset.typed = "";
    show("words-typed");
  };

  const typed = recall();
  if (typed && document.querySelector("[data-refused]")) {
    remember({ ...typed, refused: true });
    const again = document.querySelector("[data-sign-in-again]");
    if (again) again.href += `?next=${encodeURIComponent(typed.from)}`;
  } else if (typed && !PAST.test(location.pathname)) {
    remember(null);
    // No page has answered: the network went while it was on its way, and the reader has come back to the form.
    const cameBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    const unanswered = cameBack && typed.from === here();
    if (typed.refused || unanswered) addEventListener("load", () => refill(typed));
  }

  // The way to sign in again from a page that still stands: it comes back to this page and to what was typed there.
  document.addEventListener("click", ({ target }) => {
    const again = target.closest("#messages [data-sign-in-again]");
    if (!again) return;
    const owner = document.querySelector("form[data-typed]");
    if (owner) keep(owner, { refused: true });
    again.search = `?next=${encodeURIComponent(here())}`;
  });

  // A form that was refused: the first field that is wrong has the focus, so that its error, which describes it, is heard with its
  // name; where no field is wrong, the words that say what is. The report's own list of what is missing leads to its fields.
  const lead = (root) => {
    const seen = (selector) => [...root.querySelectorAll(selector)].find((one) => one.checkVisibility());
    for (const one of root.querySelectorAll("details:has([aria-invalid=true])")) one.open = true;
    const wrong = seen("#missing") ?? seen("form [aria-invalid=true]") ?? seen("form .notice.bad[role=alert]");
    if (!wrong) return;
    if (!wrong.matches("input, select, textarea")) wrong.tabIndex = -1;
    wrong.focus();
  };
  lead(document);
  document.addEventListener("htmx:afterSettle", ({ target, detail }) => detail.requestConfig?.verb === "post" && lead(target));

  // A second press finds the button asleep. It wakes when the page is shown again from the browser's memory.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    const button = event.submitter || event.target.querySelector("button");
    if (button) setTimeout(() => (button.disabled = !event.defaultPrevented), 0);
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
  });

  const show = (id) => {
    const words = document.getElementById(id);
    if (!words) return;
    const place = document.getElementById("messages");
    place.replaceChildren(words.content.cloneNode(true));
    place.scrollIntoView({ block: "nearest" });
  };
  // Without a network a form would end on the browser's own page. Whoever sends in another way has said so by now.
  addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post" || navigator.onLine) return;
    event.preventDefault();
    show("words-offline");
  });
  // What a page asks by itself and is refused changes nothing on it: nobody has pressed anything. Only that the sign-in has ended is said.
  const byItself = ({ requestConfig }) => !requestConfig?.triggeringEvent || requestConfig.triggeringEvent.type === "live";
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status < 400 || !byItself(detail)) return;
    detail.shouldSwap = false;
    if (detail.xhr.status === 401) dispatchEvent(new Event("signed-out"));
  });
  addEventListener("signed-out", () => {
    const place = document.getElementById("messages");
    const words = document.getElementById("words-ended");
    if (words && !place.querySelector("[data-sign-in-again]")) place.append(words.content.cloneNode(true));
  });
  // Said of what somebody sent; what a page asks by itself (its newest state, hints beside what is being typed) fails quietly.
  const sent = ({ detail }) => /^(submit|click)$/.test(detail.requestConfig?.triggeringEvent?.type) && show("words-offline");
  document.addEventListener("htmx:sendError", sent);
  document.addEventListener("htmx:timeout", sent);

  // Position: the fields `lon`, `lat` and `datum` of the form, told to the page by one event that htmx listens to.
  const place = (owner, lon, lat, datum = "wgs84") => {
    owner.elements.lon.value = lon.toFixed(6);
    owner.elements.lat.value = lat.toFixed(6);
    if (owner.elements.datum) owner.elements.datum.value = datum;
    owner.dataset.typed = "";
    owner.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
    const svg = owner.querySelector("[data-pick-map]");
    // The map is WGS84; for another datum the server answers with the pin where it belongs.
    if (svg && datum === "wgs84") pin(svg, lon, lat);
  };

  const pin = (svg, lon, lat) => {
    const mark = svg.querySelector(".pin");
    const { west, south, east, north } = svg.dataset;
    const box = svg.viewBox.baseVal;
    mark.setAttribute("cx", box.x + ((lon - west) / (east - west)) * box.width);
    mark.setAttribute("cy", box.y + ((north - lat) / (north - south)) * box.height);
    mark.removeAttribute("visibility");
    mark.dataset.at = `${lon},${lat}`;
  };

  // On a live map (islands/src/map.ts).
  document.addEventListener("picked", (event) => place(form(event.target), event.detail.lon, event.detail.lat));

  document.addEventListener("click", (event) => {
    const svg = event.target.closest("[data-pick-map]");
    if (svg) {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const box = svg.viewBox.baseVal;
      const { west, south, east, north } = svg.dataset;
      place(
        form(svg),
        Number(west) + ((point.x - box.x) / box.width) * (east - west),
        Number(north) - ((point.y - box.y) / box.height) * (north - south),
      );
      return;
    }
    const chosen = event.target.closest("[data-lon][data-lat]");
    if (chosen) place(form(chosen), Number(chosen.dataset.lon), Number(chosen.dataset.lat));
    const here = event.target.closest("[data-position]");
    if (here) locate(here);
  });

  // A photo that was sent ahead is not sent again with the form; its place is used where none is chosen yet.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.target.type === "file") event.target.value = "";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const found = event.target.querySelector("[data-photo-position]");
    if (found && !form(found).elements.lon.value) {
      place(form(found), Number(found.dataset.lon), Number(found.dataset.lat));
    }
  });

  document.addEventListener("click", (event) => {
    const photo = event.target.closest("[data-take-off]");
    if (!photo) return;
    const owner = form(photo);
    photo.closest("figure").remove();
    owner.querySelector("[type=file]:not([capture])")?.focus();
  });

  const locate = (button) => {
    const refused = document.getElementById("words-position");
    button.parentElement.querySelector("[data-no-position]")?.remove();
    // Beside the button that was pressed: what can be done instead stands right below it.
    const tell = () => {
      if (!refused) return;
      const words = refused.content.firstElementChild.cloneNode(true);
      words.dataset.noPosition = "";
      words.setAttribute("role", "alert");
      button.after(words);
      words.scrollIntoView({ block: "center" });
    };
    // WeChat's own position (islands/src/wechat.ts) is GCJ-02, said so to the server.
    if (!window.linliWechat) return byBrowser(button, tell);
    linliWechat.locate((lon, lat) => place(form(button), lon, lat, "gcj02"), tell, () => byBrowser(button, tell));
  };

  const byBrowser = (button, tell) => {
    if (!navigator.geolocation) return tell();
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      (at) => {
        button.disabled = false;
        place(form(button), at.coords.longitude, at.coords.latitude);
      },
      () => {
        button.disabled = false;
        tell();
      },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    );
  };

  // A box that ticks every box of its table.
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-tick-all]");
    if (!all) return;
    for (const box of document.getElementsByName(all.dataset.tickAll)) box.checked = all.checked;
  });
})();

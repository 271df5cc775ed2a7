// Live pages. The page names its topics in a signed token; each change of one of them refreshes every element that has
// `data-live` and `hx-get`. Several changes at once cost one refresh. What somebody is typing is never replaced.
(() => {
  "use strict";
  const token = document.body.dataset.liveToken;
  if (!token || !window.EventSource) return;
  const DEBOUNCE = 100; // milliseconds
  let timer = 0;

  const inUse = (element) =>
    element.querySelector("form[data-typed]") !== null ||
    (element.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

  const say = (id) => {
    const words = document.getElementById(id);
    const place = document.getElementById("messages");
    if (words && place && !place.querySelector(`[data-words="${id}"]`)) {
      const copy = words.content.cloneNode(true);
      copy.firstElementChild.dataset.words = id;
      place.append(copy);
    }
  };

  const refresh = () => {
    for (const element of document.querySelectorAll("[data-live][hx-get]")) {
      if (inUse(element)) say("words-changed");
      else htmx.trigger(element, "live");
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, DEBOUNCE);
  };

  // Nothing goes away under a finger: a press on what is replaced before it ends would be lost.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (!target.matches("[data-live]:active") || !requestConfig.triggeringEvent || requestConfig.triggeringEvent.type !== "live") return;
    event.detail.shouldSwap = false;
    soon();
  });

  const source = new EventSource("/live/?token=" + encodeURIComponent(token));
  // What was missed while the line was down is told again by the server (Last-Event-ID).
  source.addEventListener("open", () => {
    document.documentElement.dataset.live = "on";
  });
  source.addEventListener("error", () => {
    document.documentElement.dataset.live = "off";
  });
  source.addEventListener("change", soon);
  source.addEventListener("reload", soon);
  addEventListener("pagehide", () => source.close());
})();

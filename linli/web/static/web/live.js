// Live pages. The page names its topics in a signed token; each change of one of them refreshes every element that has
// `data-live` and `hx-get`. Several changes at once cost one refresh. What somebody is typing is never replaced.
(() => {
  "use strict";
  let token = document.body.dataset.liveToken;
  if (!token || !window.EventSource) return;
  const DEBOUNCE = 100; // milliseconds
  const AGAIN = 30_000; // milliseconds until a refused page asks again
  let timer = 0;

  const inUse = (element) =>
    element.querySelector("form[data-typed], form [data-answered]") !== null ||
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

  // One renewal at a time: what is asked of an element that is replaced meanwhile would be dropped with it.
  const isLive = ({ requestConfig }) => requestConfig?.triggeringEvent?.type === "live";
  let underWay = 0;
  let again = false;
  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (isLive(detail)) underWay += 1;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!isLive(detail)) return;
    underWay -= 1;
    if (underWay || !again) return;
    again = false;
    soon();
  });

  const refresh = () => {
    if (underWay) {
      again = true;
      return;
    }
    for (const element of document.querySelectorAll("[data-live][hx-get]")) {
      if (inUse(element)) say("words-changed");
      else htmx.trigger(element, "live");
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, DEBOUNCE);
  };

  // What a page says, without what is new in each answer though nothing has happened: keys of forms.
  const KEYS = '[name="csrfmiddlewaretoken"], [name="once"]';
  const parts = (element) => [element.id, ...(element.getAttribute("hx-select-oob") || "").split(",").map((id) => id.trim().slice(1))];
  const wording = (page, element) =>
    parts(element)
      .map((id) => page.getElementById(id)?.cloneNode(true))
      .map((copy) => {
        for (const key of copy?.querySelectorAll(KEYS) ?? []) key.remove();
        return copy?.outerHTML;
      })
      .join();
  const said = new Map(); // id of an element to what the server said last
  for (const element of document.querySelectorAll("[data-live][id]")) said.set(element.id, wording(document, element));

  // What somebody's own step brought is not known here.
  const forget = (target) => {
    for (const id of said.keys()) {
      const element = document.getElementById(id);
      if (!element || element.contains(target) || target.contains(element)) said.delete(id);
    }
  };

  // What came in with a swap (the case beside the list) is known from the answer that brought it.
  const learn = (target, answer) => {
    const elements = target.querySelectorAll("[data-live][id]");
    if (!elements.length) return;
    const page = new DOMParser().parseFromString(answer, "text/html");
    for (const element of elements) said.set(element.id, wording(page, element));
  };

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { target, serverResponse } = detail;
    if (!isLive(detail)) forget(target);
    else if (target.matches("[data-live][id]")) renew(detail, target, serverResponse);
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    // A script may swap what no request has brought.
    const { target, xhr } = detail;
    if (!isLive(detail) && target?.isConnected && xhr) learn(target, xhr.responseText);
  });

  // What is renewed keeps its open folds and the place of whoever goes by keyboard: both are known by what they say.
  const sign = (element) => [element.localName, element.id, element.getAttribute("href"), element.name, element.value, element.textContent.trim()].join("\n");
  const within = (ids, selector) => ids.flatMap((id) => [...(document.getElementById(id)?.querySelectorAll(selector) ?? [])]);
  const hold = (target, request) => {
    const ids = parts(target);
    const held = document.activeElement;
    const focused = ids.some((id) => document.getElementById(id)?.contains(held)) ? sign(held) : null;
    const open = new Set(within(ids, "details[open] > summary").map(sign));
    const give = ({ detail }) => {
      // Another part of the page may be renewed first.
      if (detail.xhr !== request) return;
      document.removeEventListener("htmx:afterSwap", give);
      for (const summary of within(ids, "details > summary")) if (open.has(sign(summary))) summary.parentElement.open = true;
      if (focused === null || document.activeElement !== document.body) return;
      within(ids, held.localName).find((one) => sign(one) === focused)?.focus({ preventScroll: true });
    };
    document.addEventListener("htmx:afterSwap", give);
  };

  // A definition stands beside the mark that opened it.
  const isRead = (target) =>
    "popover" in HTMLElement.prototype &&
    [...target.querySelectorAll("[popovertarget]")].some((mark) => document.getElementById(mark.getAttribute("popovertarget"))?.matches(":popover-open"));

  const renew = (detail, target, answer) => {
    const page = new DOMParser().parseFromString(answer, "text/html");
    // A page is not renewed as somebody else sees it, or nobody: their sign-in has ended, or another has begun in another tab.
    if ((page.body.dataset.who ?? document.body.dataset.who) !== document.body.dataset.who) {
      detail.shouldSwap = false;
      dispatchEvent(new Event("signed-out"));
      return;
    }
    // Nothing goes away or moves under a finger (a press on it would be lost), nor goes a sheet or a definition that is open, nor a form
    // that is on its way (whoever sends it asks anew when it has arrived).
    const pressed = document.body.matches(":active");
    if (pressed) soon();
    if (pressed || isRead(target) || target.querySelector("dialog[open], form[data-sending]")) {
      detail.shouldSwap = false;
      return;
    }
    // Most changes change nothing here. What stays keeps its place, its focus, and what was opened on it.
    const now = wording(page, target);
    if (now === said.get(target.id)) {
      detail.shouldSwap = false;
      return;
    }
    said.set(target.id, now);
    hold(target, detail.xhr);
  };

  let source = null;
  let later = 0;
  const rest = () => {
    clearTimeout(later);
    source?.close();
  };
  const listen = () => {
    rest();
    source = new EventSource("/live/?token=" + encodeURIComponent(token));
    // What was missed while the line was down is told again by the server (Last-Event-ID, or since when the token is).
    source.addEventListener("open", () => {
      document.documentElement.dataset.live = "on";
    });
    source.addEventListener("error", () => {
      document.documentElement.dataset.live = "off";
      if (source.readyState !== EventSource.CLOSED) return;
      // Refused: the page has grown older than its token, or too many are open.
      later = setTimeout(beginAnew, AGAIN);
    });
    source.addEventListener("change", soon);
    source.addEventListener("reload", soon);
  };
  const beginAnew = async () => {
    try {
      const answer = await fetch(location.href);
      token = new DOMParser().parseFromString(await answer.text(), "text/html").body.dataset.liveToken ?? token;
    } catch {} // No network: the next time, then.
    attend();
    soon();
  };
  // A browser has six connections to a server (HTTP/1.1): a page that nobody sees leaves its own to those that are seen.
  const attend = () => (document.hidden ? rest() : listen());
  attend();
  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", rest);
  addEventListener("pageshow", (event) => event.persisted && attend());
  // A script of this page knows that the page is no longer the newest.
  addEventListener("stale", soon);
})();

// The draft of a report: kept on this device while it is written, restored when the page is opened again, sent without leaving
// the page. A draft keeps its once-only key, so however often and from however many tabs it is sent, it is one case.
(() => {
  "use strict";
  const SLOT = "linli.report:";
  const SENT = "linli.sent";
  const DAY = 24 * 3600 * 1000; // As long as the server keeps photos of an unsent report.
  const PATIENCE = 60_000;
  const NOT_KEPT = new Set(["csrfmiddlewaretoken", "sender"]);
  const SAYS_SOMETHING = new Set(["description", "place", "title", "lon", "kept", "contact_phone", "contact_name"]);

  // A browser may refuse storage: then there is no draft, and everything else works.
  const read = (store, name) => {
    try {
      return JSON.parse(store.getItem(name));
    } catch {
      return null;
    }
  };
  const write = (store, name, value) => {
    try {
      if (value === null) store.removeItem(name);
      else store.setItem(name, JSON.stringify(value));
    } catch {}
  };

  // Photos that have not reached the server yet, each with the once-only key of its report.
  const database = () =>
    new Promise((done, failed) => {
      const asked = indexedDB.open("linli", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("photos", { keyPath: "id" });
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  const inPhotos = async (mode, work) => {
    try {
      const opened = await database();
      return await new Promise((done, failed) => {
        const asked = work(opened.transaction("photos", mode).objectStore("photos"));
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
      });
    } catch {
      return null;
    }
  };
  const photos = {
    put: (photo) => inPhotos("readwrite", (store) => store.put(photo)),
    remove: (id) => inPhotos("readwrite", (store) => store.delete(id)),
    of: async (once) => ((await inPhotos("readonly", (store) => store.getAll())) || []).filter((one) => one.once === once),
    forget: async (once) => {
      for (const one of await photos.of(once)) await photos.remove(one.id);
    },
  };

  const slots = (beginning) => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(beginning));
    } catch {
      return [];
    }
  };

  // The page of the case that was made: the draft has become it.
  if (document.querySelector("[data-sent]")) {
    for (const slot of slots(SLOT)) {
      const draft = read(localStorage, slot);
      if (!draft || !draft.sending) continue;
      write(sessionStorage, SENT, { once: draft.once, href: location.pathname });
      write(localStorage, slot, null);
      photos.forget(draft.once);
    }
  }

  // Its link is the one way back for who has not signed in: into the phone's own sharing, or the clipboard.
  const link = document.querySelector("[data-keep-link]");
  if (link && (navigator.share || navigator.clipboard)) {
    link.hidden = false;
    link.addEventListener("click", async () => {
      const url = link.dataset.keepLink;
      try {
        if (navigator.share) return await navigator.share({ url });
        await navigator.clipboard.writeText(url);
        document.querySelector("[data-kept-link]").hidden = false;
      } catch {} // Put away again, or not allowed: the link itself stands above.
    });
  }

  const form = () => document.querySelector("form[data-draft]");
  if (!form()) return;
  // Each draft has a slot of its own: what is typed in another tab is another report, unless it is the same draft there.
  const beginning = `${SLOT}${new URLSearchParams(location.search).get("text") || ""}:`;
  const once = () => form().elements.once.value;
  const slot = () => beginning + once();
  let waiting = null; // The button of a sending that had no network.
  let sending = false;

  const say = (id, ...more) => {
    const words = document.getElementById(id).content.cloneNode(true);
    document.getElementById("draft-bar").replaceChildren(words, ...more);
    return document.getElementById("draft-bar");
  };

  const save = (marks = {}) => {
    const entries = [...new FormData(form())].filter(([name, value]) => typeof value === "string" && !NOT_KEPT.has(name));
    const says = entries.some(([name, value]) => SAYS_SOMETHING.has(name) && value.trim());
    const pictures = document.querySelector("#waiting-photos figure") !== null;
    if (!says && !pictures) return write(localStorage, slot(), null);
    write(localStorage, slot(), { at: Date.now(), who: form().elements.sender.value, once: once(), entries, ...marks });
  };
  let timer = 0;
  const saveSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => sending || save(), 300);
  };
  for (const happening of ["input", "change", "placed", "click"]) {
    document.addEventListener(happening, (event) => form().contains(event.target) && saveSoon());
  }
  addEventListener("pagehide", () => sending || save());
  addEventListener("storage", (event) => event.key === slot() && !sending && say(event.newValue ? "words-elsewhere" : "words-gone"));

  // --- restoring ---

  const time = (at) => {
    const day = new Date(at).toDateString() === new Date().toDateString() ? {} : { month: "short", day: "numeric" };
    return new Date(at).toLocaleString(document.documentElement.lang, { ...day, hour: "2-digit", minute: "2-digit", hour12: false });
  };

  const fill = (entries) => {
    for (const box of form().querySelectorAll("input[type=checkbox]")) box.checked = entries.some(([name]) => name === box.name);
    for (const [name, value] of entries) {
      const field = form().elements[name];
      if (field && "value" in field && field.type !== "checkbox" && field.type !== "file" && !(field instanceof RadioNodeList)) {
        field.value = value;
      }
    }
  };

  const restore = async (draft) => {
    fill(draft.entries);
    form().elements.once.value = draft.once;
    const bar = say("words-draft");
    bar.querySelector("time").textContent = time(draft.at);
    const sent = new FormData();
    for (const [name, value] of draft.entries) sent.append(name, value);
    // Class, place and neighbours' cases as they follow from what was typed.
    htmx.ajax("POST", "/report/hints/", { target: "#hints", swap: "innerHTML", values: sent });
    if (sent.has("kept")) await showKept(sent.getAll("kept"));
  };

  // Photos that have arrived belong to the report from the beginning; their pictures come as soon as they can. Another photo may
  // arrive before them, and brings them all.
  const tokens = () => [...form().querySelectorAll("[name=kept]")].map((field) => field.value);
  const showKept = async (kept) => {
    const place = document.getElementById("kept-photos");
    place.replaceChildren(...kept.map((value) => Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value })));
    const asked = new FormData();
    for (const token of kept) asked.append("kept", token);
    asked.set("csrfmiddlewaretoken", form().elements.csrfmiddlewaretoken.value);
    try {
      const answer = await post("/report/photos/", asked);
      const pictures = await answer.text();
      if (answer.ok && tokens().join() === kept.join()) place.innerHTML = pictures;
    } catch {}
  };

  // Whoever has begun before this script had come goes on with that; the draft is kept for the next time. What a browser fills in by
  // itself when a page is loaded again is the draft.
  const begun = (draft) => {
    if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") return false;
    const before = new Map(draft.entries);
    const fields = [...form().elements].filter(({ name, type }) => SAYS_SOMETHING.has(name) && type !== "hidden");
    return fields.some(({ name, value, defaultValue }) => value !== defaultValue && value !== before.get(name));
  };

  const mine = (draft) => {
    const who = form().elements.sender.value;
    return Date.now() - draft.at < DAY && (!who || !draft.who || draft.who === who);
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-draft-drop]")) {
      sending = true; // Nothing is kept any more.
      write(localStorage, slot(), null);
      photos.forget(once()).then(() => location.replace(location.pathname + location.search));
    }
    if (event.target.closest("[data-send-again]")) send(waiting);
  });

  // --- sending ---

  // Whoever signs in, in another tab, gets another token: the open form learns it.
  const renew = async () => {
    const { token } = await (await fetch("/pulse/", { cache: "no-store" })).json();
    for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return token;
  };
  const post = async (url, body, signal) => {
    const answer = await fetch(url, { method: "POST", body, signal });
    if (answer.status !== 403) return answer;
    body.set("csrfmiddlewaretoken", await renew());
    return fetch(url, { method: "POST", body, signal });
  };

  const busy = (button, is) => {
    form().toggleAttribute("aria-busy", is);
    if (button) button.disabled = is;
    // Over a thin line it takes its time: the button says what it is doing.
    const shown = form().querySelector(".send-bar button");
    shown.classList.toggle("is-sending", is);
  };

  const send = async (button) => {
    if (sending) return;
    sending = true;
    waiting = null;
    save({ sending: true });
    const bar = document.getElementById("draft-bar");
    bar.replaceChildren();
    document.getElementById("missing")?.remove();
    busy(button, true);
    try {
      if (!navigator.onLine) throw new TypeError("offline");
      const { settle, left } = window.linliDraft;
      const settled = settle ? await settle() : (await left).length === 0;
      if (!settled) throw new TypeError("photos are waiting");
      const body = new FormData(form());
      if (button && button.name) body.set(button.name, button.value);
      const stop = new AbortController();
      const patience = setTimeout(() => stop.abort(), PATIENCE);
      const answer = await post("/report/", body, stop.signal);
      clearTimeout(patience);
      if (answer.redirected) {
        // The page of the case takes this page's place: going back leads to before the report.
        if (new URL(answer.url).pathname === "/report/") write(localStorage, slot(), null);
        location.replace(answer.url);
        return;
      }
      sending = false;
      await show(answer);
    } catch {
      sending = false;
      waiting = button || form().querySelector(".send-bar button");
      save();
      say("words-unsent").scrollIntoView({ block: "center" });
    }
    busy(button, false);
  };

  // What the server answered: the form with what is missing, or a failure that leaves the form as it is.
  const show = async (answer) => {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("reporting");
    if (!fresh) {
      save();
      say("words-failed").scrollIntoView({ block: "center" });
      return;
    }
    const before = slot();
    document.getElementById("reporting").replaceWith(fresh);
    htmx.process(fresh);
    // Its map and its sheets are made ready as after any renewal.
    htmx.trigger(fresh, "htmx:afterSettle", {});
    write(localStorage, before, null);
    save();
    const wrong = fresh.querySelector("[role=alert], .errorlist, [aria-invalid=true]");
    if (wrong) {
      wrong.tabIndex = -1;
      wrong.focus({ preventScroll: true });
      wrong.scrollIntoView({ block: "center" });
    }
  };

  // Before forms.js, which would let the browser send and lose the page where there is no network.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form() || (event.submitter && event.submitter.hasAttribute("formaction"))) return;
      event.preventDefault();
      send(event.submitter);
    },
    true,
  );
  addEventListener("online", () => waiting && send(waiting));

  // --- coming to the page ---

  const back = (event) => event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  addEventListener("pageshow", (event) => {
    const sent = read(sessionStorage, SENT);
    if (sent && back(event) && (sent.once === once() || !read(localStorage, slot()))) location.replace(sent.href);
  });

  // What hints say again word for word is not said again by a screen reader; a refused hint disturbs nobody who is typing.
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    if (detail.fragment.innerHTML?.trim() === detail.target.innerHTML.trim()) detail.shouldSwap = false;
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status < 400 || !detail.pathInfo.requestPath.startsWith("/report/")) return;
    detail.shouldSwap = false;
    if (detail.xhr.status === 403) renew().catch(() => {});
  });

  window.linliDraft = { photos, save: saveSoon, once, renew, left: Promise.resolve([]) };
  const drafts = slots(beginning).map((name) => read(localStorage, name)).filter(Boolean);
  for (const old of drafts.filter((one) => !mine(one))) {
    write(localStorage, beginning + old.once, null);
    photos.forget(old.once);
  }
  const newest = drafts.filter(mine).sort((one, other) => other.at - one.at)[0];
  if (newest && !form().hasAttribute("data-answered") && !begun(newest)) {
    // Those that have not reached the server: report.js sends them, which may come later than this.
    window.linliDraft.left = photos.of(newest.once);
    restore(newest);
  }
})();

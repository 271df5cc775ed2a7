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

  // The page of the case that was made: the draft has become it.
  if (document.querySelector("[data-sent]")) {
    for (const slot of Object.keys(localStorage).filter((name) => name.startsWith(SLOT))) {
      const draft = read(localStorage, slot);
      if (!draft || !draft.sending) continue;
      write(sessionStorage, SENT, { once: draft.once, href: location.pathname });
      write(localStorage, slot, null);
      photos.forget(draft.once);
    }
  }

  const form = () => document.querySelector("form[data-draft]");
  if (!form()) return;
  const slot = SLOT + (new URLSearchParams(location.search).get("text") || "");
  const once = () => form().elements.once.value;
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
    if (!says && !pictures) return write(localStorage, slot, null);
    write(localStorage, slot, { at: Date.now(), who: form().elements.sender.value, once: once(), entries, ...marks });
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

  // --- restoring ---

  const time = (at) => {
    const day = new Date(at).toDateString() === new Date().toDateString() ? {} : { month: "numeric", day: "numeric" };
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
    if (sent.has("kept")) {
      const kept = new FormData();
      for (const token of sent.getAll("kept")) kept.append("kept", token);
      kept.set("csrfmiddlewaretoken", form().elements.csrfmiddlewaretoken.value);
      try {
        const answer = await fetch("/report/photos/", { method: "POST", body: kept });
        if (answer.ok) document.getElementById("kept-photos").innerHTML = await answer.text();
      } catch {}
    }
    const left = await photos.of(draft.once);
    if (left.length) document.dispatchEvent(new CustomEvent("photos-left", { detail: left }));
  };

  const mine = (draft) => {
    const who = form().elements.sender.value;
    return Date.now() - draft.at < DAY && (!who || !draft.who || draft.who === who);
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-draft-drop]")) {
      sending = true; // Nothing is kept any more.
      write(localStorage, slot, null);
      photos.forget(once()).then(() => location.replace(location.pathname + location.search));
    }
    if (event.target.closest("[data-send-again]")) send(waiting);
  });

  // --- sending ---

  const busy = (button, is) => {
    form().toggleAttribute("aria-busy", is);
    if (button) button.disabled = is;
  };

  const send = async (button) => {
    if (sending) return;
    sending = true;
    waiting = null;
    save({ sending: true });
    const bar = document.getElementById("draft-bar");
    bar.replaceChildren();
    busy(button, true);
    try {
      if (!navigator.onLine) throw new TypeError("offline");
      if (window.linliDraft.settle && !(await window.linliDraft.settle())) throw new TypeError("photos are waiting");
      const body = new FormData(form());
      if (button && button.name) body.set(button.name, button.value);
      const stop = new AbortController();
      const patience = setTimeout(() => stop.abort(), PATIENCE);
      const answer = await fetch("/report/", { method: "POST", body, signal: stop.signal });
      clearTimeout(patience);
      if (answer.redirected) {
        // The page of the case takes this page's place: going back leads to before the report.
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
      say("words-failed").scrollIntoView({ block: "center" });
      return;
    }
    document.getElementById("reporting").replaceWith(fresh);
    for (const element of fresh.querySelectorAll("[data-script]")) element.hidden = false;
    htmx.process(fresh);
    if (fresh.querySelector("[data-sent-before]")) {
      // Another tab has sent it: there is nothing left to keep.
      sending = true;
      write(localStorage, slot, null);
    } else save();
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
    if (sent && back(event) && (sent.once === once() || !read(localStorage, slot))) location.replace(sent.href);
  });

  window.linliDraft = { photos, save: saveSoon, once };
  const draft = read(localStorage, slot);
  if (draft && !form().hasAttribute("data-answered")) {
    if (mine(draft)) restore(draft);
    else {
      write(localStorage, slot, null);
      photos.forget(draft.once);
    }
  }
})();

// The field app: installs itself, sends forms by way of the outbox, shows what waits, measures distances on a tap, takes photos.
// Every form works without it.
(() => {
  "use strict";
  const html = document.documentElement;
  const person = (document.querySelector('meta[name="linli-person"]') || {}).content || "";
  const AGAIN = 20000; // milliseconds between attempts while something waits
  const LARGEST = 20 * 1024 * 1024; // what the server takes (foundation/files.py)
  const SHRINK_FROM = 1024 * 1024;
  const LONGEST_SIDE = 2048;
  const POSITION = { enableHighAccuracy: true, timeout: 8000, maximumAge: 30000 };

  if (navigator.serviceWorker) {
    navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => {});
    // The page that brought the service worker came before it: what it would have kept of it, it is asked to keep.
    if (!navigator.serviceWorker.controller && person) {
      navigator.serviceWorker.ready.then(({ active }) => active.postMessage({ keep: [...new Set(["/field/", location.pathname])] }));
    }
  }
  // A page from the browser's memory may offer what has been done.
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  // Whoever is on the way to another page is not called back to this one. A step that still waits for its position is in no outbox yet: the
  // page is loaded anew when it is.
  let leaving = false;
  let owed = false;
  addEventListener("beforeunload", () => (leaving = true));
  const reload = () => {
    owed = document.querySelector("form[data-sending]") !== null;
    if (!leaving && !owed) location.reload();
  };

  const words = (id) => document.getElementById(id).content.cloneNode(true);
  const say = (id) => document.getElementById("messages").replaceChildren(words(id));

  // --- network ---
  const connected = (is) => html.toggleAttribute("data-offline", !is);
  addEventListener("offline", () => connected(false));
  addEventListener("online", () => {
    connected(true);
    catchUp();
    if (html.hasAttribute("data-kept")) reload();
  });
  if (!navigator.onLine) connected(false);

  // --- outbox ---
  const outbox = document.getElementById("outbox");
  let timer = 0;

  const flush = async () => {
    clearTimeout(timer);
    const { answers, why } = await Outbox.flush(person);
    connected(why !== "network");
    if (outbox) {
      const known = outbox.hasAttribute("data-session");
      outbox.toggleAttribute("data-session", why === "session");
      if (why === "session" && !known) outbox.scrollIntoView({ block: "center" });
    }
    if (why) timer = setTimeout(catchUp, AGAIN);
    return answers;
  };

  // What waited was taken: the page shows the newest, and nobody is led away from it.
  const catchUp = async () => {
    const answers = await flush();
    if ([...answers.values()].some(({ ok }) => ok)) refresh();
  };

  const typed = (letter) => {
    const said = letter.fields.filter(([name, value]) => typeof value === "string" && ["quick", "done", "note"].includes(name) && value);
    return said.map(([, value]) => value).join("; ");
  };

  let listed = "";
  const show = async () => {
    if (!outbox || !person) return;
    const letters = await Outbox.all(person);
    outbox.hidden = letters.length === 0;
    // What says the same stays: a press on what is replaced before it ends would be lost.
    const said = JSON.stringify(letters.map((one) => [one.n, one.key, one.state, one.said]));
    if (said !== listed) outbox.querySelector("ul").replaceChildren(...letters.map(row));
    listed = said;
    const here = document.querySelector("[data-chain]");
    if (here) ahead(letters.filter((one) => one.chain === here.dataset.chain && one.state === "waiting"));
    for (const box of document.querySelectorAll('[data-chain] [name="door"]')) {
      const { chain } = box.form.dataset;
      const waits = (one) => one.chain === chain && one.state === "waiting" && one.fields.some(([name, value]) => name === "door" && value === box.value);
      box.disabled = letters.some(waits);
      if (box.disabled) box.checked = false;
      box.closest("li").classList.toggle("sending", box.disabled);
    }
    for (const task of document.querySelectorAll("[data-task]")) {
      task.querySelector(".task-waiting").hidden = !letters.some((one) => one.chain === task.dataset.task);
    }
  };

  const row = (letter) => {
    const item = words("outbox-letter").firstElementChild;
    const part = (name) => item.querySelector(`[data-part="${name}"]`);
    const photos = letter.fields.map(([, value]) => value).filter((value) => typeof value !== "string");
    item.classList.add(letter.state);
    item.dataset.key = letter.key;
    part("label").textContent = letter.label;
    part("label").href = letter.page;
    part("at").textContent = new Date(letter.at).toLocaleTimeString(html.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
    part("typed").textContent = typed(letter);
    part("said").textContent = letter.said;
    part("photos").hidden = !photos.length;
    part("count").textContent = photos.length;
    part("names").textContent = photos.map((photo) => photo.name).join(", ");
    part("waiting").hidden = letter.state !== "waiting";
    part("refused").hidden = letter.state !== "refused";
    part("again").addEventListener("click", () => retry(letter));
    part("drop").addEventListener("click", () => confirm(part("drop").dataset.sure) && Outbox.drop(letter.n));
    return item;
  };

  // Meant for what the page shows now: where the task itself is open, its newest version goes with it.
  const retry = async (letter) => {
    const here = document.querySelector(`[data-chain="${letter.chain}"][data-version]`);
    const fields = letter.fields.map(([name, value]) => [name, name === "version" ? (here ? here.dataset.version : "") : value]);
    await Outbox.again(letter.n, { fields });
    finish(await flush());
  };

  // The steps that wait to be sent count as made: the next one comes under the thumb.
  const ahead = (letters) => {
    const made = new Set(letters.map((one) => one.change));
    const bars = [...document.querySelectorAll("[data-step]")];
    const last = Math.max(-1, ...bars.map((bar, at) => (made.has(bar.dataset.step) ? at : -1)));
    const next = last < 0 ? bars.findIndex((bar) => bar.hasAttribute("data-now")) : last + 1;
    bars.forEach((bar, at) => (bar.hidden = at !== next));
    for (const step of document.querySelectorAll("[data-way]")) step.classList.toggle("sending", made.has(step.dataset.way));
    const gone = document.getElementById("all-said");
    if (gone) gone.hidden = next < bars.length || last < 0;
  };

  addEventListener("outbox", show);

  // Never away from what somebody is typing, or from a step that still waits for its position.
  const finish = (answers) => {
    const found = [...answers.values()];
    const last = found.at(-1);
    if (last && last.ok && last.version) seen(last.version);
    if (document.querySelector("form[data-sending], form[data-typed]")) return;
    if (last && last.ok && last.next === location.pathname) stay(last.said);
    else if (last && last.ok && last.next) location.assign(last.next);
    else if (found.length) {
      document.getElementById("outbox").scrollIntoView({ block: "center" });
      refresh();
    }
  };

  // What is open on this page is meant for the state that its own last step led to.
  const seen = (version) => {
    const task = document.getElementById("task");
    if (!task) return;
    task.dataset.version = version;
    for (const input of task.querySelectorAll('[name="version"]')) input.value = version;
  };

  // A refresh that arrived while a sheet was open is made up for when the sheet is put away (live.js held it back). What was typed
  // there is kept first, and filled in again after the refresh.
  const refresh = () => dispatchEvent(new Event("stale"));
  document.addEventListener("close", async (event) => {
    if (!event.target.matches("dialog.sheet")) return;
    for (const form of event.target.querySelectorAll("form[data-typed]")) {
      await keep(form);
      delete form.dataset.typed;
    }
    refresh();
  }, true);

  // Still at this task: its newest state is fetched, and nothing moves under the thumb.
  const stay = (said) => {
    const notice = document.createElement("div");
    notice.className = "notice good";
    notice.append(Object.assign(document.createElement("p"), { textContent: said }));
    document.getElementById("messages").replaceChildren(notice);
    refresh();
  };

  // `pressed`: a form may have several buttons, whose name says what is done.
  const letterOf = (form, pressed) => {
    const fields = pressed && pressed.name ? [[pressed.name, pressed.value]] : [];
    for (const [name, value] of new FormData(form)) {
      if (name === "csrfmiddlewaretoken" || name === "once") continue;
      if (value instanceof File && !value.size) continue;
      fields.push([name, value]);
    }
    const { label, chain, change, page } = form.dataset;
    return { person, key: form.elements.once.value, chain, url: form.action, change, label, page, fields };
  };

  const complete = (form) => {
    const boxes = [...form.querySelectorAll('[name="door"]')];
    if (boxes.length) {
      const chosen = boxes.some((box) => box.checked);
      form.querySelector(".needs-door").hidden = chosen;
      if (!chosen) return false;
    }
    if (form.querySelector('[name="quick"]')) {
      const text = form.querySelector('[name="done"], [name="note"]');
      if (!text.value.trim() && !form.querySelector('[name="quick"]:checked')) {
        text.setAttribute("aria-invalid", "true");
        form.querySelector(".needs-words").hidden = false;
        text.focus();
        return false;
      }
    }
    return true;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-outbox]") || !self.Outbox || !person) return;
    event.preventDefault();
    if (!complete(form) || form.dataset.sending !== undefined) return;
    form.dataset.sending = "";
    send(form, event.submitter).catch(() => plainly(form, event.submitter));
  });

  // Where nothing can be kept, it goes as any form does.
  const plainly = (form, pressed) => {
    if (pressed && pressed.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: pressed.name, value: pressed.value }));
    form.submit();
  };

  const send = async (form, pressed) => {
    clearTimeout(keeping);
    if (form.hasAttribute("data-arrive")) await arrive(form);
    const letter = letterOf(form, pressed);
    for (const field of letter.fields) if (field[1] instanceof File) field[1] = await smaller(field[1]);
    // What was refused before of this step is what this is the better version of; of doors, it speaks of others.
    const others = letter.fields.some(([name]) => name === "door");
    for (const old of others ? [] : await Outbox.all(person)) {
      if (old.chain === letter.chain && old.change === letter.change && old.state === "refused") await Outbox.drop(old.n);
    }
    await Outbox.put(letter);
    const sheet = form.closest("dialog[open]");
    if (sheet) sheet.close();
    delete form.dataset.typed;
    const answers = await flush();
    // A new key for what may be sent from here next.
    form.elements.once.value = crypto.randomUUID();
    delete form.dataset.sending;
    if (owed) reload();
    else finish(answers);
  };

  // --- what is being typed: phones close a page while the camera is open, and sessions end ---
  const NOT_TYPED = new Set(["version", "lon", "lat"]);
  let keeping = 0;
  let last = null;
  const keep = async (form) => {
    clearTimeout(keeping);
    last = null;
    // What is begun is filled in again on the page of a task, and nowhere else: of a household nothing is kept that is not sent.
    if (!person || !self.Outbox || !form.isConnected || !form.closest("#task") || form.dataset.sending !== undefined) return;
    const letter = letterOf(form);
    letter.fields = letter.fields.filter(([name, value]) => value !== "" && !NOT_TYPED.has(name));
    await Outbox.keep(letter).catch(() => {});
  };
  for (const happening of ["input", "change"]) {
    document.addEventListener(happening, (event) => {
      const form = event.target.closest("form[data-outbox]");
      if (!form) return;
      clearTimeout(keeping);
      last = form;
      keeping = setTimeout(keep, 500, form);
    });
  }
  addEventListener("pagehide", () => last && keep(last));

  const restore = async () => {
    const task = document.getElementById("task");
    if (!task || !person || !self.Outbox) return [];
    const labels = [];
    for (const draft of await Outbox.drafts(person, task.dataset.chain)) {
      const form = task.querySelector(`form[data-change="${draft.change}"]`);
      if (!form || form.dataset.typed !== undefined) continue;
      fill(form, draft.fields);
      const fold = form.closest("details");
      if (fold) fold.open = true;
      labels.push(draft.label);
    }
    return labels;
  };

  const fill = (form, fields) => {
    for (const field of form.elements) {
      const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
      if (!values.length) continue;
      if (field.type === "file") set(field, values);
      else if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else field.value = values[0];
    }
  };

  const begun = (labels) => {
    if (!labels.length) return;
    const notice = words("words-begun");
    notice.querySelector("strong").textContent = labels.join(", ");
    document.getElementById("messages").replaceChildren(notice);
  };

  // --- position: asked for on a tap, and for nothing else ---
  const where = () =>
    new Promise((resolve) => {
      if (!navigator.geolocation) return resolve(null);
      navigator.geolocation.getCurrentPosition((at) => resolve(at.coords), () => resolve(null), POSITION);
    });

  const arrive = async (form) => {
    const here = await where();
    form.elements.lon.value = here ? here.longitude.toFixed(5) : "";
    form.elements.lat.value = here ? here.latitude.toFixed(5) : "";
  };

  const metres = (here, lon, lat) => {
    const east = (lon - here.longitude) * Math.cos(((lat + here.latitude) / 2) * (Math.PI / 180));
    return Math.hypot(east, lat - here.latitude) * 111320;
  };
  const [M, KM] = html.lang === "en" ? ["m", "km"] : ["米", "公里"];
  const written = (value) =>
    value < 1000 ? `${Math.max(10, Math.round(value / 10) * 10)} ${M}` : `${(value / 1000).toFixed(1)} ${KM}`;

  let here = null;
  // Within a section, which keeps the limits, the nearest comes first. What is in order already is not touched: a press on what is moved
  // before it ends would be lost.
  const measure = () => {
    if (!here) return;
    for (const list of document.querySelectorAll("[data-tasks]")) {
      const tasks = [...list.querySelectorAll(":scope > [data-task-lon]")];
      for (const task of tasks) {
        const far = metres(here, Number(task.dataset.taskLon), Number(task.dataset.taskLat));
        task.dataset.metres = far;
        const text = task.querySelector("[data-distance]");
        text.textContent = written(far);
        text.hidden = false;
      }
      const sorted = [...tasks].sort((one, two) => one.dataset.metres - two.dataset.metres);
      if (list.dataset.tasks === "sorted" && sorted.some((task, at) => task !== tasks[at])) list.append(...sorted);
    }
    for (const svg of document.querySelectorAll("svg[data-west]")) {
      const { west, south, east, north } = svg.dataset;
      const box = svg.viewBox.baseVal;
      const mark = svg.querySelector(".me-here");
      mark.setAttribute("cx", ((here.longitude - west) / (east - west)) * box.width);
      mark.setAttribute("cy", ((north - here.latitude) / (north - south)) * box.height);
      mark.removeAttribute("visibility");
    }
  };

  document.addEventListener("click", async (event) => {
    const asked = event.target.closest("[data-near]");
    if (!asked) return;
    asked.disabled = true;
    here = await where();
    asked.disabled = false;
    if (!here) return say("words-no-position");
    asked.setAttribute("aria-pressed", "true");
    measure();
  });
  document.addEventListener("htmx:afterSettle", () => {
    measure();
    show();
    restore();
  });

  // --- photos: each press of the camera adds one ---
  const chosen = new WeakMap();
  document.addEventListener("change", async (event) => {
    const input = event.target.closest(".shot input[type=file]");
    if (!input) return;
    const added = [...input.files];
    input.closest(".shot").querySelector(".too-large").hidden = true;
    set(input, [...(chosen.get(input) || []), ...added]);
    for (const file of added) exchange(input, file, await smaller(file));
    keep(input.form);
  });

  // The smaller one takes its place, unless it was taken off meanwhile; what stays too large is said before it costs anybody's data.
  const exchange = (input, file, small) => {
    const fits = small.size <= LARGEST;
    if (!fits) input.closest(".shot").querySelector(".too-large").hidden = false;
    if (small !== file || !fits) {
      set(input, chosen.get(input).flatMap((one) => (one !== file ? [one] : fits ? [small] : [])));
    }
  };

  const set = (input, files) => {
    const kept = new DataTransfer();
    for (const file of files) kept.items.add(file);
    chosen.set(input, files);
    input.files = kept.files;
    const strip = input.closest(".shot").querySelector(".shot-strip");
    strip.replaceChildren(...files.map((file, at) => thumbnail(input, file, at)));
  };

  const thumbnail = (input, file, at) => {
    const item = words("shot-taken").firstElementChild;
    const image = item.querySelector("img");
    image.src = URL.createObjectURL(file);
    image.alt = file.name;
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    // HEIC is seen on few phones: its name stands in its place.
    image.addEventListener("error", () => image.replaceWith(Object.assign(document.createElement("span"), { textContent: file.name })));
    const off = item.querySelector("button");
    off.setAttribute("aria-label", `${off.getAttribute("aria-label")}: ${file.name}`);
    off.addEventListener("click", () => {
      set(input, chosen.get(input).filter((_file, other) => other !== at));
      keep(input.form);
      input.focus();
    });
    return item;
  };

  // A phone's photo of 8 MB says no more than one of 800 kB. What cannot be read here (HEIC on most phones) goes as it is.
  const smaller = async (file) => {
    if (file.size < SHRINK_FROM || !file.type.startsWith("image/")) return file;
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
      if (!blob || blob.size >= file.size) return file;
      return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
    } catch {
      return file;
    }
  };

  // The doors of joint control take photos too.
  self.linliSmaller = smaller;

  // --- installing, and leaving ---
  addEventListener("beforeinstallprompt", (event) => {
    const button = document.getElementById("install");
    if (!button) return;
    event.preventDefault();
    button.hidden = false;
    button.addEventListener("click", () => event.prompt(), { once: true });
  });
  if (matchMedia("(display-mode: standalone)").matches) html.setAttribute("data-installed", "");

  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/sign-out/" && self.caches) caches.delete("personal");
  });

  if (person && self.Outbox) {
    show();
    restore().then(begun);
    flush().then((answers) => {
      const sent = [...answers.values()].some((answer) => answer.ok);
      if (sent && document.querySelector("dialog[open], form[data-typed]")) refresh();
      else if (sent) reload();
    });
  }
})();

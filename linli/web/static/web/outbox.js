// The outbox: what was typed and photographed is on the phone before it is sent, is sent in order, and counts once.
//
// A letter: { person, key, chain, url, label, fields }
//   person  the mark of who wrote it (web/pwa.py): only they see it, and it is sent in their session alone
//   key     the once-only key; the server carries a key out once, however often it arrives
//   chain   letters of one chain build on each other (the steps of one task)
//   fields  [name, text or File] as a form has them; `once` (the key) and the token are added when it is sent
// A letter waits (`waiting`) until the server has answered it. 2xx: it is gone. A refusal (4xx): it stays, `refused`, with the
// words of the refusal and all that was typed, until its writer sends it again or throws it away. No answer, 5xx, 408, 429, no
// session: it waits on, and so does all that comes after it.
// What is still being typed is a `draft`: kept beside the letters, one for each change of a chain, and sent by nobody.
// The server answers JSON; `version` in an answer becomes the field `version` of what is still to come in that chain: of what waits
// already, and of what is put later from a page that has yet to hear of the answer (a `step`, kept beside the letters: it leads from the
// versions that the person's own letters were meant for to the one that they led to).
// Each change is told to this page and to those in other tabs as an event `outbox` on window.
//
//   Outbox.put(letter)           keep it; a key that is kept already is not kept twice
//   Outbox.keep(letter)          keep it as a draft in place of the one before; without fields there is none any more
//   Outbox.drafts(person, chain) what was begun there in the last days
//   Outbox.all(person)           the person's letters, oldest first
//   Outbox.again(n, changes)     send a refused one again, under a new key: it is another request now
//   Outbox.drop(n)               throw one away
//   Outbox.flush(person)         send → { answers: Map(key → answer), why: "" | "network" | "session" }
"use strict";
self.Outbox = (() => {
  const NAME = "linli-outbox";
  const PULSE = "/pulse/";
  const PATIENCE = 60000; // milliseconds; a photo over a thin line takes its time
  const COME_AGAIN = new Set([408, 425, 429]);
  const KEPT_DAYS = 3; // what is kept beside the letters

  let opened;
  const open = () =>
    (opened ||= new Promise((resolve, reject) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        const letters = asked.result.createObjectStore("letters", { keyPath: "n", autoIncrement: true });
        letters.createIndex("key", "key", { unique: true });
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    }));

  // One transaction; resolves when it is on disk.
  const within = async (mode, work) => {
    const database = await open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction("letters", mode, { durability: "strict" });
      const asked = work(transaction.objectStore("letters"));
      transaction.oncomplete = () => resolve(asked && asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  };
  // The other tabs show the same letters, whoever sends them. An old browser has no such channel: its tabs learn it when they are loaded anew.
  const tabs = self.BroadcastChannel && new BroadcastChannel(NAME);
  const tellHere = () => self.dispatchEvent(new Event("outbox"));
  if (tabs) tabs.onmessage = tellHere;
  const tell = () => {
    tellHere();
    tabs?.postMessage("");
  };

  const asDraft = ({ person, chain, change }) => `draft:${person}:${chain}:${change}`;
  const asStep = ({ person, chain }) => `step:${person}:${chain}`;
  const versionOf = (letter) => letter.fields.find(([name]) => name === "version")?.[1];
  const meantFor = (letter, version) => ({
    ...letter,
    fields: letter.fields.map(([name, value]) => [name, name === "version" ? version : value]),
  });
  // One request and its commit, so that it is done even where the page is being left.
  const keep = (letter) =>
    within("readwrite", (letters) => {
      const n = asDraft(letter);
      if (letter.fields.length) letters.put({ ...letter, n, key: n, state: "draft", said: "", at: Date.now() });
      else letters.delete(n);
      letters.transaction.commit?.();
    });

  const put = async (letter) => {
    try {
      await within("readwrite", (letters) => {
        letters.delete(asDraft(letter));
        const asked = letters.get(asStep(letter));
        asked.onsuccess = () => {
          const step = asked.result;
          const led = step && step.from.includes(versionOf(letter));
          letters.add({ ...(led ? meantFor(letter, step.to) : letter), state: "waiting", said: "", at: Date.now() });
        };
      });
    } catch (error) {
      if (!error || error.name !== "ConstraintError") throw error;
    }
    tell();
  };

  const everything = async (person) =>
    (await within("readonly", (letters) => letters.getAll())).filter((one) => one.person === person);
  const BESIDE = ["draft", "step"];
  const all = async (person) => (await everything(person)).filter((one) => !BESIDE.includes(one.state));
  const drafts = async (person, chain) => {
    const found = (await everything(person)).filter((one) => BESIDE.includes(one.state));
    const old = Date.now() - KEPT_DAYS * 24 * 3600000;
    for (const one of found) if (one.at < old) await drop(one.n);
    return found.filter((one) => one.state === "draft" && one.chain === chain && one.at >= old);
  };

  const drop = async (n) => {
    await within("readwrite", (letters) => letters.delete(n));
    tell();
  };

  const change = (n, changes) =>
    within("readwrite", (letters) => {
      const asked = letters.get(n);
      asked.onsuccess = () => asked.result && letters.put({ ...asked.result, ...changes });
    });

  const again = async (n, changes = {}) => {
    await change(n, { ...changes, key: crypto.randomUUID(), state: "waiting", said: "" });
    tell();
  };

  // The answered letter goes and its followers learn the version in one step: a reload between the two would part them.
  const answered = (letter, version) =>
    within("readwrite", (letters) => {
      letters.delete(letter.n);
      if (version === undefined) return;
      const asked = letters.getAll();
      asked.onsuccess = () => {
        for (const one of asked.result) {
          const follows = one.chain === letter.chain && one.n > letter.n && one.state === "waiting";
          if (follows) letters.put(meantFor(one, String(version)));
        }
        lead(letters, letter, String(version), asked.result.find((one) => one.n === asStep(letter)));
      };
    });

  const lead = (letters, letter, to, before) => {
    const { person, chain } = letter;
    const meant = versionOf(letter);
    const from = before && before.to === meant ? [...before.from, meant] : [meant];
    const n = asStep(letter);
    letters.put({ n, key: n, person, chain, state: "step", from, to, at: Date.now() });
  };

  const ask = async (url, options = {}) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const headers = { Accept: "application/json", ...options.headers };
      return await fetch(url, { cache: "no-store", redirect: "error", ...options, headers, signal: stop.signal });
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  };

  const post = (letter, token) => {
    const body = new FormData();
    for (const [name, value] of letter.fields) body.append(name, value);
    body.set("once", letter.key);
    body.set("csrfmiddlewaretoken", token);
    // By the phone's own clock, however wrong that is. No field: sent again, the letter is the same one.
    return ask(letter.url, { method: "POST", body, headers: { "Outbox-Age": Date.now() - letter.at } });
  };

  const send = async (person) => {
    const answers = new Map();
    const waiting = (await all(person)).filter((one) => one.state === "waiting");
    if (!waiting.length) return { answers, why: "" };
    const pulse = await ask(PULSE);
    if (!pulse || !pulse.ok) return { answers, why: "network" };
    const session = await pulse.json();
    if (session.person !== person) return { answers, why: "session" };
    for (const { n } of waiting) {
      // Read anew: the letter before it may have changed its version.
      const letter = await within("readonly", (letters) => letters.get(n));
      if (!letter || letter.state !== "waiting") continue;
      const answer = await post(letter, session.token);
      if (!answer || answer.status >= 500 || COME_AGAIN.has(answer.status)) return { answers, why: "network" };
      const content = await answer.json().catch(() => ({}));
      if (answer.status === 401 || content.code === "form_expired") return { answers, why: "session" };
      if (answer.ok) await answered(letter, content.version);
      else await change(n, { state: "refused", said: content.title || String(answer.status), code: content.code || "" });
      answers.set(letter.key, { ok: answer.ok, ...content });
      tell();
    }
    return { answers, why: "" };
  };

  // One tab sends at a time; where there are no locks, the once-only keys alone keep the count.
  const flush = (person) => (navigator.locks ? navigator.locks.request(NAME, () => send(person)) : send(person));

  return { put, keep, drafts, all, again, drop, flush };
})();

// The service worker of the field app. `VERSION` and `FILES` stand above, written by the server (web/pwa.py).
//
// Pages of the field app: from the network; where that fails, or takes too long, the last good copy, marked as such.
// Static files: their names carry a digest, so that what is kept is right for good.
// What is kept of pages and pictures belongs to one person, and goes when they sign out or somebody else signs in.
// Nothing that changes anything is ever answered here: a form goes to the server, or waits in the outbox (outbox.js).
"use strict";
const STATIC = `static-${VERSION}`;
const PERSONAL = "personal";
const DOORS = "doors"; // The page of doors, without any: they lie encrypted in the database of that name (islands/src/doors-store.ts).
const DOORS_PAGE = "/field/doors/";
const DOORS_DATABASE = "linli-doors";
const PATIENCE = 6000; // milliseconds until a kept page is shown instead
const KEPT_HOURS = 24;
const MOST_PAGES = 40;
const MOST_PICTURES = 80;
const OFFLINE = { zh: "/offline/?zh", en: "/offline/?en" };

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
// Of a page that was open before there was a service worker (field.js).
self.addEventListener("message", (event) => {
  for (const path of event.data.keep ?? []) if (isKept(path)) event.waitUntil(keepNow(path, event));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname === "/sign-out/") event.respondWith(leave(request));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (url.pathname === DOORS_PAGE) event.respondWith(page(event));
  else if (request.mode === "navigate") event.respondWith(isKept(url.pathname) ? page(event) : other(request));
  else if (/^\/case\/[^/]+\/files\//.test(url.pathname) && url.search === "?small") event.respondWith(picture(request));
});

async function install() {
  const cache = await caches.open(STATIC);
  await cache.addAll(FILES);
  // Written without cookies, so that it names nobody.
  for (const [language, address] of Object.entries(OFFLINE)) {
    const headers = { "Accept-Language": language };
    await cache.put(address, await fetch(address, { credentials: "omit", headers }));
  }
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith("static-") && name !== STATIC) await caches.delete(name);
  await self.clients.claim();
}

async function file(request) {
  const kept = await caches.match(request, { cacheName: STATIC });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && /\.[0-9a-f]{12}\.\w+$/.test(new URL(request.url).pathname)) {
    const cache = await caches.open(STATIC);
    await cache.put(request, answer.clone());
  }
  return answer;
}

async function page(event) {
  const { request } = event;
  event.waitUntil(inTurn(forgetOld));
  const network = fetch(request).then((answer) => keep(request, answer, event));
  const kept = await copyOf(request);
  try {
    const answer = await (kept ? Promise.race([network, slow()]) : network);
    return answer.status >= 500 && kept ? kept : answer;
  } catch {
    network.catch(() => {});
    return kept || offline(request);
  }
}

async function other(request) {
  try {
    return await fetch(request);
  } catch {
    return offline(request);
  }
}

const slow = () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error("slow")), PATIENCE));

// A good page is kept; one that says “sign in” or “not yours” ends what was kept.
async function keep(request, answer, event) {
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    event.waitUntil(inTurn(() => caches.delete(PERSONAL)));
  } else if (answer.ok) {
    const copy = answer.clone();
    event.waitUntil(inTurn(() => store(request, copy)));
  }
  return answer;
}

async function keepNow(path, event) {
  const request = new Request(path, { redirect: "manual" });
  await fetch(request).then((answer) => keep(request, answer, event)).catch(() => {});
}

// One after another: two first pages at once would each find no owner, and the later one throw away what the other kept.
let turn = Promise.resolve();
function inTurn(work) {
  turn = turn.then(work, work);
  return turn;
}

async function store(request, answer) {
  const text = await answer.text();
  const person = (text.match(/name="linli-person" content="(\w*)"/) || [])[1];
  if (!person) return;
  const doors = isDoors(request);
  if (!doors) await belongTo(person);
  const cache = await caches.open(doors ? DOORS : PERSONAL);
  await cache.put(plain(request.url), dated(text, answer));
  await trim(cache, "/field/task/", MOST_PAGES);
}

// Whose things are kept stands among them, as an entry of its own.
async function belongTo(person) {
  const owner = await caches.match("/owner", { cacheName: PERSONAL });
  if (owner && (await owner.text()) === person) return;
  await caches.delete(PERSONAL);
  const cache = await caches.open(PERSONAL);
  await cache.put("/owner", new Response(person));
}

async function copyOf(request) {
  const doors = isDoors(request);
  const kept = await caches.match(plain(request.url), { cacheName: doors ? DOORS : PERSONAL });
  if (!kept) return null;
  if (!doors && isOld(kept)) return null;
  const text = await kept.text();
  return new Response(text.replace("<html ", "<html data-kept "), { headers: kept.headers });
}

async function picture(request) {
  const cache = await caches.open(PERSONAL);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && (await cache.match("/owner"))) {
    await cache.put(request, dated(await answer.clone().blob(), answer));
    await trim(cache, "/case/", MOST_PICTURES);
  }
  return answer;
}

function dated(content, answer) {
  const headers = new Headers(answer.headers);
  headers.delete("Content-Encoding");
  headers.set("X-Kept-At", String(Date.now()));
  return new Response(content, { headers });
}

// What is too old to be shown is no longer there either, and neither is what an earlier version kept and this one does not.
async function forgetOld() {
  const cache = await caches.open(PERSONAL);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname === "/owner") continue;
    const kept = await cache.match(request);
    if (kept && (isOld(kept) || (pathname.startsWith("/field/") && !isKept(pathname)))) await cache.delete(request);
  }
}

// The oldest go first: a cache lists its entries in the order in which they came.
async function trim(cache, beginning, most) {
  const found = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith(beginning));
  for (const request of found.slice(0, Math.max(0, found.length - most))) await cache.delete(request);
}

async function offline(request) {
  const inbox = await caches.match("/field/", { cacheName: PERSONAL });
  const english = inbox ? inbox.headers.get("Content-Language") === "en" : !self.navigator.language.startsWith("zh");
  const answer = await caches.match(english ? OFFLINE.en : OFFLINE.zh, { cacheName: STATIC });
  return answer || Response.error();
}

// Whether or not the server hears it: who leaves the phone leaves nothing on it. Visits to doors, and their photos, that are not sent yet
// would be lost with it: that is asked first.
async function leave(request) {
  const sure = new URL(request.url).searchParams.has("lose");
  if (!sure && (await unsentVisits())) return Response.redirect(`${DOORS_PAGE}?leaving`, 303);
  await inTurn(() => Promise.all([caches.delete(PERSONAL), caches.delete(DOORS), removeDoors()]));
  return fetch(request);
}

const unsentVisits = () =>
  new Promise((resolve) => {
    const asked = indexedDB.open(DOORS_DATABASE);
    // There is none, and none is to be made.
    asked.onupgradeneeded = () => asked.transaction.abort();
    asked.onerror = () => resolve(0);
    asked.onsuccess = () => {
      const db = asked.result;
      const kept = ["log", "photos"].filter((name) => db.objectStoreNames.contains(name));
      const reading = db.transaction(kept);
      const asking = kept.map((name) => reading.objectStore(name).getAll());
      reading.oncomplete = () => {
        db.close();
        resolve(asking.flatMap(({ result }) => result).filter((row) => row.state === "waiting").length);
      };
    };
  });

const removeDoors = () =>
  new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(DOORS_DATABASE);
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });

const isOld = (kept) => Date.now() - Number(kept.headers.get("X-Kept-At")) > KEPT_HOURS * 3600000;

// What a household needs, with its address, is not kept: doors lie behind a PIN, and this would lie beside them in the open.
const isKept = (pathname) => pathname.startsWith("/field/") && !pathname.startsWith("/field/follow/");

const isDoors = (request) => new URL(request.url).pathname === DOORS_PAGE;

const plain = (address) => {
  const url = new URL(address);
  return url.origin + url.pathname;
};

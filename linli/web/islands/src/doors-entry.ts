// Before the doors: which teams one is in, taking their doors along under a PIN, and what becomes of them when somebody leaves.
import type { Doors } from "./doors";
import { isPin } from "./doors-crypto";
import type { Team } from "./doors-kept";
import { fetchPack, teamsOf } from "./doors-sync";
import { button, empty, h, notice, say, time } from "./doors-view";

export async function askForTeams(app: Doors): Promise<void> {
  app.teams = (await teamsOf()) ?? app.teams;
  app.teamsAt = Date.now();
}

export function showTeams(app: Doors): void {
  app.pack = null;
  if (!app.teams) return app.draw(empty(say("no_network"), say("no_network_about")));
  if (!app.teams.length) return app.draw(empty(say("no_teams"), say("no_teams_about")));
  app.draw(h("ul", { class: "stack" }, ...app.teams.map((team) => teamCard(app, team))));
}

function teamCard(app: Doors, team: Team): HTMLElement {
  return h(
    "li",
    { class: "card stack" },
    h("h2", {}, team.campaign_name),
    h("p", {}, `${team.name} · ${say("until", { time: time(team.until) })}`),
    button(say(app.store.unlocked ? "open" : "take"), () => void enter(app, team), "primary wide"),
  );
}

async function enter(app: Doors, team: Team): Promise<void> {
  if (!app.store.unlocked) return choosePin(app, team);
  if (!(await app.store.pack(team.id)) && !(await take(app, team))) return;
  await app.open(team.id);
}

/** Fetches a team's doors; whether that went well. */
export async function take(app: Doors, team: Team): Promise<boolean> {
  app.tell(notice(say("taking")));
  const sent = app.entries.filter((entry) => entry.state === "sent").map(({ visit }) => visit);
  const pack = await fetchPack(team);
  if (typeof pack === "string") {
    app.tell(notice(pack || say("not_taken"), pack ? "warn" : "bad"));
    return false;
  }
  // The pack says what these led to. What is known of other doors, such as those that were handed over, is known here alone.
  const listed = new Set(pack.buildings.flatMap(({ doors, found = [] }) => [...doors, ...found].map(([id]) => id)));
  await app.store.take(pack, sent.filter(({ door }) => listed.has(door)).map(({ id }) => id));
  app.tell();
  navigator.storage.persist().catch(() => {});
  keepPage(app.root.dataset.form ?? "", app.root.dataset.scan ?? "").catch(() => {});
  return true;
}

function choosePin(app: Doors, team: Team): void {
  const fields = ["pin", "pin_again"].map((name) => pinField(name, "new-password"));
  const [first, second] = fields.map((field) => field.querySelector("input") as HTMLInputElement);
  const press = async (): Promise<void> => {
    const pin = first?.value ?? "";
    if (!isPin(pin)) return app.tell(notice(say("pin_form"), "bad"));
    if (pin !== second?.value) return app.tell(notice(say("pin_differs"), "bad"));
    if (!app.store.unlocked && !(await app.store.create(pin, app.person))) return location.reload();
    await enter(app, team);
  };
  app.draw(pinForm(say("pin_choose"), say("pin_about"), fields, say("take"), press));
}

export function showLock(app: Doors): void {
  const field = pinField("pin", "current-password");
  const input = field.querySelector("input") as HTMLInputElement;
  const press = async (): Promise<void> => {
    const left = await app.store.unlock(input.value);
    input.value = "";
    if (left === "open") return unlocked(app);
    if (left === 0) return app.ended(notice(say("pin_wiped"), "bad"));
    app.tell(notice(say("pin_wrong", { count: left }), "bad"));
  };
  app.draw(pinForm(say("pin_unlock"), "", [field], say("unlock"), press));
  input.focus();
}

async function unlocked(app: Doors): Promise<void> {
  app.tell();
  const kept = await app.store.teams();
  const packs = await Promise.all(kept.map(({ team }) => app.store.pack(team)));
  const taken = packs.flatMap((pack) => (pack ? [pack.team] : []));
  app.teams = [...taken, ...(app.teams ?? []).filter((team) => !taken.some((one) => one.id === team.id))];
  const [only] = app.teams;
  if (app.teams.length === 1 && only) await enter(app, only);
  else showTeams(app);
  app.tick();
}

/** Somebody else's doors lie on this phone. */
export async function showForeign(app: Doors): Promise<void> {
  const { count } = await app.store.unsent();
  if (!count) {
    await app.store.wipe();
    return location.reload();
  }
  const wipe = async (): Promise<void> => {
    if (confirm(say("wipe_sure", { count }))) await app.store.wipe().then(() => location.reload());
  };
  app.draw(empty(say("other_person"), say("other_person_about", { count }), button(say("wipe"), wipe, "danger")));
}

/** The service worker leads here before a sign-out that would lose visits. */
export async function showLeaving(app: Doors): Promise<void> {
  const { count } = await app.store.unsent();
  const token = document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
  const form = h(
    "form",
    { method: "post", action: "/sign-out/?lose" },
    h("input", { type: "hidden", name: "csrfmiddlewaretoken", value: token }),
    h("button", { class: "button danger large wide" }, say("leave")),
  );
  const stay = h("a", { class: "button large wide primary", href: location.pathname }, say("stay"));
  app.draw(h("h2", {}, say("leaving", { count })), h("p", {}, say("leaving_about")), stay, form);
}

function pinField(name: string, autocomplete: string): HTMLElement {
  const input = h("input", { id: `door-${name}`, type: "password", inputmode: "numeric", maxlength: "12", autocomplete, required: true });
  return h("div", { class: "field" }, h("label", { for: `door-${name}` }, say(name)), input);
}

function pinForm(heading: string, about: string, fields: HTMLElement[], press: string, work: () => Promise<void>): HTMLElement {
  const send = h("button", { class: "button large primary wide" }, press) as HTMLButtonElement;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    // The key of a PIN takes a phone about a second.
    send.disabled = true;
    await work().finally(() => (send.disabled = false));
  };
  return h("form", { class: "card stack", submit: (event) => void submit(event) }, h("h2", {}, heading), about ? h("p", {}, about) : null, ...fields, send);
}

/** Fetched by way of the service worker, which keeps it: the page, its styles, its scripts. They hold no doors. */
async function keepPage(form: string, scanner: string): Promise<void> {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
  }
  const styles = [...document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")].map((link) => link.href);
  const scripts = [...document.querySelectorAll<HTMLScriptElement>("script[src]")].map((script) => script.src);
  const needed = [location.pathname, ...styles, ...scripts, form, "BarcodeDetector" in window ? "" : scanner];
  await Promise.all(needed.filter(Boolean).map((address) => fetch(address)));
}

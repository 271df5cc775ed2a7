// The doors of joint control on a worker's phone, for where there is no network: docs/field.md.
import { isPin } from "./doors-crypto";
import { drawn, MOST, scanner, understood, written, type Handover } from "./doors-hand";
import { Store, UNDO_MS, type Entry, type Handed, type Pack, type Team } from "./doors-store";
import { fetchPack, sync, teamsOf, type Stopped } from "./doors-sync";
import { button, empty, h, icon, notice, say, time } from "./doors-view";
import { buildings, figures, nextTimes, stairwells, standingAt, walk, type Door, type Walked } from "./doors-walk";

export { standing } from "./doors-rule";

const EVERY_MS = 60_000;
// The teams are asked for less often: what changes in them is seldom.
const TEAMS_EVERY_MS = 600_000;
// The buildings, or the doors of one.
const OVERVIEW = /^(#\/[0-9a-f-]{0,36})?$/;
type FormModule = typeof import("./doors-form");

class Doors {
  private readonly status = h("div", { class: "door-status", role: "status" });
  private readonly told = h("div", { role: "status" });
  private readonly body = h("div", { class: "stack" });
  private readonly undoing = h("div", { class: "door-undo", role: "status" });
  private readonly stopped = new Map<string, Stopped>();
  private teams: Team[] | null = null;
  private teamsAt = 0;
  private pack: Pack | null = null;
  private entries: Entry[] = [];
  private handed: Handed[] = [];
  private leaving: () => void = () => {};
  // Where each overview stood: back from a door, the next one is under the thumb.
  private readonly scrolled = new Map<string, number>();
  private shown = "";

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Store,
    private readonly person: string,
  ) {
    root.replaceChildren(this.status, this.told, this.body, this.undoing);
  }

  async start(): Promise<void> {
    history.scrollRestoration = "manual";
    addEventListener("hashchange", () => this.show());
    addEventListener("online", () => this.tick());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.tick());
    setInterval(() => this.tick(), EVERY_MS);
    const vault = await this.store.vault();
    await this.say();
    if (new URLSearchParams(location.search).has("leaving") && vault) return this.leave();
    if (vault && vault.person !== this.person) return this.foreign();
    await this.ask();
    if (!vault) return this.list();
    for (const { team, until } of await this.store.teams()) if (await this.tidy(team, until)) return;
    this.locked();
  }

  // --- before the doors: teams, the PIN, leaving ---

  private async ask(): Promise<void> {
    this.teams = (await teamsOf()) ?? this.teams;
    this.teamsAt = Date.now();
  }

  private list(): void {
    this.pack = null;
    if (!this.teams) return this.draw(empty(say("no_network"), say("no_network_about")));
    if (!this.teams.length) return this.draw(empty(say("no_teams"), say("no_teams_about")));
    this.draw(h("ul", { class: "stack" }, ...this.teams.map((team) => this.teamCard(team))));
  }

  private teamCard(team: Team): HTMLElement {
    const press = (): void => void this.enter(team);
    return h(
      "li",
      { class: "card stack" },
      h("h2", {}, team.campaign_name),
      h("p", {}, `${team.name} · ${say("until", { time: time(team.until) })}`),
      button(say(this.store.unlocked ? "open" : "take"), press, "primary wide"),
    );
  }

  private async enter(team: Team): Promise<void> {
    if (!this.store.unlocked) return this.choosePin(team);
    if (!(await this.store.pack(team.id)) && !(await this.take(team))) return;
    await this.open(team.id);
  }

  private async take(team: Team): Promise<boolean> {
    this.tell(notice(say("taking")));
    const sent = this.entries.filter((entry) => entry.state === "sent").map(({ visit }) => visit);
    const pack = await fetchPack(team);
    if (!pack) {
      this.tell(notice(say("not_taken"), "bad"));
      return false;
    }
    // The pack says what these led to. What is known of other doors, such as those that no list has, is known here alone.
    const listed = new Set(pack.buildings.flatMap(({ doors }) => doors.map(([id]) => id)));
    await this.store.take(pack, sent.filter(({ door }) => listed.has(door)).map(({ id }) => id));
    this.tell();
    navigator.storage.persist().catch(() => {});
    keepPage(this.root.dataset.form ?? "", this.root.dataset.scan ?? "").catch(() => {});
    return true;
  }

  private choosePin(team: Team): void {
    const fields = ["pin", "pin_again"].map((name) => pinField(name, "new-password"));
    const [first, second] = fields.map((field) => field.querySelector("input") as HTMLInputElement);
    const press = async (): Promise<void> => {
      const pin = first?.value ?? "";
      if (!isPin(pin)) return this.tell(notice(say("pin_form"), "bad"));
      if (pin !== second?.value) return this.tell(notice(say("pin_differs"), "bad"));
      if (!this.store.unlocked && !(await this.store.create(pin, this.person))) return location.reload();
      await this.enter(team);
    };
    this.draw(pinForm(say("pin_choose"), say("pin_about"), fields, say("take"), press));
  }

  private locked(): void {
    const field = pinField("pin", "current-password");
    const input = field.querySelector("input") as HTMLInputElement;
    const press = async (): Promise<void> => {
      const left = await this.store.unlock(input.value);
      input.value = "";
      if (left === "open") return this.unlocked();
      if (left === 0) return this.ended(notice(say("pin_wiped"), "bad"));
      this.tell(notice(say("pin_wrong", { count: left }), "bad"));
    };
    this.draw(pinForm(say("pin_unlock"), "", [field], say("unlock"), press));
    input.focus();
  }

  private async unlocked(): Promise<void> {
    this.tell();
    const kept = await this.store.teams();
    const packs = await Promise.all(kept.map(({ team }) => this.store.pack(team)));
    const taken = packs.flatMap((pack) => (pack ? [pack.team] : []));
    this.teams = [...taken, ...(this.teams ?? []).filter((team) => !taken.some((one) => one.id === team.id))];
    const [only] = this.teams;
    if (this.teams.length === 1 && only) await this.enter(only);
    else this.list();
    this.tick();
  }

  private async foreign(): Promise<void> {
    const { count } = await this.store.unsent();
    if (!count) {
      await this.store.wipe();
      return location.reload();
    }
    const wipe = async (): Promise<void> => {
      if (confirm(say("wipe_sure", { count }))) await this.store.wipe().then(() => location.reload());
    };
    this.draw(empty(say("other_person"), say("other_person_about", { count }), button(say("wipe"), wipe, "danger")));
  }

  /** The service worker leads here before a sign-out that would lose visits. */
  private async leave(): Promise<void> {
    const { count } = await this.store.unsent();
    const token = document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    const form = h(
      "form",
      { method: "post", action: "/sign-out/?lose" },
      h("input", { type: "hidden", name: "csrfmiddlewaretoken", value: token }),
      h("button", { class: "button danger large wide" }, say("leave")),
    );
    const stay = h("a", { class: "button large wide primary", href: location.pathname }, say("stay"));
    this.draw(h("h2", {}, say("leaving", { count })), h("p", {}, say("leaving_about")), stay, form);
  }

  // --- the doors ---

  private async open(team: string): Promise<void> {
    await this.load(team);
    this.show();
    await this.say();
  }

  private async load(team: string): Promise<void> {
    [this.pack, this.entries, this.handed] = await Promise.all([this.store.pack(team), this.store.log(team), this.store.handed(team)]);
  }

  private walked(): Walked[] {
    return this.pack ? walk(this.pack, this.entries, this.handed) : [];
  }

  /** Draws what the address says: #/building/door/page. */
  private show(): void {
    if (!this.pack) return;
    const { hash } = location;
    if (hash !== this.shown) this.scrolled.set(this.shown, scrollY);
    this.drawAddress(hash);
    if (hash !== this.shown) scrollTo(0, OVERVIEW.test(hash) ? (this.scrolled.get(hash) ?? 0) : 0);
    this.shown = hash;
  }

  private drawAddress(hash: string): void {
    const [, first = "", second = "", third = ""] = hash.split("/");
    const walked = this.walked();
    const at = walked.find((one) => one.id === first);
    const door = at?.all.find((one) => one.id === second);
    if (first === "aside") this.showAside();
    else if (first === "scan") this.showScanner();
    else if (at && second === "hand") this.showHanding(at);
    else if (at && second === "found") this.showFound(at);
    else if (at && door && third === "form") void this.showForm(at, door);
    else if (at && door) this.showDoor(at, door);
    else if (at) this.showBuilding(at);
    else this.showBuildings(walked);
  }

  private go(address: string): void {
    history.pushState(null, "", address);
    this.show();
  }

  private showBuildings(walked: Walked[]): void {
    const { team, taken_at: at } = this.pack as Pack;
    const all = walked.flatMap((one) => one.all);
    this.draw(
      h("p", {}, `${team.campaign_name} · ${team.name} · ${say("until", { time: time(team.until) })}`),
      figures(all),
      buildings(walked),
      h(
        "div",
        { class: "stack" },
        button(say("scan"), () => this.go("#/scan"), "wide", icon("camera")),
        button(say("refresh"), () => this.refresh(), "wide"),
        (this.teams?.length ?? 0) > 1 && button(say("teams"), () => this.list(), "wide"),
        button(say("lock"), () => location.reload(), "wide", icon("lock")),
        h("p", { class: "soft small" }, say("refreshed", { time: time(at) })),
      ),
    );
  }

  private async refresh(): Promise<void> {
    const { team } = this.pack as Pack;
    await this.tick();
    await this.load(team.id);
    if ((await this.store.unsent(team.id)).count) return this.tell(notice(say("refresh_first"), "warn"));
    if (await this.take(team)) await this.open(team.id);
  }

  private showBuilding(at: Walked): void {
    const way = at.lon !== null && at.lat !== null;
    this.draw(
      back("#/"),
      h("h2", {}, at.name),
      figures(at.all),
      ...stairwells(at),
      h(
        "div",
        { class: "stack" },
        way && h("a", { class: "button large wide", href: `geo:${at.lat},${at.lon}` }, icon("map"), say("way")),
        button(say("found"), () => this.go(`#/${at.id}/found`), "wide"),
        button(say("hand"), () => this.go(`#/${at.id}/hand`), "wide"),
      ),
    );
  }

  private showDoor(at: Walked, door: Door): void {
    const choose = (outcome: string, note: string): void => {
      const end = (next: string | null): void => void this.note(door, outcome, {}, note, next);
      if (outcome === "nobody_home") this.step(back(`#/${at.id}`), h("h2", {}, title(at, door)), nextTimes(end));
      else if (outcome === "done" && this.pack?.form) this.go(`#/${at.id}/${door.id}/form`);
      else end(null);
    };
    this.draw(back(`#/${at.id}`), h("h2", {}, title(at, door)), standingAt(door, Boolean(this.pack?.form), choose));
  }

  private async showForm(at: Walked, door: Door): Promise<void> {
    const place = h("div", { class: "stack-large" });
    this.draw(back(`#/${at.id}/${door.id}`), h("h2", {}, title(at, door)), place);
    try {
      const { mount } = (await import(/* @vite-ignore */ this.root.dataset.form ?? "")) as FormModule;
      const team = this.pack?.team.id ?? "";
      const before = await this.store.draft<Record<string, unknown>>(door.id);
      const schema = this.pack?.form as Parameters<FormModule["mount"]>[1];
      const keep = (answers: Record<string, unknown>): void => void this.store.keepDraft(team, door.id, answers);
      mount(place, schema, before, keep, (answers) => void this.note(door, "done", answers, "", null));
    } catch {
      place.replaceChildren(notice(say("form_failed"), "bad"), button(say("outcome_done"), () => this.note(door, "done", {}, "", null)));
    }
  }

  private showFound(at: Walked): void {
    const input = h("input", { id: "door-label", maxlength: "60", required: true, autocomplete: "off" }) as HTMLInputElement;
    const add = (): void => {
      const label = input.value.trim();
      if (!label) return input.focus();
      const door: Door = { id: crypto.randomUUID(), label, entrance: 0, floor: 0, building: at.id, found: true, stands: null, made: [], handed: "", listed: null };
      this.showDoor(at, door);
    };
    const field = h("div", { class: "field" }, h("label", { for: "door-label" }, say("found_about")), input);
    this.draw(back(`#/${at.id}`), h("h2", {}, say("found")), field, button(say("found_add"), add, "primary wide"));
  }

  /** It is in the log at once, so that no closed page loses it; it becomes a visit when it can no longer be taken back. */
  private async note(door: Door, outcome: string, answers: Record<string, unknown>, note: string, next: string | null): Promise<void> {
    const pack = this.pack as Pack;
    const id = crypto.randomUUID();
    const visit = {
      id,
      door: door.id,
      outcome,
      visited_at: new Date().toISOString(),
      answers: note && !pack.form ? { note } : answers,
      next_at: next,
      found_in: door.found ? door.building : null,
      found_label: door.found ? door.label : "",
    };
    await this.store.add(pack.team.id, { visit, note, label: door.label });
    await this.load(pack.team.id);
    history.replaceState(null, "", `#/${door.building}`);
    this.show();
    this.offerUndo(id, door, outcome, answers);
    await this.say();
  }

  private offerUndo(id: string, door: Door, outcome: string, answers: Record<string, unknown>): void {
    const undo = async (): Promise<void> => {
      const team = this.pack?.team.id ?? "";
      const undone = await this.store.undo(id);
      if (undone && Object.keys(answers).length) await this.store.keepDraft(team, door.id, answers);
      this.undoing.replaceChildren();
      this.tell(notice(say(undone ? "undone" : "too_late"), undone ? "" : "warn"));
      await this.load(team);
      this.show();
      await this.say();
    };
    const shown = h("div", { class: "door-undo-bar" }, h("span", {}, say("noted", { door: door.label, outcome: say(`outcome_${outcome}`) })), button(say("undo"), undo));
    this.undoing.replaceChildren(shown);
    setTimeout(() => {
      shown.remove();
      this.tick();
    }, UNDO_MS + 500);
  }

  private showAside(): void {
    const rows = this.entries.filter((entry) => entry.state === "aside");
    const row = ({ visit, label, fate }: Entry): HTMLElement =>
      h("li", { class: "card" }, h("strong", {}, `${label} · ${say(`outcome_${visit.outcome}`)} · ${time(visit.visited_at)}`), h("p", {}, say(`aside_${fate}`)));
    this.draw(back("#/"), h("h2", {}, say("aside_title")), h("p", {}, say("aside_about")), h("ul", { class: "stack" }, ...rows.map(row)));
  }

  // --- from phone to phone ---

  private showHanding(at: Walked): void {
    const open = at.all.filter((door) => door.listed && door.handed !== "away");
    const boxes = open.map((door) => ({ door, input: h("input", { type: "checkbox" }) as HTMLInputElement }));
    const chosen = (): Door[] => boxes.filter(({ input }) => input.checked).map(({ door }) => door);
    const limit = (): void => boxes.forEach(({ input }) => (input.disabled = !input.checked && chosen().length >= MOST));
    const rows = boxes.map(({ door, input }) => {
      input.addEventListener("change", limit);
      return h("li", {}, h("label", { class: "choice" }, input, h("span", {}, title(at, door))));
    });
    const press = (): void => {
      if (chosen().length) void this.showCode(at, chosen());
    };
    this.draw(back(`#/${at.id}`), h("h2", {}, say("hand")), h("p", {}, say("hand_about")), h("ul", { class: "door-choices" }, ...rows), button(say("hand_show"), press, "primary wide"));
  }

  private async showCode(at: Walked, chosen: Door[]): Promise<void> {
    const { team } = this.pack as Pack;
    const doors = chosen.flatMap((door) => (door.listed ? [door.listed] : []));
    const text = await written({ campaign: team.campaign, team: team.id, building: at.id, building_name: at.name, doors });
    const mark = async (): Promise<void> => {
      await this.store.hand(doors.map((door) => ({ door, building: at.id, building_name: at.name, team: team.id, came: false })));
      await this.load(team.id);
      this.go(`#/${at.id}`);
    };
    const label = say("hand_code", { count: doors.length });
    this.step(back(`#/${at.id}`), h("h2", {}, label), drawn(text, label), button(say("hand_mark"), mark, "primary wide"));
  }

  private showScanner(): void {
    const { element, stop } = scanner(this.root.dataset.scan ?? "", async (text) => {
      const handover = await understood(text);
      if (handover?.campaign !== this.pack?.team.campaign) return false;
      await this.receive(handover as Handover);
      return true;
    });
    this.draw(back("#/"), h("h2", {}, say("scan")), element);
    this.leaving = stop;
  }

  private async receive(handover: Handover): Promise<void> {
    const { team } = this.pack as Pack;
    const { doors, building, building_name } = handover;
    await this.store.hand(doors.map((door) => ({ door, building, building_name, team: team.id, came: true })));
    await this.load(team.id);
    this.go(`#/${building}`);
    const other = handover.team !== team.id && h("p", {}, say("scan_not_team", { count: doors.length }));
    this.tell(notice(say("scan_done", { count: doors.length }), "good", other));
  }

  // --- sending, and what follows from it ---

  private async tick(): Promise<void> {
    if (!this.store.unlocked) return this.say();
    const kept = await this.store.teams();
    const ends = await sync(this.store, kept.map(({ team }) => team), this.person, () => void this.say());
    for (const [team, why] of ends) this.stopped.set(team, why);
    if (Date.now() - this.teamsAt > TEAMS_EVERY_MS) await this.ask();
    for (const { team, until } of kept) if (await this.tidy(team, until)) return;
    if (!this.pack) return;
    await this.load(this.pack.team.id);
    // Nothing moves under a thumb that types or reads: only the overviews are drawn anew.
    if (OVERVIEW.test(location.hash) && !this.body.querySelector("form, .door-outcomes, input")) this.show();
    await this.say();
  }

  /**
   * The doors of a team go when it is over for this person and everything was sent; at the end of joint control also what the server takes no
   * more, for it has destroyed its own. Not before: a server that has lost a key says the same. Whether none are left.
   */
  private async tidy(team: string, until: string): Promise<boolean> {
    const name = (this.store.unlocked && (await this.store.pack(team))?.team.name) || say("doors");
    const now = this.teams?.find((one) => one.id === team);
    const destroyed = this.stopped.get(team) === "destroyed";
    const all_sent = !(await this.store.unsent(team)).count;
    if (now && now.until !== until) await this.store.ends(team, now.until);
    const ended = Date.now() > Date.parse(now?.until ?? until);
    const removed = this.teams !== null && !now;
    if (!(all_sent && (ended || removed)) && !(ended && destroyed)) return false;
    const words = notice(say(ended ? "ended" : "over", { name }), "warn");
    if (await this.store.wipeTeam(team)) {
      this.ended(words);
      return true;
    }
    if (this.pack?.team.id === team) this.list();
    this.tell(words);
    return false;
  }

  private ended(words: HTMLElement): void {
    this.pack = null;
    this.status.replaceChildren();
    this.undoing.replaceChildren();
    this.draw();
    this.tell(words);
  }

  /** What is not sent yet, always in sight. */
  private async say(): Promise<void> {
    if (!(await this.store.vault().catch(() => undefined))) return this.status.replaceChildren();
    const { count, since } = await this.store.unsent();
    const why = [...this.stopped.values()].find((one) => one && one !== "network");
    const aside = this.entries.filter((entry) => entry.state === "aside").length;
    const words = count ? say("unsent", { count, time: time(since) }) : say("all_sent");
    this.status.replaceChildren(
      h("p", { class: count ? "badge warn" : "badge good", "data-unsent": String(count) }, words),
      ...(aside ? [h("a", { class: "badge bad", href: "#/aside" }, say("aside", { count: aside }))] : []),
      ...(count && this.store.unlocked ? [button(say("send_now"), () => this.tick(), "plain")] : []),
      ...(why ? [notice(say(`stopped_${why}`), "warn", why === "session" && h("a", { href: `/sign-in/?next=${location.pathname}` }, say("sign_in")))] : []),
    );
  }

  private tell(...words: HTMLElement[]): void {
    this.told.replaceChildren(...words);
  }

  /** The next of several steps at one address, from its beginning. */
  private step(...content: Node[]): void {
    this.draw(...content);
    scrollTo(0, 0);
  }

  private draw(...content: (Node | string | null | false)[]): void {
    this.leaving();
    this.leaving = () => {};
    this.tell();
    this.body.replaceChildren(...content.filter((one): one is Node => Boolean(one)));
  }
}

const back = (address: string): HTMLElement => h("a", { class: "button plain door-back", href: address }, icon("back"), say("back"));
const title = (at: Walked, door: Door): string =>
  [at.name, door.entrance ? say("entrance", { number: door.entrance }) : "", door.label].filter(Boolean).join(" · ");

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

async function begin(root: HTMLElement): Promise<void> {
  // The page is the same however old it is; what it shows comes from the phone.
  document.documentElement.removeAttribute("data-kept");
  // That there is no network is said where it matters: beside what is not sent yet.
  addEventListener("htmx:sendError", (event) => event.stopPropagation(), true);
  if (!crypto.subtle || !("indexedDB" in window)) return root.replaceChildren(notice(say("insecure"), "bad"));
  const person = document.querySelector<HTMLMetaElement>('meta[name="linli-person"]')?.content ?? "";
  const store = await Store.opened(() => root.replaceChildren(notice(say("gone"), "warn")));
  await new Doors(root, store, person).start();
}

const root = document.getElementById("doors");
if (root) void begin(root);

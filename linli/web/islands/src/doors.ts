// The doors of joint control on a worker's phone, for where there is no network: docs/field.md. Here is what its parts share: what is
// shown, and where in it one is. Each part draws its own pages: entry, visit, handing, sending.
import { askForTeams, showForeign, showLeaving, showLock, showTeams } from "./doors-entry";
import { showHanding, showScanner } from "./doors-handing";
import type { Entry, Handed, Pack, PhotoRow, Team } from "./doors-kept";
import { Positioned } from "./doors-position";
import { OVERVIEW, refresh, showAside, showStatus, tick, tidy } from "./doors-sending";
import { Store } from "./doors-store";
import type { Stopped } from "./doors-sync";
import { back, button, h, icon, notice, say, time } from "./doors-view";
import { showDoor, showForm, showFound } from "./doors-visit";
import { buildings, figures, stairwells, walk, type Walked } from "./doors-walk";

export { standing } from "./doors-rule";

const EVERY_MS = 60_000;
const PRESS_MS = 200;

export class Doors {
  readonly status = h("div", { class: "door-status", role: "status" });
  readonly body = h("div", { class: "stack" });
  readonly undoing = h("div", { class: "door-undo", role: "status" });
  readonly stopped = new Map<string, Stopped>();
  readonly position = new Positioned();
  /** Notes begun, by door. */
  readonly notes = new Map<string, string>();
  teams: Team[] | null = null;
  teamsAt = 0;
  pack: Pack | null = null;
  entries: Entry[] = [];
  refused: PhotoRow[] = [];
  /** Whether a visit is being written down. */
  noting = false;
  /** What the page that is shown does when another takes its place. */
  leaving: () => void = () => {};
  private readonly told = h("div", { role: "status" });
  private handed: Handed[] = [];
  // Where each overview stood: back from a door, the next one is under the thumb.
  private readonly scrolled = new Map<string, number>();
  private shown = "";

  constructor(
    readonly root: HTMLElement,
    readonly store: Store,
    readonly person: string,
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
    if (new URLSearchParams(location.search).has("leaving") && vault) return showLeaving(this);
    if (vault && vault.person !== this.person) return showForeign(this);
    await askForTeams(this);
    if (!vault) return showTeams(this);
    for (const { team, until } of await this.store.teams()) if (await tidy(this, team, until)) return;
    showLock(this);
  }

  tick(): void {
    void tick(this);
  }

  say(): Promise<void> {
    return showStatus(this);
  }

  async open(team: string): Promise<void> {
    await this.load(team);
    this.show();
    await this.say();
  }

  async load(team: string): Promise<void> {
    const kept = [this.store.pack(team), this.store.log(team), this.store.handed(team), this.store.refused(team)] as const;
    [this.pack, this.entries, this.handed, this.refused] = await Promise.all(kept);
  }

  ended(words: HTMLElement): void {
    this.pack = null;
    this.status.replaceChildren();
    this.undoing.replaceChildren();
    this.draw();
    this.tell(words);
  }

  // --- where one is ---

  /** Draws what the address says: #/building/door/page. */
  show(): void {
    if (!this.pack) return;
    const { hash } = location;
    if (hash !== this.shown) this.scrolled.set(this.shown, scrollY);
    this.drawAddress(hash, this.pack);
    if (hash !== this.shown) scrollTo(0, OVERVIEW.test(hash) ? (this.scrolled.get(hash) ?? 0) : 0);
    this.shown = hash;
  }

  /** What has changed meanwhile. Nothing moves under a thumb that types, reads or presses: only the overviews are drawn anew. */
  renew(): void {
    if (this.root.matches(":active")) setTimeout(() => this.renew(), PRESS_MS);
    else if (OVERVIEW.test(location.hash) && !this.body.querySelector("form, .door-outcomes, input")) this.show();
  }

  private drawAddress(hash: string, pack: Pack): void {
    const [, first = "", second = "", third = ""] = hash.split("/");
    const walked = walk(pack, this.entries, this.handed);
    const at = walked.find((one) => one.id === first);
    const door = at?.all.find((one) => one.id === second);
    if (first === "aside") showAside(this);
    else if (first === "scan") showScanner(this);
    else if (at && second === "hand") showHanding(this, at);
    else if (at && second === "found") showFound(this, at);
    else if (at && door && third === "form") void showForm(this, at, door);
    else if (at && door) showDoor(this, at, door);
    else {
      if (at) this.showBuilding(at);
      else this.showBuildings(walked, pack);
      // An address from before: another team has the door now, or nobody.
      if (second || (first && !at)) this.tell(notice(say("door_gone"), "warn"));
    }
  }

  go(address: string): void {
    history.pushState(null, "", address);
    this.show();
  }

  private showBuildings(walked: Walked[], { team, taken_at: at }: Pack): void {
    const all = walked.flatMap((one) => one.all);
    this.draw(
      h("p", {}, `${team.campaign_name} · ${team.name} · ${say("until", { time: time(team.until) })}`),
      figures(all),
      buildings(walked),
      h(
        "div",
        { class: "stack" },
        button(say("scan"), () => this.go("#/scan"), "wide", icon("camera")),
        this.positionButton(),
        button(say("refresh"), () => refresh(this), "wide"),
        (this.teams?.length ?? 0) > 1 && button(say("teams"), () => showTeams(this), "wide"),
        button(say("lock"), () => location.reload(), "wide", icon("lock")),
        h("p", { class: "soft small" }, say("refreshed", { time: time(at) })),
      ),
    );
  }

  /** Nobody's position is read before they ask for it. */
  private positionButton(): HTMLElement {
    const { position } = this;
    const made = button(say("position_on"), () => {
      if (position.on) position.stop();
      else position.start(() => this.tell(notice(say("no_position"), "warn")));
      made.setAttribute("aria-pressed", String(position.on));
    }, "wide toggle", icon("map"));
    made.setAttribute("aria-pressed", String(position.on));
    return made;
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

  // --- what is shown ---

  tell(...words: HTMLElement[]): void {
    this.told.replaceChildren(...words);
  }

  /** The next of several steps at one address, from its beginning. */
  step(...content: Node[]): void {
    this.draw(...content);
    scrollTo(0, 0);
  }

  draw(...content: (Node | string | null | false)[]): void {
    this.leaving();
    this.leaving = () => {};
    this.tell();
    this.body.replaceChildren(...content.filter((one): one is Node => Boolean(one)));
    this.root.dataset.drawn = "";
  }
}

async function begin(root: HTMLElement): Promise<void> {
  // The page is the same however old it is; what it shows comes from the phone.
  document.documentElement.removeAttribute("data-kept");
  // That there is no network is said where it matters: beside what is not sent yet.
  addEventListener("htmx:sendError", (event) => event.stopPropagation(), true);
  const showOnly = (words: HTMLElement): void => {
    root.replaceChildren(words);
    root.dataset.drawn = "";
  };
  if (!crypto.subtle || !("indexedDB" in window)) return showOnly(notice(say("insecure"), "bad"));
  const person = document.querySelector<HTMLMetaElement>('meta[name="linli-person"]')?.content ?? "";
  const store = await Store.opened(() => showOnly(notice(say("gone"), "warn")));
  await new Doors(root, store, person).start();
}

const root = document.getElementById("doors");
if (root) void begin(root);

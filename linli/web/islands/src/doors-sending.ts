// Sending, and what follows from it: what waits is always in sight, and a team's doors go when it is over.
import type { Doors } from "./doors";
import { askForTeams, showTeams, take } from "./doors-entry";
import type { Entry, Pack, PhotoRow } from "./doors-kept";
import { sync, whyGone } from "./doors-sync";
import { back, button, h, notice, say, time } from "./doors-view";

// The teams are asked for less often: what changes in them is seldom.
const TEAMS_EVERY_MS = 600_000;
// The buildings, or the doors of one.
export const OVERVIEW = /^(#\/[0-9a-f-]{0,36})?$/;

export async function tick(app: Doors): Promise<void> {
  if (!app.store.unlocked) return showStatus(app);
  const kept = await app.store.teams();
  const ends = await sync(app.store, kept.map(({ team }) => team), app.person, () => void showStatus(app));
  for (const [team, why] of ends) app.stopped.set(team, why);
  if (Date.now() - app.teamsAt > TEAMS_EVERY_MS) await askForTeams(app);
  for (const { team, until } of kept) if (await tidy(app, team, until)) return;
  if (!app.pack) return;
  const { team } = app.pack;
  await app.load(team.id);
  if (!app.pack.hand && app.stopped.get(team.id) === "" && (await take(app, team))) await app.load(team.id);
  app.renew();
  await showStatus(app);
}

/**
 * The doors of a team go when it is over for this person and everything was sent; at the end of joint control also what the server takes no
 * more, for it has destroyed its own. Not before: a server that has lost a key says the same. Whether none are left.
 */
export async function tidy(app: Doors, team: string, until: string): Promise<boolean> {
  const name = (app.store.unlocked && (await app.store.pack(team))?.team.name) || say("doors");
  const now = app.teams?.find((one) => one.id === team);
  const destroyed = app.stopped.get(team) === "destroyed";
  const all_sent = !(await app.store.unsent(team)).count;
  if (now && now.until !== until) await app.store.ends(team, now.until);
  const ended = Date.now() > Date.parse(now?.until ?? until);
  const removed = app.teams !== null && !now;
  if (!(all_sent && (ended || removed)) && !(ended && destroyed)) return false;
  const why = ended ? "" : await whyGone(team);
  const words = notice(why ? say("gone_why", { name, why }) : say(ended ? "ended" : "over", { name }), "warn");
  if (await app.store.wipeTeam(team)) {
    app.ended(words);
    return true;
  }
  if (app.pack?.team.id === team) showTeams(app);
  app.tell(words);
  return false;
}

/** The newest state of the team's doors, once everything was sent. */
export async function refresh(app: Doors): Promise<void> {
  const { team } = app.pack as Pack;
  await tick(app);
  await app.load(team.id);
  if ((await app.store.unsent(team.id)).count) return app.tell(notice(say("refresh_first"), "warn"));
  if (await take(app, team)) await app.open(team.id);
}

/** What is not sent yet. */
export async function showStatus(app: Doors): Promise<void> {
  if (!(await app.store.vault().catch(() => undefined))) return app.status.replaceChildren();
  const { count, since } = await app.store.unsent();
  const why = [...app.stopped.values()].find((one) => one && one !== "network");
  const aside = app.entries.filter((entry) => entry.state === "aside").length + app.refused.length;
  const words = count ? say("unsent", { count, time: time(since) }) : say("all_sent");
  const shown = h(
    "div",
    {},
    h("p", { class: count ? "badge warn" : "badge good", "data-unsent": String(count) }, words),
    ...(aside ? [h("a", { class: "badge bad", href: "#/aside" }, say("aside", { count: aside }))] : []),
    ...(count && app.store.unlocked ? [button(say("send_now"), () => app.tick(), "plain")] : []),
    ...(why ? [notice(say(`stopped_${why}`), "warn", why === "session" && h("a", { href: `/sign-in/?next=${location.pathname}` }, say("sign_in")))] : []),
  );
  // What says the same stays: a press on it is not lost, and nobody hears it again.
  if (shown.innerHTML !== app.status.innerHTML) app.status.replaceChildren(...shown.childNodes);
}

/** What the server took and does not count, and photos that it did not take. */
export function showAside(app: Doors): void {
  const visit = ({ visit: one, label, fate }: Entry): HTMLElement =>
    h("li", { class: "card" }, h("strong", {}, `${label} · ${say(`outcome_${one.outcome}`)} · ${time(one.visited_at)}`), h("p", {}, say(`aside_${fate}`)));
  const photo = ({ at, fate }: PhotoRow): HTMLElement =>
    h("li", { class: "card" }, h("strong", {}, `${say("photo_refused")} · ${time(at)}`), h("p", {}, fate));
  const rows = [...app.entries.filter((entry) => entry.state === "aside").map(visit), ...app.refused.map(photo)];
  app.draw(back("#/"), h("h2", {}, say("aside_title")), h("p", {}, say("aside_about")), h("ul", { class: "stack" }, ...rows));
}

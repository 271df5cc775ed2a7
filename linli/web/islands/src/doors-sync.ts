// Visits on their way to the server: in batches, as often as needed, each kept until the server has said what became of it. Photos follow,
// one by one.
import type { Building, Hand, Made, Pack, Team } from "./doors-kept";
import type { Store } from "./doors-store";

const API = "/api/v1/campaigns";
const LOCK = "linli-doors-sync";
const MOST = 500;
const PATIENCE_MS = 60_000;
/** Too large, or one visit in it is not what the server reads. */
const DIVIDE: readonly number[] = [413, 422];

/** A photo that no further sending makes welcome: its visit is not there, it is another's, too large, no photo, damaged, one too many. */
const REFUSED: readonly number[] = [404, 409, 413, 415, 422];

/** The doors are not given any more: closed, over, not in the team, destroyed. */
const GONE: readonly number[] = [404, 409, 410];

/** Why nothing more went: no network, no session, not in the team, data destroyed. */
export type Stopped = "" | "network" | "session" | "removed" | "destroyed";

interface Session {
  person: string;
  token: string;
}

async function ask(address: string, options: RequestInit = {}): Promise<Response | null> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const headers = { Accept: "application/json", ...options.headers };
    return await fetch(address, { cache: "no-store", redirect: "error", ...options, headers, signal: stop.signal });
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

async function read<T>(address: string): Promise<T | null> {
  const answer = await ask(address);
  return answer?.ok ? ((await answer.json()) as T) : null;
}

/** The teams in which one is; null where the server cannot be asked. */
export const teamsOf = (): Promise<Team[] | null> => read<Team[]>(`${API}/teams/mine`);

/** A team's doors and its form; or why they are not given, in the server's words, which are empty where it said nothing. */
export async function fetchPack(team: Team): Promise<Pack | string> {
  const [answer, form] = await Promise.all([
    ask(`${API}/teams/${team.id}/doors`),
    team.form ? read<unknown>(`${API}/forms/${team.form}`) : null,
  ]);
  if (answer && GONE.includes(answer.status)) return wordsOf(answer);
  if (!answer?.ok || (team.form && !form)) return "";
  const doors = (await answer.json()) as { team: Team; buildings: Building[]; hand: Hand };
  return { ...doors, form, taken_at: Date.now() };
}

/** Why a team's doors are not given any more; empty where the server says nothing of it, or gives them. */
export async function whyGone(team: string): Promise<string> {
  const answer = await ask(`${API}/teams/${team}/doors`);
  return answer && GONE.includes(answer.status) ? wordsOf(answer) : "";
}

async function wordsOf(answer: Response): Promise<string> {
  const content = await contentOf(answer);
  // To whom a team says nothing, its page says nothing of use either.
  return content?.code === "not_found" ? "" : (content?.title ?? "");
}

/** Send what waits of these teams. One tab sends at a time; where there are no locks, the visits' ids alone keep the count. */
export function sync(store: Store, teams: readonly string[], person: string, changed: () => void): Promise<Map<string, Stopped>> {
  const work = (): Promise<Map<string, Stopped>> => sendAll(store, teams, person, changed);
  return "locks" in navigator ? navigator.locks.request(LOCK, work) : work();
}

async function sendAll(store: Store, teams: readonly string[], person: string, changed: () => void): Promise<Map<string, Stopped>> {
  const ends = new Map<string, Stopped>();
  const session = await read<Session>("/pulse/");
  for (const team of teams) {
    const why = !session ? "network" : session.person !== person ? "session" : "";
    const token = session?.token ?? "";
    ends.set(team, why || (await send(store, team, token, changed)) || (await sendPhotos(store, team, token, changed)));
  }
  return ends;
}

async function send(store: Store, team: string, token: string, changed: () => void): Promise<Stopped> {
  const { device } = (await store.vault()) ?? { device: "" };
  for (;;) {
    const visits = await store.ripe(team, MOST);
    if (!visits.length) return "";
    const why = await post(store, team, device, visits, token);
    changed();
    if (why) return why;
  }
}

async function post(store: Store, team: string, device: string, visits: Made[], token: string): Promise<Stopped> {
  const answer = await ask(`${API}/teams/${team}/visits`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ device, sent_at: new Date().toISOString(), visits }),
  });
  const content = await contentOf(answer);
  if (answer?.ok && content?.fates) {
    const known = await store.acknowledge(content.fates);
    return known ? "" : "network";
  }
  if (answer && DIVIDE.includes(answer.status)) return divide(store, team, device, visits, token);
  return stoppedBy(answer, content);
}

interface Content {
  fates?: { id: string; fate: string }[];
  fate?: string;
  code?: string;
  title?: string;
}

const contentOf = async (answer: Response | null): Promise<Content | null> =>
  answer ? ((await answer.json().catch(() => null)) as Content | null) : null;

function stoppedBy(answer: Response | null, content: Content | null): Stopped {
  if (answer?.status === 410) return "destroyed";
  if (answer?.status === 401 || content?.code === "form_expired") return "session";
  return answer?.status === 403 ? "removed" : "network";
}

/** A photo that is refused is shown with the reason and holds back no other; its visit has arrived. */
async function sendPhotos(store: Store, team: string, token: string, changed: () => void): Promise<Stopped> {
  for (;;) {
    const row = await store.nextPhoto(team);
    if (!row) return "";
    const body = new FormData();
    body.append("file", await store.picture(row), `${row.id}.jpg`);
    const answer = await ask(`${API}/visits/${row.visit}/photos/${row.id}`, { method: "POST", headers: { "X-CSRFToken": token }, body });
    const content = await contentOf(answer);
    if (answer?.ok && content?.fate) await store.dropPhoto(row.id);
    else if (answer && REFUSED.includes(answer.status)) await store.refusePhoto(row, content?.title ?? "");
    else return stoppedBy(answer, content);
    changed();
  }
}

/** One visit that cannot be read does not hold back the others: it is found by halving, and shown. */
async function divide(store: Store, team: string, device: string, visits: Made[], token: string): Promise<Stopped> {
  const [first] = visits;
  if (visits.length === 1 && first) {
    await store.acknowledge([{ id: first.id, fate: "unreadable" }]);
    return "";
  }
  const middle = Math.ceil(visits.length / 2);
  const why = await post(store, team, device, visits.slice(0, middle), token);
  return why || post(store, team, device, visits.slice(middle), token);
}

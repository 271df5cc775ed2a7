// What lies on the phone, in IndexedDB. Plain are only whose it is, how often a wrong PIN was tried, when joint control ends, and of each
// visit when it was made and what became of it: enough to wipe and to count while nobody has typed the PIN.
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import { open, openBytes, seal, sealBytes, unwrapped, wrapped, type Sealed, type Wrapped } from "./doors-crypto";
import type { Entry, Handed, Logged, LogRow, Made, Pack, PhotoRow } from "./doors-kept";

/** The service worker removes it at sign-out, and counts what waits in it before (sw.js). */
export const NAME = "linli-doors";
const MOST_TRIES = 10;
/** So long a visit can be taken back. */
export const UNDO_MS = 10_000;

interface Vault extends Wrapped {
  n: 1;
  person: string;
  device: string;
  tries: number;
}

interface Kept extends DBSchema {
  vault: { key: number; value: Vault };
  packs: { key: string; value: Sealed & { team: string; until: string } };
  log: { key: string; value: LogRow; indexes: { team: string } };
  handed: { key: string; value: Sealed & { door: string; team: string } };
  drafts: { key: string; value: Sealed & { door: string; team: string } };
  photos: { key: string; value: PhotoRow };
}

export class Store {
  private key: CryptoKey | null = null;

  private constructor(private readonly db: IDBPDatabase<Kept>) {}

  /** `gone` is called when another page, or the service worker, removes everything. */
  static async opened(gone: () => void): Promise<Store> {
    const db = await openDB<Kept>(NAME, 2, {
      upgrade(made, before) {
        if (before < 1) {
          made.createObjectStore("vault", { keyPath: "n" });
          made.createObjectStore("packs", { keyPath: "team" });
          made.createObjectStore("log", { keyPath: "id" }).createIndex("team", "team");
          made.createObjectStore("handed", { keyPath: "door" });
          made.createObjectStore("drafts", { keyPath: "door" });
        }
        made.createObjectStore("photos", { keyPath: "id" });
      },
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
        gone();
      },
    });
    return new Store(db);
  }

  get unlocked(): boolean {
    return this.key !== null;
  }

  // --- the vault ---

  vault(): Promise<Vault | undefined> {
    return this.db.get("vault", 1);
  }

  /** Whether there was none: another page may have been faster, and what it keeps is not to be lost. */
  async create(pin: string, person: string): Promise<boolean> {
    const made = await wrapped(pin);
    const adding = this.db.transaction("vault", "readwrite");
    const first = (await adding.store.count()) === 0;
    if (first) await adding.store.add({ n: 1, person, device: crypto.randomUUID(), tries: 0, ...made });
    await adding.done;
    if (first) this.key = await unwrapped(pin, made);
    return first;
  }

  /** How many tries are left, or "open". The try is counted before it is made: ending the page does not take it back. */
  async unlock(pin: string): Promise<"open" | number> {
    const counting = this.db.transaction("vault", "readwrite");
    const vault = await counting.store.get(1);
    if (!vault) return 0;
    await counting.store.put({ ...vault, tries: vault.tries + 1 });
    await counting.done;
    this.key = await unwrapped(pin, vault);
    if (this.key) {
      await this.db.put("vault", { ...vault, tries: 0 });
      return "open";
    }
    const left = MOST_TRIES - vault.tries - 1;
    if (left <= 0) await this.wipe();
    return Math.max(0, left);
  }

  /** Everything goes, the key first. */
  async wipe(): Promise<void> {
    this.key = null;
    await this.db.clear("vault");
    this.db.close();
    await deleteDB(NAME);
  }

  /** All of one team; and all there is, where it was the only one. */
  async wipeTeam(team: string): Promise<boolean> {
    const all = this.db.transaction(["packs", "log", "handed", "drafts", "photos"], "readwrite");
    await all.objectStore("packs").delete(team);
    for (const photo of await all.objectStore("photos").getAll()) if (photo.team === team) await all.objectStore("photos").delete(photo.id);
    for (const id of await all.objectStore("log").index("team").getAllKeys(team)) await all.objectStore("log").delete(id);
    for (const beside of [all.objectStore("handed"), all.objectStore("drafts")]) {
      for (const row of await beside.getAll()) if (row.team === team) await beside.delete(row.door);
    }
    await all.done;
    if ((await this.db.count("packs")) > 0) return false;
    await this.wipe();
    return true;
  }

  // --- packs ---

  async teams(): Promise<{ team: string; until: string }[]> {
    return (await this.db.getAll("packs")).map(({ team, until }) => ({ team, until }));
  }

  async pack(team: string): Promise<Pack | null> {
    const row = await this.db.get("packs", team);
    return row ? open<Pack>(this.mine(), `pack ${team}`, row) : null;
  }

  /** A fresh pack says what the visits led to that had arrived before it was asked for: those go, but for what no list had. */
  async take(pack: Pack, arrived: readonly string[]): Promise<void> {
    const team = pack.team.id;
    const row = { team, until: pack.team.until, ...(await seal(this.mine(), `pack ${team}`, pack)) };
    const all = this.db.transaction(["packs", "log"], "readwrite");
    await all.objectStore("packs").put(row);
    for (const id of arrived) await all.objectStore("log").delete(id);
    await all.done;
  }

  /** Joint control was extended, or ended early. */
  async ends(team: string, until: string): Promise<void> {
    const all = this.db.transaction("packs", "readwrite");
    const row = await all.store.get(team);
    if (row) await all.store.put({ ...row, until });
    await all.done;
  }

  // --- the log ---

  /** With what was prepared for it: its draft ends, and the photos that were taken at the door are its own. */
  async add(team: string, logged: Logged): Promise<void> {
    const { id, door } = logged.visit;
    const sealed = await seal(this.mine(), `visit ${id}`, logged);
    const all = this.db.transaction(["log", "drafts", "photos"], "readwrite");
    await all.objectStore("log").add({ id, team, at: Date.now(), state: "waiting", fate: "", ...sealed });
    await all.objectStore("drafts").delete(door);
    const photos = all.objectStore("photos");
    for (const row of await photos.getAll()) {
      if (row.state === "draft" && row.door === door) await photos.put({ ...row, visit: id, state: "waiting" });
    }
    await all.done;
  }

  /** Whether it could still be taken back. */
  async undo(id: string): Promise<boolean> {
    const all = this.db.transaction(["log", "photos"], "readwrite");
    const row = await all.objectStore("log").get(id);
    const can = row !== undefined && row.state === "waiting" && Date.now() < row.at + UNDO_MS;
    if (can) {
      await all.objectStore("log").delete(id);
      const photos = all.objectStore("photos");
      for (const photo of await photos.getAll()) if (photo.visit === id) await photos.put({ ...photo, visit: "", state: "draft" });
    }
    await all.done;
    return can;
  }

  async log(team: string): Promise<Entry[]> {
    const rows = await this.db.getAllFromIndex("log", "team", team);
    const entries = rows.map(async (row) => {
      const { at, state, fate } = row;
      return { ...(await open<Logged>(this.mine(), `visit ${row.id}`, row)), at, state, fate };
    });
    return (await Promise.all(entries)).sort((one, other) => one.at - other.at);
  }

  /** How many visits and photos wait, and the moment of the oldest; without the PIN. */
  async unsent(team = ""): Promise<{ count: number; since: number }> {
    const all = [...(await this.db.getAll("log")), ...(await this.db.getAll("photos"))];
    const rows = all.filter((row) => row.state === "waiting" && (!team || row.team === team));
    return { count: rows.length, since: Math.min(...rows.map((row) => row.at)) };
  }

  /** The oldest that wait and can no longer be taken back. */
  async ripe(team: string, most: number): Promise<Made[]> {
    const before = Date.now() - UNDO_MS;
    const rows = (await this.db.getAllFromIndex("log", "team", team))
      .filter((row) => row.state === "waiting" && (row.at < before || row.at > Date.now()))
      .sort((one, other) => one.at - other.at)
      .slice(0, most);
    return Promise.all(rows.map(async (row) => (await open<Logged>(this.mine(), `visit ${row.id}`, row)).visit));
  }

  /** What the server said of each visit: only now it counts as sent. How many were waited for. */
  async acknowledge(fates: readonly { id: string; fate: string }[]): Promise<number> {
    const all = this.db.transaction("log", "readwrite");
    let known = 0;
    for (const { id, fate } of fates) {
      const row = await all.store.get(id);
      if (!row || row.state !== "waiting") continue;
      const arrived = fate === "stored" || fate === "known";
      await all.store.put({ ...row, state: arrived ? "sent" : "aside", fate: arrived ? "" : fate });
      known += 1;
    }
    await all.done;
    return known;
  }

  // --- doors handed over, and answers begun ---

  async hand(handed: readonly Handed[]): Promise<void> {
    const rows = await Promise.all(
      handed.map(async (one) => {
        const door = one.door[0];
        return { door, team: one.team, ...(await seal(this.mine(), `handed ${door}`, one)) };
      }),
    );
    const all = this.db.transaction("handed", "readwrite");
    for (const row of rows) await all.store.put(row);
    await all.done;
  }

  async handed(team: string): Promise<Handed[]> {
    const rows = (await this.db.getAll("handed")).filter((row) => row.team === team);
    return Promise.all(rows.map((row) => open<Handed>(this.mine(), `handed ${row.door}`, row)));
  }

  async draft<T>(door: string): Promise<T | null> {
    const row = await this.db.get("drafts", door);
    return row ? open<T>(this.mine(), `draft ${door}`, row) : null;
  }

  async keepDraft(team: string, door: string, answers: unknown): Promise<void> {
    await this.db.put("drafts", { door, team, ...(await seal(this.mine(), `draft ${door}`, answers)) });
  }

  // --- photos ---

  /** Of a door, until its visit is made. Returns its id, by which the form's answer names it. */
  async keepPhoto(team: string, door: string, picture: Blob): Promise<string> {
    const id = crypto.randomUUID();
    const sealed = await sealBytes(this.mine(), `photo ${id}`, await picture.arrayBuffer());
    await this.db.add("photos", { id, team, door, visit: "", at: Date.now(), state: "draft", fate: "", ...sealed });
    return id;
  }

  async drafted(door: string): Promise<PhotoRow[]> {
    return (await this.db.getAll("photos")).filter((row) => row.door === door && row.state === "draft").sort((one, other) => one.at - other.at);
  }

  async refused(team: string): Promise<PhotoRow[]> {
    return (await this.db.getAll("photos")).filter((row) => row.team === team && row.state === "refused");
  }

  /** The oldest whose visit the server has. */
  async nextPhoto(team: string): Promise<PhotoRow | null> {
    const rows = (await this.db.getAll("photos")).filter((row) => row.team === team && row.state === "waiting");
    for (const row of rows.sort((one, other) => one.at - other.at)) {
      if ((await this.db.get("log", row.visit))?.state !== "waiting") return row;
    }
    return null;
  }

  async picture(row: PhotoRow): Promise<Blob> {
    return new Blob([await openBytes(this.mine(), `photo ${row.id}`, row)], { type: "image/jpeg" });
  }

  async dropPhoto(id: string): Promise<void> {
    await this.db.delete("photos", id);
  }

  /** The visit counts all the same; the photo stays until the doors go, with the reason. */
  async refusePhoto(row: PhotoRow, fate: string): Promise<void> {
    await this.db.put("photos", { ...row, state: "refused", fate });
  }

  private mine(): CryptoKey {
    if (!this.key) throw new Error("locked");
    return this.key;
  }
}

// The shapes of what lies on the phone: a team's doors, the log of visits, doors handed over, photos.
import type { Sealed } from "./doors-crypto";

export interface Team {
  id: string;
  name: string;
  campaign: string;
  campaign_name: string;
  until: string;
  form: string | null;
  /** A door that was visited so often in vain is the desk's. Not said by an older server. */
  most_attempts?: number;
}

/** `[id, entrance, floor, door, outcome, visits, next_at]`; the last is not in what came from an older server or phone. */
export type ListedDoor = [string, number, number, number, string, number, (string | null)?];

/** A household that no list had: `[id, label, outcome, visits, next_at]` */
export type FoundDoor = [string, string, string, number, (string | null)?];

export interface Building {
  id: string;
  name: string;
  lon: number | null;
  lat: number | null;
  doors: ListedDoor[];
  /** Not in a pack that was taken along before there were any. */
  found?: FoundDoor[];
}

/** With what this phone signs the doors that it hands over (linli/campaigns/handing.py). */
export interface Hand {
  by: string;
  secret: string;
}

export interface Pack {
  team: Team;
  buildings: Building[];
  /** Not in a pack that was taken along before it was needed: such a one is to be fetched again. */
  hand?: Hand;
  // The form's schema (linli/campaigns/forms/form.py), where the campaign has one.
  form: unknown;
  taken_at: number;
}

/** As it is sent: once made it is never changed. */
export interface Made {
  id: string;
  door: string;
  outcome: string;
  visited_at: string;
  answers: Record<string, unknown>;
  next_at: string | null;
  found_in: string | null;
  found_label: string;
  note: string;
  /** Of a door that was handed over: who gave it, and their signature. */
  handed_by: string | null;
  handed_proof: string;
  position: Position | null;
}

/** Where the phone was (WGS84), and within how many metres that is right. */
export interface Position {
  lon: number;
  lat: number;
  accuracy: number;
}

/** A visit as this phone shows it. */
export interface Logged {
  visit: Made;
  label: string;
}

export type State = "waiting" | "sent" | "aside";

export interface LogRow extends Sealed {
  id: string;
  team: string;
  at: number;
  state: State;
  // Why it was set aside.
  fate: string;
}

export interface Entry extends Logged {
  at: number;
  state: State;
  fate: string;
}

/** A door that was handed from phone to phone. */
export interface Handed {
  door: ListedDoor;
  building: string;
  building_name: string;
  team: string;
  // To me, or from me to somebody.
  came: boolean;
  /** Who of the door's team gave it first, and their signature: it is handed on as it came. */
  by: string;
  proof: string;
  /** How a household is called that no list had. */
  label?: string;
}

export type PhotoState = "draft" | "waiting" | "refused";

export interface PhotoRow extends Sealed {
  id: string;
  team: string;
  door: string;
  /** The visit that it belongs to; of a draft, none yet. */
  visit: string;
  at: number;
  state: PhotoState;
  /** Why the server refused it. */
  fate: string;
}

// The walk: buildings, the doors of a stairwell as tiles, and one door with what can come of it.
import { isLeftToDesk, known, REACHED, standing, type Standing, type Visit } from "./doors-rule";
import type { Building, Entry, Handed, ListedDoor, Pack } from "./doors-kept";
import { button, h, icon, say, time } from "./doors-view";

const OUTCOMES = ["done", "nobody_home", "refused", "moved", "other_language", "unsafe"];

export interface Door {
  id: string;
  label: string;
  entrance: number;
  floor: number;
  building: string;
  /** No list had it. */
  found: boolean;
  /** It was visited in vain as often as is tried. */
  desks: boolean;
  stands: Standing | null;
  /** By this phone, since the doors were taken along. */
  made: Entry[];
  handed: "" | "came" | "away";
  /** To whom it came: who gave it, with what proves it. */
  given: Handed | null;
  listed: ListedDoor | null;
}

export interface Walked extends Building {
  all: Door[];
}

/** Everything that this phone knows of a team's doors: what the pack says, what was handed over, and the log. The rule decides. */
export function walk(pack: Pack, log: readonly Entry[], handed: readonly Handed[]): Walked[] {
  const byDoor = new Map<string, Entry[]>();
  for (const entry of log) byDoor.set(entry.visit.door, [...(byDoor.get(entry.visit.door) ?? []), entry]);
  const moved = new Map(handed.map((one) => [one.door[0], one]));
  const door = (building: string, listed: ListedDoor): Door => {
    const [id, entrance, floor, , outcome, visits, next] = listed;
    const made = byDoor.get(id) ?? [];
    const stands = standing(counted(made, pack.team.id), known(outcome, visits, pack.team.id, next));
    const given = moved.get(id);
    const where = given ? (given.came ? "came" : "away") : "";
    return { id, label: labelOf(listed), entrance, floor, building, found: false, desks: false, stands, made, handed: where, given: given?.came ? given : null, listed };
  };
  const unlisted = (building: string, id: string, label: string, before: Standing | null): Door => {
    const made = byDoor.get(id) ?? [];
    const given = moved.get(id);
    const where = given ? (given.came ? "came" : "away") : "";
    const stands = standing(counted(made, pack.team.id), before);
    return { ...foundDoor(id, label, building), stands, made, handed: where, given: given?.came ? given : null };
  };
  const walked = new Map(
    pack.buildings.map((one) => {
      const found = (one.found ?? []).map(([id, label, outcome, visits, next]) =>
        unlisted(one.id, id, label, known(outcome, visits, pack.team.id, next)),
      );
      return [one.id, { ...one, all: [...one.doors.map((listed) => door(one.id, listed)), ...found] }];
    }),
  );
  for (const { door: listed, building, building_name: name, came, label } of handed) {
    const at = walked.get(building) ?? { id: building, name, lon: null, lat: null, doors: [], found: [], all: [] };
    const [id, , , , outcome, visits, next] = listed;
    const handedOver = (): Door => (label ? unlisted(building, id, label, known(outcome, visits, pack.team.id, next)) : door(building, listed));
    if (came && !at.all.some((one) => one.id === id)) at.all.push(handedOver());
    if (at.all.length) walked.set(building, at);
  }
  for (const [id, made] of byDoor) {
    const { found_in: building, found_label: label } = (made[0] as Entry).visit;
    const at = building ? walked.get(building) : undefined;
    if (at && !at.all.some((one) => one.id === id)) at.all.push(unlisted(at.id, id, label, null));
  }
  const { most_attempts: most } = pack.team;
  for (const at of walked.values()) for (const one of at.all) one.desks = isLeftToDesk(one.stands, most);
  return [...walked.values()];
}

/** A household that no list has, before anybody stood there. */
export const foundDoor = (id: string, label: string, building: string): Door => ({
  id, label, entrance: 0, floor: 0, building, found: true, desks: false, stands: null, made: [], handed: "", given: null, listed: null,
});

/** What was set aside does not count. */
function counted(made: readonly Entry[], team: string): Visit[] {
  return made
    .filter((entry) => entry.state !== "aside")
    .map(({ visit }) => ({ id: visit.id, outcome: visit.outcome, at: Date.parse(visit.visited_at), team, next_at: visit.next_at }));
}

export const titleOf = (at: Walked, door: Door): string =>
  [at.name, door.entrance ? say("entrance", { number: door.entrance }) : "", door.label].filter(Boolean).join(" · ");

const labelOf = ([, , floor, door]: ListedDoor): string => `${floor}${String(door).padStart(2, "0")}`;

const kindOf = (door: Door): "done" | "repeat" | "left" =>
  !door.stands ? "left" : REACHED.includes(door.stands.best.outcome) ? "done" : "repeat";

/** What is done, to repeat and left; what a colleague has is not counted. */
export function counts(doors: readonly Door[]): { done: number; repeat: number; left: number } {
  const counted = { done: 0, repeat: 0, left: 0 };
  for (const door of doors) if (door.handed !== "away") counted[kindOf(door)] += 1;
  return counted;
}

export function figures(doors: readonly Door[]): HTMLElement {
  const found = counts(doors);
  const one = (name: "done" | "left" | "repeat"): HTMLElement =>
    h("div", { class: `door-count ${name}` }, h("dt", {}, say(name)), h("dd", {}, String(found[name])));
  return h("dl", { class: "door-counts" }, one("done"), one("left"), one("repeat"));
}

export function buildings(walked: readonly Walked[]): HTMLElement {
  const row = (one: Walked): HTMLElement => {
    const { done, repeat, left } = counts(one.all);
    const said = [`${done}/${done + repeat + left}`, repeat ? `${say("repeat")} ${repeat}` : ""].filter(Boolean).join(" · ");
    return h(
      "li",
      {},
      h(
        "a",
        { class: `cell door-building${left + repeat ? "" : " all-done"}`, href: `#/${one.id}` },
        h("span", { class: "cell-main" }, h("span", { class: "cell-title" }, one.name), h("br"), h("span", { class: "cell-note" }, said)),
        left + repeat ? null : icon("check"),
      ),
    );
  };
  return h("ul", { class: "cells" }, ...walked.map(row));
}

/** Stairwell after stairwell; what no list had comes last. */
export function stairwells(walked: Walked): HTMLElement[] {
  const sections = new Map<number, Door[]>();
  for (const door of walked.all) sections.set(door.entrance, [...(sections.get(door.entrance) ?? []), door]);
  return [...sections].map(([entrance, doors]) => {
    const title = entrance ? say("entrance", { number: entrance }) : say("found");
    return h("section", {}, h("h3", {}, title), h("ul", { class: "door-tiles" }, ...doors.map(tile)));
  });
}

function tile(door: Door): HTMLElement {
  const said = door.stands ? say(`outcome_${door.stands.best.outcome}`) : "";
  const handed = door.handed === "away" ? say("with_colleague") : door.handed === "came" ? say("for_you") : "";
  const waits = door.made.some((entry) => entry.state === "waiting");
  return h(
    "li",
    {},
    h(
      "a",
      { class: `door-tile ${kindOf(door)}${door.handed === "away" ? " away" : ""}`, href: `#/${door.building}/${door.id}`, "data-door": door.id },
      h("strong", {}, door.label),
      h("span", {}, [said, next(door)].filter(Boolean).join(" ") || handed),
      said && handed ? h("span", {}, handed) : null,
      door.desks ? h("span", {}, say("desks")) : null,
      door.stands && door.stands.visits > 1 ? h("span", { class: "soft" }, say("attempts", { count: door.stands.visits })) : null,
      waits ? h("span", { class: "door-waits" }, icon("clock")) : null,
    ),
  );
}

const next = (door: Door): string => (kindOf(door) === "repeat" && door.stands?.best.next_at ? time(door.stands.best.next_at) : "");

/** One door: what came of it before, and a large button for each outcome. */
export function standingAt(door: Door, photos: HTMLElement, note: HTMLTextAreaElement, choose: (outcome: string) => void): HTMLElement {
  return h(
    "div",
    { class: "stack" },
    earlier(door),
    h("h3", {}, say("outcome")),
    h(
      "div",
      { class: "door-outcomes" },
      ...OUTCOMES.map((outcome) => {
        const made = button(say(`outcome_${outcome}`), () => choose(outcome), outcome === "done" ? "primary" : "");
        made.dataset.outcome = outcome;
        return made;
      }),
    ),
    h("div", { class: "field" }, h("label", { for: "door-note" }, say("note")), note),
    photos,
  );
}

function earlier(door: Door): HTMLElement | null {
  if (!door.stands) return null;
  const rows = door.made.map(({ visit, state, fate }) => {
    const said = [time(visit.visited_at), say(`outcome_${visit.outcome}`), visit.next_at ? `→ ${time(visit.next_at)}` : "", visit.note];
    return h("li", {}, said.filter(Boolean).join(" · "), state === "aside" ? h("p", { class: "soft" }, say(`aside_${fate}`)) : null);
  });
  const { visits, best } = door.stands;
  return h(
    "section",
    { class: "card door-earlier" },
    h("h3", {}, say("earlier")),
    h("p", {}, [say("attempts", { count: visits }), say(`outcome_${best.outcome}`), next(door) && `→ ${next(door)}`].filter(Boolean).join(" · ")),
    door.desks ? h("p", {}, say("desks_about", { count: visits })) : null,
    rows.length ? h("ul", {}, ...rows) : null,
  );
}

/** When to come again: three moments that are usual, or none. */
export function nextTimes(choose: (at: string | null) => void): HTMLElement {
  const at = (days: number, hour: number): string => {
    const day = new Date();
    day.setDate(day.getDate() + days);
    day.setHours(hour, 0, 0, 0);
    return day.toISOString();
  };
  const moments: [string, string | null][] = [
    ["next_evening", at(0, 19)],
    ["next_morning", at(1, 9)],
    ["next_tomorrow_evening", at(1, 19)],
    ["next_open", null],
  ];
  const now = new Date().toISOString();
  const possible = moments.filter(([, when]) => !when || when > now);
  const choices = possible.map(([name, when]) =>
    button(when ? `${say(name)} ${time(when).slice(-5)}` : say(name), () => choose(when)),
  );
  return h("div", { class: "stack" }, h("h3", {}, say("next")), h("div", { class: "door-outcomes" }, ...choices));
}

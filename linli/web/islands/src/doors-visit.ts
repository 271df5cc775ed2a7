// One door: what came of it, the form, a note, photos; and taking it back.
import type { Doors } from "./doors";
import type { Pack } from "./doors-kept";
import { photosAt } from "./doors-photos";
import { UNDO_MS } from "./doors-store";
import { TO_REPEAT } from "./doors-rule";
import { back, button, h, notice, say } from "./doors-view";
import { foundDoor, nextTimes, standingAt, titleOf, type Door, type Walked } from "./doors-walk";

type FormModule = typeof import("./doors-form");
type Answers = Record<string, unknown>;

export function showDoor(app: Doors, at: Walked, door: Door): void {
  const note = h("textarea", { id: "door-note", rows: "2", maxlength: "500" }) as HTMLTextAreaElement;
  note.value = app.notes.get(door.id) ?? "";
  note.addEventListener("input", () => app.notes.set(door.id, note.value));
  // After it the door is the desk's, unless it is reached.
  const last = (door.stands?.visits ?? 0) + 1 >= (app.pack?.team.most_attempts ?? Infinity);
  const choose = (outcome: string): void => {
    const end = (next: string | null): void => void visited(app, door, outcome, {}, next);
    if (TO_REPEAT.includes(outcome) && !last) app.step(back(`#/${at.id}`), h("h2", {}, titleOf(at, door)), nextTimes(end));
    else if (outcome === "done" && app.pack?.form) app.go(`#/${at.id}/${door.id}/form`);
    else end(null);
  };
  app.draw(back(`#/${at.id}`), h("h2", {}, titleOf(at, door)), standingAt(door, photosAt(app, door), note, choose));
}

export async function showForm(app: Doors, at: Walked, door: Door): Promise<void> {
  const place = h("div", { class: "stack-large" });
  app.draw(back(`#/${at.id}/${door.id}`), h("h2", {}, titleOf(at, door)), place);
  try {
    const { mount } = (await import(/* @vite-ignore */ app.root.dataset.form ?? "")) as FormModule;
    const team = app.pack?.team.id ?? "";
    const before = await app.store.draft<Answers>(door.id);
    const schema = app.pack?.form as Parameters<FormModule["mount"]>[1];
    mount(place, schema, before, {
      changed: (answers) => void app.store.keepDraft(team, door.id, answers),
      saved: (answers) => void visited(app, door, "done", answers, null),
      photo: async (picture) => `${await app.store.keepPhoto(team, door.id, picture)}.jpg`,
    });
  } catch {
    place.replaceChildren(notice(say("form_failed"), "bad"), button(say("outcome_done"), () => visited(app, door, "done", {}, null)));
  }
}

export function showFound(app: Doors, at: Walked): void {
  const input = h("input", { id: "door-label", maxlength: "60", required: true, autocomplete: "off" }) as HTMLInputElement;
  const add = (): void => {
    const label = input.value.trim();
    if (!label) return input.focus();
    showDoor(app, at, foundDoor(crypto.randomUUID(), label, at.id));
  };
  const field = h("div", { class: "field" }, h("label", { for: "door-label" }, say("found_about")), input);
  app.draw(back(`#/${at.id}`), h("h2", {}, say("found")), field, button(say("found_add"), add, "primary wide"));
}

/** It is in the log at once, so that no closed page loses it; it becomes a visit when it can no longer be taken back. */
async function visited(app: Doors, door: Door, outcome: string, answers: Answers, next: string | null): Promise<void> {
  // It takes a slow phone a moment: a second press meanwhile is the same visit.
  if (app.noting) return;
  app.noting = true;
  await note(app, door, outcome, answers, next).finally(() => (app.noting = false));
}

async function note(app: Doors, door: Door, outcome: string, answers: Answers, next: string | null): Promise<void> {
  const { team } = app.pack as Pack;
  const id = crypto.randomUUID();
  const words = (app.notes.get(door.id) ?? "").trim();
  const visit = {
    id,
    door: door.id,
    outcome,
    visited_at: new Date().toISOString(),
    answers,
    next_at: next,
    found_in: door.found ? door.building : null,
    found_label: door.found ? door.label : "",
    note: words,
    handed_by: door.given?.by ?? null,
    handed_proof: door.given?.proof ?? "",
    position: app.position.now(),
  };
  await app.store.add(team.id, { visit, label: door.label });
  app.notes.delete(door.id);
  await app.load(team.id);
  history.replaceState(null, "", `#/${door.building}`);
  app.show();
  offerUndo(app, id, door, outcome, answers, words);
  await app.say();
}

function offerUndo(app: Doors, id: string, door: Door, outcome: string, answers: Answers, note: string): void {
  const undo = async (): Promise<void> => {
    const team = app.pack?.team.id ?? "";
    const undone = await app.store.undo(id);
    if (undone && Object.keys(answers).length) await app.store.keepDraft(team, door.id, answers);
    if (undone) app.notes.set(door.id, note);
    app.undoing.replaceChildren();
    app.tell(notice(say(undone ? "undone" : "too_late"), undone ? "" : "warn"));
    await app.load(team);
    app.show();
    await app.say();
  };
  const shown = h("div", { class: "door-undo-bar" }, h("span", {}, say("noted", { door: door.label, outcome: say(`outcome_${outcome}`) })), button(say("undo"), undo));
  app.undoing.replaceChildren(shown);
  setTimeout(() => {
    shown.remove();
    app.tick();
  }, UNDO_MS + 500);
}

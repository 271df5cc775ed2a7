// Photos at a door: taken without a network, kept encrypted, sent after their visit.
import type { Doors } from "./doors";
import { h, icon, notice, say } from "./doors-view";
import type { Door } from "./doors-walk";

const MOST = 10;
const MOST_BYTES = 20 * 1024 * 1024;

/** What was taken for the next visit to this door, and a button for one more. */
export function photosAt(app: Doors, door: Door): HTMLElement {
  const list = h("div", { class: "door-photos" });
  const told = h("div", { role: "status" });
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", class: "unseen", id: "door-photo" }) as HTMLInputElement;
  const add = h("label", { class: "button large wide", for: "door-photo" }, icon("camera"), say("photo"));
  input.addEventListener("change", async () => {
    const picture = await taken(input);
    if (picture && picture !== "large") await app.store.keepPhoto(app.pack?.team.id ?? "", door.id, picture);
    told.replaceChildren(...(picture === "large" ? [notice(say("photo_large"), "bad")] : []));
    await draw();
  });
  const draw = async (): Promise<void> => {
    const rows = await app.store.drafted(door.id);
    input.disabled = rows.length >= MOST;
    const figures = rows.map(async (row, at) => {
      const shown = URL.createObjectURL(await app.store.picture(row));
      const name = say("photo_number", { number: at + 1 });
      const image = h("img", { src: shown, alt: name, load: () => URL.revokeObjectURL(shown), error: () => URL.revokeObjectURL(shown) });
      const drop = h("button", { type: "button", class: "button plain", "aria-label": say("photo_drop", { name }), click: () => void app.store.dropPhoto(row.id).then(draw) }, say("remove_row"));
      return h("figure", {}, image, drop);
    });
    list.replaceChildren(...(await Promise.all(figures)));
  };
  void draw();
  return h("div", { class: "stack-small" }, list, told, h("div", { class: "door-photo-add" }, input, add));
}

/** What the camera has just given, made smaller as the field app does (field.js); what that cannot read goes as it is, if it may. */
export async function taken(input: HTMLInputElement): Promise<File | "large" | null> {
  const [file] = input.files ?? [];
  input.value = "";
  if (!file) return null;
  const { linliSmaller: smaller } = window as { linliSmaller?: (file: File) => Promise<File> };
  const picture = (await smaller?.(file)) ?? file;
  return picture.size > MOST_BYTES ? "large" : picture;
}

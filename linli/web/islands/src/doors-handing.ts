// Handing doors over: which ones, the code that a colleague scans, and taking over what they show.
import type { Doors } from "./doors";
import { drawn, MOST, scanner, signed, understood, written, type Handover } from "./doors-hand";
import type { Handed, ListedDoor, Pack } from "./doors-kept";
import { refresh } from "./doors-sending";
import { back, button, h, notice, say } from "./doors-view";
import { titleOf, type Door, type Walked } from "./doors-walk";

export function showHanding(app: Doors, at: Walked): void {
  const open = at.all.filter((door) => door.handed !== "away");
  const boxes = open.map((door) => ({ door, input: h("input", { type: "checkbox" }) as HTMLInputElement }));
  const chosen = (): Door[] => boxes.filter(({ input }) => input.checked).map(({ door }) => door);
  const limit = (): void => boxes.forEach(({ input }) => (input.disabled = !input.checked && chosen().length >= MOST));
  const rows = boxes.map(({ door, input }) => {
    input.addEventListener("change", limit);
    return h("li", {}, h("label", { class: "choice" }, input, h("span", {}, titleOf(at, door))));
  });
  const press = (): void => {
    if (chosen().length) void showCode(app, at, chosen());
  };
  app.draw(back(`#/${at.id}`), h("h2", {}, say("hand")), h("p", {}, say("hand_about")), h("ul", { class: "door-choices" }, ...rows), button(say("hand_show"), press, "primary wide"));
}

async function showCode(app: Doors, at: Walked, chosen: Door[]): Promise<void> {
  const { team, hand } = app.pack as Pack;
  if (!hand) return refresh(app);
  const moved: Handed[] = [];
  for (const { id, label, found, listed, stands, given } of chosen) {
    const [by, proof] = given?.by ? [given.by, given.proof] : [hand.by, await signed(hand, team.campaign, id)];
    const [, entrance, floor, number] = listed ?? [id, 0, 0, 0];
    const door: ListedDoor = [id, entrance, floor, number, stands?.best.outcome ?? "", stands?.visits ?? 0, stands?.best.next_at ?? null];
    moved.push({ door, building: at.id, building_name: at.name, team: team.id, came: false, by, proof, label: found ? label : "" });
  }
  const doors = moved.map(({ door }) => door);
  const given = moved.map(({ by, proof }): [string, string] => [by, proof]);
  const labels = moved.map(({ label }) => label ?? "");
  const text = await written({ campaign: team.campaign, team: team.id, building: at.id, building_name: at.name, doors, given, labels });
  const mark = async (): Promise<void> => {
    await app.store.hand(moved);
    await app.load(team.id);
    app.go(`#/${at.id}`);
  };
  const label = say("hand_code", { count: doors.length });
  app.step(back(`#/${at.id}`), h("h2", {}, label), drawn(text, label), button(say("hand_mark"), mark, "primary wide"));
}

export function showScanner(app: Doors): void {
  const { element, stop } = scanner(app.root.dataset.scan ?? "", async (text) => {
    const handover = await understood(text);
    if (!handover || handover.campaign !== app.pack?.team.campaign) return false;
    await receive(app, handover);
    return true;
  });
  app.draw(back("#/"), h("h2", {}, say("scan")), element);
  app.leaving = stop;
}

async function receive(app: Doors, handover: Handover): Promise<void> {
  const { team } = app.pack as Pack;
  const { doors, given, labels, building, building_name } = handover;
  const came = doors.map((door, at): Handed => {
    const [by, proof] = given[at] as [string, string];
    return { door, building, building_name, team: team.id, came: true, by, proof, label: labels?.[at] ?? "" };
  });
  await app.store.hand(came);
  await app.load(team.id);
  app.go(`#/${building}`);
  const other = handover.team !== team.id && h("p", {}, say("scan_not_team", { count: doors.length }));
  app.tell(notice(say("scan_done", { count: doors.length }), "good", other));
}

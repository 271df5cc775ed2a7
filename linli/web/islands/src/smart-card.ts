// What is said of a point that is pressed: the page's own card, filled in.
import { sayMoment } from "./smart-time";

type Told = Record<string, unknown>;
const MOMENTS = ["reported_at", "due_at"];
// More at one place are not told one by one.
const MOST = 5;

export function cards(points: { layer: string; told: Told }[], zone: string): HTMLElement {
  const box = document.createElement("div");
  box.className = "map-cards";
  // A case that another layer shows too is told once, by its own card.
  const cases = new Set(points.filter(({ layer }) => layer === "cases").map(({ told }) => addressOf(told)));
  const apart = points.filter(({ layer, told }) => layer === "cases" || !cases.has(String(told.href)));
  for (const { layer, told } of apart.slice(0, MOST)) box.append(layer === "cases" ? caseCard(told, zone) : filled("map-mark-card", told));
  if (apart.length > MOST) box.append(copyOf("map-more-card"));
  return box;
}

const addressOf = (told: Told): string => `/case/${told.reference}/`;

function caseCard(told: Told, zone: string): DocumentFragment {
  const moments = MOMENTS.map((name) => [name, told[name] ? sayMoment(new Date(String(told[name])), zone) : ""]);
  return filled("map-case-card", { ...told, ...Object.fromEntries(moments), href: addressOf(told) });
}

function filled(template: string, told: Told): DocumentFragment {
  const card = copyOf(template);
  for (const slot of card.querySelectorAll<HTMLElement>("[data-slot]")) {
    const value = String(told[slot.dataset.slot ?? ""] ?? "");
    if (!(slot instanceof HTMLAnchorElement)) slot.textContent = value;
    else if (value) slot.href = value;
  }
  for (const part of card.querySelectorAll<HTMLElement>("[data-with]")) part.hidden = !told[part.dataset.with ?? ""];
  for (const badge of card.querySelectorAll<HTMLElement>("[data-limit]")) badge.hidden = badge.dataset.limit !== told.limit;
  return card;
}

function copyOf(template: string): DocumentFragment {
  return (document.getElementById(template) as HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
}

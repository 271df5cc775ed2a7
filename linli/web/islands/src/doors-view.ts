// Small pieces of the pages of doors: elements, the page's words in its language, times.

type Child = Node | string | null | false | undefined;
type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

const words = JSON.parse(document.getElementById("doors-words")?.textContent ?? "{}") as Record<string, string>;
export const language = document.documentElement.lang === "en" ? "en" : "zh";

/** The words of that name, their places filled in. */
export function say(name: string, values: Record<string, string | number> = {}): string {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (_all, place: string) => String(values[place] ?? ""));
}

/** An element; a function among the attributes hears the event of that name. */
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

export function icon(name: string): SVGElement {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.getElementById("doors")?.dataset.icons}#${name}`);
  drawn.append(use);
  return drawn;
}

export function button(name: string, press: () => void, kind = "", ...more: Child[]): HTMLElement {
  return h("button", { type: "button", class: `button large ${kind}`, click: press }, ...more, name);
}

export function notice(text: string, tone = "", ...more: Child[]): HTMLElement {
  return h("div", { class: `notice ${tone}` }, h("p", {}, text), ...more);
}

export function empty(title: string, text: string, ...more: Child[]): HTMLElement {
  return h("div", { class: "empty" }, h("h2", {}, title), h("p", {}, text), ...more);
}

export const back = (address: string): HTMLElement => h("a", { class: "button plain door-back", href: address }, icon("back"), say("back"));

/** The hour; with the day where it is another one. */
export function time(at: number | string): string {
  const moment = new Date(at);
  const day = moment.toDateString() === new Date().toDateString() ? {} : ({ month: language === "en" ? "short" : "long", day: "numeric" } as const);
  const hour = { hour: "2-digit", minute: "2-digit", hour12: false } as const;
  return moment.toLocaleString(language === "en" ? "en-GB" : "zh-CN", { ...day, ...hour });
}

// The answers to a form, as a small XML document on which its expressions are evaluated, and as the JSON that is kept and sent
// (linli/campaigns/forms/instances.py reads the same). What cannot be evaluated here holds nothing back: the server's check decides.
import evaluator from "openrosa-xpath-evaluator";

type Label = string | (string | { value: string })[];
export type Labels = Record<string, Label>;
export type Json = Record<string, unknown>;

export interface Item {
  kind: string;
  path: string;
  type?: string;
  label?: Labels;
  hint?: Labels;
  appearance?: string;
  relevant?: string;
  required?: string;
  required_message?: Labels;
  constraint?: string;
  constraint_message?: Labels;
  calculate?: string;
  read_only?: boolean;
  default?: string;
  choices?: string;
  choice_filter?: string;
  count?: string;
  stamp?: string;
  items?: Item[];
}

export interface Choice {
  name: string;
  label: Labels;
  columns?: Record<string, string>;
}

export interface Schema {
  root: string;
  title: Record<string, string>;
  languages: string[];
  items: Item[];
  choices: Record<string, Choice[]>;
}

const MOST_ROWS = 200;
// Calculations may build on each other; a form in which they go round in circles ends here.
const MOST_PASSES = 10;
const SECTIONS = ["group", "repeat"];
const POSITION = ["lat", "lon", "altitude", "accuracy"];

export const nameOf = (item: Item): string => item.path.slice(item.path.lastIndexOf("/") + 1);

/** A question, a group, or one row of a repeat group, at its place. */
export interface Bound {
  item: Item;
  node: Element;
  relevant: boolean;
  inner: (Bound | Rows)[];
}

/** A repeat group at its place: its rows stand before `end`. */
export class Rows {
  relevant = true;
  readonly rows: Bound[] = [];

  constructor(
    readonly item: Item,
    readonly end: Comment,
  ) {}
}

export class Answers {
  readonly top: (Bound | Rows)[];
  private readonly doc: Document;
  private readonly xpath = evaluator();
  // What was answered, also where it is not asked at the moment: it comes back with its question.
  private readonly values = new Map<Element, string>();

  constructor(
    readonly schema: Schema,
    before: Json | null,
  ) {
    this.doc = document.implementation.createDocument(null, schema.root.slice(1));
    this.top = this.bind(this.doc.documentElement, schema.items, before ?? {}, before === null);
    this.settle();
  }

  value(bound: Bound): string {
    return this.values.get(bound.node) ?? "";
  }

  set(bound: Bound, value: string): void {
    this.values.set(bound.node, value);
    this.settle();
  }

  add(rows: Rows): void {
    if (rows.rows.length < MOST_ROWS) rows.rows.push(this.row(rows, {}, true));
    this.settle();
  }

  remove(rows: Rows, row: Bound): void {
    rows.rows.splice(rows.rows.indexOf(row), 1);
    row.node.remove();
    this.settle();
  }

  /** A text in the reader's language, or the form's own, the answers in it filled in. */
  text(labels: Labels | undefined, language: string, at: Node): string {
    const label = labels?.[language] ?? labels?.default ?? Object.values(labels ?? {})[0] ?? "";
    if (typeof label === "string") return label;
    return label.map((part) => (typeof part === "string" ? part : this.asked(part.value, at, ""))).join("");
  }

  choices(bound: Bound): Choice[] {
    const all = this.schema.choices[bound.item.choices ?? ""] ?? [];
    const filter = bound.item.choice_filter;
    return filter ? all.filter((choice) => this.fits(choice, filter, bound.node)) : all;
  }

  /** What is wrong with an answer: "required", "constraint", or nothing. */
  wrong(bound: Bound): "" | "required" | "constraint" {
    const { item, node } = bound;
    const value = this.value(bound);
    if (!bound.relevant || item.kind === "note") return "";
    if (!value) return item.required && this.holds(item.required, node, false) ? "required" : "";
    if (item.kind === "integer" && !/^-?\d{1,18}$/.test(value)) return "constraint";
    if (item.kind === "decimal" && !/^-?\d{1,15}(\.\d{1,20})?$/.test(value)) return "constraint";
    return item.constraint && !this.holds(item.constraint, node, true) ? "constraint" : "";
  }

  /** Everything that is asked and answered; also what was finished just now. */
  json(): Json {
    return this.read(this.top);
  }

  finish(): void {
    for (const bound of this.all()) if (bound.item.stamp === "end") this.values.set(bound.node, new Date().toISOString());
    this.settle();
  }

  *all(inner: readonly (Bound | Rows)[] = this.top): Generator<Bound> {
    for (const one of inner) {
      if (one instanceof Rows) yield* this.all(one.rows);
      else {
        yield one;
        yield* this.all(one.inner);
      }
    }
  }

  // --- building ---

  private bind(parent: Element, items: readonly Item[], before: Json, fresh: boolean): (Bound | Rows)[] {
    return items.map((item) => {
      const said = before[nameOf(item)];
      if (item.kind !== "repeat") {
        const node = parent.appendChild(this.doc.createElement(nameOf(item)));
        return this.bound(item, node, said, fresh);
      }
      const rows = new Rows(item, parent.appendChild(this.doc.createComment("")));
      for (const row of Array.isArray(said) ? said : []) rows.rows.push(this.row(rows, row as Json, false));
      return rows;
    });
  }

  private row({ item, end }: Rows, before: Json, fresh: boolean): Bound {
    const node = this.doc.createElement(nameOf(item));
    end.before(node);
    return this.bound(item, node, before, fresh);
  }

  private bound(item: Item, node: Element, said: unknown, fresh: boolean): Bound {
    if (SECTIONS.includes(item.kind)) {
      return { item, node, relevant: true, inner: this.bind(node, item.items ?? [], (said ?? {}) as Json, fresh) };
    }
    const stamp = item.stamp === "start" ? new Date().toISOString() : item.stamp === "today" ? today() : "";
    this.values.set(node, written(said) || (fresh ? (item.default ?? stamp) || stamp : stamp));
    return { item, node, relevant: true, inner: [] };
  }

  // --- rules ---

  /** Rows as many as are counted, relevance, calculations: over and over until nothing changes. */
  private settle(): void {
    for (let pass = 0; pass < MOST_PASSES; pass += 1) if (!this.pass(this.top, true)) return;
  }

  private pass(inner: readonly (Bound | Rows)[], above: boolean): boolean {
    let changed = false;
    for (const one of inner) {
      const at = one instanceof Rows ? (one.end.parentNode as Element) : one.node;
      if (one instanceof Rows) {
        one.relevant = above && this.holds(one.item.relevant, at, true);
        changed = this.counted(one, at) || changed;
        for (const row of one.rows) {
          row.relevant = one.relevant;
          changed = this.pass(row.inner, one.relevant) || changed;
        }
        continue;
      }
      one.relevant = above && this.holds(one.item.relevant, at, true);
      if (one.item.calculate) this.values.set(at, one.relevant ? number(this.asked(one.item.calculate, at, "")) : "");
      if (SECTIONS.includes(one.item.kind)) changed = this.pass(one.inner, one.relevant) || changed;
      else changed = this.write(one) || changed;
    }
    return changed;
  }

  /** In the document stands only what is asked. */
  private write(bound: Bound): boolean {
    const text = bound.relevant ? this.value(bound) : "";
    if (bound.node.textContent === text) return false;
    bound.node.textContent = text;
    return true;
  }

  private counted(rows: Rows, at: Element): boolean {
    if (!rows.item.count) return false;
    const wanted = rows.relevant ? Math.min(MOST_ROWS, Math.floor(Number(this.asked(rows.item.count, at, ""))) || 0) : 0;
    if (rows.rows.length === wanted) return false;
    while (rows.rows.length < wanted) rows.rows.push(this.row(rows, {}, true));
    for (const row of rows.rows.splice(wanted)) row.node.remove();
    return true;
  }

  private fits(choice: Choice, filter: string, at: Element): boolean {
    const node = this.doc.documentElement.appendChild(this.doc.createElement("item"));
    for (const [name, text] of Object.entries({ name: choice.name, ...choice.columns })) {
      node.appendChild(this.doc.createElement(name)).textContent = text;
    }
    const fits = this.evaluated(about(filter, at), node, XPathResult.BOOLEAN_TYPE)?.booleanValue ?? true;
    node.remove();
    return fits;
  }

  private holds(rule: string | undefined, at: Node, otherwise: boolean): boolean {
    if (!rule) return otherwise;
    return this.evaluated(about(rule, at), at, XPathResult.BOOLEAN_TYPE)?.booleanValue ?? otherwise;
  }

  private asked(expression: string, at: Node, otherwise: string): string {
    return this.evaluated(about(expression, at), at, XPathResult.STRING_TYPE)?.stringValue ?? otherwise;
  }

  private evaluated(expression: string, at: Node, type: number): XPathResult | null {
    try {
      return this.xpath.evaluate(expression, at, null, type);
    } catch {
      return null;
    }
  }

  // --- reading ---

  private read(inner: readonly (Bound | Rows)[]): Json {
    const found: Json = {};
    for (const one of inner) {
      if (!one.relevant || one.item.kind === "note") continue;
      const value = one instanceof Rows ? one.rows.map((row) => this.read(row.inner)) : this.json_of(one);
      if (!nothing(value)) found[nameOf(one.item)] = value;
    }
    return found;
  }

  private json_of(bound: Bound): unknown {
    const { item } = bound;
    if (SECTIONS.includes(item.kind)) return this.read(bound.inner);
    const value = this.value(bound);
    if (item.kind === "select_many") return value.split(" ").filter(Boolean);
    if (item.kind === "position" && value) {
      const parts = value.split(" ").map(Number);
      return Object.fromEntries(POSITION.map((part, at) => [part, parts[at] ?? 0]));
    }
    const counts = ["integer", "decimal"].includes(item.kind) || ["int", "decimal"].includes(item.type ?? "");
    return counts && value && Number.isFinite(Number(value)) ? Number(value) : value;
  }
}

/** `current()` is the question itself, which the evaluator does not know: its path is put in its place. */
const about = (expression: string, at: Node): string => expression.replace(/current\(\)/g, () => pathOf(at));

function pathOf(node: Node): string {
  if (!(node instanceof Element)) return "";
  const before = [...(node.parentNode?.children ?? [])].filter((one) => one.nodeName === node.nodeName);
  return `${node.parentNode ? pathOf(node.parentNode) : ""}/${node.nodeName}[${before.indexOf(node) + 1}]`;
}

function written(value: unknown): string {
  if (Array.isArray(value)) return value.join(" ");
  if (value && typeof value === "object") return POSITION.map((part) => (value as Json)[part] ?? 0).join(" ");
  return value === undefined || value === null ? "" : String(value);
}

const number = (text: string): string => (text === "NaN" ? "" : text);

const nothing = (value: unknown): boolean =>
  value === "" || (Array.isArray(value) && !value.length) || (typeof value === "object" && !Object.keys(value as object).length);

function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

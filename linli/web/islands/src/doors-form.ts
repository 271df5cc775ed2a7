// A form at a door: its questions drawn large, asked as far as they concern this household, checked before they are saved.
import { Answers, nameOf, Rows, type Bound, type Json, type Schema } from "./doors-answers";
import { taken } from "./doors-photos";
import { button, h, language, notice, say } from "./doors-view";

const POSITION = { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 };

/** What becomes of the answers: kept after each change, made a visit at the end; a photo is kept and named. */
interface Work {
  changed: (answers: Json) => void;
  saved: (answers: Json) => void;
  photo: (picture: Blob) => Promise<string>;
}

export function mount(element: HTMLElement, schema: Schema, before: Json | null, work: Work): void {
  new Drawn(element, new Answers(schema, before), work);
}

class Drawn {
  // What is to be done after each change: hide, write labels anew, say what is wrong.
  private updates: (() => void)[] = [];
  private readonly body = h("div", { class: "stack-large" });
  private readonly status = h("div", { role: "status" });
  private serial = 0;

  constructor(
    element: HTMLElement,
    private readonly answers: Answers,
    private readonly work: Work,
  ) {
    const { title } = answers.schema;
    const heading = h("h3", {}, title[language] ?? Object.values(title)[0] ?? "");
    element.replaceChildren(heading, this.body, this.status, button(say("save"), () => this.save(), "primary wide"));
    this.draw();
  }

  private draw(): void {
    this.updates = [];
    this.body.replaceChildren(...this.drawn(this.answers.top));
    this.update();
  }

  private drawn(inner: readonly (Bound | Rows)[]): HTMLElement[] {
    return inner.map((one) => (one instanceof Rows ? this.rows(one) : this.one(one)));
  }

  private update(): void {
    for (const update of this.updates) update();
  }

  private after(): void {
    this.update();
    this.work.changed(this.answers.json());
  }

  private one(bound: Bound): HTMLElement {
    const { kind, items } = bound.item;
    const element = items ? this.group(bound) : this.question(bound);
    const hides = ["calculate", "stamp"].includes(kind);
    this.updates.push(() => (element.hidden = hides || !bound.relevant));
    return element;
  }

  private group(bound: Bound): HTMLElement {
    const title = h("legend", {});
    this.updates.push(() => (title.textContent = this.text(bound)));
    return h("fieldset", { class: "card stack door-group" }, title, ...this.drawn(bound.inner));
  }

  private rows(rows: Rows): HTMLElement {
    const { item } = rows;
    const name = (): string => this.answers.text(item.label, language, rows.end.parentNode as Node) || nameOf(item);
    const count = rows.rows.length;
    const list = rows.rows.map((row, at) => {
      const remove = item.count
        ? null
        : button(say("remove_row"), () => {
            this.answers.remove(rows, row);
            this.draw();
            this.after();
          }, "plain");
      return h("fieldset", { class: "card stack door-group" }, h("legend", {}, say("row", { name: name(), number: at + 1 })), ...this.drawn(row.inner), remove);
    });
    const add = item.count
      ? null
      : button(say("add_row", { name: name() }), () => {
          this.answers.add(rows);
          this.draw();
          this.after();
        });
    const element = h("div", { class: "stack" }, ...list, add);
    this.updates.push(() => {
      element.hidden = !rows.relevant;
      // A count that changed with an answer.
      if (rows.rows.length !== count) queueMicrotask(() => this.draw());
    });
    return element;
  }

  private text(bound: Bound): string {
    return this.answers.text(bound.item.label, language, bound.node) || nameOf(bound.item);
  }

  private question(bound: Bound): HTMLElement {
    const { item } = bound;
    if (item.kind === "note") {
      const said = notice("");
      this.updates.push(() => (said.textContent = this.text(bound)));
      return said;
    }
    const id = `answer-${(this.serial += 1)}`;
    const many = item.kind === "select_one" || item.kind === "select_many";
    const label = many ? h("legend", {}) : h("label", { for: id });
    const hint = h("p", { class: "hint", id: `${id}-hint` });
    const error = h("p", { class: "errorlist", id: `${id}-error` });
    const control = many ? this.choices(bound, id) : this.control(bound, id);
    const element = h(many ? "fieldset" : "div", { class: "field", "data-name": nameOf(item) }, label, hint, error, control);
    control.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
    this.updates.push(() => {
      label.textContent = this.text(bound);
      hint.textContent = this.answers.text(item.hint, language, bound.node);
      hint.hidden = !hint.textContent;
      const wrong = this.answers.wrong(bound);
      // What is missing is said when all is to be saved, what cannot be at once.
      const shown = wrong === "constraint" || (wrong && element.dataset.tried !== undefined) ? wrong : "";
      const own = shown === "required" ? item.required_message : item.constraint_message;
      error.textContent = shown && (this.answers.text(own, language, bound.node) || say(shown));
      error.hidden = !shown;
      if (many) element.toggleAttribute("data-wrong", Boolean(shown));
      else control.setAttribute("aria-invalid", String(Boolean(shown)));
    });
    return element;
  }

  private choices(bound: Bound, id: string): HTMLElement {
    const many = bound.item.kind === "select_many";
    const list = h("div", { class: "stack-small" });
    let names = "";
    this.updates.push(() => {
      const possible = this.answers.choices(bound);
      if (names === JSON.stringify(possible)) return;
      names = JSON.stringify(possible);
      const chosen = this.answers.value(bound).split(" ");
      list.replaceChildren(
        ...possible.map((choice) => {
          const input = h("input", {
            type: many ? "checkbox" : "radio",
            name: id,
            value: choice.name,
            checked: chosen.includes(choice.name),
            change: () => {
              const now = [...list.querySelectorAll<HTMLInputElement>("input:checked")].map((one) => one.value);
              this.set(bound, now.join(" "));
            },
          });
          return h("label", { class: "choice" }, input, h("span", {}, this.answers.text(choice.label, language, bound.node) || choice.name));
        }),
      );
    });
    return list;
  }

  private control(bound: Bound, id: string): HTMLElement {
    const { item } = bound;
    if (item.kind === "photo") return this.photo(bound, id);
    if (item.kind === "position") return this.position(bound, id);
    const long = item.kind === "text" && (item.appearance ?? "").includes("multiline");
    const input = h(long ? "textarea" : "input", { id, ...kinds[item.kind], readonly: Boolean(item.read_only || item.calculate) }) as HTMLInputElement;
    input.value = this.answers.value(bound);
    input.addEventListener("change", () => this.set(bound, input.value.trim()));
    this.updates.push(() => {
      if (document.activeElement !== input) input.value = this.answers.value(bound);
    });
    return input;
  }

  private position(bound: Bound, id: string): HTMLElement {
    const said = h("output", { for: id }, this.answers.value(bound));
    const read = button(say("position"), () => {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          const { latitude, longitude, altitude, accuracy } = coords;
          this.set(bound, [latitude.toFixed(6), longitude.toFixed(6), (altitude ?? 0).toFixed(1), accuracy.toFixed(1)].join(" "));
          said.textContent = `± ${Math.round(accuracy)} m`;
        },
        () => (said.textContent = say("no_position")),
        POSITION,
      );
    });
    read.id = id;
    return h("div", { class: "row" }, read, said);
  }

  /** Kept with the others of the door; the answer is its name. */
  private photo(bound: Bound, id: string): HTMLElement {
    const said = h("output", { for: id }, this.answers.value(bound) && say("photo_taken"));
    const input = h("input", { type: "file", accept: "image/*", capture: "environment", id }) as HTMLInputElement;
    input.addEventListener("change", async () => {
      const picture = await taken(input);
      said.textContent = picture === "large" ? say("photo_large") : picture ? say("photo_taken") : said.textContent;
      if (picture && picture !== "large") this.set(bound, await this.work.photo(picture));
    });
    return h("div", { class: "row" }, input, said);
  }

  private set(bound: Bound, value: string): void {
    this.answers.set(bound, value);
    this.after();
  }

  private save(): void {
    this.answers.finish();
    for (const field of this.body.querySelectorAll<HTMLElement>(".field")) field.dataset.tried = "";
    this.update();
    const wrong = [...this.answers.all()].filter((bound) => this.answers.wrong(bound)).length;
    if (!wrong) return this.work.saved(this.answers.json());
    this.status.replaceChildren(notice(say("form_wrong", { count: wrong }), "bad"));
    const first = this.body.querySelector<HTMLElement>("[data-wrong] input, [aria-invalid=true]");
    first?.focus();
    first?.scrollIntoView({ block: "center" });
  }
}

const kinds: Record<string, Record<string, string>> = {
  text: { type: "text", maxlength: "10000" },
  integer: { type: "text", inputmode: "numeric" },
  decimal: { type: "text", inputmode: "decimal" },
  date: { type: "date" },
};

// The day that is replayed: its hour, the moment that this is, and playing it hour by hour.

// How long an hour is looked at, after it has been drawn.
const HOUR_MS = 700;
const AN_HOUR = 3_600_000;

export class Replay {
  private readonly day = control<HTMLInputElement>("map-day");
  private readonly hour = control<HTMLInputElement>("map-hour");
  private readonly play = control<HTMLButtonElement>("map-play");
  private readonly said = control<HTMLOutputElement>("map-moment");
  private timer = 0;

  /** `changed` answers when the hour has been drawn. */
  constructor(
    private readonly zone: string,
    private readonly changed: () => Promise<void>,
  ) {
    this.play.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    // Whoever moves the hour looks at that hour; a day begins at its first.
    this.hour.addEventListener("input", () => this.stop());
    this.day.addEventListener("input", () => this.stop());
  }

  get playing(): boolean {
    return this.play.getAttribute("aria-pressed") === "true";
  }

  /** Never later than now: what will stand open then nobody knows. */
  get moment(): Date {
    const chosen = instantOf(this.day.value || this.day.max, Number(this.hour.value), this.zone);
    return new Date(Math.min(chosen.getTime(), Date.now()));
  }

  daysAgo(days: number): Date {
    return instantOf(this.day.max, -24 * days, this.zone);
  }

  say(): void {
    const words = sayMoment(this.moment, this.zone);
    if (this.said.textContent !== words) this.said.textContent = words;
    this.hour.setAttribute("aria-valuetext", words);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.mark(false);
  }

  private start(): void {
    if (this.ended) this.hour.value = "0";
    this.mark(true);
    void this.next(false);
  }

  private async next(forward: boolean): Promise<void> {
    if (forward) this.hour.stepUp();
    await this.changed();
    if (!this.playing) return;
    if (this.ended) this.stop();
    else this.timer = window.setTimeout(() => void this.next(true), HOUR_MS);
  }

  private get ended(): boolean {
    return this.hour.value === this.hour.max || this.moment.getTime() > Date.now() - AN_HOUR;
  }

  private mark(playing: boolean): void {
    this.play.setAttribute("aria-pressed", String(playing));
    for (const words of this.play.querySelectorAll<HTMLElement>("[data-when]")) words.hidden = (words.dataset.when === "playing") !== playing;
  }
}

export function sayMoment(at: Date, zone: string): string {
  const parts: Intl.DateTimeFormatOptions = { timeZone: zone, year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(document.documentElement.lang, parts).format(at);
}

/** The instant at which clocks in a zone show this hour of a day. */
function instantOf(day: string, hour: number, zone: string): Date {
  const wall = Date.parse(`${day}T00:00:00Z`) + hour * AN_HOUR;
  return new Date(wall - offsetAt(wall, zone));
}

function offsetAt(instant: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute) - Math.floor(instant / 60_000) * 60_000;
}

function control<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

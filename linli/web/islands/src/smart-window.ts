// What lies in the window of the map: asked for when it is another window, or has changed; an older question is taken back.
import type { Found } from "./smart-style";

export class Window {
  private asked = "";
  private underWay: AbortController | undefined;

  constructor(
    private readonly address: string,
    private readonly show: (found: Found) => void,
  ) {}

  /** Throws where the newest could not be had; what was shown before stays. */
  async ask(query: URLSearchParams, anew = false): Promise<void> {
    const address = `${this.address}?${query}`;
    if (address === this.asked && !anew) return;
    this.asked = address;
    this.underWay?.abort();
    const { signal } = (this.underWay = new AbortController());
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal });
      if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
      this.show((await answer.json()) as Found);
    } catch (error) {
      if (signal.aborted) return;
      this.asked = "";
      throw error;
    }
  }

  /** Nothing is shown, and the next question is a new one. */
  empty(): void {
    this.underWay?.abort();
    if (this.asked) this.show({ type: "FeatureCollection", features: [] });
    this.asked = "";
  }
}

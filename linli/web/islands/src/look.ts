// What the page looks like now, from its own tokens (tokens.css): charts have no colours or letters of their own.

export interface Look {
  ink: string;
  soft: string;
  line: string;
  ground: string;
  font: string;
  /** Height of small text in pixels: it follows the reader's size of text. */
  small: number;
  colours: Record<string, string>;
  still: boolean;
}

const TONES: Record<string, string> = {
  info: "--on-info-soft",
  good: "--brand",
  warn: "--on-warn-soft",
  bad: "--danger",
  quiet: "--line-strong",
  soft: "--ink-soft",
};

export function lookOf(element: HTMLElement): Look {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: token("--ink"),
    soft: token("--ink-soft"),
    line: token("--line"),
    ground: token("--raised"),
    font: style.fontFamily,
    small: parseFloat(style.fontSize),
    colours: Object.fromEntries(Object.entries(TONES).map(([tone, name]) => [tone, token(name)])),
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

/** A colour of the page's tokens, as it is in the look of now. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Calls `changed` whenever theme or size of text change, by the reader's choice or the system's, until told to stop. */
export function followLook(changed: () => void): () => void {
  const chosen = new MutationObserver(changed);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-size", "lang"] });
  const queries = ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener("change", changed);
  return () => {
    chosen.disconnect();
    for (const query of queries) query.removeEventListener("change", changed);
  };
}

// The corners of an outline by keyboard: one of them is a button in the page's order. Its keys lead on to the others, move it, put one
// after it and remove it. It lies on the corner that the map draws and lets the hand through.
import { type Map as LiveMap, Marker } from "maplibre-gl";
import { added, afterwards, closed, type Corner, corners, moved, type Place, rounded, same, type Shape } from "./outline-shape";

// In pixels: how far that is on the ground follows the zoom.
const STEP = 1;
const LONG_STEP = 10;
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// A metre.
const DECIMALS = 5;
const EDGE = 24;

export interface Hand {
  shape(): Shape;
  choose(shape: Shape, place: Place | null): void;
  keep(): void;
  write(): void;
  remove(): void;
}

/** `words` names a corner: its number, of how many, latitude and longitude in braces. `said` is heard after each change; `help` tells the keys. */
export interface Told {
  words: string;
  said: HTMLElement;
  help: string;
}

export function byKeys(map: LiveMap, hand: Hand, told: Told): { follow(place: Place | null): void } {
  let marker: Marker | null = null;
  let here: Place = { part: 0, ring: 0, corner: 0 };
  // What the arrows last made: key after key is one step to take back.
  let nudged: Shape | null = null;

  const all = () => corners(hand.shape(), null).features.map(({ properties, geometry }) => ({ place: properties as Place, at: geometry.coordinates as Corner }));
  const button = (): HTMLElement | undefined => marker?.getElement();

  const name = (): string => {
    const every = all();
    const number = every.findIndex((one) => same(one.place, here));
    const [lon, lat] = (every[number] as (typeof every)[number]).at;
    const values: Record<string, string> = { number: `${number + 1}`, count: `${every.length}`, lat: lat.toFixed(DECIMALS), lon: lon.toFixed(DECIMALS) };
    return told.words.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? "");
  };
  const inSight = (at: Corner): void => {
    const { x, y } = map.project(at);
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    if (x < EDGE || y < EDGE || x > width - EDGE || y > height - EDGE) map.panTo(at, { animate: false });
  };

  const put = (place: Place, at: Corner): void => {
    if (marker && same(place, here)) {
      marker.setLngLat(at);
    } else {
      // Another corner is another element: that the focus went on is heard.
      const focused = button() === document.activeElement;
      const fresh = document.createElement("button");
      fresh.type = "button";
      fresh.className = "outline-corner";
      fresh.setAttribute("aria-describedby", told.help);
      fresh.addEventListener("keydown", press);
      fresh.addEventListener("click", insert);
      const old = marker;
      here = place;
      marker = new Marker({ element: fresh }).setLngLat(at).addTo(map);
      if (focused) fresh.focus({ preventScroll: true });
      fresh.addEventListener("focus", () => hand.choose(hand.shape(), here));
      old?.remove();
    }
    button()?.setAttribute("aria-label", name());
    if (button() === document.activeElement) inSight(at);
  };

  const go = (place: Place): void => hand.choose(hand.shape(), place);
  // Enter, or whatever a screen reader presses with. The map is told nothing of it.
  const insert = (event: Event): void => {
    event.stopPropagation();
    hand.keep();
    const next = { ...here, corner: here.corner + 1 };
    hand.choose(added(hand.shape(), next, afterwards(hand.shape(), here)), next);
    hand.write();
  };
  const press = (event: KeyboardEvent): void => {
    const every = all();
    const number = every.findIndex((one) => same(one.place, here));
    const at = every[number]?.at as Corner;
    const arrow = ARROWS[event.key];
    const leads: Record<string, number> = { PageDown: number + 1, PageUp: number - 1 + every.length, Home: 0, End: every.length - 1 };
    const to = leads[event.key];
    if (arrow) {
      const step = event.shiftKey ? LONG_STEP : STEP;
      const { x, y } = map.project(at);
      const { lng, lat } = map.unproject([x + arrow[0] * step, y + arrow[1] * step]);
      if (hand.shape() !== nudged) hand.keep();
      nudged = moved(hand.shape(), here, rounded(lng, lat));
      hand.choose(nudged, here);
      hand.write();
      told.said.textContent = name();
    } else if (to !== undefined) {
      go((every[to % every.length] as (typeof every)[number]).place);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      hand.remove();
      if (marker) go(here);
      told.said.textContent = marker ? name() : "";
    } else {
      return;
    }
    // The map's own keys would move the map.
    event.preventDefault();
    event.stopPropagation();
  };

  return {
    follow(place) {
      const every = all();
      const found = every.find((one) => same(one.place, place ?? here)) ?? every[0];
      if (closed(hand.shape()) && found) return put(found.place, found.at);
      marker?.remove();
      marker = null;
    },
  };
}

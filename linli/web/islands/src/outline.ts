// The outline island: a unit's boundary as it was and as it shall be, on a live map. Where its element names a field (`data-edits`), it is
// drawn there by hand: the field holds it as text, and what somebody writes into the field is drawn.
import type { GeoJSONSource, Map as LiveMap, MapMouseEvent, MapTouchEvent, StyleSpecification } from "maplibre-gl";
import { LngLatBounds } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { followLook, lookOf, token } from "./look";
import { canvasIn, PADDING, requireCanvas } from "./map-canvas";
import { type Outlines, styleOf } from "./map-style";
import { byKeys } from "./outline-keys";
import { added, closed, type Corner, corners, fromGeometry, geometryOf, middles, moved, type Place, read, removed, rounded, type Shape, written } from "./outline-shape";

const NONE = { type: "FeatureCollection" as const, features: [] };
// A finger meets more than the eye sees.
const REACH = 16;
// Beyond this many corners the sides' middles are shown only from near by.
const MANY = 300;
// No corner lies under the map's own buttons.
const AROUND = { top: 2 * PADDING, bottom: 2 * PADDING, left: 2 * PADDING, right: 4 * PADDING };
const TREMBLE = 4;
const NEAR_ZOOM = 15;
const MOST_UNDONE = 100;

export function mount(element: HTMLElement): (outlines: Outlines) => void {
  requireCanvas();
  let opened = false;
  return (outlines) => {
    if (!opened) void open(element, outlines);
    opened = true;
  };
}

const given = (text = ""): Shape | null => (text ? fromGeometry(JSON.parse(text)) : null);

async function open(element: HTMLElement, outlines: Outlines): Promise<void> {
  const { base = "", edits = "", present = "" } = element.dataset;
  const field = edits ? (document.getElementById(edits) as HTMLTextAreaElement) : null;
  const old = given(element.dataset.old);
  let shape = given(element.dataset.new) ?? [];
  // In all its corners: the one that the page brings is drawn for the eye.
  if (field) shape = told(field) ?? (present ? await fetched(present) : null) ?? [];
  let chosen: Place | null = null;

  const data = () => ({
    "outline-old": old ? geometryOf(old) : NONE,
    "outline-new": shape.length ? geometryOf(shape) : NONE,
    "outline-middles": field && closed(shape) ? middles(shape) : NONE,
    "outline-corners": field ? corners(shape, chosen) : NONE,
  });
  const style = (): StyleSpecification => withOutlines(styleOf(lookOf(element), outlines, base), data(), shape.flat(2).length > MANY);
  (element.closest("figure") as HTMLElement).dataset.live = "";
  const map = canvasIn(element, style(), { bounds: seen(old, shape, outlines), fitBoundsOptions: { padding: AROUND } });
  followLook(() => map.setStyle(style()));
  if (!field) return;

  const show = (): void => {
    for (const [name, one] of Object.entries(data())) (map.getSource(name) as GeoJSONSource | undefined)?.setData(one);
  };
  const drawing = edit(map, element, field, {
    shape: () => shape,
    set: (next, place) => {
      shape = next;
      chosen = place;
      show();
    },
  });
  const listen = (): void => {
    const said = told(field);
    if (!said) return;
    drawing.replace(said);
    map.fitBounds(boundsOf(said), { padding: AROUND, animate: false });
  };
  field.addEventListener("input", listen);
  datumOf(field)?.addEventListener("change", listen);
}

const datumOf = (field: HTMLTextAreaElement) => field.form?.elements.namedItem("datum") as HTMLSelectElement | null;

/** What the field says, where it is in WGS84 as the map is: drawn as it is, another datum would lie streets away. */
const told = (field: HTMLTextAreaElement): Shape | null => (datumOf(field)?.value === "wgs84" ? read(field.value) : null);

async function fetched(address: string): Promise<Shape | null> {
  const answer = await fetch(address);
  return answer.ok ? read(await answer.text()) : null;
}

function boundsOf(shape: Shape): LngLatBounds {
  return shape.flat(2).reduce((bounds, corner) => bounds.extend(corner), new LngLatBounds());
}

function seen(old: Shape | null, shape: Shape, outlines: Outlines): LngLatBounds | [number, number, number, number] {
  const all = [...(old ?? []), ...shape];
  return all.length ? boundsOf(all) : outlines.bbox;
}

interface Draft {
  shape(): Shape;
  set(shape: Shape, chosen: Place | null): void;
}

/** The hand on the map: what is pulled, pressed and taken back. */
function edit(map: LiveMap, element: HTMLElement, field: HTMLTextAreaElement, draft: Draft): { replace(shape: Shape): void } {
  const tools = [...(element.closest(".outlines") as HTMLElement).querySelectorAll<HTMLElement>("[data-outline-tools]")];
  const button = (name: string): HTMLButtonElement => tools[0]?.querySelector(`[data-outline="${name}"]`) as HTMLButtonElement;
  for (const tool of tools) tool.hidden = false;
  const before: Shape[] = [];
  let chosen: Place | null = null;
  let pulled: Place | null = null;
  let from = { x: 0, y: 0 };
  // Corner after corner, where there was nothing or one began anew.
  let anew = !closed(draft.shape());

  const choose = (shape: Shape, place: Place | null): void => {
    chosen = place;
    draft.set(shape, place);
    button("remove").disabled = place === null;
    button("undo").disabled = before.length === 0;
    map.getCanvas().style.cursor = anew ? "crosshair" : "";
    keys.follow(place);
  };
  const keep = (): void => {
    before.push(draft.shape());
    if (before.length > MOST_UNDONE) before.shift();
  };
  const write = (): void => {
    field.value = closed(draft.shape()) ? written(draft.shape()) : "";
    // The map is in WGS84, whatever was written before.
    const datum = datumOf(field);
    if (datum) datum.value = "wgs84";
    // What leaves a page with something unsaved listens to this; the map itself does not hear its own writing.
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const found = (layer: string, { x, y }: { x: number; y: number }): Place | null => {
    const hit = map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]], { layers: [layer] });
    const far = (one: (typeof hit)[number]): number => {
      const at = map.project((one.geometry as unknown as { coordinates: Corner }).coordinates);
      return Math.hypot(at.x - x, at.y - y);
    };
    const nearest = hit.sort((one, other) => far(one) - far(other))[0]?.properties as Place | undefined;
    return nearest ? { part: nearest.part, ring: nearest.ring, corner: nearest.corner } : null;
  };

  const take = (event: MapMouseEvent | MapTouchEvent): void => {
    if ("points" in event && event.points.length > 1) return;
    const corner = found("outline-corners", event.point);
    const middle = corner || anew ? null : found("outline-middles", event.point);
    if (!corner && !middle) return;
    // The map stays where it is.
    event.preventDefault();
    keep();
    pulled = corner ?? middle;
    from = event.point;
    if (middle) choose(added(draft.shape(), middle, rounded(event.lngLat.lng, event.lngLat.lat)), middle);
    else choose(draft.shape(), corner);
  };
  const pull = (event: MapMouseEvent | MapTouchEvent): void => {
    if (!pulled) return;
    event.preventDefault();
    // A hand that presses trembles.
    if (draft.shape() === before[before.length - 1] && Math.hypot(event.point.x - from.x, event.point.y - from.y) < TREMBLE) return;
    choose(moved(draft.shape(), pulled, rounded(event.lngLat.lng, event.lngLat.lat)), pulled);
  };
  const release = (): void => {
    if (!pulled) return;
    pulled = null;
    // A press that moved nothing is no step to take back.
    if (before[before.length - 1] === draft.shape()) before.pop();
    else write();
    choose(draft.shape(), chosen);
  };
  map.on("mousedown", take);
  map.on("touchstart", take);
  map.on("mousemove", pull);
  map.on("touchmove", pull);
  map.on("mouseup", release);
  map.on("touchend", release);
  map.on("touchcancel", release);
  map.on("click", ({ lngLat, point }) => {
    if (found("outline-corners", point)) return;
    if (!anew) return choose(draft.shape(), null);
    keep();
    const [ring = []] = draft.shape()[0] ?? [];
    choose([[[...ring, rounded(lngLat.lng, lngLat.lat)]]], { part: 0, ring: 0, corner: ring.length });
    write();
  });

  const remove = (): void => {
    if (!chosen) return;
    keep();
    const rest = removed(draft.shape(), chosen);
    anew = !closed(rest);
    choose(anew ? [] : rest, null);
    write();
    // The corner that had the focus is gone with the outline.
    if (anew) button("undo").focus();
  };
  button("remove").addEventListener("click", remove);
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Delete" || event.key === "Backspace") remove();
  });
  button("undo").addEventListener("click", () => {
    const last = before.pop();
    if (!last) return;
    anew = !closed(last);
    choose(last, null);
    write();
  });
  button("anew").addEventListener("click", () => {
    keep();
    anew = true;
    choose([], null);
    write();
  });
  const keys = byKeys(map, { shape: draft.shape, choose, keep, write, remove }, {
    words: element.dataset.corner ?? "",
    said: tools[0]?.parentElement?.querySelector("[data-outline-said]") as HTMLElement,
    help: "outline-keys",
  });
  choose(draft.shape(), null);
  return {
    replace(shape) {
      keep();
      anew = false;
      choose(shape, null);
    },
  };
}

function withOutlines(style: StyleSpecification, data: Record<string, any>, many: boolean): StyleSpecification {
  const sources = Object.fromEntries(Object.entries(data).map(([name, one]) => [name, { type: "geojson" as const, data: one }]));
  const ring = { "circle-stroke-color": token("--brand"), "circle-stroke-width": 2 };
  return {
    ...style,
    sources: { ...style.sources, ...sources },
    layers: [
      ...style.layers,
      { id: "outline-ground", type: "fill", source: "outline-new", paint: { "fill-color": token("--brand"), "fill-opacity": 0.18 } },
      // Between its dashes the line that the map draws of today's units is not seen.
      { id: "outline-old-gaps", type: "line", source: "outline-old", paint: { "line-color": token("--surface"), "line-width": 4 } },
      {
        id: "outline-old",
        type: "line",
        source: "outline-old",
        paint: { "line-color": token("--ink"), "line-width": 2, "line-dasharray": [3, 2] },
      },
      { id: "outline-new", type: "line", source: "outline-new", layout: { "line-join": "round" }, paint: { "line-color": token("--brand"), "line-width": 3 } },
      {
        id: "outline-middles",
        type: "circle",
        source: "outline-middles",
        minzoom: many ? NEAR_ZOOM : 0,
        paint: { ...ring, "circle-radius": 3.5, "circle-color": token("--surface"), "circle-stroke-width": 1.5 },
      },
      {
        id: "outline-corners",
        type: "circle",
        source: "outline-corners",
        paint: {
          ...ring,
          "circle-radius": ["case", ["get", "chosen"], 8, 6],
          "circle-color": ["case", ["get", "chosen"], token("--danger"), token("--surface")],
        },
      },
    ],
  };
}

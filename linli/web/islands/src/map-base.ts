// How the base map looks: what OpenStreetMap knows, kept quiet, so that units and marks stand out. Its layers and kinds are those of
// linli/territory/basemap/schema.py.
import type { ExpressionSpecification, LayerSpecification, VectorSourceSpecification } from "maplibre-gl";
import { type Look, token } from "./look";

const MAJOR = ["motorway", "trunk", "primary"];
const WIDE = ["secondary", "tertiary"];
const MINOR = ["street", "service"];

/** `address`: the file, as the page names it. */
export function baseSource(address: string): VectorSourceSpecification {
  return { type: "vector", url: `pmtiles://${new URL(address, location.href).href}` };
}

/** Ground, water, buildings and ways, to be drawn below the units. */
export function baseShapes(): LayerSpecification[] {
  const edge = token("--map-edge");
  return [
    area("base-built", "land", ["built", "school", "hospital"], token("--map-built")),
    area("base-green", "land", ["green", "wood", "farm"], token("--map-green")),
    area("base-water", "water", ["water"], token("--map-water")),
    line("base-streams", "streams", ["river", "canal", "stream"], token("--map-water"), widths(0.5, 2, 8)),
    {
      ...layer("base-buildings", "buildings"),
      type: "fill",
      minzoom: 14,
      paint: { "fill-color": token("--map-building"), "fill-outline-color": edge },
    },
    {
      ...line("base-paths", "roads", ["path"], token("--map-rail"), widths(0.3, 0.8, 1.5)),
      minzoom: 15,
      paint: { "line-color": token("--map-rail"), "line-width": 1, "line-dasharray": [3, 2] },
    },
    line("base-minor-edge", "roads", MINOR, edge, widths(0.3, 3.6, 17.5), 12),
    line("base-wide-edge", "roads", WIDE, edge, widths(0.8, 6.2, 26), 10),
    line("base-major-edge", "roads", MAJOR, edge, widths(1.5, 8, 32)),
    line("base-minor", "roads", MINOR, token("--map-road"), widths(0.2, 2.2, 15)),
    line("base-wide", "roads", WIDE, token("--map-road"), widths(0.6, 4.5, 24)),
    line("base-major", "roads", MAJOR, token("--map-major"), widths(0.8, 6, 30)),
    line("base-rail", "rail", ["rail"], token("--map-rail"), widths(0.6, 1.5, 3)),
    { ...line("base-metro", "rail", ["metro"], token("--map-rail"), widths(0.5, 1.5, 3)), paint: { "line-color": token("--map-rail"), "line-width": 1.5, "line-dasharray": [2, 2] } },
  ];
}

/** Names of streets and places, to be drawn above the units' lines and to give way to the units' names. */
export function baseNames(look: Look, font: string[]): LayerSpecification[] {
  const paint = { "text-color": look.soft, "text-halo-color": token("--surface"), "text-halo-width": 1.2 };
  const written = { "text-field": nameIn(document.documentElement.lang), "text-font": font };
  const places = (id: string, kinds: string[], size: number, minzoom: number): LayerSpecification => ({
    ...layer(id, "names", kinds),
    type: "symbol",
    minzoom,
    layout: { ...written, "text-size": look.small * size, "text-max-width": 7, "text-padding": 6 },
    paint,
  });
  return [
    places("base-house-names", ["building", "service"], 0.75, 16.5),
    places("base-public-names", ["public", "school", "hospital", "green", "water", "neighbourhood"], 0.8, 14.5),
    places("base-station-names", ["station"], 0.8, 13),
    {
      ...layer("base-street-names", "roads"),
      type: "symbol",
      minzoom: 13,
      layout: { ...written, "symbol-placement": "line", "symbol-spacing": 350, "text-size": look.small * 0.8, "text-padding": 4 },
      paint,
    },
    places("base-place-names", ["suburb", "village"], 0.9, 11),
    places("base-city-names", ["city", "town"], 1.1, 8),
  ];
}

function layer(id: string, from: string, kinds?: string[]): { id: string; source: string; "source-layer": string; filter?: ExpressionSpecification } {
  const one = { id, source: "base", "source-layer": from };
  return kinds ? { ...one, filter: ["match", ["get", "kind"], kinds, true, false] } : one;
}

function area(id: string, from: string, kinds: string[], colour: string): LayerSpecification {
  return { ...layer(id, from, kinds), type: "fill", paint: { "fill-color": colour, "fill-antialias": false } };
}

function line(id: string, from: string, kinds: string[], colour: string, width: ExpressionSpecification, minzoom = 0): LayerSpecification & { type: "line" } {
  return {
    ...layer(id, from, kinds),
    type: "line",
    minzoom,
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": width },
  };
}

/** Pixels where a city, a quarter and a door are looked at. */
function widths(far: number, near: number, close: number): ExpressionSpecification {
  return ["interpolate", ["exponential", 1.5], ["zoom"], 9, far, 15, near, 19, close];
}

function nameIn(language: string): ExpressionSpecification {
  return language.startsWith("zh") ? ["get", "name"] : ["coalesce", ["get", "name:en"], ["get", "name"]];
}

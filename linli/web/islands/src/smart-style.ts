// How the smart map looks: cells and single cases on what every live map has, and the marks of other rooms.
import type { Feature, FeatureCollection, Point, Polygon } from "geojson";
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { type Look, token } from "./look";

export type Colour = "limit" | "state" | "age";
/** From so many days since the report on, this tone; the youngest first (cases/queries/figures.py). */
export interface Age {
  since: number;
  tone: string;
}
/** What comes of a window: of cases with the resolution of its cells, null where they are told one by one. */
export type Found = FeatureCollection<Polygon | Point> & { resolution?: number | null };

/** A layer that a room has registered (cases/map_layers.py). */
export interface Marks {
  name: string;
  mark: string;
  tone: string;
}

// The rest is quiet: no clock runs, or it has ended.
const TONES: Record<Exclude<Colour, "age">, Record<string, string[]>> = {
  limit: { bad: ["late"], warn: ["soon"], good: ["running"] },
  state: { info: ["collected", "filed"], warn: ["dispatched", "accepted"], good: ["handled", "verified"] },
};
const DAY_MS = 86_400_000;
const NOTHING: Found = { type: "FeatureCollection", features: [] };
const CELLS = "cells";
const CELL_NAMES = "cell-names";
export const CASES = "cases";
const POINTS: ExpressionSpecification = ["==", ["geometry-type"], "Point"];
const AREAS: ExpressionSpecification = ["==", ["geometry-type"], "Polygon"];
const WEAK: ExpressionSpecification = ["has", "weak"];
const LOOKS: ExpressionSpecification = ["has", "direction"];

/** What is asked of the map at a point, the first drawn last. */
export const pointLayers = (marks: Marks[]): string[] => [CASES, ...marks.map(({ name }) => name)];

/** The sources that an answer for cases fills. */
export function sourcesOf(found: Found = NOTHING): Record<string, FeatureCollection> {
  const cells = found.features.filter((one): one is Feature<Polygon> => one.geometry.type === "Polygon");
  return {
    [CASES]: { ...found, features: found.features.filter((one) => one.geometry.type === "Point").map(aged) },
    [CELLS]: { type: "FeatureCollection", features: cells },
    [CELL_NAMES]: { type: "FeatureCollection", features: cells.map((one) => ({ ...one, geometry: centreOf(one.geometry) })) },
  };
}

function aged(one: Feature): Feature {
  return { ...one, properties: { ...one.properties, days: (Date.now() - Date.parse(String(one.properties?.reported_at))) / DAY_MS } };
}

function centreOf(cell: Polygon): Point {
  const corners = (cell.coordinates[0] ?? []).slice(1);
  const middle = (axis: number): number => corners.reduce((sum, corner) => sum + (corner[axis] ?? 0), 0) / corners.length;
  return { type: "Point", coordinates: [middle(0), middle(1)] };
}

/** `found` by source; `colour` is that of cases. */
export function withFound(style: StyleSpecification, look: Look, colour: Colour, ages: Age[], marks: Marks[], found: Record<string, FeatureCollection>): StyleSpecification {
  const tone = (name: string): string => look.colours[name] ?? look.ink;
  const font = look.font.split(",").map((name) => name.trim().replaceAll('"', ""));
  const surface = token("--surface");
  const written = { "text-font": font, "text-size": look.small * 0.9 };
  const ring = { "circle-stroke-color": surface, "circle-stroke-width": 2 };

  const cells: LayerSpecification[] = [
    {
      id: CELLS,
      type: "fill",
      source: CELLS,
      paint: {
        "fill-color": cellColour(),
        "fill-opacity": ["interpolate", ["linear"], ["log10", ["get", "cases"]], 0, 0.25, 3, 0.8],
        "fill-outline-color": surface,
      },
    },
  ];
  const names: LayerSpecification[] = [
    {
      id: CELL_NAMES,
      type: "symbol",
      source: CELL_NAMES,
      layout: { ...written, "text-field": ["to-string", ["get", "cases"]], "symbol-sort-key": ["-", 0, ["get", "cases"]] },
      paint: { "text-color": look.ink, "text-halo-color": surface, "text-halo-width": 1.5 },
    },
  ];
  const points: LayerSpecification[] = [
    {
      id: CASES,
      type: "circle",
      source: CASES,
      layout: { "circle-sort-key": colour === "age" ? ["get", "days"] : ["match", ["get", "limit"], "late", 2, "soon", 1, 0] },
      paint: { ...ring, "circle-radius": colour === "age" ? 9 : ["case", ["get", "late"], 9, 7], "circle-color": colours() },
    },
    {
      id: "case-marks",
      type: "symbol",
      source: CASES,
      layout: { ...written, "text-size": look.small * 0.8, "text-field": colour === "age" ? byAge(({ since }) => String(since)) : ["case", ["get", "late"], "!", ""], "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": surface },
    },
    ...marks.flatMap(({ name, mark, tone: its }): LayerSpecification[] => [
      {
        id: name,
        type: "circle",
        source: name,
        filter: POINTS,
        paint: { ...ring, "circle-radius": ["case", WEAK, 8, 10], "circle-color": ownTone(its), "circle-opacity": ["case", WEAK, 0.6, 1] },
      },
      {
        id: `${name}-marks`,
        type: "symbol",
        source: name,
        filter: POINTS,
        layout: {
          ...written,
          "text-field": ["coalesce", ["get", "mark"], mark],
          "text-size": look.small * 0.8,
          "text-allow-overlap": true,
          "text-ignore-placement": true,
        },
        paint: { "text-color": surface },
      },
      {
        // A wedge outside of the point, turned around it: a camera looks there. It says nothing of how far.
        id: `${name}-directions`,
        type: "symbol",
        source: name,
        filter: LOOKS,
        layout: {
          ...written,
          "text-field": "▲",
          "text-size": look.small * 1.1,
          "text-offset": [0, -1.05],
          "text-rotate": ["get", "direction"],
          "text-rotation-alignment": "map",
          "text-allow-overlap": true,
          "text-ignore-placement": true,
        },
        paint: { "text-color": ownTone(its), "text-halo-color": surface, "text-halo-width": 1.5 },
      },
    ]),
  ];
  const areas = marks.flatMap(({ name, tone: its }): LayerSpecification[] => [
    { id: `${name}-areas`, type: "fill", source: name, filter: AREAS, paint: { "fill-color": ownTone(its), "fill-opacity": 0.15 } },
    { id: `${name}-edges`, type: "line", source: name, filter: AREAS, paint: { "line-color": ownTone(its), "line-width": 2, "line-dasharray": [3, 2] } },
  ]);
  const sources = Object.fromEntries(Object.entries(found).map(([name, data]) => [name, { type: "geojson" as const, data }]));
  return { ...style, sources: { ...style.sources, ...sources }, layers: [...before(before(style.layers, "lines", cells), "finer-names", names), ...areas, ...points] };

  /** Of a point that differs from its layer; an answer names no other tones. */
  function ownTone(its: string): ExpressionSpecification {
    const tones = Object.keys(look.colours).flatMap((name) => [name, tone(name)]);
    return ["match", ["get", "tone"], ...tones, tone(its)] as unknown as ExpressionSpecification;
  }

  /** How many are late is told of what is open now alone: other cells say their number and nothing of limits. */
  function cellColour(): ExpressionSpecification {
    const share: ExpressionSpecification = ["/", ["get", "late"], ["get", "cases"]];
    const byLimit: ExpressionSpecification = ["all", ["has", "late"], colour === "limit"];
    return ["case", byLimit, ["interpolate", ["linear"], share, 0, tone("good"), 0.25, tone("warn"), 0.5, tone("bad")], look.soft];
  }

  /** What holds from each age on. */
  function byAge(said: (age: Age) => string): ExpressionSpecification {
    const steps = ages.flatMap((age) => [age.since, said(age)]).slice(1);
    return ["step", ["get", "days"], ...steps] as unknown as ExpressionSpecification;
  }

  function colours(): ExpressionSpecification {
    if (colour === "age") return byAge((age) => tone(age.tone));
    const tones = Object.entries(TONES[colour]).flatMap(([name, values]) => [values, tone(name)]);
    return ["match", ["get", colour], ...tones, tone("quiet")] as unknown as ExpressionSpecification;
  }
}

function before(layers: LayerSpecification[], id: string, added: LayerSpecification[]): LayerSpecification[] {
  const at = layers.findIndex((layer) => layer.id === id);
  return [...layers.slice(0, at), ...added, ...layers.slice(at)];
}

// How the map looks, from the page's own tokens: units as areas with their names, buildings as points. Names are written with the
// page's own letters (MapLibre draws them itself where a style names no `glyphs`), so no font has to be fetched.
import type { FeatureCollection, Point, Polygon } from "geojson";
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { type Look, token } from "./look";
import { baseNames, baseShapes, baseSource } from "./map-base";

interface Told {
  id: string;
  level: string;
  depth: number;
  name: string;
  label?: [number, number];
}

export type Outlines = FeatureCollection<Polygon | Point, Told> & { bbox: [number, number, number, number] };

// From these zooms on buildings are seen, and then their names; and the names of what lies two levels down.
const BUILDINGS = 15;
const BUILDING_NAMES = 16.5;
const FINER_NAMES = 14.5;

/** `base`: the address of the base map, on which units are lines and tints instead of grounds; empty where there is none. */
export function styleOf(look: Look, outlines: Outlines, base = ""): StyleSpecification {
  const font = look.font.split(",").map((name) => name.trim().replaceAll('"', ""));
  const areas = outlines.features.filter((one) => one.properties.label);
  const names = areas.map((one) => ({
    type: "Feature" as const,
    properties: one.properties,
    geometry: { type: "Point" as const, coordinates: one.properties.label as [number, number] },
  }));
  const halo = { "text-color": look.ink, "text-halo-color": token("--surface"), "text-halo-width": 1.5 };
  return {
    version: 8,
    sources: {
      ...(base && { base: baseSource(base) }),
      areas: { type: "geojson", data: { type: "FeatureCollection", features: areas } },
      names: { type: "geojson", data: { type: "FeatureCollection", features: names } },
      buildings: { type: "geojson", data: { type: "FeatureCollection", features: outlines.features.filter((one) => !one.properties.label) } },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token(base ? "--map-ground" : "--sunken") } },
      ...(base ? baseShapes() : grounds()),
      {
        id: "areas",
        type: "fill",
        source: "areas",
        filter: ["==", ["get", "depth"], 1],
        // On a base map it is not seen, and still tells which unit a tap meets.
        paint: { "fill-color": token("--brand-soft"), "fill-opacity": base ? 0 : 0.6 },
      },
      {
        id: "lines",
        type: "line",
        source: "areas",
        paint: {
          "line-color": token(base ? "--brand" : "--line-strong"),
          "line-width": ["match", ["get", "depth"], 0, 2, 1, 1, 0.5],
        },
      },
      ...(base ? baseNames(look, font) : []),
      {
        id: "buildings",
        type: "circle",
        source: "buildings",
        minzoom: BUILDINGS,
        paint: {
          "circle-color": token("--line-strong"),
          "circle-radius": ["interpolate", ["linear"], ["zoom"], BUILDINGS, 1.5, 18, 4],
        },
      },
      {
        id: "building-names",
        type: "symbol",
        source: "buildings",
        minzoom: BUILDING_NAMES,
        layout: { "text-field": ["get", "name"], "text-font": font, "text-size": look.small * 0.85, "text-anchor": "top", "text-offset": [0, 0.5] },
        paint: { ...halo, "text-color": look.soft },
      },
      nameLayer("finer-names", 2, look.small * 0.9, FINER_NAMES),
      nameLayer("names", 1, look.small, 0),
    ],
  };

  function grounds(): LayerSpecification[] {
    return [
      { id: "unit", type: "fill", source: "areas", filter: ["==", ["get", "depth"], 0], paint: { "fill-color": token("--surface") } },
      { id: "inner", type: "fill", source: "areas", filter: ["==", ["get", "depth"], 2], paint: { "fill-color": token("--brand-soft") } },
    ];
  }

  function nameLayer(id: string, depth: number, size: number, minzoom: number): LayerSpecification {
    return {
      id,
      type: "symbol",
      source: "names",
      minzoom,
      filter: ["==", ["get", "depth"], depth],
      layout: { "text-field": ["get", "name"], "text-font": font, "text-size": size, "text-max-width": 7 },
      paint: halo,
    };
  }
}

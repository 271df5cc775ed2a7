// Ways on a live map, as a room's API tells them: drawn through along the streets, dashed where they are lines through the air.
import type { FeatureCollection, LineString } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import { token } from "./look";

type Ways = FeatureCollection<LineString, { along_streets: boolean }>;

/** What the address tells; nothing where it cannot be had: the marks alone stay. */
export async function fetchWays(address: string): Promise<Ways | null> {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  return answer.ok ? ((await answer.json()) as Ways) : null;
}

/** The same style with these ways on it, below the marks. */
export function withWays(style: StyleSpecification, ways: Ways | null): StyleSpecification {
  if (!ways) return style;
  const paint = { "line-color": token("--focus"), "line-width": 3, "line-opacity": 0.8 };
  return {
    ...style,
    sources: { ...style.sources, ways: { type: "geojson", data: ways } },
    layers: [
      ...style.layers,
      { id: "ways", type: "line", source: "ways", filter: ["get", "along_streets"], layout: { "line-join": "round" }, paint },
      { id: "ways-through-the-air", type: "line", source: "ways", filter: ["!", ["get", "along_streets"]], paint: { ...paint, "line-dasharray": [2, 1.5] } },
    ],
  };
}

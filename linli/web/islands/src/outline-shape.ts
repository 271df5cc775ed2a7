// An outline while it is being drawn: parts of rings of corners, without the corner that closes a ring. Pure.
import type { FeatureCollection, MultiPolygon, Point, Polygon, Position } from "geojson";

export type Corner = [number, number];
export type Shape = Corner[][][];
/** Which corner: its part, its ring in the part, its place in the ring. */
export interface Place {
  part: number;
  ring: number;
  corner: number;
}

// A centimetre.
const DECIMALS = 7;
const APART = /[\s,，;；、]+/;

/** What a text tells, GeoJSON or a corner a line; null where it tells no outline. */
export function read(text: string): Shape | null {
  const said = text.trim();
  if (!said) return null;
  if (!said.startsWith("{")) return fromLines(said);
  try {
    return fromGeometry(geometryIn(JSON.parse(said)));
  } catch {
    return null;
  }
}

function geometryIn(document: any): any {
  if (document.type === "FeatureCollection") return document.features.length === 1 ? geometryIn(document.features[0]) : null;
  return document.type === "Feature" ? document.geometry : document;
}

export function fromGeometry(geometry: any): Shape | null {
  const parts: Position[][][] | null = geometry?.type === "Polygon" ? [geometry.coordinates] : geometry?.type === "MultiPolygon" ? geometry.coordinates : null;
  const shape = parts?.map((rings) => rings.map((ring) => opened(ring.map(([lon, lat]) => [Number(lon), Number(lat)] as Corner))));
  return shape && sound(shape) ? shape : null;
}

function fromLines(said: string): Shape | null {
  const parts = said.split(/\n\s*\n/).map((part) => [opened(part.trim().split("\n").map((line) => line.trim().split(APART).map(Number) as Corner))]);
  return sound(parts) ? parts : null;
}

function sound(shape: Shape): boolean {
  const corners = shape.flat(2);
  return corners.length > 0 && corners.every((one) => one.length === 2 && one.every(Number.isFinite) && Math.abs(one[0]) <= 180 && Math.abs(one[1]) <= 90);
}

function opened(ring: Corner[]): Corner[] {
  const [first, last] = [ring[0], ring[ring.length - 1]];
  return ring.length > 1 && first && last && first[0] === last[0] && first[1] === last[1] ? ring.slice(0, -1) : ring;
}

export function geometryOf(shape: Shape): Polygon | MultiPolygon {
  const parts = shape.map((rings) => rings.map((ring) => [...ring, ring[0] as Corner]));
  return parts.length === 1 ? { type: "Polygon", coordinates: parts[0] as Position[][] } : { type: "MultiPolygon", coordinates: parts };
}

/** As the form sends it. */
export const written = (shape: Shape): string => JSON.stringify(geometryOf(shape));

export const rounded = (lon: number, lat: number): Corner => [Number(lon.toFixed(DECIMALS)), Number(lat.toFixed(DECIMALS))];

type Points = FeatureCollection<Point, Place & { chosen: boolean }>;

export function corners(shape: Shape, chosen: Place | null): Points {
  return points(shape, (ring, corner) => ring[corner] as Corner, chosen);
}

/** Whether it is an outline already, and no line on the way to one. */
export const closed = (shape: Shape): boolean => (shape[0]?.[0]?.length ?? 0) >= 3;

function middle(ring: Corner[], corner: number): Corner {
  const [from, to] = [ring[corner] as Corner, ring[(corner + 1) % ring.length] as Corner];
  return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
}

/** The middle of the side that begins at a corner. */
export const afterwards = (shape: Shape, { part, ring, corner }: Place): Corner => rounded(...middle((shape[part] as Corner[][])[ring] as Corner[], corner));

/** The middles of the sides: `corner` is the place that a corner put there would have. */
export function middles(shape: Shape): Points {
  const found = points(shape, middle, null);
  for (const one of found.features) one.properties.corner += 1;
  return found;
}

function points(shape: Shape, at: (ring: Corner[], corner: number) => Corner, chosen: Place | null): Points {
  const features = shape.flatMap((rings, part) =>
    rings.flatMap((ring, number) =>
      ring.map((_, corner) => {
        const place = { part, ring: number, corner };
        const properties = { ...place, chosen: chosen !== null && same(place, chosen) };
        return { type: "Feature" as const, properties, geometry: { type: "Point" as const, coordinates: at(ring, corner) } };
      }),
    ),
  );
  return { type: "FeatureCollection", features };
}

/** The list with `items` in the place of `count` of its own. */
const spliced = <T>(list: T[], at: number, count: number, ...items: T[]): T[] => [...list.slice(0, at), ...items, ...list.slice(at + count)];

export const same = (one: Place, other: Place): boolean => one.part === other.part && one.ring === other.ring && one.corner === other.corner;

export const moved = (shape: Shape, place: Place, to: Corner): Shape => inRing(shape, place, (ring) => spliced(ring, place.corner, 1, to));

export const added = (shape: Shape, place: Place, at: Corner): Shape => inRing(shape, place, (ring) => spliced(ring, place.corner, 0, at));

/** Without a corner; a ring of fewer than three goes, and with its outer ring a part. */
export function removed(shape: Shape, place: Place): Shape {
  const less = inRing(shape, place, (ring) => spliced(ring, place.corner, 1));
  if ((less[place.part]?.[place.ring]?.length ?? 0) >= 3) return less;
  if (place.ring === 0) return spliced(less, place.part, 1);
  return spliced(less, place.part, 1, spliced(less[place.part] as Corner[][], place.ring, 1));
}

function inRing(shape: Shape, place: Place, change: (ring: Corner[]) => Corner[]): Shape {
  const rings = shape[place.part] as Corner[][];
  return spliced(shape, place.part, 1, spliced(rings, place.ring, 1, change(rings[place.ring] as Corner[])));
}

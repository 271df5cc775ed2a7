"""Cuts features into vector tiles: what a zoom shows, simplified for it, clipped, and no heavier than a phone likes to load."""

import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import zxy_to_tileid
from shapely.geometry.base import BaseGeometry

from linli.foundation.progress import Progress
from linli.territory.basemap import schema
from linli.territory.basemap.errors import MapFailed
from linli.territory.basemap.extract import Bounds, Features, Floats, Shapes, world

Indices = NDArray[np.int64]

# Steps across a tile, and those beyond its edge that are drawn too, so that lines do not end in a seam. A tile is 512 px wide.
EXTENT, BUFFER = 4096, 64
# An area is shown from the zoom on at which it is so many steps wide: 3 px.
WIDTH_SEEN = 24
# How far a simplified line may be from the true one, in steps: half a pixel; the last zoom is looked at through a magnifying glass.
TOLERANCE, LAST_TOLERANCE = 4, 1
# Bytes of a tile as it is sent (gzip). What is too much is left out from the least important end.
MOST_BYTES = 150_000
# A province at the last zoom; more is a mistake, or wants `--bounds`.
MOST_TILES = 400_000

POINTS, LINES, POLYGONS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Tile:
    id: int
    content: bytes


def cut(found: Features, progress: Progress) -> Iterator[Tile]:
    """All tiles that have something on them, by their ids, which is the order in which they lie in the archive."""
    covered = _covered(found.bounds)
    min_zoom = _min_zooms(found)
    # What appears first is the most important; of that, the largest.
    order = np.lexsort((-shapely.area(found.shapes), min_zoom))
    for zoom in range(schema.MIN_ZOOM, schema.MAX_ZOOM + 1):
        shown = order[min_zoom[order] <= zoom]
        yield from _cut_zoom(found, shown, zoom, covered, progress)


def _covered(bounds: Bounds) -> Floats:
    """West, north, east, south in world coordinates."""
    west, south, east, north = bounds
    sides = world(np.array([[west, north], [east, south]])).ravel()
    columns, rows = (sides[2:] - sides[:2]) * 2**schema.MAX_ZOOM + 1
    if columns * rows > MOST_TILES:
        raise MapFailed(
            f"The extract spans {columns:,.0f} × {rows:,.0f} tiles, more than a city. Say what to cover: --bounds WEST,SOUTH,EAST,NORTH."
        )
    return sides


def _min_zooms(found: Features) -> Indices:
    least = np.array([one.min_zoom for one in found.drawn])
    with np.errstate(divide="ignore"):
        seen = np.ceil(np.log2(WIDTH_SEEN / EXTENT / np.sqrt(shapely.area(found.shapes))))
    is_area = shapely.get_dimensions(found.shapes) == POLYGONS
    # The smallest building is there at the last zoom.
    return np.where(is_area, np.clip(seen, least, schema.MAX_ZOOM), least).astype(np.int64)


def _cut_zoom(found: Features, shown: Indices, zoom: int, covered: Floats, progress: Progress) -> Iterator[Tile]:
    size = 0.5**zoom
    tolerance = (LAST_TOLERANCE if zoom == schema.MAX_ZOOM else TOLERANCE) * size / EXTENT
    shapes = shapely.simplify(found.shapes[shown], tolerance)
    places = _tiles_of(covered, size)
    boxes = shapely.box(*_sides(places, size).T)
    at, which = shapely.STRtree(shapes).query(boxes, predicate="intersects")
    # By tile, and within it as ordered: the most important first.
    by_tile = np.lexsort((which, at))
    ends = np.flatnonzero(np.diff(at[by_tile])) + 1
    groups = {at[group[0]]: which[group] for group in np.split(by_tile, ends) if len(group)}
    with_ids = sorted((zxy_to_tileid(zoom, *map(int, places[one])), one) for one in groups)
    for done, (tile_id, one) in enumerate(with_ids, start=1):
        progress.count(f"tiles of zoom {zoom}", done, len(with_ids))
        content = _tile(found, shapes, shown, groups[one], places[one], size)
        if content:
            yield Tile(tile_id, content)


def _tiles_of(covered: Floats, size: float) -> Indices:
    first, last = np.floor(covered[:2] / size).astype(int), np.floor(covered[2:] / size).astype(int)
    columns, rows = np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1)
    return np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)


def _sides(places: Indices, size: float) -> Floats:
    """Of the tiles with their buffer, in world coordinates."""
    buffer = BUFFER / EXTENT
    return np.hstack([places - buffer, places + 1 + buffer]) * size


def _tile(found: Features, shapes: Shapes, shown: Indices, which: Indices, place: Indices, size: float) -> bytes:
    sides = _sides(place[np.newaxis], size)[0]
    clipped = shapely.clip_by_rect(shapes[which], *sides)
    steps = shapely.transform(clipped, lambda xy: (xy / size - place) * EXTENT)
    features = shown[which]
    while True:
        layers = _layers(found, features, steps[: len(features)])
        encoded = mapbox_vector_tile.encode(
            layers, default_options={"y_coord_down": True, "check_winding_order": False}
        )
        content = gzip.compress(encoded, mtime=0) if encoded else b""
        if len(content) <= MOST_BYTES:
            return content
        features = features[: len(features) * 3 // 4]


def _layers(found: Features, features: Indices, steps: Shapes) -> list[dict[str, object]]:
    """What the encoder takes: each layer with its features. Pieces of one street become one line, so that its name has room."""
    pieces: dict[str, dict[tuple[tuple[str, str], ...], list[BaseGeometry]]] = defaultdict(lambda: defaultdict(list))
    areas: dict[str, list[tuple[dict[str, str], BaseGeometry]]] = defaultdict(list)
    for index, shape in zip(features, steps, strict=True):
        layer, told = found.drawn[index].layer, found.told[index]
        if shape.is_empty:
            continue
        if shapely.get_dimensions(shape) == LINES:
            pieces[layer][tuple(told.items())].append(shape)
        else:
            areas[layer].append((told, shape))
    for layer, lines in pieces.items():
        areas[layer] += [(dict(told), _merged(parts)) for told, parts in lines.items()]
    return [
        {"name": layer, "features": [{"geometry": whole, "properties": told} for told, whole in _on_grid(areas[layer])]}
        for layer in schema.LAYERS
        if layer in areas
    ]


def _merged(lines: list[BaseGeometry]) -> BaseGeometry:
    parts = shapely.get_parts(lines)
    return shapely.line_merge(shapely.multilinestrings(parts[shapely.get_dimensions(parts) == LINES]))


def _on_grid(features: list[tuple[dict[str, str], BaseGeometry]]) -> Iterator[tuple[dict[str, str], BaseGeometry]]:
    """On whole steps; areas valid there and wound as the format asks, without the lines and points to which they shrank."""
    for told, shape in features:
        if shapely.get_dimensions(shape) < POLYGONS:
            yield told, shape
            continue
        whole = shapely.set_precision(shapely.make_valid(shape), 1)
        parts = shapely.get_parts(whole)
        parts = parts[shapely.get_dimensions(parts) == POLYGONS]
        if len(parts):
            # With y downwards, counter-clockwise by coordinates is the clockwise of the format.
            yield told, shapely.orient_polygons(shapely.multipolygons(parts), exterior_cw=False)

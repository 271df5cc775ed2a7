"""A unit's new boundary: read from what was sent, fitted into what lies above, compared with the old one and its neighbours'. Pure.

What is sent is GeoJSON (a Polygon or MultiPolygon, a Feature of one, or a collection of one feature), or the corners, one a line as
longitude and latitude; an empty line begins another polygon. Areas are in square metres, shapes in WGS84 degrees.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from linli.territory import imports, rules, shapes
from linli.territory.errors import BadShape
from linli.territory.shapes import TOLERATED_SHARE, ShapeProblem

MOST_BYTES = 5_000_000
# A district's official outline has some thousand.
MOST_CORNERS = 10_000
# Of what stands in the history, in letters.
LONGEST_REASON, LONGEST_SOURCE = 300, 200
# Wider than a province: a sign forgotten, or two places of the earth joined.
MOST_DEGREES = 10.0
# What is smaller is the rounding of coordinates.
LEAST_M2 = 1.0
# As GCJ-02 it would have so much more in common with the old outline that the datum is suspected.
SUSPICIOUS = 0.1

_APART = re.compile(r"[\s,，;；、]+")
_WHERE = re.compile(r"\[(-?[\d.e+-]+) (-?[\d.e+-]+)\]")


def read(text: str, *, name: str, code: str) -> dict[str, Any]:
    """The geometry that a text tells, as GeoJSON with closed rings. `name` and `code` are the unit's. Raises `BadShape`."""
    document: Any = _document(text.strip("\ufeff \t\r\n"), name)
    if document.get("type") == "FeatureCollection":
        features = document.get("features")
        count = len(features) if isinstance(features, list) else 0
        if count != 1:
            reason = _("the file holds %(count)s features. Leave the one that is this unit's outline.")
            raise _refused(name, reason % {"count": count})
        document = features[0] if isinstance(features, list) else None
    if isinstance(document, dict) and document.get("type") == "Feature":
        told = imports.code_of(document)
        if told and told != code:
            raise _refused(name, _("the file says that it is the outline of %(code)s.") % {"code": told})
        document = document.get("geometry")
    if not isinstance(document, dict) or document.get("type") not in {"Polygon", "MultiPolygon"}:
        raise _refused(name, imports.SHAPE_REASONS["not_a_polygon"])
    return {"type": document["type"], "coordinates": _closed(document, name)}


def compact(geometry: Mapping[str, Any]) -> str:
    """The same as text, without the blanks that a page would send twice."""
    return json.dumps(geometry, separators=(",", ":"))


def outline(geometry: Mapping[str, Any], *, name: str, datum: str) -> BaseGeometry:
    """What `read` gave, checked and in WGS84. Raises `BadShape`, `UnknownDatum`."""
    try:
        shape = shapes.parsed(geometry)
    except ShapeProblem as problem:
        raise _refused(name, imports.SHAPE_REASONS[str(problem)]) from None
    try:
        shape = imports.in_wgs84(shapes.checked(shape), datum)
    except ShapeProblem as problem:
        raise _refused(name, _why(str(problem), shape)) from None
    west, south, east, north = shape.bounds
    if max(east - west, north - south) > MOST_DEGREES:
        reason = _("it reaches over more than %(most)s degrees. Look for a corner with a wrong digit or sign.")
        raise _refused(name, reason % {"most": f"{MOST_DEGREES:.0f}"})
    return shape


def _why(problem: str, shape: BaseGeometry) -> Any:
    if problem == "unreadable":
        return _("its corners are no degrees on earth. Export it as WGS 84 (EPSG:4326), not in metres.")
    found = _WHERE.search(shapely.is_valid_reason(shape)) if problem == "crosses_itself" else None
    if found is None:
        return imports.SHAPE_REASONS[problem]
    reason = _(
        "it crosses or covers itself at %(lon)s, %(lat)s. Move the corners there apart, or repair it in your drawing program."
    )
    return reason % {"lon": f"{float(found[1]):.5f}", "lat": f"{float(found[2]):.5f}"}


def _refused(name: str, reason: Any) -> BadShape:
    return BadShape(field="drawn", name=name, reason=reason)


def _document(text: str, name: str) -> dict[str, Any]:
    if not text.startswith(("{", "[")):
        return {"type": "MultiPolygon", "coordinates": _listed(text, name)}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _refused(name, _("it is neither GeoJSON nor a list of corners."))
    return document


def _listed(text: str, name: str) -> list[list[list[list[float]]]]:
    polygons: list[list[list[list[float]]]] = []
    fresh = True
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            fresh = True
            continue
        try:
            lon, lat = (_number(part) for part in _APART.split(line.strip()))
        except ValueError:
            reason = _("line %(number)s is no corner. Write its longitude and latitude, such as 104.10523, 30.65012.")
            raise _refused(name, reason % {"number": number}) from None
        if fresh:
            polygons.append([[]])
            fresh = False
        polygons[-1][0].append([lon, lat])
    return polygons


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _closed(document: Mapping[str, Any], name: str) -> list[Any]:
    """The coordinates with every ring ending where it begins: what a list of corners leaves out, and some programs too."""
    coordinates = document.get("coordinates")
    polygons = [coordinates] if document["type"] == "Polygon" else coordinates
    if not isinstance(polygons, list) or not all(isinstance(polygon, list) for polygon in polygons):
        raise _refused(name, imports.SHAPE_REASONS["unreadable"])
    # The corner that closes a ring does not count: it may have been left out.
    rings = [ring for polygon in polygons for ring in polygon if isinstance(ring, list)]
    corners = sum(len(ring) - (len(ring) > 1 and ring[0] == ring[-1]) for ring in rings)
    if corners > MOST_CORNERS:
        reason = _("it has %(count)s corners, and at most %(most)s can be used. Simplify it in your drawing program.")
        raise _refused(name, reason % {"count": f"{corners:,}", "most": f"{MOST_CORNERS:,}"})
    closed = [[_closed_ring(ring, name) for ring in polygon] for polygon in polygons]
    return closed[0] if document["type"] == "Polygon" else closed


def _closed_ring(ring: Any, name: str) -> list[Any]:
    if not isinstance(ring, list) or not all(isinstance(corner, list) for corner in ring):
        raise _refused(name, imports.SHAPE_REASONS["unreadable"])
    if len({str(corner) for corner in ring}) < 3:
        raise _refused(name, _("it has a ring with fewer than three corners."))
    return ring if ring[0] == ring[-1] else [*ring, ring[0]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A shape without what lay outside of what lies above it."""

    shape: BaseGeometry
    outside_m2: float = 0.0
    # Of the shape as it was sent.
    outside_share: float = 0.0


def fit(shape: BaseGeometry, extent: BaseGeometry, *, name: str, above: str) -> Fitted:
    """Cut off what lies outside `extent`, the boundary of `above`. Raises `BadShape` where that is more than is tolerated."""
    reason = imports.misfit(shape, extent)
    outside = shape.difference(extent)
    share = float(outside.area / shape.area)
    if reason == "outside":
        told = _("%(area)s m² of it (%(share)s %%) lie outside %(above)s; at most 1 %% are cut off.")
        values = {"area": f"{shapes.area_m2(outside):,.0f}", "share": f"{100 * share:.1f}", "above": above}
        raise _refused(name, told % values)
    if reason:
        raise _refused(name, imports.SHAPE_REASONS[reason])
    if outside.is_empty:
        return Fitted(shape)
    return Fitted(shapes.only_polygons(shape.intersection(extent)), shapes.area_m2(outside), share)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A unit of the same level beside it. `derived`: its boundary is not an official one."""

    id: UUID
    code: str
    name: str
    name_en: str
    shape: BaseGeometry
    derived: bool

    def name_in(self, language: str) -> str:
        """As `UnitInfo` says it."""
        return self.name if language.startswith("zh") or not self.name_en else self.name_en


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a shape takes of a neighbour; `share` is of the neighbour, `grave` more than digitising explains."""

    neighbour: Neighbour
    area_m2: float
    share: float
    grave: bool


def overlaps(shape: BaseGeometry, neighbours: Sequence[Neighbour]) -> list[Overlap]:
    """The neighbours that it covers a part of, by their codes."""
    found = []
    for one in sorted(neighbours, key=lambda one: one.code):
        shared = shapes.only_polygons(shape.intersection(one.shape))
        area = shapes.area_m2(shared)
        if area < LEAST_M2:
            continue
        grave = shared.area > TOLERATED_SHARE * min(shape.area, one.shape.area)
        found.append(Overlap(one, area, float(shared.area / one.shape.area), grave))
    return found


def without(shape: BaseGeometry, taken: BaseGeometry) -> BaseGeometry | None:
    """What a neighbour keeps; None where that is nothing to speak of."""
    kept = shapes.only_polygons(shape.difference(taken))
    return kept if kept.area > TOLERATED_SHARE * shape.area else None


def alike(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether they differ by no more than the rounding of their corners."""
    return shapes.area_m2(shapes.only_polygons(one.symmetric_difference(other))) < LEAST_M2


def in_common(one: BaseGeometry, other: BaseGeometry) -> float:
    """The area of both as a share of the area of either: 1 for the same shape, 0 for strangers."""
    return float(one.intersection(other).area / one.union(other).area)


def datum_suspected(shape: BaseGeometry, old: BaseGeometry) -> bool:
    """Whether it would be far more like the old one if it were GCJ-02, as Chinese maps tell it."""
    shifted = shapes.transformed(shape, rules.gcj02_to_wgs84)
    return in_common(shifted, old) > in_common(shape, old) + SUSPICIOUS

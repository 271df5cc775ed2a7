"""Units and boundaries from files: read and checked row by row, nothing applied. Pure.

Units come as a table (CSV, XLSX) with the columns code, level, name, parent, and optionally kind, name_en, lon, lat,
managed_population. Boundaries come as GeoJSON whose features have the property `code`, or as a table with the columns code
and geometry (WKT). Rows of boundaries are the features, counted from 1.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from linli.foundation.progress import Say, counted, silent
from linli.foundation.tabular import (
    READING,
    ImportProblems,
    Row,
    Table,
    UnreadableTable,
    decode,
    is_code,
    is_one_line,
    read_table,
)
from linli.territory import rules, shapes
from linli.territory.errors import UnknownDatum
from linli.territory.models import PARENT_LEVEL, QUARTER_KINDS, Kind, Level
from linli.territory.shapes import ShapeProblem

CHECKING = _("Checking the rows")
ALIASES = {
    "代码": "code", "统计代码": "code", "编码": "code", "层级": "level", "级别": "level", "名称": "name",
    "英文名": "name_en", "英文名称": "name_en", "上级": "parent", "上级代码": "parent", "类型": "kind", "经度": "lon",
    "纬度": "lat", "人口": "managed_population", "实际管理人口": "managed_population", "longitude": "lon",
    "lng": "lon", "latitude": "lat",
}  # fmt: skip

SHAPE_REASONS = {
    "not_a_polygon": _("is not a Polygon or MultiPolygon."),
    "unreadable": _("has broken coordinates. Each corner is [longitude, latitude]; a ring ends where it begins."),
    "empty": _("has no area."),
    "crosses_itself": _("crosses itself. Repair it in your drawing program (check validity) and export it again."),
    "swapped": _("has latitude before longitude. GeoJSON wants longitude first."),
    "outside": _("lies outside its parent."),
    "overlaps": _("overlaps a neighbour."),
    "gap": _("is not filled by its parts."),
    "datum": _("fits its parent only when read as GCJ-02. Declare the datum gcj02, or export it as WGS84."),
}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit as a file describes it; `number` is its row."""

    number: int
    code: str
    level: str
    kind: str
    name: str
    name_en: str
    parent: str
    managed_population: int | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class BoundaryRow:
    number: int
    code: str
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Known:
    """What an import is told of a unit that is there already."""

    level: str
    name: str
    parent: str
    boundary: BaseGeometry | None = None


def unit_rows(
    table: Table, known: Mapping[str, Known], datum: str, problems: ImportProblems, say: Say = silent
) -> list[UnitRow]:
    """The units of a table, parents before children. Problems are added, and their rows left out."""
    if datum not in rules.DATUMS:
        raise UnknownDatum(datum)
    read = [
        unit for row in counted(table.rows, say, str(CHECKING)) if (unit := unit_row(row, datum, problems)) is not None
    ]
    first: dict[str, int] = {}
    for unit in read:
        if unit.code in first:
            problems.add(unit.number, "code", _("is already in row %(row)s.") % {"row": first[unit.code]})
        first.setdefault(unit.code, unit.number)
    # What is there already counts: a row that contradicts it is the problem, not the rows that lie below it.
    levels = {unit.code: unit.level for unit in read} | {code: entry.level for code, entry in known.items()}
    for unit in read:
        _check_parent(unit, levels, problems)
        if unit.code in known and known[unit.code].level != unit.level:
            problems.add(unit.number, "level", _("%(code)s is of another level here.") % {"code": unit.code})
    order = {level: place for place, level in enumerate(Level.values)}
    return sorted(read, key=lambda unit: order[unit.level])


def unit_row(row: Row, datum: str, problems: ImportProblems) -> UnitRow | None:
    """What one row says by itself, None with a problem. Its point is in WGS84 then."""
    before = len(problems)
    if not is_code(row["code"]) or len(row["code"]) > 40:
        problems.add(row.number, "code", _("must be 1 to 40 letters (A–Z), digits, dots and dashes."))
    if row["level"] not in Level.values:
        problems.add(row.number, "level", _("must be one of: %(levels)s.") % {"levels": ", ".join(Level.values)})
    if row["kind"] not in Kind.values or (row["level"] == Level.QUARTER and row["kind"] not in QUARTER_KINDS):
        problems.add(row.number, "kind", _("must be one of: %(kinds)s.") % {"kinds": ", ".join(Kind.values[1:])})
    if not row["name"] or not is_name(row["name"]) or not is_name(row["name_en"]):
        problems.add(row.number, "name", _("is missing, longer than 120 characters, or not on one line."))
    people = _whole_number(row, problems)
    lon, lat = _point(row, datum, problems)
    if len(problems) > before:
        return None
    return UnitRow(
        row.number, row["code"], row["level"], row["kind"], row["name"], row["name_en"], row["parent"], people, lon, lat
    )


def is_name(text: str) -> bool:
    return len(text) <= 120 and is_one_line(text)


def _whole_number(row: Row, problems: ImportProblems) -> int | None:
    text = row["managed_population"].replace(",", "")
    if not text:
        return None
    # Python refuses to read thousands of digits.
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= 2_000_000_000:
        return int(text)
    problems.add(row.number, "managed_population", _("must be a whole number of people."))
    return None


def _point(row: Row, datum: str, problems: ImportProblems) -> tuple[float | None, float | None]:
    if not row["lon"] and not row["lat"]:
        return None, None
    try:
        lon, lat = float(row["lon"]), float(row["lat"])
    except ValueError:
        problems.add(row.number, "lon", _("longitude and latitude must both be numbers in degrees."))
        return None, None
    if not rules.on_earth(lon, lat):
        swapped = bool(rules.on_earth(lat, lon))
        problems.add(
            row.number,
            "lon",
            _("longitude and latitude are swapped.") if swapped else _("is not a position on earth."),
        )
        return None, None
    lon, lat = (float(value) for value in rules.to_wgs84(lon, lat, datum))
    return lon, lat


def _check_parent(unit: UnitRow, levels: Mapping[str, str], problems: ImportProblems) -> None:
    wanted = PARENT_LEVEL.get(Level(unit.level))
    if wanted is None:
        if unit.parent:
            problems.add(unit.number, "parent", _("a city has no parent."))
    elif unit.parent not in levels:
        problems.add(unit.number, "parent", _("there is no unit %(code)s.") % {"code": unit.parent or "''"})
    elif levels[unit.parent] != wanted:
        values = {"code": unit.parent, "level": wanted.label}
        problems.add(unit.number, "parent", _("%(code)s is not of the level “%(level)s”.") % values)


def check_points(rows: Sequence[UnitRow], known: Mapping[str, Known], problems: ImportProblems) -> None:
    """Each label point must lie in its parent's boundary, where that is known."""
    for row in rows:
        extent = known[row.parent].boundary if row.parent in known else None
        if extent is None or row.lon is None or shapely.intersects_xy(extent, row.lon, row.lat):
            continue
        true = rules.gcj02_to_wgs84(row.lon, row.lat)
        if shapely.intersects_xy(extent, row.lat, row.lon):
            problems.add(row.number, "lon", _("longitude and latitude are swapped."))
        elif shapely.intersects_xy(extent, *true):
            problems.add(row.number, "lon", _("lies in its parent only when read as GCJ-02. Declare the datum gcj02."))
        else:
            problems.add(row.number, "lon", _("lies outside its parent."))


def read_geojson(data: bytes, filename: str) -> list[dict[str, Any]]:
    """The features of a GeoJSON FeatureCollection (or one Feature)."""
    try:
        document = json.loads(decode(data, filename))
    except (ValueError, RecursionError):
        raise UnreadableTable(filename, _("it is not JSON. Export the boundaries as GeoJSON.")) from None
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = {"type": "FeatureCollection", "features": [document]}
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise UnreadableTable(filename, _("it is not a GeoJSON FeatureCollection."))
    return features


def read_features(data: bytes, filename: str, say: Say = silent) -> list[dict[str, Any]]:
    """Boundaries as features: of a GeoJSON, or of a table with the columns code and geometry (WKT)."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        say(str(READING))
        return read_geojson(data, filename)
    aliases = ALIASES | {"wkt": "geometry", "边界": "geometry", "几何": "geometry"}
    table = read_table(data, filename, required=["code", "geometry"], aliases=aliases, say=say)
    return [{"properties": {"code": row["code"]}, "geometry": _geometry(row["geometry"])} for row in table.rows]


def _geometry(wkt: str) -> Any:
    """What GeoJSON would say; None where it cannot be read, as `shapes.read_geojson` then tells."""
    try:
        return json.loads(shapely.to_geojson(shapely.from_wkt(wkt)))
    except (shapely.errors.ShapelyError, ValueError, TypeError):
        return None


def code_of(feature: Mapping[str, Any]) -> str:
    """The code of the unit that a feature is about, '' if it says none."""
    properties = feature.get("properties")
    return str(properties.get("code", "")).strip() if isinstance(properties, dict) else ""


def boundary_rows(
    features: Sequence[Mapping[str, Any]],
    known: Mapping[str, Known],
    datum: str,
    problems: ImportProblems,
    say: Say = silent,
) -> list[BoundaryRow]:
    """The boundaries of the features, in WGS84. Problems are added, and their features left out."""
    if datum not in rules.DATUMS:
        raise UnknownDatum(datum)
    rows: list[BoundaryRow] = []
    seen: dict[str, int] = {}
    for number, feature in enumerate(counted(features, say, str(CHECKING)), start=1):
        code = code_of(feature)
        if code not in known:
            problems.add(number, "code", _("there is no unit %(code)s.") % {"code": code or "''"})
            continue
        if code in seen:
            problems.add(number, "code", _("is already in feature %(row)s.") % {"row": seen[code]})
            continue
        seen[code] = number
        try:
            shape = in_wgs84(shapes.read_geojson(feature.get("geometry")), datum)
        except ShapeProblem as problem:
            problems.add(number, "geometry", SHAPE_REASONS[str(problem)])
            continue
        rows.append(BoundaryRow(number, code, shape))
    return rows


def in_wgs84(shape: BaseGeometry, datum: str) -> BaseGeometry:
    corners = shapely.get_coordinates(shape)
    if not rules.on_earth(corners[:, 0], corners[:, 1]).all():
        raise ShapeProblem("swapped" if rules.on_earth(corners[:, 1], corners[:, 0]).all() else "unreadable")
    if datum == rules.WGS84:
        return shape
    return shapes.transformed(shape, lambda lons, lats: rules.to_wgs84(lons, lats, datum))


def fit_into_parents(
    rows: Sequence[BoundaryRow],
    known: Mapping[str, Known],
    problems: ImportProblems,
    beside: Sequence[BoundaryRow] = (),
) -> list[BoundaryRow]:
    """Clip each boundary to its parent's. More than 1 % outside it, or over a sibling's, is a problem.

    `beside` are boundaries that stay as they are.
    """
    given = {row.code: row.shape for row in rows}
    fitted = []
    for row in rows:
        parent = known[row.code].parent
        extent = given.get(parent) or (known[parent].boundary if parent in known else None)
        reason = misfit(row.shape, extent) if extent is not None else ""
        if reason:
            problems.add(row.number, "geometry", SHAPE_REASONS[reason])
            continue
        shape = row.shape if extent is None else shapes.only_polygons(row.shape.intersection(extent))
        fitted.append(BoundaryRow(row.number, row.code, shape))
    _check_overlaps(fitted, beside, known, problems)
    return fitted


def misfit(shape: BaseGeometry, extent: BaseGeometry) -> str:
    """Why a shape does not lie in its parent's extent, '' if it does."""
    if _share_outside(shape, extent) <= shapes.TOLERATED_SHARE:
        return ""
    if _share_outside(shapes.transformed(shape, lambda x, y: (y, x)), extent) <= shapes.TOLERATED_SHARE:
        return "swapped"
    if _share_outside(shapes.transformed(shape, rules.gcj02_to_wgs84), extent) <= shapes.TOLERATED_SHARE:
        return "datum"
    return "outside"


def _share_outside(shape: BaseGeometry, extent: BaseGeometry) -> float:
    return float(shape.difference(extent).area / shape.area)


def _check_overlaps(
    rows: Sequence[BoundaryRow], beside: Sequence[BoundaryRow], known: Mapping[str, Known], problems: ImportProblems
) -> None:
    """Of two rows that overlap the later one is the problem."""
    everything = [*beside, *rows]
    if len(everything) < 2:
        return
    areas = np.array([row.shape for row in everything], dtype=object)
    tree = shapely.STRtree(areas)
    for first, second in zip(*tree.query(areas, predicate="intersects"), strict=True):
        one, other = known[everything[first].code], known[everything[second].code]
        if first >= second or second < len(beside) or (one.parent, one.level) != (other.parent, other.level):
            continue
        shared = areas[first].intersection(areas[second]).area
        if shared > shapes.TOLERATED_SHARE * min(areas[first].area, areas[second].area):
            problems.add(everything[second].number, "geometry", SHAPE_REASONS["overlaps"])


def read_units(data: bytes, filename: str, say: Say = silent) -> Table:
    return read_table(data, filename, required=["code", "level", "name", "parent"], aliases=ALIASES, say=say)


def city_extent(boundaries: Sequence[BoundaryRow], units: Sequence[UnitRow]) -> list[BoundaryRow]:
    """The boundary of each city that has none given: its districts' together."""
    given = {row.code for row in boundaries}
    parent_of = {unit.code: unit.parent for unit in units}
    extents = []
    for city in (unit for unit in units if unit.level == Level.CITY and unit.code not in given):
        parts = [row.shape for row in boundaries if parent_of.get(row.code) == city.code]
        if parts:
            extents.append(BoundaryRow(city.number, city.code, shapely.union_all(parts)))
    return extents

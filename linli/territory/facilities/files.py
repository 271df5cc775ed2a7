"""Facilities from files: an OpenStreetMap extract, or a table (CSV, XLSX) with name, kind, lon, lat, address, hours and phone. Nothing is
applied here. What cannot be used of a table is told row by row; an extract is taken as it is, without what it holds half of.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium
import shapely
from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError
from linli.foundation.tabular import ImportProblems, Row, UnreadableTable, is_one_line, read_table
from linli.territory import queries, rules
from linli.territory.facilities import kinds
from linli.territory.facilities.kinds import Told
from linli.territory.models import FacilityKind

EXTRACTS = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
REQUIRED = ("name", "kind", "lon", "lat")
ALIASES = {
    "名称": "name", "英文名": "name_en", "英文名称": "name_en", "类型": "kind", "类别": "kind", "经度": "lon", "纬度": "lat",
    "地址": "address", "开放时间": "hours", "营业时间": "hours", "电话": "phone", "联系电话": "phone", "编号": "id",
    "longitude": "lon", "lng": "lon", "latitude": "lat", "opening_hours": "hours",
}  # fmt: skip
# As the columns hold them.
LONGEST = {"name": 120, "name_en": 120, "address": 200, "hours": 200, "phone": 60}
LONGEST_ID = 100


def is_extract(path: Path) -> bool:
    return path.name.lower().endswith(EXTRACTS)


# --- tables ----------------------------------------------------------------------------------------------------------


def read_register(path: Path, datum: str = rules.WGS84) -> list[Told]:
    """Every row, or `ImportRefused` with all that is wrong. Raises `UnreadableTable`."""
    table = read_table(path, required=REQUIRED, aliases=ALIASES)
    problems = ImportProblems()
    found: dict[str, Told] = {}
    first: dict[str, int] = {}
    for row in table.rows:
        told = _of_row(row, datum, problems)
        if told is None:
            continue
        if told.source_id in found:
            problems.add(row.number, "name", _("is already in row %(row)s.") % {"row": first[told.source_id]})
        found[told.source_id], first[told.source_id] = told, row.number
    problems.raise_if_any()
    return list(found.values())


def _of_row(row: Row, datum: str, problems: ImportProblems) -> Told | None:
    before = len(problems)
    kind = kinds.of_word(row["kind"])
    if kind is None:
        words = ", ".join(f"{one.value} ({one.label})" for one in FacilityKind)
        problems.add(row.number, "kind", _("must be one of: %(kinds)s.") % {"kinds": words})
    if not row["name"]:
        problems.add(row.number, "name", _("is missing."))
    for field, longest in (*LONGEST.items(), ("id", LONGEST_ID)):
        if len(row[field]) > longest or not is_one_line(row[field]):
            problems.add(
                row.number, field, _("must be one line of at most %(longest)s letters.") % {"longest": longest}
            )
    place = _place(row, datum, problems)
    if kind is None or place is None or len(problems) > before:
        return None
    lon, lat = place
    # Without an id of its own a row is known by what it is and where.
    own = row["id"] or f"{kind.value} {row['name']} {lon:.5f},{lat:.5f}"
    return Told(own, kind, row["name"], row["name_en"], lon, lat, row["address"], row["hours"], row["phone"])


def _place(row: Row, datum: str, problems: ImportProblems) -> tuple[float, float] | None:
    try:
        place = queries.locate(float(row["lon"]), float(row["lat"]), datum=datum)
    except ValueError:
        problems.add(row.number, "lon", _("longitude and latitude must both be numbers in degrees."))
    except DomainError as refused:
        problems.add(row.number, getattr(refused, "field", None) or "lon", str(refused))
    else:
        assert place.lon is not None
        assert place.lat is not None
        return place.lon, place.lat
    return None


# --- extracts --------------------------------------------------------------------------------------------------------


def read_extract(path: Path) -> list[Told]:
    """What our kinds name, each once: points, and areas at a point inside. Raises `UnreadableTable` for what is no extract."""
    try:
        return list(_of_extract(path))
    except (osmium.InvalidLocationError, RuntimeError, OSError, ValueError) as error:
        reason = _(
            "it is no whole OpenStreetMap extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) with positions in degrees: %(error)s"
        )
        raise UnreadableTable(path.name, reason % {"error": error}) from error


def _of_extract(path: Path) -> Iterator[Told]:
    wanted = osmium.filter.KeyFilter(*kinds.KEYS)
    for item in osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(wanted):
        tags = dict(item.tags)
        kind = kinds.of_tags(tags)
        place = _position(item) if kind is not None else None
        if kind is not None and place is not None:
            yield _of_tags(_id(item), kind, place, tags)


_wkb = osmium.geom.WKBFactory()


def _position(item: Any) -> tuple[float, float] | None:
    """None for ways: those that are closed come once more as areas. And for what lies half outside the extract."""
    try:
        if item.is_node():
            return item.location.lon, item.location.lat
        if item.is_area():
            inside = shapely.point_on_surface(shapely.from_wkb(_wkb.create_multipolygon(item)))
            return inside.x, inside.y
    except (osmium.InvalidLocationError, RuntimeError):
        return None
    return None


def _id(item: Any) -> str:
    if item.is_node():
        return f"node/{item.id}"
    return f"{'way' if item.from_way() else 'relation'}/{item.orig_id()}"


def _of_tags(own: str, kind: FacilityKind, place: tuple[float, float], tags: dict[str, str]) -> Told:
    def said(field: str, *keys: str) -> str:
        text = next((tags[key] for key in keys if tags.get(key)), "")
        shown = "".join(letter if letter.isprintable() else " " for letter in text)
        return " ".join(shown.split())[: LONGEST[field]]

    street = " ".join(tags[key] for key in ("addr:street", "addr:housenumber") if tags.get(key))
    tags = tags | {"street": street}
    return Told(
        own,
        kind,
        said("name", "name:zh", "name"),
        said("name_en", "name:en"),
        *place,
        said("address", "addr:full", "street"),
        said("hours", "opening_hours"),
        said("phone", "phone", "contact:phone"),
    )

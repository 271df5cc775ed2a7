"""The parts that a unit is to be split into: a GeoJSON with one feature for each, its code and names among the properties."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from linli.foundation.tabular import is_code
from linli.territory import imports, shapes
from linli.territory.errors import BadPart, BadShape
from linli.territory.shapes import ShapeProblem


@dataclass(frozen=True, slots=True)
class Part:
    """One of the units that a unit is split into."""

    code: str
    name: str
    name_en: str = ""
    shape: BaseGeometry | None = None
    managed_population: int | None = None


def read_parts(data: bytes, filename: str, datum: str) -> list[Part]:
    """Raises `UnreadableTable`, `BadPart`, `BadShape`."""
    return [
        _part(number, feature, datum) for number, feature in enumerate(imports.read_geojson(data, filename), start=1)
    ]


def _part(number: int, feature: Mapping[str, Any], datum: str) -> Part:
    found = feature.get("properties")
    properties: Mapping[str, Any] = found if isinstance(found, dict) else {}
    code, name, name_en = (str(properties.get(key) or "").strip() for key in ("code", "name", "name_en"))
    named = name and imports.is_name(name) and imports.is_name(name_en)
    people = properties.get("managed_population")
    counted = people is None or (type(people) is int and 0 <= people < 10**9)
    if not is_code(code) or len(code) > 40 or not named or not counted:
        raise BadPart(number=number)
    try:
        shape = imports.in_wgs84(shapes.read_geojson(feature.get("geometry")), datum)
    except ShapeProblem as problem:
        raise BadShape(name=name, reason=imports.SHAPE_REASONS[str(problem)]) from None
    return Part(code, name, name_en, shape, people)

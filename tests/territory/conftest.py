"""A small city in the plane: one district, one subdistrict, two communities side by side, a quarter in each."""

from collections.abc import Iterator
from datetime import date

import pytest
import shapely
from django.utils import translation

from linli.foundation.access import SYSTEM
from linli.territory import actions
from linli.territory.imports import BoundaryRow, UnitRow

DAY = date(2024, 1, 1)
WEST, SOUTH = 104.0, 30.6


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle in hundredths of a degree from the city's south-west corner."""
    return shapely.box(WEST + west / 100, SOUTH + south / 100, WEST + east / 100, SOUTH + north / 100)


def point(x: float, y: float) -> tuple[float, float]:
    return WEST + x / 100, SOUTH + y / 100


#        code           level          kind             parent        shape
UNITS = [
    ("5199", "city", "", "", box(0, 0, 10, 10)),
    ("519901", "district", "", "5199", box(0, 0, 10, 10)),
    ("519901001", "subdistrict", "subdistrict", "519901", box(0, 0, 10, 8)),
    ("519901001001", "community", "community", "519901001", box(0, 0, 5, 8)),
    ("519901001002", "community", "community", "519901001", box(5, 0, 10, 8)),
    ("519901001001-Q1", "quarter", "commodity", "519901001001", box(1, 1, 3, 3)),
    ("519901001002-Q1", "quarter", "old_courtyard", "519901001002", box(6, 1, 8, 3)),
]
GRIDS = [
    ("519901001001-G", "general_grid", "519901001001", (2, 4)),
    ("519901001001-G1", "ordinary_grid", "519901001001-G", (2, 2)),
    ("519901001001-G1-1", "micro_grid", "519901001001-G1", (1.5, 1.5)),
    ("519901001001-G1-2", "micro_grid", "519901001001-G1", (2.5, 2.5)),
    ("519901001002-G", "general_grid", "519901001002", (7, 4)),
]


def unit_row(code: str, level: str, parent: str, kind: str = "", at: tuple[float, float] | None = None) -> UnitRow:
    lon, lat = point(*at) if at else (None, None)
    return UnitRow(0, code, level, kind, f"单元{code[4:]}", "", parent, 100, lon, lat)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield


@pytest.fixture
def small_city(db: None, as_system: None) -> dict[str, str]:
    """The city loaded; gives the id of each unit by code."""
    rows = [unit_row(code, level, parent, kind) for code, level, kind, parent, _shape in UNITS]
    rows += [unit_row(code, level, parent, at=at) for code, level, parent, at in GRIDS]
    boundaries = [BoundaryRow(0, code, shape) for code, _level, _kind, _parent, shape in UNITS]
    actions.load(units=rows, boundaries=boundaries, day=DAY, source="test", by=SYSTEM)
    from linli.territory.models import Unit

    return dict(Unit.objects.values_list("code", "id"))

"""City packs: a folder with `pack.json`, `units.csv` (or .xlsx) and `boundaries.geojson`, shipped or one's own.

`pack.json` holds `name`, `title`, `valid_from` (the register's day), the sources of both, and optionally `on`: the pack
that this one stands on, of which the city, its districts and all units below the codes in `keep` are taken; and
`generate`: what the generator adds to them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from linli.foundation.tabular import ImportProblems, Table, UnreadableTable
from linli.territory import imports, rules
from linli.territory.errors import UnknownPack
from linli.territory.imports import BoundaryRow, Known, UnitRow, city_extent
from linli.territory.models import Level

SHIPPED = Path(__file__).parent / "packs"


@dataclass(frozen=True, slots=True)
class Pack:
    name: str
    title: str
    valid_from: date
    source: str
    units: list[UnitRow]
    # What a register or a survey drew, and what was derived for want of it.
    boundaries: list[BoundaryRow]
    derived_boundaries: list[BoundaryRow]
    generate: Mapping[str, Any]


def shipped() -> list[str]:
    return sorted(path.parent.name for path in SHIPPED.glob("*/pack.json"))


def folder_of(name: str) -> Path:
    """The folder of a shipped pack, or the given folder."""
    if name in shipped():
        return SHIPPED / name
    folder = Path(name)
    if (folder / "units.csv").is_file() or (folder / "units.xlsx").is_file():
        return folder
    raise UnknownPack(name=name, known=", ".join(shipped()))


def read(name: str) -> Pack:
    """Read and check a pack. Raises `UnknownPack`, `UnreadableTable` or `ImportRefused`."""
    folder = folder_of(name)
    about = _about(folder)
    base = _kept(read(about["on"]), about.get("keep", [])) if "on" in about else None
    problems = ImportProblems()
    own = imports.unit_rows(_table(folder), _known(base), about.get("datum", rules.WGS84), problems)
    problems.raise_if_any()
    own_codes = {unit.code for unit in own}
    units = [unit for unit in base.units if unit.code not in own_codes] if base else []
    units = sorted(units + own, key=lambda unit: Level.values.index(unit.level))
    drawn, derived = _boundaries(folder, units, base, about, problems)
    problems.raise_if_any()
    sources = [about.get("units_source"), about.get("boundaries_source")]
    return Pack(
        name=about.get("name", folder.name),
        title=about.get("title", folder.name),
        valid_from=_day(about, folder),
        source="; ".join(filter(None, sources)) or (base.source if base else folder.name),
        units=units,
        boundaries=drawn,
        derived_boundaries=derived,
        generate=about.get("generate", {}),
    )


def _kept(base: Pack, codes: Sequence[str]) -> Pack:
    """Of a pack: the city, its districts, and what lies below the units of these codes."""
    wide = {Level.CITY, Level.DISTRICT}
    units = [unit for unit in base.units if unit.level in wide or unit.code.startswith(tuple(codes))]
    kept = {unit.code for unit in units}
    return replace(base, units=units, boundaries=[row for row in base.boundaries if row.code in kept])


def _known(base: Pack | None) -> dict[str, Known]:
    if base is None:
        return {}
    shape_of = {row.code: row.shape for row in base.boundaries}
    return {unit.code: Known(unit.level, unit.name, unit.parent, shape_of.get(unit.code)) for unit in base.units}


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "pack.json"
    if not path.is_file():
        return {}
    try:
        about = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        about = None
    if not isinstance(about, dict):
        raise UnreadableTable(str(path), _("it is not a JSON object."))
    return about


def _day(about: Mapping[str, Any], folder: Path) -> date:
    try:
        return date.fromisoformat(about.get("valid_from", "1970-01-01"))
    except (TypeError, ValueError):
        raise UnreadableTable(str(folder / "pack.json"), _("valid_from must be a day such as 2023-06-30.")) from None


def _table(folder: Path) -> Table:
    path = next(path for path in (folder / "units.csv", folder / "units.xlsx") if path.is_file())
    return imports.read_units(path.read_bytes(), path.name)


def _boundaries(
    folder: Path, units: list[UnitRow], base: Pack | None, about: Mapping[str, Any], problems: ImportProblems
) -> tuple[list[BoundaryRow], list[BoundaryRow]]:
    """What was drawn, and what was derived (features with the property `derived`)."""
    drawn = list(base.boundaries) if base else []
    path = folder / "boundaries.geojson"
    if not path.is_file():
        return drawn, []
    known = {unit.code: Known(unit.level, unit.name, unit.parent) for unit in units} | _known(base)
    features = imports.read_geojson(path.read_bytes(), path.name)
    rows = imports.boundary_rows(features, known, about.get("datum", rules.WGS84), problems)
    rows = imports.fit_into_parents(rows, known, problems)
    derived_codes = {
        imports.code_of(feature) for feature in features if (feature.get("properties") or {}).get("derived")
    }
    drawn += [row for row in rows if row.code not in derived_codes]
    return drawn + city_extent(drawn, units), [row for row in rows if row.code in derived_codes]

"""Writes of the territory. All need `Permission.EDIT_TERRITORY` above the units that they change."""

from linli.territory.actions.generating import generate_city, generate_subdistrict, load_pack
from linli.territory.actions.loading import LoadReport, load
from linli.territory.actions.units import Part, close_unit, merge, move, open_unit, rename, split

__all__ = [
    "LoadReport", "Part", "close_unit", "generate_city", "generate_subdistrict", "load", "load_pack", "merge", "move",
    "open_unit", "rename", "split",
]  # fmt: skip

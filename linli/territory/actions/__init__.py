"""Writes of the territory. All need `Permission.EDIT_TERRITORY` above the units that they change."""

from linli.territory.actions.loading import LoadReport, load
from linli.territory.actions.units import Part, close_unit, merge, move, open_unit, rename, split

__all__ = ["LoadReport", "Part", "close_unit", "load", "merge", "move", "open_unit", "rename", "split"]

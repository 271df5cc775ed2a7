"""Writes of the territory. All need `Permission.EDIT_TERRITORY` above the units that they change."""

from linli.territory.actions.adding import add_unit
from linli.territory.actions.bounding import Redrawn, redraw
from linli.territory.actions.deriving import derive_boundaries, derive_from_points
from linli.territory.actions.generating import generate_city, generate_subdistrict, load_pack
from linli.territory.actions.importing import import_boundaries, import_units
from linli.territory.actions.loading import LoadReport, load
from linli.territory.actions.trying import tried
from linli.territory.actions.units import close_unit, merge, move, open_unit, rename, split
from linli.territory.parts import Part, read_parts

__all__ = [
    "LoadReport", "Part", "Redrawn", "add_unit", "close_unit", "derive_boundaries", "derive_from_points", "generate_city",
    "generate_subdistrict", "import_boundaries", "import_units", "load", "load_pack", "merge", "move", "open_unit",
    "read_parts", "redraw", "rename", "split", "tried",
]  # fmt: skip

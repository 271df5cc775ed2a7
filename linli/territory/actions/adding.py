"""One new unit, told by hand: checked as a row of a register is, then opened."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from linli.foundation.access import Actor
from linli.foundation.tabular import ImportProblems, Row
from linli.territory import imports, rules
from linli.territory.actions.common import alone, extent_of, write
from linli.territory.actions.units import above_new, open_below
from linli.territory.imports import Known, UnitRow
from linli.territory.models import Unit


@write
def add_unit(*, parent: UUID, given: Mapping[str, str], on: date, by: Actor, datum: str = rules.WGS84) -> Unit:
    """Open a unit below `parent`. `given` holds, as text, the columns of an import (`imports`) but for the parent.

    Raises `ImportRefused` with everything wrong in it by column, and what `open_unit` raises.
    """
    # Before any unit is locked, as an import does: else each could wait for the other.
    alone()
    above = above_new(parent, by)
    return open_below(above, _read(above, given, datum), on, by)


def _read(above: Unit, given: Mapping[str, str], datum: str) -> UnitRow:
    problems = ImportProblems()
    row = imports.unit_row(Row(1, {**given, "parent": above.code}), datum, problems)
    if row is not None:
        # Grids have none: the next one above has.
        found = extent_of(above.path)
        extent = found[1] if found else None
        imports.check_points([row], {above.code: Known(above.level, above.name, "", extent)}, problems)
    problems.raise_if_any()
    assert row is not None
    return row

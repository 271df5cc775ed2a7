"""What a new boundary changes and takes along, in words and as a picture."""

from collections.abc import Sequence
from typing import Any

import shapely
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext, ngettext

from linli.cases import open_cases
from linli.foundation.preview import Effect, Line
from linli.territory import boundary_effects, fates, maps, shapes
from linli.territory.actions import Redrawn
from linli.territory.boundary_effects import Taken
from linli.territory.redrawing import LEAST_M2, Overlap
from linli.web import unit_effects

# Names that are told; of more, their number.
MOST_NAMES = 5


def effect_of(redrawn: Redrawn) -> Effect:
    """Asked while the boundary is there."""
    taken = boundary_effects.taken_along(redrawn, get_language() or "")
    title = gettext("Boundary: %(unit)s") % {"unit": _name(redrawn.unit)}
    # Drawn when the page is: by then the change is undone, and the territory need not be read anew for it.
    drawing = SimpleLazyObject(lambda: maps.map_of_outlines(redrawn.unit.pk, redrawn.old, redrawn.new))
    return Effect(title, _changes(redrawn), _follows(redrawn, taken), drawing)


def _changes(redrawn: Redrawn) -> list[tuple[str, str, str]]:
    before, old, new = redrawn.before, redrawn.old, redrawn.new
    changes = [
        (fates.change_name("area"), _in_km2(old) if old is not None else "–", _in_km2(new)),
        (gettext("Corners"), f"{_corners(old):,}" if old is not None else "–", f"{_corners(new):,}"),
    ]
    if before is not None and before.derived:
        changes.append((gettext("Boundary"), gettext("derived, not official"), gettext("drawn")))
    return changes


def _follows(redrawn: Redrawn, taken: Taken) -> list[Line]:
    lines = [*_doubts(redrawn, taken), unit_effects.from_day(redrawn.on), *_ground(redrawn)]
    lines += _neighbours(redrawn, taken)
    lines += _below(redrawn, taken)
    if taken.facilities:
        told = ngettext("%(count)s facility lies in another unit then.",
                        "%(count)s facilities lie in another unit then.", taken.facilities)  # fmt: skip
        lines.append(Line(told % {"count": f"{taken.facilities:,}"}))
    return lines + _open_cases(redrawn)


def _doubts(redrawn: Redrawn, taken: Taken) -> list[Line]:
    """What may be a slip: told first."""
    lines = []
    if taken.elsewhere:
        lines.append(Line(gettext("It has nothing in common with the old outline. Is it the right file?"), "bad"))
    if taken.datum_suspected:
        told = gettext("Read as GCJ-02 it would be far more like the old outline. Look at what the coordinates are in.")
        lines.append(Line(told, "bad"))
    if redrawn.above is not None and redrawn.fitted.outside_m2 >= LEAST_M2:
        told = gettext("%(area)s (%(share)s %%) lie outside %(above)s and are cut off.")
        values = {"area": _in_m2(redrawn.fitted.outside_m2), "share": _percent(redrawn.fitted.outside_share)}
        lines.append(Line(told % (values | {"above": _name(redrawn.above)}), "warn"))
    if taken.label_outside:
        lines.append(Line(gettext("Its position in the register, where its name stands, lies outside of it."), "warn"))
    return lines


def _ground(redrawn: Redrawn) -> list[Line]:
    if redrawn.old is None:
        return []
    whole = shapes.area_m2(redrawn.old)
    lines = []
    for ground, told in (
        (redrawn.gained, gettext("It gains %(area)s (%(share)s %% of what it was).")),
        (redrawn.ceded, gettext("It gives up %(area)s (%(share)s %% of what it was).")),
    ):
        area = shapes.area_m2(ground)
        if area >= LEAST_M2:
            lines.append(Line(told % {"area": _in_m2(area), "share": _percent(area / whole)}))
    return lines


def _neighbours(redrawn: Redrawn, taken: Taken) -> list[Line]:
    lines = []
    for one in redrawn.overlaps:
        values = {"unit": _name(one.neighbour), "area": _in_m2(one.area_m2), "share": _percent(one.share)}
        if redrawn.gave_way:
            lines.append(Line(gettext("%(unit)s gives way: it loses %(area)s (%(share)s %% of it).") % values, "warn"))
        else:
            lines.append(_covered(one, taken, values))
    if taken.nobodys_m2 >= LEAST_M2:
        told = gettext("%(area)s that it gives up lie in no unit of its level then. Draw the one that gets them, too.")
        lines.append(Line(told % {"area": _in_m2(taken.nobodys_m2)}, "warn"))
    return lines


def _covered(one: Overlap, taken: Taken, values: dict[str, str]) -> Line:
    told = gettext("It covers %(area)s of %(unit)s (%(share)s %% of it). A report there is told to lie in it.")
    if one in taken.lost_to:
        told = gettext("It covers %(area)s of %(unit)s (%(share)s %% of it). A report there still lies in %(unit)s.")
    return Line(told % values, "warn")


def _below(redrawn: Redrawn, taken: Taken) -> list[Line]:
    lines = []
    out = len(taken.reaching_out)
    if out:
        told = ngettext(
            "%(count)s unit below it reaches out of it (%(names)s). Until it is moved, it stays below it with its reports.",
            "%(count)s units below it reach out of it (%(names)s). Until they are moved, they stay below it with their reports.",
            out,
        )
        lines.append(Line(told % {"count": f"{out:,}", "names": _some(taken.reaching_out)}, "warn"))
    for one in taken.inside:
        told = ngettext(
            "%(count)s unit of %(unit)s reaches into it (%(names)s). Until it is moved, it stays there with its reports.",
            "%(count)s units of %(unit)s reach into it (%(names)s). Until they are moved, they stay there with their reports.",
            len(one.units),
        )
        values = {"count": f"{len(one.units):,}", "unit": _name(one.neighbour), "names": _some(one.units)}
        lines.append(Line(told % values, "warn"))
    if taken.buildings:
        told = ngettext("%(count)s building in what changes hands keeps its unit, with its households.",
                        "%(count)s buildings in what changes hands keep their unit, with their households.", taken.buildings)  # fmt: skip
        lines.append(Line(told % {"count": f"{taken.buildings:,}"}))
    return lines


def _open_cases(redrawn: Redrawn) -> list[Line]:
    ground = shapely.union(redrawn.gained, redrawn.ceded)
    if redrawn.old is None or ground.is_empty:
        return []
    root = redrawn.unit.path[0]
    found = open_cases.positions(root, *ground.bounds)
    total = sum(bool(shapely.intersects_xy(ground, lon, lat)) for lon, lat in found)
    told = ngettext("%(count)s open case in what changes hands keeps its unit, its body and its clock.",
                    "%(count)s open cases in what changes hands keep their unit, their body and their clock.", total)  # fmt: skip
    return [Line(told % {"count": f"{total:,}"})] if total else []


def _some(names: Sequence[str]) -> str:
    return gettext(", ").join(names[:MOST_NAMES]) + ("…" if len(names) > MOST_NAMES else "")


def _in_km2(shape: Any) -> str:
    return fates.in_square_kilometres(shapes.area_m2(shape))


def _in_m2(area: float) -> str:
    """Small grounds in square metres, large ones in square kilometres."""
    return f"{area:,.0f} m²" if area < 100_000 else fates.in_square_kilometres(area)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}" if share < 0.01 else f"{100 * share:.1f}"


def _corners(shape: Any) -> int:
    """Each ring ends where it begins: that corner counts once."""
    return int(shapely.get_num_coordinates(shape)) - len(shapely.get_rings(shape))


def _name(unit: Any) -> str:
    return str(unit.name_in(get_language() or ""))

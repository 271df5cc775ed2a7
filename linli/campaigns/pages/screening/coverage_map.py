"""The map of coverage: each part of an area, or each building, coloured by what most of its doors are, with the doors that are left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.campaigns.models import Outcome
from linli.campaigns.pages.common import names_of
from linli.campaigns.queries import Coverage
from linli.territory import maps
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

# More marks than these cover each other; those with most left are drawn first.
MOST = 400
# Signs as in a building's table, so that no colour has to be seen.
STANDINGS = {
    "reached": ("✓", gettext_lazy("Reached"), "good"),
    "to_repeat": ("○", gettext_lazy("To repeat"), "warn"),
    "refused": ("✕", pgettext_lazy("at a door", "Refused"), "bad"),
    "not_visited": ("·", gettext_lazy("Not visited"), ""),
}


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    y: float
    label_y: float
    at: str
    text: str
    said: str
    tone: str
    href: str


def standing_of(part: Coverage) -> str:
    """What most of its doors are; where none is left, it is reached."""
    refused = part.outcomes[Outcome.REFUSED]
    counts = {
        "not_visited": part.not_visited,
        "to_repeat": part.to_repeat,
        "reached": part.reached - refused,
        "refused": refused,
    }
    most = max(counts, key=lambda name: counts[name])
    return most if part.not_reached or most == "refused" else "reached"


def shown(unit: UnitInfo, parts: Sequence[Coverage], base: str) -> dict[str, Any]:
    """Nothing where nobody has drawn the unit, or knows where its parts are."""
    drawn = maps.map_of(unit.id)
    if drawn is None:
        return {}
    most_left = sorted(parts, key=lambda part: (-part.not_reached, part.unit_id.hex))[:MOST]
    places = {one.id: one for one in territory.units_by_id([part.unit_id for part in most_left])}
    names = names_of(list(places))
    holds_buildings = unit.level in {"community", "quarter"}
    marks = [
        _mark(drawn, part, places[part.unit_id], names[part.unit_id], base, holds_buildings)
        for part in most_left
        if part.unit_id in places and places[part.unit_id].lon is not None
    ]
    return {"map": drawn, "marks": marks, "legend": list(STANDINGS.values())} if marks else {}


def _mark(drawn: maps.Map, part: Coverage, place: UnitInfo, name: str, base: str, is_building: bool) -> Mark:
    assert place.lon is not None
    assert place.lat is not None
    sign, word, tone = STANDINGS[standing_of(part)]
    x, y = drawn.frame.point(place.lon, place.lat)
    left = {"name": name, "word": word, "left": f"{part.not_reached:,}", "doors": f"{part.doors:,}"}
    return Mark(
        x=x,
        y=y,
        label_y=y + 3.5,
        at=f"{place.lon},{place.lat}",
        text=_short(part.not_reached) if part.not_reached else str(sign),
        said=_("%(name)s: mostly “%(word)s”, %(left)s of %(doors)s doors left") % left,
        tone=tone or "ended",
        href=f"{base}buildings/{part.unit_id}/" if is_building else f"{base}?unit={part.unit_id}",
    )


def _short(count: int) -> str:
    """As much as fits into a mark."""
    if count < 1_000:
        return str(count)
    return f"{count / 1_000:.0f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"

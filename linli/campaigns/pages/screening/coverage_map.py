"""The map of coverage: each part of an area, or each building, coloured by what most of its doors are, with the doors that are left."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.campaigns.models import Outcome
from linli.campaigns.pages.common import names_in
from linli.campaigns.queries import Coverage
from linli.territory import maps
from linli.territory.index import UnitInfo
from linli.territory.queries import Spot

# More marks than these cover each other, and cost more than the rest of the page; those with most left are drawn. The list has all.
MOST = 100
# Signs as in a building's table, so that no colour has to be seen.
STANDINGS = {
    "reached": ("✓", gettext_lazy("Reached"), "good"),
    "to_repeat": ("○", gettext_lazy("To repeat"), "warn"),
    "refused": ("✕", pgettext_lazy("at a door", "Refused"), "bad"),
    "not_visited": ("·", gettext_lazy("Not visited"), ""),
}


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


def drawn(parts: Sequence[Coverage]) -> list[Coverage]:
    """Those with most doors left, as many as are drawn."""
    return sorted(parts, key=lambda part: (-part.not_reached, part.unit_id.hex))[:MOST]


def shown(
    unit: UnitInfo, parts: Sequence[Coverage], places: Mapping[UUID, UnitInfo | Spot], base: str
) -> dict[str, Any]:
    """Nothing where nobody has drawn the unit, or knows where its parts are. `places` are those of `drawn(parts)`, or more."""
    ground = maps.map_of(unit.id)
    if ground is None:
        return {}
    path = "buildings/{}/" if unit.level in {"community", "quarter"} else "?unit={}"
    names = names_in(places)
    said = _("%(name)s: mostly “%(word)s”, %(left)s of %(doors)s doors left")
    signs = {name: (sign, str(word), tone) for name, (sign, word, tone) in STANDINGS.items()}
    marks = [
        _mark(ground, part, place, signs[standing_of(part)], said, names[place.id], base + path.format(part.unit_id))
        for part in drawn(parts)
        if (place := places.get(part.unit_id)) is not None and place.lon is not None and place.lat is not None
    ]
    if not marks:
        return {}
    written = mark_safe("".join(marks))  # noqa: S308 (`_mark` escapes what it writes)
    return {"map": ground, "marks": written, "legend": list(STANDINGS.values()), "drawn": len(marks), "of": len(parts)}


# Written here and not in the template: there are many of them on a page that is asked for anew with each visit.
_MARK = (
    '<a class="coverage-mark {tone}" href="{href}" aria-label="{said}"><circle data-at="{at}" data-mark="{text}" data-tone="{tone}" '
    'data-name="{said}" data-href="{href}" cx="{x}" cy="{y}" r="9"><title>{said}</title></circle>'
    '<text x="{x}" y="{label_y}" font-size="9" aria-hidden="true">{text}</text></a>'
)


def _mark(
    ground: maps.Map,
    part: Coverage,
    place: UnitInfo | Spot,
    shown: tuple[str, str, str],
    said: str,
    name: str,
    href: str,
) -> str:
    assert place.lon is not None
    assert place.lat is not None
    sign, word, tone = shown
    x, y = ground.frame.point(place.lon, place.lat)
    left = {"name": name, "word": word, "left": f"{part.not_reached:,}", "doors": f"{part.doors:,}"}
    # Of what is written only the name is anybody's words.
    return _MARK.format(
        tone=tone or "ended",
        href=href,
        said=escape(said % left),
        at=f"{place.lon},{place.lat}",
        text=_short(part.not_reached) if part.not_reached else sign,
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        label_y=f"{y + 3.5:.1f}",
    )


def _short(count: int) -> str:
    """As much as fits into a mark."""
    if count < 1_000:
        return str(count)
    return f"{count / 1_000:.0f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"

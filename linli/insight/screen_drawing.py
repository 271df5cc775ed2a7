"""What the command screen has many of, written in Python: in templates it took a quarter of the page's time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from linli.cases.pages.figures import Line
from linli.foundation.markup import link, written
from linli.insight.definitions import DEFINITIONS

# The “?” beside a figure or a heading: it opens what is meant.
MARK = (
    '<button type="button" class="help-mark" id="mark-{id}" popovertarget="meant-{key}" aria-label="{asks}">'
    '<span aria-hidden="true">?</span></button>'
)
MEANT = (
    '<div class="help-text screen-meant" id="meant-{key}" popover role="note"><strong>{label}</strong><span>{meant}</span>'
    '<span class="soft">{source}</span></div>'
)
TILE = (
    '<li class="screen-tile {tone}"><a id="tile-{key}" href="{href}"><span class="screen-label">{label}</span>'
    '<span class="screen-value">{value}</span>{note}</a> {mark}</li>'
)
NOTE = '<span class="screen-note">{note}</span>'
ROW = '<tr><th scope="row">{name}</th><td class="number">{cases}</td><td class="number{tone}">{late}</td></tr>'


def mark(key: str, id: str = "") -> SafeString:
    """Of a definition; `id` where one is explained in two places."""
    asks = _("What does “%(word)s” mean?") % {"word": DEFINITIONS[key].label}
    return written(MARK, {}, [{"id": id or key, "key": key, "asks": asks}])


def meanings() -> SafeString:
    """What all those marks open."""
    told = (
        {"key": one.key, "label": one.label, "meant": one.meant, "source": one.source} for one in DEFINITIONS.values()
    )
    return written(MEANT, {}, told)


def tiles(found: Iterable[Mapping[str, Any]]) -> SafeString:
    """The large figures. Each has key, value and href, and may have note and tone."""
    told = (
        {
            "key": tile["key"],
            "label": DEFINITIONS[tile["key"]].label,
            "value": tile["value"],
            "href": tile["href"],
            "tone": tile.get("tone", ""),
            "note": written(NOTE, {}, [{"note": tile["note"]}]) if tile.get("note") else "",
            "mark": mark(tile["key"]),
        }
        for tile in found
    )
    return written(TILE, {}, told)


def rows(lines: Sequence[Line], *, below: bool) -> SafeString:
    """Open and overdue of each unit or class; `below`: a line leads to its own screen."""
    told = (
        {
            "name": link(one.below, one.label) if below and one.below else one.label,
            "cases": link(one.href, one.cases),
            "tone": " bad" if one.late else "",
            "late": link(one.late_href, one.late) if one.late else 0,
        }
        for one in lines
    )
    return written(ROW, {}, told)

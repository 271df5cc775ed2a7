"""The smart map: cases and what other rooms know of a unit, and beside it the unit in figures, down to the building.

The address says where one is. The list beside the map says what the map shows, and leads to the same places: with a keyboard, a
screen reader, or without script.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import localize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.cases import map_layers, queries, rules
from linli.cases.pages import fields
from linli.cases.pages.choosing import chosen
from linli.cases.pages.figures import Line, line, list_of, rate_tiles
from linli.cases.pages.lists import topics_of
from linli.cases.pages.narrowing import OPEN, OVERDUE, UNPLACED, age_name
from linli.foundation import clock
from linli.foundation.access import Actor, Permission
from linli.foundation.markup import escape, link, written
from linli.territory import maps
from linli.territory import queries as territory
from linli.territory.index import UnitInfo
from linli.territory.models import LOCATED_LEVELS, Level

ADDRESS = "/map/"
# Of a quarter with more buildings those with open cases are shown, and the first of the others.
MOST_UNITS = 300
OFF, ON = "off", "on"
LAST_HOUR = 24
# Of cases by age, the youngest first. Each bears its days too: nobody has to tell five colours apart.
TONES_OF_AGES = ("good", "info", "soft", "warn", "bad")


class Controls(forms.Form):
    """What the map shows, beside the unit. Its script reads the form; the address keeps what is not usual."""

    show = forms.ChoiceField(
        label=gettext_lazy("Cases"),
        choices=[
            (queries.Shown.OPEN, gettext_lazy("Open now")),
            (queries.Shown.REPORTED, gettext_lazy("Reported in 7 days")),
            (queries.Shown.STANDING, gettext_lazy("A past day")),
        ],
    )
    colour = forms.ChoiceField(
        label=gettext_lazy("Colour"),
        choices=[
            ("limit", gettext_lazy("By limit")),
            ("state", gettext_lazy("By state")),
            ("age", gettext_lazy("By age")),
        ],
    )
    class_code = fields.case_class(gettext_lazy("Class"), required=False, empty=gettext_lazy("All"))
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    hour = forms.IntegerField(
        label=gettext_lazy("Hour"),
        min_value=0,
        max_value=LAST_HOUR,
        widget=forms.NumberInput(attrs={"type": "range", "step": 1}),
    )

    @classmethod
    def of(cls, query: QueryDict) -> "Controls":
        """As the address says; what cannot be read is as usual."""
        today = timezone.localdate(clock.now())
        usual = {"show": queries.Shown.OPEN, "colour": "limit", "class_code": "", "day": today.isoformat(), "hour": "0"}
        asked = {name: query.get(name, value) for name, value in usual.items()}
        refused = cls(asked).errors
        form = cls({name: usual[name] if name in refused else value for name, value in asked.items()}, auto_id="map-%s")
        form.fields["day"].widget.attrs["max"] = today.isoformat()
        return form


@dataclass(frozen=True, slots=True)
class Crumb:
    name: str
    href: str


@require_safe
def smart_map(request: HttpRequest) -> HttpResponse:
    choice = chosen(request)
    actor, unit = choice.actor, territory.unit(choice.unit_id)
    work = queries.open_work(actor, unit.id)
    weeks = queries.by_week(actor, unit.id, choice.weeks)
    layers = map_layers.layers_for(actor)
    lines = _lines(actor, unit, work)
    context = {
        "unit": unit,
        "name": unit.name_in(get_language() or ""),
        "level": maps.level_name(unit),
        "crumbs": _crumbs(actor, unit),
        "stats": _stats(actor, unit.id, work.whole),
        "rates": rate_tiles(weeks.rates, choice),
        "weeks": choice.weeks,
        "lines": written(_ROW, {}, map(_cells, lines)) if lines else "",
        "below": _name_of_units_below(unit),
        "ground": _drawn_in(unit).id,
        "here": f"{ADDRESS}?unit={unit.id}",
        "form": Controls.of(request.GET),
        "layers": layers,
        "ages": [(age[0], tone, age_name(age)) for age, tone in zip(queries.AGES, TONES_OF_AGES, strict=True)],
        "off": request.GET.getlist(OFF),
        "on": request.GET.getlist(ON),
        "zone": settings.TIME_ZONE,
        "live_topics": [*topics_of(actor), *(topic for layer in layers for topic in layer.topics(actor))],
    }
    return render(request, "cases/smart_map.html", context)


def _crumbs(actor: Actor, unit: UnitInfo) -> list[Crumb]:
    """The units above, as far as the reader may see them; grids have no page here."""
    return [
        Crumb(above.name_in(get_language() or ""), f"{ADDRESS}?unit={above.id}")
        for above in territory.ancestors(unit.id)
        if above.level in LOCATED_LEVELS and actor.may(Permission.SEE_CASES, above.path)
    ]


def _stats(actor: Actor, unit_id: UUID, whole: queries.Open) -> list[dict[str, Any]]:
    """Of now, also beside the map of a past day."""
    lately = queries.lately(actor, unit_id)
    return [
        {"label": _("Open now"), "value": whole.cases, "href": list_of(OPEN, unit=unit_id)},
        {
            "label": _("Overdue now"),
            "value": whole.late,
            "tone": "bad" if whole.late else "",
            "href": list_of(OVERDUE, unit=unit_id),
        },
        {
            "label": _("Reported today"),
            "value": lately.today,
            "href": list_of("", unit=unit_id, reported=rules.span_text(lately.day, lately.day)),
        },
        {
            "label": _("Reported in 7 days"),
            "value": lately.week,
            "href": list_of("", unit=unit_id, reported=rules.span_text(lately.first, lately.day)),
        },
    ]


def _lines(actor: Actor, unit: UnitInfo, work: queries.OpenWork) -> list[Line]:
    """The units directly below with what is open in each, the most first, and what lies in none of them."""
    units = _units_below(unit)
    counted = queries.open_by_building(actor, unit.id) if unit.level == Level.QUARTER else work.by_unit
    whole = work.whole
    named = {one.id for one in units}
    inside = {one: found for one, found in counted.items() if one in named}
    nothing = queries.Open(0, 0)
    shown = sorted(units, key=lambda one: -inside.get(one.id, nothing).cases)[:MOST_UNITS]
    lines = [
        line(
            one.name_in(get_language() or ""),
            inside.get(one.id, nothing),
            whole.cases,
            {"unit": one.id},
            below=f"{ADDRESS}?unit={one.id}",
        )
        for one in shown
    ]
    rest = _without(whole, inside.values())
    if units and rest.cases:
        lines.append(line(_("Without a finer place"), rest, whole.cases, {"unit": unit.id, UNPLACED: 1}))
    return sorted(lines, key=lambda one: -one.cases)


# Of a quarter there are some hundred.
_ROW = '<tr><th scope="row">{name}</th><td class="number">{cases}</td><td class="number{tone}">{late}</td></tr>'


def _cells(of: Line) -> dict[str, object]:
    return {
        "name": link(of.below, of.label) if of.below else of.label,
        "cases": _rows_behind(of.cases, of.href),
        "late": _rows_behind(of.late, of.late_href),
        "tone": " late" if of.late else "",
    }


def _rows_behind(count: int, href: str) -> SafeString | str:
    """A figure that leads out of the map to the cases that it counts."""
    if not count:
        return "0"
    return mark_safe(f'<a href="{escape(href)}" hx-boost="false">{localize(count)}</a>')  # noqa: S308 (escaped)


def _without(whole: queries.Open, parts: Iterable[queries.Open]) -> queries.Open:
    known = list(parts)
    return queries.Open(whole.cases - sum(part.cases for part in known), whole.late - sum(part.late for part in known))


def _units_below(unit: UnitInfo) -> list[UnitInfo]:
    if unit.level == Level.QUARTER:
        return territory.children(unit.id, level=Level.BUILDING)
    return [one for one in territory.index().below.get(unit.id, ()) if one.level in LOCATED_LEVELS]


def _name_of_units_below(unit: UnitInfo) -> str:
    """What stands above their list."""
    return {
        Level.CITY: _("Districts"),
        Level.DISTRICT: _("Subdistricts and towns"),
        Level.SUBDISTRICT: _("Communities and villages"),
        Level.COMMUNITY: _("Quarters"),
        Level.QUARTER: _("Buildings"),
    }.get(Level(unit.level), "")


def _drawn_in(unit: UnitInfo) -> UnitInfo:
    """The unit whose outlines are shown: a building is a point in those of its quarter."""
    while unit.parent_id is not None and unit.level not in LOCATED_LEVELS:
        unit = territory.unit(unit.parent_id)
    return unit

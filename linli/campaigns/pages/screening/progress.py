"""How far it is: an area, its parts, and what may be done with it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import queries
from linli.campaigns.models import Campaign, Outcome
from linli.campaigns.pages import words
from linli.campaigns.pages.common import language, name_of, names_in, percent, places_of, reader, timeline, units_of
from linli.campaigns.pages.screening import coverage_map, outlook
from linli.campaigns.pages.screening.area import inside, unit_of
from linli.campaigns.queries import Coverage, console
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.markup import written
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

# A community has some hundred buildings; those with the least reached are read first.
PARTS_A_PAGE = 50


@require_safe
@never_cache
def screening(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor, running = reader(request), queries.campaign(campaign_id)
    return shown_at(request, actor, running, unit_of(actor, running, request.GET.get("unit")))


class TeamsForm(forms.Form):
    size = forms.IntegerField(label=gettext_lazy("People in a team"), min_value=1, max_value=50, initial=2)
    hours = forms.FloatField(label=gettext_lazy("Hours in a day"), min_value=0.5, max_value=24, initial=8)


def shown_at(
    request: HttpRequest,
    actor: Actor,
    running: Campaign,
    unit: UnitInfo,
    form: TeamsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    parts = queries.coverage(actor, running, unit.id)
    divided = bool(parts) or console.is_divided(running)
    base = f"/control/screenings/{running.pk}/"
    ordered = sorted(parts, key=lambda one: (_reached(one), one.unit_id.hex))
    asked = request.GET.get("from", "0")
    first = int(asked) if asked.isdecimal() and len(asked) < 7 else 0
    shown = ordered[first : first + PARTS_A_PAGE]
    places = places_of(list({part.unit_id for part in (*shown, *coverage_map.drawn(parts))}))
    names = names_in(places)
    context = {
        "row": running,
        "declared": running.declaration,
        "unit": unit,
        "unit_name": unit.name_in(language()),
        "crumbs": _crumbs(actor, running, unit, base),
        "badge": _standing(running),
        "divided": divided,
        "stats": _stats(parts, base, unit, _without_place(running, unit)) if parts else [],
        "share": _share(parts),
        "coverage": coverage_map.shown(unit, parts, places, base) if parts else {},
        "outlook": outlook.shown(actor, running, unit, parts, base) if parts else {},
        "parts": _rows(shown, names, base, holds_buildings=unit.level in {"community", "quarter"}),
        "next_href": f"?unit={unit.id}&from={first + PARTS_A_PAGE}" if len(ordered) > first + PARTS_A_PAGE else "",
        "first_href": f"?unit={unit.id}" if first else "",
        "holds_buildings": unit.level in {"community", "quarter"},
        "runs": queries.may(actor, Act.RUN, running.unit_id) and running.closed_at is None,
        "changes": divided and queries.is_open(running) and len(unit.path) > 3 and queries.may(actor, Act.RUN, unit.id),
        "follows": queries.may(actor, Act.FOLLOW, unit.id),
        "form": form or TeamsForm(),
        "teams": queries.count_teams(actor, running) if queries.may(actor, Act.SEE, running.unit_id) else None,
        "base": base,
        "here": f"{base}?unit={unit.id}&from={first}",
        "entries": timeline(running.pk, words.SCREENING_STEPS),
        "live_topics": [f"campaign:{running.pk}", f"declaration:{running.declaration_id}"],
    }
    return render(request, "campaigns/screening.html", context, status=status)


def _standing(running: Campaign) -> tuple[Any, str]:
    if running.closed_at is not None:
        return pgettext("of a screening", "Closed"), ""
    if queries.stage_of(running.declaration) is not Stage.IN_FORCE:
        return _("Over with its declaration"), ""
    if clock.now() > running.due_at:
        return _("Past its time"), "bad"
    return _("Running"), "info"


def _crumbs(actor: Actor, running: Campaign, unit: UnitInfo, base: str) -> list[dict[str, str]]:
    """The units above, as far up as one works and the screening reaches."""
    tops = inside(running.unit_id, units_of(actor, Act.SEE))
    above = [one for one in territory.ancestors(unit.id) if not set(tops).isdisjoint(one.path) and one.id != unit.id]
    return [{"href": f"{base}?unit={one.id}", "name": name_of(one.id)} for one in above]


def _reached(part: Coverage) -> float:
    return part.reached / part.doors if part.doors else 1.0


def _share(parts: Sequence[Coverage]) -> dict[str, int]:
    return {"reached": sum(part.reached for part in parts), "doors": sum(part.doors for part in parts)}


def _without_place(running: Campaign, unit: UnitInfo) -> int:
    """Visits to doors that are nowhere: no building counts them."""
    return console.without_place(running) if unit.id == running.unit_id else 0


def _stats(parts: Sequence[Coverage], base: str, unit: UnitInfo, nowhere: int) -> list[dict[str, Any]]:
    doors, reached = sum(part.doors for part in parts), sum(part.reached for part in parts)
    refused = sum(part.outcomes[Outcome.REFUSED] for part in parts)
    to_repeat, aside = sum(part.to_repeat for part in parts), sum(part.aside for part in parts) + nowhere
    found = sum(part.found for part in parts)
    beside = ngettext("of these %(count)s that no list had", "of these %(count)s that no list had", found)
    return [
        {"label": _("Doors"), "value": f"{doors:,}", "note": beside % {"count": f"{found:,}"} if found else ""},
        {
            "label": _("Reached"),
            "value": f"{reached:,}",
            "note": percent(reached, doors),
            "tone": "good" if reached else "",
        },
        {"label": _("To repeat"), "value": f"{to_repeat:,}", "note": percent(to_repeat, doors)},
        {"label": pgettext("at a door", "Refused"), "value": f"{refused:,}", "note": _("counted as reached")},
        {
            "label": _("Not visited"),
            "value": f"{doors - reached - to_repeat:,}",
            "note": percent(doors - reached - to_repeat, doors),
        },
        {
            "label": _("Set aside"),
            "value": f"{aside:,}",
            "note": _("for the desk"),
            "href": f"{base}aside/?unit={unit.id}",
            "tone": "warn" if aside else "",
        },
    ]


# Written here and not in the template, where a row costs ten times as much: the page is asked for anew with each visit.
_ROW = (
    '<tr><th scope="row"><a href="{href}">{name}</a></th><td data-label="{l_share}" class="figure-bar">'
    '<meter min="0" max="{doors}" value="{reached}" aria-label="{name}: {percent}">{percent}</meter></td>'
    '<td data-label="{l_reached}" class="number">{reached_said} / {doors_said} <span class="soft">{percent}</span></td>'
    '<td data-label="{l_repeat}" class="number">{to_repeat}</td><td data-label="{l_refused}" class="number">{refused}</td>'
    '<td data-label="{l_not}" class="number">{not_visited}</td><td data-label="{l_aside}" class="number">{aside}</td></tr>'
)


def _rows(parts: Sequence[Coverage], names: Mapping[UUID, str], base: str, *, holds_buildings: bool) -> SafeString:
    """Those of the table; a cell names its column, which a phone shows beside it."""
    path = "buildings/{}/" if holds_buildings else "?unit={}"
    labels = {
        "l_share": _("Share reached"),
        "l_reached": _("Reached"),
        "l_repeat": _("To repeat"),
        "l_refused": pgettext("at a door", "Refused"),
        "l_not": _("Not visited"),
        "l_aside": _("Set aside"),
    }
    rows = (
        {
            "href": base + path.format(part.unit_id),
            "name": names.get(part.unit_id, ""),
            "reached": part.reached,
            "doors": part.doors,
            "reached_said": f"{part.reached:,}",
            "doors_said": f"{part.doors:,}",
            "percent": percent(part.reached, part.doors),
            "to_repeat": f"{part.to_repeat:,}",
            "refused": f"{part.outcomes[Outcome.REFUSED]:,}",
            "not_visited": f"{part.not_visited:,}",
            "aside": f"{part.aside:,}",
        }
        for part in parts
    )
    return written(_ROW, labels, rows)

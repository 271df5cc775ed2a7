"""Notices at the doors: how far each is, for the desk; and the doors of a building, for whoever stands before them."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import queries
from linli.campaigns.actions import telling as actions
from linli.campaigns.models import Telling, TellingEnd, TellingPlace, TellingSource, ToldHow
from linli.campaigns.pages.common import (
    language,
    name_of,
    names_of,
    once_only,
    period,
    read_or_sent,
    reader,
    timeline,
    units_of,
    uuid_in,
)
from linli.campaigns.queries import telling as reads
from linli.campaigns.queries.telling import DoorTold, Told
from linli.campaigns.rules import Act
from linli.campaigns.telling import REACHED
from linli.cases.pages.field import ways
from linli.cases.pages.field_forms import answered, wants_json
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.moments import moment
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import UnitInfo

PARTS_SHOWN = 100
STEPS = {
    "begin": gettext_lazy("Sent to the doors"),
    "update": gettext_lazy("Goes on, in the same words"),
    "end": gettext_lazy("Nobody is sent any more"),
}
# Each way of being told with a sign, so that no colour has to be seen.
SIGNS = {
    ToldHow.TOLD: ("✓", "good"),
    ToldHow.LEAFLET: ("▤", "good"),
    ToldHow.APP: ("▯", "good"),
    ToldHow.SMS: ("✉", "good"),
    ToldHow.NOBODY: ("○", "warn"),
}


# --- at the desk ------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Every notice that was sent to doors in the reader's units, the newest first."""
    actor = reader(request)
    rows = reads.tellings_of(actor)
    context = {
        "items": [_item(row) for row in rows],
        "runs": queries.may(actor, Act.RUN),
    }
    return render(request, "campaigns/tellings.html", context)


def _item(row: Telling) -> dict[str, Any]:
    label, tone = _standing(row)
    return {
        "href": f"/control/tellings/{row.pk}/",
        "title": row.title_in(language()),
        "note": f"{TellingSource(row.source).label} · {_where(row)}",
        "meta": period(row.starts_at, row.ends_at),
        "icon": "home",
        "badge": label,
        "tone": tone,
    }


def _where(row: Telling) -> str:
    return ", ".join(name_of(unit) for unit in row.units[:5])


def _standing(row: Telling) -> tuple[Any, str]:
    if row.ended_at is not None:
        return TellingEnd(row.ended_why).label, ""
    if row.ends_at <= clock.now() or not (reads.is_running(row) or row.starts_at > clock.now()):
        return _("Over"), ""
    if row.starts_at > clock.now():
        return _("Not begun yet"), "info"
    return _("Being told"), "warn"


@require_safe
@never_cache
def one(request: HttpRequest, telling_id: UUID) -> HttpResponse:
    """How many were told by which way, and which parts of an area are left."""
    actor = reader(request)
    row = reads.telling(actor, telling_id)
    unit = _unit(actor, row, request.GET.get("unit"))
    parts = reads.parts_of(actor, row, unit)
    base = f"/control/tellings/{row.pk}/"
    label, tone = _standing(row)
    shown = parts[:PARTS_SHOWN]
    context = {
        "row": row,
        "title": row.title_in(language()),
        "text": row.text_in(language()),
        "badge": label,
        "tone": tone,
        "source": TellingSource(row.source).label,
        "notice_href": f"/announce/alert/{row.notice}/"
        if row.source == TellingSource.ALERT and row.declaration_id and row.over_of_id is None
        else "",
        "unit": unit,
        "unit_name": unit.name_in(language()),
        "crumbs": _crumbs(actor, unit, base),
        "stats": _stats(parts) if parts else [],
        "reached": sum(part.doors - part.left for part in parts),
        "doors": sum(part.doors for part in parts),
        "columns": [
            _("Unit"),
            _("Not yet"),
            _("Nobody home"),
            _("At the door"),
            _("Leaflet left"),
            _("By phone"),
            _("Households"),
        ],
        "rows": _rows(shown, base),
        "more": len(parts) - len(shown),
        "holds_buildings": bool(parts) and parts[0].place is not None,
        "stops": row.ended_at is None and row.ends_at > clock.now() and _may_stop(actor, row),
        "base": base,
        "here": f"{base}?unit={unit.id}",
        "entries": timeline(row.pk, STEPS),
        "live_topics": [f"telling:{row.pk}"],
    }
    return render(request, "campaigns/telling.html", context)


def _may_stop(actor: Actor, row: Telling) -> bool:
    return all(queries.may(actor, Act.RUN, unit) for unit in row.units)


def _unit(actor: Actor, row: Telling, asked: str | None) -> UnitInfo:
    """The unit that is shown: the one asked for, or what holds all of the notice's that the reader sees. Raises `NotFound`."""
    tops = reads.inside(row, units_of(actor, Act.SEE))
    if not asked:
        shared = territory.unit(tops[0]).path
        for other in tops[1:]:
            shared = tuple(one for one in shared if one in territory.unit(other).path)
        own = [one for one in shared if queries.may(actor, Act.SEE, one)]
        return _large_enough(territory.unit(own[-1] if own else tops[0]))
    chosen = uuid_in(asked)
    try:
        unit = territory.unit(chosen) if chosen else None
    except UnknownUnit:
        unit = None
    if unit is None or not queries.may(actor, Act.SEE, unit.id):
        raise NotFound
    return unit


def _large_enough(unit: UnitInfo) -> UnitInfo:
    """A building has no parts: its quarter shows it."""
    return territory.unit(unit.path[-2]) if unit.level in {"building", "linpan"} else unit


def _crumbs(actor: Actor, unit: UnitInfo, base: str) -> list[dict[str, str]]:
    above = [one for one in territory.ancestors(unit.id) if one.id != unit.id and queries.may(actor, Act.SEE, one.id)]
    return [{"href": f"{base}?unit={one.id}", "name": one.name_in(language())} for one in above]


def _stats(parts: Sequence[Told]) -> list[dict[str, Any]]:
    doors, left = sum(part.doors for part in parts), sum(part.left for part in parts)
    how = {one: sum(part.how[one] for part in parts) for one in ToldHow.values}
    return [
        {"label": _("Households"), "value": f"{doors:,}"},
        {"label": ToldHow.APP.label, "value": f"{how[ToldHow.APP]:,}"},
        {"label": ToldHow.SMS.label, "value": f"{how[ToldHow.SMS]:,}"},
        {"label": ToldHow.TOLD.label, "value": f"{how[ToldHow.TOLD]:,}"},
        {"label": ToldHow.LEAFLET.label, "value": f"{how[ToldHow.LEAFLET]:,}"},
        {
            "label": _("Not yet"),
            "value": f"{left:,}",
            "note": _("nobody home at %(count)s of them") % {"count": f"{how[ToldHow.NOBODY]:,}"}
            if how[ToldHow.NOBODY]
            else "",
            "tone": "warn" if left else "good",
        },
    ]


def _rows(parts: Sequence[Told], base: str) -> list[list[Any]]:
    names = names_of([part.unit_id for part in parts])
    return [
        [
            {
                "text": names.get(part.unit_id, ""),
                "href": f"/field/follow/tell/{part.place}/" if part.place else f"{base}?unit={part.unit_id}",
            },
            {"text": f"{part.left:,}", "number": True},
            {"text": f"{part.how[ToldHow.NOBODY]:,}", "number": True},
            {"text": f"{part.how[ToldHow.TOLD]:,}", "number": True},
            {"text": f"{part.how[ToldHow.LEAFLET]:,}", "number": True},
            {"text": f"{part.how[ToldHow.APP] + part.how[ToldHow.SMS]:,}", "number": True},
            {"text": f"{part.doors:,}", "number": True},
        ]
        for part in parts
    ]


@require_POST
def stop(request: HttpRequest, telling_id: UUID) -> HttpResponse:
    """Nobody is sent any more, with the reason."""
    actor, reason = reader(request, Act.RUN), request.POST.get("reason", "")
    try:
        once_only(request, actor, lambda: str(actions.stop(telling=telling_id, reason=reason, by=actor).pk))
    except NotFound:
        raise
    except DomainError as refusal:
        notices.error(request, str(refusal))
    else:
        notices.success(request, _("Stopped. It is in nobody's inbox any more."))
    return redirect(f"/control/tellings/{telling_id}/")


@require_POST
def of_declaration(request: HttpRequest, declaration_id: UUID) -> HttpResponse:
    """Have the households of a declaration told at their doors."""
    actor, text = reader(request, Act.RUN), request.POST.get("text", "")
    try:
        made = once_only(
            request, actor, lambda: str(actions.tell_declaration(declaration=declaration_id, text=text, by=actor).pk)
        )
    except NotFound:
        raise
    except DomainError as refusal:
        notices.error(request, str(refusal))
        return redirect(f"/control/{declaration_id}/")
    return redirect(f"/control/tellings/{made}/")


# --- at the doors -----------------------------------------------------------------------------------------------------


@read_or_sent
@never_cache
def place(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """The doors of a building: which were told and which are left. What came of some of them is marked at once."""
    actor = reader(request, Act.FOLLOW)
    row, refusal = reads.place_to_tell(actor, place_id), None
    if request.method == "POST":
        try:
            return answered(request, _marked(request, actor, row), request.path)
        except DomainError as error:
            if wants_json(request):
                raise
            refusal, row = error, reads.place_to_tell(actor, place_id)
    doors = reads.doors_told(row)
    home = territory.unit(row.building_id)
    names = [territory.unit(above).name_in(language()) for above in home.path[3:-1]] + [home.name_in(language())]
    left = [one for one in doors if one.how not in REACHED]
    context = {
        "row": row,
        "telling": row.telling,
        "title": row.telling.title_in(language()),
        "text": row.telling.text_in(language()),
        "name": " ".join(names[1:]),
        "address": " ".join(names),
        "ways": ways(home.lon, home.lat, " ".join(names)) if home.lon is not None and home.lat is not None else None,
        "running": reads.is_running(row.telling),
        "until": moment(row.telling.ends_at),
        "stairwells": _stairwells(left),
        "left": len(left),
        "told": [_told(one) for one in doors if one.how in REACHED],
        "doors": len(doors),
        "choices": [(how.value, how.label) for how in (ToldHow.TOLD, ToldHow.LEAFLET, ToldHow.NOBODY)],
        "refusal": refusal,
        "back": "/field/"
        if not queries.may(actor, Act.SEE)
        else f"/control/tellings/{row.telling_id}/?unit={row.community_id}",
        "here": request.path,
        "live_topics": [f"telling:{row.telling_id}"],
    }
    return render(request, "campaigns/telling_place.html", context, status=refusal.status if refusal else 200)


def _marked(request: HttpRequest, actor: Actor, row: TellingPlace) -> str:
    doors = [door for door in map(uuid_in, request.POST.getlist("door")) if door is not None]
    how = request.POST.get("how", "")
    at = _written_at(request)
    once_only(request, actor, lambda: str(actions.mark(place=row.pk, doors=doors, how=how, by=actor, at=at).pk))
    return _("Noted.")


def _written_at(request: HttpRequest) -> datetime:
    """When the letter was written: how many milliseconds it lay in the outbox (`static/web/outbox.js`) before it arrived."""
    now, age = clock.now(), request.headers.get("Outbox-Age", "")
    return now - timedelta(milliseconds=int(age)) if re.fullmatch(r"[0-9]{1,10}", age) else now


def _stairwells(doors: Sequence[DoorTold]) -> list[tuple[str, int | str, list[DoorTold]]]:
    """The doors that are left by stairwell (its name and number), those that somebody looks after first."""
    found: dict[str, list[DoorTold]] = {}
    for door in sorted(doors, key=lambda one: not one.first):
        name = _("Stairwell %(number)s") % {"number": door.entrance} if door.entrance is not None else _("On no list")
        found.setdefault(name, []).append(door)
    by_name = sorted(found.items(), key=lambda one: (one[1][0].entrance is None, one[1][0].entrance or 0))
    return [(name, "none" if there[0].entrance is None else there[0].entrance, there) for name, there in by_name]


def _told(door: DoorTold) -> dict[str, Any]:
    how = ToldHow(door.how)
    sign, tone = SIGNS[how]
    return {"label": door.label, "how": how.label, "sign": sign, "tone": tone}

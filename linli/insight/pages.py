"""The warnings as pages: what was found, by kind and state, with the precision of each kind; one of them, and the answers to it."""

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, gettext_noop, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.cases.pages.narrowing import unit_in
from linli.cases.pages.staff import watcher_of
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.idempotency import carry_out, once
from linli.foundation.models import Entry
from linli.insight import actions, lifecycle, queries, wording
from linli.insight.models import Verdict, Warning, WarningKind, WarningState
from linli.insight.queries import Precision
from linli.people import labels
from linli.territory import maps
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

TONES = {
    WarningState.NEW: "warn",
    WarningState.ACKNOWLEDGED: "info",
    WarningState.CASE: "good",
    WarningState.DISMISSED: "",
}
OPEN = "open"
COMMON_CLASSES = 3
# Its cases: so many at once, the others folded away.
CASES_READ, CASES_SHOWN = 200, 10
# The steps of a warning's timeline.
STEPS = {
    "raised": gettext_noop("Found"),
    "seen_again": gettext_noop("Seen again, with newer figures"),
    "acknowledged": gettext_noop("Acknowledged"),
    "case": gettext_noop("Made a case"),
    "dismissed": gettext_noop("Dismissed"),
}
DONE = {
    Verdict.ACKNOWLEDGED: gettext_lazy("Acknowledged. It stays in the list of open warnings."),
    Verdict.CASE: gettext_lazy("A case was made of it."),
    Verdict.DISMISSED: gettext_lazy(
        "Dismissed. The reason is kept, and the same matter is not told anew while it goes on."
    ),
}


@require_safe
@never_cache
def warnings(request: HttpRequest) -> HttpResponse:
    actor = watcher_of(request)
    kind, state = (
        _chosen(request.GET.get("kind"), WarningKind),
        _chosen(request.GET.get("state", OPEN), WarningState, OPEN),
    )
    states = queries.open_states() if state == OPEN else (state,) if state else ()
    unit, before = unit_in(request.GET.get("unit", "")), _id(request.GET.get("before"))
    rows = queries.warnings(
        actor, kind=kind, states=states, unit_id=unit.id if unit else None, before=before, size=queries.PAGE
    )
    counts = queries.counts(actor, unit.id if unit else None)
    context = {
        "items": [_item(row) for row in rows],
        "ever": bool(counts),
        "unit": unit,
        "unit_name": unit.name_in(get_language() or "") if unit else "",
        "states": _states(counts, kind, state, unit),
        "kinds": _kinds(kind),
        "state": state,
        "next_href": _here(unit, kind=kind, state=state, before=rows[-1].pk) if len(rows) == queries.PAGE else "",
        "first_href": _here(unit, kind=kind, state=state) if before else "",
        "precision": [_precision(one) for one in queries.precision(actor) if one.told],
        "precision_columns": [_("Kind"), _("Told"), _("Answered"), _("Worth it")],
        "last_run": queries.last_run(actor),
        "districts": _looked_at(actor),
        "live_topics": [f"warnings:{unit}" for unit in actor.units(Permission.SEE_CASES)],
    }
    return render(request, "insight/warnings.html", context)


def _item(row: Warning) -> dict[str, Any]:
    return {
        "href": f"/warnings/{row.pk}/",
        "title": wording.title(row),
        "note": wording.seen(row),
        "meta": f"{wording.window(row)} · {wording.surprise(row)}",
        "badge": WarningState(row.state).label,
        "tone": "bad" if row.state == WarningState.NEW and row.strong else TONES[WarningState(row.state)],
    }


def _states(counts: dict[str, int], kind: str, state: str, unit: UnitInfo | None) -> list[dict[str, Any]]:
    still = sum(counts.get(one, 0) for one in queries.open_states())
    offered: list[tuple[str, Any, int]] = [(OPEN, pgettext("of a warning", "Open"), still)]
    offered += [(one.value, one.label, counts.get(one.value, 0)) for one in (WarningState.CASE, WarningState.DISMISSED)]
    offered.append(("", _("All"), sum(counts.values())))
    return [
        {"label": label, "count": count, "href": _here(unit, kind=kind, state=value), "current": value == state}
        for value, label, count in offered
    ]


def _kinds(kind: str) -> list[dict[str, Any]]:
    offered: list[tuple[str, Any]] = [("", _("All kinds")), *((one.value, one.label) for one in WarningKind)]
    return [{"value": value, "label": label, "chosen": value == kind} for value, label in offered]


def _here(unit: UnitInfo | None, **chosen: Any) -> str:
    return f"/warnings/?{urlencode(({'unit': unit.id} if unit else {}) | chosen)}"


def _precision(one: Precision) -> list[Any]:
    share = _("%(share)s (%(part)s of %(whole)s)") % {
        "share": f"{float(one.share):.0%}" if one.share is not None else "–",
        "part": one.right,
        "whole": one.answered,
    }
    return [
        WarningKind(one.kind).label,
        {"text": one.told, "number": True},
        {"text": one.answered, "number": True},
        {"text": share if one.answered else "–", "number": True},
    ]


def _looked_at(actor: Actor) -> list[dict[str, str]]:
    """The districts at which the actor may have a look taken."""
    looked_at = queries.districts_of(actor, Permission.ANSWER_WARNINGS)
    return [{"id": str(district.id), "name": wording.unit_name(district.id)} for district in looked_at]


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Have a district looked at now, as long work that shows how far it is."""
    actor = watcher_of(request)
    unit_id = _id(request.POST.get("unit"))
    if unit_id is None:
        raise NotFound
    key = once(actor, request.POST.get("once"), [request.path, str(unit_id)])
    return redirect("work", carry_out(key, lambda: str(actions.begin_look(unit_id=unit_id, by=actor).id)))


@require_safe
@never_cache
def one(request: HttpRequest, warning_id: UUID) -> HttpResponse:
    actor = watcher_of(request)
    row = queries.warning(actor, warning_id)
    cases = queries.cases_of(actor, row, CASES_READ)
    may = lifecycle.ANSWERS[WarningState(row.state)] if queries.answers(actor, row) else ()
    context = {
        "row": row,
        "title": wording.title(row),
        "kind": WarningKind(row.kind).label,
        "state": WarningState(row.state).label,
        "tone": TONES[WarningState(row.state)],
        "seen": wording.seen(row),
        "facts": _facts(row, cases),
        "suggestion": wording.suggestion(row),
        "chart": _chart(row),
        "map": _map(row, cases),
        "cases": [_case(case) for case in cases[:CASES_SHOWN]],
        "more_cases": [_case(case) for case in cases[CASES_SHOWN:]],
        "left_out": max(0, len(row.cases) - len(cases)),
        "made_case": next((case for case in queries.cases_made(actor, row)), None),
        "may": {verdict.value: verdict in may for verdict in Verdict},
        "answerable": bool(may),
        "entries": _timeline(row),
        "live_topics": [f"warning:{row.pk}"],
    }
    return render(request, "insight/warning.html", context)


def _facts(row: Warning, cases: list[Any]) -> list[tuple[str, str]]:
    facts = [
        (pgettext("of a warning", "Area"), wording.area(row)),
        (_("Window"), wording.window(row)),
        (_("Observed"), str(row.observed)),
        (_("Today overdue") if row.kind == WarningKind.PILE else _("Expected"), wording.number(row.expected)),
        (_("How surprising"), wording.surprise(row)),
        (_("Method"), wording.method(row)),
    ]
    if row.case_class_id:
        facts.insert(1, (_("Class"), wording.class_name(row.case_class_id)))
    elif common := Counter(case.case_class_id for case in cases if case.case_class_id).most_common(COMMON_CLASSES):
        named = [f"{wording.class_name(one)} {number}" for one, number in common if number > 1]
        facts.insert(4, (_("Most of them"), " · ".join(named) or "–"))
    if row.radius_km:
        facts.insert(1, (_("Radius"), _("%(km)s km") % {"km": f"{row.radius_km:.1f}"}))
    return facts


def _chart(row: Warning) -> dict[str, Any]:
    """Where the chart's figures are, and the same as a table, the newest first."""
    curve = row.curve
    rows = list(zip(curve["labels"], curve["observed"], curve["usual"], strict=True))
    shown = [[wording.day(label), wording.number(seen), wording.number(usual)] for label, seen, usual in rows]
    ahead = row.kind == WarningKind.PILE
    return {
        "source": f"/api/v1/insight/warnings/{row.pk}/chart",
        "title": _("Falling due, and what is usually done until then")
        if ahead
        else _("Day by day, beside what is usual"),
        "columns": [_("Day"), *wording.curve_names(row)],
        "rows": shown if ahead else shown[::-1],
    }


def _map(row: Warning, cases: list[Any]) -> Any:
    """The unit that holds it all, or the one around which it lies, with its cases as points."""
    units = territory.unit(wording.around(row) or row.unit_id).path
    shown = next((unit for unit in reversed(units) if maps.map_of(unit) is not None), None)
    drawn = maps.map_of(shown, lon=row.lon, lat=row.lat) if shown else None
    if drawn is None:
        return None
    dots = [
        {
            "x": x,
            "y": y,
            "at": f"{case.lon},{case.lat}",
            "label_y": y + 4.5,
            # Ended or not: all of them are what was seen.
            "ended": False,
            "title": f"{case.reference}: {case.text.title}",
            "href": f"/case/{case.reference}/",
        }
        for case in cases
        if case.lon is not None
        for x, y in [drawn.frame.point(case.lon, case.lat)]
        if 0 <= x <= maps.WIDTH and 0 <= y <= drawn.frame.height
    ]
    names = ("unit_id", "view_box", "frame", "ground", "areas", "font_size", "pin_radius")
    drawing = {name: getattr(drawn, name) for name in names}
    # Points say more than the centre that was made of them.
    pin = None if dots else drawn.pin
    return SimpleNamespace(**drawing, dots=dots, dot_radius=5, pin=pin, pin_at=drawn.pin_at)


def _case(case: Any) -> dict[str, Any]:
    return {
        "href": f"/case/{case.reference}/",
        "title": case.text.title,
        "note": f"{case.reference} · {case.text.address}" if case.text.address else case.reference,
        "badge": case.get_state_display(),
        "tone": "" if case.closed_at else "info",
    }


def _timeline(row: Warning) -> list[dict[str, Any]]:
    # Its entries stand for the row, which was asked for in the actor's scope.
    with acting_as(SYSTEM):
        entries = audit.timeline(row.pk)
    return [
        {
            "what": _(STEPS[entry.action]),
            "at": entry.at,
            "who": "" if entry.actor_kind == "system" else labels.said(entry.actor_label),
            "why": entry.note or _figures(entry),
        }
        for entry in reversed(entries)
    ]


def _figures(entry: Entry) -> str:
    if "observed" not in entry.data:
        return ""
    told = {"observed": entry.data["observed"], "expected": wording.number(entry.data["expected"])}
    return _("%(observed)s seen, %(expected)s expected") % told


@require_POST
def answer(request: HttpRequest, warning_id: UUID, verdict: str) -> HttpResponse:
    """Acknowledge it, make it a case, or dismiss it with a reason."""
    actor = watcher_of(request)
    if verdict not in Verdict.values:
        raise NotFound
    version = request.POST.get("version", "")
    asked: dict[str, Any] = {
        "warning_id": warning_id,
        "by": actor,
        "version": int(version) if version.isdecimal() and len(version) < 10 else None,
    }
    said = request.POST.get("reason", "")
    verbs: dict[Verdict, Callable[[], Warning]] = {
        Verdict.ACKNOWLEDGED: lambda: actions.acknowledge(**asked, reason=said),
        Verdict.CASE: lambda: actions.open_case(**asked, note=said),
        Verdict.DISMISSED: lambda: actions.dismiss(**asked, reason=said),
    }
    key = once(actor, request.POST.get("once"), [request.path, said])
    try:
        carry_out(key, lambda: str(verbs[Verdict(verdict)]().pk))
    except DomainError as refusal:
        if refusal.status in {401, 403, 404}:
            raise
        notices.error(request, str(refusal))
    else:
        notices.success(request, str(DONE[Verdict(verdict)]))
    return redirect("warning", warning_id)


def _chosen(value: str | None, choices: Any, *others: str) -> str:
    return value if value and (value in choices.values or value in others) else ""


def _id(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None

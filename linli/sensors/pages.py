"""The devices, those with an alert first to choose; one device with its readings and alerts; and the answers to these."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.cases import queries as cases
from linli.cases.pages.lists import topics_of
from linli.cases.pages.staff import watcher_of
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.errors import DomainError, NotAllowed, NotFound
from linli.foundation.idempotency import carry_out, once
from linli.people import labels
from linli.people import queries as people
from linli.sensors import actions, queries, words
from linli.sensors.forms import DeviceForm
from linli.sensors.models import Alert, AlertKind, Device, DeviceKind, Verdict
from linli.territory import maps
from linli.territory import queries as territory

READINGS_SHOWN = ALERTS_SHOWN = 20
ALERTING = "alert"
DONE = {
    Verdict.ACKNOWLEDGED: gettext_lazy("Acknowledged. The alert closes by itself when the device is in order again."),
    Verdict.CASE: gettext_lazy("A case was made of it."),
    Verdict.DISMISSED: gettext_lazy("Dismissed. The reason is kept."),
}


@require_safe
@never_cache
def sensors(request: HttpRequest) -> HttpResponse:
    actor = watcher_of(request)
    unit_id, before = _id(request.GET.get("unit")), _id(request.GET.get("before"))
    alerting = request.GET.get("state") == ALERTING
    rows = queries.devices(actor, unit_id=unit_id, alerting=alerting, before=before)
    shown = rows[: queries.PAGE]
    alerts = queries.alerting([row.pk for row in shown])
    here = {"unit": str(unit_id)} if unit_id else {}
    context = {
        "items": [_item(row, alerts.get(row.pk)) for row in shown],
        "views": [
            {"label": _("All"), "href": _here(here), "current": not alerting},
            {"label": _("With an alert"), "href": _here({**here, "state": ALERTING}), "current": alerting},
        ],
        "alerting": alerting,
        "manages": queries.manages(actor),
        "next_href": _here({**here, "state": ALERTING if alerting else "", "before": str(shown[-1].pk)})
        if len(rows) > queries.PAGE
        else "",
        "first_href": _here({**here, "state": ALERTING if alerting else ""}) if before else "",
        "live_topics": topics_of(actor),
    }
    return render(request, "sensors/sensors.html", context)


def _here(chosen: dict[str, str]) -> str:
    asked = urlencode({name: value for name, value in chosen.items() if value})
    return f"/sensors/?{asked}" if asked else "/sensors/"


def _item(row: Device, alert: Alert | None) -> dict[str, Any]:
    said, tone = words.state(alert)
    parts = [str(DeviceKind(row.kind).label), words.measured(row, row.last_value), _unit_name(row)]
    return {
        "href": f"/sensors/{row.pk}/",
        "title": row.name,
        "note": " · ".join(part for part in parts if part),
        "badge": said,
        "tone": tone,
    }


@require_safe
@never_cache
def device(request: HttpRequest, device_id: UUID) -> HttpResponse:
    actor = watcher_of(request)
    row = queries.device(actor, device_id)
    standing = queries.alerting([row.pk])
    said, tone = words.state(standing.get(row.pk))
    readings = queries.readings(row, READINGS_SHOWN)
    alerts = queries.alerts(row, ALERTS_SHOWN)
    may = queries.answers(actor, row)
    context = {
        "device": row,
        "unit_name": _unit_name(row),
        "kind": DeviceKind(row.kind).label,
        "owner": people.body(row.owner_id).label,
        "limits": words.limits(row),
        "last": words.measured(row, row.last_value),
        "state": said,
        "tone": tone,
        "readings": [(one.at, words.measured(row, one.value)) for one in readings],
        "alerts": [_alert(actor, row, one, may=may) for one in alerts],
        "manages": queries.manages(actor, row.unit_id) and row.closed_at is None,
        "live_topics": topics_of(actor),
    }
    return render(request, "sensors/device.html", context)


def _alert(actor: Actor, of: Device, row: Alert, *, may: bool) -> dict[str, Any]:
    made = cases.visible_to(actor).filter(pk=row.made_case).first() if row.made_case else None
    return {
        "row": row,
        "kind": AlertKind(row.kind).label,
        "tone": "" if row.closed_at else "warn" if row.kind == AlertKind.SILENT else "bad",
        "value": words.measured(of, row.value),
        "verdict": Verdict(row.verdict).label,
        "why": _last_words(row) if row.verdict else "",
        "case": made,
        "may": {verdict.value: True for verdict in actions.ANSWERS[row.verdict]}
        if may and row.closed_at is None
        else {},
    }


def _last_words(row: Alert) -> str:
    # Its entries stand for the row, which was asked for in the actor's scope.
    with acting_as(SYSTEM):
        said = [entry for entry in audit.timeline(row.pk) if entry.action == row.verdict]
    return " · ".join(part for part in (labels.said(said[-1].actor_label), said[-1].note) if part) if said else ""


@require_POST
def answer(request: HttpRequest, alert_id: UUID, verdict: str) -> HttpResponse:
    """Acknowledge it, make it a case, or dismiss it with a reason."""
    actor = watcher_of(request)
    if verdict not in Verdict.values or not verdict:
        raise NotFound
    found = queries.alert(actor, alert_id)
    said = request.POST.get("reason", "")
    key = once(actor, request.POST.get("once"), [request.path, said])
    try:
        carry_out(
            key, lambda: str(actions.answer(alert_id=alert_id, verdict=Verdict(verdict), reason=said, by=actor).pk)
        )
    except DomainError as refusal:
        if refusal.status in {401, 403, 404}:
            raise
        notices.error(request, str(refusal))
    else:
        notices.success(request, str(DONE[Verdict(verdict)]))
    return redirect("sensor", found.device_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    actor = _manager(request)
    return _edit(request, actor, DeviceForm(request.POST if request.method == "POST" else None), None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: HttpRequest, device_id: UUID) -> HttpResponse:
    actor = _manager(request)
    row = queries.device(actor, device_id)
    if not queries.manages(actor, row.unit_id):
        raise NotAllowed
    return _edit(request, actor, DeviceForm.of(row, request.POST if request.method == "POST" else None), row)


def _edit(request: HttpRequest, actor: Actor, form: DeviceForm, row: Device | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("sensor", _written(request, actor, form, row))
        except DomainError as refusal:
            # What was typed stays, beside what is to be changed in it.
            field = getattr(refusal, "field", None)
            form.add_error(field if field in form.fields else None, str(refusal))
    at = (row.lon, row.lat) if row else (None, None)
    own = row.unit_id if row else actor.units(Permission.EDIT_TERRITORY)[0]
    context = {"form": form, "device": row, "map": maps.map_of(own, lon=at[0], lat=at[1])}
    return render(request, "sensors/edit.html", context, status=422 if form.errors else 200)


def _written(request: HttpRequest, actor: Actor, form: DeviceForm, row: Device | None) -> str:
    told = form.told()
    if row is not None:
        return str(actions.change(device_id=row.pk, told=told, by=actor).pk)
    key = once(actor, request.POST.get("once"), [request.path, request.POST.dict()])
    return str(carry_out(key, lambda: str(actions.enter(told=told, by=actor).pk)))


@require_POST
def retire(request: HttpRequest, device_id: UUID) -> HttpResponse:
    actor = _manager(request)
    try:
        actions.retire(device_id=device_id, reason=request.POST.get("reason", ""), by=actor)
    except DomainError as refusal:
        if refusal.status in {401, 403, 404}:
            raise
        notices.error(request, str(refusal))
    else:
        notices.success(request, _("Taken out of the register. Its readings stay for their time, its alerts for good."))
    return redirect("sensor", device_id)


def _manager(request: HttpRequest) -> Actor:
    """Raises SignInNeeded, NotAllowed."""
    actor = watcher_of(request)
    if not queries.manages(actor):
        raise NotAllowed
    return actor


def _unit_name(row: Device) -> str:
    return territory.unit(row.unit_id).name_in(get_language() or "")


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

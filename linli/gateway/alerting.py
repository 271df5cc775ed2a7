"""The pages on which whoever runs joint control warns everybody of an area."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.campaigns.queries import telling as at_doors
from linli.foundation import clock
from linli.foundation.access import Actor, actor_of
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, NotFound, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.gateway import actions, queries
from linli.gateway.forms import SEVERITIES, AlertForm
from linli.gateway.models import Kind, PublicAlert
from linli.territory import queries as territory


def _warner(request: HttpRequest) -> tuple[Actor, list[Any]]:
    """Who it is, and the declarations under which they may warn."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    if not actor.grants:
        raise NotAllowed
    return actor, queries.may_warn_under(actor)


@require_safe
@never_cache
def alerts(request: HttpRequest) -> HttpResponse:
    actor, declarations = _warner(request)
    rows = queries.alerts_of(actor)
    context = {"items": [_item(row) for row in rows], "may_warn": bool(declarations)}
    return render(request, "gateway/alerts.html", context)


def _item(row: PublicAlert) -> dict[str, Any]:
    state, tone = _state(row)
    return {
        "href": f"/announce/alert/{row.pk}/",
        "title": row.said_in(_language(), "headline"),
        "note": _names(row),
        "badge": state,
        "tone": tone,
    }


def _state(row: PublicAlert) -> tuple[str, str]:
    if row.ended_by_id is not None:
        return _("Updated or withdrawn"), ""
    if row.expires <= clock.now():
        return _("Over"), ""
    return _("Holds"), "warn"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Write it, see how many it reaches, issue it; `updates` is the warning in whose place it comes."""
    actor, declarations = _warner(request)
    if not declarations:
        return redirect("alerts")
    before = _before(request, actor)
    form = AlertForm(
        request.POST if request.method == "POST" else None,
        declarations=[(str(row.id), row.name) for row in declarations],
        units=_units(declarations),
        before=before,
    )
    context = {"form": form, "before": before}
    if request.method != "POST" or not form.is_valid() or "change" in request.POST:
        refused = bool(form.errors) and "change" not in request.POST
        return render(request, "gateway/alert_new.html", context, status=422 if refused else 200)
    if "sure" not in request.POST:
        return render(request, "gateway/alert_preview.html", context | _preview(form))
    key = once(actor, request.POST.get("once"), [request.path, form.data.dict()])  # type: ignore[attr-defined]
    updates = before.pk if before else None
    try:
        made = carry_out(key, lambda: str(actions.issue_alert(warning=form.alert(), by=actor, updates=updates).pk))
    except InvalidInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return render(request, "gateway/alert_new.html", context, status=refusal.status)
    except DomainError as refusal:
        form.add_error("unit" if refusal.field == "units" else None, str(refusal))
        return render(request, "gateway/alert_new.html", context, status=refusal.status)
    return redirect("alert", made)


def _before(request: HttpRequest, actor: Actor) -> PublicAlert | None:
    value = request.GET.get("updates", "")
    try:
        return queries.alert_under(actor, UUID(value)) if value else None
    except ValueError:
        raise NotFound from None


def _units(declarations: list[Any]) -> list[tuple[str, str]]:
    found = {unit.id: unit for row in declarations for unit in queries.areas_below(row.unit_id)}
    return [(str(unit.id), f"{unit.name_in(_language())} ({unit.code})") for unit in found.values()]


def _preview(form: AlertForm) -> dict[str, Any]:
    told = form.alert()
    reach = queries.reach(Kind.AREA, told.units[0], warns=True)
    stats = [
        {"label": _("In the app"), "value": reach.persons},
        {"label": _("Text message"), "value": reach.sms},
        {"label": _("WeChat"), "value": reach.wechat},
        {"label": _("Households at the door"), "value": _households(told)},
    ]
    return {"told": told, "unit_name": territory.unit(told.units[0]).name_in(_language()), "stats": stats}


def _households(told: actions.NewAlert) -> str:
    """At how many doors it would be told now."""
    return (
        f"{at_doors.count_to_tell(told.units, looked_after=told.at_doors == actions.AtDoors.LOOKED_AFTER):,}"
        if told.at_doors != actions.AtDoors.NOBODY
        else "0"
    )


@require_safe
@never_cache
def alert(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    actor, declarations = _warner(request)
    row = queries.alert_under(actor, alert_id)
    state, tone = _state(row)
    holds = row.ended_by_id is None and row.expires > clock.now()
    context = {
        "row": row,
        "title": row.said_in(_language(), "headline"),
        "unit_name": _names(row),
        "state": state,
        "tone": tone,
        "severity": SEVERITIES.get(row.severity, ""),
        "exercise": row.status != "Actual",
        "telling": at_doors.telling_of_notice(row.pk),
        "may_withdraw": holds,
        "may_update": holds and any(one.id == row.declaration_id for one in declarations),
    }
    return render(request, "gateway/alert.html", context)


@require_POST
def withdraw(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    actor, _declarations = _warner(request)
    try:
        actions.cancel_alert(alert_id=alert_id, by=actor)
    except (NotFound, NotAllowed):
        raise
    except DomainError as refusal:
        notices.error(request, str(refusal))
    else:
        notices.success(request, _("Withdrawn. Whoever was told is told that it is over."))
    return redirect("alert", alert_id)


def _names(row: PublicAlert) -> str:
    return ", ".join(territory.unit(unit).name_in(_language()) for unit in row.units[:5])


def _language() -> str:
    return get_language() or ""

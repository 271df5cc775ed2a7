"""The register of cameras, one camera with who has looked through it, and its picture once a reason was given."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.cameras import actions, errors, queries, rules
from linli.cameras.forms import CameraForm, ReasonForm
from linli.cameras.models import Camera, Look
from linli.cameras.rules import Act
from linli.cameras.words import direction_name
from linli.foundation.access import Actor, actor_of
from linli.foundation.errors import DomainError, NotAllowed, NotFound, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.foundation.policy import with_streams_from
from linli.people import queries as people
from linli.territory import maps
from linli.territory import queries as territory


@require_safe
@never_cache
def cameras(request: HttpRequest) -> HttpResponse:
    actor = _reader(request)
    unit_id, before = _id(request.GET.get("unit", "")), _id(request.GET.get("before", ""))
    rows = queries.cameras(actor, unit_id=unit_id, before=before)
    shown = rows[: queries.PAGE]
    context = {
        "items": [_item(row) for row in shown],
        "next_href": _here(unit_id, shown[-1].pk) if len(rows) > queries.PAGE else "",
        "first_href": _here(unit_id) if before else "",
        "manages": queries.may(actor, Act.MANAGE),
    }
    return render(request, "cameras/cameras.html", context)


def _here(unit_id: UUID | None, before: UUID | None = None) -> str:
    asked = {name: str(value) for name, value in (("unit", unit_id), ("before", before)) if value}
    return f"/cameras/?{urlencode(asked)}" if asked else "/cameras/"


def _item(row: Camera) -> dict[str, Any]:
    return {
        "href": f"/cameras/{row.pk}/",
        "title": row.name,
        "note": f"{_unit_name(row)} · {direction_name(row.direction)}",
        "meta": row.purpose,
        "icon": "camera",
        "badge": "" if row.sign else _("No sign"),
        "tone": "warn",
    }


@require_safe
@never_cache
def camera(request: HttpRequest, camera_id: UUID) -> HttpResponse:
    """What is registered, who has looked, and the picture of a look that was begun."""
    actor = _reader(request)
    row = queries.camera(actor, camera_id)
    look = _open_look(actor, row, request.GET.get("look", ""))
    answer = _shown(request, actor, row, ReasonForm(), look)
    if look is not None:
        # The page of a look alone may ask this host, and no other.
        answer.headers["Content-Security-Policy"] = with_streams_from(rules.source_of(row.address).origin)
    return answer


def _open_look(actor: Actor, row: Camera, text: str) -> Look | None:
    """The look that the address names, as long as it lasts; an old address shows the page without a picture."""
    look_id = _id(text)
    try:
        look = queries.open_look(actor, look_id) if look_id else None
    except (NotFound, NotAllowed, errors.LookOver, errors.CameraClosed):
        return None
    return look if look and look.camera_id == row.pk else None


def _shown(
    request: HttpRequest, actor: Actor, row: Camera, form: ReasonForm, look: Look | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "camera": row,
        "unit_name": _unit_name(row),
        "owner": people.body(row.owner_id).label,
        "direction": direction_name(row.direction),
        "form": form,
        "look": look,
        "minutes": rules.LOOK_LASTS.seconds // 60,
        "looks": queries.looks(actor, row),
        "all_looks": queries.may(actor, Act.SEE_LOOKS, row.unit_id),
        "may_look": queries.may(actor, Act.LOOK, row.unit_id) and row.closed_at is None,
        "manages": queries.may(actor, Act.MANAGE, row.unit_id) and row.closed_at is None,
    }
    return render(request, "cameras/camera.html", context, status=status)


@require_POST
def look(request: HttpRequest, camera_id: UUID) -> HttpResponse:
    """The reason is kept first; the picture is on the page that follows."""
    actor = _reader(request)
    row = queries.camera(actor, camera_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _shown(request, actor, row, form, status=422)
    reason = form.cleaned_data["reason"]
    key = once(actor, request.POST.get("once"), [request.path, reason])
    made = carry_out(key, lambda: str(actions.look(camera_id=camera_id, reason=reason, by=actor).pk))
    return redirect(f"/cameras/{camera_id}/?look={made}")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    actor = _manager(request)
    return _edit(request, actor, CameraForm(request.POST if request.method == "POST" else None), None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: HttpRequest, camera_id: UUID) -> HttpResponse:
    actor = _manager(request)
    row = queries.camera(actor, camera_id)
    queries.require(actor, Act.MANAGE, row.unit_id)
    return _edit(request, actor, CameraForm.of(row, request.POST if request.method == "POST" else None), row)


def _edit(request: HttpRequest, actor: Actor, form: CameraForm, row: Camera | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(f"/cameras/{_written(request, actor, form, row)}/")
        except DomainError as refusal:
            # What was typed stays, beside what is to be changed in it.
            field = getattr(refusal, "field", None)
            form.add_error(field if field in form.fields else None, str(refusal))
    at = (row.lon, row.lat) if row else (None, None)
    own = row.unit_id if row else next(grant.unit_id for grant in actor.grants if grant.role in rules.MAY[Act.MANAGE])
    context = {"form": form, "camera": row, "map": maps.map_of(own, lon=at[0], lat=at[1])}
    return render(request, "cameras/edit.html", context, status=422 if form.errors else 200)


def _written(request: HttpRequest, actor: Actor, form: CameraForm, row: Camera | None) -> str:
    told = form.told()
    if row is not None:
        return str(actions.change(camera_id=row.pk, told=told, by=actor).pk)
    key = once(actor, request.POST.get("once"), [request.path, request.POST.dict()])
    return str(carry_out(key, lambda: str(actions.register(told=told, by=actor).pk)))


@require_POST
def close(request: HttpRequest, camera_id: UUID) -> HttpResponse:
    actions.close(camera_id=camera_id, reason=request.POST.get("reason", ""), by=_manager(request))
    notices.success(request, _("Taken out of the register. Its looks stay."))
    return redirect("/cameras/")


def _reader(request: HttpRequest) -> Actor:
    return _who_may(request, Act.SEE)


def _manager(request: HttpRequest) -> Actor:
    return _who_may(request, Act.MANAGE)


def _who_may(request: HttpRequest, act: Act) -> Actor:
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    queries.require(actor, act)
    return actor


def _unit_name(row: Camera) -> str:
    return territory.unit(row.unit_id).name_in(get_language() or "")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

"""The territory to look at: one unit, what lies above and below it, and its map."""

import json
from hashlib import sha256
from typing import Any
from uuid import UUID

import shapely
from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.foundation import imports
from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.errors import DomainError, NotFound, SignInNeeded
from linli.foundation.files import MAX_BYTES, FileTooLarge
from linli.foundation.idempotency import carry_out, once
from linli.foundation.suggesting import options
from linli.territory import fates, maps, queries
from linli.territory.forms import UnitField, datum_field, offers
from linli.territory.index import UnitInfo
from linli.web import unit_changes

MOST_BELOW = 500


@require_safe
def territory(request: HttpRequest) -> HttpResponse:
    """Public reference data: everybody may read it. `unit` is an id, `name` searches from city to quarter."""
    actor = actor_of(request)
    name = request.GET.get("name", "").strip()
    unit = _unit(request.GET.get("unit", ""))
    below = queries.children(unit.id)
    edits = actor.may(Permission.EDIT_TERRITORY, unit.path)
    context = {
        "unit": unit,
        "title": _label(unit),
        "above": [_item(one) for one in queries.ancestors(unit.id)],
        "items": [_item(one) for one in below[:MOST_BELOW]],
        "more": max(0, len(below) - MOST_BELOW),
        "drawn": queries.boundary(unit.id) is not None,
        "map": maps.map_of(unit.id),
        "edits": edits,
        "adds": edits and unit.valid_to is None and queries.levels_below(unit.level),
        "bounds": edits and unit.valid_to is None and queries.told_by(unit.level) == "boundary",
        "changes": unit.valid_to is None and actor.may(Permission.EDIT_TERRITORY, unit.path[:-1]),
        "entries": unit_changes.history(unit.id),
        "name": name,
        "found": [_item(one) for one in queries.search_names(name)] if name else [],
    }
    return render(request, "web/territory.html", context)


@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """What fits while a unit is typed into a form, whatever the field is called there."""
    return HttpResponse(options(offers(str(next(iter(request.GET.values()), ""))[:150])))


@require_safe
def boundary(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    """A unit's boundary as a drawing program opens it: to be corrected, or cut into parts. `from` is an earlier one's first day."""
    unit, since = queries.unit(unit_id), request.GET.get("from", "")
    drawn = queries.outlines(unit_id)
    asked = [one for one in drawn if (one.valid_from.isoformat() == since if since else one.valid_to is None)]
    if not asked:
        raise NotFound
    properties = {"code": unit.code, "name": unit.name, "name_en": unit.name_en}
    geometry = json.loads(shapely.to_geojson(asked[0].shape))
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    answer = JsonResponse({"type": "FeatureCollection", "features": [feature]}, content_type="application/geo+json")
    name = f"{unit.code}-{since}" if since else unit.code
    answer["Content-Disposition"] = f'attachment; filename="{name}.geojson"'
    return answer


class ImportForm(forms.Form):
    what = forms.ChoiceField(
        label=_("What the file holds"),
        choices=[
            (fates.UNITS, _("A register: units, quarters, buildings, grids")),
            (fates.BOUNDARIES, _("Boundaries")),
        ],
    )
    unit = UnitField(label=_("Unit"), help_text=_("The file is about it, or about what lies below it."))
    on = forms.DateField(label=_("As of"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    datum = datum_field()
    source = forms.CharField(label=_("Source"), max_length=200, required=False, help_text=_("The document's number."))
    file = forms.FileField(
        label=_("Chosen file"),
        help_text=_("A register is CSV or XLSX; boundaries are GeoJSON, or a table with code and geometry (WKT)."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Send a register or boundaries for a dry run; its page shows each row's fate, and imports it."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    actor.require(Permission.EDIT_TERRITORY)
    form, status = ImportForm(request.POST or None, request.FILES or None, initial={"on": queries.day_of(None)}), 200
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("work", _begin_check(request, actor, form.cleaned_data))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            status = refusal.status
    return render(request, "web/territory_import.html", {"form": form}, status=status)


def _begin_check(request: HttpRequest, actor: Actor, asked: dict[str, Any]) -> str:
    unit, file = asked["unit"], asked["file"]
    actor.require(Permission.EDIT_TERRITORY, unit.path)
    if file.size > MAX_BYTES:
        raise FileTooLarge(field="file", limit=MAX_BYTES // 1024 // 1024)
    data = file.read()
    told = {"on": asked["on"].isoformat(), "datum": asked["datum"], "source": asked["source"], "unit": str(unit.id)}

    def work() -> str:
        begun = imports.check(asked["what"], data=data, filename=file.name, asked=told, by=actor, unit_path=unit.path)
        return str(begun.id)

    content = [request.path, asked["what"], told, sha256(data).hexdigest()]
    return str(carry_out(once(actor, request.POST.get("once"), content), work))


def _unit(value: str) -> UnitInfo:
    if not value:
        return queries.root()
    try:
        return queries.unit(UUID(value))
    except ValueError:
        raise NotFound from None


def _label(unit: UnitInfo) -> str:
    return unit.name_in(get_language() or "")


def _item(unit: UnitInfo) -> dict[str, Any]:
    return {
        "href": f"/territory/?unit={unit.id}",
        "title": _label(unit),
        "note": unit.code,
        "badge": maps.level_name(unit),
    }

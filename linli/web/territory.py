"""The territory to look at: one unit, what lies above and below it, and its map."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from linli.foundation.errors import NotFound
from linli.territory import maps, queries
from linli.territory.index import UnitInfo

MOST_BELOW = 500


@require_safe
def territory(request: HttpRequest) -> HttpResponse:
    """Public reference data: everybody may read it. `unit` is an id, `name` searches from city to quarter."""
    name = request.GET.get("name", "").strip()
    unit = _unit(request.GET.get("unit", ""))
    below = queries.children(unit.id)
    context = {
        "unit": unit,
        "title": _label(unit),
        "above": [_item(one) for one in queries.ancestors(unit.id)],
        "items": [_item(one) for one in below[:MOST_BELOW]],
        "more": max(0, len(below) - MOST_BELOW),
        "map": maps.map_of(unit.id),
        "name": name,
        "found": [_item(one) for one in queries.search_names(name)] if name else [],
    }
    return render(request, "web/territory.html", context)


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

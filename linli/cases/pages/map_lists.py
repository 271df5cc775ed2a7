"""A layer of the smart map as a list, where its room has no page that says the same: for a keyboard, a screen reader, or without script."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.cases import map_layers
from linli.cases.map_layers import Mark
from linli.cases.pages.choosing import chosen
from linli.cases.pages.smart_map import ADDRESS
from linli.foundation.errors import NotFound
from linli.territory import queries as territory

# More are found unit by unit: the map's list leads there.
MOST_LISTED = 200


@require_safe
@never_cache
def layer(request: HttpRequest, name: str) -> HttpResponse:
    choice = chosen(request)
    found = next((one for one in map_layers.layers_for(choice.actor) if one.name == name and one.marks), None)
    if found is None or found.marks is None:
        raise NotFound
    marks = found.marks(choice.actor, choice.unit_id, MOST_LISTED + 1)
    context = {
        "title": found.label,
        "unit_name": territory.unit(choice.unit_id).name_in(get_language() or ""),
        "items": [_item(mark) for mark in marks[:MOST_LISTED]],
        "more": len(marks) > MOST_LISTED,
        "most": MOST_LISTED,
        "back": f"{ADDRESS}?unit={choice.unit_id}",
    }
    return render(request, "cases/map/layer.html", context)


def _item(mark: Mark) -> dict[str, Any]:
    return {"title": mark.name or _("No name"), "note": mark.lines, "href": mark.href}

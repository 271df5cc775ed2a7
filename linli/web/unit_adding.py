"""A new unit below one, told in a form: what it will be is shown before it is saved, and who did it stands in its history."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext

from linli.foundation.access import Permission, actor_of
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.preview import Effect, Line
from linli.territory import actions, fates, queries
from linli.territory.errors import UnitClosed
from linli.territory.forms import NewUnitForm
from linli.territory.index import UnitInfo
from linli.web import unit_effects
from linli.web.unit_saving import read_or_sent, shown_then_done

# What a row of a register says too, in the order of the page that shows what follows.
COLUMNS = ("level", "kind", "name", "name_en", "code", "managed_population", "lon", "lat")


@read_or_sent
def add(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    above = queries.unit(unit_id)
    if not actor.may(Permission.EDIT_TERRITORY, above.path):
        raise NotAllowed
    levels = queries.levels_below(above.level)
    if not levels:
        raise NotFound
    if above.valid_to is not None:
        raise UnitClosed(name=_name(above), day=above.valid_to)
    first = max(queries.day_of(None), above.valid_from)
    form, status = NewUnitForm(request.POST or None, initial={"on": first}, levels=levels), 200
    form.fields["code"].help_text = _codes_beside(above)
    if request.method == "POST" and form.is_valid():
        known = form.cleaned_data
        given = {column: known.get(column, "") for column in COLUMNS}
        answer, status = shown_then_done(
            request,
            form,
            lambda: [actions.add_unit(parent=above.id, given=given, on=known["on"], datum=known["datum"], by=actor)],
            lambda made: _effect(above, made[0]),
        )
        if answer is not None:
            return answer
    context = {"form": form, "unit": above, "title": _name(above)}
    return render(request, "web/unit_add.html", context, status=status)


def _codes_beside(above: UnitInfo) -> str:
    """The last code of each level there: how the next one goes on."""
    last = {one.level: one.code for one in queries.children(above.id)}
    return gettext("The last ones there: %(codes)s") % {"codes": gettext(", ").join(last.values())} if last else ""


def _effect(above: UnitInfo, made: Any) -> Effect:
    """Asked while the unit is there."""
    values = [(fates.change_name(column), fates.change_value(column, getattr(made, column))) for column in COLUMNS]
    changes = [(fates.change_name("parent"), "–", _name(above))]
    changes += [(name, "–", value) for name, value in values if value != "–"]
    changes.append((gettext("In force from"), "–", made.valid_from.isoformat()))
    name = made.name_in(get_language() or "")
    return Effect(gettext("New: %(unit)s") % {"unit": name}, changes, _follows(above, made))


def _follows(above: UnitInfo, made: Any) -> list[Line]:
    lines = [unit_effects.from_day(made.valid_from)]
    if made.valid_from > queries.day_of(None):
        lines.append(Line(gettext("Until that day it is not found among the units, and no post is given in it.")))
    over = gettext("Who is responsible in %(unit)s is responsible in it too, until it has duties and posts of its own.")
    lines.append(Line(over % {"unit": _name(above)}))
    told_by = queries.told_by(made.level)
    if told_by == "boundary":
        told = gettext("It has no boundary yet: a case is told to lie in it once its boundary is drawn.")
        lines.append(Line(told, "warn"))
    elif told_by and made.lon is None:
        lines.append(Line(gettext("Without a position no case is told to lie in it."), "warn"))
    elif told_by:
        told = gettext("New cases that are nearest to its position are told to lie in it, not in the grid beside it.")
        lines.append(Line(told))
    return lines


def _name(unit: UnitInfo) -> str:
    return unit.name_in(get_language() or "")

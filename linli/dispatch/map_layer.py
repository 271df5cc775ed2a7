"""People on duty on the smart map: for the dispatcher and the desk of their unit, at the place where they last arrived.

Who has a shift and has arrived nowhere yet has no place: they are on /dispatch/people/ alone.
"""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.cases import map_layers
from linli.cases import queries as cases
from linli.cases.cells import Window
from linli.cases.map_layers import MOST_MARKS, Layer, Mark
from linli.dispatch import rules, words
from linli.dispatch.crews import path_of
from linli.dispatch.models import Position, Shift
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.people import queries as people
from linli.territory import queries as territory


def register() -> None:
    map_layers.register(
        Layer(
            name="workers",
            label=gettext_lazy("People on duty"),
            window="/api/v1/dispatch/map/window",
            mark=pgettext_lazy("sign on the map", "P"),
            tone="info",
            from_zoom=11,
            serves=lambda actor: any(grant.role in rules.DISPATCHERS for grant in actor.grants),
            listed="/dispatch/people/",
        )
    )


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[Mark]:
    """Whose shift in the unit, below it, or in a larger one around it that the actor dispatches in, is now, and where they are. Five
    statements. Raises NotFound, NotAllowed."""
    cases.require_unit(actor, unit_id)
    path = territory.unit(unit_id).path
    rules.require(actor, rules.DISPATCHERS, path)
    now = clock.now()
    around = [one for depth, one in enumerate(path) if rules.may(actor, rules.DISPATCHERS, path[: depth + 1])]
    there = Q(unit__path__contains=[unit_id]) | Q(unit__in=around)
    shifts = Shift.objects.filter(there, starts_at__lte=now, ends_at__gt=now)
    found = Position.objects.filter(
        person__in=shifts.values("person"),
        at__gte=now - rules.POSITION_LASTS,
        lon__range=(window.west, window.east),
        lat__range=(window.south, window.north),
    )
    places = list(found.order_by("-at")[:MOST_MARKS])
    here = [place.person_id for place in places]
    ends = {shift.person_id: shift for shift in shifts.filter(person__in=here)}
    names = {
        one.id: one.name for one in people.handlers_of({shift.body_id for shift in ends.values() if shift.body_id})
    }
    with acting_as(SYSTEM):
        held = cases.in_hand_of(list(ends))
    return [
        _mark(place, ends[place.person_id], names[place.person_id], held.get(place.person_id, 0), unit_id)
        for place in places
        if place.person_id in ends and place.person_id in names
    ]


def _mark(place: Position, shift: Shift, name: str, in_hand: int, unit_id: UUID) -> Mark:
    said = [
        words.open_tasks(in_hand) if in_hand else _("free"),
        _("there since %(time)s") % {"time": words.clock_time(place.at)},
        _("on duty until %(time)s") % {"time": words.clock_time(shift.ends_at)},
    ]
    return Mark(
        lon=place.lon,
        lat=place.lat,
        name=name,
        href=f"{path_of(place.person_id, shift.body_id, unit_id)}?unit={unit_id}",
        lines=" · ".join(said),
        tone=_tone(in_hand),
    )


def _tone(in_hand: int) -> str:
    if in_hand >= rules.MOST_IN_HAND:
        return "bad"
    return "warn" if in_hand else "good"

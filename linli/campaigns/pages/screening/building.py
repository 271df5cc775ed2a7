"""One building: its doors from the top floor down."""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import queries
from linli.campaigns.merging import is_left_to_desk
from linli.campaigns.models import Campaign, Outcome, Power, Tally
from linli.campaigns.pages import words
from linli.campaigns.pages.common import name_of, names_of, reader
from linli.campaigns.queries import DoorAt, console
from linli.campaigns.rules import Act
from linli.foundation.access import Actor
from linli.foundation.markup import written


@require_safe
@never_cache
def building(request: HttpRequest, campaign_id: UUID, building_id: UUID) -> HttpResponse:
    """Every door by entrance and floor, and exactly those that nobody has reached."""
    actor, running = reader(request), queries.campaign(campaign_id)
    tally = queries.building_in(running, building_id)
    doors = queries.doors_of_building(actor, running, tally)
    opened: set[UUID] = set()
    if queries.may(actor, Act.READ_ANSWERS, tally.community_id):
        aside = console.doors_with_aside(running, building_id)
        opened = {door.id for door in doors if door.visits > 0 or door.id in aside}
    said = {value: _said(words.outcome(value)) for value in ("", *Outcome.values)}
    left = [door for door in doors if not door.is_reached]
    desk = [door for door in left if is_left_to_desk(door.outcome, door.visits, running.most_attempts)]
    base = f"/control/screenings/{running.pk}/"
    names = names_of([building_id])
    context = {
        "row": running,
        "name": names.get(building_id, ""),
        "above_name": name_of(tally.community_id),
        "entrances": _entrances(doors, opened, said),
        "found": [_cell(door, opened, said) for door in doors if door.entrance is None],
        "left": written(_LEFT, {}, ({"label": door.label, **said[door.outcome]} for door in left)),
        "left_count": len(left),
        "desk": written(_LEFT, {}, ({"label": door.label, **said[door.outcome]} for door in desk)),
        "desk_count": len(desk),
        "whole": len(doors),
        "reached": len(doors) - len(left),
        "legend": [words.NOT_VISITED, *words.OUTCOMES.values()],
        "sealed_at": tally.sealed_at,
        "back": f"{base}?unit={tally.community_id}",
        "here": f"{base}buildings/{building_id}/",
        "seals": _may_seal(actor, running, tally),
        "leads": queries.may(actor, Act.RUN, tally.community_id),
        "live_topics": [f"campaign:{running.pk}"],
    }
    return render(request, "campaigns/building.html", context)


def _may_seal(actor: Actor, running: Campaign, tally: Tally) -> bool:
    given = Power.SEAL_BUILDINGS in running.declaration.powers and queries.is_open(running)
    return given and tally.sealed_at is None and queries.may(actor, Act.RUN, tally.community_id)


def _said(told: tuple[str, object, str]) -> dict[str, str]:
    sign, word, tone = told
    return {"sign": sign, "word": str(word), "tone": tone}


# Written here and not in the template, where a door costs ten times as much: a tall building has some hundred.
_DOOR = (
    '<td class="{tone}"><span class="door-number">{number}</span><span class="door-word"><span aria-hidden="true">{sign}</span> {word}'
    "</span>{note}</td>"
)
_LEFT = '<li><span class="digits">{label}</span> <span class="soft small">{sign} {word}</span></li>'
_FLOOR = '<tr><th scope="row">{name}</th>{doors}</tr>'


def _cell(door: DoorAt, opened: Container[UUID], said: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    number = format_html('<a href="doors/{}/">{}</a>', door.id, door.label) if door.id in opened else door.label
    return {"number": number, "note": _visits(door) if door.visits > 1 else "", **said[door.outcome]}


def _visits(door: DoorAt) -> SafeString:
    times = _("%(times)s visits") % {"times": door.visits}
    told = f"{times} · {_('several teams')}" if len(door.teams) > 1 else times
    return format_html('<span class="door-note">{}</span>', told)


def _entrances(
    doors: Sequence[DoorAt], opened: Container[UUID], said: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Each entrance as it stands: its floors from the top down, their doors from left to right."""
    by_place: dict[int, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for door in doors:
        if door.entrance is not None and door.floor is not None:
            by_place[door.entrance][door.floor].append(_cell(door, opened, said))
    floor_name = _("Floor %(number)s")
    return [
        {
            "number": entrance,
            "floors": written(
                _FLOOR,
                {},
                (
                    {"name": floor_name % {"number": floor}, "doors": written(_DOOR, {}, cells)}
                    for floor, cells in sorted(floors.items(), reverse=True)
                ),
            ),
        }
        for entrance, floors in sorted(by_place.items())
    ]

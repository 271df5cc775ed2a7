"""One building: its doors from the top floor down."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import queries
from linli.campaigns.models import Campaign, Power, Tally
from linli.campaigns.pages import words
from linli.campaigns.pages.common import name_of, names_of, reader
from linli.campaigns.queries import DoorAt, console
from linli.campaigns.rules import Act, Stage
from linli.foundation.access import Actor


@require_safe
@never_cache
def building(request: HttpRequest, campaign_id: UUID, building_id: UUID) -> HttpResponse:
    """Every door by entrance and floor, and exactly those that nobody has reached."""
    actor, running = reader(request), queries.campaign(campaign_id)
    tally = console.building_in(running, building_id)
    standing = queries.standing_of(actor, running, building_id)
    reads_answers = queries.may(actor, Act.READ_ANSWERS, tally.community_id)
    aside = console.doors_with_aside(running, building_id)
    doors = [_door(door, reads_answers and (door.visits > 0 or door.id in aside)) for door in standing]
    base = f"/control/screenings/{running.pk}/"
    names = names_of([building_id])
    context = {
        "row": running,
        "name": names.get(building_id, ""),
        "above_name": name_of(tally.community_id),
        "entrances": _entrances(doors),
        "found": [door for door in doors if door["entrance"] is None],
        "left": [door for door, at in zip(doors, standing, strict=True) if not at.is_reached],
        "whole": len(doors),
        "reached": sum(door.is_reached for door in standing),
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
    given = (
        Power.SEAL_BUILDINGS in running.declaration.powers and queries.stage_of(running.declaration) is Stage.IN_FORCE
    )
    return given and tally.sealed_at is None and queries.may(actor, Act.RUN, tally.community_id)


def _door(door: DoorAt, opens: bool) -> dict[str, Any]:
    sign, word, tone = words.outcome(door.outcome)
    return {
        "label": door.label,
        "entrance": door.entrance,
        "floor": door.floor,
        "sign": sign,
        "word": word,
        "tone": tone,
        "visits": door.visits,
        "several": len(door.teams) > 1,
        "found": door.found,
        "href": f"doors/{door.id}/" if opens else "",
    }


def _entrances(doors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each entrance as it stands: its floors from the top down, their doors from left to right."""
    by_place: dict[int, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for door in doors:
        if door["entrance"] is not None and door["floor"] is not None:
            by_place[door["entrance"]][door["floor"]].append(door)
    return [
        {
            "number": entrance,
            "floors": [{"number": floor, "doors": row} for floor, row in sorted(floors.items(), reverse=True)],
        }
        for entrance, floors in sorted(by_place.items())
    ]

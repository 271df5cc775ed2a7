"""Codes for the doors of a building: made by whoever leads or visits there, handed over at the door, and used to read."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F

from linli.campaigns import codes, errors, queries, state
from linli.campaigns.actions.locks import hold_declaration
from linli.campaigns.actions.unbinding import end_at
from linli.campaigns.models import Campaign, DoorCode
from linli.campaigns.queries import mine
from linli.campaigns.queries.mine import HomeDoor
from linli.campaigns.rules import Stage
from linli.foundation import clock, rates
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound

# What one address may try: a family mistypes, and a whole quarter may share one.
TRIES_A_MINUTE, TRIES_AT_ONCE = 6, 20


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What is handed over at a door. The code stands nowhere else."""

    door: HomeDoor
    code: str


def make_codes(*, campaign: UUID, building: UUID, by: Actor, door: UUID | None = None) -> list[Leaflet]:
    """A code for each door of a building that the actor may go to, or (`door`) for one of them. Older ones open nothing any more.

    It is written to the screening's timeline: whoever makes a code could read with it. Raises `NotFound`, `Destroyed`.
    """
    running = queries.campaign(campaign)
    if queries.stage_of(running.declaration) is Stage.DESTROYED:
        raise errors.Destroyed
    doors = [one for one in mine.doors_to_tell(by, running, building) if door in {None, one.id}]
    if not doors:
        raise NotFound
    leaflets = [Leaflet(one, codes.new_code()) for one in doors]
    with acting_as(SYSTEM), transaction.atomic():
        hold_declaration(running.declaration_id)
        locked = Campaign.objects.select_for_update(no_key=True).get(pk=running.pk)
        DoorCode.objects.bulk_create(
            [
                DoorCode(
                    declaration_id=running.declaration_id,
                    door=one.door.id,
                    building_id=building,
                    digest=codes.digest(codes.read(one.code)),
                    made_by_label=by.label[:120],
                )
                for one in leaflets
            ],
            update_conflicts=True,
            unique_fields=["declaration", "door"],
            update_fields=["building", "digest", "made_at", "made_by_label", "opened", "opened_at"],
        )
        # What older codes bound, they open no more.
        end_at(doors=[one.door.id for one in leaflets], by=by)
        # Which door a single one is of is not written where nothing is forgotten: the code itself knows it.
        made = {"building": str(building), "doors": len(leaflets)}
        state.record(state.CAMPAIGN, locked, "door_codes", by, data=made)
    return leaflets


def void_codes(*, declaration: UUID, doors: Collection[UUID], by: Actor) -> None:
    """Leaflets of these doors open nothing any more, and bind nobody. For the system, in the transaction that knows why."""
    rows = DoorCode.objects.select_for_update().filter(declaration=declaration, door__in=doors)
    for row in rows.order_by("pk"):
        # Of no code.
        row.digest = secrets.token_bytes(32)
        row.save(update_fields=["digest"])
    end_at(doors=doors, by=by)


def open_code(*, typed: str, address: str) -> DoorCode:
    """The row of a code, with its declaration. Unknown and replaced codes are answered alike. Raises `WrongCode`, `TooManyRequests`."""
    rates.addresses.take(f"door-code:{address}", TRIES_A_MINUTE, TRIES_AT_ONCE)
    letters = codes.read(typed)
    with acting_as(SYSTEM):
        row = DoorCode.objects.select_related("declaration").filter(digest=codes.digest(letters)).first()
        if row is None or not letters:
            raise errors.WrongCode(field="code")
        DoorCode.objects.filter(pk=row.pk).update(opened=F("opened") + 1, opened_at=clock.now())
    return row

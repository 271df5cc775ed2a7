"""An account leaves its door: by itself, by a newer code, or with the account. Of which door it was is forgotten."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from linli.campaigns import state
from linli.campaigns.models import Home
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound


def unbind(*, by: Actor) -> None:
    """The account is at no door any more; which it was is forgotten. Raises `NotFound`."""
    with transaction.atomic():
        row = Home.objects.select_for_update().filter(person=by.id, ended_at=None).first() if by.id else None
        if row is None:
            raise NotFound
        end_home(row, "unbind", by)


def end_at(*, doors: Collection[UUID], by: Actor) -> int:
    """Nobody's account is at these doors any more, whichever declaration's code bound it: another household may live there now.

    For the system, in the transaction that voids the code. Returns how many.
    """
    return _end_all(Home.objects.filter(door__in=doors, ended_at=None), by)


def end_of(*, declaration: UUID, by: Actor) -> int:
    """What its codes bound ends with its data. For the system, in the transaction that destroys them. Returns how many."""
    return _end_all(Home.objects.filter(declaration=declaration, ended_at=None), by)


def _end_all(found: QuerySet[Home], by: Actor) -> int:
    rows = list(found.select_for_update().order_by("pk"))
    for row in rows:
        end_home(row, "voided", by)
    return len(rows)


def erase(person_id: UUID, by: Actor) -> int:
    """That there was a home stays, of nobody and nowhere. For the system."""
    rows = list(Home.objects.select_for_update().filter(person=person_id).order_by("pk"))
    for row in rows:
        row.person = None
        if row.ended_at is None:
            end_home(row, "erase", by)
        else:
            row.save(update_fields=["person"])
            state.record(state.HOME, row, "erase", by)
    return len(rows)


def end_home(row: Home, why: str, by: Actor) -> None:
    row.ended_at, row.door, row.building, row.community = clock.now(), None, None, None
    row.save(update_fields=["ended_at", "door", "building", "community", "person"])
    state.record(state.HOME, row, why, by)

"""Which door an account is bound to, and whose accounts are at a door."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from linli.campaigns.models import DoorCode, Home
from linli.foundation.access import SYSTEM, Actor, acting_as


def home_of(actor: Actor) -> Home | None:
    """The actor's own, with its declaration."""
    if actor.id is None:
        return None
    return Home.objects.select_related("declaration").filter(person=actor.id, ended_at=None).first()


def code_of(home: Home) -> DoorCode | None:
    """The code that bound it, with its declaration, while it is good; none when a newer one has voided it."""
    with acting_as(SYSTEM):
        found = DoorCode.objects.select_related("declaration").filter(declaration=home.declaration_id, door=home.door)
        return found.filter(made_at__lte=home.bound_at).first()


def count_at(declaration_id: UUID, door: UUID) -> int:
    """How many accounts are bound to a door: shown to the household."""
    with acting_as(SYSTEM):
        return Home.objects.filter(declaration=declaration_id, door=door, ended_at=None).count()


def at_home_in(units: Collection[UUID]) -> QuerySet[Home]:
    """Whose accounts are bound to a door in these units. For the system."""
    return Home.objects.filter(ended_at=None, building__path__overlap=list(units))

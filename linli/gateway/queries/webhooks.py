"""Subscriptions: who is told of which event."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from linli.foundation.access import Actor, Permission
from linli.gateway.models import Delivery, Subscription

PAGE = 50


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What is needed to tell whether an event concerns a subscription."""

    id: UUID
    events: frozenset[str]
    unit_id: UUID
    body_id: UUID | None

    def sees(self, units: list[UUID], bodies: list[UUID]) -> bool:
        """Whether a case of these units and bodies lies in the subscription's scope."""
        return self.unit_id in units and (self.body_id is None or self.body_id in bodies)


def visible_subscriptions(actor: Actor) -> QuerySet[Subscription]:
    """The subscriptions of the units whose gateway the actor manages, newest first."""
    found = Subscription.objects.select_related("unit", "body").order_by("-pk")
    return found if actor.is_system else found.filter(unit__path__overlap=actor.units(Permission.MANAGE_GATEWAY))


def deliveries(actor: Actor, subscription_id: UUID, *, before: UUID | None = None) -> list[Delivery]:
    """The newest deliveries of a subscription that the actor manages."""
    found = Delivery.objects.filter(subscription__in=visible_subscriptions(actor).filter(pk=subscription_id))
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:PAGE])


def subscribed(event: str) -> list[Subscribed]:
    """The active subscriptions to an event, from the process cache. For the system."""
    return [one for one in _active(str(connection.settings_dict["NAME"])) if event in one.events]


@lru_cache(maxsize=2)
def _active(_database: str) -> tuple[Subscribed, ...]:
    rows = Subscription.objects.filter(active=True).values_list("id", "events", "unit_id", "body_id")
    return tuple(Subscribed(row[0], frozenset(row[1]), row[2], row[3]) for row in rows)


def forget_subscriptions() -> None:
    """Read subscriptions again: called in every process when one has changed."""
    _active.cache_clear()

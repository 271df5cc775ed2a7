"""How people want to be told."""

from collections.abc import Iterable
from uuid import UUID

from linli.foundation.access import Actor, ActorKind
from linli.foundation.errors import SignInNeeded
from linli.gateway.models import Wishes
from linli.gateway.rules import DEFAULT_WISH, Wish


def wishes(person_ids: Iterable[UUID]) -> dict[UUID, Wish]:
    """Of each of these persons, the defaults where they chose nothing. One query. For the system."""
    ids = set(person_ids)
    chosen = {row.person_id: _wish(row) for row in Wishes.objects.filter(person__in=ids)} if ids else {}
    return {person: chosen.get(person, DEFAULT_WISH) for person in ids}


def own_wish(actor: Actor) -> Wish:
    """The actor's own. Raises `SignInNeeded`."""
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise SignInNeeded
    row = Wishes.objects.filter(person=actor.id).first()
    return _wish(row) if row is not None else DEFAULT_WISH


def _wish(row: Wishes) -> Wish:
    return Wish(row.ways, row.quiet_from, row.quiet_to, row.digest_hour)

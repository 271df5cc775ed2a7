"""How people want to be told."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from linli.foundation.access import Actor, ActorKind
from linli.foundation.errors import SignInNeeded
from linli.gateway.models import Followed, Wishes
from linli.gateway.rules import DEFAULT_WISH, Wish
from linli.territory import queries as territory
from linli.territory.index import UnitInfo


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


def followed(actor: Actor) -> Sequence[UnitInfo]:
    """The communities and quarters whose news the actor asked for, in the order in which they did. Raises `SignInNeeded`."""
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise SignInNeeded
    rows = Followed.objects.filter(person=actor.id).order_by("pk")
    return [territory.unit(unit) for unit in rows.values_list("unit", flat=True)]


def _wish(row: Wishes) -> Wish:
    return Wish(row.ways, row.quiet_from, row.quiet_to, row.digest_hour, row.where_reported)

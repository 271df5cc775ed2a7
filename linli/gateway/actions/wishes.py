"""A person chooses how they are told."""

from collections.abc import Mapping
from datetime import time
from uuid import UUID

from django.db import transaction

from linli.foundation.access import Actor, ActorKind
from linli.foundation.errors import InvalidInput, SignInNeeded
from linli.gateway.errors import FollowsEnough, NotFollowable
from linli.gateway.models import Followed, Kind, Way, Wishes
from linli.gateway.rules import FOLLOWABLE, MOST_FOLLOWED
from linli.territory import queries as territory


def choose(
    *, by: Actor, ways: Mapping[str, str], quiet_from: time, quiet_to: time, digest_hour: int | None = None
) -> Wishes:
    """Set one's ways, quiet hours and digest. Kinds that are left out keep their way. Raises `InvalidInput`."""
    person = _person(by)
    if not set(ways) <= set(Kind) or not set(ways.values()) <= set(Way):
        raise InvalidInput(field="ways")
    if digest_hour is not None and not 0 <= digest_hour <= 23:
        raise InvalidInput(field="digest_hour")
    before = Wishes.objects.filter(person=person).first()
    chosen, _made = Wishes.objects.update_or_create(
        person_id=person,
        defaults={
            "ways": {**(before.ways if before else {}), **{str(kind): str(way) for kind, way in ways.items()}},
            "quiet_from": quiet_from,
            "quiet_to": quiet_to,
            "digest_hour": digest_hour,
        },
    )
    return chosen


def follow(*, unit_id: UUID, by: Actor) -> None:
    """Ask for the news of a community or quarter; asking twice changes nothing. Raises `NotFollowable`, `FollowsEnough`."""
    person = _person(by)
    if territory.unit(unit_id).level not in FOLLOWABLE:
        raise NotFollowable(field="unit")
    with transaction.atomic():
        # Two at once are counted one after the other.
        Wishes.objects.get_or_create(person_id=person)
        Wishes.objects.select_for_update().get(person=person)
        others = Followed.objects.filter(person=person).exclude(unit=unit_id)
        if others.count() >= MOST_FOLLOWED:
            raise FollowsEnough(most=MOST_FOLLOWED)
        Followed.objects.get_or_create(person_id=person, unit_id=unit_id)


def unfollow(*, unit_id: UUID, by: Actor) -> None:
    """Take back what was asked for. It is forgotten: where somebody lived is nobody's business any more."""
    Followed.objects.filter(person=_person(by), unit=unit_id).delete()


def hear_where_reported(*, hear: bool, by: Actor) -> None:
    """Whether the news of the units come in which one reported something lately."""
    Wishes.objects.update_or_create(person_id=_person(by), defaults={"where_reported": hear})


def _person(by: Actor) -> UUID:
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise SignInNeeded
    return by.id

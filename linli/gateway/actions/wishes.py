"""A person chooses how they are told."""

from collections.abc import Mapping
from datetime import time

from linli.foundation.access import Actor, ActorKind
from linli.foundation.errors import InvalidInput, SignInNeeded
from linli.gateway.models import Kind, Way, Wishes


def choose(
    *, by: Actor, ways: Mapping[str, str], quiet_from: time, quiet_to: time, digest_hour: int | None = None
) -> Wishes:
    """Set one's ways, quiet hours and digest. Kinds that are left out keep their way. Raises `InvalidInput`."""
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise SignInNeeded
    if not set(ways) <= set(Kind) or not set(ways.values()) <= set(Way):
        raise InvalidInput(field="ways")
    if digest_hour is not None and not 0 <= digest_hour <= 23:
        raise InvalidInput(field="digest_hour")
    before = Wishes.objects.filter(person=by.id).first()
    chosen, _made = Wishes.objects.update_or_create(
        person_id=by.id,
        defaults={
            "ways": {**(before.ways if before else {}), **{str(kind): str(way) for kind, way in ways.items()}},
            "quiet_from": quiet_from,
            "quiet_to": quiet_to,
            "digest_hour": digest_hour,
        },
    )
    return chosen

"""An account bound to its door by the code of the leaflet that was handed over there: read without the code, and warned."""

from django.contrib.auth import get_user_model
from django.db import transaction

from linli.campaigns import errors, state
from linli.campaigns.actions.door_codes import TRIES_A_MINUTE, TRIES_AT_ONCE, open_code
from linli.campaigns.actions.locks import hold_declaration
from linli.campaigns.actions.unbinding import end_home
from linli.campaigns.models import DoorCode, Home, Membership
from linli.foundation import rates
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import SignInNeeded
from linli.territory import queries as territory


def bind(*, typed: str, address: str, by: Actor) -> Home:
    """The account is bound to the code's door, and to no other any more: whoever has moved binds the new door.

    Raises `SignInNeeded`, `WrongCode`, `TooManyRequests`, `VisitsThere`, `Destroyed`.
    """
    if by.id is None:
        raise SignInNeeded
    # However many addresses an account comes from.
    rates.addresses.take(f"home:{by.id}", TRIES_A_MINUTE, TRIES_AT_ONCE)
    opened = open_code(typed=typed, address=address)
    if opened.door is None:
        raise errors.Destroyed
    with acting_as(SYSTEM), transaction.atomic():
        hold_declaration(opened.declaration_id)
        # An account that is bound twice at once is bound by one after the other.
        get_user_model().objects.select_for_update(no_key=True).get(pk=by.id)
        # A newer code that is made at this moment takes the place of this one in its row: one of the two waits.
        code = DoorCode.objects.select_for_update().filter(pk=opened.pk, digest=opened.digest).first()
        if code is None:
            raise errors.WrongCode(field="code")
        if code.door is None or code.building_id is None:
            raise errors.Destroyed
        # Whoever goes to doors could make a code of any of them, and would read from then on without being seen.
        if Membership.objects.filter(member__person=by.id, team__campaign__declaration=code.declaration_id).exists():
            raise errors.VisitsThere(field="bind")
        before = Home.objects.select_for_update().filter(person=by.id, ended_at=None).first()
        if before is not None:
            if (before.declaration_id, before.door) == (code.declaration_id, code.door):
                return before
            end_home(before, "unbind", by)
        home = Home(
            person_id=by.id,
            declaration_id=code.declaration_id,
            door=code.door,
            building_id=code.building_id,
            community_id=territory.unit(code.building_id).path[3],
        )
        home.save(force_insert=True)
        state.record(state.HOME, home, "bind", by)
    return home

"""Whom ODK Collect acts as."""

from uuid import UUID

from linli.campaigns import queries as campaigns
from linli.campaigns.rules import Act
from linli.foundation import rates
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.gateway import rules
from linli.gateway.errors import AppUserNotValid
from linli.gateway.models import AppUser

# A phone asks for its form, its doors and a photo or two for each visit.
A_MINUTE = 240


def app_user(token: str) -> AppUser:
    """With its team and campaign. Raises `AppUserNotValid` (unknown, revoked: one answer) and `TooManyRequests`."""
    if not rules.looks_like_a_key(token):
        raise AppUserNotValid
    found = AppUser.objects.select_related("team__campaign__declaration", "team__campaign__form")
    with acting_as(SYSTEM):
        user = found.filter(key_hash=rules.app_user_hash(token), revoked_at=None).first()
    if user is None:
        raise AppUserNotValid
    rates.keys.take(str(user.id), A_MINUTE)
    return user


def app_users(actor: Actor, team_id: UUID) -> list[AppUser]:
    """Those of a team, newest first, for whoever runs its campaign. Raises `NotFound`, `NotAllowed`."""
    campaigns.require(actor, Act.RUN, campaigns.team(team_id).unit_id)
    return list(AppUser.objects.filter(team=team_id).order_by("-pk"))

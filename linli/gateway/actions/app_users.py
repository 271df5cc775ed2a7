"""Connecting ODK Collect to a team, and ending that."""

import json
import zlib
from base64 import b64encode
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from linli.campaigns import queries as campaigns
from linli.campaigns.rules import Act
from linli.config import env
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.ids import uuid7
from linli.gateway import rules
from linli.gateway.errors import NotInTeam
from linli.gateway.models import AppUser


@dataclass(frozen=True, slots=True)
class NewAppUser:
    """`token` is the way in itself: shown once, kept nowhere."""

    user: AppUser
    token: str
    project: str

    @property
    def server_url(self) -> str:
        return f"{env.get('LINLI_URL')}/openrosa/{self.token}"

    @property
    def settings(self) -> str:
        """What Collect takes over from a QR code: the address, forms as they are here, sent as soon as there is a network."""
        general = {
            "server_url": self.server_url,
            "form_update_mode": "match_exactly",
            "autosend": "wifi_and_cellular",
            "delete_send": True,
        }
        return json.dumps({"general": general, "admin": {}, "project": {"name": self.project}}, ensure_ascii=False)

    @property
    def qr_text(self) -> str:
        """The settings as Collect's QR code holds them: compressed with zlib, in base64."""
        return b64encode(zlib.compress(self.settings.encode(), 9)).decode()


def connect_app(*, team_id: UUID, person_id: UUID, by: Actor) -> NewAppUser:
    """A way into a team for one of its members, by whoever runs its campaign. Raises `NotFound`, `NotAllowed`, `NotInTeam`."""
    team = campaigns.team(team_id)
    campaigns.require(by, Act.RUN, team.unit_id)
    with acting_as(SYSTEM):
        inside = team.memberships.filter(member__person=person_id, until=None).exists()
    if not inside:
        raise NotInTeam(field="person")
    token = rules.new_key()
    user = AppUser(id=uuid7(), team=team, person_id=person_id, key_hash=rules.app_user_hash(token), created_by=by.id)
    with transaction.atomic():
        user.save(force_insert=True)
        _record(user, "connected", by)
    return NewAppUser(user, token, team.campaign.name)


def disconnect_app(*, user_id: UUID, by: Actor) -> AppUser:
    """End it at once. A second time changes nothing. Raises `NotFound`, `NotAllowed`."""
    with transaction.atomic():
        user = AppUser.objects.select_for_update(of=("self",)).select_related("team").filter(pk=user_id).first()
        if user is None:
            raise NotFound
        campaigns.require(by, Act.RUN, user.team.unit_id)
        if user.revoked_at is None:
            user.revoked_at = clock.now()
            user.save(update_fields=["revoked_at"])
            _record(user, "disconnected", by)
    return user


def _record(user: AppUser, action: str, by: Actor) -> None:
    names = ("team_id", "person_id", "created_at", "revoked_at")
    state = {name: getattr(user, name) for name in names} | {"key_hash": bytes(user.key_hash)}
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(subject_type="app_user", subject_id=user.id, action=action, by=by, state=state)

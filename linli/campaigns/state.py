"""What a timeline's entry stands for: the declarations, campaigns and premises that have one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from linli.campaigns.models import Campaign, Declaration, FollowUp, Home, Member, Premises, Telling
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, acting_as

DECLARATION, CAMPAIGN, FOLLOW_UP, PREMISES, MEMBER = "declaration", "campaign", "follow_up", "premises", "roster_member"
HOME, TELLING = "home", "telling"


def state_of(row: models.Model) -> Mapping[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _reader(model: type[models.Model]) -> Callable[[Sequence[UUID]], dict[UUID, Mapping[str, Any]]]:
    def read(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
        return {row.pk: state_of(row) for row in model._default_manager.filter(pk__in=ids)}

    return read


SUBJECTS = {
    DECLARATION: _reader(Declaration),
    CAMPAIGN: _reader(Campaign),
    FOLLOW_UP: _reader(FollowUp),
    PREMISES: _reader(Premises),
    MEMBER: _reader(Member),
    HOME: _reader(Home),
    TELLING: _reader(Telling),
}


def record(
    subject: str, row: models.Model, action: str, by: Actor, note: str = "", data: Mapping[str, Any] | None = None
) -> None:
    """One step of the row's timeline. Call it under a lock on the row."""
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=subject,
            subject_id=row.pk,
            action=action,
            by=by,
            state=state_of(row),
            note=note,
            data=data,
        )

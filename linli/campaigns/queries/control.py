"""Declarations, their campaigns, and how powers were used."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from linli.campaigns import errors, rules, sealed
from linli.campaigns.models import Campaign, Declaration, PowerUse, Submission
from linli.campaigns.rules import Act, Stage
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.statement import Statement
from linli.territory import queries as territory


def may(actor: Actor, act: Act, unit_id: UUID | None = None) -> bool:
    """Whether the actor may do this in a unit, or (None) anywhere."""
    return actor.is_system or rules.may(act, actor.grants, territory.unit(unit_id).path if unit_id else None)


def require(actor: Actor, act: Act, unit_id: UUID | None = None) -> None:
    if not may(actor, act, unit_id):
        raise NotAllowed


def lies_in(unit_id: UUID, of: str = "unit") -> Q:
    """Whether a row's unit is this one or lies below it. In the city lies all: there no row is looked at."""
    return Q() if unit_id == territory.root().id else Q(**{f"{of}__path__contains": [unit_id]})


def stage_of(row: Declaration) -> Stage:
    return rules.stage(clock.now(), row.starts_at, row.ends_at, row.ended_at, row.destroyed_at)


def is_open(row: Campaign) -> bool:
    """Whether its doors are visited now: joint control is in force, and nobody has closed the screening."""
    return row.closed_at is None and stage_of(row.declaration) is Stage.IN_FORCE


def require_open(row: Campaign) -> None:
    """Raises `NotInForce`, `ScreeningClosed`."""
    if stage_of(row.declaration) is not Stage.IN_FORCE:
        raise errors.NotInForce
    if row.closed_at is not None:
        raise errors.ScreeningClosed


def declaration(declaration_id: UUID) -> Declaration:
    """That joint control was declared is public. Raises NotFound."""
    found = _DECLARATION.first(declaration_id)
    if found is None:
        raise NotFound
    return found


_DECLARATION = Statement("SELECT {} FROM campaigns_declaration WHERE id = $1::uuid", Declaration)


def key_missed_at(row: Declaration) -> datetime | None:
    """When the key of its answers was first found missing, by its timeline; of one that is there again, nothing."""
    if sealed.has_key(row.pk):
        return None
    with acting_as(SYSTEM):
        return next((step.at for step in audit.timeline(row.pk) if step.action == "key_missed"), None)


def in_force(unit_id: UUID) -> list[Declaration]:
    """What holds in a unit now: declared for it or for a unit above it."""
    found = _OF_UNITS.all(list(territory.unit(unit_id).path), clock.now())
    return [row for row in found if stage_of(row) is Stage.IN_FORCE]


_OF_UNITS = Statement(
    "SELECT {} FROM campaigns_declaration WHERE unit_id = ANY ($1::uuid[])"
    " AND starts_at <= $2::timestamptz AND ends_at > $2 ORDER BY starts_at DESC",
    Declaration,
)


def uses(actor: Actor, row: Declaration) -> QuerySet[PowerUse]:
    """How its powers were used, the newest first."""
    require(actor, Act.SEE, row.unit_id)
    return row.uses.order_by("-at", "-pk")


def campaign(campaign_id: UUID) -> Campaign:
    """With its declaration. That households are visited is public; what came of it is not. Raises NotFound."""
    found = _CAMPAIGN.first(campaign_id)
    if found is None:
        raise NotFound
    return found


_CAMPAIGN = Statement(
    "SELECT {} FROM campaigns_campaign JOIN campaigns_declaration ON campaigns_declaration.id = declaration_id"
    " WHERE campaigns_campaign.id = $1::uuid",
    Campaign,
    declaration=Declaration,
)


def until_of(running: Campaign) -> datetime:
    """When a screening is to be done, or its joint control is over before. With its declaration."""
    declared = running.declaration
    return min(running.due_at, rules.end_of(declared.ends_at, declared.ended_at))


def submission_answers(actor: Actor, submission_id: UUID) -> dict[str, Any]:
    """What was answered on a visit: for whoever made it, and for whoever reads answers there.

    Raises NotFound, NotAllowed, Destroyed.
    """
    found = Submission.objects.select_related("campaign").filter(pk=submission_id).first()
    if found is None:
        raise NotFound
    if actor.id is None or found.by_id != actor.id:
        require(actor, Act.READ_ANSWERS, found.community_id or found.campaign.unit_id)
    return answers_in(found)


def answers_in(row: Submission) -> dict[str, Any]:
    """For who may read them; with its campaign. Raises `Destroyed`."""
    if not row.answers:
        return {}
    opened = sealed.open_(row.campaign.declaration_id, row.answers, row.id)
    answers: dict[str, Any] = json.loads(opened)
    return answers


def note_in(row: Submission) -> str:
    """What the visitor wrote down, for who may read it; with its campaign. Raises `Destroyed`."""
    if not row.note:
        return ""
    return sealed.open_(row.campaign.declaration_id, row.note, sealed.beside(row.pk, sealed.NOTE)).decode()

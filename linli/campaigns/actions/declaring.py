"""Joint control begins, goes on longer and ends, each by a post, with its reason; and a power is used under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from linli.campaigns import errors, events, queries, rules, sealed, state
from linli.campaigns.actions.freeing import free
from linli.campaigns.models import Declaration, Kind, Power, PowerUse
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, Stale
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class Told:
    """What is declared. `starts_at` in the past means: now."""

    unit: UUID
    kind: str
    name: str
    basis: str
    scope: str
    powers: Sequence[str]
    starts_at: datetime
    ends_at: datetime


def declare(*, told: Told, by: Actor) -> Declaration:
    """Raises `NotAllowed`, `NotFound`, `InvalidInput`, `BasisNeeded`, `EndNeeded`, `PowerNeeded`."""
    queries.require(by, Act.DECLARE, told.unit)
    if told.kind not in Kind.values:
        raise InvalidInput(field="kind")
    if not 1 <= len(told.name.strip()) <= 120:
        raise InvalidInput(field="name")
    if not 1 <= len(told.scope.strip()) <= 600:
        raise InvalidInput(field="scope")
    powers = [power for power in Power.values if power in set(told.powers)]
    if not powers or set(told.powers) - set(powers):
        raise errors.PowerNeeded(field="powers")
    starts_at = max(told.starts_at, clock.now())
    rules.require_period(starts_at, told.ends_at)
    row = Declaration(
        kind=told.kind,
        name=told.name.strip(),
        unit_id=told.unit,
        basis=rules.words_of(told.basis, refused=errors.BasisNeeded, field="basis"),
        scope=told.scope.strip(),
        powers=powers,
        starts_at=starts_at,
        ends_at=told.ends_at,
        declared_by=by.id,
        declared_by_label=by.label[:120],
    )
    # The key first: a declaration without one could keep nothing. One whose declaration fails opens nothing and is left over.
    sealed.make_key(row.id)
    with transaction.atomic():
        row.save(force_insert=True)
        _tell(row, "declare", by, row.basis)
    return row


def extend(*, declaration: UUID, until: datetime, reason: str, by: Actor, version: int | None = None) -> Declaration:
    """It holds up to another moment, from its present end on no longer than one decision may.

    Raises `NotInForce`, `EndNeeded`, `ReasonNeeded`, `Stale`.
    """
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        row = _locked(declaration, by, version)
        rules.require_period(row.ends_at, until)
        before, row.ends_at = row.ends_at, until
        _change(row, "extend", by, note, "ends_at", data={"from": before.isoformat(), "to": until.isoformat()})
    return row


def end(*, declaration: UUID, reason: str, by: Actor, version: int | None = None) -> Declaration:
    """Back to co-governance, before its time; whoever was in a team is free. Raises `NotInForce`, `ReasonNeeded`, `Stale`."""
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        row = _locked(declaration, by, version)
        row.ended_at = clock.now()
        free(Q(team__campaign__declaration=row), row.ended_at)
        _change(row, "end", by, note, "ended_at")
    return row


def use(*, declaration: UUID, power: Power, subject: str, by: Actor, subject_id: UUID | None = None) -> PowerUse:
    """Log a use of a power, before what it allows is done. Raises `NotInForce`, `PowerNotGiven`."""
    row = queries.declaration(declaration)
    if queries.stage_of(row) is not Stage.IN_FORCE:
        raise errors.NotInForce
    if power not in row.powers:
        raise errors.PowerNotGiven(power=Power(power).label)
    # Whoever acts may work in a unit below the declaring one: the log is the declaration's.
    with acting_as(SYSTEM):
        return PowerUse.objects.create(
            declaration=row,
            power=power,
            subject=subject[:200],
            subject_id=subject_id,
            by_id=by.id,
            by_label=by.label[:120],
        )


def _locked(declaration: UUID, by: Actor, version: int | None) -> Declaration:
    queries.require(by, Act.DECLARE, queries.declaration(declaration).unit_id)
    row = Declaration.objects.select_for_update().get(pk=declaration)
    if version is not None and row.version != version:
        raise Stale
    if queries.stage_of(row) not in {Stage.AHEAD, Stage.IN_FORCE}:
        raise errors.NotInForce
    return row


def _change(
    row: Declaration, action: str, by: Actor, note: str, field: str, data: dict[str, str] | None = None
) -> None:
    row.version += 1
    row.save(update_fields=[field, "version"])
    _tell(row, action, by, note, data)


def _tell(row: Declaration, action: str, by: Actor, note: str, data: dict[str, str] | None = None) -> None:
    state.record(state.DECLARATION, row, action, by, note, data)
    events.declared(row.id, action, territory.unit(row.unit_id).path)

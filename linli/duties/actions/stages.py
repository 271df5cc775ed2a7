"""What the desk and the verifiers promise of each case: set for the city, with its history."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from linli.duties import queries, state, tables
from linli.duties.actions.catalogue import require_city_post
from linli.duties.errors import InvalidLimit, LimitUnchanged
from linli.duties.models import LIMIT_KINDS, Stage, StageLimit
from linli.foundation import clock
from linli.foundation.access import Actor, acting_as
from linli.foundation.errors import InvalidInput, Stale


@dataclass(frozen=True, slots=True)
class Promised:
    """How long a stage may take."""

    amount: Decimal
    kind: str


def check_stage(stage: str, promised: Promised | None, *, by: Actor, expected: UUID | None) -> StageLimit | None:
    """What holds now, where `set_stage` would go through; it raises what that raises."""
    require_city_post(by)
    if stage not in set(Stage):
        raise InvalidInput(field="stage")
    if promised is not None and tables.parse_amount(str(promised.amount)) is None:
        raise InvalidLimit(field="limit_amount")
    if promised is not None and promised.kind not in dict(LIMIT_KINDS):
        raise InvalidLimit(field="limit_kind")
    current = queries.stage_limit(stage)
    if expected != (current.id if current else None):
        raise Stale
    before = Promised(current.limit_amount, current.limit_kind) if current else None
    if before == promised:
        raise LimitUnchanged(field="limit_amount")
    return current


def set_stage(
    *,
    stage: str,
    promised: Promised | None,
    by: Actor,
    reason: str,
    expected: UUID | None = None,
    since: datetime | None = None,
) -> StageLimit | None:
    """Promise this of a stage from now on (`since`), or nothing any more. What has begun keeps the promise of its time.

    `expected` is the version that the editor saw. Raises `NotAllowed`, `InvalidInput`, `InvalidLimit`, `LimitUnchanged`, `Stale`.
    """
    reason = tables.one_line(reason, "reason", 500)
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        current = check_stage(stage, promised, by=by, expected=expected)
        moment = since or clock.now()
        if current is not None:
            moment = max(moment, current.valid_from)
            current.valid_to = moment
            current.save(update_fields=["valid_to"])
            state.record(current, "ended", by=by, note=reason)
        following = _following(stage, promised, moment, by, reason) if promised else None
        state.tell("stages")
    return following


def _following(stage: str, promised: Promised, since: datetime, by: Actor, reason: str) -> StageLimit:
    limit = StageLimit(
        stage=stage,
        limit_amount=promised.amount,
        limit_kind=promised.kind,
        valid_from=since,
        changed_by=by.label[:120],
        reason=reason,
    )
    limit.save(force_insert=True)
    state.record(limit, "set", by=by, note=reason)
    return limit

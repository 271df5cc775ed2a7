"""The one path by which a case changes: lock, check against the table, apply, chain, write; for one case or a thousand.

Several moves of one case may stand in one call; they are applied in order, each with its own entry, and the row is written once.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction

from linli.cases import errors, events, ledger, rules
from linli.cases.lifecycle import CHANGES, By, Change
from linli.cases.models import Case, CoHandler, State
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, acting_as
from linli.foundation.errors import DomainError, NotAllowed, NotFound, Stale
from linli.foundation.idempotency import Once
from linli.foundation.models import IdempotencyKey
from linli.foundation.writes import Write

NOTE_LENGTH = 2000

# What changes may touch; the rest of the row is settled when it is collected.
CHANGING_FIELDS = [
    "state", "version", "priority", "case_class", "lon", "lat", "cell", "district", "subdistrict", "community", "quarter",
    "grid", "units", "lead_body", "duty", "bodies", "handler", "filed_at", "dispatched_at", "accepted_at", "handled_at",
    "closed_at", "response_due_at", "due_at", "paused_at", "escalation", "escalates_at", "cycle", "merged_into",
    "merged_from", "supports", "responded", "solved", "stars", "reporter", "parts", "entries", "head",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """One change of one case, by someone, at a moment (None: now).

    `effect` does what is particular to the change; the state follows from the table. `version` is the one that the actor
    saw (None does not mind); `secret` opens the case for its reporter without sign-in; `involves` are other cases that the
    effect touches.
    """

    case_id: UUID
    change: str
    by: Actor
    effect: "Effect | None" = None
    note: str = ""
    at: datetime | None = None
    version: int | None = None
    secret: str = ""
    involves: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What an effect works with: the move, its moment, the batch that will be written, data for the timeline entry."""

    move: Move
    at: datetime
    batch: "Batch"
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def by(self) -> Actor:
        return self.move.by


Effect = Callable[[Case, Context], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each case of a call."""

    done: list[Case]
    refused: dict[UUID, DomainError]


class Batch:
    """What one call has locked, and what it will write in one statement."""

    def __init__(self, cases: Iterable[Case], co_handlers: Iterable[CoHandler]) -> None:
        self.cases = {case.id: case for case in cases}
        self.changed: dict[UUID, Case] = {}
        self.inserts: list[models.Model] = []
        # Files that cases of this call have taken.
        self.files: set[UUID] = set()
        self.write = Write()
        self._co_handlers: dict[UUID, list[CoHandler]] = {}
        self._changed_co_handlers: list[CoHandler] = []
        for row in co_handlers:
            self._co_handlers.setdefault(row.case_id, []).append(row)

    def co_handlers(self, case: Case) -> Sequence[CoHandler]:
        return self._co_handlers.get(case.id, ())

    def ask_co_handler(self, row: CoHandler) -> None:
        self._co_handlers.setdefault(row.case_id, []).append(row)
        self.inserts.append(row)

    def change_co_handler(self, row: CoHandler) -> None:
        # One that was asked for in this very call is written once, as it is in the end.
        if row not in self.inserts:
            self._changed_co_handlers.append(row)

    def record(self, case: Case, change: str, context: Context) -> None:
        """The entry and the event of what has just been done to the case."""
        case.version += 1
        entry = ledger.step(case, change, context.by, context.at, note=context.move.note, data=context.data)
        self.inserts += [entry, events.of(case, change, entry.id)]
        self.changed[case.id] = case

    def store(self, key: Once | None) -> None:
        self.write.update(Case, list(self.changed.values()), CHANGING_FIELDS)
        for model in dict.fromkeys(type(row) for row in self.inserts):
            self.write.insert(model, [row for row in self.inserts if type(row) is model])
        self.write.update(CoHandler, self._changed_co_handlers, ["asked_at", "asked_for", "signed_at", "signed_note"])
        if key is not None and self.changed:
            self.write.insert(IdempotencyKey, [key.row(result_id=next(iter(self.changed)))])
        self.write.run()


def carry_out(moves: Sequence[Move], *, key: Once | None = None, collect_refusals: bool = False) -> Outcome:
    """Make the changes. The first refusal undoes all, or, with `collect_refusals`, stops only its own case.

    Raises NotFound for a case out of scope, NotAllowed, WrongState, Stale, and what the effects refuse.
    """
    try:
        with _scope(moves), transaction.atomic():
            batch = _lock(moves)
            refused = _apply(moves, batch, collect_refusals)
            # A case that is moved elsewhere leaves the scope in which it was locked.
            with acting_as(SYSTEM) if any(move.change == "locate" for move in moves) else nullcontext():
                batch.store(key)
    except IntegrityError:
        # The key came a second time while the first was under way.
        if key is None or key.earlier() is None:
            raise
        return Outcome(_as_they_are(moves), {})
    except DomainError:
        # What was done with this key before is answered, not refused because it has been done.
        if key is None or key.earlier() is None:
            raise
        return Outcome(_as_they_are(moves), {})
    return Outcome(list(batch.changed.values()), refused)


def _scope(moves: Sequence[Move]) -> Any:
    """Who opens a case by its secret, or supports a public one, does not see its row: `_check` lets them in."""
    elevated = all(move.secret or By.ANYONE in CHANGES[move.change].by for move in moves)
    return acting_as(SYSTEM) if elevated else nullcontext()


def _as_they_are(moves: Sequence[Move]) -> list[Case]:
    with _scope(moves):
        return list(Case.objects.filter(pk__in={move.case_id for move in moves}))


def _lock(moves: Sequence[Move]) -> Batch:
    """The cases, locked in one order so that two calls cannot wait for each other, with their co-handlers."""
    ids = {case_id for move in moves for case_id in (move.case_id, *move.involves)}
    cases = list(Case.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    helped = [case.id for case in cases if len(case.bodies) > 1]
    return Batch(cases, CoHandler.objects.filter(case__in=helped) if helped else ())


def _apply(moves: Sequence[Move], batch: Batch, collect_refusals: bool) -> dict[UUID, DomainError]:
    refused: dict[UUID, DomainError] = {}
    for move in moves:
        if move.case_id in refused:
            continue
        try:
            _apply_one(move, batch)
        except DomainError as error:
            if not collect_refusals:
                raise
            refused[move.case_id] = error
    return refused


def _apply_one(move: Move, batch: Batch) -> None:
    """Check first, then change: a refused case is left as it was."""
    case = batch.cases.get(move.case_id)
    if case is None:
        raise NotFound
    change = CHANGES[move.change]
    _check(case, change, move, batch)
    context = Context(move, move.at or clock.now(), batch)
    if move.effect is not None:
        move.effect(case, context)
    if change.to is not None:
        case.state = change.to
    batch.record(case, change.name, context)


def _check(case: Case, change: Change, move: Move, batch: Batch) -> None:
    is_reporter = _is_reporter(case, move)
    if move.secret and not is_reporter:
        raise NotFound
    if By.ANYONE in change.by and case.private and not is_reporter:
        raise NotFound
    unsigned = [row.body_id for row in batch.co_handlers(case) if row.signed_at is None]
    if not rules.may_change(change, case, move.by, co_bodies=unsigned, is_reporter=is_reporter):
        raise NotAllowed
    if move.version is not None and move.version != case.version:
        raise Stale
    if case.state not in change.sources:
        raise errors.WrongState(change=change.label, state=State(case.state).label)
    if case.paused_at is not None and not change.while_paused:
        raise errors.ClockPaused
    if change.needs_note and not rules.says_something(move.note):
        raise errors.NoteNeeded(field="note")
    if len(move.note) > NOTE_LENGTH:
        raise errors.TooLong(field="note", limit=NOTE_LENGTH)


def _is_reporter(case: Case, move: Move) -> bool:
    if move.secret and case.secret_hash is not None:
        return bytes(case.secret_hash) == rules.secret_digest(move.secret)
    return move.by.kind is ActorKind.PERSON and case.reporter_id is not None and move.by.id == case.reporter_id

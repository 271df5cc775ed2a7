"""What becomes of the data: destroyed with a proof, or kept for a while by a recorded exception."""

import logging
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from linli.campaigns import errors, queries, rules, sealed, state
from linli.campaigns.actions import telling
from linli.campaigns.actions.coarsening import coarsen
from linli.campaigns.actions.unbinding import end_of
from linli.campaigns.models import (
    CallAnswer,
    CallAsked,
    Declaration,
    DestructionProof,
    DoorCode,
    FollowUp,
    FollowUpKind,
    HouseholdMove,
    Keeping,
    KeptReport,
    Membership,
    Shift,
    Submission,
    VisitPhoto,
)
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock, moments
from linli.foundation.access import SYSTEM, Actor, acting_as, system
from linli.foundation.errors import Stale

log = logging.getLogger(__name__)


def keep(*, declaration: UUID, until: datetime, reason: str, by: Actor, version: int | None = None) -> Keeping:
    """An exception from destruction, up to a moment. Raises `EndNeeded`, `ReasonNeeded`, `Destroyed`, `Stale`."""
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        row = _locked(declaration, by, version)
        rules.require_period(clock.now(), until)
        kept = Keeping.objects.create(declaration=row, until=until, reason=note, by_id=by.id, by_label=by.label[:120])
        state.record(state.DECLARATION, row, "keep", by, note, {"until": until.isoformat()})
    return kept


def destroy(*, declaration: UUID, by: Actor, reason: str = "", version: int | None = None) -> DestructionProof:
    """Remove what was collected, and its key; the proof remains. Raises `StillInForce`, `KeptUntil`, `Destroyed`, `Stale`.

    Rows go first, and files and the key after them, once they are committed: a fall in between leaves what `destroy_due` removes.
    """
    with transaction.atomic():
        row = _locked(declaration, by, version)
        if queries.stage_of(row) is not Stage.OVER:
            raise errors.StillInForce
        kept = row.keepings.filter(until__gt=clock.now()).order_by("-until").first()
        if kept is not None:
            raise errors.KeptUntil(until=moments.dated(kept.until))
        with acting_as(SYSTEM):
            root = _root(row.id)
            left_out = _leave_out(row.id)
            counts = _destroy(row.id) | coarsen(row.id) | _forget(row.id, by) | {"files": sealed.count_files(row.id)}
            counts["tellings"] += left_out
        # A key that was lost keeps nobody from destroying what it closed; the proof says that it was, and since when.
        key_digest = sealed.digest_of(row.id)
        row.destroyed_at = clock.now()
        row.version += 1
        row.save(update_fields=["destroyed_at", "version"])
        proof = DestructionProof.objects.create(
            declaration=row,
            counts=counts,
            root=root,
            key_digest=key_digest,
            key_missed_at=None if key_digest else queries.key_missed_at(row) or clock.now(),
            by_id=by.id,
            by_label=by.label[:120],
        )
        state.record(state.DECLARATION, row, "destroy", by, reason, counts | {"root": root.hex()})
        transaction.on_commit(lambda: sealed.destroy(declaration))
    return proof


def destroy_due() -> list[UUID]:
    """The system destroys what is over and not kept, and what is left of those destroyed before. Returns whose data went.

    Where one cannot be destroyed, that is logged, and the others are all the same.
    """
    by = system("destruction")
    done = []
    with acting_as(by):
        due = clock.now() - rules.DESTROYED_AFTER
        over = Q(ends_at__lte=due) | Q(ended_at__lte=due)
        for row in Declaration.objects.filter(over | Q(destroyed_at__isnull=False)):
            try:
                if row.destroyed_at is not None:
                    _clear_away(row.id, by)
                    continue
                destroy(declaration=row.id, by=by)
            except errors.KeptUntil:
                continue
            except Exception:
                log.exception("What was collected under the declaration %s could not be destroyed", row.id)
                continue
            done.append(row.id)
    return done


def look_for_keys() -> list[UUID]:
    """Writes down, once, that the key of a declaration is missing which is not destroyed. Returns whose were found missing now."""
    by = system("keys")
    missed = []
    with acting_as(by):
        for row in Declaration.objects.filter(destroyed_at=None).order_by("pk"):
            try:
                if sealed.has_key(row.pk) or queries.key_missed_at(row) is not None:
                    continue
            except OSError:
                # Whether it is there is not known: a disk that fails, or rights that are missing.
                log.exception("The key of the declaration %s cannot be looked for", row.pk)
                continue
            with transaction.atomic():
                locked = Declaration.objects.select_for_update().get(pk=row.pk)
                if locked.destroyed_at is None:
                    state.record(state.DECLARATION, locked, "key_missed", by)
                    missed.append(row.pk)
            log.error("The key of the declaration %s is missing: bring it back from the backup of the keys", row.pk)
    return missed


def _clear_away(declaration: UUID, by: Actor) -> None:
    """What a fall has left, or a backup brought back: rows, files and the key."""
    with transaction.atomic():
        _leave_out(declaration)
        _destroy(declaration)
        coarsen(declaration)
        _forget(declaration, by)
    sealed.destroy(declaration)


def _locked(declaration: UUID, by: Actor, version: int | None) -> Declaration:
    queries.require(by, Act.ORDER_DESTRUCTION, queries.declaration(declaration).unit_id)
    row = Declaration.objects.select_for_update().get(pk=declaration)
    if row.destroyed_at is not None:
        raise errors.Destroyed
    if version is not None and row.version != version:
        raise Stale
    return row


def _root(declaration: UUID) -> bytes:
    found = sha256()
    for collected in (Submission, VisitPhoto):
        digests = collected.objects.filter(campaign__declaration=declaration).order_by("pk")
        for digest in digests.values_list("digest", flat=True).iterator(chunk_size=10_000):
            found.update(bytes(digest))
    return found.digest()


def _destroy(declaration: UUID) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, gone FROM campaigns_destroy(%s)", [declaration])
        return dict(cursor.fetchall())


def _leave_out(declaration: UUID) -> int:
    """Whom it alone asked for again and again, no notice names any more; before the follow-ups go. Returns how many marks went."""
    asked = FollowUp.objects.filter(kind=FollowUpKind.CHECK_IN)
    own = set(asked.filter(campaign__declaration=declaration).values_list("door", flat=True))
    others = asked.filter(door__in=own, released_at=None).exclude(campaign__declaration=declaration)
    return telling.leave_out(own - set(others.values_list("door", flat=True)))


def _forget(declaration: UUID, by: Actor) -> dict[str, int]:
    """Who helped when goes as well, and which door was told of what; of a door's code only the way to the proof is left.

    Accounts leave their doors: whoever lives there when it is over is not for ever told of warnings by this account.
    """
    end_of(declaration=declaration, by=by)
    return {
        "door_codes": DoorCode.objects.filter(declaration=declaration, door__isnull=False).update(
            door=None, building=None
        ),
        "tellings": telling.forget_of(declaration),
        "memberships": Membership.objects.filter(team__campaign__declaration=declaration).delete()[0],
        "moves": HouseholdMove.objects.filter(campaign__declaration=declaration).delete()[0],
        "reports": KeptReport.objects.filter(campaign__declaration=declaration).delete()[0],
        "shifts": Shift.objects.filter(declaration=declaration).delete()[0],
        "answers": CallAnswer.objects.filter(call__declaration=declaration).delete()[0]
        + CallAsked.objects.filter(call__declaration=declaration).delete()[0],
    }

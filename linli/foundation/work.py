"""Long work: begun by a person on a page, done by the worker, followed on `/work/<id>/` whatever becomes of the page.

    work.register("duties.list.check", _("Check of a list"), run)       # in a room's AppConfig.ready
    begun = work.begin(kind="duties.list.check", title=…, by=actor, asked={…}, data=b"…", unit_path=…)

`run` is called by the worker with the starter's present rights, in one transaction with the end of the work: either all of it
happened and the work is done, or nothing did. While it runs, the worker holds a lock on a connection of its own, by which it also
tells how far it is. A worker that dies loses the connection, and with it the lock: work that runs without one has stopped.
Work that somebody cancels hears of it where it tells how far it is, and at the latest in its last statement: it ends then, and what it
had done is undone with its transaction.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from linli.foundation import clock, files, live, outbox
from linli.foundation.access import SYSTEM, Actor, ActorKind, Role, acting_as
from linli.foundation.database import wake
from linli.foundation.errors import DomainError, NotAllowed, NotFound, Stale
from linli.foundation.ids import uuid7
from linli.foundation.jobs import job
from linli.foundation.models import StoredFile, Work, WorkRow, WorkState

log = logging.getLogger(__name__)

CHANGED = "work.changed"
TELL_SECONDS = 0.25  # progress is told at most this often
ROWS_AT_ONCE = 1000
KEEP = timedelta(days=30)
_LOCK = "hashtextextended(%s, 0)"

outbox.declare(CHANGED, "work")


class Cancelled(Exception):
    """Somebody wants this work to end."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    label: str | Promise
    run: "Callable[[Running], Mapping[str, Any]]"


_kinds: dict[str, Kind] = {}
_actor_of: Callable[[UUID], Actor] | None = None


def register(name: str, label: str | Promise, run: "Callable[[Running], Mapping[str, Any]]") -> None:
    """`run` does the work and returns what came of it, as JSON. Called in a room's AppConfig.ready."""
    _kinds[name] = Kind(name, label, run)


def forget(name: str) -> None:
    """Take a kind out again: for tests that play a room."""
    _kinds.pop(name, None)


def acts_as(actor_of: Callable[[UUID], Actor]) -> None:
    """How a person becomes an actor with the posts that they hold now: `people` knows."""
    global _actor_of
    _actor_of = actor_of


def label_of(work: Work) -> str:
    kind = _kinds.get(work.kind)
    return str(kind.label) if kind else work.kind


# --- begun and seen by people ----------------------------------------------------------------------------------------


def begin(
    *,
    kind: str,
    title: str,
    by: Actor,
    asked: Mapping[str, Any],
    data: bytes | None = None,
    filename: str = "",
    unit_path: Sequence[UUID] = (),
    follows: Work | None = None,
) -> Work:
    """Begin long work. Ask first whether `by` may: here it is only written down, in the current transaction."""
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise NotAllowed
    begun = Work(
        kind=_kinds[kind].name,
        title=title[:200],
        started_by=by.id,
        started_by_label=by.label[:120],
        unit_path=list(unit_path),
        language=follows.language if follows else get_language() or "",
        asked=dict(asked),
        follows=follows,
        asked_at=clock.now(),
    )
    with transaction.atomic():
        if data is not None:
            begun.file = _keep(data, filename, begun, by)
        elif follows is not None:
            begun.file_id = follows.file_id
        begun.save(force_insert=True)
        carry_out.defer(work_id=str(begun.id))
    return begun


def _keep(data: bytes, filename: str, of: Work, by: Actor) -> StoredFile:
    if len(data) > files.MAX_BYTES:
        raise files.FileTooLarge(limit=files.MAX_BYTES // 1024 // 1024)
    file = StoredFile(
        sha256=files.keep(data),
        kind="table",
        media_type="application/octet-stream",
        size=len(data),
        name=files.clean_name(filename),
        uploaded_by=by.id,
        claim=f"work:{of.id}",
        created_at=clock.now(),
    )
    file.save(force_insert=True)
    return file


def visible(actor: Actor) -> "QuerySet[Work]":
    """What one began oneself, and what lies in the units that one administers; the newest first."""
    found = Work.objects.order_by("-id")
    if actor.is_system:
        return found
    units = [grant.unit_id for grant in actor.grants if grant.role is Role.ADMIN and grant.unit_id is not None]
    return found.filter(Q(started_by=actor.id, started_by__isnull=False) | Q(unit_path__overlap=units))


def get(work_id: UUID, *, actor: Actor) -> Work:
    """Raises `NotFound` where it is not there or not to be seen."""
    found = visible(actor).filter(pk=work_id).first()
    if found is None:
        raise NotFound
    if found.state == WorkState.RUNNING and not _is_alive(found.id):
        found.state = WorkState.STOPPED
    return found


def again(work_id: UUID, *, by: Actor) -> Work:
    """Begin work that failed or stopped once more. Its starter may. Raises `NotFound`, `NotAllowed`, `Stale`."""
    seen = get(work_id, actor=by)
    if seen.started_by != by.id:
        raise NotAllowed
    with transaction.atomic(), acting_as(SYSTEM):
        held = _hold(seen)
        stopped = held.state == WorkState.RUNNING and not _is_alive(held.id)
        if held.state not in {WorkState.FAILED, WorkState.STOPPED, WorkState.CANCELLED} and not stopped:
            raise Stale
        held.state, held.said, held.total, held.done, held.result = WorkState.WAITING, "", None, 0, {}
        held.began_at = held.ended_at = held.cancel_asked_at = None
        held.cancelled_by = ""
        held.save()
        _tell(held)
        carry_out.defer(work_id=str(held.id))
    return held


def cancel(work_id: UUID, *, by: Actor) -> Work:
    """Have work end before it is done. Whoever sees it may: its starter, and administrators of what it is about.

    What waits has ended when this returns; what runs ends at its next step, with nothing done. Raises `NotFound`, and `Stale` where
    it has ended already.
    """
    seen = get(work_id, actor=by)
    with transaction.atomic(), acting_as(SYSTEM):
        held = _hold(seen)
        if held.cancel_asked_at is not None:
            return held
        runs = held.state == WorkState.RUNNING and _is_alive(held.id)
        if held.state != WorkState.WAITING and not runs:
            raise Stale
        held.cancel_asked_at, held.cancelled_by = clock.now(), by.label[:120]
        if not runs:
            held.state, held.ended_at = WorkState.CANCELLED, held.cancel_asked_at
        held.save(update_fields=["cancel_asked_at", "cancelled_by", "state", "ended_at"])
        _tell(held)
    return held


def _hold(seen: Work) -> Work:
    """The row, for a change by a page. The rows of a report that is being written refer to it: they hold up nobody here."""
    return Work.objects.select_for_update(no_key=True).get(pk=seen.pk)


def _is_alive(work_id: UUID) -> bool:
    """Whether a worker holds the lock of this work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            f" AND ((classid::bigint << 32) | objid::bigint) = {_LOCK})",
            [str(work_id)],
        )
        return bool(cursor.fetchone()[0])


def rows_of(of: Work, fate: str = "", after: int = 0, limit: int = 100) -> list[WorkRow]:
    """What was found of the rows of its file, in their order: those of one fate, after one."""
    rows = WorkRow.objects.filter(work=of, pk__gt=after).order_by("pk")
    return list((rows.filter(fate=fate) if fate else rows)[:limit])


def every_row_of(of: Work, fate: str = "") -> Iterator[WorkRow]:
    """The same without end, a piece at a time."""
    after = 0
    while piece := rows_of(of, fate, after, ROWS_AT_ONCE):
        yield from piece
        after = piece[-1].pk


def topics(works: Iterable[Work]) -> list[str]:
    """What a page that shows these listens to: the work that has not ended."""
    return [_topic(work.id) for work in works if work.state in {WorkState.WAITING, WorkState.RUNNING}]


def _topic(work_id: UUID) -> str:
    return f"work:{work_id}"


def _tell(work: Work) -> None:
    outbox.publish(CHANGED, {"work": str(work.id)}, [_topic(work.id)])


# --- done by the worker ----------------------------------------------------------------------------------------------


class _Line:
    """The worker's own connection for one work: it holds the lock, and tells progress beside the work's transaction."""

    def __init__(self, work_id: UUID) -> None:
        self._id = work_id
        self._params = live.connection_params()
        self._connection = psycopg.connect(**self._params, autocommit=True)
        self._connection.execute("SELECT set_config('linli.system', 'on', false)")
        locked = self._connection.execute(f"SELECT pg_try_advisory_lock({_LOCK})", [str(work_id)]).fetchone()
        self.alone = bool(locked and locked[0])

    def tell(self, said: str, done: int, total: int | None) -> None:
        """One statement. It waits for nobody: the work's transaction touches this row only at its end. Raises `Cancelled`."""
        heard = self._connection.execute(
            "WITH told AS (UPDATE foundation_work SET said = %s, done = %s, total = %s"
            " WHERE id = %s AND state = 'running' RETURNING cancel_asked_at),"
            " event AS (INSERT INTO foundation_outboxevent (id, name, payload, topics, at, attempts, error)"
            " SELECT %s, %s, %s, %s, %s, 0, '' FROM told)"
            " SELECT cancel_asked_at IS NOT NULL FROM told",
            [
                said, done, total, self._id, uuid7(), CHANGED, Jsonb({"work": str(self._id)}),
                Jsonb([_topic(self._id)]), clock.now(),
            ],
        ).fetchone()  # fmt: skip
        wake.wake(self._params)
        if heard and heard[0]:
            raise Cancelled

    def close(self) -> None:
        self._connection.close()


class Running:
    """Work in the hands of the worker, as its `run` sees it."""

    def __init__(self, work: Work, by: Actor, line: _Line) -> None:
        self.work = work
        self.by = by
        self._line = line
        self._said, self._told_at = "", 0.0

    def say(self, text: str, done: int = 0, total: int | None = None) -> None:
        """What is being done, and how far it is. Call it as often as is convenient: it is told a few times a second.

        Raises `Cancelled`: let it through, outside of anything that cannot be undone with the transaction.
        """
        moment = time.monotonic()
        if text == self._said and done != total and moment - self._told_at < TELL_SECONDS:
            return
        self._said, self._told_at = text, moment
        self._line.tell(text, done, total)

    def data(self) -> bytes:
        """The file that came with it."""
        assert self.work.file is not None, "this kind of work has a file"
        return files.path_of(self.work.file.sha256).read_bytes()

    def keep(self, rows: Sequence[WorkRow]) -> None:
        """Write down what was found of each row."""
        found = iter(rows)
        kept = 0
        with acting_as(SYSTEM):
            while piece := list(islice(found, ROWS_AT_ONCE)):
                WorkRow.objects.bulk_create(piece)
                kept += len(piece)
                self.say(_("Writing the report"), kept, len(rows))


@job("foundation.work")
def carry_out(work_id: str) -> None:
    """Do work that waits. Once at a time; a second call finds it done, or in other hands."""
    with closing(_Line(UUID(work_id))) as line:
        if not line.alone:
            return
        taken = Work.objects.filter(pk=work_id, state=WorkState.WAITING)
        if taken.update(state=WorkState.RUNNING, began_at=clock.now()):
            work = Work.objects.select_related("file", "follows").get(pk=work_id)
            with translation.override(work.language):
                _carry_out(work, line)


def _carry_out(work: Work, line: _Line) -> None:
    try:
        assert _actor_of is not None, "people says who acts"
        by = _actor_of(work.started_by)
        with transaction.atomic():
            with acting_as(by):
                result = _kinds[work.kind].run(Running(work, by, line))
            _end(work, WorkState.DONE, "", result)
    except Cancelled:
        # What it was at when it ended stays told.
        _end(work, WorkState.CANCELLED, None, {})
    except DomainError as refusal:
        _end(work, WorkState.FAILED, str(refusal), {"code": refusal.code})
    except Exception:
        log.exception("Long work %s (%s) failed", work.id, work.kind)
        _end(
            work, WorkState.FAILED, _("Something in Linli itself went wrong. Nothing was changed."), {"code": "broken"}
        )


def _end(work: Work, state: WorkState, said: str | None, result: Mapping[str, Any]) -> None:
    """Raises `Cancelled` where work would be done that somebody has cancelled meanwhile; later than here they find it done."""
    with transaction.atomic():
        ended = {"state": state, "result": dict(result), "ended_at": clock.now()}
        row = Work.objects.filter(pk=work.pk)
        if state == WorkState.DONE:
            row = row.filter(cancel_asked_at=None)
        if not row.update(**ended, **({} if said is None else {"said": said})):
            raise Cancelled
        _tell(work)


@job("foundation.stopped_work", every="* * * * *")
def note_stopped() -> None:
    """Tell the pages that follow it that work has stopped: its worker died."""
    for work in Work.objects.filter(state=WorkState.RUNNING):
        with transaction.atomic():
            held = Work.objects.select_for_update(skip_locked=True).filter(pk=work.pk, state=WorkState.RUNNING).first()
            if held is not None and not _is_alive(held.id):
                held.state = WorkState.STOPPED
                held.ended_at = clock.now()
                held.save(update_fields=["state", "ended_at"])
                _tell(held)


def forget_ended() -> None:
    """Forget work that was begun long ago, with its rows; its file has no owner then, and goes too."""
    old = Work.objects.filter(asked_at__lt=clock.now() - KEEP).exclude(state__in=[WorkState.WAITING, WorkState.RUNNING])
    for ended in old.filter(follows=None):
        file = ended.file_id
        ended.delete()
        if file is not None:
            StoredFile.objects.filter(pk=file).delete()

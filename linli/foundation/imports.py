"""Imports from the console: a dry run that shows the fate of each row, and then exactly what it showed, or nothing.

    imports.register(Importer("duties.list", _("Duty list"), examine, apply, alone))     # in a room's AppConfig.ready

Both are long work (`work.py`). A room's `examine` and `apply` ask its own importer: the rules are there, once. What the dry run found
is digested; applying examines again, while no other import of the room can come between, and refuses where anything differs.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from psycopg.errors import LockNotAvailable

from linli.foundation import work
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import DomainError, Stale
from linli.foundation.models import Fate, Work, WorkRow, WorkState
from linli.foundation.progress import Say
from linli.foundation.tabular import Problem
from linli.foundation.work import Running


class RegisterChanged(DomainError):
    code = "register_changed"
    status = 409
    message = _(
        "Something that this import touches has changed since the dry run. Nothing was imported: run it dry again."
    )


class RowsWrong(DomainError):
    code = "rows_wrong"
    status = 422
    message = _(
        "Rows of this file are wrong. Correct it, and run it dry again: an import takes the whole file or nothing."
    )


@dataclass(frozen=True, slots=True)
class RowFate:
    """What happens with a row; `changes` are (field, old, new), `reason` says what is wrong and what to do."""

    number: int
    fate: Fate
    about: str
    changes: tuple[tuple[str, str, str], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """`notes` are sentences about the whole; `applied` says that this very file was imported before."""

    rows: list[RowFate]
    notes: list[str] = field(default_factory=list)
    applied: bool = False

    def counts(self) -> dict[str, int]:
        return dict(Counter(str(row.fate.value) for row in self.rows))

    def digest(self) -> str:
        """The same for the same file as long as nothing that it touches has changed."""
        content = [(row.number, row.fate.value, row.about, row.changes, row.reason) for row in self.rows]
        return sha256(json.dumps([content, self.notes, self.applied], ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Upload:
    """What an importer is given: the file, and what the form asked for."""

    data: bytes
    filename: str
    asked: Mapping[str, Any]
    by: Actor
    say: Say
    # What applying it has to tell beside the rows' fates: sentences, in the reader's language.
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Importer:
    """`examine` changes nothing; `apply` imports, and returns the address where it shows; `alone` keeps other imports waiting."""

    name: str
    label: str | Promise
    examine: Callable[[Upload], Examined]
    apply: Callable[[Upload], str]
    alone: Callable[[], None]

    @property
    def check_kind(self) -> str:
        return f"{self.name}.check"

    @property
    def apply_kind(self) -> str:
        return f"{self.name}.apply"


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> None:
    _importers[importer.name] = importer
    for kind, sentence, run in (
        (importer.check_kind, _("Dry run: {what}"), _check),
        (importer.apply_kind, _("Import: {what}"), _apply),
    ):
        work.register(kind, format_lazy(sentence, what=importer.label), partial(run, importer))


def check(
    name: str, *, data: bytes, filename: str, asked: Mapping[str, Any], by: Actor, unit_path: Sequence[UUID]
) -> Work:
    """Begin a dry run. The room's page has asked whether `by` may import there."""
    return work.begin(
        kind=_importers[name].check_kind,
        title=filename,
        by=by,
        asked=dict(asked),
        data=data,
        filename=filename,
        unit_path=unit_path,
    )


def is_check(of: Work) -> bool:
    return of.kind.endswith(".check")


def apply(checked: UUID, *, by: Actor) -> Work:
    """Begin to import what a dry run showed; a second call answers with the first's work.

    Raises `NotFound`, `Stale` while the dry run has not ended well, `RowsWrong`.
    """
    seen = work.get(checked, actor=by)
    name, _point, step = seen.kind.rpartition(".")
    if name not in _importers or step != "check" or seen.state != WorkState.DONE:
        raise Stale
    if seen.result["counts"].get(Fate.WRONG.value):
        raise RowsWrong
    with transaction.atomic():
        # Two clicks at once: the second waits here, and finds what the first began.
        with acting_as(SYSTEM):
            Work.objects.select_for_update().get(pk=seen.pk)
            earlier = Work.objects.filter(follows=seen).first()
        return earlier or work.begin(
            kind=_importers[name].apply_kind,
            title=seen.title,
            by=by,
            asked=seen.asked,
            unit_path=seen.unit_path,
            follows=seen,
        )


def _upload(running: Running) -> Upload:
    return Upload(running.data(), running.work.title, running.work.asked, running.by, running.say)


def _check(importer: Importer, running: Running) -> dict[str, Any]:
    examined = importer.examine(_upload(running))
    rows = [
        WorkRow(
            work=running.work,
            number=row.number,
            fate=row.fate,
            about=row.about,
            changes=[list(change) for change in row.changes],
            reason=row.reason,
        )
        for row in examined.rows
    ]
    running.keep(rows)
    return {
        "counts": examined.counts(),
        "notes": examined.notes,
        "applied": examined.applied,
        "digest": examined.digest(),
    }


def _apply(importer: Importer, running: Running) -> dict[str, Any]:
    checked = running.work.follows
    assert checked is not None, "an import follows its dry run"
    upload = _upload(running)
    _wait_until_alone(importer, running)
    examined = importer.examine(upload)
    if examined.digest() != checked.result["digest"]:
        raise RegisterChanged
    result = {"counts": examined.counts(), "notes": [], "applied": examined.applied}
    if examined.applied:
        return result
    # It reads the file once more, and what it says of that would look as if it began anew.
    writing = str(_("Writing what the dry run showed"))
    running.say(writing)
    href = importer.apply(replace(upload, say=lambda *_step: running.say(writing)))
    return result | {"href": href, "notes": upload.notes}


def _wait_until_alone(importer: Importer, running: Running) -> None:
    """Whoever cancels it while it waits is heard within the second."""
    while True:
        running.say(str(_("Waiting until other imports have ended")))
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
                importer.alone()
                cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
        else:
            return


def wrong_rows(
    problems: Sequence[Problem], about: Mapping[int, str], aliases: Mapping[str, str] | None = None
) -> list[RowFate]:
    """One fate for each row that has problems, whatever their number; row 0 is the file as a whole.

    `aliases` are the Chinese headings of columns; who reads Chinese is told those.
    """
    chinese = (get_language() or "").startswith("zh")
    headings = {column: heading for heading, column in reversed(list((aliases or {}).items()))} if chinese else {}
    reasons: dict[int, list[str]] = {}
    for problem in problems:
        heading = headings.get(problem.column, problem.column)
        told = _("%(column)s: %(problem)s") % {"column": heading, "problem": problem.message}
        told = told if heading else str(problem.message)
        reasons.setdefault(problem.row, []).append(told)
    whole = str(_("the file as a whole"))
    return [
        RowFate(number, Fate.WRONG, about.get(number, "") if number else whole, (), "\n".join(told))
        for number, told in sorted(reasons.items())
    ]

"""The catalogue of case classes: imported, and its limits changed with their history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.duties import queries, state, tables
from linli.duties.errors import InvalidLimit, LimitUnchanged
from linli.duties.models import LIMIT_KINDS, CaseClass, ClassKind, ClassRank, ClassVersion
from linli.duties.tables import Reader
from linli.foundation import clock
from linli.foundation.access import Actor, Permission, acting_as
from linli.foundation.errors import NotAllowed, Stale
from linli.foundation.progress import Say, counted, silent
from linli.foundation.tabular import ImportProblems, Table, read_table
from linli.territory import queries as territory

LEVELS = 3
EMERGENCY_NUMBERS = {"", "110", "119", "120", "122"}


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits of a class as an editor sets them."""

    limit_amount: Decimal
    limit_kind: str
    response_amount: Decimal
    response_kind: str
    proof_required: bool

    @classmethod
    def of(cls, version: ClassVersion) -> "Terms":
        return cls(
            version.limit_amount,
            version.limit_kind,
            version.response_amount,
            version.response_kind,
            version.proof_required,
        )


def changes_of(differences: Mapping[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    """For the timeline: each field with its old and its new value, as JSON can hold them. A page puts them into words."""
    changes: dict[str, list[Any]] = {}
    for name, pair in differences.items():
        if name == "terms":
            old, new = (_plain_terms(terms) for terms in pair)
            changes |= {key: [old.get(key), value] for key, value in new.items() if old.get(key) != value}
        else:
            changes[name] = [value.code if isinstance(value, CaseClass) else value for value in pair]
    return changes


def _plain_terms(terms: Terms | None) -> dict[str, Any]:
    if terms is None:
        return {}
    return {
        "limit": f"{terms.limit_amount.normalize():f} {terms.limit_kind}",
        "response": f"{terms.response_amount.normalize():f} {terms.response_kind}",
        "proof_required": terms.proof_required,
    }


@dataclass(frozen=True, slots=True)
class ImportedClasses:
    """How many classes of the table are new, changed, or as they were."""

    added: int
    changed: int
    same: int
    dry_run: bool


def require_city_post(by: Actor) -> None:
    """The catalogue and the calendar are the city's: a post at a root of the territory is needed."""
    roots = territory.children(None)
    if not any(by.may(Permission.EDIT_DUTIES, root.path) for root in roots) and not by.is_system:
        raise NotAllowed


def change_limits(
    *, case_class: UUID, terms: Terms, by: Actor, reason: str, expected: UUID | None = None
) -> ClassVersion:
    """New limits for a minor class from now on. Cases filed before keep theirs.

    `expected` is the version that the editor saw. Raises `NotAllowed`, `UnknownClass`, `InvalidLimit`,
    `LimitUnchanged`, `Stale`.
    """
    require_city_post(by)
    info = queries.minor_class(case_class)
    _check(terms)
    reason = tables.one_line(reason, "reason", 500)
    with transaction.atomic(), acting_as(by):
        subject = CaseClass.objects.select_for_update().get(pk=info.id)
        current = subject.versions.filter(valid_to=None).first()
        if expected is not None and (current is None or current.id != expected):
            raise Stale
        if current is not None and Terms.of(current) == terms:
            raise LimitUnchanged
        version = _set_terms(subject, current, terms, clock.now(), by, reason)
        changes = changes_of({"terms": (Terms.of(current) if current else None, terms)})
        state.record(subject, "limits_changed", by=by, note=reason, data={"changes": changes})
        state.tell("classes")
    return version


def check_limits(case_class: UUID, terms: Terms, *, by: Actor, expected: UUID | None) -> bool:
    """Whether `change_limits` would go through, before it is shown. Raises what that raises."""
    require_city_post(by)
    info = queries.minor_class(case_class)
    _check(terms)
    current = ClassVersion.objects.filter(case_class=info.id, valid_to=None).first()
    if expected is not None and (current is None or current.id != expected):
        raise Stale
    if current is not None and Terms.of(current) == terms:
        raise LimitUnchanged
    return True


def _check(terms: Terms) -> None:
    for name, amount, kind in (
        ("limit", terms.limit_amount, terms.limit_kind),
        ("response", terms.response_amount, terms.response_kind),
    ):
        if tables.parse_amount(str(amount)) is None:
            raise InvalidLimit(field=f"{name}_amount")
        if kind not in dict(LIMIT_KINDS):
            raise InvalidLimit(field=f"{name}_kind")


def _set_terms(
    subject: CaseClass, current: ClassVersion | None, terms: Terms, since: datetime, by: Actor, reason: str
) -> ClassVersion:
    if current is not None:
        # A version that begins later than now was announced; the newer decision replaces it.
        current.valid_to = max(since, current.valid_from)
        current.save(update_fields=["valid_to"])
        since = current.valid_to
    version = _version(subject, terms, since, by, reason)
    version.save(force_insert=True)
    return version


def _version(subject: CaseClass, terms: Terms, since: datetime, by: Actor, reason: str) -> ClassVersion:
    return ClassVersion(
        case_class=subject,
        limit_amount=terms.limit_amount,
        limit_kind=terms.limit_kind,
        response_amount=terms.response_amount,
        response_kind=terms.response_kind,
        proof_required=terms.proof_required,
        valid_from=since,
        changed_by=by.label[:120],
        reason=reason[:500],
    )


@dataclass
class Draft:
    """A class as the table has it; a major class has no terms."""

    row_number: int
    fields: dict[str, Any]
    parent_code: str
    terms: Terms | None


def import_classes(
    *,
    file: bytes | Path,
    filename: str,
    by: Actor,
    since: datetime | None = None,
    reason: str = "",
    dry_run: bool = False,
    only_new: bool = False,
    say: Say = silent,
) -> ImportedClasses:
    """Add the classes of a table, and change those whose names, words or limits differ; others stay as they are.

    New limits hold from `since` (now). `only_new` leaves every class that is there as it is. Raises `ImportRefused`
    with every problem, `UnreadableTable`, `NotAllowed`.
    """
    require_city_post(by)
    table = read_table(file, filename, required=tables.CLASS_COLUMNS, aliases=tables.ALIASES, say=say)
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        problems = ImportProblems()
        existing = {row.code: row for row in CaseClass.objects.select_for_update()}
        drafts = read(table, existing, problems, say)
        problems.raise_if_any()
        if only_new:
            drafts = {code: draft for code, draft in drafts.items() if code not in existing}
        writer = _Writer(existing, by, since or clock.now(), reason or filename, dry_run)
        writer.write_all(drafts)
        if not dry_run and writer.added + writer.changed:
            state.tell("classes")
    return ImportedClasses(writer.added, writer.changed, writer.same, dry_run)


@dataclass(frozen=True, slots=True)
class ReadClasses:
    """A table of classes beside the catalogue: what it says, what is wrong with it, and what of it differs."""

    drafts: "dict[str, Draft]"
    existing: dict[str, CaseClass]
    terms: dict[UUID, ClassVersion]
    problems: ImportProblems
    about: dict[int, str]

    def differences(self, code: str, draft: "Draft") -> dict[str, tuple[Any, Any]]:
        row = self.existing[code]
        return _differences(row, draft, self.existing.get(draft.parent_code), self.terms.get(row.id))


def read_classes(file: bytes | Path, filename: str, *, by: Actor, say: Say = silent) -> ReadClasses:
    """Read a table without changing anything. Raises `UnreadableTable`, `ImportRefused` for the file, `NotAllowed`."""
    require_city_post(by)
    table = read_table(file, filename, required=tables.CLASS_COLUMNS, aliases=tables.ALIASES, say=say)
    problems, existing = ImportProblems(), {row.code: row for row in CaseClass.objects.select_related("parent")}
    drafts = read(table, existing, problems, say)
    return ReadClasses(
        drafts,
        existing,
        _terms_in_force(),
        problems,
        {row.number: f"{row['code']} {row['name']}" for row in table.rows},
    )


def _terms_in_force() -> dict[UUID, ClassVersion]:
    return {version.case_class_id: version for version in ClassVersion.objects.filter(valid_to=None)}


def _differences(
    row: CaseClass, draft: "Draft", parent: CaseClass | None, current: ClassVersion | None
) -> dict[str, tuple[Any, Any]]:
    """What a table says otherwise of a class: field, what holds now, what would. Its limits are one field, `terms`."""
    values = draft.fields | {"parent": parent}
    found = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
    terms = Terms.of(current) if current else None
    if draft.terms is not None and terms != draft.terms:
        found["terms"] = (terms, draft.terms)
    return found


def differences_of(row: CaseClass, draft: Draft, existing: Mapping[str, CaseClass]) -> dict[str, tuple[Any, Any]]:
    """What a draft says otherwise of a class than what holds."""
    return _differences(row, draft, existing.get(draft.parent_code), row.versions.filter(valid_to=None).first())


def write(drafts: "dict[str, Draft]", *, by: Actor, reason: str) -> int:
    """Add or change these classes from now on, each with its entry. Returns how many. Needs the room's lock."""
    existing = {row.code: row for row in CaseClass.objects.select_for_update()}
    writer = _Writer(existing, by, clock.now(), reason, dry_run=False)
    writer.write_all(drafts)
    return writer.added + writer.changed


def read(table: Table, existing: dict[str, CaseClass], problems: ImportProblems, say: Say = silent) -> dict[str, Draft]:
    """The classes that a table names, beside those that are there; what is wrong with them is reported."""
    drafts: dict[str, Draft] = {}
    for row in counted(table.rows, say, _("Checking the rows")):
        reader = Reader(row, problems)
        code = reader.code("code", 20)
        if code in drafts:
            message = _("the code %(code)s is used in row %(row)s already.")
            reader.wrong("code", message % {"code": code, "row": drafts[code].row_number})
            continue
        drafts[code] = _draft(reader)
    _check_parents(drafts, existing, problems)
    if not table.rows:
        problems.add(0, "", _("The table has a heading and no rows."))
    return drafts


def _draft(reader: Reader) -> Draft:
    kind = reader.known("kind", _KINDS, _("%(code)s is neither event (事件) nor component (部件)."))
    emergency_number = reader.row["emergency_number"]
    if emergency_number not in EMERGENCY_NUMBERS:
        reader.wrong("emergency_number", _("is none of 110, 119, 120 and 122."))
    parent = reader.row["parent"]
    fields: dict[str, Any] = {
        "kind": kind,
        "name": reader.text("name", 80),
        "name_en": reader.text("name_en", 120),
        "keywords": reader.words("keywords"),
        "keywords_en": reader.words("keywords_en"),
        "emergency_number": emergency_number,
        "active": reader.yes("active", default=True),
    }
    return Draft(reader.row.number, fields, parent, _terms(reader) if parent else None)


_KINDS = {
    "event": ClassKind.EVENT,
    "事件": ClassKind.EVENT,
    "component": ClassKind.COMPONENT,
    "部件": ClassKind.COMPONENT,
}


def _terms(reader: Reader) -> Terms | None:
    limit, limit_kind = reader.amount("limit"), reader.limit_kind("limit_kind")
    response, response_kind = reader.amount("response"), reader.limit_kind("response_kind")
    proof = reader.yes("proof", default=True)
    if limit is None or limit_kind is None or response is None or response_kind is None:
        return None
    return Terms(limit, limit_kind, response, response_kind, proof)


def _check_parents(drafts: dict[str, Draft], existing: dict[str, CaseClass], problems: ImportProblems) -> None:
    """A parent is a class of the table or of the catalogue, of the same kind, and stands above its classes."""
    kinds = {code: row.kind for code, row in existing.items()} | {c: d.fields["kind"] for c, d in drafts.items()}
    ids = {row.id: code for code, row in existing.items()}
    above = {code: ids.get(row.parent_id, "") if row.parent_id else "" for code, row in existing.items()}
    for code, draft in drafts.items():
        if code in existing and bool(draft.parent_code) != bool(above[code]):
            problems.add(draft.row_number, "parent", _("a major class cannot become a minor class, nor the reverse."))
    above |= {code: draft.parent_code for code, draft in drafts.items()}
    for code, draft in drafts.items():
        parent = draft.parent_code
        if not parent:
            continue
        if parent not in kinds:
            problems.add(draft.row_number, "parent", _("there is no class with the code %(code)s.") % {"code": parent})
        elif kinds[parent] != draft.fields["kind"]:
            problems.add(draft.row_number, "parent", _("the parent is of the other kind (event or component)."))
        elif _too_deep(code, above):
            message = _("there are three levels: major class, minor class, sub-class. Name a parent of the first two.")
            problems.add(draft.row_number, "parent", message)


def _too_deep(code: str, above: dict[str, str]) -> bool:
    """Whether a class has more than two above it; so has one that is above itself."""
    for _step in range(LEVELS):
        code = above.get(code, "")
        if not code:
            return False
    return True


@dataclass
class _Writer:
    """Writes drafts, those of parents first. In a dry run it only counts."""

    existing: dict[str, CaseClass]
    by: Actor
    since: datetime
    reason: str
    dry_run: bool
    added: int = 0
    changed: int = 0
    same: int = 0

    def write_all(self, drafts: dict[str, Draft]) -> None:
        terms = _terms_in_force()
        new = [(code, draft) for code, draft in drafts.items() if code not in self.existing]
        old = [(code, draft) for code, draft in drafts.items() if code in self.existing]
        self._add(sorted(new, key=lambda item: _depth(item[0], drafts)))
        for code, draft in old:
            row = self.existing[code]
            self._change(row, draft, terms.get(row.id))

    def _add(self, drafts: list[tuple[str, Draft]]) -> None:
        rows: list[tuple[CaseClass, ClassVersion | None]] = []
        for code, draft in drafts:
            parent = self.existing.get(draft.parent_code)
            rank = ClassRank.MINOR if parent else ClassRank.MAJOR
            row = self.existing[code] = CaseClass(code=code, parent=parent, rank=rank, **draft.fields)
            version = _version(row, draft.terms, self.since, self.by, self.reason) if draft.terms else None
            rows.append((row, version))
        self.added = len(rows)
        if not self.dry_run:
            CaseClass.objects.bulk_create([row for row, _version_of in rows])
            ClassVersion.objects.bulk_create([version for _row, version in rows if version])
            state.record_new(rows, by=self.by, note=self.reason)

    def _change(self, row: CaseClass, draft: Draft, current: ClassVersion | None) -> None:
        differences = _differences(row, draft, self.existing.get(draft.parent_code), current)
        if not differences:
            self.same += 1
            return
        self.changed += 1
        if self.dry_run:
            return
        changes = changes_of(differences)
        new_terms = differences.pop("terms", None)
        for name, (_old, value) in differences.items():
            setattr(row, name, value)
        row.save(update_fields=list(differences) or None)
        if new_terms:
            _set_terms(row, current, new_terms[1], self.since, self.by, self.reason)
        state.record(row, "changed", by=self.by, note=self.reason, data={"changes": changes})


def _depth(code: str, drafts: dict[str, Draft]) -> int:
    return 1 + _depth(drafts[code].parent_code, drafts) if code in drafts else 0

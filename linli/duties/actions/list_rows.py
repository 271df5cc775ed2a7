"""From the rows of an imported table to the rows of a list, with everything that is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from linli.duties import coverage, queries, tables
from linli.duties.models import Duty, DutyList, DutyRole, ListKind, ListRow, Priority, Task
from linli.duties.queries import ClassInfo
from linli.duties.rules import DutyRow
from linli.duties.tables import ALIASES, Reader
from linli.foundation.progress import Say, counted, silent
from linli.foundation.tabular import ImportProblems, Row, Table
from linli.people import queries as people
from linli.people.queries import BodyInfo
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

__all__ = ["ALIASES", "REQUIRED", "Context", "duties", "in_its_place", "one_more", "priorities", "tasks"]

REQUIRED = {
    ListKind.DUTY: tables.DUTY_COLUMNS,
    ListKind.TASK: tables.TASK_COLUMNS,
    ListKind.PRIORITY: tables.PRIORITY_COLUMNS,
}
# A gap names this many units; of more, the number is told.
NAMED_UNITS = 20


@dataclass
class Context:
    """What the rows of one import are read against: the list they are for, its unit, and a day on which it holds."""

    draft: DutyList
    scope: UnitInfo
    day: date
    previous: DutyList | None
    problems: ImportProblems
    say: Say = silent
    units: Mapping[str, UnitInfo] = field(default_factory=dict)

    @cached_property
    def classes(self) -> dict[str, ClassInfo]:
        return {info.code: info for info in queries.classes()}

    @cached_property
    def bodies(self) -> dict[str, BodyInfo]:
        return {body.code: body for body in people.bodies()}

    @cached_property
    def others(self) -> list[DutyRow]:
        """Rows of the other duty lists, fresh from the database: those that this import will close do not count."""
        previous = self.previous.id if self.previous else None
        return [row for row in queries.read_duties() if row.list_id != previous]

    @property
    def clauses(self) -> set[tuple[UUID, str]]:
        """By which clause a body has a duty."""
        return {(row.body_id, row.clause) for row in self.others if row.holds(self.day)}

    def prepare(self, table: Table) -> None:
        """Find all units of the table at once."""
        codes = {row["unit"] for row in table.rows if row["unit"].isprintable()}
        self.units = territory.find_by_codes(codes, self.day)

    def readers(self, table: Table) -> Iterator[Reader]:
        """A reader for each row, saying how many are checked."""
        said = _("Checking the rows")
        return (Reader(row, self.problems) for row in counted(table.rows, self.say, said))

    def unit(self, reader: Reader) -> UnitInfo | None:
        unit = reader.known(
            "unit", self.units, _("there is no unit with the code %(code)s on the day the list begins.")
        )
        if unit is not None and self.scope.id not in unit.path:
            message = _("%(unit)s does not lie in %(scope)s, which the list is for.")
            reader.wrong("unit", message % {"unit": unit.name, "scope": self.scope.name})
            return None
        return unit

    def body(self, reader: Reader) -> BodyInfo | None:
        return reader.known("body", self.bodies, _("there is no body with the code %(code)s. Register it first."))

    def case_class(self, reader: Reader) -> ClassInfo | None:
        found = reader.known("class", self.classes, _("there is no case class with the code %(code)s."))
        if found is not None and not found.active:
            reader.wrong("class", _("%(code)s was withdrawn from the catalogue.") % {"code": found.code})
            return None
        return found


def duties(table: Table, context: Context) -> list[Duty]:
    """The duties of a table; what is wrong with a row, overlaps and gaps are told in `context.problems`."""
    context.prepare(table)
    rows = [duty for reader in context.readers(table) if (duty := _duty(reader, context)) is not None]
    drafts = [_draft(duty) for duty in rows]
    _report_overlaps(drafts, context)
    # Rows that could not be read leave gaps that are none once they are corrected: those are told first.
    if len(rows) == len(table.rows):
        _report_gaps(drafts, context)
    return rows


def _duty(reader: Reader, context: Context) -> Duty | None:
    number, clause = reader.text("number", 40), reader.text("clause", 200)
    case_class, unit, body, role = (
        context.case_class(reader), context.unit(reader), context.body(reader), reader.role(),
    )  # fmt: skip
    note = reader.text("note", 500, needed=False)
    if case_class is None or unit is None or body is None or role is None:
        return None
    return Duty(
        list=context.draft,
        number=number,
        clause=clause,
        case_class_id=case_class.id,
        unit_id=unit.id,
        body_id=body.id,
        role=role,
        note=note,
        row_number=reader.row.number,
        valid_from=context.draft.valid_from,
    )


def _draft(duty: Duty) -> DutyRow:
    return DutyRow(
        duty.id,
        duty.list_id,
        duty.case_class_id,
        duty.unit_id,
        duty.body_id,
        duty.role == DutyRole.LEAD,
        duty.clause,
        duty.number,
        duty.row_number,
        duty.valid_from,
        None,
    )


def _report_overlaps(drafts: list[DutyRow], context: Context) -> None:
    names = _Names(context)
    for overlap in coverage.overlaps(drafts, context.others):
        row, other = overlap.row, overlap.other
        data = {
            "class": names.case_class(row.class_id),
            "unit": names.unit(row.unit_id),
            "other": other.row_number,
            "body": names.body(other.body_id),
            "clause": other.clause,
        }
        if other.list_id != row.list_id:
            data["list"] = names.version(other.list_id)
            message = _(
                "%(class)s in %(unit)s already has a lead, %(body)s, in row %(other)s of %(list)s (%(clause)s)."
            )
        elif row.body_id == other.body_id:
            message = _("names %(body)s for %(class)s in %(unit)s again, as row %(other)s does (%(clause)s).")
        else:
            message = _("%(class)s in %(unit)s already has a lead, %(body)s, in row %(other)s (%(clause)s).")
        context.problems.add(row.row_number, "body", message % data)


def _report_gaps(drafts: list[DutyRow], context: Context) -> None:
    names = _Names(context)
    found, units_in_all = queries.uncovered(context.scope, (*drafts, *context.others), context.day)
    for gap in found:
        units = [names.unit(unit_id) for unit_id in gap.unit_ids[:NAMED_UNITS]]
        more = len(gap.unit_ids) - len(units)
        data = {
            "class": names.case_class(gap.class_id),
            "count": len(gap.unit_ids),
            "all": units_in_all,
            "units": ", ".join(units) + (_(" and %(more)d more") % {"more": more} if more else ""),
        }
        message = _("Nobody is responsible for %(class)s in %(count)d of %(all)d units: %(units)s. Add a row.")
        context.problems.add(0, "", message % data)


def untraced_tasks(rows: Iterable[ListRow], context: Context) -> int:
    """How many tasks in force in the list's unit would lose their clause to these duties."""
    clauses = context.clauses | {(row.body_id, row.clause) for row in rows if isinstance(row, Duty)}
    tasks_in_force = Task.objects.filter(queries.in_force(context.day), unit__path__contains=[context.scope.id])
    return sum(task not in clauses for task in tasks_in_force.values_list("body_id", "clause"))


def tasks(table: Table, context: Context) -> list[Task]:
    """The tasks of a table; what is wrong with a row is told in `context.problems`."""
    context.prepare(table)
    clauses = context.clauses
    rows = [task for reader in context.readers(table) if (task := _task(reader, context, clauses)) is not None]
    _report_repeated_numbers(rows, context)
    return rows


def _task(reader: Reader, context: Context, clauses: set[tuple[UUID, str]]) -> Task | None:
    number, clause = reader.text("number", 40), reader.text("clause", 200)
    unit, body = context.unit(reader), context.body(reader)
    item, item_en = reader.text("item", 300), reader.text("item_en", 300, needed=False)
    frequency, note = reader.text("frequency", 80), reader.text("note", 500, needed=False)
    if unit is None or body is None:
        return None
    if clause and (body.id, clause) not in clauses:
        message = _("no duty list in force gives %(body)s a duty by this clause: correct the clause or the body.")
        reader.wrong("clause", message % {"body": body.name})
    return Task(
        list=context.draft,
        number=number,
        clause=clause,
        unit_id=unit.id,
        body_id=body.id,
        item=item,
        item_en=item_en,
        frequency=frequency,
        note=note,
        row_number=reader.row.number,
        valid_from=context.draft.valid_from,
    )


def priorities(table: Table, context: Context) -> list[Priority]:
    """The priorities of a table; what is wrong with a row is told in `context.problems`."""
    context.prepare(table)
    rows = [found for reader in context.readers(table) if (found := _priority(reader, context)) is not None]
    _report_repeated_numbers(rows, context)
    return rows


def _priority(reader: Reader, context: Context) -> Priority | None:
    number, clause = reader.text("number", 40), reader.text("clause", 200)
    case_class, unit = context.case_class(reader), context.unit(reader)
    item, item_en = reader.text("item", 300), reader.text("item_en", 300, needed=False)
    season_from, season_to = reader.month_day("season_from"), reader.month_day("season_to")
    note = reader.text("note", 500, needed=False)
    if bool(season_from) != bool(season_to):
        reader.wrong("season_to", _("a season needs both its first and its last day, or neither for all year."))
    if case_class is None or unit is None:
        return None
    return Priority(
        list=context.draft,
        number=number,
        clause=clause,
        case_class_id=case_class.id,
        unit_id=unit.id,
        item=item,
        item_en=item_en,
        season_from=season_from,
        season_to=season_to,
        note=note,
        row_number=reader.row.number,
        valid_from=context.draft.valid_from,
    )


def one_more(row: Row, context: Context) -> ListRow | None:
    """A row that is to stand beside those that the list has, from the context's day on; what is wrong is reported."""
    context.prepare(Table(tuple(row.cells), [row]))
    reader, listed = Reader(row, context.problems), context.draft
    if listed.kind == ListKind.DUTY:
        duty = _duty(reader, context)
        if duty is not None:
            duty.valid_from = context.day
            _report_overlaps([_draft(duty)], context)
        return duty
    found = _matter(reader, context)
    if found is not None:
        same = type(found)._default_manager.filter(list=listed, number=found.number, unit=found.unit_id)
        if same.filter(Q(valid_to=None) | Q(valid_to__gt=Greatest("valid_from", Value(context.day)))).exists():
            message = _("the number %(number)s is used in this list for this unit already.")
            reader.wrong("number", message % {"number": found.number})
    return found


def in_its_place(row: Row, context: Context) -> ListRow | None:
    """What is to hold from the context's day on in the place of a task or a priority: same number, same unit."""
    context.prepare(Table(tuple(row.cells), [row]))
    return _matter(Reader(row, context.problems), context)


def _matter(reader: Reader, context: Context) -> Task | Priority | None:
    is_task = context.draft.kind == ListKind.TASK
    found = _task(reader, context, context.clauses) if is_task else _priority(reader, context)
    if found is not None:
        found.valid_from = context.day
    return found


def _report_repeated_numbers(rows: Iterable[Task] | Iterable[Priority], context: Context) -> None:
    first: dict[str, int] = {}
    for row in rows:
        earlier = first.setdefault(row.number, row.row_number)
        if earlier != row.row_number:
            message = _("the number %(number)s is used in row %(row)s already.")
            context.problems.add(row.row_number, "number", message % {"number": row.number, "row": earlier})


@dataclass
class _Names:
    """What things are called in a message: code and name."""

    context: Context

    @cached_property
    def _classes(self) -> dict[UUID, ClassInfo]:
        return {info.id: info for info in self.context.classes.values()}

    def case_class(self, class_id: UUID) -> str:
        info = self._classes[class_id]
        return f"{info.code} {info.label}"

    def version(self, list_id: UUID) -> str:
        return str(DutyList.objects.get(pk=list_id))

    def unit(self, unit_id: UUID) -> str:
        unit = territory.unit(unit_id)
        return f"{unit.name} ({unit.code})"

    def body(self, body_id: UUID) -> str:
        return people.body(body_id).label

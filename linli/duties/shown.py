"""What the pages show of duties, in the reader's language: sentences, facts and rows of tables."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from linli.duties import queries, tables
from linli.duties.book import ClassInfo, in_chinese
from linli.duties.coverage import Gap
from linli.duties.models import (
    ClassKind,
    ClassVersion,
    Duty,
    DutyList,
    DutyRole,
    ListKind,
    ListRow,
    Priority,
    StageLimit,
    Task,
)
from linli.duties.queries import Explanation
from linli.duties.rules import amount_text
from linli.foundation import audit, moments
from linli.foundation.markup import link
from linli.foundation.worktime import Amount, LimitKind
from linli.people import labels
from linli.people import queries as people
from linli.territory import queries as territory

Cells = list[Any]
# A gap names this many units; of more, the number is told.
MOST_UNITS = 20


def duration(amount: Amount, kind: str) -> str:
    """1 working hour, 4 working hours."""
    number = 1 if amount == 1 else 2
    match LimitKind(kind):
        case LimitKind.WORKING_HOUR:
            text = ngettext("%(amount)s working hour", "%(amount)s working hours", number)
        case LimitKind.WORKING_DAY:
            text = ngettext("%(amount)s working day", "%(amount)s working days", number)
        case LimitKind.EMERGENCY_HOUR:
            text = ngettext("%(amount)s emergency hour", "%(amount)s emergency hours", number)
        case LimitKind.CALENDAR_HOUR:
            text = ngettext("%(amount)s hour", "%(amount)s hours", number)
        case LimitKind.CALENDAR_DAY:
            text = ngettext("%(amount)s day", "%(amount)s days", number)
    return text % {"amount": amount_text(amount)}


def unit_name(unit_id: UUID) -> str:
    return territory.unit(unit_id).name_in(get_language() or "")


def body_name(body_id: UUID) -> str:
    return people.body(body_id).label


def answer(told: Explanation) -> dict[str, Any]:
    """The answer to a lookup with its reasons, or that there is none."""
    return {
        "case_class": told.case_class,
        "day": told.day,
        "body": body_name(told.answer.body_id) if told.answer else "",
        "clause": told.answer.clause if told.answer else "",
        "unit": unit_name(told.answer.unit_id) if told.answer else "",
        "version": told.answer.list_version if told.answer else "",
        "helpers": [body_name(body_id) for body_id in told.answer.co_body_ids] if told.answer else [],
        "tasks": queries.tasks_of(told.answer.duty_id, told.day) if told.answer else [],
        "columns": [_("Unit"), _("Class"), _("Responsible body"), _("Clause"), _("List"), _("Why")],
        "reasons": _reasons(told),
    }


def _reasons(told: Explanation) -> list[Cells]:
    """A row for each row that was considered: why it decides, or why it does not."""
    rows: list[Cells] = []
    for considered in told.considered:
        row, first = considered.row, told.considered[0]
        listed = queries.list_info(row.list_id)
        if considered.chosen:
            why = _("decides: the finest unit, then the finest class")
        elif row.unit_id != first.row.unit_id:
            why = _("a finer unit decides")
        else:
            why = _("the class itself stands before its major class")
        rows.append(
            [
                unit_name(row.unit_id),
                str(queries.case_class(row.class_id).label),
                body_name(row.body_id),
                row.clause,
                {"text": f"{listed.name} {listed.version}", "href": reverse("duties_list", args=[listed.id])},
                {"text": why, "badge": True, "tone": "good" if considered.chosen else ""},
            ]
        )
    return rows


def list_columns() -> list[str]:
    return [_("List"), _("List's name"), _("Version"), _("Unit"), _("From"), _("State")]


def list_row(listed: DutyList) -> Cells:
    ended = listed.valid_to
    return [
        listed.get_kind_display(),
        {"text": listed.name, "href": reverse("duties_list", args=[listed.id])},
        listed.version,
        unit_name(listed.unit_id),
        moments.day(listed.valid_from),
        {
            "text": _("until %(day)s") % {"day": moments.day(ended)} if ended else _("in force"),
            "badge": True,
            "tone": "" if ended else "good",
        },
    ]


def class_columns() -> list[str]:
    return [_("Code"), _("Class name"), _("Limit"), _("Response limit"), _("Proof photo")]


def class_groups(found: Iterable[ClassInfo]) -> list[tuple[ClassInfo, list[Cells]]]:
    """Minor classes as table rows under their major classes."""
    groups: dict[UUID, list[Cells]] = {}
    # Two hundred classes have a few limits among them.
    said = cache(duration)
    for info in found:
        groups.setdefault(info.major_id, []).append(
            [
                {"text": info.code, "href": class_page(info)},
                info.label,
                said(info.limit.amount, info.limit.kind) if info.limit else "",
                said(info.response.amount, info.response.kind) if info.response else "",
                _("yes") if info.proof_required else _("no"),
            ]
        )
    return [(queries.case_class(major), rows) for major, rows in groups.items()]


def class_facts(info: ClassInfo) -> list[tuple[str, str]]:
    facts = [
        (_("Code"), info.code),
        (_("Class name"), f"{info.name} · {info.name_en}"),
        (_("Above it"), " › ".join(queries.case_class(above).label for above in reversed(info.lineage[1:]))),
        (_("Limit"), duration(info.limit.amount, info.limit.kind) if info.limit else ""),
        (_("Response limit"), duration(info.response.amount, info.response.kind) if info.response else ""),
        (_("Proof photo"), (_("is needed") if info.proof_required else _("is not needed")) if info.is_minor else ""),
        (_("In danger, call first"), info.emergency_number),
        (_("Words that suggest it"), _(", ").join((*info.keywords, *info.keywords_en))),
        (_("In use"), "" if info.active else _("no")),
    ]
    return [(label, value) for label, value in facts if value]


def limits(info: ClassInfo) -> dict[str, Any]:
    """What the form of limits begins with."""
    if info.limit is None or info.response is None:
        return {}
    return {
        "limit_amount": amount_text(info.limit.amount),
        "limit_kind": info.limit.kind.value,
        "response_amount": amount_text(info.response.amount),
        "response_kind": info.response.kind.value,
        "proof_required": info.proof_required,
        "expected": info.version_id,
    }


def version_columns() -> list[str]:
    return [_("From"), _("Until"), _("Limit"), _("Response limit"), _("Changed by"), _("Reason")]


def version_row(version: ClassVersion) -> Cells:
    return [
        moments.dated(version.valid_from),
        moments.dated(version.valid_to) if version.valid_to else "–",
        duration(version.limit_amount, version.limit_kind),
        duration(version.response_amount, version.response_kind),
        version.changed_by,
        version.reason,
    ]


def stage_columns() -> list[str]:
    return [_("From"), _("Until"), _("Time allowed"), _("Changed by"), _("Reason")]


def stage_row(limit: StageLimit) -> Cells:
    return [
        moments.dated(limit.valid_from),
        moments.dated(limit.valid_to) if limit.valid_to else "–",
        duration(limit.limit_amount, limit.limit_kind),
        limit.changed_by,
        limit.reason,
    ]


def columns(kind: str) -> list[str]:
    """The headings of a list's rows."""
    common = [_("No."), _("Clause"), _("Unit")]
    own = {
        ListKind.DUTY: [_("Class"), _("Responsible body"), _("Lead or co-handler")],
        ListKind.TASK: [_("Responsible body"), _("Task"), _("How often")],
        ListKind.PRIORITY: [_("Class"), _("Matter"), _("Season")],
    }
    return common + own[ListKind(kind)]


def row(listed: Duty | Task | Priority, *, edits: bool = False) -> Cells:
    """A row of a list's page; `edits`: the number of one that holds leads to where it is changed."""
    number: Any = listed.number
    if edits and listed.valid_to is None:
        number = {"text": listed.number, "href": reverse("duties_row", args=[listed.id])}
    common: Cells = [number, listed.clause, unit_name(listed.unit_id)]
    if isinstance(listed, Duty):
        role = {
            "text": listed.get_role_display(),
            "badge": True,
            "tone": "good" if listed.role == DutyRole.LEAD else "",
        }
        return [*common, _class_link(listed.case_class_id), body_name(listed.body_id), role]
    if isinstance(listed, Task):
        return [*common, body_name(listed.body_id), _in_language(listed.item, listed.item_en), listed.frequency]
    season = f"{listed.season_from} – {listed.season_to}" if listed.season_from else _("all year")
    return [*common, _class_link(listed.case_class_id), _in_language(listed.item, listed.item_en), season]


def in_words(one: ListRow) -> dict[str, str]:
    """A row by its headings, with its note."""
    assert isinstance(one, Duty | Task | Priority)
    kind = {Duty: ListKind.DUTY, Task: ListKind.TASK, Priority: ListKind.PRIORITY}[type(one)]
    cells = [str(cell["text"] if isinstance(cell, dict) else cell) for cell in row(one)]
    return dict(zip([*columns(kind), _("Note")], [*cells, one.note], strict=True))


def _class_link(class_id: UUID) -> dict[str, str]:
    info = queries.case_class(class_id)
    return {"text": f"{info.code} {info.label}", "href": class_page(info)}


def class_page(info: ClassInfo) -> str:
    """Its address. Written, for tables of hundreds: a code may hold nothing that an address cannot (`tables.is_code`)."""
    return f"/duties/classes/{info.code}/"


def _in_language(zh: str, en: str) -> str:
    return en if en and not in_chinese() else zh


def untraced(count: int) -> str:
    return ngettext(
        "%(count)d task has lost its clause. Import a task list that names the new clauses.",
        "%(count)d tasks have lost their clause. Import a task list that names the new clauses.",
        count,
    ) % {"count": count}


def headings() -> list[tuple[str, str]]:
    """Which columns a table of each list needs."""
    return [(str(kind.label), ", ".join(tables.LIST_COLUMNS[kind])) for kind in ListKind]


# --- what changes, in words -------------------------------------------------------------------------------------------

Change = tuple[str, str, str]


def _field_names() -> dict[str, str]:
    return {
        "name": _("Chinese name"),
        "name_en": _("English name"),
        "kind": _("Event or component"),
        "parent": _("Above it"),
        "keywords": _("Words that suggest it"),
        "keywords_en": _("English words that suggest it"),
        "emergency_number": _("In danger, call first"),
        "active": _("In use"),
        "limit": _("Limit"),
        "response": _("Response limit"),
        "proof_required": _("Proof photo"),
        "class": _("Class"),
        "unit": _("Unit"),
        "body": _("Responsible body"),
        "item": _("Matter"),
        "item_en": _("In English"),
        "frequency": _("How often"),
        "season_from": _("Season's first day"),
        "season_to": _("Season's last day"),
        "clause": _("Clause"),
        "note": _("Note"),
        "valid_to": _("Until"),
    }


def field_change(name: str, old: Any, new: Any) -> Change:
    """One changed field, in the reader's language."""
    return (_field_names().get(name, name), _value(name, old), _value(name, new))


def changes_in_words(changes: Mapping[str, Sequence[Any]]) -> list[Change]:
    """The changes that a timeline holds (`catalogue.changes_of`)."""
    return [field_change(name, old, new) for name, (old, new) in changes.items()]


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return _(", ").join(value) or "–"
    if name in {"limit", "response"}:
        amount, _space, kind = str(value).partition(" ")
        return duration(Decimal(amount), kind)
    if name == "kind":
        return str(dict(ClassKind.choices).get(value, value))
    if name == "body":
        return _body_by_code(str(value))
    if name == "class":
        return f"{value} {queries.case_class(value).label}"
    if name == "unit":
        unit = territory.find_by_code(value)
        return unit.name_in(get_language() or "") if unit else str(value)
    return str(value)


def _body_by_code(code: str) -> str:
    return next((body.label for body in people.bodies() if body.code == code), code)


def row_facts(one: Duty | Task | Priority) -> list[tuple[str, str]]:
    told = [(name, text) for name, text in in_words(one).items() if text]
    return [(_("List"), f"{one.list.name} {one.list.version}"), *told, (_("From"), moments.day(one.valid_from))]


def gap_groups(gaps: Iterable[Gap]) -> list[dict[str, Any]]:
    """Classes that lack somebody in the same units, together: where no list was imported, all of them do."""
    # The same units are the same tuple (`coverage.gaps`): to compare three thousand ids for each of two hundred classes took 90 ms.
    groups: dict[int, list[Gap]] = {}
    for gap in gaps:
        groups.setdefault(id(gap.unit_ids), []).append(gap)
    return [_gap_group(those[0].unit_ids, those) for those in groups.values()]


def _gap_group(unit_ids: Sequence[UUID], gaps: Sequence[Gap]) -> dict[str, Any]:
    links = (_class_link(gap.class_id) for gap in gaps)
    return {
        "where": unit_names(unit_ids),
        "units": len(unit_ids),
        "count": len(gaps),
        "classes": mark_safe(" · ".join(link(one["href"], one["text"]) for one in links)),  # noqa: S308 (`link` escapes)
    }


def unit_names(unit_ids: Sequence[UUID]) -> str:
    """Some twenty of these units by name, and how many more."""
    return _first_names(unit_ids[:MOST_UNITS], len(unit_ids) - MOST_UNITS)


def _first_names(first: Sequence[UUID], more: int) -> str:
    named = _(", ").join(map(unit_name, first))
    return named + (_(" and %(more)d more") % {"more": more} if more > 0 else "")


def exported(listed: DutyList) -> list[list[str]]:
    """A list as a table with the columns that an import reads: what holds of it today, or held when it ended."""
    day = territory.day_of(None)
    if not listed.valid_from <= day or (listed.valid_to is not None and listed.valid_to <= day):
        day = listed.valid_from
    found = queries.rows_in_force(listed, day)
    bodies = {body.id: body.code for body in people.bodies()}

    def cells(one: Duty | Task | Priority) -> list[str]:
        unit = territory.unit(one.unit_id).code
        if isinstance(one, Duty):
            known = queries.case_class(one.case_class_id).code
            return [one.number, one.clause, known, unit, bodies[one.body_id], one.role, one.note]
        if isinstance(one, Task):
            body = bodies[one.body_id]
            return [one.number, one.clause, unit, body, one.item, one.frequency, one.item_en, one.note]
        known = queries.case_class(one.case_class_id).code
        season = [one.season_from, one.season_to]
        return [one.number, one.clause, known, unit, one.item, one.item_en, *season, one.note]

    return [list(tables.LIST_COLUMNS[listed.kind]), *map(cells, found)]


# --- history ---------------------------------------------------------------------------------------------------------


def _verbs() -> dict[str, str]:
    return {
        "added": _("Added"),
        "changed": _("Changed"),
        "limits_changed": _("New limits"),
        "imported": _("Imported"),
        "closed": _("Ended by the next version"),
        "ended": _("Put an end to"),
        "followed": _("Went over with a changed unit"),
        "moved": _("Went over to another unit"),
        "row_added": _("A row was added"),
        "row_changed": _("A row was changed"),
        "row_ended": _("A row was ended"),
    }


def history(subject_id: UUID) -> list[dict[str, Any]]:
    """Who changed what when, from the timeline, newest first: for those who may read it."""
    verbs = _verbs()
    return [
        {
            "what": verbs.get(entry.action, entry.action),
            "at": entry.at,
            "who": labels.said(entry.actor_label),
            "why": " · ".join(part for part in (_told(entry.data), entry.note) if part),
        }
        for entry in reversed(audit.timeline(subject_id))
    ]


def _told(data: Mapping[str, Any]) -> str:
    parts = [f"{_('No.')} {data['row']}"] if data.get("row") else []
    parts += [f"{name}: {old} → {new}" for name, old, new in changes_in_words(data.get("changes", {}))]
    if data.get("on"):
        parts.append(_("from %(day)s") % {"day": data["on"]})
    return _("; ").join(parts)

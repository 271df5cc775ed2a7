"""Classes one by one: a new one, another name or other words, out of use and back. Read and written as a table of one row would be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.duties import queries, state, tables
from linli.duties.actions import catalogue
from linli.duties.actions.catalogue import Draft, Terms
from linli.duties.book import ClassInfo
from linli.duties.errors import NothingChanges, WrongRow
from linli.duties.models import CaseClass
from linli.foundation.access import Actor, acting_as
from linli.foundation.errors import InvalidInput
from linli.foundation.tabular import ImportProblems, Row, Table

# What of a class may be changed by itself; its limits have a form of their own, its code stays.
CHANGING = ("name", "name_en", "keywords", "keywords_en", "emergency_number", "active")


@dataclass(frozen=True, slots=True)
class Edit:
    """A class as it is to be, and what of it differs from what holds: field, old, new."""

    code: str
    draft: Draft
    differences: dict[str, tuple[Any, Any]]
    above: UUID | None


def read_new(cells: Mapping[str, str], *, by: Actor) -> Edit:
    """A class that is not there yet, as these cells say. Below another class its code begins with that one's, and it is of its kind.

    Raises `NotAllowed`, `WrongRow`.
    """
    above = next((info for info in queries.classes() if info.code == cells["parent"]), None)
    cells = {**cells, "kind": above.kind if above else cells["kind"]}
    draft, existing = _read(cells, by)
    code = cells["code"].strip()
    if code in existing:
        raise WrongRow(field="code", problem=_("there is a class with this code already."))
    if above is not None and not (code.startswith(above.code) and code != above.code):
        problem = _("the code of a class below %(code)s begins with it, such as %(code)s01.") % {"code": above.code}
        raise WrongRow(field="code", problem=problem)
    differences: dict[str, tuple[Any, Any]] = {}
    differences |= {name: ("", value) for name, value in draft.fields.items() if value not in ("", [], True)}
    if draft.terms is not None:
        differences["terms"] = (None, draft.terms)
    return Edit(code, draft, differences, above.id if above else None)


def read_change(info: ClassInfo, cells: Mapping[str, str], *, by: Actor) -> Edit:
    """A class with another name, other words, or out of use. Raises `NotAllowed`, `WrongRow`, `NothingChanges`."""
    draft, existing = _read({**cells_of(info), **{name: cells[name] for name in CHANGING}}, by)
    differences = catalogue.differences_of(existing[info.code], draft, existing)
    if not differences:
        raise NothingChanges(field="name")
    return Edit(info.code, draft, differences, info.parent_id)


def add_class(*, cells: Mapping[str, str], by: Actor, reason: str) -> str:
    """A new class, in use from now on; returns its code. Raises what `read_new` does."""
    reason = tables.one_line(reason, "reason", 500)
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        return _write(read_new(cells, by=by), by, reason)


def change_class(*, case_class: UUID, cells: Mapping[str, str], by: Actor, reason: str) -> str:
    """Another name, other words, out of use or back, from now on. Raises what `read_change` does."""
    reason = tables.one_line(reason, "reason", 500)
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        return _write(read_change(queries.case_class(case_class), cells, by=by), by, reason)


def cells_of(info: ClassInfo) -> dict[str, str]:
    """A class as a row of a table would say it."""
    row = CaseClass.objects.select_related("parent").get(pk=info.id)
    version = row.versions.filter(valid_to=None).first()
    return {
        "code": row.code,
        "kind": row.kind,
        "parent": row.parent.code if row.parent else "",
        "name": row.name,
        "name_en": row.name_en,
        "keywords": "；".join(row.keywords),
        "keywords_en": "; ".join(row.keywords_en),
        "emergency_number": row.emergency_number,
        "active": "yes" if row.active else "no",
    } | (_limits(Terms.of(version)) if version else {})


def _limits(terms: Terms) -> dict[str, str]:
    return {
        "limit": f"{terms.limit_amount.normalize():f}",
        "limit_kind": terms.limit_kind,
        "response": f"{terms.response_amount.normalize():f}",
        "response_kind": terms.response_kind,
        "proof": "yes" if terms.proof_required else "no",
    }


def _read(cells: Mapping[str, str], by: Actor) -> tuple[Draft, dict[str, CaseClass]]:
    catalogue.require_city_post(by)
    problems = ImportProblems()
    existing = {row.code: row for row in CaseClass.objects.select_related("parent")}
    drafts = catalogue.read(Table(tuple(cells), [Row(0, cells)]), existing, problems)
    for problem in problems:
        raise WrongRow(field=problem.column, problem=problem.message)
    return next(iter(drafts.values())), existing


def _write(edit: Edit, by: Actor, reason: str) -> str:
    if not catalogue.write({edit.code: edit.draft}, by=by, reason=reason):
        raise InvalidInput(field="name")
    state.tell("classes")
    return edit.code

"""What is wrong with the rows of a workbook, all of it at once. Asked only of one that was refused: it refuses none itself. Pure.

pyxform tells the first fault and stops. Whoever mends a form wants the whole list: what makers of forms get wrong most often is looked
for here, row by row, in the words in which the first one is told.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.campaigns.forms.errors import FormFault, Place
from linli.campaigns.forms.source import CHOICES, MOST_FAULTS, SURVEY, Sheet

SAID: dict[str, str | Promise] = {
    "type": _("There is no kind of question called “%(it)s”."),
    "list": _("The sheet choices has no list called “%(it)s”."),
    "unnamed": _("This question has no name. Write one into the column name."),
    "twice": _("This name is there twice. Give each question its own."),
    "name": _("A name begins with a Latin letter and has no blanks in it."),
    "missing": _("It refers to a question “%(it)s” that is not there."),
    "open": _("This group is never ended: a row of the type end_group or end_repeat is missing."),
    "closed": _("It ends a group that was never begun."),
    "choice": _("This choice is twice in its list."),
}
_NAME = re.compile(r"[^\W\d][\w.-]*")
_REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^{}\s]+)\s*\}")
_SELECT = re.compile(
    r"(select_one|select_multiple|select1|select one|select all that apply|rank)(?: from)?\s+(\S+)(?:\s+or_other| or specify other)?"
)
_FROM_FILE = re.compile(r"select_(?:one|multiple)_from_file|select_one_external")
_BEGIN, _END = re.compile(r"begin[ _](group|repeat|loop)\b"), re.compile(r"end[ _](group|repeat|loop)\b")
# Their rows may stand without a name.
_NAMELESS = frozenset({"start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "note"})


def all_of(sheets: Mapping[str, Sheet], known_types: frozenset[str]) -> list[FormFault]:
    """In the order of the sheets' rows; empty where nothing is found that is known here."""
    survey, choices = sheets.get(SURVEY, Sheet()), sheets.get(CHOICES, Sheet())
    found = [*_in_survey(survey, _lists(choices), known_types), *_in_choices(choices)]
    return found[:MOST_FAULTS]


def _lists(choices: Sheet) -> set[str]:
    return {name for row in choices.rows if (name := row.get("list_name") or row.get("list name", ""))}


def _in_survey(survey: Sheet, lists: set[str], known_types: frozenset[str]) -> Iterator[FormFault]:
    names = {row["name"] for row in survey.rows if row.get("name")}
    # The names of each group that is open, with the row that began it.
    groups: list[tuple[int, str, set[str]]] = [(0, "", set())]
    for number, row in enumerate(survey.rows, start=2):
        kind, name = row.get("type", ""), row.get("name", "")
        if not kind or row.get("disabled", "").lower() in {"yes", "true"}:
            continue
        if (ends := _END.match(kind)) is not None:
            if groups[-1][1] == ends[1]:
                groups.pop()
            else:
                yield _fault(number, "type", "closed")
            continue
        begins = _BEGIN.match(kind)
        yield from _of_type(number, kind, lists, known_types) if begins is None else ()
        yield from _of_name(number, kind, name, groups[-1][2], is_group=begins is not None)
        yield from _of_references(number, row, names)
        if begins is not None:
            groups.append((number, begins[1], set()))
    for number, _kind, _names in groups[1:]:
        yield _fault(number, "type", "open")


def _of_type(number: int, kind: str, lists: set[str], known_types: frozenset[str]) -> Iterator[FormFault]:
    if (chosen := _SELECT.fullmatch(kind)) is not None:
        if chosen[2] not in lists and not chosen[2].startswith("${"):
            yield _fault(number, "type", "list", chosen[2])
    elif kind not in known_types and not _FROM_FILE.match(kind):
        yield _fault(number, "type", "type", kind)


def _of_name(number: int, kind: str, name: str, taken: set[str], *, is_group: bool) -> Iterator[FormFault]:
    if not name:
        if kind not in _NAMELESS or is_group:
            yield _fault(number, "name", "unnamed")
    elif _NAME.fullmatch(name) is None:
        yield _fault(number, "name", "name")
    elif name in taken:
        yield _fault(number, "name", "twice")
    taken.add(name)


def _of_references(number: int, row: Mapping[str, str], names: set[str]) -> Iterator[FormFault]:
    for column, text in row.items():
        for name in dict.fromkeys(_REFERENCE.findall(text)):
            if name not in names:
                yield _fault(number, column, "missing", name)


def _in_choices(choices: Sheet) -> Iterator[FormFault]:
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(choices.rows, start=2):
        one = (row.get("list_name") or row.get("list name", ""), row.get("name", ""))
        if all(one) and one in seen:
            yield _fault(number, "name", "choice", sheet=CHOICES)
        seen.add(one)


def _fault(number: int, column: str, what: str, it: Any = "", *, sheet: str = SURVEY) -> FormFault:
    text = SAID[what]
    return FormFault(Place(sheet, number, column), text % {"it": it} if it else text)

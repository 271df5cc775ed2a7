"""From a workbook to a form: read within limits, compiled by pyxform, understood by this app, its rules tried."""

import hashlib
import re
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext_lazy as _

from linli.campaigns.forms import expressions, faults, source, structure, trial
from linli.campaigns.forms.errors import FormFault, FormFaults, Place
from linli.campaigns.forms.form import Form
from linli.campaigns.forms.source import SETTINGS, SURVEY, Sheet
from linli.campaigns.forms.structure import DEFAULT, SECTIONS, Item, Structure, language_code

MAX_QUESTIONS = 500
MAX_DEPTH = 6
FORM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

# The title in one language is in the column form_title::English (en), which pyxform does not know.
_TITLE = "form_title"
_NOT_COMPILED = _("It does not compile. Compare its columns with those of a form that comes with this app.")
_ROW = re.compile(r"\[row : (\d+)\]\s*")
_CELL = re.compile(r"On the '(\w+)' sheet, the '([^']+)' value")
# What makers of forms get wrong most often, in the reader's words; the rest is told as pyxform says it. Where a name is told without its
# row, it is looked for in the column that is named here.
# Kinds that pyxform makes of others, and names nowhere by themselves.
EXTRA_TYPES = ("calculate", "geopoint", "hidden", "range", "rank", "acknowledge", "xml-external", "csv-external")
_SAID: tuple[tuple[re.Pattern[str], Any, str], ...] = (
    (re.compile(r"Unknown question type '([^']*)'"), faults.SAID["type"], "type"),
    (re.compile(r"List name not in choices sheet: (\S+)"), faults.SAID["list"], ""),
    (
        re.compile(r"(Question or group with no name)"),
        faults.SAID["unnamed"],
        "",
    ),
    (
        re.compile(r"(must be unique within their nearest)"),
        faults.SAID["twice"],
        "",
    ),
    (re.compile(r"(Names must begin with)"), faults.SAID["name"], ""),
    (re.compile(r"Could not find the name '([^']*)'"), faults.SAID["missing"], ""),
    (
        re.compile(r"Unmatched '(begin_\w+)'"),
        faults.SAID["open"],
        "",
    ),
    (re.compile(r"Unmatched '(end_\w+)'"), faults.SAID["closed"], ""),
    (re.compile(r"(Choice names must be unique)"), faults.SAID["choice"], ""),
    (
        re.compile(r"element named '([^']*)' has no label"),
        _("The question “%(it)s” has no text: write its label."),
        "name",
    ),
)


def compile_xlsform(data: bytes) -> Form:
    """Raises NotAForm, FormTooLarge, FormFault."""
    form = convert(data)
    return replace(form, warnings=(*form.warnings, *trial.run(form)))


def convert(data: bytes) -> Form:
    """The form before its rules were tried."""
    sheets = source.read(data)
    digest = hashlib.sha256(data).hexdigest()
    settings = _settings(sheets.get(SETTINGS, Sheet()), digest)
    titles = _take_titles(settings)
    xml, warnings = _xform({**sheets, SETTINGS: Sheet(list(settings), [settings])})
    asked = _structure(xml)
    _check_size(asked)
    expressions.check(asked.walk())
    languages = asked.languages or (DEFAULT,)
    return Form(
        xml=xml,
        form_id=asked.form_id,
        version=asked.version,
        title={language: titles.get(language, asked.title) for language in languages},
        languages=languages,
        source=digest,
        warnings=warnings,
    )


def _settings(sheet: Sheet, digest: str) -> dict[str, str]:
    filled = {_setting(column): text for row in sheet.rows[:1] for column, text in row.items()}
    form_id = filled.get("form_id", "")
    if not FORM_ID.fullmatch(form_id):
        problem = _("Write the form's id: up to 64 Latin letters, digits, dots, hyphens and underscores.")
        raise FormFault(Place(SETTINGS, 2, "form_id"), problem)
    # Without a version phones could not tell a changed form from the one they have.
    return {_TITLE: form_id, "version": digest[:12], **filled}


def _setting(column: str) -> str:
    """Names of settings are written in any case; a language after them is not."""
    name, colons, language = column.partition("::")
    return name.strip().lower() + colons + language.strip()


def _take_titles(settings: dict[str, str]) -> dict[str, str]:
    """The titles by language; out of the settings, where pyxform would stumble over them."""
    columns = [name for name in settings if name.startswith(f"{_TITLE}::")]
    return {language_code(name.partition("::")[2]): settings.pop(name) for name in columns}


def _xform(sheets: dict[str, Sheet]) -> tuple[str, tuple[str, ...]]:
    # It takes a second to load; only who compiles a form pays it.
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert as compile_workbook

    workbook: dict[str, Any] = {"sheet_names": list(sheets)}
    for name, sheet in sheets.items():
        workbook[name] = sheet.rows
        workbook[f"{name}_header"] = [dict.fromkeys(filter(None, sheet.columns))]
    warnings: list[str] = []
    try:
        return compile_workbook(workbook, warnings=warnings, form_name="data").xform, tuple(warnings)
    except PyXFormError as error:
        raise _all_told(_told(str(error), sheets), sheets) from error
    except Exception as error:
        # Its parts raise what they raise (AttributeError, KeyError …) on a workbook that nobody thought of.
        raise FormFault(Place(), _NOT_COMPILED) from error


def _structure(xml: str) -> Structure:
    try:
        return structure.read(xml)
    except ParseError as error:
        # A colon in the name of a column of choices, say, becomes a prefix that nobody declared.
        raise FormFault(Place(), _NOT_COMPILED) from error


def _told(text: str, sheets: dict[str, Sheet]) -> FormFault:
    """What pyxform says, at the place that it names or that can be found."""
    row, cell = _ROW.search(text), _CELL.search(text)
    sheet, column = (cell[1], cell[2]) if cell else (SURVEY if row else "", "")
    place = Place(sheet, int(row[1]) if row else 0, column)
    for pattern, problem, in_column in _SAID:
        if (found := pattern.search(text)) is not None:
            if in_column and not row:
                place = _place_of(found[1], in_column, sheets)
            return FormFault(place, problem % {"it": found[1]})
    return FormFault(place, _ROW.sub("", text))


def _all_told(first: FormFault, sheets: dict[str, Sheet]) -> FormFault:
    """What pyxform refused it for, and whatever else is wrong with its rows, in their order."""
    from pyxform import aliases
    from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

    known = frozenset({*QUESTION_TYPE_DICT, *aliases._type_alias_map, *aliases.select, *EXTRA_TYPES})
    found = faults.all_of(sheets, known)
    same = next((at for at, one in enumerate(found) if _is_same(one, first)), None)
    if same is None:
        found.insert(0, first)
    else:
        # Of this one pyxform may know more of where it stands.
        found[same] = first if first.place.row else found[same]
    return found[0] if len(found) == 1 else FormFaults(found)


def _is_same(one: FormFault, other: FormFault) -> bool:
    if other.place.row:
        return (one.place.sheet, one.place.row) == (other.place.sheet, other.place.row)
    return str(one.problem) == str(other.problem)


def _place_of(text: str, column: str, sheets: dict[str, Sheet]) -> Place:
    """Where it stands in the survey; row 1 is the heading."""
    rows = sheets.get(SURVEY, Sheet()).rows
    at = next((number for number, row in enumerate(rows, start=2) if row.get(column) == text), 0)
    return Place(SURVEY, at, column) if at else Place(SURVEY)


def _check_size(asked: Structure) -> None:
    if sum(item.kind not in SECTIONS for item in asked.walk()) > MAX_QUESTIONS:
        problem = _("There are more than %(most)s questions. Nobody answers them at a door: split the form.")
        raise FormFault(Place(SURVEY), problem % {"most": MAX_QUESTIONS})
    if _depth(asked.items) > MAX_DEPTH:
        problem = _("Groups are nested more than %(most)s deep. Take some of them out of each other.")
        raise FormFault(Place(SURVEY), problem % {"most": MAX_DEPTH})


def _depth(items: tuple[Item, ...]) -> int:
    return 1 + max((_depth(item.items) for item in items), default=0) if items else 0

"""Reads a workbook (XLSX, or CSV with the sheets below each other) into rows of text, within limits.

pyxform has readers of its own, but they read a file whole before anything can be counted. Here each limit is checked while reading.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext_lazy as _

from linli.campaigns.forms.errors import FormFault, FormFaults, FormTooLarge, NotAForm, Place
from linli.foundation import documents
from linli.foundation.tabular import decode

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
# Sheets that would bring in what this app does not have: lists and entities from elsewhere.
FOREIGN_SHEETS = ("external_choices", "entities", "osm")

MEGABYTE = 1024 * 1024
MAX_BYTES = 2 * MEGABYTE
MAX_UNPACKED = 20 * MEGABYTE
MAX_ROWS = {SURVEY: 1_000, CHOICES: 5_000, SETTINGS: 2}
MAX_COLUMNS = 60
MAX_CELL = 2_000
# More of one workbook nobody reads; when these are mended the rest is told.
MOST_FAULTS = 50
# After so many empty rows the table has ended: some programs write empty rows down to the millionth.
EMPTY_ROWS = 60

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Sheet:
    """Columns, and rows by column; empty rows are kept, so that the row with index 0 is row 2 of the spreadsheet."""

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)


def read(data: bytes) -> dict[str, Sheet]:
    """The sheets of a form by name. Raises NotAForm, FormTooLarge, FormFault."""
    if len(data) > MAX_BYTES:
        raise FormTooLarge(megabytes=MAX_BYTES // MEGABYTE)
    try:
        sheets = _sheets(_workbook(data) if documents.recognise(data[: documents.HEAD_BYTES]) else _csv(data))
    except (NotAForm, FormTooLarge, FormFault):
        raise
    except Exception as error:
        # openpyxl raises whatever its parts raise (KeyError, ValueError, EntitiesForbidden …) on a broken file.
        raise NotAForm from error
    if SURVEY not in sheets:
        raise FormFault(Place(), _("There is no sheet named survey. Put the questions into a sheet with this name."))
    return sheets


def _sheets(tables: Iterable[tuple[str, Iterable[list[Any]]]]) -> dict[str, Sheet]:
    sheets: dict[str, Sheet] = {}
    faults: list[FormFault] = []
    for name, lines in tables:
        if name in FOREIGN_SHEETS:
            raise FormFault(Place(name), _("Lists from elsewhere are not used here. Delete this sheet."))
        if name in MAX_ROWS:
            sheets[name] = _sheet(name, lines, faults)
    if faults:
        raise faults[0] if len(faults) == 1 else FormFaults(faults)
    return sheets


def _workbook(data: bytes) -> Iterator[tuple[str, Iterable[list[Any]]]]:
    import openpyxl  # takes a tenth of a second to load; only who compiles a form pays it

    if documents.check(data) != documents.XLSX:
        raise NotAForm
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
            raise FormTooLarge(megabytes=MAX_BYTES // MEGABYTE)
    found = openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets
    if not found:
        # Where lxml is installed openpyxl reads past entities instead of refusing them, and finds nothing.
        raise NotAForm
    for sheet in found:
        # Some programs claim that the sheet ends at A1; read what is there instead.
        sheet.reset_dimensions()
        yield sheet.title.strip().lower(), ([*row] for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1))


def _csv(data: bytes) -> Iterator[tuple[str, Iterable[list[Any]]]]:
    """A line with one filled cell, the first, begins the sheet of that name; its rows have an empty first cell."""
    text = decode(data, "form.csv")
    lines = [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text, newline=""), strict=True)]
    starts = [number for number, line in enumerate(lines) if line and line[0]]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        yield lines[start][0].lower(), [line[1:] for line in lines[start + 1 : end]]


def _sheet(name: str, lines: Iterable[list[Any]], faults: list[FormFault]) -> Sheet:
    """What is wrong with single cells is put to the `faults`; such a cell counts as filled."""
    sheet = Sheet()
    empty = 0
    for number, cells in enumerate(lines, start=1):
        texts = [_cell(cell, Place(name, number, _column(sheet, at)), faults) for at, cell in enumerate(cells)]
        if any(texts[MAX_COLUMNS:]):
            raise FormFault(Place(name, number), _("There are too many columns. Delete those that are not needed."))
        empty = 0 if any(texts) else empty + 1
        if empty > EMPTY_ROWS:
            break
        if not sheet.columns:
            sheet.columns = _columns(name, texts)
        else:
            sheet.rows.append({key: text for key, text in zip(sheet.columns, texts, strict=False) if key and text})
        if len(sheet.rows) - empty > MAX_ROWS[name]:
            problem = _("There are more than %(rows)s rows. Split the form, or delete what is not needed.")
            raise FormFault(Place(name), problem % {"rows": MAX_ROWS[name]})
    while sheet.rows and not sheet.rows[-1]:
        sheet.rows.pop()
    return sheet


def _cell(cell: Any, place: Place, faults: list[FormFault]) -> str:
    try:
        return _text(cell, place)
    except FormFault as fault:
        if len(faults) >= MOST_FAULTS:
            raise
        faults.append(fault)
        return "?"


def _column(sheet: Sheet, at: int) -> str:
    return sheet.columns[at] if at < len(sheet.columns) else ""


def _columns(name: str, texts: list[str]) -> list[str]:
    filled = [text for text in texts if text]
    twice = next((text for text in filled if filled.count(text) > 1), None)
    if twice:
        raise FormFault(Place(name, 1, twice), _("This column is there twice. Delete one of them."))
    return texts


def _text(cell: Any, place: Place) -> str:
    """A cell as a person reads it. Cells of a workbook are openpyxl's, those of a CSV file are text already."""
    if getattr(cell, "data_type", None) == "f":
        raise FormFault(place, _("A formula stands here. Replace it by its value."))
    value = getattr(cell, "value", cell)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat()
    # Spreadsheets write spaces that do not break; in an expression they are no spaces.
    text = str(value).replace("\xa0", " ").strip()
    if len(text) > MAX_CELL:
        raise FormFault(place, _("This text is far too long. Shorten it to %(most)s characters.") % {"most": MAX_CELL})
    if _NOT_IN_XML.search(text):
        raise FormFault(place, _("There are signs here that cannot be shown. Type the text anew."))
    return text

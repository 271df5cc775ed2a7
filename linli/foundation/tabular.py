"""Tables from outside: CSV and XLSX as people's programs write them, read whole, with every problem told by row.

CSV may be UTF-8 (with or without a byte order mark), UTF-16 with one, or GB 18030 (which contains GBK and GB 2312; Excel
writes it in China), separated by comma, semicolon or tab. The kind of file is told by its content, not by its name.
An import collects all its problems in `ImportProblems` and is then refused as a whole: nothing is applied halfway.
"""

import codecs
import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError
from linli.foundation.progress import Say, silent

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 500_000
# A spreadsheet is a zip archive; one that unpacks to more than this is a bomb or belongs into a database.
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
# A single cell of a spreadsheet may claim to stand far below or beside the others, and all between would be read.
LAST_SHEET_ROW, LAST_SHEET_COLUMN = 1_048_576, 1_000
# A cell takes some fifteen microseconds: a wide sheet ends before it holds a worker for minutes.
MAX_CELLS = 3_000_000
READING = _("Reading the file")

Text = str | Promise


class UnreadableTable(DomainError):
    """The file as a whole cannot be read; `reason` says why and what to do."""

    code = "unreadable_table"
    status = 422
    message = _("%(filename)s cannot be read: %(reason)s")

    def __init__(self, filename: str, reason: Text) -> None:
        super().__init__(filename=filename, reason=reason)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: the row as the spreadsheet numbers it (the heading is row 1), the column, and what to do.

    Row 0 is the table as a whole, such as a row that is missing.
    """

    row: int
    column: str
    message: Text

    def __str__(self) -> str:
        if not self.row:
            return str(self.message)
        where = _("Row %(row)s, %(column)s") if self.column else _("Row %(row)s")
        return f"{where % {'row': self.row, 'column': self.column}}: {self.message}"


class ImportRefused(DomainError):
    """All problems of an import, in the order of rows. Nothing of the file was applied."""

    code = "import_refused"
    status = 422
    message = _("Nothing was imported. Correct the file and import it again; problems: %(count)s. First: %(first)s")

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.row))
        super().__init__(count=len(self.problems), first=self.problems[0])

    def lines(self) -> list[str]:
        """Every problem as one line of text, in the reader's language."""
        return [str(problem) for problem in self.problems]


class ImportProblems:
    """Collects what is wrong with an import, row by row."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(self, row: int, column: str, message: Text) -> None:
        self._problems.append(Problem(row, column, message))

    def __len__(self) -> int:
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def raise_if_any(self) -> None:
        if self._problems:
            raise ImportRefused(self._problems)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file and its cells as stripped text; an empty cell is ''."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)


def is_one_line(text: str) -> bool:
    """Whether all of it shows, on one line: Chinese clauses have wide spaces in them (第一章　第三条)."""
    return all(character.isprintable() or unicodedata.category(character) == "Zs" for character in text)


def is_code(text: str) -> bool:
    """Whether it can stand in an address as it is: Latin letters, digits, dots and dashes, not dots alone."""
    return re.fullmatch(r"[0-9A-Za-z.-]+", text) is not None and text.strip(".") != ""


def read_table(
    source: bytes | Path,
    filename: str = "",
    *,
    required: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
    say: Say = silent,
) -> Table:
    """Read a CSV or XLSX table whose first filled row is the heading.

    `aliases` maps other headings to column names ({"代码": "code"}); headings are compared without case. `say` hears how many
    lines are read.
    Raises `UnreadableTable` if the file is not a table or a required column is missing, `ImportRefused` if rows are
    longer than the heading.
    """
    filename = filename or (source.name if isinstance(source, Path) else "table")
    data = _bytes(source, filename)
    say(str(READING))
    if data.startswith(b"PK\x03\x04"):
        lines = _xlsx_lines(data, filename)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableTable(filename, _("this is the old .xls format. Save it as .xlsx or as CSV."))
    else:
        lines = _csv_lines(data, filename)
    return _table(lines, filename, required, aliases or {}, say)


def _bytes(source: bytes | Path, filename: str) -> bytes:
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > MAX_BYTES:
        raise UnreadableTable(filename, _("it is larger than 64 MB. Split it."))
    return source.read_bytes() if isinstance(source, Path) else source


def decode(data: bytes, filename: str) -> str:
    """Text in one of the encodings that spreadsheets write (see the module's head)."""
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableTable(filename, _("it is not text in UTF-8 or GB 18030 (GBK). Save it as CSV UTF-8 or as .xlsx."))


def _encodings(data: bytes) -> list[str]:
    """Those that the text may be in: a byte order mark leaves one."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    return ["utf-8-sig"] if data.startswith(codecs.BOM_UTF8) else ["utf-8", "gb18030"]


class _Line(NamedTuple):
    """A row's number and cells, and how far the file is read with it; `of` is None where the file does not say how long it is."""

    number: int
    cells: list[str]
    read: int
    of: int | None


def _csv_lines(data: bytes, filename: str) -> Iterator[_Line]:
    text = decode(data, filename)
    heading = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t，", key=heading.count)
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield _Line(number, [cell.strip() for cell in cells], reader.line_num, len(lines))
    except csv.Error as error:
        reason = _("near line %(line)s the quotes do not match, or a cell is far too long.") % {"line": reader.line_num}
        raise UnreadableTable(filename, reason) from error


def _xlsx_lines(data: bytes, filename: str) -> Iterator[_Line]:
    import openpyxl  # takes a tenth of a second to load; only imports of spreadsheets pay it

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise UnreadableTable(filename, _("it unpacks to more than 512 MB. Split it."))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # Some programs claim that the sheet ends at A1; read what is there instead.
        claimed = sheet.max_row or 0
        sheet.reset_dimensions()
        read = 0
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            if number > LAST_SHEET_ROW or len(cells) > LAST_SHEET_COLUMN:
                raise UnreadableTable(filename, _("a cell stands far below or beside the table. Delete it."))
            read += len(cells)
            if read > MAX_CELLS:
                raise UnreadableTable(filename, _("it has more than 3,000,000 cells. Split it, or save it as CSV."))
            yield _Line(number, [_cell_text(cell) for cell in cells], number, claimed if claimed >= number else None)
    except UnreadableTable:
        raise
    except Exception as error:
        # openpyxl raises whatever its parts raise (KeyError, ValueError, BadZipFile, ParseError …) on a broken file.
        reason = _("it is not a spreadsheet that can be opened. Save it as .xlsx again, or as CSV.")
        raise UnreadableTable(filename, reason) from error


def _cell_text(cell: Any) -> str:
    """As a person reads it: 510108.0 is the code 510108, a date is written 2026-03-01."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date().isoformat()
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    return str(cell).strip()


def _table(
    lines: Iterator[_Line], filename: str, required: Sequence[str], aliases: Mapping[str, str], say: Say
) -> Table:
    reading = str(READING)
    columns: list[str] | None = None
    rows: list[Row] = []
    problems = ImportProblems()
    for number, cells, read, of in lines:
        say(reading, read, of)
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells, filename, required, aliases)
            continue
        if any(cells[len(columns) :]):
            problems.add(number, "", _("has more cells than the heading. Put quotes around a cell with a comma."))
        rows.append(Row(number, {name: cell for name, cell in zip(columns, cells, strict=False) if name}))
        if len(rows) > MAX_ROWS:
            raise UnreadableTable(filename, _("it has more than 500,000 rows. Split it."))
    if columns is None:
        raise UnreadableTable(filename, _("it is empty."))
    problems.raise_if_any()
    return Table(tuple(name for name in columns if name), rows)


def _columns(cells: Sequence[str], filename: str, required: Sequence[str], aliases: Mapping[str, str]) -> list[str]:
    names = {alias.strip().casefold(): name for alias, name in aliases.items()}
    columns = [names.get(cell.casefold(), cell.casefold()) for cell in cells]
    filled = [name for name in columns if name]
    missing = [name for name in required if name not in filled]
    if missing:
        reason = _("the column %(missing)s is missing; found: %(found)s.")
        raise UnreadableTable(filename, reason % {"missing": ", ".join(missing), "found": ", ".join(filled)})
    twice = sorted({name for name in filled if filled.count(name) > 1})
    if twice:
        raise UnreadableTable(filename, _("the column %(name)s is there twice.") % {"name": ", ".join(twice)})
    return columns

"""Tables handed out: CSV that Excel reads in Chinese, and XLSX. What came from outside never becomes a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse

from linli.foundation.documents import XLSX

# What makes a spreadsheet read a cell as a formula; some read the wide signs of Chinese and Japanese keyboards as the others.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def csv_answer(filename: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """UTF-8 with a byte order mark: without it Excel does not read Chinese."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return _download(filename, f"\ufeff{text.getvalue()}".encode(), "text/csv; charset=utf-8")


def xlsx_answer(filename: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    return book_answer(filename, {"Sheet": rows})


def book_answer(filename: str, sheets: Mapping[str, Iterable[Sequence[Any]]]) -> HttpResponse:
    """An XLSX with a sheet for each name."""
    import openpyxl  # takes a tenth of a second to load; only who asks for a spreadsheet pays it

    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([_harmless(cell) for cell in row])
    content = io.BytesIO()
    book.save(content)
    return _download(filename, content.getvalue(), XLSX)


def _download(filename: str, content: bytes, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response

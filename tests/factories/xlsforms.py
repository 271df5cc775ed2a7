"""Workbooks of forms, small enough to stand in a test."""

import csv
import io
from collections.abc import Iterable, Mapping

import openpyxl

Rows = Iterable[Mapping[str, str]]


def question(kind: str, name: str, **columns: str) -> dict[str, str]:
    return {"type": kind, "name": name, "label": name, **columns}


def sheets(survey: Rows, choices: Rows = (), **settings: str) -> dict[str, list[list[str]]]:
    filled = {"form_id": "trial", "version": "1", **settings}
    tables = {"survey": [*survey], "choices": [*choices], "settings": [filled]}
    return {name: _lines(rows) for name, rows in tables.items() if rows}


def _lines(rows: list[Mapping[str, str]]) -> list[list[str]]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return [columns, *([row.get(column, "") for column in columns] for row in rows)]


def as_csv(survey: Rows, choices: Rows = (), **settings: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for name, lines in sheets(survey, choices, **settings).items():
        writer.writerow([name])
        writer.writerows(["", *line] for line in lines)
    return text.getvalue().encode()


def as_xlsx(survey: Rows, choices: Rows = (), **settings: str) -> bytes:
    return xlsx(sheets(survey, choices, **settings))


def xlsx(tables: Mapping[str, Iterable[Iterable[object]]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for name, lines in tables.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append([*line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

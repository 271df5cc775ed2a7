"""Tables as people's programs write them, and as they break them."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from linli.foundation import tabular
from linli.foundation.tabular import ImportProblems, ImportRefused, UnreadableTable, read_table


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield


TEXT = "代码,名称\n510108004003,双林社区\n\n510108004004,双桥路北社区\n"
ALIASES = {"代码": "code", "名称": "name"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_reads_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    table = read_table(TEXT.encode(encoding), "x.csv", required=["code"], aliases=ALIASES)
    assert table.columns == ("code", "name")
    assert [(row.number, row["code"], row["name"]) for row in table.rows] == [
        (2, "510108004003", "双林社区"),
        (4, "510108004004", "双桥路北社区"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_reads_the_usual_separators(delimiter: str) -> None:
    assert read_table(TEXT.replace(",", delimiter).encode(), "x.csv").rows[0]["名称"] == "双林社区"


def xlsx(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_reads_xlsx_by_content_whatever_its_name() -> None:
    data = xlsx([["Code", "From"], [510108.0, date(2026, 3, 1)], [None, None], ["x", None]])
    table = read_table(data, "called.csv", required=["code"])
    assert [(row.number, row["code"], row["from"]) for row in table.rows] == [(2, "510108", "2026-03-01"), (4, "x", "")]


@pytest.mark.parametrize("spreadsheet", [False, True])
def test_says_how_far_it_has_read(spreadsheet: bool) -> None:
    told: list[tuple[str, int, int | None]] = []
    text = 'code,name\n1,"two\nlines"\n2,b\n'
    data = xlsx([["code", "name"], ["1", "a"], ["2", "b"], ["3", "c"]]) if spreadsheet else text.encode()
    read_table(data, "t", say=lambda said, done=0, total=None: told.append((str(said), done, total)))
    said = "Reading the file"
    # Of a table in text the lines are counted, and a cell may have several.
    lines = [1, 2, 3, 4] if spreadsheet else [1, 3, 4]
    assert told == [(said, 0, None), *((said, line, 4) for line in lines)]


def test_whoever_ends_the_reading_is_not_taken_for_a_broken_spreadsheet() -> None:
    class Ended(Exception):
        pass

    def end(said: str, done: int = 0, total: int | None = None) -> None:
        if done == 2:
            raise Ended

    with pytest.raises(Ended):
        read_table(xlsx([["code"], ["1"], ["2"]]), "t.xlsx", say=end)


def test_reads_a_path(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text(TEXT)
    assert len(read_table(path)) == 2


def bomb() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as sheet,
    ):
        for _ in range(600):
            sheet.write(b"0" * 1024 * 1024)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        ("名称\n双林\n".encode(), "code"),
        (b"code,code\n1,2\n", "twice"),
        (b'code,name\n1,"open\n', "quotes"),
        (b"code\n" + b"x" * 200_000, "too long"),
        # Its heading would read 锘縞ode as GBK.
        (b"\xef\xbb\xbfcode\n" + "双林".encode("gbk"), "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "UTF-8"),
        (b"PK\x03\x04 not an archive", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0 old excel", ".xls"),
    ],
)
def test_says_why_a_file_is_no_table(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableTable) as refused:
        read_table(data, "units.csv", required=["code"])
    assert says in str(refused.value)
    assert "units.csv" in str(refused.value)


def test_refuses_a_spreadsheet_that_unpacks_to_too_much() -> None:
    with pytest.raises(UnreadableTable, match="512 MB"):
        read_table(bomb(), "bomb.xlsx")


@pytest.mark.parametrize("far", ["A99999999", "ZZZ2"])
def test_a_spreadsheet_with_a_cell_far_away_is_refused_at_once(far: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx([["code"], ["x"]]))) as book, zipfile.ZipFile(out, "w") as altered:
        for entry in book.infolist():
            row = far.lstrip("AZ")
            data = book.read(entry).replace(b'<row r="2"', f'<row r="{row}"'.encode())
            altered.writestr(entry, data.replace(b'r="A2"', f'r="{far}"'.encode()))
    with pytest.raises(UnreadableTable, match="far below or beside"):
        read_table(out.getvalue(), "units.xlsx")


def test_a_spreadsheet_of_too_many_cells_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "MAX_CELLS", 6)
    assert len(read_table(xlsx([["code", "name"], ["1", "a"], ["2", "b"]]), "units.xlsx")) == 2
    with pytest.raises(UnreadableTable, match="cells"):
        read_table(xlsx([["code", "name"], ["1", "a"], ["2", "b"], ["3", ""]]), "units.xlsx")


def test_a_row_longer_than_the_heading_is_named() -> None:
    with pytest.raises(ImportRefused) as refused:
        read_table("code,name\n1,双林,社区\n2,x\n".encode(), "x.csv")
    assert [problem.row for problem in refused.value.problems] == [2]


def test_all_of_ten_thousand_problems_are_reported_in_the_order_of_rows() -> None:
    problems = ImportProblems()
    problems.raise_if_any()
    for row in range(10_001, 1, -1):
        problems.add(row, "code", "no such unit")
    with pytest.raises(ImportRefused) as refused:
        problems.raise_if_any()
    assert [problem.row for problem in refused.value.problems] == list(range(2, 10_002))
    assert "10000" in str(refused.value)
    assert "Row 2, code" in str(refused.value)
    assert refused.value.lines()[-1] == "Row 10001, code: no such unit"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_refusal(data: bytes) -> None:
    try:
        table = read_table(data, "x")
    except (UnreadableTable, ImportRefused):
        return
    assert table.columns or not table.rows

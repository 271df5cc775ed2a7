"""Reading an export: what becomes a request, what is rejected and why, and what a wrong file or mapping is answered."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation

from linli.cases.replay import mapping, rows
from linli.cases.replay.mapping import BadMapping, Mapping, UnknownMapping
from linli.cases.replay.rows import WrongDates
from linli.foundation.tabular import UnreadableTable

MAPPING = """
name = "little"
title = "Little 311"
time_zone = "America/New_York"
dates = ["%m/%d/%Y %H:%M"]
[city]
code = "little"
name = "Little"
[columns]
id = "Id"
opened = "Opened"
target = "Target"
closed = "Closed"
on_time = "OnTime"
class = "Type"
lon = "Lon"
lat = "Lat"
label = "Area"
channel = "Source"
[on_time]
yes = ["ONTIME"]
no = ["OVERDUE"]
[channels]
"Phone" = "hotline"
[labels]
none = ["Little"]
[labels.same]
"Southie" = "South"
[positions]
none = [[-71.05, 42.36]]
[addresses]
form = '(?P<number>\\d+) (?P<street>.+)'
"""
HEADING = "Id,Opened,Target,Closed,OnTime,Type,Lon,Lat,Area,Source"
GOOD = "1,03/02/2015 10:00,03/03/2015 10:00,03/02/2015 12:00,ONTIME,Pothole,-71.10,42.30,North,Phone"

OTHER = GOOD.replace("1,", "5,", 1)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def little(tmp_path: Path) -> Mapping:
    path = tmp_path / "little.toml"
    path.write_text(MAPPING)
    return mapping.read(str(path))


def export(folder: Path, little: Mapping, *lines: str, heading: str = HEADING) -> rows.Export:
    path = folder / "export.csv"
    path.write_text("\n".join([heading, *lines]) + "\n")
    return rows.read(path, little)


def test_a_row_becomes_a_request(tmp_path: Path, little: Mapping) -> None:
    (request,) = export(tmp_path, little, GOOD).requests
    assert (request.id, request.class_name, request.label, request.channel) == ("1", "Pothole", "North", "hotline")
    assert request.opened == datetime(2015, 3, 2, 15, 0, tzinfo=UTC)
    assert (request.lon, request.lat, request.on_time) == (-71.10, 42.30, True)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("03/08/2015 01:59", datetime(2015, 3, 8, 6, 59, tzinfo=UTC)),
        ("03/08/2015 03:00", datetime(2015, 3, 8, 7, 0, tzinfo=UTC)),
        # The hour that the clocks show twice is the first of the two.
        ("11/01/2015 01:30", datetime(2015, 11, 1, 5, 30, tzinfo=UTC)),
        ("11/01/2015 02:30", datetime(2015, 11, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_summer_time(tmp_path: Path, little: Mapping, local: str, utc: datetime) -> None:
    (request,) = export(tmp_path, little, GOOD.replace("03/02/2015 10:00", local)).requests
    assert request.opened == utc


def test_labels_and_positions_that_say_nothing(tmp_path: Path, little: Mapping) -> None:
    found = export(
        tmp_path, little, GOOD.replace("North", "Southie"), GOOD.replace("1,", "2,", 1).replace("North", "Little"),
        GOOD.replace("1,", "3,", 1).replace("-71.10,42.30", "-71.05,42.36"),
    ).requests  # fmt: skip
    assert [request.label for request in found] == ["South", "", "North"]
    assert [request.lon for request in found] == [-71.10, -71.10, None]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (GOOD.replace("1,", ",", 1), "no number"),
        (GOOD, "came before"),
        (OTHER.replace("Pothole", " "), "no class"),
        (OTHER.replace("-71.10", "west"), "position cannot be read"),
        (OTHER.replace("42.30", "142.30"), "not on earth"),
        (OTHER.replace("03/02/2015 12:00", "soon"), "closed cannot be read"),
        (OTHER.replace("03/03/2015 10:00", "2015"), "target cannot be read"),
        (OTHER.replace("03/02/2015 10:00", "31/12/2015 10:00"), "opened cannot be read"),
        (OTHER.replace("03/02/2015 10:00", "01/01/0001 00:00"), "before 1970 or in the future"),
        (OTHER.replace("03/02/2015 10:00", "12/31/9999 23:59"), "opened cannot be read"),
        (OTHER.replace("03/02/2015 10:00", "03/02/2915 10:00"), "before 1970 or in the future"),
        (OTHER.replace("03/02/2015 12:00", "01/01/1900 00:00"), "closed before 1970"),
        (OTHER.replace("-71.10,42.30", "nan,nan"), "not on earth"),
        # Two numbers that the timeline would keep as the same.
        (GOOD.replace("1,", "1\x07,", 1), "came before"),
    ],
)
def test_a_row_that_cannot_be_filed_is_rejected_with_its_reason(
    tmp_path: Path, little: Mapping, bad: str, reason: str
) -> None:
    found = export(tmp_path, little, GOOD, GOOD.replace("1,", "9,", 1), bad)
    assert len(found.requests) == 2
    assert [reason in rejection.reason for rejection in found.rejections] == [True]
    assert found.rejections[0].number == 4


def test_only_the_first_rows_are_lived(tmp_path: Path, little: Mapping) -> None:
    path = tmp_path / "export.csv"
    path.write_text("\n".join([HEADING, GOOD, "", GOOD.replace("1,", "2,", 1), GOOD.replace("1,", "3,", 1)]))
    found = rows.read(path, little, limit=2)
    assert [request.id for request in found.to_live()] == ["1", "2"]
    assert len(found.requests) == 3


def test_every_usual_writing_is_read(tmp_path: Path, little: Mapping) -> None:
    text = f"{HEADING}\r\n{GOOD}\r\n"
    for name, content in (
        ("bom.csv", text.encode("utf-8-sig")),
        ("packed.csv.gz", gzip.compress(text.encode())),
        ("semicolons.csv", text.replace(",", ";").encode()),
        ("case.csv", text.replace("Id,Opened", "ID,OPENED").encode()),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert len(rows.read(path, little).requests) == 1, name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (HEADING.encode(), "no rows"),
        (b"Id,Opened\n1,x\n", "target"),
        (b"\x1f\x8b\x08\x00broken", "broken gzip"),
        (gzip.compress(GOOD.encode())[:-12], "broken gzip"),
        (b"\x00\x01\x02", "not text"),
    ],
    # What is zipped names its moment: two processes would name such a test differently.
    ids=["empty", "heading", "column", "head", "cut", "bytes"],
)
def test_a_file_that_is_no_export_is_told_so(tmp_path: Path, little: Mapping, content: bytes, said: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableTable, match=said):
        rows.read(path, little)


def test_a_wrong_date_format_is_an_error_of_the_mapping(tmp_path: Path, little: Mapping) -> None:
    lines = [f"{number},2015-03-02T10:00,,,,Pothole,-71.1,42.3,North," for number in range(5)]
    with pytest.raises(WrongDates, match="2015-03-02T10:00"):
        export(tmp_path, little, *lines)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('id = "Id"', ""), r"lacks id"),
        (('id = "Id"', 'id = "Id"\nwhatever = "X"'), "whatever"),
        (('time_zone = "America/New_York"', 'time_zone = "Mars/Base"'), "time_zone"),
        (('time_zone = "America/New_York"', 'time_zone = "America/New_York"\nholidays = ["4 July"]'), "holidays"),
        (('"Phone" = "hotline"', '"Phone" = "telepathy"'), "telepathy"),
        (('code = "little"', ""), "code and a name"),
        (('yes = ["ONTIME"]\nno = ["OVERDUE"]', ""), "on_time"),
        (("none = [[-71.05, 42.36]]", 'none = "here"'), "positions"),
        (('dates = ["%m/%d/%Y %H:%M"]', "dates = 1"), "dates"),
        (("[city]", "[city"), "not TOML"),
        ((r"(?P<number>\d+) ", "(?P<number>"), "no regular expression"),
        (("(?P<number>", "("), "needs the groups"),
        (("form = '", "form = 3 #"), "form must be text"),
    ],
)
def test_a_mapping_says_what_is_wrong_with_it(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    path = tmp_path / "wrong.toml"
    assert change[0] in MAPPING
    path.write_text(MAPPING.replace(*change))
    with pytest.raises(BadMapping, match=said):
        mapping.read(str(path))


def test_an_unknown_mapping_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownMapping, match="boston311"):
        mapping.read("atlantis")


def test_the_shipped_mapping_is_found_by_the_columns() -> None:
    boston = mapping.read("boston311")
    assert mapping.fitting([*boston.columns.values(), "extra"]).name == "boston311"
    with pytest.raises(UnknownMapping):
        mapping.fitting(["a", "b"])

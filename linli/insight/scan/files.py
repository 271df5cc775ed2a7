"""SaTScan's files: cases (.cas), coordinates (.geo) and population (.pop), as its user guide describes them.

Fields stand apart by blanks, tabs, commas or semicolons; one that holds them stands in double quotes. Every error names file and line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from linli.insight.scan.data import Cases, Places, Population, Unit, Unscannable

_FIELD = re.compile(r'"([^"]*)"|([^\s,;]+)')
_DATE = re.compile(r"(\d{4}|\d{2})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:T.*)?")
_UNITS: dict[int, Unit] = {1: "year", 2: "month", 3: "day"}


@dataclass(frozen=True)
class Line:
    file: Path
    number: int
    fields: tuple[str, ...]

    def wrong(self, what: str) -> Unscannable:
        return Unscannable(f"{self.file}, line {self.number}: {what}")

    def amount(self, at: int, what: str) -> float:
        """A number that may be 0 and has a sensible size."""
        text = self.fields[at]
        try:
            found = float(text)
        except ValueError:
            found = np.nan
        if not np.isfinite(found):
            raise self.wrong(f"{what} is “{text}”, which is not a number. Write digits.")
        return found


@dataclass(frozen=True)
class Moment:
    """A date as precise as it was written."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def unit(self) -> Unit:
        return "year" if self.month is None else "month" if self.day is None else "day"

    def first(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    def last(self) -> date:
        if self.day is not None:
            return self.first()
        after = np.datetime64(self.first()).astype("M8[Y]" if self.month is None else "M8[M]") + 1
        found: date = (after.astype("M8[D]") - 1).item()
        return found

    def middle(self) -> date:
        """When a count stood that is dated with a year or month: the 1st of July, the 15th."""
        if self.month is None:
            return date(self.year, 7, 1)
        return date(self.year, self.month, self.day or 15)


def moment(text: str, near: int | None = None) -> Moment:
    """Reads 1985, 1985/7, 1985-07-01; with `near`, a year, also 85. Raises ValueError."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    if len(found[1]) == 2:
        if near is None:
            raise ValueError(text)
        year = min((1800 + year, 1900 + year, 2000 + year, 2100 + year), key=lambda one: abs(one - near))
    read = Moment(year, month, day)
    read.first()
    return read


@dataclass
class Strata:
    """Groups of people by the values of their columns (age and sex, say), numbered as they come."""

    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)

    def number(self, values: tuple[str, ...]) -> int:
        return self.numbers.setdefault(values, len(self.numbers))


def read_places(file: Path, *, geographic: bool = True) -> Places:
    """`location latitude longitude`, or with `geographic=False` `location x y`."""
    rows: dict[str, tuple[float, float]] = {}
    for line in _lines(file, 3, "location, latitude and longitude" if geographic else "location, x and y"):
        name = line.fields[0]
        first = line.amount(1, "the latitude" if geographic else "x")
        second = line.amount(2, "the longitude" if geographic else "y")
        if geographic and not (-90 <= first <= 90 and -180 <= second <= 180):
            raise line.wrong(
                f"{first:g}, {second:g} are no latitude and longitude. Exchange the columns, convert the file to degrees "
                "(WGS84), or scan it as x and y in kilometres (--cartesian)."
            )
        if rows.setdefault(name, (first, second)) != (first, second):
            raise line.wrong(f"the location {name} stands here a second time, elsewhere. Remove one of the two.")
    return Places(tuple(rows), np.array(list(rows.values())), geographic)


def read_cases(file: Path, places: Places, coordinates: Path) -> tuple[Cases, Unit, Strata]:
    """`location cases date [group …]`. Also the unit of time: that of the most precise date in the file."""
    index = {name: at for at, name in enumerate(places.ids)}
    strata = Strata()
    rows, finest = [], 1
    for line in _lines(file, 3, "location, number of cases and date"):
        number = line.amount(1, "the number of cases")
        if number < 0 or number != int(number):
            raise line.wrong(f"the number of cases is {line.fields[1]}. Write a whole number, 0 or more.")
        when = _moment(line, None)
        finest = max(finest, {"year": 1, "month": 2, "day": 3}[when.unit])
        place = _place(line, index, coordinates)
        if number:
            rows.append((place, when.first(), int(number), strata.number(line.fields[3:])))
    if not rows:
        raise Unscannable(f"{file}: there are no cases in it. Give a file with one or more.")
    at, day, numbers, stratum = zip(*rows, strict=True)
    found = Cases(places, np.array(at), np.array(day, "M8[D]"), np.array(numbers), np.array(stratum))
    return found, _UNITS[finest], strata


def read_population(file: Path, places: Places, coordinates: Path, strata: Strata, near: int) -> Population:
    """`location date people [group …]`. `near`: a year of the study, which tells the century of years with two digits."""
    index = {name: at for at, name in enumerate(places.ids)}
    rows = []
    for line in _lines(file, 3, "location, date and population"):
        people = line.amount(2, "the population")
        if people < 0:
            raise line.wrong(f"the population is {line.fields[2]}. Write how many people live there, 0 or more.")
        place = _place(line, index, coordinates)
        rows.append((place, _moment(line, near).middle(), people, strata.number(line.fields[3:])))
    at, day, counted, stratum = zip(*rows, strict=True)
    return Population(np.array(at), np.array(day, "M8[D]"), np.array(counted), np.array(stratum))


def _lines(file: Path, fewest: int, wanted: str) -> Iterator[Line]:
    """The lines with something in them."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unscannable(f"{file}: this is no text in UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    empty = True
    for number, raw in enumerate(text.splitlines(), start=1):
        fields = tuple(quoted or plain for quoted, plain in _FIELD.findall(raw))
        if not fields:
            continue
        empty = False
        line = Line(file, number, fields)
        if len(fields) < fewest:
            raise line.wrong(f"there are {len(fields)} field(s), and {fewest} are needed: {wanted}.")
        yield line
    if empty:
        raise Unscannable(f"{file}: the file is empty. Each line needs {wanted}.")


def _place(line: Line, index: dict[str, int], coordinates: Path) -> int:
    name = line.fields[0]
    if name not in index:
        raise line.wrong(f"the location {name} has no coordinates. Add it to {coordinates}, or remove this line.")
    return index[name]


def _moment(line: Line, near: int | None) -> Moment:
    text = line.fields[2 if near is None else 1]
    try:
        return moment(text, near)
    except ValueError:
        raise line.wrong(f"“{text}” is no date. Write 2001/11/22, 2001/11 or 2001.") from None

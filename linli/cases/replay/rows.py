"""The export read: a request for each row, or the reason why there is none."""

import gzip
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.cases.replay import mapping as mappings
from linli.cases.replay.mapping import Mapping
from linli.cases.rules import clean_text
from linli.foundation import clock, tabular
from linli.foundation.errors import DomainError
from linli.foundation.tabular import UnreadableTable
from linli.territory.rules import on_earth

GZIP = b"\x1f\x8b"
# Above this share of unreadable dates it is the mapping that is wrong, not the rows.
WRONG_FORMAT_SHARE = 0.5
# Nothing that happened before is taken for true: it is a slip of the pen, or a system's word for "unknown".
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class WrongDates(DomainError):
    code = "wrong_dates"
    status = 422
    message = gettext_lazy(
        "%(count)s of %(rows)s dates in %(column)s are not written as the mapping says (%(formats)s); the first is “%(value)s”. "
        "Correct `dates` in the mapping."
    )


@dataclass(frozen=True, slots=True)
class Request:
    """One row: what was asked for, where and when, and what became of it. Times in UTC; `lon`, `lat` None: none given.

    `label` is the unit's name after the mapping's `same`, empty where the row names none. `on_time` is the city's own verdict.
    """

    number: int
    id: str
    opened: datetime
    class_name: str
    group: str
    body: str
    label: str
    title: str
    description: str
    address: str
    channel: str
    outcome: str
    lon: float | None
    lat: float | None
    target: datetime | None
    closed: datetime | None
    on_time: bool | None
    # What the desk notes when it files the request.
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that is no request: its number in the file and why."""

    number: int
    reason: str
    value: str = ""


@dataclass(slots=True)
class Export:
    """All rows of a file. With a `last` row only those up to it are lived; the others still tell of territory and classes."""

    mapping: Mapping
    requests: list[Request] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    last: int | None = None

    def to_live(self) -> list[Request]:
        return [request for request in self.requests if self.last is None or request.number <= self.last]

    def rejected(self) -> list[Rejection]:
        return [row for row in self.rejections if self.last is None or row.number <= self.last]


class _Unfit(Exception):
    """This row cannot become a request; the first argument says why, the second is the value that is wrong."""


def read(path: Path, mapping: Mapping | None = None, limit: int | None = None) -> Export:
    """Read a CSV or XLSX export, compressed (gzip) or not, with a mapping (None: the shipped one that fits its columns).

    `limit`: only so many rows are to be lived. Raises `UnreadableTable`, `WrongDates`, `UnknownMapping`.
    """
    data = _content(path)
    table = tabular.read_table(data, path.name, required=mapping.required if mapping else ())
    mapping = mapping or mappings.fitting(table.columns)
    export = Export(mapping, last=table.rows[limit - 1].number if limit and limit < len(table.rows) else None)
    reader = _RowReader(mapping)
    for row in table.rows:
        try:
            export.requests.append(reader.request(row))
        except _Unfit as unfit:
            export.rejections.append(Rejection(row.number, *unfit.args))
    if not table.rows:
        raise UnreadableTable(path.name, _("it has a heading and no rows."))
    _refuse_wrong_format(export)
    return export


def _content(path: Path) -> bytes:
    """The file's bytes, unpacked where it is gzip; never more than a table may have."""
    with path.open("rb") as file:
        if file.read(2) != GZIP:
            file.seek(0)
            return file.read(tabular.MAX_BYTES + 1)
    try:
        with gzip.open(path) as packed:
            return packed.read(tabular.MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = _("it is a broken gzip file (%(error)s). Copy or download it again.") % {"error": error}
        raise UnreadableTable(path.name, reason) from error


def _refuse_wrong_format(export: Export) -> None:
    wrong = [rejection for rejection in export.rejections if rejection.reason == str(_RowReader.NO_OPENING)]
    rows = len(export.requests) + len(export.rejections)
    if len(wrong) > WRONG_FORMAT_SHARE * rows:
        raise WrongDates(
            count=len(wrong),
            rows=rows,
            column=export.mapping.columns["opened"],
            formats=", ".join(export.mapping.dates),
            value=wrong[0].value,
        )


class _RowReader:
    """Reads the rows of one file; remembers the numbers that it has seen."""

    NO_OPENING = gettext_lazy("the day it was opened cannot be read")

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._headings = {name: heading.casefold() for name, heading in mapping.columns.items()}
        self._seen: set[str] = set()
        self._now = clock.now()

    def request(self, row: tabular.Row) -> Request:
        def cell(name: str) -> str:
            heading = self._headings.get(name)
            return row[heading] if heading else ""

        opened = self._moment(cell("opened"))
        if opened is None:
            raise _Unfit(str(self.NO_OPENING), cell("opened"))
        if not self._happened(opened):
            raise _Unfit(_("it was opened before 1970 or in the future"), cell("opened"))
        lon, lat = self._position(cell("lon"), cell("lat"))
        request = Request(
            number=row.number,
            id=self._id(cell("id")),
            opened=opened,
            class_name=self._class(cell("class")),
            group=_line(cell("group"), 80),
            body=_line(cell("body"), 60),
            label=self._label(cell("label")),
            title=cell("title"),
            description=cell("description"),
            address=cell("address"),
            channel=self.mapping.channels.get(cell("channel"), "app"),
            outcome=cell("outcome"),
            target=self._optional_moment(cell("target"), _("its target cannot be read")),
            closed=self._closing(cell("closed")),
            on_time=self.mapping.on_time.get(cell("on_time")),
            lon=lon,
            lat=lat,
        )
        self._seen.add(request.id)
        return request

    def _id(self, text: str) -> str:
        # As the timeline will keep it: a later replay recognises the row by it.
        number = _line(text, 60)
        if not number:
            raise _Unfit(_("it has no number"))
        if number in self._seen:
            raise _Unfit(_("its number came before"), number)
        return number

    def _class(self, text: str) -> str:
        if not any(sign.isalnum() for sign in text):
            raise _Unfit(_("it has no class"), text)
        return _line(text, 80)

    def _label(self, text: str) -> str:
        name = _line(text, 120)
        return "" if name in self.mapping.no_labels else self.mapping.labels.get(name, name)

    def _position(self, lon_text: str, lat_text: str) -> tuple[float, float] | tuple[None, None]:
        """A position that stands for none is none; one that cannot be is a reason to refuse the row."""
        if not lon_text and not lat_text:
            return None, None
        try:
            lon, lat = float(lon_text), float(lat_text)
        except ValueError:
            raise _Unfit(_("its position cannot be read"), f"{lon_text} {lat_text}") from None
        if (lon, lat) in self.mapping.no_positions:
            return None, None
        if not on_earth(lon, lat):
            raise _Unfit(_("its position is not on earth"), f"{lon_text} {lat_text}")
        return lon, lat

    def _closing(self, text: str) -> datetime | None:
        moment = self._optional_moment(text, _("the day it was closed cannot be read"))
        if moment is not None and not self._happened(moment):
            raise _Unfit(_("it was closed before 1970 or in the future"), text)
        return moment

    def _happened(self, moment: datetime) -> bool:
        return EARLIEST <= moment <= self._now

    def _optional_moment(self, text: str, reason: str) -> datetime | None:
        moment = self._moment(text)
        if text and moment is None:
            raise _Unfit(reason, text)
        return moment

    def _moment(self, text: str) -> datetime | None:
        """Local time as UTC. An hour that the clocks show twice (end of summer time) is taken as the first of the two."""
        for form in self.mapping.dates:
            try:
                moment = datetime.strptime(text, form)  # noqa: DTZ007 (the zone is the mapping's)
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=self.mapping.zone)
                return moment.astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        return None


def _line(text: str, longest: int) -> str:
    """One line without signs that cannot be stored, cut where it is too long."""
    return clean_text(" ".join(text.split()), longest).strip()

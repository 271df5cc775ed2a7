"""What the columns of an export mean: a small TOML file, shipped (`mappings/`) or one's own."""

import re
import tomllib
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.foundation.errors import DomainError

SHIPPED = Path(__file__).parent / "mappings"

# What each entry of [columns] is for; those with True must be there.
COLUMNS = {
    "id": True, "opened": True, "class": True, "lon": True, "lat": True, "label": True,
    "target": False, "closed": False, "on_time": False, "group": False, "body": False, "title": False,
    "description": False, "outcome": False, "address": False, "channel": False,
}  # fmt: skip
_CHANNELS = ("app", "mini_program", "grid_worker", "hotline", "paper", "sensor", "open311")


class BadMapping(DomainError):
    code = "bad_mapping"
    status = 422
    message = gettext_lazy("The mapping %(file)s cannot be used: %(reason)s")


class UnknownMapping(DomainError):
    code = "unknown_mapping"
    status = 404
    message = gettext_lazy("There is no mapping %(name)s. Give a TOML file, or one of the shipped ones: %(known)s.")


@dataclass(frozen=True, slots=True)
class City:
    """The city that the export is of, as a territory derived from it is named. With a `district` the export's units are subdistricts
    of that one, without they are the city's districts.
    """

    code: str
    name: str
    district: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """`columns` maps our names to the export's headings; the rest says how its values are to be read."""

    name: str
    title: str
    zone: ZoneInfo
    dates: tuple[str, ...]
    # Weekdays on which the city did not work.
    holidays: tuple[date, ...]
    city: City
    columns: Dictionary[str, str]
    on_time: Dictionary[str, bool]
    channels: Dictionary[str, str]
    labels: Dictionary[str, str]
    no_labels: frozenset[str]
    no_positions: frozenset[tuple[float, float]]
    bodies: Dictionary[str, str]
    address_form: re.Pattern[str] | None

    @property
    def required(self) -> list[str]:
        """The export's headings that must be there, as tables are read: without case."""
        return [heading.casefold() for heading in self.columns.values()]


def shipped() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def file_of(name: str) -> Path:
    """Where a mapping stands: a shipped one by its name, or a file."""
    return SHIPPED / f"{name}.toml" if name in shipped() else Path(name)


def read(name: str) -> Mapping:
    """A shipped mapping by its name, or the one in a file. Raises `UnknownMapping`, `BadMapping`."""
    path = file_of(name)
    if not path.is_file():
        raise UnknownMapping(field="mapping", name=name, known=", ".join(shipped()))
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMapping(file=path.name, reason=_("it is not TOML (%(error)s).") % {"error": error}) from error
    return _Reader(path.name, content).mapping(path.stem)


def fitting(headings: Sequence[str]) -> Mapping:
    """The shipped mapping all of whose columns a file has. Raises `UnknownMapping`."""
    for name in shipped():
        found = read(name)
        if set(found.required) <= {heading.casefold() for heading in headings}:
            return found
    raise UnknownMapping(field="mapping", name=_("for these columns"), known=", ".join(shipped()))


class _Reader:
    """Takes values out of the file's content; whatever is wrong is said with the name of the entry."""

    def __init__(self, file: str, content: dict[str, Any]) -> None:
        self.file = file
        self.content = content

    def wrong(self, reason: str) -> BadMapping:
        return BadMapping(field="mapping", file=self.file, reason=reason)

    def mapping(self, stem: str) -> Mapping:
        columns = self._columns()
        labels = self._table(self.content, "labels")
        return Mapping(
            name=self._text(self.content, "name", stem),
            title=self._text(self.content, "title", stem),
            zone=self._zone(),
            dates=tuple(self._texts(self.content, "dates")) or ("%Y-%m-%d %H:%M:%S",),
            holidays=self._holidays(),
            city=self._city(),
            columns=columns,
            on_time=self._on_time() if "on_time" in columns else {},
            channels=self._channels(),
            labels=self._words(labels, "same"),
            no_labels=frozenset(self._texts(labels, "none")),
            no_positions=self._positions(),
            bodies=self._words(self.content, "bodies"),
            address_form=self._address_form(),
        )

    def _columns(self) -> dict[str, str]:
        columns = self._words(self.content, "columns")
        unknown = sorted(columns.keys() - COLUMNS.keys())
        if unknown:
            names = {"names": ", ".join(unknown), "known": ", ".join(COLUMNS)}
            raise self.wrong(_("[columns] does not know %(names)s; it knows %(known)s.") % names)
        missing = [name for name, needed in COLUMNS.items() if needed and not columns.get(name)]
        if missing:
            raise self.wrong(_("[columns] lacks %(names)s.") % {"names": ", ".join(missing)})
        return columns

    def _zone(self) -> ZoneInfo:
        name = self._text(self.content, "time_zone", "")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self.wrong(_("time_zone must be a name such as America/New_York.")) from None

    def _holidays(self) -> tuple[date, ...]:
        try:
            return tuple(date.fromisoformat(day) for day in self._texts(self.content, "holidays"))
        except ValueError:
            raise self.wrong(_('holidays must be a list of days such as "2015-01-01".')) from None

    def _city(self) -> City:
        city = self._table(self.content, "city")
        found = City(self._text(city, "code", ""), self._text(city, "name", ""), self._text(city, "district", ""))
        if not found.code or not found.name:
            raise self.wrong(_("[city] needs a code and a name."))
        return found

    def _on_time(self) -> dict[str, bool]:
        table = self._table(self.content, "on_time")
        words = dict.fromkeys(self._texts(table, "yes"), True) | dict.fromkeys(self._texts(table, "no"), False)
        if not words:
            raise self.wrong(_("[on_time] must say which words mean yes and which mean no."))
        return words

    def _channels(self) -> dict[str, str]:
        channels = self._words(self.content, "channels")
        unknown = sorted(set(channels.values()) - set(_CHANNELS))
        if unknown:
            names = {"names": ", ".join(unknown), "known": ", ".join(_CHANNELS)}
            raise self.wrong(_("[channels] gives %(names)s, but the channels are %(known)s.") % names)
        return channels

    def _positions(self) -> frozenset[tuple[float, float]]:
        pairs = self._table(self.content, "positions").get("none", [])
        try:
            return frozenset((float(lon), float(lat)) for lon, lat in pairs)
        except (TypeError, ValueError):
            raise self.wrong(_("[positions] none must be a list of [longitude, latitude].")) from None

    def _address_form(self) -> re.Pattern[str] | None:
        form = self._text(self._table(self.content, "addresses"), "form", "")
        try:
            compiled = re.compile(form)
        except re.error as error:
            raise self.wrong(_("[addresses] form is no regular expression (%(error)s).") % {"error": error}) from error
        if form and not {"number", "street"} <= compiled.groupindex.keys():
            raise self.wrong(_("[addresses] form needs the groups (?P<number>…) and (?P<street>…)."))
        return compiled if form else None

    def _table(self, table: dict[str, Any], name: str) -> dict[str, Any]:
        found = table.get(name, {})
        if not isinstance(found, dict):
            raise self.wrong(_("%(name)s must be a table.") % {"name": name})
        return found

    def _words(self, table: dict[str, Any], name: str) -> dict[str, str]:
        found = self._table(table, name)
        if not all(isinstance(value, str) for value in found.values()):
            raise self.wrong(_("[%(name)s] must give text for each entry.") % {"name": name})
        return found

    def _text(self, table: dict[str, Any], name: str, default: str) -> str:
        found = table.get(name, default)
        if not isinstance(found, str):
            raise self.wrong(_("%(name)s must be text.") % {"name": name})
        return found

    def _texts(self, table: dict[str, Any], name: str) -> list[str]:
        found = table.get(name, [])
        if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
            raise self.wrong(_("%(name)s must be a list of texts.") % {"name": name})
        return found

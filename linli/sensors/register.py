"""Devices from a table (CSV, XLSX): code, kind, name, lon, lat, owner, silent_minutes, low, high. Every problem is told with its row."""

from math import isfinite
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError
from linli.foundation.tabular import ImportProblems, Row, is_code, is_one_line, read_table
from linli.people import queries as people
from linli.sensors import rules
from linli.sensors.actions import Told
from linli.sensors.models import DeviceKind
from linli.territory import queries as territory
from linli.territory import rules as places

REQUIRED = ("code", "kind", "name", "lon", "lat", "owner", "silent_minutes")
ALIASES = {
    "编号": "code", "代码": "code", "类型": "kind", "名称": "name", "经度": "lon", "纬度": "lat", "权属单位": "owner", "单位代码": "owner",
    "静默分钟": "silent_minutes", "下限": "low", "上限": "high",
}  # fmt: skip


def read(path: Path, datum: str = places.WGS84) -> list[Told]:
    """Raises `UnreadableTable`, or `ImportRefused` with all that is wrong."""
    table = read_table(path, required=REQUIRED, aliases=ALIASES)
    problems = ImportProblems()
    found: dict[str, Told] = {}
    for row in table.rows:
        told = _of_row(row, datum, problems)
        if told is not None and told.code in found:
            problems.add(row.number, "code", _("stands in the table twice."))
        elif told is not None:
            found[told.code] = told
    if not table.rows:
        problems.add(0, "", _("The table has a heading and no rows."))
    problems.raise_if_any()
    return list(found.values())


def _of_row(row: Row, datum: str, problems: ImportProblems) -> Told | None:
    before = len(problems)
    if not is_code(row["code"]) or len(row["code"]) > rules.CODE_LENGTH:
        problems.add(row.number, "code", _("must be 1 to 40 letters (A–Z), digits, dots and dashes."))
    if row["kind"] not in DeviceKind.values:
        problems.add(row.number, "kind", _("must be one of: %(kinds)s.") % {"kinds": ", ".join(DeviceKind.values)})
    if not row["name"] or len(row["name"]) > rules.NAME_LENGTH or not is_one_line(row["name"]):
        problems.add(row.number, "name", _("is missing, longer than 120 characters, or not on one line."))
    minutes = row["silent_minutes"]
    if not (
        minutes.isascii() and minutes.isdigit() and len(minutes) < 8 and 1 <= int(minutes) <= rules.LONGEST_SILENCE
    ):
        problems.add(row.number, "silent_minutes", _("must be a whole number of minutes, 30 days at most."))
    low, high = _limit(row, "low", problems), _limit(row, "high", problems)
    if low is not None and high is not None and low >= high:
        problems.add(row.number, "high", _("must be more than the low limit."))
    try:
        owner = people.body_by_code(row["owner"]).id
        place = territory.locate(row["lon"], row["lat"], datum=datum)
    except DomainError as refused:
        problems.add(row.number, getattr(refused, "field", None) or "owner", str(refused))
        return None
    if len(problems) > before or place.lon is None or place.lat is None:
        return None
    return Told(
        row["code"], row["kind"], row["name"], place.lon, place.lat, place.unit_id, owner, int(minutes), low, high
    )


def _limit(row: Row, column: str, problems: ImportProblems) -> float | None:
    if not row[column]:
        return None
    try:
        value = float(row[column])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        problems.add(row.number, column, _("must be a number."))
        return None
    return value

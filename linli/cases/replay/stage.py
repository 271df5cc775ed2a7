"""What the requests need before they can be lived: territory, classes, bodies, and who is responsible for what.

All of it is made by the rooms' own actions. What is there already is used as it is, so a second file of a city adds to the first.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median, quantiles
from uuid import UUID

import numpy as np
from django.utils.translation import gettext_lazy as _

from linli.cases.replay.addresses import AddressBook, Rule
from linli.cases.replay.mapping import Mapping
from linli.cases.replay.rows import Export, Rejection, Request
from linli.duties import queries as duties
from linli.duties.actions import catalogue, lists
from linli.duties.errors import NoResponsibleBody
from linli.duties.models import DutyList, ListKind
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError
from linli.people import queries as people
from linli.people.actions import create_body
from linli.people.models import BodyKind
from linli.territory import actions as territory_actions
from linli.territory import queries as territory
from linli.territory.index import NOWHERE, UnitInfo

# The largest limit that a class may have.
MOST_HOURS = Decimal(9999)
# Where the city set no targets for a class: the time within which nine of ten requests were closed.
USUAL_SHARE = 9
# Where nothing is known of a class.
UNKNOWN_HOURS = 30 * 24.0
# How long the codes of classes and of bodies become, before a number that tells two of them apart.
CLASS_CODE, BODY_CODE = 17, 60
# A list made from an export has no known beginning; a later one of the same day replaces it.
UNKNOWN_BEGINNING = date(1970, 1, 1)
# Of the labelled positions: with fewer in the territory that is there, the file is of another city.
FITTING_SHARE = 0.5


class OtherCity(DomainError):
    code = "other_city"
    status = 409
    message = _(
        "This data folder holds %(city)s, where %(found)s of the file's %(points)s positions lie. "
        "Replay into a folder of its own: linli replay FILE --data DIR"
    )


class NothingToLive(DomainError):
    code = "nothing_to_live"
    status = 422
    message = _("No row of the file can be filed. The first: %(reason)s. Compare the mapping's columns with the file.")


@dataclass(frozen=True, slots=True)
class Placed:
    """The unit that the desk puts a request in, and why; `rule` where an address told it."""

    unit_id: UUID
    why: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Ids by the names that the export uses; `requests` are those that can be filed here.

    `placed` are those that the desk locates, by the export's number: their position, or the lack of it, says otherwise.
    """

    mapping: Mapping
    city: UnitInfo
    requests: list[Request]
    rejections: list[Rejection]
    units: dict[str, UUID]
    placed: dict[str, Placed]
    classes: dict[str, str]
    bodies: dict[str, UUID]
    leads: dict[str, UUID]


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the rows of one class tell of it."""

    name: str
    group: str
    body: str
    hours: Decimal


def prepare(export: Export, by: Actor) -> Stage:
    """Make or find what the export needs. Raises `OtherCity`."""
    mapping = export.mapping
    if not export.requests:
        raise NothingToLive(reason=export.rejections[0].reason)
    since = min(request.opened for request in export.requests)
    city = _city(export, by)
    requests, outside = _inside(export.to_live())
    terms = _terms(export.requests)
    bodies = _bodies(export, city, by)
    classes = _classes(mapping, terms, since, by)
    leads = _leads(mapping, city, terms, classes, bodies, since, by)
    units = by_name(territory.index().units[1:])
    placed = _as_named(requests, units) | _by_address(export, requests, units)
    return Stage(mapping, city, requests, export.rejected() + outside, units, placed, classes, bodies, leads)


# --- territory -------------------------------------------------------------------------------------------------------


def _city(export: Export, by: Actor) -> UnitInfo:
    """The city: derived from the labelled positions where there is no territory yet."""
    if territory.children(None):
        _require_fitting(export)
        return territory.root()
    points = [(request.label, *position) for request in export.requests if (position := labelled(request))]
    if not points:
        raise NothingToLive(reason=_("no row has both a neighbourhood and a position"))
    names, lons, lats = zip(*points, strict=True)
    city = export.mapping.city
    territory_actions.derive_from_points(
        names, lons, lats, city_code=city.code, city_name=city.name, district_name=city.district, by=by
    )
    return territory.root()


def labelled(request: Request) -> tuple[float, float] | None:
    """The position of a request that names its unit too."""
    if not request.label or request.lon is None or request.lat is None:
        return None
    return request.lon, request.lat


def _require_fitting(export: Export) -> None:
    positions = [position for request in export.requests if (position := labelled(request))]
    if not positions:
        return
    lons, lats = np.array(positions).T
    found = int((territory.locate_many(lons, lats) != NOWHERE).sum())
    if found < FITTING_SHARE * len(positions):
        raise OtherCity(city=territory.root().name, found=f"{found:,}", points=f"{len(positions):,}")


def _inside(requests: Sequence[Request]) -> tuple[list[Request], list[Rejection]]:
    """The requests whose position, where they have one, lies in the city; and the others' rejections."""
    lons = np.array([np.nan if request.lon is None else request.lon for request in requests])
    lats = np.array([np.nan if request.lat is None else request.lat for request in requests])
    outside = (territory.locate_many(lons, lats) == NOWHERE) & np.isfinite(lons)
    kept = [request for request, out in zip(requests, outside, strict=True) if not out]
    reason = str(_("its position lies outside the city"))
    refused = [
        Rejection(request.number, reason, f"{request.lat}, {request.lon}")
        for request, out in zip(requests, outside, strict=True)
        if out
    ]
    return kept, refused


def by_name(units: Iterable[UnitInfo]) -> dict[str, UUID]:
    """Units by their names; a name that several of them bear tells none of them."""
    found: dict[str, list[UUID]] = {}
    for unit in units:
        for name in {unit.name, unit.name_en} - {""}:
            found.setdefault(name, []).append(unit.id)
    return {name: ids[0] for name, ids in found.items() if len(ids) == 1}


def _as_named(requests: Sequence[Request], units: dict[str, UUID]) -> dict[str, Placed]:
    """Requests whose position lies in another unit than they name: the city's word goes before a rounded or guessed position."""
    index = territory.index()
    named = [(request, position) for request in requests if request.label in units and (position := labelled(request))]
    lons, lats = np.array([position for _request, position in named]).reshape(-1, 2).T
    placed = {}
    for (request, _position), found in zip(named, territory.locate_many(lons, lats), strict=True):
        if units[request.label] not in index.units[found].path:
            placed[request.id] = Placed(units[request.label], f"The export names {request.label}.")
    return placed


def _by_address(export: Export, requests: Sequence[Request], units: dict[str, UUID]) -> dict[str, Placed]:
    """Requests with neither position nor unit, by what other rows of the file name for their address."""
    book = AddressBook(export.mapping.address_form)
    for request in export.requests:
        if request.label in units:
            book.learn(request.address, request.label)
    placed = {}
    for request in requests:
        if request.lon is None and request.label not in units and (found := book.find(request.address)):
            name, rule = found
            placed[request.id] = Placed(
                units[name], f"Located by its address: {rule} in other rows of the export.", rule
            )
    return placed


# --- classes ---------------------------------------------------------------------------------------------------------


def _terms(requests: Iterable[Request]) -> list[_Terms]:
    """Each class with its usual group and body and the time that the city gave itself for it."""
    of_class: dict[str, list[Request]] = {}
    for request in requests:
        of_class.setdefault(request.class_name, []).append(request)
    return [
        _Terms(name, _usual(row.group for row in rows), _usual(row.body for row in rows), _limit_hours(rows))
        for name, rows in sorted(of_class.items())
    ]


def _usual(values: Iterable[str]) -> str:
    """The most frequent value, the first in the alphabet where several are."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def _limit_hours(rows: Sequence[Request]) -> Decimal:
    """The median of the targets that the city set; without any, the time within which most were closed."""
    given = [_hours(row.opened, row.target) for row in rows if row.target and row.target > row.opened]
    took = [_hours(row.opened, row.closed) for row in rows if row.closed and row.closed > row.opened]
    if given:
        usual = median(given)
    elif len(took) > 1:
        usual = quantiles(took, n=USUAL_SHARE + 1)[-1]
    else:
        usual = took[0] if took else UNKNOWN_HOURS
    hours = Decimal(usual).quantize(Decimal("0.01"))
    return min(max(hours, Decimal(1)), MOST_HOURS)


def _hours(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(hours=1)


def _classes(mapping: Mapping, terms: Sequence[_Terms], since: datetime, by: Actor) -> dict[str, str]:
    """Class codes by name; new ones are added to the catalogue, below a major class for each group."""
    majors = {info.name: info.code for info in duties.classes() if not info.is_minor}
    minors = {info.name: info.code for info in duties.classes() if info.is_minor}
    codes = _Codes({*majors.values(), *minors.values()})
    rows: list[Sequence[object]] = []
    for entry in terms:
        group = entry.group or mapping.title
        if group not in majors:
            majors[group] = codes.new(f"g-{group}", CLASS_CODE)
            rows.append((majors[group], "event", "", group, group, "", "", "", "", ""))
        if entry.name not in minors:
            minors[entry.name] = codes.new(entry.name, CLASS_CODE)
            limit = (entry.hours, "calendar_hour")
            rows.append((minors[entry.name], "event", majors[group], entry.name, entry.name, *limit, *limit, "no"))
    if rows:
        columns = [
            "code",
            "kind",
            "parent",
            "name",
            "name_en",
            "limit",
            "limit_kind",
            "response",
            "response_kind",
            "proof",
        ]
        file = _csv(columns, rows)
        catalogue.import_classes(file=file, filename=f"{mapping.name}.csv", by=by, since=since, reason=mapping.title)
    return minors


class _Codes:
    """Short readable codes that are not taken yet."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken

    def new(self, name: str, longest: int) -> str:
        stem = slug(name)[:longest].strip("-")
        code, number = stem, 1
        while code in self._taken:
            number += 1
            code = f"{stem}-{number}"
        self._taken.add(code)
        return code


def slug(text: str) -> str:
    return re.sub(r"[^0-9a-z]+", "-", text.casefold()).strip("-") or "x"


# --- bodies and duties -----------------------------------------------------------------------------------------------


def _bodies(export: Export, city: UnitInfo, by: Actor) -> dict[str, UUID]:
    """Bodies by the name that the export gives them; the city's own administration for rows that name none."""
    known = {body.name: body.id for body in people.bodies() if body.unit_id == city.id}
    codes = _Codes({body.code for body in people.bodies()})
    bodies: dict[str, UUID] = {}
    for name in sorted({request.body for request in export.requests}):
        title = export.mapping.bodies.get(name, name) or city.name
        if title not in known:
            code = codes.new(f"{city.code}-{name}" if name else city.code, BODY_CODE)
            made = create_body(code=code, name=title, name_en=title, kind=BodyKind.CITY_BUREAU, unit=city.id, by=by)
            known[title] = made.id
        bodies[name] = known[title]
    return bodies


def _leads(
    mapping: Mapping, city: UnitInfo, terms: Sequence[_Terms], classes: dict[str, str], bodies: dict[str, UUID], since: datetime, by: Actor
) -> dict[str, UUID]:  # fmt: skip
    """Who leads each class by the duty list; where a class has no lead yet, a new version of the list names its usual body."""
    leads: dict[str, UUID] = {}
    new = False
    for entry in terms:
        class_id = duties.minor_class(classes[entry.name]).id
        try:
            leads[entry.name] = duties.responsible(class_id, city, since).body_id
        except NoResponsibleBody:
            leads[entry.name] = bodies[entry.body]
            new = True
    if new:
        named = {classes[name]: body for name, body in leads.items()}
        _import_duties(mapping, city, _leads_so_far(city, since) | named, by)
    return leads


def _leads_so_far(city: UnitInfo, moment: datetime) -> dict[str, UUID]:
    """Class codes and bodies of the list that the new one will close."""
    found = {}
    for info in duties.classes(moment):
        if info.is_minor:
            with suppress(NoResponsibleBody):
                found[info.code] = duties.responsible(info.id, city, moment).body_id
    return found


def _import_duties(mapping: Mapping, city: UnitInfo, leads: dict[str, UUID], by: Actor) -> None:
    codes = {body.id: body.code for body in people.bodies()}
    earlier = DutyList.objects.filter(kind=ListKind.DUTY, unit=city.id)
    version = str(earlier.count() + 1)
    rows = [
        (number, f"{mapping.title} {version}.{number}", code, city.code, codes[body])
        for number, (code, body) in enumerate(sorted(leads.items()), start=1)
    ]
    lists.import_list(
        kind=ListKind.DUTY,
        file=_csv(["number", "clause", "class", "unit", "body"], rows),
        filename=f"{mapping.name}.csv",
        name=mapping.title,
        version=version,
        unit=city.id,
        valid_from=max((one.valid_from for one in earlier), default=UNKNOWN_BEGINNING),
        by=by,
    )


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()

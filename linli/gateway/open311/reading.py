"""Reading requests of GeoReport v2: only what is public, in the words of the standard."""

from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from linli.cases import queries as cases
from linli.cases.errors import WrongNumber
from linli.cases.models import State
from linli.cases.queries import PublicCase, PublicFilters
from linli.cases.rules import number_of
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.errors import DomainError, NotFound
from linli.gateway.open311.errors import RangeTooLong, WrongValue
from linli.gateway.open311.services import service_of
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.rules import box_of

LONGEST = timedelta(days=90)
MOST = 1000
FARTHEST = 100_000


def requests(query: QueryDict) -> list[dict[str, Any]]:
    """The requests that a query asks for, newest first. Ids override every other filter."""
    ids = _listed(query, "service_request_id")
    if len(ids) > MOST:
        raise WrongValue(name="service_request_id")
    size = _whole(query, "per_page", MOST, MOST)
    offset = (_whole(query, "page", 1, 100_000) - 1) * size
    # Every row before the page is read again; who wants them all narrows by dates.
    if offset > FARTHEST:
        raise WrongValue(name="page")
    filters = PublicFilters(numbers=_numbers(ids), with_collected=True) if ids else _filters(query)
    if ids and not filters.numbers:
        return []
    return [shown(case) for case in cases.public_page(filters, size=size, offset=offset)]


def request(reference: str) -> dict[str, Any]:
    """One request. What was just handed in is here too, without its words. Raises `NotFound`."""
    numbers = _numbers([reference])
    found = cases.public_page(PublicFilters(numbers=numbers, with_collected=True), size=1) if numbers else []
    if not found:
        raise NotFound
    return shown(found[0])


def _numbers(references: list[str]) -> tuple[int, ...]:
    """Whatever is no number of ours names nothing."""
    numbers = []
    for reference in references:
        try:
            numbers.append(number_of(reference))
        except WrongNumber:
            continue
    # A bigint holds no more.
    return tuple(number for number in numbers if number < 2**63)


def _filters(query: QueryDict) -> PublicFilters:
    start, end = _period(query)
    return PublicFilters(
        class_ids=tuple(service_of(code).id for code in _listed(query, "service_code")),
        open=_open(query),
        reported_from=start,
        reported_to=end,
        bbox=_bbox(query.get("bbox", "")),
        updated_from=_moment(query, "updated_after"),
    )


def _period(query: QueryDict) -> tuple[datetime, datetime]:
    """At most 90 days: the last ones, or those after the start or before the end that is given."""
    start, end = _moment(query, "start_date"), _moment(query, "end_date")
    try:
        if start is None:
            end = end or clock.now()
            start = end - LONGEST
        elif end is None:
            end = min(start + LONGEST, max(clock.now(), start))
    except OverflowError:
        raise WrongValue(name="start_date") from None
    if not timedelta() <= end - start <= LONGEST:
        raise RangeTooLong
    return start, end


def _moment(query: QueryDict, name: str) -> datetime | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        # A plus sign that was not encoded arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        offset = moment.utcoffset()
    except ValueError:
        raise WrongValue(name=name) from None
    # The standard asks for the zone, since a moment without one is a guess.
    if offset is None or not clock.can_count_with(moment):
        raise WrongValue(name=name)
    return moment


def _open(query: QueryDict) -> bool | None:
    wanted = set(_listed(query, "status"))
    if not wanted <= {"open", "closed"}:
        raise WrongValue(name="status")
    return None if len(wanted) != 1 else wanted == {"open"}


def _bbox(text: str) -> tuple[float, float, float, float] | None:
    try:
        return box_of(text) if text else None
    except ValueError:
        raise WrongValue(name="bbox") from None


def _listed(query: QueryDict, name: str) -> list[str]:
    """Values separated by commas, or repeated."""
    return [part.strip() for value in query.getlist(name) for part in value.split(",") if part.strip()]


def _whole(query: QueryDict, name: str, default: int, most: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= 1):
        raise WrongValue(name=name)
    return min(int(text), most)


def shown(case: PublicCase) -> dict[str, Any]:
    """A case in the words of GeoReport v2. Photos and addresses are not public; the place is exact to about 100 m."""
    info = duties.case_class(case.case_class_id) if case.case_class_id else None
    return {
        "service_request_id": case.reference,
        "status": "closed" if case.closed_at else "open",
        "status_notes": str(State(case.state).label),
        "service_name": info.label if info else None,
        "service_code": info.code if info else None,
        "description": case.title or None,
        "agency_responsible": people.body(case.lead_body_id).label if case.lead_body_id else None,
        "service_notice": None,
        "requested_datetime": written(case.reported_at),
        "updated_datetime": written(case.updated_at),
        "expected_datetime": written(case.due_at),
        "address": None,
        "address_id": _unit_code(case),
        "zipcode": None,
        "lat": case.lat,
        "long": case.lon,
        "media_url": None,
    }


def _unit_code(case: PublicCase) -> str | None:
    """The code of the finest public unit that it lies in."""
    unit = case.community_id or case.subdistrict_id or case.district_id
    try:
        return territory.unit(unit).code if unit else None
    except DomainError:
        return None


def written(moment: datetime | None) -> str | None:
    """W3C date and time, in the city's zone with its offset, to the second."""
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else None

"""Everything that writes warnings: looks at a district, and what people answer to what was found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.duties import queries as duties
from linli.foundation import audit, clock, work
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotAllowed, Stale
from linli.foundation.models import Work
from linli.insight import events, lifecycle, queries, sources, watch, wording
from linli.insight.errors import Answered, ReasonNeeded
from linli.insight.models import Answer, Occasion, Run, Verdict, Warning, WarningState
from linli.insight.watch import DAYS, Finding, Reports
from linli.territory import queries as territory

SUBJECT = "warning"
LOOK = "insight.look"
# A page lists that many; the observed number tells how many there are.
MOST_CASES = 500
REASON_LENGTH = 500


def look_for_warnings(*, unit_id: UUID, by: Actor, occasion: str = Occasion.NIGHTLY) -> Run:
    """Look at the days of a district that are over, and keep what is worth a warning. For the system."""
    from linli.insight.watch.days import look_at_days

    now = clock.now()
    last = sources.wall(now).date() - timedelta(days=1)
    midnight = sources.moment(datetime.combine(last + timedelta(days=1), datetime.min.time()))
    reports = sources.reports_of(unit_id, midnight)
    found = look_at_days(reports, last, calendar=sources.calendar_until(last), loads=sources.loads_of(unit_id, last))
    return _keep(unit_id, reports, found, by, occasion)


def look_at_last_hours(*, unit_id: UUID, by: Actor, occasion: str = Occasion.HOURLY) -> Run:
    """Look at the hours before now, and keep what is worth a warning. For the system."""
    from linli.insight.watch.days import look_at_hours

    now = clock.now()
    reports = sources.reports_of(unit_id, now)
    until = sources.wall(now)
    found = look_at_hours(reports, until, calendar=sources.calendar_until(until.date()))
    return _keep(unit_id, reports, found, by, occasion)


def begin_look(*, unit_id: UUID, by: Actor) -> Work:
    """Have a district looked at now, as long work. Raises NotAllowed where the actor answers no warnings there."""
    district = queries.require_look(by, unit_id)
    title = _("Looking for warnings: %(unit)s") % {"unit": wording.unit_name(district.id)}
    return work.begin(kind=LOOK, title=title, by=by, asked={"unit": str(district.id)}, unit_path=district.path)


def look_as_asked(running: work.Running) -> Mapping[str, Any]:
    """Both looks, for whoever began them."""
    unit_id = UUID(running.work.asked["unit"])
    running.say(_("Looking at the days"), 0, 2)
    with acting_as(SYSTEM):
        days = look_for_warnings(unit_id=unit_id, by=running.by, occasion=Occasion.ASKED)
        running.say(_("Looking at the last hours"), 1, 2)
        hours = look_at_last_hours(unit_id=unit_id, by=running.by, occasion=Occasion.ASKED)
    raised = days.raised + hours.raised
    told = ngettext("%(count)s new warning.", "%(count)s new warnings.", raised) % {"count": raised}
    return {"told": told, "href": "/warnings/", "raised": raised, "seen_again": days.seen_again + hours.seen_again}


# --- what was found --------------------------------------------------------------------------------------------------


def _keep(district_id: UUID, reports: Reports, found: Sequence[Finding], by: Actor, occasion: str) -> Run:
    """Each finding as a new warning, or as newer figures of the one that it goes on."""
    with transaction.atomic():
        _alone(district_id)
        known = list(queries.lately(district_id, clock.now() - timedelta(days=DAYS)))
        raised = seen_again = 0
        for finding in found:
            earlier = next((one for one in known if watch.goes_on(queries.Told(one), finding)), None)
            if earlier is None:
                known.append(_raise(district_id, finding, by))
                raised += 1
            elif _see_again(earlier, finding, by):
                seen_again += 1
        run = Run(
            district_id=district_id,
            units=list(territory.unit(district_id).path),
            occasion=occasion,
            at=clock.now(),
            reports=len(reports.case),
            raised=raised,
            seen_again=seen_again,
        )
        run.save(force_insert=True)
    return run


def _alone(district_id: UUID) -> None:
    """Two looks at a district at once would tell everything twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"insight:{district_id}"])


def _raise(district_id: UUID, finding: Finding, by: Actor) -> Warning:
    warning = Warning(district_id=district_id, kind=finding.kind)
    _write_down(warning, finding)
    warning.found_at = warning.seen_at
    warning.save(force_insert=True)
    _record(warning, "raised", by, data=_figures(warning))
    events.raised(warning)
    return warning


def _see_again(warning: Warning, finding: Finding, by: Actor) -> bool:
    """Newer figures for a warning; what people answered stands. Says whether anything is new."""
    before = _figures(warning)
    _write_down(warning, finding)
    if _figures(warning) == before:
        return False
    warning.version += 1
    warning.save()
    _record(warning, "seen_again", by, data=_figures(warning))
    events.changed(warning, "seen_again")
    return True


def _write_down(warning: Warning, finding: Finding) -> None:
    warning.unit_id, warning.units = _area(warning.district_id, finding)
    warning.case_class_id, warning.body_id = _id(finding.case_class), _id(finding.body)
    warning.places = [str(place) for place in finding.places]
    warning.spot = finding.spot
    warning.lon, warning.lat = _centre(warning.unit_id, finding)
    warning.radius_km = finding.radius_km
    warning.since, warning.until = sources.moment(finding.since), sources.moment(finding.until)
    warning.observed, warning.expected = finding.observed, round(finding.expected, 2)
    warning.once_in_days, warning.method = round(finding.once_in_days, 1), finding.method
    warning.cases = [UUID(str(case)) for case in finding.cases[-MOST_CASES:]]
    curve = finding.curve
    warning.curve = {"labels": list(curve.labels), "observed": list(curve.observed), "usual": list(curve.usual)}
    warning.seen_at = clock.now()


def _area(district_id: UUID, finding: Finding) -> tuple[UUID, list[UUID]]:
    """The smallest unit that holds all of it, and every unit that it touches with those above."""
    quarters = [place for place in map(_id, finding.places) if place is not None]
    touched = quarters or [_id(finding.unit) or district_id]
    if finding.places and not quarters:
        touched = [district_id]
    paths = [territory.unit(unit).path for unit in touched]
    shared = [unit for unit in paths[0] if all(unit in path for path in paths)]
    return shared[-1], sorted({unit for path in paths for unit in path})


def _centre(unit_id: UUID, finding: Finding) -> tuple[float | None, float | None]:
    if finding.centre is not None:
        return finding.centre
    if finding.spot is not None:
        return sources.centre_of(finding.spot)
    unit = territory.unit(unit_id)
    return unit.lon, unit.lat


def _id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _figures(warning: Warning) -> dict[str, Any]:
    """What the timeline keeps of each look."""
    return {
        "since": warning.since.isoformat(),
        "until": warning.until.isoformat(),
        "observed": warning.observed,
        "expected": warning.expected,
        "once_in_days": warning.once_in_days,
    }


# --- what people answer ----------------------------------------------------------------------------------------------


def acknowledge(*, warning_id: UUID, by: Actor, reason: str = "", version: int | None = None) -> Warning:
    """Somebody has seen it and looks into it. Raises `NotFound`, `NotAllowed`, `Stale`, `Answered`."""
    with transaction.atomic():
        return _answer(_held(warning_id, by, version), Verdict.ACKNOWLEDGED, by, reason)


def dismiss(*, warning_id: UUID, by: Actor, reason: str, version: int | None = None) -> Warning:
    """There is nothing in it, or it is known. Raises `ReasonNeeded` too."""
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    with transaction.atomic():
        return _answer(_held(warning_id, by, version), Verdict.DISMISSED, by, reason)


def open_case(*, warning_id: UUID, by: Actor, note: str = "", version: int | None = None) -> Warning:
    """A case of its own for the matter, at its place. Not shown to the public: figures are no report of anybody's."""
    with transaction.atomic():
        warning = _held(warning_id, by, version)
        _require(warning, Verdict.CASE)
        warning.made_case = cases.collect(report=_report(warning, note), by=by).case.id
        return _answer(warning, Verdict.CASE, by, note)


def _report(warning: Warning, note: str) -> Report:
    """In the city's language, whoever asks for it: it is read by everybody who works on the case."""
    with translation.override(settings.LANGUAGE_CODE):
        return Report(
            title=wording.title(warning),
            description=wording.for_a_case(warning, note),
            channel=wording.CHANNEL,
            class_code=_class_code(warning),
            lon=warning.lon,
            lat=warning.lat,
            unit_id=None if warning.lon is not None else warning.unit_id,
            private=True,
        )


def _class_code(warning: Warning) -> str:
    return duties.case_class(warning.case_class_id).code if warning.case_class_id else ""


def _held(warning_id: UUID, by: Actor, version: int | None) -> Warning:
    """The warning, locked, if the actor may answer it."""
    seen = queries.warning(by, warning_id)
    if not queries.answers(by, seen):
        raise NotAllowed
    held = Warning.objects.select_for_update().get(pk=seen.pk)
    if version is not None and version != held.version:
        raise Stale
    return held


def _require(warning: Warning, verdict: Verdict) -> None:
    if verdict not in lifecycle.ANSWERS[WarningState(warning.state)]:
        raise Answered


def _answer(warning: Warning, verdict: Verdict, by: Actor, reason: str) -> Warning:
    _require(warning, verdict)
    assert by.id is not None
    warning.state = WarningState(verdict.value)
    warning.version += 1
    warning.save(update_fields=["state", "version", "made_case"])
    said = reason.strip()[:REASON_LENGTH]
    Answer(warning=warning, verdict=verdict, reason=said, by=by.id, by_label=by.label[:120], at=clock.now()).save(
        force_insert=True
    )
    _record(warning, verdict.value, by, note=said)
    events.changed(warning, verdict.value)
    return warning


def _record(warning: Warning, action: str, by: Actor, *, note: str = "", data: Mapping[str, Any] | None = None) -> None:
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=SUBJECT,
            subject_id=warning.id,
            action=action,
            by=by,
            state=state_of(warning),
            note=note,
            data=data or {},
        )


def state_of(warning: Warning) -> dict[str, Any]:
    """What the timeline digests."""
    names = ("kind", "state", "version", "unit_id", "since", "until", "observed", "expected", "made_case")
    return {name: getattr(warning, name) for name in names}


def states(ids: Iterable[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """How the verification of timelines reads them."""
    return {row.id: state_of(row) for row in Warning.objects.filter(pk__in=list(ids))}

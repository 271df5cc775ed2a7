"""Each request's life, in the order of time, by the actions that people use: collect, file, dispatch, accept, report back,
verify, close.

The export's clock drives: what happened in a stretch of its time is written together, one transaction for each stretch. So a replay
that is stopped goes on where it was, and one that is done does nothing.
"""

import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from linli.cases.actions import Move, carry_out, collect_many, effects
from linli.cases.actions.moves import NOTE_LENGTH
from linli.cases.ledger import SUBJECT
from linli.cases.models import Case
from linli.cases.replay.rows import Request
from linli.cases.replay.stage import Stage
from linli.cases.rules import DESCRIPTION_LENGTH, OLDEST_REPORT, TITLE_LENGTH, Report, clean_text
from linli.foundation import clock
from linli.foundation.access import Actor, ActorKind, Grant, Role
from linli.foundation.models import Entry

# Openings and closings that are written together.
STRETCH = 400
# And no more time than this: what is reported at the end of a stretch may be no older than a report may be.
LONGEST_STRETCH = OLDEST_REPORT / 2
# Only one replay at a time writes to a database.
LOCK = 5_110_311

Progress = Callable[[int, int], None]


def _post(label: str, *roles: Role) -> Actor:
    """Somebody of the city whose export this is: they hold the post everywhere. Nobody here is a person of Linli."""
    return Actor(None, ActorKind.SYSTEM, f"replay: {label}", tuple(Grant(role) for role in roles))


REPORTER = _post("report")
DESK = _post("desk", Role.DESK, Role.DISPATCHER)
HANDLER = _post("handler", Role.HANDLER)
VERIFIER = _post("verifier", Role.VERIFIER)


@dataclass(frozen=True, slots=True)
class _Event:
    """A request is opened or closed. A closing that the export dates before the opening is lived after it all the same."""

    at: datetime
    closing: bool
    request: Request


def live(stage: Stage, progress: Progress, until: datetime | None = None) -> int:
    """Live what has not been lived yet, and happened before `until`; returns how many requests were opened or closed just now."""
    with _alone():
        known = cases_of(stage.mapping.name)
        events = _events(stage.requests, known.keys(), _closed(known))
        if until is not None:
            events = [event for event in events if event.at < until]
        # All of it stays to the end, and the collector need not look through it again and again.
        gc.freeze()
        done = 0
        for stretch in _stretches(events):
            with clock.at(stretch[-1].at), transaction.atomic():
                known |= _open(stage, [event.request for event in stretch if not event.closing])
                carry_out([move for event in stretch for move in _moves(stage, event, known[event.request.id])])
            done += len(stretch)
            progress(done, len(events))
    return len({event.request.id for event in events})


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def cases_of(name: str) -> dict[str, UUID]:
    """The cases that a mapping's replays have made, by the export's number, as their timelines tell."""
    prefix = f"{name}:"
    told = Entry.objects.filter(
        subject_type=SUBJECT, action="collect", data__outside_reference__startswith=prefix
    ).values_list("data__outside_reference", "subject_id")
    return {reference.removeprefix(prefix): case for reference, case in told.iterator(chunk_size=10_000)}


def _closed(known: dict[str, UUID]) -> set[str]:
    ended = set(Case.objects.exclude(closed_at=None).values_list("id", flat=True).iterator(chunk_size=10_000))
    return {reference for reference, case in known.items() if case in ended}


def _events(requests: Sequence[Request], opened: Collection[str], closed: Collection[str]) -> list[_Event]:
    events = [_Event(request.opened, False, request) for request in requests if request.id not in opened]
    events += [
        _Event(max(request.opened, request.closed), True, request)
        for request in requests
        if request.closed is not None and request.id not in closed
    ]
    return sorted(events, key=lambda event: (event.at, event.closing))


def _stretches(events: Sequence[_Event]) -> Iterator[list[_Event]]:
    """The events in pieces that are not too many and not too far apart."""
    stretch: list[_Event] = []
    for event in events:
        if stretch and (len(stretch) == STRETCH or event.at - stretch[0].at > LONGEST_STRETCH):
            yield stretch
            stretch = []
        stretch.append(event)
    if stretch:
        yield stretch


def _open(stage: Stage, requests: Sequence[Request]) -> dict[str, UUID]:
    collected = collect_many(reports=[_report(stage, request) for request in requests], by=REPORTER) if requests else []
    return {request.id: done.case.id for request, done in zip(requests, collected, strict=True)}


def _report(stage: Stage, request: Request) -> Report:
    said = request.description or request.title
    if not any(sign.isalnum() for sign in said):
        said = request.class_name
    return Report(
        description=said[:DESCRIPTION_LENGTH],
        title=request.class_name[:TITLE_LENGTH],
        class_code=stage.classes[request.class_name],
        channel=request.channel,
        lon=request.lon,
        lat=request.lat,
        # Without a position: the unit that the row names, else the city, whose desk would ask.
        unit_id=None if request.lon is not None else stage.units.get(request.label, stage.city.id),
        address=request.address,
        reported_at=request.opened,
        outside_reference=f"{stage.mapping.name}:{request.id}",
    )


def _moves(stage: Stage, event: _Event, case: UUID) -> Iterator[Move]:
    return _closing(event.request, case) if event.closing else _opening(stage, event.request, case)


def _opening(stage: Stage, request: Request, case: UUID) -> Iterator[Move]:
    at = request.opened
    if placed := stage.placed.get(request.id):
        yield Move(case, "locate", DESK, effects.locate(None, None, "wgs84", placed.unit_id), note=placed.why, at=at)
    yield Move(case, "file", DESK, effects.file("", request.target), note=request.remark, at=at)
    yield Move(case, "dispatch", DESK, effects.dispatch(None), at=at)
    body = stage.bodies[request.body]
    if body != stage.leads[request.class_name]:
        yield Move(case, "reassign", DESK, effects.reassign(body), note=f"The export names {request.body}.", at=at)
    yield Move(case, "accept", HANDLER, effects.accept, at=at)


def _closing(request: Request, case: UUID) -> Iterator[Move]:
    outcome = request.outcome if any(sign.isalnum() for sign in request.outcome) else "Closed"
    yield Move(
        case, "report_back", HANDLER, effects.report_back([]), note=clean_text(outcome, NOTE_LENGTH), at=request.closed
    )
    yield Move(case, "verify", VERIFIER, effects.verify([]), at=request.closed)
    yield Move(case, "close", DESK, effects.end, at=request.closed)

"""The weeks around the day that is lived: requests as many as the city counts, each told in brief and written many at once, by the
actions that pages and API call. They are what figures, trends and maps are drawn from.

Nobody is told of them: what happened weeks ago is no news on the day the demo is opened.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from django.db import transaction

from linli.cases.actions import Move, carry_out, collect_many, effects
from linli.cases.models import CoHandler
from linli.cases.rules import Report
from linli.demo import plan
from linli.demo.day import OWN_CHANNELS
from linli.demo.people import Cast
from linli.demo.plan import Planned
from linli.demo.stories import Home
from linli.duties import queries as duties
from linli.foundation import clock, outbox
from linli.foundation.access import Actor, ActorKind, Grant, Role, system

# Who handled, as a city's former system would have handed it over: without names and without photos.
HANDLER = Actor(None, ActorKind.SYSTEM, "earlier system", (Grant(Role.HANDLER),))
# A Monday brings most, a Sunday least; and no day is like another.
WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 1.0, 0.9, 0.85)
SPREAD = 0.08
# The share of satisfied reporters, in the first week and in the last: the subdistrict gets better at it.
SATISFIED = (0.79, 0.88)
# One in so many is answered after its time.
LATE = 25


@dataclass(frozen=True, slots=True)
class Told:
    """A request and the case that it became."""

    planned: Planned
    case: UUID


def plan_days(
    people: int, midnights: Sequence[datetime], homes: list[Home], patrol: UUID, rng: random.Random
) -> list[list[Planned]]:
    """What each day brings, oldest first. Who tells of a thing a second time is left out."""
    days = []
    for midnight in midnights:
        share = WEEKDAYS[midnight.weekday()] * rng.gauss(1, SPREAD)
        requests = plan.day(round(people * share), midnight, homes, patrol, rng)
        days.append([request for request in requests if request.duplicate_of is None])
    return days


class History:
    """Writes days up to `now`: what would have happened later is still to come, so the last days' cases are open."""

    def __init__(self, cast: Cast, now: datetime, rng: random.Random) -> None:
        self.cast = cast
        self.now = now
        self.rng = rng

    def write(self, days: Sequence[list[Planned]], progress: Callable[[int, int], None]) -> None:
        for number, requests in enumerate(days):
            first, last = SATISFIED
            satisfied = first + (last - first) * number / len(days)
            past = [request for request in requests if request.at < self.now]
            with transaction.atomic():
                self._live(self._collect(past), satisfied)
            progress(number + 1, len(days))
        outbox.settle_all()

    def _collect(self, requests: list[Planned]) -> list[Told]:
        reporters = {
            "hotline": self.cast.by_role[Role.HOTLINE_CLERK],
            "paper": self.cast.by_role[Role.HOTLINE_CLERK],
            "grid_worker": self.cast.by_role[Role.GRID_WORKER],
            # The first resident's login is shown: they find what they reported on the day that is lived.
            **dict.fromkeys(OWN_CHANNELS, self.rng.choice(self.cast.residents[1:])),
        }
        told = []
        for channel in dict.fromkeys(request.channel for request in requests):
            of_channel = [request for request in requests if request.channel == channel]
            reports = [self._report(request) for request in of_channel]
            with clock.at(min(self.now, max(request.at for request in of_channel))):
                made = collect_many(reports=reports, by=reporters.get(channel) or system(f"demo {channel}"))
            told += [Told(request, one.case.id) for request, one in zip(of_channel, made, strict=True)]
        return told

    def _report(self, request: Planned) -> Report:
        return Report(
            description=request.text,
            channel=request.channel,
            nature=request.nature,
            lon=request.home.lon,
            lat=request.home.lat,
            address=request.home.address,
            reported_at=request.at,
        )

    def _live(self, told: list[Told], satisfied: float) -> None:
        sent = {one.case: one.planned.at + self._minutes(7, 35) for one in told}
        self._carry_out(move for one in told for move in self._by_the_desk(one, sent[one.case]))
        helpers: dict[UUID, set[UUID]] = {}
        for case, body in CoHandler.objects.filter(case__in=sent).values_list("case", "body"):
            helpers.setdefault(case, set()).add(body)
        self._carry_out(
            move
            for one in told
            if one.planned.story
            for move in self._by_the_bodies(one, sent[one.case], helpers.get(one.case, set()), satisfied)
        )

    def _carry_out(self, moves: Iterable[Move]) -> None:
        past = [move for move in moves if move.at is None or move.at < self.now]
        if past:
            carry_out(past)

    def _by_the_desk(self, told: Told, sent: datetime) -> Iterator[Move]:
        desk, dispatcher = self.cast.by_role[Role.DESK], self.cast.by_role[Role.DISPATCHER]
        planned = told.planned
        at = planned.at + (sent - planned.at) / 2
        if planned.answer is not None:
            yield Move(told.case, "decline", desk, effects.end, note=planned.answer.note, at=at)
            return
        yield Move(told.case, "file", desk, effects.file(planned.class_code, None), at=at)
        yield Move(told.case, "dispatch", dispatcher, effects.dispatch(None), at=sent)

    def _by_the_bodies(self, told: Told, sent: datetime, helpers: set[UUID], satisfied: float) -> Iterator[Move]:
        """From its acceptance to its rating, well within its limit."""
        planned, case = told.planned, told.case
        assert planned.story is not None
        info = duties.minor_class(planned.class_code)
        assert info.response is not None
        assert info.limit is not None
        share = self.rng.randint(101, 140) if not self.rng.randrange(LATE) else self.rng.randint(10, 60)
        accepted = duties.calendar().add(sent, info.response.times(Fraction(share, 100)))
        handled = duties.calendar().add(sent, info.limit.times(Fraction(self.rng.randint(10, 45), 100)))
        handled = max(handled, accepted + self._minutes(10, 60))
        verified = handled + self._minutes(20, 120)
        closed = verified + self._minutes(5, 40)
        verifier, desk = self.cast.by_role[Role.VERIFIER], self.cast.by_role[Role.DESK]
        yield Move(case, "accept", HANDLER, effects.accept, at=accepted)
        for helper in {self.cast.handlers[body].id: self.cast.handlers[body] for body in helpers}.values():
            yield Move(case, "sign", helper, effects.sign, note="已到场配合，我方工作完成。", at=accepted)
        note = self.rng.choice(planned.story.done)
        yield Move(case, "report_back", HANDLER, effects.report_back([]), note=note, at=handled)
        yield Move(case, "verify", verifier, effects.verify([]), at=verified)
        yield Move(case, "close", desk, effects.end, at=closed)
        yield self._rating(case, satisfied, closed + self._minutes(40, 1500))

    def _rating(self, case: UUID, satisfied: float, at: datetime) -> Move:
        happy = self.rng.random() < satisfied
        stars = self.rng.choice((4, 5, 5, 5)) if happy else self.rng.choice((1, 2))
        solved = happy or self.rng.random() < 0.7
        clerk = self.cast.by_role[Role.HOTLINE_CLERK]
        return Move(case, "evaluate", clerk, effects.evaluate(solved, stars, None, ""), at=at)

    def _minutes(self, least: int, most: int) -> timedelta:
        return timedelta(minutes=self.rng.uniform(least, most))

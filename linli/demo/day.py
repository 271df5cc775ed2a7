"""The day lived: each request is a small story of its own, told step by step by the people whose work it is, with the clock of
the day. The steps of all requests are taken in the order of time, by the very same actions that pages and API call.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.cases import actions
from linli.cases.models import Case, CoHandler
from linli.cases.rules import Report
from linli.demo import pictures
from linli.demo.people import Cast
from linli.demo.plan import Planned
from linli.duties import queries as duties
from linli.foundation import clock, files
from linli.foundation.access import SYSTEM, Actor, Role, acting_as, system
from linli.foundation.worktime import Limit
from linli.people import queries as people

Life = Iterator[datetime]
Verb = Callable[..., actions.Outcome]

OFFICE, URBAN, SAFETY = "510108004-office", "510108004-urban", "510108004-safety"
# What is left of the present is shared out, so that no step lies in the future.
REST = (0.1, 0.4)
OWN_CHANNELS = ("app", "mini_program")


class Day:
    """Lives planned requests up to `now`, in one transaction."""

    def __init__(self, cast: Cast, now: datetime, rng: random.Random) -> None:
        self.cast = cast
        self.now = now
        self.rng = rng
        self.cases: dict[int, UUID] = {}
        self._bodies = {body.code: body.id for body in people.bodies()}
        self._agenda: list[tuple[datetime, int, Life]] = []
        self._tickets = count()

    def live(self, planned: list[Planned], progress: Callable[[int, int], None]) -> None:
        for number, request in enumerate(planned):
            self._begin(request.at, self._life(number, request))
        steps = 0
        with transaction.atomic():
            while self._agenda:
                at, _ticket, life = heapq.heappop(self._agenda)
                with clock.at(at), acting_as(SYSTEM):
                    then = next(life, None)
                if then is not None:
                    self._begin(max(then, at), life)
                steps += 1
                progress(steps, steps + len(self._agenda))

    def _begin(self, at: datetime, life: Life) -> None:
        heapq.heappush(self._agenda, (at, next(self._tickets), life))

    # --- a life ------------------------------------------------------------------------------------------------------

    def _life(self, number: int, planned: Planned) -> Life:
        reporter = self._reporter(planned)
        case = self.cases[number] = self._collect(planned, reporter)
        if planned.answer is not None:
            yield self._minutes(2, 12)
            self._do(actions.decline, Role.DESK, case, note=planned.answer.note)
        elif planned.duplicate_of is not None:
            yield self._minutes(5, 15)
            self._merge(case, self.cases[planned.duplicate_of])
        else:
            yield from self._work_order(case, planned, reporter)

    def _work_order(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        steps = (
            ("collected", self._file), ("filed", self._dispatch), ("dispatched", self._accept), ("accepted", self._handle),
            ("handled", self._verify), ("verified", self._close), ("closed", self._evaluate),
        )  # fmt: skip
        for state, step in steps:
            if planned.until == state:
                return
            yield from step(case, planned, reporter)
        if "reopened" in planned.twists:
            yield from self._reopen(case, planned, reporter, steps[1:])

    def _file(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        yield self._minutes(4, 20)
        self._do(actions.file, Role.DESK, case, class_code=planned.class_code)
        self._begin(clock.now(), self._watch(case))

    def _dispatch(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        yield self._minutes(3, 15)
        self._do(actions.dispatch, Role.DISPATCHER, case)
        if "rejected" in planned.twists:
            yield self._minutes(15, 60)
            self._do(actions.reject, self._handler(case), case, note="现场查看后不属于我单位职责范围，请另行派遣。")
            yield self._minutes(5, 20)
            note = "责任主体退单，由街道办事处先行兜底处置。"
            self._do(actions.dispatch, Role.DISPATCHER, case, body_id=self._bodies[OFFICE], note=note)
        if "supported" in planned.twists and "private" not in planned.twists:
            yield from self._support(case, reporter)

    def _support(self, case: UUID, reporter: Actor) -> Life:
        for resident in self.rng.sample([actor for actor in self.cast.residents if actor != reporter], 2):
            yield self._minutes(5, 20)
            with acting_as(resident):
                actions.support(case=case, by=resident)

    def _accept(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        yield self._within(duties.minor_class(planned.class_code).response, clock.now(), 10, 60)
        if "reassigned" in planned.twists and self._case(case).lead_body_id != self._bodies[URBAN]:
            note = "经现场核实，由城市管理办公室处置更便利。"
            self._do(actions.reassign, Role.DISPATCHER, case, body_id=self._bodies[URBAN], note=note)
            yield self._minutes(10, 30)
        self._do(actions.accept, self._handler(case), case)
        if "supervised" in planned.twists:
            yield self._minutes(20, 60)
            self._do(actions.supervise, Role.LEADER, case, note="群众反映集中，请今日办结并上门回复。")

    def _handle(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        handler = self._handler(case)
        if "helped" in planned.twists and self._bodies[SAFETY] not in self._case(case).bodies:
            self._do(
                actions.ask_co_handler, handler, case, body_id=self._bodies[SAFETY], asked_for="请协助维持现场秩序"
            )
        if "paused" in planned.twists:
            yield self._minutes(10, 30)
            self._do(actions.pause, handler, case, note="等待配件到货，厂家已发货。")
            yield self._minutes(60, 240)
            self._do(actions.resume, handler, case)
        # Most are done well within the limit; some come near to it, and were escalated at the half.
        slow = self.rng.random() < 0.15
        limit, filed = duties.minor_class(planned.class_code).limit, self._case(case).filed_at or clock.now()
        yield self._within(limit, filed, *((52, 75) if slow else (10, 45)))
        self._sign(case)
        self._report_back(case, planned)

    def _sign(self, case: UUID) -> None:
        """Every co-handler's part is done first."""
        for body in CoHandler.objects.filter(case=case, signed_at=None).values_list("body_id", flat=True):
            handler = self.cast.handlers[body]
            if CoHandler.objects.filter(case=case, body=body, signed_at=None).exists():
                self._do(actions.sign, handler, case, note="已到场配合，我方工作完成。")

    def _report_back(self, case: UUID, planned: Planned) -> None:
        assert planned.story is not None
        handler = self._handler(case)
        photos = self._photos(planned, handler, done=True)
        note = self.rng.choice(planned.story.done)
        self._do(actions.report_back, handler, case, note=note, file_ids=photos)

    def _verify(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        yield self._minutes(20, 120)
        if "reworked" in planned.twists:
            self._do(actions.rework, Role.VERIFIER, case, note="现场仍有残留，照片角度看不清，请处理彻底后重新反馈。")
            yield self._minutes(30, 120)
            self._report_back(case, planned)
            yield self._minutes(15, 60)
        self._do(actions.verify, Role.VERIFIER, case, note="已到现场核查，问题解决。")

    def _close(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        yield self._minutes(5, 40)
        self._do(actions.close, Role.DESK, case)

    def _evaluate(self, case: UUID, planned: Planned, reporter: Actor) -> Life:
        yield self._minutes(40, 1500)
        happy = planned.satisfied and "reopened" not in planned.twists
        stars = self.rng.choice((4, 5, 5, 5)) if happy else self.rng.choice((1, 2))
        words = (
            ("很快就解决了，谢谢。", "处理及时，态度也好。", "") if happy else ("问题没有彻底解决。", "等得太久了。")
        )
        by: Actor | Role = reporter if planned.channel in OWN_CHANNELS else Role.HOTLINE_CLERK
        solved = "reopened" not in planned.twists
        self._do(actions.evaluate, by, case, solved=solved, stars=stars, responded=True, comment=self.rng.choice(words))

    def _reopen(self, case: UUID, planned: Planned, reporter: Actor, steps: Any) -> Life:
        yield self._minutes(30, 300)
        self._do(actions.reopen, reporter, case, note="今天又是老样子，没有真正解决，请再处理。")
        self._begin(clock.now(), self._watch(case))
        again = replace(planned, twists=frozenset(), satisfied=True)
        for _state, step in steps:
            yield from step(case, again, reporter)

    def _watch(self, case: UUID) -> Life:
        """As the job does: one level up at each share of the limit, as long as nobody has reported back."""
        while (due := self._case(case).escalates_at) is not None and due < self.now:
            yield due
            found = self._case(case)
            if found.escalates_at is not None and found.escalates_at <= clock.now():
                actions.escalate(cases=[case], by=system("escalation"))

    # --- steps of a life ---------------------------------------------------------------------------------------------

    def _merge(self, case: UUID, into: UUID) -> None:
        if self._case(into).is_open:
            self._do(actions.merge, Role.DESK, case, into=into)
        else:
            self._do(actions.decline, Role.DESK, case, note="同一问题刚刚处理完毕，处理结果已电话告知。")

    def _collect(self, planned: Planned, by: Actor) -> UUID:
        own = planned.channel in OWN_CHANNELS
        caller = planned.channel in {"hotline", "paper"}
        with_photo = (own or planned.channel == "grid_worker") and self.rng.random() < 0.6
        report = Report(
            description=planned.text,
            channel=planned.channel,
            class_code=planned.class_code if own and self.rng.random() < 0.7 else "",
            nature=planned.nature,
            lon=planned.home.lon,
            lat=planned.home.lat,
            address=planned.home.address,
            anonymous="anonymous" in planned.twists,
            private="private" in planned.twists,
            contact_name=self.rng.choice("李王张刘陈杨赵黄") + self.rng.choice(("先生", "女士")) if caller else "",
            contact_phone=f"139{self.rng.randrange(10**8):08}" if caller else "",
            file_ids=tuple(self._photos(planned, by, done=False)) if with_photo else (),
        )
        with acting_as(by):
            return actions.collect(report=report, by=by).case.id

    def _reporter(self, planned: Planned) -> Actor:
        """Who hands the report in."""
        if planned.channel in {"hotline", "paper"}:
            return self.cast.by_role[Role.HOTLINE_CLERK]
        if planned.channel == "grid_worker":
            return self.cast.by_role[Role.GRID_WORKER]
        if planned.channel in {"sensor", "open311"}:
            return system(f"demo {planned.channel}")
        # The resident whose login is shown finds some cases of theirs.
        first = planned.until != "evaluated" or self.rng.random() < 0.25
        return self.cast.residents[0] if first else self.rng.choice(self.cast.residents)

    def _photos(self, planned: Planned, by: Actor, *, done: bool) -> list[UUID]:
        scene = planned.story.scene if planned.story else ""
        if not scene and not done:
            return []
        with acting_as(by):
            return [files.store(pictures.photo(scene or "tree", self.rng.randrange(100), done=done), by=by).id]

    def _handler(self, case: UUID) -> Actor:
        body = self._case(case).lead_body_id
        assert body is not None
        return self.cast.handlers[body]

    def _case(self, case: UUID) -> Case:
        with acting_as(SYSTEM):
            return Case.objects.get(pk=case)

    def _do(self, verb: Verb, by: Actor | Role, case: UUID, **what: Any) -> None:
        actor = self.cast.by_role[by] if isinstance(by, Role) else by
        with acting_as(actor):
            verb(cases=[case], by=actor, **what)

    # --- when --------------------------------------------------------------------------------------------------------

    def _minutes(self, least: int, most: int) -> datetime:
        return self._not_in_future(clock.now() + timedelta(minutes=self.rng.uniform(least, most)))

    def _within(self, limit: Limit | None, since: datetime, least: int, most: int) -> datetime:
        """When between `least` and `most` percent of a limit are used up that runs since then; in some minutes at the soonest."""
        assert limit is not None
        share = Fraction(self.rng.randint(least, most), 100)
        soonest = clock.now() + timedelta(minutes=self.rng.uniform(5, 15))
        return self._not_in_future(max(soonest, duties.calendar().add(since, limit.times(share))))

    def _not_in_future(self, wanted: datetime) -> datetime:
        if wanted < self.now:
            return wanted
        return clock.now() + (self.now - clock.now()) * self.rng.uniform(*REST)

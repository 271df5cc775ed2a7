"""Nobody is told the same twice, whatever happens: bursts, events handled again, changed wishes, crashes, providers that are down."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from factories.passing import CITY, MORNING
from factories.world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.ids import uuid7
from linli.gateway import actions, channels, notices, wording
from linli.gateway.channels import ChannelDown, Outgoing, Receipt
from linli.gateway.models import Message, OutgoingMessage, OutgoingState
from linli.gateway.rules import QUIET_FROM, QUIET_TO

pytestmark = pytest.mark.django_db

PHONES = ("13800000001", "13800000002")
CASES = tuple(uuid7() for _case in range(2))
# Parts that one person may have in one event, with what each is told.
PARTS = ("filed", "dispatched", "supported_closed", "part_closed", "work_new", "late_due", "asked")


class Crash(BaseException):
    """The worker is gone, between what it did and what it would have written down."""


class Provider:
    """Has no once-only key, as most have none: what is new goes out. Who tries again may look at the list of a few days."""

    def __init__(self) -> None:
        self.delivered: dict[UUID, Outgoing] = {}
        self.times: Counter[UUID] = Counter()
        self.taken_at: dict[UUID, datetime] = {}
        # What is older is on no list any more.
        self.forgets_after = timedelta(days=30)
        self.mood = "well"

    def send(self, message: Outgoing) -> Receipt:
        if self.mood == "down":
            raise ChannelDown("busy")
        if self.mood == "crash before":
            raise Crash
        if not (message.again and self._lists(message)):
            self.delivered[message.id] = message
            self.times[message.id] += 1
            self.taken_at[message.id] = clock.now()
        if self.mood == "crash after":
            raise Crash
        if self.mood == "broken":
            raise RuntimeError("it took the message and said nonsense")
        return Receipt(f"p-{message.id}")

    def _lists(self, message: Outgoing) -> bool:
        assert message.since is not None
        since = max(message.since, clock.now() - self.forgets_after)
        return message.id in self.taken_at and since <= self.taken_at[message.id]


happens = st.tuples(
    st.just("happens"),
    st.sampled_from(CASES),
    # Residents by account, and a phone that has none or is the same as an account's.
    st.lists(st.tuples(st.sampled_from([0, 1, *PHONES]), st.sampled_from(PARTS)), min_size=1, max_size=5),
    st.booleans(),
)
again = st.tuples(st.just("again"), st.integers(0, 20))
works = st.tuples(st.just("works"), st.sampled_from(["well", "well", "down", "crash before", "crash after", "broken"]))
passes = st.tuples(st.just("passes"), st.sampled_from([10, 50, 70, 3600, 8 * 3600]))
chooses = st.tuples(
    st.just("chooses"), st.integers(0, 1), st.sampled_from(["app", "sms", "wechat"]), st.sampled_from([None, 8, 23])
)
steps = st.lists(st.one_of(happens, happens, again, works, passes, chooses), min_size=1, max_size=25)


class Life:
    """Plays the steps, and remembers what happened."""

    def __init__(self, residents: list[Actor], provider: Provider) -> None:
        self.residents, self.provider = residents, provider
        self.events: list[tuple[list[notices.Post], UUID, Any]] = []

    def play(self, step: tuple[Any, ...]) -> None:
        getattr(self, step[0])(*step[1:])

    def happens(self, case: UUID, told: list[tuple[int | str, str]], emergency: bool) -> None:
        posts = [self._post(who, template, case, emergency) for who, template in told]
        self.events.append((posts, uuid7(), clock.now()))
        self._tell(-1)
        self.passes(1)

    def _post(self, who: int | str, template: str, case: UUID, emergency: bool) -> notices.Post:
        person, phone = (None, who) if isinstance(who, str) else (self.residents[who].id, "")
        number = {"number": str(case)}
        return notices.Post(person, template, number, case, str(phone), emergency=emergency)

    def again(self, number: int) -> None:
        if self.events:
            self._tell(number % len(self.events))

    def _tell(self, number: int) -> None:
        with acting_as(SYSTEM):
            notices.send(*self.events[number])

    def works(self, mood: str) -> None:
        """The worker's minute; a crash ends it where it stands."""
        self.provider.mood = mood
        with acting_as(SYSTEM):
            actions.gather_digests()
            due = OutgoingMessage.objects.filter(state=OutgoingState.WAITING, next_at__lte=clock.now())
            for pk in list(due.order_by("next_at").values_list("pk", flat=True)):
                try:
                    actions.send_message(message_id=pk)
                except Crash:
                    return

    def passes(self, seconds: int) -> None:
        clock._moment.set(clock.now() + timedelta(seconds=seconds))

    def chooses(self, who: int, way: str, digest_hour: int | None) -> None:
        by = self.residents[who]
        ways = dict.fromkeys(("progress", "asked", "work", "late"), way)
        with acting_as(by):
            actions.choose(by=by, ways=ways, quiet_from=QUIET_FROM, quiet_to=QUIET_TO, digest_hour=digest_hour)

    # What must hold -----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        with acting_as(SYSTEM):
            rows = {row.pk: row for row in OutgoingMessage.objects.all()}
            told = list(Message.objects.values_list("person", "event"))
        assert len(told) == len(set(told))
        # Lists and once-only keys end: what may have been taken is not put off until they have.
        assert not [row for row in rows.values() if row.attempts and row.held]
        reached: Counter[tuple[str, UUID]] = Counter()
        quiet = []
        for message_id, message in self.provider.delivered.items():
            row = rows[message_id]
            carried = [one for one in rows.values() if one.digest_id == message_id] or [row]
            for one in carried:
                reached[message.recipient, one.event] += self.provider.times[message_id]
            # A message that was replaced, or that a digest carries, does not go by itself as well.
            assert row.state not in {OutgoingState.REPLACED, OutgoingState.BUNDLED}
            quiet += (
                [] if row.urgent or row.sent_at is None or row.attempts > 1 else [row.sent_at.astimezone(CITY).hour]
            )
        assert [key for key, times in reached.items() if times > 1] == []
        assert [hour for hour in quiet if hour >= 22 or hour < 7] == []

    def settle(self) -> None:
        """All is well for two days: whatever waited has gone."""
        for _hour in range(50):
            self.passes(3600)
            self.works("well")
            self.passes(61)
            self.works("well")

    def check_nothing_is_lost(self) -> None:
        """Of each recipient's messages about a case the newest of each thread went out, alone or in a digest."""
        with acting_as(SYSTEM):
            rows = list(OutgoingMessage.objects.exclude(template="digest"))
        assert {row.state for row in rows} <= {OutgoingState.SENT, OutgoingState.BUNDLED, OutgoingState.REPLACED}
        newest: dict[Any, OutgoingMessage] = {}
        for row in sorted(rows, key=lambda row: row.happened_at):
            thread = wording.TEMPLATES[row.template].thread
            newest[row.case, bytes(row.recipient_hash), thread or row.pk] = row
        for row in newest.values():
            assert row.state != OutgoingState.REPLACED
            assert (row.digest_id or row.pk) in self.provider.delivered


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(channels, "channel", lambda _name: made)
    return made


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_nobody_is_told_the_same_twice_and_nothing_is_lost(
    world: World, provider: Provider, steps: list[tuple[Any, ...]]
) -> None:
    residents = [world.resident(phone) for phone in PHONES]
    for kept in (provider.delivered, provider.times, provider.taken_at):
        kept.clear()
    with clock.at(MORNING), transaction.atomic():
        life = Life(residents, provider)
        for step in steps:
            life.play(step)
            life.check()
        life.settle()
        life.check()
        life.check_nothing_is_lost()
        transaction.set_rollback(True)


def test_what_may_have_been_taken_in_the_evening_does_not_wait_until_it_is_forgotten(
    world: World, provider: Provider
) -> None:
    residents = [world.resident(phone) for phone in PHONES]
    provider.forgets_after = timedelta(hours=4)
    with clock.at(MORNING.astimezone(CITY).replace(hour=21, minute=57)):
        life = Life(residents, provider)
        life.chooses(0, "sms", None)
        life.happens(CASES[0], [(0, "filed")], False)
        life.passes(70)
        life.works("crash after")
        life.passes(70)
        assert clock.now().astimezone(CITY).hour == 21
        life.works("down")
        life.passes(180)
        life.works("well")
        life.settle()
        life.check()
        life.check_nothing_is_lost()
    assert sum(provider.times.values()) == 1

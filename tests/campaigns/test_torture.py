"""Two hundred phones on bad networks: requests and answers lost, sent twice, out of order, clocks wrong by hours, both sides killed.

Afterwards every visit that was made is stored exactly once, and what a phone believes of its doors is what the server says.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from campaigns.conftest import Area, Running, enlisted, told
from campaigns.test_receiving import counted, recounted
from factories.world import forget_caches, make_world

from linli.campaigns import actions, merging, queries
from linli.campaigns.actions import receiving
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.models import Door, Outcome, Submission, Team
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as

PHONES = 200
STEPS = 10
STEP = timedelta(minutes=20)
START = datetime(2026, 2, 3, 1, tzinfo=UTC)


class Lost(Exception):
    """The network, or a process that was killed."""


@dataclass
class Phone:
    """What a phone keeps: an append-only log on its disk, and which of it the server has acknowledged."""

    owner: Actor
    team: Team
    device: UUID
    draw: random.Random
    # How far its clock is ahead.
    off: timedelta
    log: list[Visit] = field(default_factory=list)
    acknowledged: dict[UUID, str] = field(default_factory=dict)

    def now(self) -> datetime:
        return clock.now() + self.off

    def visit(self, doors: list[UUID]) -> None:
        visit = Visit(
            UUID(int=self.draw.getrandbits(128)), self.draw.choice(doors), self.draw.choice(Outcome.values), self.now()
        )
        if self.draw.random() < 0.1:
            # Killed before the log's transaction was through: nobody was told that it is kept, and the visit is made again.
            return
        self.log.append(visit)

    def batch(self) -> list[Visit]:
        """What is not acknowledged, in any order; now and then something that is, and something twice."""
        waiting = [one for one in self.log if one.id not in self.acknowledged]
        again = self.draw.sample(self.log, k=min(len(self.log), self.draw.randrange(3)))
        sent = waiting + again + (self.draw.sample(waiting, k=1) if waiting and self.draw.random() < 0.3 else [])
        self.draw.shuffle(sent)
        return sent[: self.draw.randint(1, 8)]

    def send(self, *, reliable: bool = False) -> None:
        visits = self.batch()
        if not visits:
            return
        if not reliable and self.draw.random() < 0.25:
            raise Lost
        with acting_as(self.owner):
            received = actions.receive(
                team=self.team.id, device=self.device, sent_at=self.now(), visits=visits, by=self.owner
            )
        if not reliable and self.draw.random() < 0.25:
            # Stored, but the answer did not arrive; or the phone was killed before it noted it.
            raise Lost
        self.acknowledged.update(received.fates)


@pytest.fixture
def phones(db: None) -> Iterator[tuple[Running, list[Phone]]]:
    """Two hundred helpers in four teams, with their phones."""
    with acting_as(SYSTEM):
        area = Area(make_world())
        for number in range(6):
            area.building(f"T{number}", 2, 6, 4)
    world = area.world
    leader = world.actor("leader", Role.LEADER, "51")
    people = {actor.id: actor for actor in enlisted(world, leader, [f"phone{n}" for n in range(PHONES)]).values()}
    with clock.at(START), acting_as(leader):
        declared = actions.declare(told=told(world), by=leader)
        due_at = START + timedelta(days=2)
        campaign = actions.start(
            declaration=declared.id, unit=world.id("51"), name="逐户排查", due_at=due_at, by=leader
        )
        actions.form_teams(campaign=campaign.id, size=50, minutes=480, by=leader)
        actions.divide(campaign=campaign.id, by=leader)
        teams = list(queries.teams(leader, campaign))
    draw = random.Random(20200203)
    made = []
    with acting_as(SYSTEM):
        for team in teams:
            for person in team.memberships.values_list("member__person", flat=True):
                off = timedelta(minutes=draw.choice([0, 0, 7, -45, 600, -600]))
                made.append(
                    Phone(people[person], team, UUID(int=draw.getrandbits(128)), random.Random(draw.random()), off)
                )
    yield Running(campaign, teams, [], area, leader), made
    forget_caches()


def test_every_visit_is_stored_once_and_both_sides_agree(
    phones: tuple[Running, list[Phone]], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, everybody = phones
    draw = random.Random(1)
    doors = {team.pk: [door.id for door in running.doors_of(number)] for number, team in enumerate(running.teams)}
    _server_that_is_killed(monkeypatch, draw)
    lost = 0
    for step in range(STEPS):
        with clock.at(START + step * STEP):
            for phone in draw.sample(everybody, k=PHONES // 2):
                phone.visit(doors[phone.team.pk])
                lost += _try(phone)
    monkeypatch.undo()
    assert lost > PHONES
    with clock.at(START + STEPS * STEP):
        for phone in everybody:
            while any(one.id not in phone.acknowledged for one in phone.log):
                phone.send(reliable=True)

    made = {visit.id: (visit, phone) for phone in everybody for visit in phone.log}
    with acting_as(SYSTEM):
        stored = {row.id: row for row in Submission.objects.all()}
        known = {door.door: door for door in Door.objects.filter(campaign=running.campaign)}
    assert len(made) > PHONES
    assert stored.keys() == made.keys()
    by_door: dict[UUID, list[merging.Visit]] = {}
    for visit, phone in made.values():
        row = stored[visit.id]
        assert (row.outcome, row.device, row.aside) == (visit.outcome, phone.device, "")
        true = merging.Visit(visit.id, visit.outcome, visit.visited_at - phone.off, phone.team.pk)
        assert row.visited_at == true.at
        by_door.setdefault(visit.door, []).append(true)
    for door, visits in by_door.items():
        stood = merging.standing(visits)
        assert stood is not None
        assert (known[door].submission, known[door].outcome, known[door].visits) == (
            stood.best.id,
            stood.best.outcome,
            stood.visits,
        )
    assert counted(running) == recounted(running)


def _server_that_is_killed(monkeypatch: pytest.MonkeyPatch, draw: random.Random) -> None:
    """Now and then it falls after the visits were written and before what they count was."""
    count = receiving._count

    def falling(*arguments: Any) -> None:
        if draw.random() < 0.15:
            raise Lost
        count(*arguments)

    monkeypatch.setattr(receiving, "_count", falling)


def _try(phone: Phone) -> bool:
    """Whether something was lost."""
    try:
        phone.send()
    except Lost:
        return True
    return False

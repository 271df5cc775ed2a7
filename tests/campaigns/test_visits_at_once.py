"""Visits that arrive while the same ones arrive, while doors move, and while everything is destroyed: on really committed data."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
from campaigns.conftest import Running
from campaigns.test_receiving import counted, recounted, send, visit
from campaigns.test_visit_parts import attach, picture
from django.db import connection, transaction
from factories.world import World, forget_caches, make_world

from linli.campaigns import actions, errors
from linli.campaigns.actions import binding, door_codes
from linli.campaigns.models import Aside, DestructionProof, DoorCode, Home, Submission, VisitPhoto
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.people import queries as people

PATIENCE = 20.0


@pytest.fixture
def world(fresh_database: str) -> Iterator[World]:
    with acting_as(SYSTEM):
        made = make_world()
    yield made
    forget_caches()


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.LINLI_FILES = tmp_path / "files"


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def beside(pool: ThreadPoolExecutor, what: Callable[[], object]) -> "Future[object]":
    """Done by another connection, while the transaction of this one is open."""

    def alone() -> object:
        try:
            return what()
        finally:
            connection.close()

    return pool.submit(alone)


def until_it_waits(future: "Future[object]") -> None:
    """For this connection's transaction; or until it is through without."""
    ends = monotonic() + PATIENCE
    while not future.done() and not _somebody_waits():
        assert monotonic() < ends, "it neither waits nor ends"
        sleep(0.02)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def ended(running: Running) -> None:
    with acting_as(running.leader):
        actions.end(declaration=running.campaign.declaration_id, reason="疫情结束", by=running.leader)


def destroyed(running: Running) -> DestructionProof:
    with acting_as(running.leader):
        return actions.destroy(declaration=running.campaign.declaration_id, by=running.leader)


def test_the_same_batch_twice_at_once_is_stored_once(running: Running, pool: ThreadPoolExecutor) -> None:
    """To doors that nobody knows: no building's tally keeps the two apart."""
    batch = [visit(uuid4()) for _one in range(3)]
    with transaction.atomic():
        first = send(running, batch)
        again = beside(pool, lambda: send(running, batch))
        until_it_waits(again)
    assert set(first.values()) == {Aside.UNKNOWN_DOOR}
    assert again.result(PATIENCE) == {one.id: "known" for one in batch}
    with acting_as(SYSTEM):
        assert Submission.objects.count() == len(batch)


def test_what_is_just_arriving_is_destroyed_as_well(running: Running, pool: ThreadPoolExecutor) -> None:
    late = [visit(door.id) for door in running.doors_of(0)[:3]]
    ended(running)
    with transaction.atomic():
        send(running, late)
        destroying = beside(pool, lambda: destroyed(running))
        until_it_waits(destroying)
    destroying.result(PATIENCE)
    with acting_as(SYSTEM):
        assert DestructionProof.objects.get().counts["submissions"] == len(late)
        assert not Submission.objects.exists()


@pytest.mark.parametrize("what", ["visits", "photo", "codes"])
def test_nothing_is_added_once_destruction_has_begun(running: Running, pool: ThreadPoolExecutor, what: str) -> None:
    first, second = running.doors_of(0)[:2]
    made, late = visit(first.id), visit(second.id)
    send(running, [made])
    ended(running)

    def add() -> object:
        if what == "visits":
            return send(running, [late])
        if what == "photo":
            return attach(running, made, uuid4(), picture())
        with acting_as(running.leader):
            return door_codes.make_codes(
                campaign=running.campaign.id, building=first.building_id, door=first.id, by=running.leader
            )

    with transaction.atomic():
        destroyed(running)
        adding = beside(pool, add)
        until_it_waits(adding)
    with pytest.raises(errors.Destroyed):
        adding.result(PATIENCE)
    with acting_as(SYSTEM):
        for kind in (Submission, VisitPhoto, DoorCode):
            assert not kind.objects.exists()


@pytest.mark.parametrize("what", ["team", "member", "codes"])
def test_visits_do_not_wait_for_whoever_steers(running: Running, pool: ThreadPoolExecutor, what: str) -> None:
    """Who steers holds the screening and asks for doors; visits hold doors, and refer to the screening: neither may wait for the other."""
    other = running.doors_of(1)[0]
    with acting_as(SYSTEM):
        member = running.teams[1].memberships.get(leads=True).member_id
    visits = [visit(door.id) for door in running.doors_of(0)[:3]]
    with transaction.atomic():
        with acting_as(running.leader):
            if what == "team":
                actions.team_out(team=running.teams[1].id, reason="全队隔离", by=running.leader)
            elif what == "member":
                actions.leave_team(member=member, reason="身体不适", by=running.leader)
            else:
                door_codes.make_codes(campaign=running.campaign.id, building=other.building_id, by=running.leader)
        fates = beside(pool, lambda: send(running, visits)).result(PATIENCE)
    assert fates == {one.id: "stored" for one in visits}
    assert counted(running) == recounted(running)


def resident(running: Running) -> Actor:
    with acting_as(SYSTEM):
        return people.themselves(running.area.world.staff("resident").pk)


def test_a_code_that_is_replaced_at_this_moment_binds_nobody(running: Running, pool: ThreadPoolExecutor) -> None:
    door, lives = running.doors_of(0)[0], resident(running)
    make = {"campaign": running.campaign.id, "building": door.building_id, "door": door.id, "by": running.leader}

    def bind() -> object:
        with acting_as(lives):
            return binding.bind(typed=older.code, address="10.9.0.1", by=lives)

    with acting_as(running.leader):
        [older] = door_codes.make_codes(**make)
    with transaction.atomic():
        with acting_as(running.leader):
            door_codes.make_codes(**make)
        late = beside(pool, bind)
        until_it_waits(late)
    with pytest.raises(errors.WrongCode):
        late.result(PATIENCE)
    with acting_as(SYSTEM):
        assert not Home.objects.exists()


def test_an_account_that_is_bound_twice_at_once_is_bound_once(running: Running, pool: ThreadPoolExecutor) -> None:
    """To two doors, by two pages: the later one holds."""
    first, second, lives = *running.doors_of(0)[:2], resident(running)
    make = {"campaign": running.campaign.id, "building": first.building_id, "by": running.leader}
    with acting_as(running.leader):
        [one], [other] = (door_codes.make_codes(**make, door=door.id) for door in (first, second))

    def bind(typed: str) -> Home:
        with acting_as(lives):
            return binding.bind(typed=typed, address="10.9.0.2", by=lives)

    with transaction.atomic():
        bind(one.code)
        late = beside(pool, lambda: bind(other.code))
        until_it_waits(late)
    late.result(PATIENCE)
    with acting_as(SYSTEM):
        assert Home.objects.get(ended_at=None).door == second.id

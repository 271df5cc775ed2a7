"""Who reads and marks, what is destroyed and when, and that no order of messages changes how a door stands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from campaigns.conftest import Area, Running
from campaigns.telling.notices import begun, notice, place_of, titles
from campaigns.test_following import ILL
from campaigns.test_receiving import send, visit
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns import actions, telling
from linli.campaigns.actions import telling as acts
from linli.campaigns.models import Declaration, Telling, TellingMark, TellingPlace, ToldHow
from linli.campaigns.queries import telling as reads
from linli.campaigns.rules import DESTROYED_AFTER
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound


def test_another_unit_neither_reads_nor_marks(area: Area, row: Telling) -> None:
    place, door = place_of(row, area, "B1"), area.doors["B1"][0].id
    for stranger in (area.world.actor("east", Role.GRID_WORKER, "E"), area.world.actor("eastlead", Role.LEADER, "E")):
        with acting_as(stranger):
            assert not TellingPlace.objects.exists()
            with pytest.raises(NotFound):
                acts.mark(place=place.pk, doors=[door], how="told", by=stranger)
            with pytest.raises(NotAllowed):
                reads.telling(stranger, row.pk)
    auditor = area.world.actor("auditor", Role.AUDITOR, "51")
    with acting_as(auditor), pytest.raises(NotFound):
        acts.mark(place=place.pk, doors=[door], how="told", by=auditor)


def test_doors_of_another_building_and_made_up_ones_are_refused(area: Area, row: Telling, worker: Actor) -> None:
    place = place_of(row, area, "B1")
    with acting_as(worker):
        for doors in ([area.doors["B2"][0].id], [uuid4()]):
            with pytest.raises(NotFound):
                acts.mark(place=place.pk, doors=doors, how="told", by=worker)
        for doors, how in (([], "told"), ([area.doors["B1"][0].id], "app"), ([area.doors["B1"][0].id], "eaten")):
            with pytest.raises(InvalidInput):
                acts.mark(place=place.pk, doors=doors, how=how, by=worker)


def test_nobody_writes_into_the_tables_past_the_actions(area: Area, row: Telling, worker: Actor) -> None:
    place = place_of(row, area, "B1")
    with acting_as(worker):
        assert TellingPlace.objects.filter(pk=place.pk).update(told=24) == 0
        mark = TellingMark(place=place, community_id=place.community_id, door=uuid4(), how="told", by_id=worker.id)
        with pytest.raises(DatabaseError), transaction.atomic():
            mark.save(force_insert=True)


def test_what_is_known_of_single_doors_goes_and_counts_stay(area: Area, row: Telling, worker: Actor) -> None:
    place = place_of(row, area, "B1")
    with acting_as(worker):
        acts.mark(place=place.pk, doors=[area.doors["B1"][0].id], how="told", by=worker)
    with acting_as(SYSTEM):
        assert acts.forget_tellings() == 0
        with clock.at(clock.now() + timedelta(hours=6) + DESTROYED_AFTER):
            assert acts.forget_tellings() == 1
    assert place_of(row, area, "B1").told == 1


def test_it_is_destroyed_with_its_declaration(area: Area, declared: Declaration, leader: Actor, worker: Actor) -> None:
    row = begun(area, notice(area, declaration=declared.pk))
    with acting_as(worker):
        acts.mark(place=place_of(row, area, "B1").pk, doors=[area.doors["B1"][0].id], how="told", by=worker)
    with acting_as(leader):
        actions.end(declaration=declared.pk, reason="水退了，解除", by=leader)
        proof = actions.destroy(declaration=declared.pk, by=leader, reason="")
    assert proof.counts["tellings"] == 1
    with acting_as(SYSTEM):
        assert not TellingMark.objects.exists()


def test_whom_a_destroyed_declaration_asked_for_no_notice_names(asking: Running, worker: Actor) -> None:
    area, doors = asking.area, asking.doors_of(0)
    send(asking, [visit(doors[0].id, answers=ILL), visit(doors[1].id, answers=ILL)])
    row = begun(area, notice(area, looked_after=True))
    with acting_as(worker):
        [place] = reads.tasks_of(worker)
        acts.mark(place=place.pk, doors=[doors[0].id], how="told", by=worker)
    with acting_as(asking.leader):
        actions.end(declaration=asking.campaign.declaration_id, reason="疫情结束", by=asking.leader)
        actions.destroy(declaration=asking.campaign.declaration_id, by=asking.leader)
    with acting_as(SYSTEM):
        place = TellingPlace.objects.get(telling=row)
        assert (place.only, place.doors, place.told) == ([], 0, 0)
        assert not TellingMark.objects.exists()
        assert acts.fill(telling=row.pk) == 0
    assert titles(worker) == []


marks = st.lists(
    st.tuples(st.datetimes(), st.uuids(), st.sampled_from(ToldHow.values)), max_size=8, unique_by=lambda one: one[1]
)


@given(marks, st.randoms())
def test_how_a_door_stands_hangs_on_no_order(found: list[Any], chance: Any) -> None:
    before = telling.standing(found)
    chance.shuffle(found)
    assert telling.standing(found) == before
    assert (before == "") == (not found)
    if any(how in {"app", "sms"} for _at, _id, how in found):
        assert before in telling.REACHED


def test_a_city_is_written_down_by_building_in_one_statement(
    area: Area, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with acting_as(SYSTEM):
        row = acts.begin_telling(notice=notice(area, "51"), by=SYSTEM)
        with django_assert_max_num_queries(8):
            assert acts.fill(telling=row.pk) == 3
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(doors) FROM campaigns_tellingplace")
            assert cursor.fetchone()[0] == len(area.everywhere)

"""Who is told by phone, who by somebody who stands there, and who is left; as long as the notice holds."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from campaigns.conftest import Area, Running
from campaigns.telling.notices import begun, bound, notice, place_of, titles
from campaigns.test_following import ILL
from campaigns.test_receiving import send, visit

from linli.campaigns import actions, errors
from linli.campaigns.actions import telling as acts
from linli.campaigns.models import Declaration, Telling, TellingMark, TellingPlace
from linli.campaigns.queries import telling as reads
from linli.foundation import audit, clock, seals
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound


def test_every_building_is_a_task_of_the_grid_workers_there_and_of_nobody_else(
    area: Area, row: Telling, worker: Actor
) -> None:
    assert sorted(titles(worker)) == [("B1", "还剩 24 户"), ("B2", "还剩 24 户"), ("B3", "还剩 30 户")]
    for stranger in (area.world.actor("east", Role.GRID_WORKER, "E1"), area.world.actor("lead", Role.LEADER, "51")):
        assert titles(stranger) == []
    with acting_as(SYSTEM):
        assert TellingPlace.objects.count() == 3, "a row for a building, none for a household"
        assert not TellingMark.objects.exists()


def test_doors_are_marked_and_counted_and_the_task_ends_with_the_last(area: Area, row: Telling, worker: Actor) -> None:
    place, doors = place_of(row, area, "B1"), [one.id for one in area.doors["B1"]]
    with acting_as(worker):
        acts.mark(place=place.pk, doors=doors[:20], how="told", by=worker)
        acts.mark(place=place.pk, doors=doors[20:], how="nobody", by=worker)
        after = acts.mark(place=place.pk, doors=doors[20:22], how="leaflet", by=worker)
    assert (after.told, after.leaflet, after.nobody, after.left) == (20, 2, 2, 2)
    assert ("B1", "还剩 2 户") in titles(worker)
    with acting_as(worker):
        acts.mark(place=place.pk, doors=doors[22:], how="told", by=worker)
    assert "B1" not in dict(titles(worker))
    with acting_as(SYSTEM):
        assert TellingMark.objects.filter(door=doors[23]).count() == 2, "what was found before is not written over"


def test_a_mistake_is_put_right_by_marking_anew(area: Area, row: Telling, worker: Actor) -> None:
    place, door = place_of(row, area, "B1"), area.doors["B1"][0].id
    with acting_as(worker):
        acts.mark(place=place.pk, doors=[door], how="told", by=worker)
        after = acts.mark(place=place.pk, doors=[door], how="nobody", by=worker)
    assert (after.told, after.nobody) == (0, 1)


def test_whoever_was_told_by_phone_is_not_called_on(
    area: Area, row: Telling, declared: Declaration, worker: Actor
) -> None:
    one, two = bound(area, "B1", 0, declared), bound(area, "B1", 1, declared)
    same_door, elsewhere = bound(area, "B1", 1, declared), uuid4()
    with acting_as(SYSTEM):
        ways = {one.person_id: "app", two.person_id: "app", same_door.person_id: "sms", elsewhere: "sms"}
        assert acts.reached(notice=row.notice, ways=ways) == 2
        assert acts.reached(notice=row.notice, ways=ways) == 0, "told again it is the same"
        assert acts.reached(notice=uuid4(), ways=ways) == 0
    place = place_of(row, area, "B1")
    assert (place.app, place.sms, place.left) == (1, 1, 22)
    with acting_as(worker):
        assert [door.how for door in reads.doors_told(place)][:3] == ["app", "sms", ""]
        acts.mark(place=place.pk, doors=[area.doors["B1"][0].id], how="nobody", by=worker)
    assert place_of(row, area, "B1").left == 22, "nobody at home takes nothing from who was told by phone"


def test_messages_that_go_before_the_buildings_are_written_down_count(area: Area, declared: Declaration) -> None:
    home = bound(area, "B2", 0, declared)
    with acting_as(SYSTEM):
        row = acts.begin_telling(notice=notice(area), by=SYSTEM)
        assert acts.reached(notice=row.notice, ways={home.person_id: "sms"}) == 1
    assert place_of(row, area, "B2").sms == 1


def test_only_those_who_are_looked_after(asking: Running, worker: Actor) -> None:
    area, doors = asking.area, asking.doors_of(0)
    found = visit(uuid4(), found_in=doors[0].building_id, found_label="楼梯后面", answers=ILL)
    send(asking, [visit(doors[0].id, answers=ILL), found])
    row = begun(area, notice(area, looked_after=True))
    with acting_as(worker):
        [place] = reads.tasks_of(worker)
        assert place.doors == 2
        shown = reads.doors_told(place)
        assert {door.id for door in shown} == {doors[0].id, found.door}
        assert "楼梯后面" in {door.label for door in shown}
        with pytest.raises(NotFound):
            acts.mark(place=place.pk, doors=[doors[1].id], how="told", by=worker)
        acts.mark(place=place.pk, doors=[found.door], how="told", by=worker)
    everybody = begun(area, notice(area, title="停水"))
    with acting_as(worker):
        assert next(iter(reads.tasks_of(worker))).building_id == doors[0].building_id, "where they are, it begins"
    assert row.pk != everybody.pk


def test_when_it_is_over_nobody_is_sent_and_nothing_is_marked(area: Area, row: Telling, worker: Actor) -> None:
    place, door = place_of(row, area, "B1"), area.doors["B1"][0].id
    with clock.at(clock.now() + timedelta(hours=7)), acting_as(worker):
        assert titles(worker) == []
        with pytest.raises(errors.NotToldAnyMore):
            acts.mark(place=place.pk, doors=[door], how="told", by=worker)


def test_it_ends_with_the_declaration_that_allows_it(
    area: Area, declared: Declaration, leader: Actor, worker: Actor
) -> None:
    begun(area, notice(area, declaration=declared.pk))
    assert titles(worker)
    with acting_as(leader):
        actions.end(declaration=declared.pk, reason="水退了，解除", by=leader)
    assert titles(worker) == []


def test_a_withdrawn_notice_is_in_no_inbox(area: Area, row: Telling, worker: Actor) -> None:
    assert acts.end_telling(notices=[row.notice], by=SYSTEM) == 1
    assert acts.end_telling(notices=[row.notice], by=SYSTEM) == 0
    assert titles(worker) == []


def test_an_update_in_the_same_words_opens_only_what_is_new(area: Area, worker: Actor) -> None:
    with acting_as(SYSTEM):
        area.building("C1", 1, 2, 2, quarter="W2")
    first = notice(area, "W1")
    row = begun(area, first)
    with acting_as(worker):
        acts.mark(place=place_of(row, area, "B1").pk, doors=[area.doors["B1"][0].id], how="told", by=worker)
    wider = replace(first, id=uuid4(), units=[area.world.id("W1"), area.world.id("W2")])
    after = begun(area, wider, first.id)
    assert after.pk == row.pk
    assert place_of(row, area, "B1").told == 1, "who knows it is not told again"
    assert place_of(row, area, "C1").left == 4
    narrower = replace(first, id=uuid4(), units=[area.world.id("W2")])
    begun(area, narrower, wider.id)
    assert titles(worker) == [], "its area holds the community no more"
    again = replace(first, id=uuid4())
    begun(area, again, narrower.id)
    assert place_of(row, area, "B1").told == 1
    assert len(titles(worker)) == 3


def test_an_update_in_other_words_is_told_anew(area: Area, row: Telling, worker: Actor) -> None:
    with acting_as(worker):
        acts.mark(place=place_of(row, area, "B1").pk, doors=[area.doors["B1"][0].id], how="told", by=worker)
    after = begun(area, notice(area, text="立即转移到学校。"), row.notice)
    assert after.pk != row.pk
    assert place_of(after, area, "B1").left == 24
    with acting_as(SYSTEM):
        row.refresh_from_db()
    assert row.ended_why == "updated"
    assert len(titles(worker)) == 3, "each building once"


def test_its_timeline_is_what_it_says(area: Area, row: Telling) -> None:
    begun(area, replace(notice(area), id=uuid4()), row.notice)
    acts.end_telling(notices=[Telling.objects.get(pk=row.pk).notice], by=SYSTEM)
    with acting_as(SYSTEM):
        assert [entry.action for entry in audit.timeline(row.pk)] == ["begin", "update", "end"]
        state = seals.subjects()["telling"].states([row.pk])[row.pk]
        assert audit.digest(state) == bytes(audit.timeline(row.pk)[-1].state)


def test_a_declaration_is_told_once(area: Area, declared: Declaration, leader: Actor, worker: Actor) -> None:
    with acting_as(leader):
        row = acts.tell_declaration(declaration=declared.pk, text="请配合入户排查。", by=leader)
        with pytest.raises(errors.ToldAlready):
            acts.tell_declaration(declaration=declared.pk, text="请配合入户排查。", by=leader)
        with pytest.raises(InvalidInput):
            acts.tell_declaration(declaration=declared.pk, text=" ", by=leader)
    with acting_as(SYSTEM):
        acts.fill(telling=row.pk)
    assert len(titles(worker)) == 3
    with acting_as(worker), pytest.raises(NotAllowed):
        acts.tell_declaration(declaration=declared.pk, text="请配合入户排查。", by=worker)

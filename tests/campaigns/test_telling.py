"""Notices at the doors: who is told by phone, who by somebody who stands there, and who is left; as long as the notice holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from campaigns.conftest import Area, Running, told
from campaigns.test_control_pages import browser_of
from campaigns.test_following import ILL, asking
from campaigns.test_receiving import send, visit
from django.db import DatabaseError, connection, transaction
from factories.world import World
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django import app

from linli.campaigns import actions, errors, tasks, telling
from linli.campaigns.actions import telling as acts
from linli.campaigns.actions.telling import Notice
from linli.campaigns.models import Declaration, Home, Telling, TellingMark, TellingPlace, ToldHow
from linli.campaigns.queries import telling as reads
from linli.campaigns.rules import DESTROYED_AFTER
from linli.foundation import audit, clock, seals
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound
from linli.people.models import Post

__all__ = ["asking"]
JSON = {"headers": {"accept": "application/json"}}


def notice(area: Area, *units: str, **other: Any) -> Notice:
    now = clock.now()
    usual: dict[str, Any] = {
        "id": uuid4(), "source": "alert", "units": [area.world.id(unit) for unit in units or ("W1",)], "title": "内涝预警",
        "text": "不要下到地下室。", "starts_at": now, "ends_at": now + timedelta(hours=6),
    }  # fmt: skip
    return Notice(**(usual | other))


def begun(area: Area, said: Notice, *instead_of: UUID) -> Telling:
    with acting_as(SYSTEM):
        row = acts.begin_telling(notice=said, by=SYSTEM, instead_of=instead_of)
        acts.fill(telling=row.pk)
    return row


@pytest.fixture
def worker(area: Area) -> Actor:
    return area.world.actor("grid", Role.GRID_WORKER, "W1")


@pytest.fixture
def row(area: Area) -> Telling:
    return begun(area, notice(area))


def place_of(row: Telling, area: Area, name: str) -> TellingPlace:
    with acting_as(SYSTEM):
        return TellingPlace.objects.select_related("telling").get(telling=row, building=area.world.id(name))


def bound(area: Area, name: str, door: int, declared: Declaration) -> Home:
    """Somebody whose account is bound to a door."""
    home = area.doors[name][door]
    with acting_as(SYSTEM):
        person = area.world.staff(f"resident-{uuid4()}")
        return Home.objects.create(
            person=person,
            declaration=declared,
            door=home.id,
            building_id=home.building_id,
            community=area.world.units["W1"],
        )


def titles(actor: Actor) -> list[tuple[str, str]]:
    with acting_as(actor):
        return [(task.place.split()[-1], task.state) for task in tasks.tellings(actor)]


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


# --- its life ---------------------------------------------------------------------------------------------------------


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


# --- that it is over --------------------------------------------------------------------------------------------------


def told_some(row: Telling, area: Area, worker: Actor) -> list[UUID]:
    """Three doors of a building: told, a leaflet left, nobody home. Returns the two that know."""
    doors = [one.id for one in area.doors["B1"][:3]]
    with acting_as(worker):
        for door, how in zip(doors, ("told", "leaflet", "nobody"), strict=True):
            acts.mark(place=place_of(row, area, "B1").pk, doors=[door], how=how, by=worker)
    return doors[:2]


@pytest.mark.parametrize("over", ["withdrawn", "expired"])
def test_who_was_told_at_the_door_is_told_there_that_it_is_over(
    area: Area, row: Telling, worker: Actor, over: str
) -> None:
    knows = told_some(row, area, worker)
    assert acts.call_off() == [], "it holds"
    at = clock.now() + timedelta(hours=6, minutes=5)
    if over == "withdrawn":
        at = clock.now()
        acts.end_telling(notices=[row.notice], by=SYSTEM)
    with clock.at(at):
        assert titles(worker) == [], "who was not told yet is not told any more"
        [made] = acts.call_off()
        assert acts.call_off() == [], "once"
        assert titles(worker) == [("B1", "还剩 2 户")]
        place = place_of(made, area, "B1")
        assert {door.id for door in reads.doors_told(place)} == set(knows)
        assert "解除" in made.title
        assert row.title in made.title
        assert made.title_en.startswith("Over: ")
        with acting_as(SYSTEM):
            assert acts.fill(telling=made.pk) == 0
        page = browser_of(area.world, Role.GRID_WORKER, "W1").get(f"/field/follow/tell/{place.pk}/").content.decode()
        assert "解除" in page
        with acting_as(worker):
            acts.mark(place=place.pk, doors=knows, how="told", by=worker)
        assert titles(worker) == []
    with clock.at(at + timedelta(hours=25)), acting_as(worker):
        assert reads.tasks_of(worker) == []
    with acting_as(SYSTEM), clock.at(at + timedelta(hours=25) + DESTROYED_AFTER):
        acts.forget_tellings()
        assert not TellingPlace.objects.filter(telling=made).exists(), "two doors' counts are theirs"
        assert not TellingMark.objects.exists()


def test_an_end_long_ago_an_update_and_a_stop_are_no_all_clear(area: Area, row: Telling, worker: Actor) -> None:
    told_some(row, area, worker)
    with clock.at(clock.now() + timedelta(hours=6) + acts.TOLD_OVER):
        assert acts.call_off() == [], "nobody waits for it any more"
    after = begun(area, notice(area, text="立即转移到学校。"), row.notice)
    told_some(after, area, worker)
    assert acts.call_off() == [], "another took its place"
    leader = area.world.actor("lead", Role.LEADER, "51")
    with acting_as(leader):
        acts.stop(telling=after.pk, reason="已经没有必要", by=leader)
    assert acts.call_off() == [], "the notice holds"


def test_it_is_told_after_its_declaration_and_not_after_the_destruction(
    area: Area, declared: Declaration, leader: Actor, worker: Actor
) -> None:
    row = begun(area, notice(area, declaration=declared.pk))
    told_some(row, area, worker)
    with acting_as(leader):
        actions.end(declaration=declared.pk, reason="水退了，解除", by=leader)
    [made] = acts.call_off()
    assert titles(worker) == [("B1", "还剩 2 户")]
    with acting_as(leader):
        actions.destroy(declaration=declared.pk, by=leader, reason="")
    assert titles(worker) == []
    with acting_as(SYSTEM):
        assert not TellingPlace.objects.filter(telling=made).exists()


def test_it_is_called_off_by_the_clock(area: Area, row: Telling, worker: Actor) -> None:
    [job] = [one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == "campaigns.call_off"]
    told_some(row, area, worker)
    with clock.at(clock.now() + timedelta(hours=7)):
        job.task(timestamp=0)
        assert len(titles(worker)) == 1


# --- who may ----------------------------------------------------------------------------------------------------------


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


# --- afterwards -------------------------------------------------------------------------------------------------------


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


# --- the rule ---------------------------------------------------------------------------------------------------------

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


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_desk_sees_the_figures_and_the_list_down_to_the_door(area: Area, row: Telling, world: World) -> None:
    desk = browser_of(world, Role.DESK)
    assert f"/control/tellings/{row.pk}/" in desk.get("/control/tellings/").content.decode()
    page = desk.get(f"/control/tellings/{row.pk}/").content.decode()
    place = place_of(row, area, "B1")
    assert "78" in page
    assert f"/field/follow/tell/{place.pk}/" in page
    doors = desk.get(f"/field/follow/tell/{place.pk}/").content.decode()
    assert all(str(door.id) in doors for door in area.doors["B1"])
    east = browser_of(world, Role.DESK, "E")
    assert east.get(f"/control/tellings/{row.pk}/").status_code == 403
    assert east.get(f"/field/follow/tell/{place.pk}/").status_code == 404
    assert "没有要上门告知的" in east.get("/control/tellings/").content.decode()


def test_a_letter_of_the_outbox_is_carried_out_once(area: Area, row: Telling, world: World) -> None:
    place = place_of(row, area, "B1")
    here, door = f"/field/follow/tell/{place.pk}/", str(area.doors["B1"][0].id)
    grid = browser_of(world, Role.GRID_WORKER, "W1")
    for _again in range(3):
        answer = grid.post(here, {"once": "one", "door": [door], "how": "told"}, **JSON)
        assert answer.status_code == 200
        assert answer.json()["next"] == here
    with acting_as(SYSTEM):
        assert TellingMark.objects.count() == 1
    refused = grid.post(here, {"once": "two", "door": [str(uuid4())], "how": "told"}, **JSON)
    assert refused.status_code == 404
    assert grid.post(here, {"once": "three", "how": "told"}).status_code == 422, "without script it is a page"


@pytest.mark.parametrize(
    ("age", "minutes"),
    [("1800000", 30), ("0", 0), ("-60000", 0), ("9999999999", 60), ("soon", 0), ("1e400", 0), ("", 0)],
)
def test_a_mark_is_of_the_time_at_which_somebody_stood_there(
    area: Area, row: Telling, world: World, age: str, minutes: int
) -> None:
    """By how long the phone kept it: never before the notice was begun, and never later than it came."""
    place, door = place_of(row, area, "B1"), str(area.doors["B1"][0].id)
    grid = browser_of(world, Role.GRID_WORKER, "W1")
    with clock.at(row.starts_at + timedelta(hours=1)):
        sent = {"once": "one", "door": [door], "how": "told"}
        headers = {"accept": "application/json", "outbox-age": age}
        answers = [grid.post(f"/field/follow/tell/{place.pk}/", sent, headers=headers) for _again in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        with acting_as(SYSTEM):
            assert TellingMark.objects.get().at == clock.now() - timedelta(minutes=minutes)


def test_a_stairwell_keeps_its_name_when_another_is_done(area: Area, row: Telling, world: World, worker: Actor) -> None:
    place = place_of(row, area, "B1")
    first = [one.id for one in area.doors["B1"] if one.entrance == 1]
    with acting_as(worker):
        acts.mark(place=place.pk, doors=first, how="told", by=worker)
    page = browser_of(world, Role.GRID_WORKER, "W1").get(f"/field/follow/tell/{place.pk}/").content.decode()
    assert 'data-change="tell-2"' in page
    assert 'data-change="tell-1"' not in page


def test_whose_post_has_ended_marks_nothing(area: Area, row: Telling, world: World) -> None:
    """What a phone sends after its owner was taken out is refused; it stays there with the reason."""
    place = place_of(row, area, "B1")
    grid = browser_of(world, Role.GRID_WORKER, "W1")
    with acting_as(SYSTEM):
        Post.objects.filter(person=world.people["grid_worker-W1"]).update(valid_to=clock.now() - timedelta(minutes=1))
    sent = {"once": "one", "door": [str(area.doors["B1"][0].id)], "how": "told"}
    assert grid.post(f"/field/follow/tell/{place.pk}/", sent, **JSON).status_code in {401, 403, 404}
    with acting_as(SYSTEM):
        assert not TellingMark.objects.exists()


def test_it_is_stopped_by_who_leads_there_with_a_reason(area: Area, row: Telling, world: World) -> None:
    here = f"/control/tellings/{row.pk}/stop/"
    assert browser_of(world, Role.DESK).post(here, {"reason": "已经没有必要"}).status_code == 403
    lead = browser_of(world, Role.LEADER)
    lead.post(here, {"reason": "", "once": "a"})
    with acting_as(SYSTEM):
        assert Telling.objects.get(pk=row.pk).ended_at is None
    assert lead.post(here, {"reason": "已经没有必要", "once": "b"}).status_code == 302
    with acting_as(SYSTEM):
        assert Telling.objects.get(pk=row.pk).ended_why == "stopped"


def test_a_declaration_is_sent_to_the_doors_from_its_page(area: Area, declared: Declaration, world: World) -> None:
    lead = browser_of(world, Role.LEADER)
    answer = lead.post(f"/control/{declared.pk}/tell/", {"text": "请配合入户排查。", "once": "a"})
    with acting_as(SYSTEM):
        made = Telling.objects.get()
    assert answer["Location"] == f"/control/tellings/{made.pk}/"
    assert str(made.pk) in lead.get(f"/control/{declared.pk}/").content.decode()
    assert told(world).name == made.title

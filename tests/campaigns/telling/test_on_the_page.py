"""Notices on the pages of the desk and on the phone of whoever goes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from campaigns.conftest import Area, told
from campaigns.telling.notices import JSON, place_of
from campaigns.test_control_pages import browser_of
from factories.world import World

from linli.campaigns.actions import telling as acts
from linli.campaigns.models import Declaration, Telling, TellingMark
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.people.models import Post


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

"""Views of the desk that people keep: ordered, shared, renamed, left behind."""

import re
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories.world import World

from linli.cases.models import Case, SavedView
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Delegation, Person, Post


def test_views_are_kept_ordered_shared_and_removed(enter, world: World, case: Case) -> None:
    desk = enter(Role.DESK, "W")
    colleague, elsewhere = enter(Role.DISPATCHER, "W"), enter(Role.DESK, "E")
    for name, unit in (("灯", ""), ("Rubbish", str(world.id("W")))):
        desk.post("/desk/views/", {"name": name, "query": "state=open&class_code=0101&junk=1", "unit": unit})
    page = desk.get("/desk/views/?state=open&class_code=0101").content.decode()
    assert page.index(">灯") < page.index(">Rubbish")
    assert page.count('<span class="count">1</span>') == page.count('aria-current="page"') == 2
    assert "junk" not in page
    shared = colleague.get("/desk/views/").content.decode()
    assert ">Rubbish" in shared
    assert ">灯" not in shared
    assert ">Rubbish" not in elsewhere.get("/desk/views/").content.decode()
    with acting_as(SYSTEM):
        view = SavedView.objects.get(name="Rubbish")
    colleague.post("/desk/views/", {"remove": str(view.pk)})
    desk.post("/desk/views/", {"forward": str(view.pk)})
    page = desk.get("/desk/views/").content.decode()
    assert page.index(">Rubbish") < page.index(">灯")
    desk.post("/desk/views/", {"remove": str(view.pk)})
    assert ">Rubbish" not in desk.get("/desk/views/").content.decode()


def test_a_view_is_renamed_by_its_owner_alone_and_to_no_name_of_another(enter, world: World) -> None:
    desk, colleague = enter(Role.DESK, "W"), enter(Role.DISPATCHER, "W")
    for name in ("灯", "Rubbish"):
        desk.post("/desk/views/", {"name": name, "query": "state=open", "unit": str(world.id("W"))})
    with acting_as(SYSTEM):
        view = SavedView.objects.get(name="Rubbish")

    def rename(client, name: str) -> str:
        return client.post("/desk/views/", {"rename": str(view.pk), "name": name}, follow=True).content.decode()

    assert "The view is now called “Waste”." in rename(desk, " Waste ")
    assert 'class="notice bad' in rename(colleague, "Mine now")
    assert "You keep a view “灯” already." in rename(desk, "灯")
    with acting_as(SYSTEM):
        assert SavedView.objects.get(pk=view.pk).name == "Waste"


def test_a_view_of_long_chinese_words_is_kept(enter) -> None:
    """Each of them takes nine letters in an address."""
    desk = enter(Role.DESK, "W")
    desk.post("/desk/views/", {"name": "长", "query": urlencode({"state": "open", "text": "路" * 100})})
    address = re.search(r'id="view-[^"]+" href="([^"]+)"', desk.get("/desk/views/").content.decode())[1]
    assert "路" * 100 in desk.get(address.replace("&amp;", "&")).content.decode()


def test_a_view_whose_unit_is_gone_says_that_it_is_wider(enter, case: Case) -> None:
    desk = enter(Role.DESK, "W")
    query = f"state=open&unit={uuid4()}"
    desk.post("/desk/views/", {"name": "gone", "query": query})
    kept = desk.get("/desk/views/").content.decode()
    assert "Names what is no longer there: Unit" in kept
    assert '<span class="count bad">?</span>' in kept
    listed = desk.get(f"/desk/?{query}").content.decode()
    assert "This list is wider than its filters ask for. What cannot be read: Unit." in listed
    assert "no longer there, or not yours to see" in listed


def test_the_list_does_not_wait_for_the_kept_views(enter, case: Case) -> None:
    """They are statements of their own, asked for after the page."""
    desk = enter(Role.DESK, "W")
    desk.post("/desk/views/", {"name": "灯", "query": "state=open"})
    with CaptureQueriesContext(connection) as asked:
        page = desk.get("/desk/").content.decode()
    assert ">灯" not in page
    assert not any("cases_savedview" in query["sql"] for query in asked)


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "🎉"}, {"name": "x", "unit": str(uuid4())}, {"remove": "zzz"}, {"forward": "1"}]
)
def test_a_view_that_cannot_be_kept_says_why(enter, fields: dict[str, str]) -> None:
    desk = enter(Role.DESK, "W")
    page = desk.post("/desk/views/", {"query": "state=open"} | fields, follow=True).content.decode()
    assert 'class="notice bad' in page
    with acting_as(SYSTEM):
        assert not SavedView.objects.exists()


def test_what_somebody_who_left_has_shared_is_taken_over_or_removed_by_whoever_leads_the_desk_there(
    enter, world: World
) -> None:
    desk, colleague = enter(Role.DESK, "W"), enter(Role.DISPATCHER, "W")
    leader, elsewhere = enter(Role.LEADER, "W"), enter(Role.LEADER, "E")
    for name in ("Rubbish", "Lamps", "灯"):
        desk.post("/desk/views/", {"name": name, "query": "state=open", "unit": str(world.id("W"))})
    with acting_as(SYSTEM):
        rubbish, lamps, own = (SavedView.objects.get(name=name).pk for name in ("Rubbish", "Lamps", "灯"))
        owner = Person.objects.get(username="desk-W-None")

    def page(client: Client) -> str:
        return client.get("/desk/views/").content.decode()

    def press(client: Client, **button: object) -> str:
        return client.post("/desk/views/", button, follow=True).content.decode()

    assert "Take over" not in page(leader), "its owner is still there"
    press(leader, take=rubbish)
    press(leader, remove=rubbish)
    assert ">Rubbish" in page(desk)

    # Moved to the other subdistrict: the account lives, the post here has ended.
    with acting_as(SYSTEM):
        Post.objects.filter(person=owner).update(valid_to=clock.now())
        Post.objects.create(person=owner, role=Role.DESK, unit=world.units["E"])
    assert "no post there any more" in page(leader)
    for other in (colleague, elsewhere):
        assert "Take over" not in page(other)
        for button in ("take", "remove", "rename", "forward"):
            press(other, **{button: rubbish, "name": "x"})
    press(leader, rename=rubbish, name="Not mine yet")
    assert ">Rubbish" in page(colleague)

    assert "The view “Rubbish” is yours now." in press(leader, take=rubbish)
    assert "Yours, seen by everybody with a post in" in page(leader)
    assert ">Rubbish" in page(colleague), "it stays shared"
    assert ">Rubbish" not in page(desk)
    press(leader, name="Lamps", query="state=open")
    assert "You keep a view “Lamps” already." in press(leader, take=lamps), "it stays where it was"

    # Who stands in for somebody there has not left; who left the house has.
    with acting_as(SYSTEM):
        kept = Post.objects.get(person__username="leader-W-None")
        stands_in = Delegation.objects.create(
            post=kept, to_person=owner, valid_from=clock.now(), valid_to=clock.now() + timedelta(days=1)
        )
    press(leader, remove=lamps)
    with acting_as(SYSTEM):
        assert SavedView.objects.filter(pk=lamps).exists()
        Person.objects.filter(pk=owner.pk).update(active=False)
        assert stands_in.valid_to > clock.now()
    press(leader, remove=lamps)
    with acting_as(SYSTEM):
        assert not SavedView.objects.filter(pk=lamps).exists()
        assert SavedView.objects.get(pk=own).owner_id == owner.pk

"""People are called to one place and answer; their shifts and skills are kept."""

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

import pytest
from dispatch.pages.conftest import _post
from dispatch.pages.control import FAR, NEAR, again, control, text
from django.test import Client
from django.utils import timezone
from factories.duty import HOUR, open_case, worker
from factories.world import HERE, World

from linli.cases.models import Case
from linli.dispatch import actions
from linli.dispatch.models import Call, PersonSkill, Shift
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as

pytestmark = pytest.mark.django_db


def test_the_nearest_are_called_by_one_press_and_answer(
    world: World, desk: Client, enter: Callable[[Actor], Client]
) -> None:
    case = again(open_case(world))
    first, second = worker(world, "first", at=NEAR), worker(world, "second", at=FAR)
    address = f"/dispatch/gather/{case.reference}/"
    assert desk.get(f"/dispatch/find/?case={case.reference}").headers["Location"].startswith(address)
    press = {"unit": str(world.id("W")), "count": "3", "once": str(uuid4())}
    assert "2 people are called." in text(desk.post(address, press, follow=True))
    with acting_as(SYSTEM):
        calls = {call.person_id: call for call in Call.objects.all()}
    assert calls.keys() == {first.id, second.id}
    phone = enter(first)
    mine = f"/field/call/{calls[first.id].id}/"
    assert f'href="{mine}"' in phone.get("/field/").content.decode()
    assert "I am coming" in text(phone.get(mine))
    assert "Coming" in text(phone.post(mine, {"answer": "coming", "once": str(uuid4())}, follow=True))
    assert "1 coming" in text(desk.get(f"{address}?unit={world.id('W')}"))
    assert phone.post(mine, {"answer": "cannot", "once": str(uuid4())}).status_code == 409
    assert phone.get(f"/field/call/{calls[second.id].id}/").status_code == 404


def test_the_button_of_an_emergency_calls_the_nearest_five(world: World, desk: Client) -> None:
    """Pressed as it stands on the page: its form, its fields, its address."""
    case = open_case(world)
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case).update(priority="emergency")
    people = [
        worker(world, f"worker {number}", at=(HERE[0] + 0.001 * number, HERE[1])) for number in (6, 2, 4, 1, 5, 3)
    ]
    desk.handler.enforce_csrf_checks = True
    form = re.compile(r'<form method="post" action="([^"]+)">((?:(?!</form>).)*)Call the nearest 5</button>', re.DOTALL)
    ((href, fields),) = form.findall(desk.get(control(world)).content.decode())
    press = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', fields))
    for _twice in range(2):
        assert "5 people are called." in text(desk.post(unescape(href), press, follow=True))
        with acting_as(SYSTEM):
            called = {call.person_id for call in Call.objects.filter(case=case)}
        assert called == {one.id for one in people[1:]}, "all but the farthest"
    page = desk.get(control(world))
    assert "5 called, 0 coming" in text(page)
    assert not form.search(page.content.decode()), "and is not offered again"


def test_shifts_are_entered_for_several_at_once_and_taken_out(world: World, desk: Client) -> None:
    body = world.bodies["street"].id
    people = [worker(world, name, on_duty=False) for name in ("one", "two")]
    address = f"/dispatch/people/?unit={world.id('W')}"
    day = timezone.localdate(clock.now()).isoformat()
    form = {"people": [f"{one.id}:{body}" for one in people], "day": day, "begins": "22:00", "ends": "06:00"}
    page = text(desk.post(address, form | {"once": str(uuid4())}, follow=True))
    assert "2 shifts are entered." in page
    assert "22:00–06:00" in page
    with acting_as(SYSTEM):
        night = Shift.objects.filter(person=people[0].id).get()
    assert night.ends_at - night.starts_at == 8 * HOUR
    assert "left as they were: one, two." in text(desk.post(address, form | {"once": str(uuid4())}, follow=True))
    desk.post(f"/dispatch/shifts/{night.id}/end/", {"unit": str(world.id("W"))})
    with acting_as(SYSTEM):
        assert Shift.objects.count() == 1


def test_skills_are_defined_by_the_city_and_given_by_the_unit(
    world: World, desk: Client, enter: Callable[[Actor], Client]
) -> None:
    admin = enter(_post(world, "admin", Role.ADMIN, "51"))
    named = {"code": "lift", "name": "电梯", "name_en": "Lift", "classes": ["0101"], "once": str(uuid4())}
    assert "The skill is kept." in text(admin.post("/dispatch/skills/", named, follow=True))
    assert desk.post("/dispatch/skills/", named | {"once": str(uuid4())}).status_code == 403
    one = worker(world, "one")
    address = f"/dispatch/people/{one.id}/?unit={world.id('W')}"
    assert "Lift" in text(desk.get(address))
    desk.post(address, {"skills": ["lift"], "once": str(uuid4())})
    with acting_as(SYSTEM):
        assert PersonSkill.objects.get().person_id == one.id


def test_empty_pages_teach(world: World, desk: Client) -> None:
    assert "Everything has somebody" in text(desk.get("/dispatch/"))
    open_case(world)
    worker(world, "off", on_duty=False)
    page = text(desk.get("/dispatch/"))
    assert "Nobody is on duty now" in page
    assert "Enter who works today" in page
    assert "Nobody has a shift on this day" in text(desk.get("/dispatch/people/"))


def test_the_places_of_those_who_went_home_are_forgotten(world: World) -> None:
    one = worker(world, "one", at=NEAR)
    with acting_as(SYSTEM):
        assert actions.forget_places() == 0
        Shift.objects.filter(person=one.id).update(ends_at=clock.now() - HOUR / 2)
        assert actions.forget_places() == 1
        Shift.objects.update(starts_at=clock.now() - 400 * 24 * HOUR, ends_at=clock.now() - 399 * 24 * HOUR)
        assert actions.forget_past() == 1


def test_the_page_of_a_case_leads_whoever_may_dispatch_to_the_nearest_people(
    world: World, desk: Client, enter: Callable[[Actor], Client]
) -> None:
    worker(world, "near", at=NEAR)
    case = again(open_case(world))
    here = f"/case/{case.reference}/"
    page = desk.get(here).content.decode()
    assert f'href="/dispatch/gather/{case.reference}/?unit={world.id("W")}"' in page
    unit = {"unit": str(world.id("W"))}
    assert "Call 1 person" in text(desk.get(f"/dispatch/gather/{case.reference}/", unit))
    desk.post(f"/dispatch/gather/{case.reference}/", unit | {"count": "3", "once": str(uuid4())})
    assert "1 called, 0 coming" in text(desk.get(here))
    verifier = enter(_post(world, "verifier", Role.VERIFIER, "W"))
    assert "/dispatch/gather/" not in verifier.get(here).content.decode()

"""Dispatch control in the hands of those who use it: propose, look ahead, send, change, take back, gather, plan, answer."""

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories.duty import HOUR, open_case, skill, worker
from factories.world import HERE, START_AT, World

from linli.cases.models import Case
from linli.dispatch import actions, network, rules, streets
from linli.dispatch.models import Call, Decision, PersonSkill, Proposal, Shift
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.tasks import waiting
from linli.people.models import Person, Post
from linli.territory import queries as territory
from linli.territory.models import Unit

pytestmark = pytest.mark.django_db
NEAR = (HERE[0] + 0.001, HERE[1])
FAR = (HERE[0] + 0.01, HERE[1])


@pytest.fixture
def enter() -> Callable[[Actor], Client]:
    """A browser of somebody who is signed in; in English."""

    def make(actor: Actor) -> Client:
        client = Client(headers={"accept-language": "en"})
        with acting_as(SYSTEM):
            client.force_login(Person.objects.get(pk=actor.id))
        return client

    return make


@pytest.fixture
def desk(world: World, enter: Callable[[Actor], Client]) -> Client:
    return enter(_post(world, "dispatcher", Role.DISPATCHER, "W"))


def _post(world: World, name: str, role: Role, unit: str) -> Actor:
    actor = world.actor(name, role, unit)
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=role, unit=world.units[unit], valid_from=START_AT)
    return actor


def again(case: UUID) -> Case:
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case)


def control(world: World) -> str:
    return f"/dispatch/?unit={world.id('W')}"


def propose(world: World, desk: Client) -> Proposal:
    answer = desk.post("/dispatch/propose/", {"unit": str(world.id("W")), "once": str(uuid4())})
    assert (answer.status_code, answer.headers["Location"]) == (302, control(world))
    with acting_as(SYSTEM):
        return Proposal.objects.latest("pk")


def text(page: object) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))  # type: ignore[attr-defined]


def test_a_line_says_who_and_why_and_why_not_the_others(world: World, desk: Client) -> None:
    open_case(world)
    worker(world, "near", at=NEAR)
    worker(world, "far", at=FAR)
    before = text(desk.get(control(world)))
    assert "Propose who goes" in before
    propose(world, desk)
    page = text(desk.get(control(world)))
    assert "nearest, 0 open tasks, 120 m" in page
    assert "could go, but is farther away (1.2 km)" in page
    assert "See what follows, then send" in page


def test_everybody_on_the_map_leads_somewhere_also_who_works_for_a_body_above(world: World, desk: Client) -> None:
    open_case(world, class_code="0103")
    own = worker(world, "own", at=NEAR)
    worker(world, "above", "water", at=FAR)
    page = desk.get(control(world)).content.decode()
    leads = {
        name: unescape(href)
        for href, name in re.findall(r'href="([^"]+)" class="dispatch-mark person" aria-label="(\w+)', page)
    }
    assert leads == {"own": f"/dispatch/people/{own.id}/?unit={world.id('W')}", "above": control(world)}
    for address in leads.values():
        assert desk.get(address).status_code == 200, address


def test_what_follows_is_shown_before_anybody_is_sent(world: World, desk: Client) -> None:
    case = open_case(world)
    chosen = worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    address = f"/dispatch/proposals/{proposal.id}/send/"
    shown = desk.post(address, {"cases": str(case)})
    assert shown.status_code == 200
    assert "Nobody is sent yet" in text(shown)
    assert "Time on the way" in text(shown)
    assert again(case).handler_id is None
    sent = {"cases": str(case), "why": "", "sure": "1", "once": str(uuid4())}
    assert desk.post(address, sent).headers["Location"] == control(world)
    assert again(case).handler_id == chosen.id
    # A second press of the same button sends nobody a second time, and says so.
    assert "That was done already." in text(desk.post(address, sent, follow=True))
    with acting_as(SYSTEM):
        assert Decision.objects.count() == 1
    page = text(desk.get(control(world)))
    assert "Sent from this proposal" in page
    assert "Everything has somebody" in page


def test_somebody_else_is_chosen_among_all_with_the_reason_of_each(world: World, desk: Client) -> None:
    with acting_as(SYSTEM):
        skill("lift", "0101")
    case = open_case(world)
    worker(world, "able", at=NEAR, skills=("lift",))
    unable = worker(world, "unable", at=NEAR)
    worker(world, "absent", at=NEAR, on_duty=False)
    proposal = propose(world, desk)
    page = text(desk.get(f"/dispatch/proposals/{proposal.id}/{case}/"))
    assert "does not have the skill Lift" in page
    assert "not on duty now" in page
    asked = {"cases": str(case), "person": str(unable.id), "why": " "}
    refused = desk.post(f"/dispatch/proposals/{proposal.id}/send/", asked)
    assert refused.status_code == 422
    assert "Write why somebody else goes" in text(refused)
    asked |= {"why": "持有电梯证，未登记", "sure": "1", "once": str(uuid4())}
    assert desk.post(f"/dispatch/proposals/{proposal.id}/send/", asked).status_code == 302
    assert again(case).handler_id == unable.id
    with acting_as(unable):
        first = waiting(unable)[0]
    assert (first.because, first.by) == (
        "持有电梯证，未登记",
        "subdistrictW · Dispatcher",
    )


def test_what_was_sent_is_taken_back_by_its_button(world: World, desk: Client) -> None:
    case = open_case(world)
    worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    everything = {"cases": str(case), "sure": "1", "once": str(uuid4())}
    desk.post(f"/dispatch/proposals/{proposal.id}/send/", everything)
    assert "Take back" in text(desk.get(control(world)))
    sent = {"cases": str(case), "unit": str(world.id("W")), "once": str(uuid4())}
    answer = desk.post(f"/dispatch/proposals/{proposal.id}/take-back/", sent, follow=True)
    assert "1 case was taken back." in text(answer)
    assert again(case).handler_id is None


def test_whoever_was_faster_is_respected(world: World, desk: Client) -> None:
    case = open_case(world)
    worker(world, "chosen", at=NEAR)
    other = worker(world, "other", at=FAR)
    proposal, second = propose(world, desk), propose(world, desk)
    asked = {"cases": str(case), "person": str(other.id), "why": "熟悉", "sure": "1"}
    desk.post(f"/dispatch/proposals/{second.id}/send/", asked | {"once": str(uuid4())})
    late = {"cases": str(case), "sure": "1", "once": str(uuid4())}
    page = text(desk.post(f"/dispatch/proposals/{proposal.id}/send/", late, follow=True))
    assert "Somebody was sent there meanwhile" in page
    assert again(case).handler_id == other.id


def test_the_page_costs_the_same_for_many(world: World, desk: Client) -> None:
    with acting_as(SYSTEM):
        skill("lift", "0101")
    for number in range(8):
        worker(world, f"worker {number}", at=NEAR, skills=("lift",))
        open_case(world)
    propose(world, desk)
    desk.get(control(world))
    before = connection.round_trips  # type: ignore[attr-defined]
    assert desk.get(control(world)).status_code == 200
    assert connection.round_trips - before <= 15  # type: ignore[attr-defined]


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


def test_what_if_somebody_is_ill_is_compared_and_kept_nowhere(world: World, desk: Client) -> None:
    open_case(world)
    near = worker(world, "near", at=NEAR)
    worker(world, "far", at=FAR)
    page = text(desk.get(f"/dispatch/what-if/?unit={world.id('W')}&without={near.id}"))
    assert re.search(r"near\s+far", page)
    with acting_as(SYSTEM):
        assert not Proposal.objects.exists()


def test_a_what_if_says_at_once_what_it_works_out_and_fetches_it(world: World, desk: Client) -> None:
    open_case(world)
    near = worker(world, "near", at=NEAR)
    worker(world, "far", at=FAR)
    address = f"/dispatch/what-if/?unit={world.id('W')}&without={near.id}&more=0"
    pressed = {"HX-Request": "true", "HX-Target": "difference"}
    first = desk.get(address, headers=pressed)
    assert "Two proposals are being worked out (people: 2, cases: 1)." in text(first)
    assert "As it is" not in text(first)
    fetched = unescape(re.search(r'hx-get="([^"]*)"', first.content.decode())[1])  # type: ignore[index]
    assert fetched == address
    then = desk.get(fetched, headers={"HX-Request": "true", "HX-Target": "working"})
    assert re.search(r"near\s+far", text(then))
    assert 'hx-swap-oob="innerHTML:#said">1 case would go to somebody else' in then.content.decode()
    assert 'id="working"' not in then.content.decode()
    # Back to it by the browser: the whole page, which fetches.
    back = desk.get(address, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).content.decode()
    assert "<main" in back
    assert 'id="working"' in back
    # Without script, and opened by its address: the whole page with what was found.
    plain = desk.get(address)
    assert re.search(r"near\s+far", text(plain))
    assert 'id="working"' not in plain.content.decode()


def test_a_what_if_that_cannot_be_worked_out_says_what_to_do(world: World, desk: Client) -> None:
    address, pressed = f"/dispatch/what-if/?unit={world.id('W')}", {"HX-Request": "true", "HX-Target": "difference"}
    one = worker(world, "one", at=NEAR)
    assert "nothing can be compared" in text(desk.get(f"{address}&without={one.id}&more=0", headers=pressed))
    open_case(world)
    asked_nothing = desk.get(f"{address}&more=0", headers=pressed)
    assert "Tick who is not there" in text(asked_nothing)
    assert 'id="working"' not in asked_nothing.content.decode()
    assert "Tick who is not there" not in text(desk.get(address))
    signed_out = Client().get(f"{address}&more=1", headers=pressed)
    assert (signed_out.status_code, signed_out.headers["HX-Retarget"]) == (401, "#messages")


def test_empty_pages_teach(world: World, desk: Client) -> None:
    assert "Everything has somebody" in text(desk.get("/dispatch/"))
    open_case(world)
    worker(world, "off", on_duty=False)
    page = text(desk.get("/dispatch/"))
    assert "Nobody is on duty now" in page
    assert "Enter who works today" in page
    assert "Nobody has a shift on this day" in text(desk.get("/dispatch/people/"))


def test_whoever_has_no_position_and_what_nobody_can_do_stand_there_with_what_to_do(world: World, desk: Client) -> None:
    """Nobody has tapped “Arrived”, and the unit of their shift was never drawn; another case needs what nobody can do."""
    with acting_as(SYSTEM):
        skill("lift", "0102")
        Unit.objects.filter(pk=world.bodies["street"].unit_id).update(lon=None, lat=None)
    territory.forget()
    worker(world, "placeless")
    open_case(world)
    open_case(world, class_code="0102")
    propose(world, desk)
    page = text(desk.get(control(world)))
    assert "placeless nobody knows where they are: let them tap “Arrived” once with their position" in page
    assert "Nobody can be sent 2" in page
    assert "placeless does not have the skill Lift" in page
    # With one more person, who has a place, the rest still works.
    worker(world, "near", at=NEAR)
    assert len(propose(world, desk).lines) == 1


def test_control_says_what_the_ways_were_measured_by(
    world: World, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_case(world, at=NEAR)
    worker(world, "walker", at=HERE)
    monkeypatch.setattr(network, "_loaded", lambda: streets.joined([streets.Way([HERE, NEAR])]))
    propose(world, desk)
    assert "Ways are measured along the streets" in text(desk.get(control(world)))
    # More than the limit: as large proposals are.
    monkeypatch.setattr(streets, "MOST_STEPS", 1)
    propose(world, desk)
    page = text(desk.get(control(world)))
    assert "Ways are measured through the air: for so many places at once" in page
    assert "measured along the streets" not in page


HOSTILE = (
    "",
    "x",
    "../../etc",
    "0" * 5000,
    "\u202e",
    "1e9",
    "-1",
    "01890999-7800-795f-82cc-07d10b1e4bf3",
    "'; DROP TABLE x; --",
)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_addresses_and_forms_are_answered(world: World, desk: Client, value: str) -> None:
    case = again(open_case(world))
    proposal = propose(world, desk)
    asked = {"unit": value, "day": value, "without": value, "more": value, "case": value, "count": value, "code": value}
    for path in ("", "people/", "what-if/", "skills/", "find/", f"gather/{case.reference}/"):
        assert desk.get(f"/dispatch/{path}", asked).status_code < 500, path
    sent = {
        "unit": value,
        "cases": value,
        "person": value,
        "people": value,
        "why": value,
        "sure": value,
        "count": value,
    }
    for path in (f"proposals/{proposal.id}/send/", f"proposals/{proposal.id}/take-back/", "people/", "skills/"):
        assert desk.post(f"/dispatch/{path}", sent).status_code < 500, path
    assert desk.post(f"/dispatch/gather/{case.reference}/", sent).status_code < 500
    assert desk.post(f"/dispatch/shifts/{uuid4()}/end/", sent).status_code < 500
    assert again(case.id).handler_id is None


def test_strangers_see_no_page_and_send_nobody(world: World, desk: Client, enter: Callable[[Actor], Client]) -> None:
    case = again(open_case(world))
    chosen = worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    elsewhere = enter(_post(world, "elsewhere", Role.DISPATCHER, "E"))
    assert "chosen" not in text(elsewhere.get(control(world)))
    for stranger in (elsewhere, enter(world.resident()), enter(worker(world, "stranger", "east")), Client()):
        for path in (f"proposals/{proposal.id}/{case.id}/", f"people/{chosen.id}/", f"gather/{case.reference}/"):
            assert stranger.get(f"/dispatch/{path}?unit={world.id('W')}").status_code in {302, 401, 403, 404}, path
        sent = {"cases": str(case.id), "sure": "1", "once": str(uuid4())}
        assert stranger.post(f"/dispatch/proposals/{proposal.id}/send/", sent).status_code in {302, 401, 403, 404}
    assert again(case.id).handler_id is None
    leader = enter(_post(world, "leader", Role.LEADER, "W"))
    page = leader.get(control(world))
    assert page.status_code == 200
    assert "See what follows, then send" not in text(page)
    assert leader.post("/dispatch/propose/", {"unit": str(world.id("W"))}).status_code == 403


def test_markup_in_names_and_reasons_stays_text(world: World, desk: Client) -> None:
    case = open_case(world)
    worker(world, "near", at=NEAR)
    other = worker(world, "other", at=FAR)
    with acting_as(SYSTEM):
        Person.objects.filter(pk=other.id).update(name="<script>alert(1)</script>")
    proposal = propose(world, desk)
    asked = {
        "cases": str(case),
        "person": str(other.id),
        "why": "<img src=x> \u202e",
        "sure": "1",
        "once": str(uuid4()),
    }
    desk.post(f"/dispatch/proposals/{proposal.id}/send/", asked)
    page = desk.get(control(world)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page


def test_the_places_of_those_who_went_home_are_forgotten(world: World) -> None:
    one = worker(world, "one", at=NEAR)
    with acting_as(SYSTEM):
        assert actions.forget_places() == 0
        Shift.objects.filter(person=one.id).update(ends_at=clock.now() - HOUR / 2)
        assert actions.forget_places() == 1
        Shift.objects.update(starts_at=clock.now() - 400 * 24 * HOUR, ends_at=clock.now() - 399 * 24 * HOUR)
        assert actions.forget_past() == 1


def test_a_page_holds_the_most_urgent_and_the_totals_all(world: World, desk: Client) -> None:
    """Nobody reads a hundred lines at once, and a city has thousands: the others stand on the pages after it."""
    for _number in range(rules.PAGE + 2):
        open_case(world)
    for number in range(5):
        worker(world, f"near {number}", at=NEAR)
    propose(world, desk)
    page = text(desk.get(control(world)))
    assert f"Waiting for somebody {rules.PAGE + 2}" in page
    assert page.count("Somebody else") == rules.PAGE
    assert "Next page" in page
    second = text(desk.get(f"{control(world)}&page=2"))
    assert (second.count("Somebody else"), "Next page" in second) == (2, False)
    assert desk.get(f"{control(world)}&page=99").status_code == 200
    assert text(desk.get(f"{control(world)}&page=x")).count("Somebody else") == rules.PAGE


def test_a_page_of_many_cases_asks_no_more_than_one_of_two(world: World, desk: Client) -> None:
    worker(world, "near", at=NEAR)
    counts = []
    for cases in (2, rules.PAGE):
        for _number in range(cases):
            open_case(world)
        propose(world, desk)
        with CaptureQueriesContext(connection) as asked:
            desk.get(control(world))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_of_a_crowd_that_cannot_do_it_the_nearest_are_kept_and_the_others_counted(world: World, desk: Client) -> None:
    with acting_as(SYSTEM):
        skill("lift", "0101")
    open_case(world)
    for number in range(rules.MOST_REASONS + 3):
        worker(world, f"unable {number}", at=(HERE[0] + 0.001 * number, HERE[1]))
    (undone,) = propose(world, desk).undone
    assert (len(undone["why"]), undone["more"]) == (rules.MOST_REASONS, 3)
    assert "3 others are farther away or not on duty" in text(desk.get(control(world)))


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

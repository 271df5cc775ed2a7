"""Propose, look ahead, send, choose somebody else, take back, ask what if."""

import re
from html import unescape
from uuid import uuid4

import pytest
from dispatch.pages.control import FAR, NEAR, again, control, propose, text
from django.db import connection
from django.test import Client
from factories.duty import open_case, skill, worker
from factories.world import HERE, World

from linli.dispatch import network, streets
from linli.dispatch.models import Decision, Proposal
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.tasks import waiting
from linli.territory import queries as territory
from linli.territory.models import Unit

pytestmark = pytest.mark.django_db


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

"""What the field app's other forms send: a notice told at doors, a follow-up, a call. Without a network they wait, and arrive once."""

import shutil
from uuid import uuid4

import pytest
from campaigns.conftest import Area, told
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.campaigns import actions
from linli.campaigns.actions import telling
from linli.campaigns.models import Campaign, FollowUp, FollowUpKind, TellingMark, TellingPlace
from linli.cases.models import Case
from linli.config import env
from linli.dispatch.models import Call
from linli.foundation import clock, keys
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.ids import uuid7
from linli.people.models import Person as Account
from linli.territory.queries import doors_in
from stories.browser import Person
from stories.doors.phone import honest
from stories.stage import Site
from stories.test_field import all_sent, beside, dispatched, on_the_phone, picture, ready_for_no_network, until

pytestmark = pytest.mark.browser


@pytest.fixture
def place(site: Site) -> TellingPlace:
    return beside(lambda: _to_tell(site))


def _to_tell(site: Site) -> TellingPlace:
    world = site.world
    area, leader = Area(world), world.actor("mayor", Role.LEADER, "51")
    area.building("3栋", 2, 3, 2)
    with acting_as(leader):
        declared = actions.declare(told=told(world), by=leader)
        row = telling.tell_declaration(declaration=declared.pk, text="请配合入户排查，备好身份证件。", by=leader)
    # The server's keys lie in a folder of its own.
    kept = keys.key_file().parent / "declarations"
    shutil.copytree(kept, site.folder / kept.relative_to(env.data_dir()), dirs_exist_ok=True)
    telling.fill(telling=row.pk)
    return TellingPlace.objects.get(telling=row)


def _to_bring(site: Site) -> FollowUp:
    world = site.world
    campaign = Campaign.objects.create(
        declaration_id=TellingPlace.objects.get().telling.declaration_id, unit_id=world.id("51"), name="逐户排查",
        due_at=clock.now(), door_time=40,
    )  # fmt: skip
    building = TellingPlace.objects.get().building_id
    return FollowUp.objects.create(
        campaign=campaign, submission=uuid7(), door=uuid4(), building_id=building, community_id=world.id("W1"),
        rule="food", kind=FollowUpKind.DELIVERY, every_hours=72, next_at=clock.now(),
    )  # fmt: skip


def _told_by_a_colleague(site: Site, place: TellingPlace) -> None:
    colleague = site.world.actor("colleague", Role.GRID_WORKER, "W1")
    last = doors_in(place.building_id)[-1]
    telling.mark(place=place.pk, doors=[last.id], how="told", by=colleague)


def waiting(page: Page, count: int) -> None:
    expect(page.locator(".letter.waiting")).to_have_count(count)


def test_doors_told_without_network_arrive_once(site: Site, place: TellingPlace, browser: Browser) -> None:
    worker = Person(browser, site, phone=True).sign_in("grid")
    page = worker.page
    ready_for_no_network(page)
    page.locator(".task-card a", has_text="3栋").click()
    # Without a network nothing is sent but by the page's scripts, which have to be there.
    page.wait_for_load_state()
    expect(page.locator(".tell-doors li")).to_have_count(12)
    picture(page, "tell")
    worker.context.set_offline(True)
    form = page.locator(".tell-form").first
    form.get_by_role("button", name="已告知").click()
    expect(form.locator(".needs-door")).to_be_visible()
    for number in range(2):
        form.locator("[name=door]").nth(number).check()
    form.get_by_role("button", name="已告知").click()
    waiting(page, 1)
    expect(form.locator("li.sending")).to_have_count(2)
    form.locator("[name=door]").nth(2).check()
    form.get_by_role("button", name="无人在家").click()
    waiting(page, 2)
    picture(page, "tell-waiting")
    assert not beside(TellingMark.objects.exists)
    worker.context.set_offline(False)
    until(page, lambda: beside(TellingMark.objects.count) == 3)
    all_sent(page)
    expect(page.locator("#doors")).to_contain_text("还剩 10 户")
    # A colleague tells another door meanwhile: what is ticked here stays.
    page.locator(".tell-form").last.locator("[name=door]").first.check()
    beside(lambda: _told_by_a_colleague(site, place))
    page.evaluate("dispatchEvent(new Event('stale'))")
    page.wait_for_timeout(1_500)
    expect(page.locator("[name=door]:checked")).to_have_count(1)
    page.reload()
    expect(page.locator("#doors")).to_contain_text("还剩 9 户")
    after = beside(lambda: TellingPlace.objects.get(pk=place.pk))
    assert (after.told, after.nobody, after.left) == (3, 1, 9)
    assert honest(worker) == []


def test_what_was_refused_of_some_doors_stays_when_others_are_sent(
    site: Site, place: TellingPlace, browser: Browser
) -> None:
    worker = Person(browser, site, phone=True).sign_in("grid")
    page = worker.page
    page.goto(f"/field/follow/tell/{place.pk}/")
    form = page.locator(".tell-form").first
    for number in range(2):
        door = form.locator("[name=door]").nth(number)
        # Doors that are on no list any more.
        door.evaluate("(box, gone) => (box.value = gone)", str(uuid4()))
        door.check()
        form.get_by_role("button", name="已告知").click()
        expect(page.locator(".letter.refused")).to_have_count(number + 1)


def test_a_follow_up_done_without_network_arrives_once_and_leaves_nothing(
    site: Site, place: TellingPlace, browser: Browser
) -> None:
    brought = beside(lambda: _to_bring(site))
    worker = Person(browser, site, phone=True).sign_in("grid")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/follow/{brought.pk}/")
    worker.context.set_offline(True)
    page.locator("#note").fill("放在门口")
    page.locator("button[value=done]").click()
    waiting(page, 1)
    # On another page it waits on.
    page.goto("/field/")
    waiting(page, 1)
    assert beside(lambda: FollowUp.objects.get(pk=brought.pk).times) == 0
    worker.context.set_offline(False)
    until(page, lambda: beside(lambda: FollowUp.objects.get(pk=brought.pk).times) == 1)
    all_sent(page)
    page.reload()
    assert beside(lambda: FollowUp.objects.get(pk=brought.pk).times) == 1
    assert not on_the_phone(page, f"/field/follow/{brought.pk}/")
    # Begun and not sent, it is kept nowhere.
    page.goto(f"/field/follow/{brought.pk}/")
    page.locator("#note").fill("家里有病人")
    page.wait_for_timeout(1_500)
    kept = page.evaluate(
        "new Promise((done) => { const asked = indexedDB.open('linli-outbox'); asked.onsuccess = () => {"
        "const all = asked.result.transaction('letters').objectStore('letters').getAll();"
        "all.onsuccess = () => done(JSON.stringify(all.result)) } })"
    )
    assert "家里有病人" not in kept


def test_a_call_is_answered_without_network(site: Site, browser: Browser) -> None:
    case = dispatched()
    call = beside(lambda: _called(site, case))
    worker = Person(browser, site, phone=True).sign_in("grid")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/call/{call.pk}/")
    worker.context.set_offline(True)
    page.locator("button[value=coming]").click()
    waiting(page, 1)
    worker.context.set_offline(False)
    until(page, lambda: beside(lambda: Call.objects.get(pk=call.pk).answer) == "coming")
    all_sent(page)
    expect(page.locator("#call button[value=coming]")).to_have_count(0)


def _called(site: Site, case: Case) -> Call:
    with acting_as(SYSTEM):
        person = Account.objects.get(username="grid")
        return Call.objects.create(
            case=case, person=person, what="内涝", place="水碾河北街", why="离得最近", lon=HERE[0], lat=HERE[1], by_label="指挥中心",
            units=[site.world.id("W1")], at=clock.now(),
        )  # fmt: skip

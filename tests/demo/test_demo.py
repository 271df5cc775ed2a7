"""The demo: its day is counted as the city counts, lived by the actions, and leaves work for every role."""

import html
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test import Client, override_settings
from factories import databases

from linli.cameras import queries as cameras
from linli.cameras.rules import Act
from linli.campaigns.queries import telling as at_doors
from linli.cases import ledger, queries
from linli.cases.models import OPEN_STATES, Case, State
from linli.demo import load, people, pictures, plan, stories
from linli.demo.control import TOLD_BUILDINGS
from linli.demo.logins import LOGINS, PASSWORD, RESIDENT_PHONE, STAFF, SUBDISTRICT
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.models import Entry, OutboxEvent
from linli.foundation.progress import Progress
from linli.insight import decisions
from linli.people import actions as people_actions
from linli.people import queries as people_queries
from linli.people.errors import WrongPassword
from linli.people.models import Person
from linli.people.rules import phone_hash
from linli.territory import queries as territory
from linli.web.surfaces import header_of

HOME = stories.Home("锦绣花园", "锦绣花园3栋", UUID(int=1), 104.1, 30.65)


def test_a_day_brings_what_the_city_counts() -> None:
    many = plan.counts(140_000)
    assert (many.contacts, many.work_orders, many.found) == (85, 35, 12)
    requests = plan.day(140_000, load.midnight(), [HOME], HOME.community, random.Random(1))
    orders = [request for request in requests if request.story and request.duplicate_of is None]
    assert (len(requests), len(orders)) == (85 + 12, 35 + 12)
    natures = Counter(request.nature for request in requests)
    assert natures["question"] == round(85 * 0.38)
    assert natures["complaint"] / len(requests) > 0.5
    satisfied = sum(request.satisfied and "reopened" not in request.twists for request in orders) / len(orders)
    assert 0.80 < satisfied < 0.95


def test_every_story_can_be_told() -> None:
    rng = random.Random(1)
    for story in stories.stories():
        for text in (*story.zh, *story.en):
            told = stories.told(text, HOME, rng)
            assert "{" not in told
            assert any(sign.isalnum() for sign in told)
        assert story.done
    assert all("{" not in stories.told(answer.text, HOME, rng) for answer in stories.answers())


def test_photos_show_the_same_place_before_and_after() -> None:
    scenes = {story.scene for story in stories.stories() if story.scene}
    for scene in scenes:
        before, after = (pictures.photo(scene, 1, done=done).read() for done in (False, True))
        assert before.startswith(b"\xff\xd8\xff")
        assert before != after
        assert before == pictures.photo(scene, 1, done=False).read()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def template_database(template_database: str, folder: Path, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """The demo loaded with a day of a small town, once: each test has a copy."""
    shared, loaded = connection.settings_dict["NAME"], f"demo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    databases.copy(template_database, loaded)
    databases.use(loaded)
    with django_db_blocker.unblock(), override_settings(**settings_of(folder)), pytest.MonkeyPatch.context() as patch:  # type: ignore[attr-defined]
        patch.setattr(load, "PEOPLE", 12_000)
        patch.setattr(load, "WEEKS", 2)
        assert load.load(Progress(quiet=True))
        connections.close_all()
        databases.use(shared)
        yield loaded


def settings_of(folder: Path) -> dict[str, object]:
    # The real hasher is meant to be slow; `tests/people` has it.
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return {"LINLI_DEMO": True, "LINLI_FILES": folder, "PASSWORD_HASHERS": hashers}


@pytest.fixture
def demo(fresh_database: str) -> None:
    """The demo as it was loaded."""


def test_the_day_is_lived_to_its_end_and_the_present_is_left_open(demo: None, as_system: None) -> None:
    now = clock.now()
    ended = Case.objects.filter(reported_at__range=(load.midnight(), load.midnight() + timedelta(days=1)))
    many = plan.counts(12_000)
    assert ended.count() == many.contacts + many.found
    assert {case.state for case in ended} <= {State.EVALUATED, State.DECLINED, State.MERGED}
    assert all(case.handled_at <= case.due_at for case in ended if case.handled_at and case.due_at)
    assert {case.state for case in Case.objects.filter(closed_at=None)} == set(OPEN_STATES)
    # Nothing lies in the future, and each chain fits its row.
    assert not Entry.objects.filter(at__gt=now).exists()
    for case in Case.objects.all():
        assert audit.digest(ledger.states_of([case.id])[case.id]) == bytes(audit.timeline(case.id)[-1].state)


def test_the_weeks_before_are_written_and_told_to_nobody(demo: None, as_system: None) -> None:
    before = Case.objects.filter(reported_at__range=(load.first_day(), load.midnight()))
    many = plan.counts(12_000)
    a_day = before.count() / (7 * load.WEEKS - load.DAYS_BACK)
    assert 0.6 < a_day / (many.contacts + many.found) < 1.2
    assert {case.state for case in before} == {State.EVALUATED, State.DECLINED}
    assert before.filter(responded=True).count() > before.filter(responded=False).count()
    events = OutboxEvent.objects.filter(payload__case__in=[str(case.id) for case in before])
    assert events.exists()
    assert not events.filter(handled_at=None).exists()


def test_each_role_finds_work(demo: None) -> None:
    with acting_as(SYSTEM):
        cast = people.cast(clock.now())
        resident = people_queries.actor_of_person(
            Person.objects.get(phone_hash=phone_hash(RESIDENT_PHONE), username=None)
        )
    for role, state in ((Role.DESK, State.COLLECTED), (Role.DISPATCHER, State.FILED), (Role.VERIFIER, State.HANDLED)):
        actor = cast.by_role[role]
        with acting_as(actor):
            found = queries.desk_page(actor, queries.Filters(states=(state,)))
        assert found.cases, role
    street = cast.by_role[Role.HANDLER]
    with acting_as(street):
        assert {case.state for case in queries.inbox(street)} >= {State.DISPATCHED, State.ACCEPTED}
    with acting_as(resident):
        assert State.CLOSED in {case.state for case in queries.own(resident).cases}


def test_the_grid_worker_has_a_notice_to_tell_at_the_doors(demo: None) -> None:
    with acting_as(SYSTEM):
        worker = people.cast(clock.now()).by_role[Role.GRID_WORKER]
    with acting_as(worker):
        places = at_doors.tasks_of(worker)
    assert len(places) > TOLD_BUILDINGS, "buildings in which nobody was yet, too"
    assert any(place.told and place.leaflet and place.left for place in places), "and some that are begun"


def test_the_desk_has_cameras_to_look_through(demo: None) -> None:
    with acting_as(SYSTEM):
        desk = people.cast(clock.now()).by_role[Role.DESK]
    with acting_as(desk):
        found = cameras.cameras(desk)
        assert len(found) == 3
        assert all(cameras.may(desk, Act.LOOK, camera.unit_id) for camera in found)


def test_an_hour_of_staff_brings_something_about(demo: None) -> None:
    with acting_as(SYSTEM):
        leader = people.cast(clock.now()).by_role[Role.LEADER]
        subdistrict = territory.find_by_code(SUBDISTRICT)
    assert subdistrict is not None
    with acting_as(leader):
        found = decisions.next_hour(leader, subdistrict.id)
    assert all(work.staff_hours > 0 for _unit, work, _priority in found.lines)
    _unit, work, most = found.lines[0]
    assert work.overdue > 0
    assert most.gain > 0


def test_a_second_start_keeps_the_data(demo: None, as_system: None) -> None:
    before = (Case.objects.count(), Person.objects.count(), Entry.objects.count())
    assert load.load(Progress(quiet=True)) is False
    assert (Case.objects.count(), Person.objects.count(), Entry.objects.count()) == before


def test_demo_passwords_open_nothing_outside_a_demo(demo: None, settings: pytest.FixtureRequest) -> None:
    call = {"username": "desk", "password": PASSWORD, "ip": "192.0.2.1", "by": SYSTEM}
    assert people_actions.check_password(**call).username == "desk"  # type: ignore[arg-type]
    settings.LINLI_DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(WrongPassword):
        people_actions.check_password(**call)  # type: ignore[arg-type]


def test_every_role_has_a_login() -> None:
    assert {login.role for login in STAFF} == set(Role)
    assert {login["role"] for login in LOGINS} == {"resident", *(role.value for role in Role)}
    assert all(login["surface"] and login["note_zh"] and login["note_en"] for login in LOGINS)


LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)"')
# More links of one kind than these (cases of a list, units of the territory) are taken as seen.
MOST_OF_A_KIND = 2


def test_every_person_of_the_demo_comes_in_and_every_link_of_theirs_opens(demo: None) -> None:
    for login in LOGINS:
        client = Client(headers={"accept-language": "en"})
        entered = client.post("/demo/sign-in/", {"username": login["username"]})
        assert (entered.status_code, entered.headers.get("Location")) == (302, login["surface"]), login["username"]
        actor = client.get(login["surface"]).wsgi_request.actor  # type: ignore[attr-defined]
        pages = [client.get(surface.path) for surface in header_of(actor)]
        assert {page.status_code for page in pages} == {200}, login["username"]
        for path in links("".join(page.content.decode() for page in pages)):
            answer = client.get(path)
            assert answer.status_code < 400, (login["username"], path, answer.status_code)


def links(page: str) -> list[str]:
    """The pages that a page leads to, a few of each kind; neither static files nor photos."""
    kinds: Counter[str] = Counter()
    found = []
    for path in dict.fromkeys(html.unescape(path) for path in LINK.findall(page)):
        kind = re.sub(r"[0-9][0-9a-f-]+", "…", path.partition("?")[0])
        kinds[kind] += 1
        if not path.startswith("/static/") and "/files/" not in path and kinds[kind] <= MOST_OF_A_KIND:
            found.append(path)
    return found

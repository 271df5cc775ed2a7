"""A report that was made anonymously: nobody who works on it can find out whose it is."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from factories.world import HERE, World

from linli.cases import actions, queries
from linli.cases.models import Case
from linli.cases.queries import Filters
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.models import Entry, OutboxEvent
from linli.people.models import Person

pytestmark = pytest.mark.django_db


def _all_that_staff_read(client: Client, case: Case) -> str:
    paths = [
        f"/api/v1/cases/{case.id}",
        f"/api/v1/cases/{case.id}/timeline",
        f"/api/v1/cases/{case.id}/changes",
        "/api/v1/cases",
        f"/case/{case.reference}/",
        "/desk/",
        f"/audit/?number={case.reference}",
    ]
    return "\n".join(client.get(path).content.decode() for path in paths)


@pytest.mark.parametrize("role", [Role.DESK, Role.LEADER, Role.AUDITOR, Role.ADMIN, Role.HOTLINE_CLERK])
def test_anonymous_report_of_a_grid_worker_does_not_name_their_post(
    role: Role, world: World, post: Callable[..., Actor], enter: Callable[..., Client], tell: Callable[..., Case]
) -> None:
    """A community may have one grid worker: the post's name would be the person's."""
    worker = post(Role.GRID_WORKER, "W1")
    with acting_as(SYSTEM):
        Person.objects.filter(pk=worker.id).update(name="何建国")
    case = tell(worker, anonymous=True)
    with acting_as(worker):
        actions.comment(cases=[case.id], by=worker, note="more of it")
    seen = _all_that_staff_read(enter(post(role, "51")), case)
    assert case.reference in seen
    for trace in (str(worker.id), worker.label, "何建国"):
        assert trace not in seen
    with acting_as(SYSTEM):
        assert {entry.actor_id for entry in Entry.objects.filter(subject_id=case.id)} == {None}
        topics = {topic for event in OutboxEvent.objects.all() for topic in event.topics}
    assert f"person:{worker.id}" not in topics


def test_what_a_post_does_to_its_holders_own_anonymous_case_is_still_signed(
    world: World, post: Callable[..., Actor], tell: Callable[..., Case]
) -> None:
    desk = post(Role.DESK, "W")
    case = tell(desk, anonymous=True)
    with acting_as(desk):
        actions.file(cases=[case.id], by=desk)
    with acting_as(SYSTEM):
        signed = {entry.action: entry.actor_id for entry in Entry.objects.filter(subject_id=case.id)}
    assert signed == {"collect": None, "file": desk.id}


def test_contact_and_phone_of_an_anonymous_report_stay_closed(
    world: World, post: Callable[..., Actor], enter: Callable[..., Client], tell: Callable[..., Case]
) -> None:
    resident = world.resident("13912345678")
    case = tell(resident, anonymous=True, contact_phone="13912345678", contact_name="王五")
    for role in (Role.HOTLINE_CLERK, Role.DESK, Role.LEADER):
        actor = post(role, "51")
        seen = _all_that_staff_read(enter(actor), case)
        assert "13912345678" not in seen
        assert "王五" not in seen
        with acting_as(actor):
            assert not queries.desk_page(actor, Filters(reporter_phone="13912345678")).cases


def test_reporter_still_sees_and_rates_it(world: World, tell: Callable[..., Case]) -> None:
    """Staying unknown costs nothing: they are told, and may object."""
    resident = world.resident()
    case = tell(resident, anonymous=True)
    with acting_as(resident):
        assert [one.id for one in queries.own(resident).cases] == [case.id]
        assert "comment" in {change.name for change in queries.allowed_changes(resident, case)}
        assert isinstance(case.reporter_id, UUID)


def test_once_only_key_leads_from_no_case_to_its_reporter(world: World, enter: Callable[..., Client]) -> None:
    """Its table is read in every scope: it names neither account nor address beside the case that was made."""
    resident = world.resident()
    report = {"description": "楼道堆物", "lon": HERE[0], "lat": HERE[1], "anonymous": True}
    made = []
    for client, key in ((enter(resident), "first"), (Client(REMOTE_ADDR="198.51.100.77"), "second")):
        told = client.post("/api/v1/cases", report, "application/json", headers={"Idempotency-Key": key})
        assert told.status_code == 201
        again = client.post("/api/v1/cases", report, "application/json", headers={"Idempotency-Key": key})
        assert again.json()["id"] == told.json()["id"]
        made.append(told.json()["id"])
    with acting_as(ANONYMOUS), connection.cursor() as cursor:
        cursor.execute("SELECT kept::text FROM foundation_idempotencykey kept")
        kept = "\n".join(row[0] for row in cursor.fetchall())
    assert all(case in kept for case in made)
    assert str(resident.id) not in kept
    assert "198.51.100.77" not in kept


@pytest.mark.parametrize(
    "phone", ["13800001234", "138 0000 1234", "138-0000-1234", "028 8765 4321", "１３８００００１２３４"]
)
def test_phone_in_a_title_is_not_published(
    phone: str, world: World, post: Callable[..., Actor], tell: Callable[..., Case]
) -> None:
    case = tell(title=f"垃圾请致电 {phone} 王五 3栋")
    desk = post(Role.DESK, "W")
    with acting_as(desk):
        actions.file(cases=[case.id], by=desk)
    title = queries.public_case(case.reference).title
    assert title.startswith("垃圾请致电 ***")
    assert title.endswith("王五 3栋")

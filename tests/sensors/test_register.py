"""The register by hand: whoever keeps it adds a device, changes it and takes it out, in their unit, each a step of its timeline."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from factories.devices import device, says
from factories.world import ELSEWHERE, HERE, START_AT, World

from linli.foundation import audit, seals
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, NotFound
from linli.people.models import Person, Post
from linli.sensors import actions, errors
from linli.sensors.actions import Told
from linli.sensors.models import Alert, Device

pytestmark = pytest.mark.django_db


def told(world: World, **other: Any) -> Told:
    usual: dict[str, Any] = {
        "code": "gas-7", "kind": "gas", "name": "地下室燃气", "lon": HERE[0], "lat": HERE[1], "unit_id": world.id("Q"),
        "owner_id": world.bodies["street"].id, "silent_minutes": 30, "high": 20.0,
    }  # fmt: skip
    return Told(**usual | other)


def browser_of(actor: Actor, *posts: tuple[World, Role, str]) -> Client:
    browser = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        for world, role, unit in posts:
            Post.objects.create(person_id=actor.id, role=role, unit=world.units[unit], valid_from=START_AT)
        browser.force_login(Person.objects.get(pk=actor.id))
    return browser


def is_as_recorded(device: Device) -> bool:
    """Whether the device stands in the register as its timeline says."""
    state = seals.subjects()[actions.REGISTER].states([device.pk])[device.pk]
    return audit.digest(state) == bytes(audit.timeline(device.pk)[-1].state)


def test_a_device_is_entered_changed_and_taken_out(world: World) -> None:
    keeper = world.actor("keeper", Role.ADMIN, "W")
    with acting_as(keeper):
        made = actions.enter(told=told(world), by=keeper)
        with pytest.raises(errors.CodeTaken):
            actions.enter(told=told(world), by=keeper)
        actions.change(device_id=made.pk, told=told(world, code="other", name="改名", high=25.0), by=keeper)
    says(world, 30, 30, code="gas-7")
    with acting_as(keeper):
        assert Device.objects.get().code == "gas-7", "its readings come by it"
        with pytest.raises(errors.RetireReasonNeeded):
            actions.retire(device_id=made.pk, reason=" ", by=keeper)
        actions.retire(device_id=made.pk, reason="已拆除", by=keeper)
        for late in (actions.retire, actions.change):
            more: dict[str, Any] = {"reason": "x"} if late is actions.retire else {"told": told(world)}
            with pytest.raises(errors.DeviceClosed), transaction.atomic():
                late(device_id=made.pk, by=keeper, **more)
    with acting_as(SYSTEM):
        (alert,) = Alert.objects.all()
        assert alert.closed_at is not None
        steps = [(entry.action, entry.note) for entry in audit.timeline(made.pk)]
        assert steps == [("register", ""), ("change", ""), ("close", "已拆除")]
        assert is_as_recorded(made)


def test_only_who_keeps_the_register_of_the_unit_writes_it_and_the_database_says_so_too(world: World) -> None:
    with acting_as(SYSTEM):
        row = device(world)
    for role, unit in ((Role.DESK, "W"), (Role.LEADER, "W"), (Role.ADMIN, "E")):
        other = world.actor(f"{role}-{unit}", role, unit)
        with acting_as(other):
            with pytest.raises(NotAllowed):
                actions.enter(told=told(world), by=other)
            with pytest.raises((NotAllowed, NotFound)), transaction.atomic():
                actions.change(device_id=row.pk, told=told(world), by=other)
            with pytest.raises((NotAllowed, NotFound)), transaction.atomic():
                actions.retire(device_id=row.pk, reason="x", by=other)
    east = world.actor("east", Role.ADMIN, "E")
    with acting_as(east):
        # Nor is a device taken over by saying that it stands here.
        with pytest.raises(NotFound), transaction.atomic():
            actions.change(device_id=row.pk, told=told(world, unit_id=world.id("E")), by=east)
        assert Device.objects.update(name="改") == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            Device.objects.create(
                code="x", kind="gas", name="x", unit_id=world.id("Q"), lon=0, lat=0, owner_id=row.owner_id,
                silent_minutes=1,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"code": "no code"}, InvalidInput), ({"code": "x" * 41}, InvalidInput), ({"kind": "wind"}, InvalidInput),
        ({"name": " "}, InvalidInput), ({"name": "x" * 121}, InvalidInput), ({"silent_minutes": 0}, InvalidInput),
        ({"low": 20.0}, errors.LimitsCrossed),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_is_refused(world: World, wrong: dict[str, Any], refusal: type[DomainError]) -> None:
    keeper = world.actor("keeper", Role.ADMIN, "W")
    with acting_as(keeper), pytest.raises(refusal):
        actions.enter(told=told(world, **wrong), by=keeper)


def test_the_table_and_the_command_leave_steps_as_well(world: World) -> None:
    with acting_as(SYSTEM):
        row = device(world)
        device(world, name="改名")
        says(world, 60, 60)
        actions.close(code=row.code, by=SYSTEM)
        assert [entry.action for entry in audit.timeline(row.pk)] == ["register", "change", "close"]
        assert is_as_recorded(row)
        states, (alert,) = seals.subjects()[actions.SUBJECT].states, Alert.objects.all()
        assert audit.digest(states([alert.pk])[alert.pk]) == bytes(audit.timeline(alert.pk)[-1].state)


def test_the_pages_register_change_and_take_out(world: World) -> None:
    keeper = world.actor("keeper", Role.ADMIN, "W")
    browser = browser_of(keeper, (world, Role.ADMIN, "W"))
    asked = {
        "code": "gas-7", "kind": "gas", "name": "Cellar gas", "lon": HERE[0], "lat": HERE[1], "high": 20, "silent_minutes": 30,
        "owner": str(world.bodies["street"].id), "once": "k",
    }  # fmt: skip
    assert 'href="/sensors/new/"' in browser.get("/sensors/").content.decode()
    for wrong in ({"lat": 91}, {"lat": "x"}, {"low": 30}, {"kind": "wind"}, {"code": ""}, {"silent_minutes": 0}):
        assert browser.post("/sensors/new/", asked | wrong | {"once": str(wrong)}).status_code == 422
    nowhere = browser.post("/sensors/new/", asked | {"lon": 0, "lat": 0, "once": "n"})
    assert nowhere.status_code == 422
    away = browser.post("/sensors/new/", asked | {"lon": ELSEWHERE[0], "lat": ELSEWHERE[1], "once": "e"})
    assert away.status_code == 422, "another unit's register"
    first = browser.post("/sensors/new/", asked)
    assert (first.status_code, first["Location"]) == (302, browser.post("/sensors/new/", asked)["Location"])
    with acting_as(SYSTEM):
        made = Device.objects.get()
    here = f"/sensors/{made.pk}/"
    assert 'href="change/"' in browser.get(here).content.decode()
    assert browser.post(f"{here}change/", asked | {"name": "Cellar, gas", "code": "x"}).status_code == 302
    page = browser.get(here).content.decode()
    assert "Cellar, gas" in page
    assert "gas-7" in page
    assert "Say why" in browser.post(f"{here}retire/", {"reason": ""}, follow=True).content.decode()
    gone = browser.post(f"{here}retire/", {"reason": "removed"}, follow=True).content.decode()
    assert "taken out of the register" in gone
    assert 'href="change/"' not in gone
    desk = browser_of(world.actor("desk", Role.DESK, "W"), (world, Role.DESK, "W"))
    assert 'href="/sensors/new/"' not in desk.get("/sensors/").content.decode()
    for address in ("/sensors/new/", f"{here}change/"):
        assert desk.get(address).status_code == 403
    assert desk.post(f"{here}retire/", {"reason": "x"}).status_code == 403

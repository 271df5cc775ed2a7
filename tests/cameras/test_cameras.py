"""The register and the looks: who may do what where, what a look needs, and that nothing of it goes away."""

from datetime import timedelta

import psycopg
import pytest
from cameras.conftest import told
from django.db import Error, connection, transaction
from factories.world import ELSEWHERE, HERE, World, forget_caches, make_world

from linli.cameras import actions, errors, own_data, queries, rules
from linli.cameras.models import Camera, Look
from linli.cases.cells import Window
from linli.foundation import audit, clock, seals
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.database import embedded
from linli.foundation.errors import DomainError, NotAllowed, NotFound
from linli.foundation.progress import Progress
from linli.foundation.verify import verify

EVERYWHERE = Window(103, 30, 105, 31)
WHY = "消防通道可能被堵"


def look(camera: Camera, by: Actor, reason: str = WHY) -> Look:
    with acting_as(by):
        return actions.look(camera_id=camera.pk, reason=reason, by=by)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_the_table_says(world: World, camera: Camera, role: Role) -> None:
    body = "street" if role is Role.HANDLER else None
    actor = world.actor("somebody", role, "W", body)
    sees, looks, manages = (role in rules.MAY[act] for act in (rules.Act.SEE, rules.Act.LOOK, rules.Act.MANAGE))
    with acting_as(actor):
        assert [one.pk for one in queries.cameras(actor)] == [camera.pk] * sees
    for allowed, act in (
        (looks, lambda: actions.look(camera_id=camera.pk, reason=WHY, by=actor)),
        (manages, lambda: actions.change(camera_id=camera.pk, told=told(world, name="西门"), by=actor)),
        (manages, lambda: actions.close(camera_id=camera.pk, reason="已经拆除", by=actor)),
    ):
        with acting_as(actor):
            if allowed:
                act()
            else:
                with pytest.raises((NotAllowed, NotFound)), transaction.atomic():
                    act()


def test_a_camera_of_another_unit_is_not_there(world: World, camera: Camera) -> None:
    east = world.actor("east", Role.LEADER, "E")
    with acting_as(east):
        assert queries.cameras(east) == []
        assert Camera.objects.count() == 0, "the database says so too"
        with pytest.raises(NotAllowed):
            queries.in_window(east, world.id("W"), EVERYWHERE)
    with pytest.raises(NotFound):
        look(camera, east)
    admin = world.actor("admin", Role.ADMIN, "E")
    with acting_as(admin), pytest.raises(NotAllowed):
        actions.register(told=told(world), by=admin)
    with acting_as(admin):
        moved = actions.register(told=told(world, lon=ELSEWHERE[0], lat=ELSEWHERE[1]), by=admin)
    with acting_as(admin), pytest.raises(NotAllowed):
        actions.change(camera_id=moved.pk, told=told(world), by=admin)


def test_a_window_holds_what_stands_in_it(world: World, camera: Camera) -> None:
    desk = world.actor("desk", Role.DESK, "51")
    with acting_as(desk):
        assert queries.in_window(desk, world.id("W1"), EVERYWHERE) == [camera]
        assert queries.in_window(desk, world.id("W2"), EVERYWHERE) == []
        assert queries.in_window(desk, world.id("51"), Window(HERE[0] + 0.001, 30, 105, 31)) == []


@pytest.mark.parametrize("reason", ["", "   ", "看看", "x" * 301, " a  b "])
def test_a_look_needs_a_reason(world: World, camera: Camera, reason: str) -> None:
    with pytest.raises(errors.ReasonNeeded):
        look(camera, world.actor("desk", Role.DESK, "W"), reason)
    with acting_as(SYSTEM):
        assert not Look.objects.exists()


def test_a_look_is_its_own_and_ends(world: World, camera: Camera) -> None:
    desk, leader = world.actor("desk", Role.DESK, "W"), world.actor("leader", Role.LEADER, "W")
    made = look(camera, desk)
    with acting_as(desk):
        assert queries.open_look(desk, made.pk).camera.address == told(world).address
    with acting_as(leader), pytest.raises(NotFound):
        queries.open_look(leader, made.pk)
    with acting_as(desk), clock.at(made.at + rules.LOOK_LASTS), pytest.raises(errors.LookOver):
        queries.open_look(desk, made.pk)
    with acting_as(SYSTEM):
        actions.close(camera_id=camera.pk, reason="已经拆除", by=SYSTEM)
    with acting_as(desk), pytest.raises(errors.CameraClosed):
        queries.open_look(desk, made.pk)
    with pytest.raises(errors.CameraClosed):
        look(camera, desk)


def test_who_answers_for_the_unit_sees_every_look(world: World, camera: Camera) -> None:
    desk, other = world.actor("desk", Role.DESK, "W"), world.actor("other", Role.DISPATCHER, "51")
    first = look(camera, desk)
    with clock.at(first.at + timedelta(seconds=1)):
        second = look(camera, other, "核实一起警情")
    for role in (Role.LEADER, Role.ADMIN, Role.AUDITOR):
        actor = world.actor(f"{role}", role, "W")
        with acting_as(actor):
            assert [one.pk for one in queries.looks(actor, camera)] == [second.pk, first.pk]
    with acting_as(desk):
        assert [one.pk for one in queries.looks(desk, camera)] == [first.pk]


def test_a_look_stays_as_it_was_noted(world: World, camera: Camera) -> None:
    desk = world.actor("desk", Role.DESK, "W")
    made = look(camera, desk)
    with acting_as(SYSTEM), pytest.raises(Error), transaction.atomic():
        Look.objects.filter(pk=made.pk).update(reason="别的")
    with acting_as(SYSTEM), pytest.raises(Error), transaction.atomic():
        made.delete()
    with acting_as(desk), pytest.raises(Error), transaction.atomic():
        Look.objects.create(camera=camera, by_id=world.staff("other").pk, by_label="别人", reason=WHY)
    with acting_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cameras_look WHERE reason = %s", [WHY])
        assert cursor.fetchone() == (1,)
    with acting_as(SYSTEM):
        assert own_data.export(made.by_id) == [{"camera": camera.name, "at": made.at.isoformat(), "reason": WHY}]
        assert own_data.erase(made.by_id, SYSTEM) == 0


def test_a_look_is_on_the_timeline_with_its_row_or_not_at_all(
    world: World, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = world.actor("desk", Role.DESK, "W")
    made = look(camera, desk)
    with acting_as(SYSTEM):
        (step,) = audit.timeline(made.pk)
    assert (step.subject_type, step.action, step.actor_id, step.note) == ("look", "begin", desk.id, "")
    assert step.data == {"camera": str(camera.pk), "reason": True}, "that there is a reason, and not which"

    def fails(**_step: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(actions.audit, "record", fails)
    with pytest.raises(RuntimeError):
        look(camera, desk)
    with acting_as(SYSTEM):
        assert Look.objects.get() == made


@pytest.mark.parametrize(
    ("behind", "kind"),
    [
        ("UPDATE cameras_look SET reason = '例行检查' WHERE id = %s", "changed behind"),
        ("UPDATE cameras_look SET at = at - interval '1 hour' WHERE id = %s", "changed behind"),
        ("DELETE FROM cameras_look WHERE id = %s", "gone"),
        ("UPDATE foundation_entry SET actor_id = NULL WHERE subject_id = %s", "changed"),
    ],
)
def test_verification_names_a_look_that_was_changed_behind_the_database(
    fresh_database: str, behind: str, kind: str
) -> None:
    with acting_as(SYSTEM):
        world = make_world()
        camera = actions.register(told=told(world), by=SYSTEM)
    made = look(camera, world.actor("desk", Role.DESK, "W"))
    assert _found() == []
    with psycopg.connect(
        host=str(embedded.cluster().socket_dir), user="postgres", dbname=fresh_database, autocommit=True
    ) as superuser:
        # Whoever owns the server: no trigger and no right holds him.
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(behind, [made.pk])
    assert _found() == [(f"look {made.pk}", kind)]
    forget_caches()


def _found() -> list[tuple[str, str]]:
    with acting_as(SYSTEM):
        return [(found.subject, found.kind) for found in verify(Progress(quiet=True), with_files=False)]


def test_the_register_has_a_timeline(world: World, camera: Camera) -> None:
    admin = world.actor("admin", Role.ADMIN, "W")
    with acting_as(admin):
        actions.change(camera_id=camera.pk, told=told(world, direction=None, sign=""), by=admin)
        actions.change(camera_id=camera.pk, told=told(world, direction=None, sign=""), by=admin)
        actions.close(camera_id=camera.pk, reason="已经拆除", by=admin)
    with acting_as(SYSTEM):
        steps = audit.timeline(camera.pk)
        assert [(step.action, step.data) for step in steps] == [
            ("register", {}), ("change", {"changed": ["direction", "sign"]}), ("close", {}),
        ]  # fmt: skip
        state = seals.subjects()["camera"].states([camera.pk])[camera.pk]
        assert audit.digest(state) == bytes(steps[-1].state), "the row is what its last step says"
        Camera.objects.filter(pk=camera.pk).update(purpose="别的")
        state = seals.subjects()["camera"].states([camera.pk])[camera.pk]
        assert audit.digest(state) != bytes(steps[-1].state)


def test_the_address_is_not_readable_in_the_database(camera: Camera) -> None:
    with acting_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT address FROM cameras_camera")
        assert b"s3cret" not in bytes(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://cam.example/live/1.m3u8", "https://cam.example"),
        ("http://10.0.0.8:8554/whep?x=;y", "http://10.0.0.8:8554"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443"),
    ],
)
def test_the_page_may_ask_the_host_of_an_address(address: str, origin: str) -> None:
    assert rules.source_of(address).origin == origin


@pytest.mark.parametrize(
    "address",
    [
        "", "cam.example/1", "ftp://cam.example/1", "rtsp://cam.example/1", "javascript:alert(1)", "https://", "https:///x",
        "https://user:word@cam.example/1", "https://cam.example;script-src *", "https://a b/1", "https://cam.example:99999/",
        "https://*/1", "https://*.example/1", "https://cam.example\\@evil/", "https://cam.example/\n", "https://摄像头.例子/1",
        "https://[::1/", "https://-a.example/", "https://'self'/", f"https://cam.example/{'x' * 500}",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_stream(world: World, address: str) -> None:
    with acting_as(SYSTEM), pytest.raises(errors.WrongAddress):
        actions.register(told=told(world, address=address), by=SYSTEM)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"name": "x" * 121}, {"purpose": ""}, {"kind": "rtsp"}, {"retention_days": 0}, {"retention_days": 10**6},
        {"direction": 360}, {"direction": -1}, {"sign": "x" * 201}, {"lat": 91}, {"lon": float("nan")}, {"lon": 0, "lat": 0},
    ],
)  # fmt: skip
def test_what_cannot_be_registered(world: World, wrong: dict[str, object]) -> None:
    with acting_as(SYSTEM), pytest.raises(DomainError):
        actions.register(told=told(world, **wrong), by=SYSTEM)

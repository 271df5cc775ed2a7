"""Readings, and what opens and closes by them: twice beyond a limit, silence, and what people answer."""

from datetime import timedelta

import pytest
from django.db import Error, transaction
from factories.devices import MINUTE, device, says
from factories.world import HERE, World
from hypothesis import given
from hypothesis import strategies as st

from linli.cases.cells import Window
from linli.cases.models import Case
from linli.foundation import audit, clock, seals
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.sensors import actions, errors, map_layer, queries, rules
from linli.sensors.models import Alert, Device, Reading, Verdict

EVERYWHERE = Window(103, 30, 105, 31)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_the_system(world: World) -> None:
    with acting_as(SYSTEM):
        device(world)


def standing() -> list[tuple[str, float | None]]:
    with acting_as(SYSTEM):
        return [(one.kind, one.value) for one in Alert.objects.filter(closed_at=None).order_by("kind")]


# --- readings --------------------------------------------------------------------------------------------------------


def test_one_reading_beyond_a_limit_may_be_a_slip(world: World) -> None:
    says(world, 40, 60, 45, 70)
    assert standing() == []
    says(world, 71, at=clock.now() + MINUTE)
    assert standing() == [("high", 71)]


def test_it_closes_by_itself_and_opens_anew(world: World) -> None:
    says(world, 60, 60, 60)
    assert standing() == [("high", 60)]
    says(world, 50, at=clock.now() + MINUTE)
    assert standing() == [], "the limit itself is within"
    says(world, 55, 56, at=clock.now() + 3 * MINUTE)
    assert standing() == [("high", 56)]
    with acting_as(SYSTEM):
        assert Alert.objects.count() == 2


def test_from_one_limit_to_the_other(world: World) -> None:
    with acting_as(SYSTEM):
        device(world, low=10.0)
    says(world, 60, 60, 5, 5)
    assert standing() == [("low", 5)]
    with acting_as(SYSTEM):
        assert Alert.objects.get(kind="high").closed_at is not None


def test_the_same_again_changes_nothing(world: World) -> None:
    now = clock.now()
    first = says(world, 60, 61, at=now)
    again = says(world, 60, 61, at=now)
    assert (first.kept, first.repeated, again.kept, again.repeated) == (2, 0, 0, 2)
    assert standing() == [("high", 61)]
    other = says(world, 62, at=now)
    assert [why.code for why in other.refused.values()] == ["another_value"]
    with acting_as(SYSTEM):
        assert sorted(Reading.objects.values_list("value", flat=True)) == [60, 61]


def test_what_comes_late_is_history_only(world: World) -> None:
    now = clock.now()
    says(world, 40, at=now)
    says(world, 60, 60, at=now - 10 * MINUTE)
    assert standing() == []
    with acting_as(SYSTEM):
        row = Device.objects.get()
        assert (row.last_value, row.last_at) == (40, now)
        assert Reading.objects.count() == 3


def test_bad_ones_are_answered_and_the_rest_is_kept(world: World) -> None:
    with acting_as(SYSTEM):
        device(world, "east-1", owner_id=world.bodies["east"].id)
        device(world, "gone-1")
        actions.close(code="gone-1", by=SYSTEM)
    assert says(world, 40).kept == 1
    for code in ("east-1", "gone-1", "nowhere"):
        refused = says(world, 40, code=code).refused
        assert [type(why) for why in refused.values()] == [errors.UnknownDevice], code
    for at in (clock.now() + rules.AHEAD + MINUTE, clock.now() - rules.OLDEST - MINUTE):
        assert [type(why) for why in says(world, 40, at=at).refused.values()] == [errors.WrongMoment]
    assert says(world, 40, code="east-1", owner="east").kept == 1


@given(values=st.lists(st.floats(-1e6, 1e6), max_size=40), low=st.floats(-100, 0), high=st.floats(1, 100))
def test_a_run_counts_what_stands_in_a_row(values: list[float], low: float, high: float) -> None:
    run = rules.Run()
    for value in values:
        run = run.then(rules.side_of(value, low, high))
    sides = [rules.side_of(value, low, high) for value in values]
    tail = 0
    for side in reversed(sides):
        if not side or side != sides[-1]:
            break
        tail += 1
    assert run.times == tail
    assert run.crossed == (tail >= rules.IN_A_ROW)


# --- silence ---------------------------------------------------------------------------------------------------------


def test_silence_since_the_last_word(world: World) -> None:
    says(world, 40)
    now = clock.now()
    with clock.at(now + 29 * MINUTE):
        assert actions.find_silent() == 0
    with clock.at(now + 31 * MINUTE):
        assert actions.find_silent() == 1
        assert actions.find_silent() == 0, "told once"
        assert standing() == [("silent", None)]
        says(world, 41)
        assert standing() == []


def test_silence_of_what_never_spoke(world: World) -> None:
    with clock.at(clock.now() + 31 * MINUTE):
        assert actions.find_silent() == 1


def test_old_readings_do_not_break_a_silence(world: World) -> None:
    later = clock.now() + timedelta(hours=3)
    with clock.at(later):
        actions.find_silent()
        says(world, 40, at=later - timedelta(hours=1))
        assert standing() == [("silent", None)]


def test_readings_go_after_their_time(world: World) -> None:
    says(world, 40, 41)
    with clock.at(clock.now() + rules.KEPT + MINUTE), acting_as(SYSTEM):
        assert actions.forget_readings() == 2


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def alert(world: World) -> Alert:
    says(world, 60, 61)
    with acting_as(SYSTEM):
        return Alert.objects.get()


def test_an_alert_becomes_a_case_at_its_place(world: World, alert: Alert) -> None:
    desk = world.actor("desk", Role.DESK, "W")
    with acting_as(desk):
        actions.answer(alert_id=alert.pk, verdict=Verdict.ACKNOWLEDGED, reason="", by=desk)
        made = actions.answer(alert_id=alert.pk, verdict=Verdict.CASE, reason="请尽快查看", by=desk)
        with pytest.raises(errors.Answered):
            actions.answer(alert_id=alert.pk, verdict=Verdict.DISMISSED, reason="误报", by=desk)
    with acting_as(SYSTEM):
        case = Case.objects.select_related("text").get(pk=made.made_case)
        assert (case.channel, case.lon, case.lat, case.private) == ("sensor", *HERE, True)
        assert "请尽快查看" in case.text.description
        assert [step.action for step in audit.timeline(alert.pk)] == ["opened", "acknowledged", "case"]
        state = seals.subjects()[actions.SUBJECT].states([alert.pk])[alert.pk]
        assert audit.digest(state) == bytes(audit.timeline(alert.pk)[-1].state)


def test_dismissing_needs_a_reason_and_is_seen(world: World, alert: Alert) -> None:
    leader = world.actor("leader", Role.LEADER, "W")
    with acting_as(leader):
        with pytest.raises(errors.ReasonNeeded):
            actions.answer(alert_id=alert.pk, verdict=Verdict.DISMISSED, reason="  ", by=leader)
        actions.answer(alert_id=alert.pk, verdict=Verdict.DISMISSED, reason="检修放水", by=leader)
        assert queries.alerting([alert.device_id]) == {}
    assert standing(), "until it is back it is not told anew"


@pytest.mark.parametrize("role", list(Role))
def test_who_answers(world: World, alert: Alert, role: Role) -> None:
    actor = world.actor("somebody", role, "W", "street" if role is Role.HANDLER else None)
    with acting_as(actor):
        if role in {Role.DESK, Role.DISPATCHER, Role.LEADER}:
            actions.answer(alert_id=alert.pk, verdict=Verdict.ACKNOWLEDGED, reason="", by=actor)
        else:
            with pytest.raises((NotAllowed, NotFound)):
                actions.answer(alert_id=alert.pk, verdict=Verdict.ACKNOWLEDGED, reason="", by=actor)


def test_nobody_of_another_unit_sees_any_of_it(world: World, alert: Alert) -> None:
    east, west = world.actor("east", Role.DESK, "E"), world.actor("west", Role.DESK, "W")
    with acting_as(east):
        assert queries.devices(east) == queries.standing_of(east, None) == []
        assert not Device.objects.exists(), "the database says so too"
        assert not Reading.objects.exists()
        assert not Alert.objects.exists()
        assert audit.timeline(alert.pk) == []
        for asked in (
            lambda: queries.device(east, alert.device_id),
            lambda: actions.answer(alert_id=alert.pk, verdict=Verdict.CASE, reason="", by=east),
            lambda: map_layer.in_window(east, world.id("W"), EVERYWHERE),
        ):
            with pytest.raises(NotFound):
                asked()
    with acting_as(west):
        [mark] = map_layer.in_window(west, world.id("W"), EVERYWHERE)
        assert (mark.tone, mark.href) == ("bad", f"/sensors/{alert.device_id}/")
        with pytest.raises(Error), transaction.atomic():
            Reading.objects.create(device_id=alert.device_id, at=clock.now(), value=1)
        assert Device.objects.update(name="x") == 0, "whoever answers alerts writes no register"


def test_the_register_is_loaded_by_the_system_alone(world: World) -> None:
    admin = world.actor("admin", Role.ADMIN, "51")
    for write in (
        lambda: actions.register(told=[], by=admin),
        lambda: actions.close(code="water-1", by=admin),
        lambda: actions.new_token(owner=world.bodies["street"].id, by=admin),
        lambda: actions.revoke(prefix="lls_", by=admin),
    ):
        with pytest.raises(NotAllowed):
            write()


def test_what_is_out_of_the_register_alerts_no_more(world: World, alert: Alert) -> None:
    actions.close(code="water-1", by=SYSTEM)
    assert standing() == []
    with clock.at(clock.now() + timedelta(days=2)):
        assert actions.find_silent() == 0
    with acting_as(SYSTEM):
        assert device(world).closed_at is None, "registered again, it is the same"
        assert Device.objects.get().pk == alert.device_id

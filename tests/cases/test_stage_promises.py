"""Until when, in the stages without a limit of the class: the desk reads, a verifier looks, the desk closes. In working time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import translation
from factories.world import HERE, World

from linli.cases import actions, limits
from linli.cases.models import Case, State
from linli.cases.pages import plain, words
from linli.cases.rules import Report
from linli.duties import queries as duties
from linli.duties.actions import packs, stages
from linli.duties.actions.stages import Promised
from linli.duties.packs import Part
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Person

# A Monday, 10:00 in Shanghai; working hours are 9–12 and 13–17.
MONDAY = datetime(2026, 3, 9, 2, tzinfo=UTC)


@pytest.fixture
def promised(world: World) -> World:
    with acting_as(SYSTEM):
        for stage, amount, kind in (
            ("read", 4, "working_hour"),
            ("check", 1, "working_day"),
            ("close", 2, "working_day"),
        ):
            stages.set_stage(
                stage=stage,
                promised=Promised(Decimal(amount), kind),
                by=SYSTEM,
                reason="承诺",
                since=MONDAY - timedelta(days=7),
            )
    return world


def collected(world: World, at: datetime) -> Case:
    resident = world.resident()
    with acting_as(resident), clock.at(at):
        report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102")
        return actions.collect(report=report, by=resident).case


def again(case: Case) -> Case:
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case.pk)


def test_a_report_is_read_within_working_time_and_the_reporter_is_told_until_when(promised: World) -> None:
    case = collected(promised, MONDAY)
    with clock.at(MONDAY + timedelta(hours=1)):
        told = plain.promise(case)
        assert told.until == datetime(2026, 3, 9, 7, tzinfo=UTC), "10 to 12, and 13 to 15"
        assert not told.late
        assert words.what_next(case).until == told.until
        with translation.override("en"):
            assert words.due_words(case, clock.now()) == ("4 h left", "")
    with clock.at(MONDAY + timedelta(hours=4)), translation.override("en"):
        assert words.due_words(case, clock.now()) == ("1 h left", "warn")
    with clock.at(MONDAY + timedelta(days=1)), translation.override("en"):
        assert plain.promise(case).late
        text, tone = words.due_words(case, clock.now())
        assert (text.endswith("late"), tone) == (True, "bad")


def test_check_and_closing_are_counted_from_the_report_back(promised: World) -> None:
    world, case = promised, collected(promised, MONDAY)
    handler, verifier = (
        world.actor("handler", Role.HANDLER, None, "street"),
        world.actor("verifier", Role.VERIFIER, "W"),
    )
    reported_back = MONDAY + timedelta(hours=6)
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM, at=MONDAY)
        actions.dispatch(cases=[case.id], by=SYSTEM, at=MONDAY)
    filed = again(case)
    assert limits.stage_due(filed) is None, "the limit of its class runs"
    assert plain.promise(filed).until == filed.response_due_at
    with acting_as(handler), clock.at(reported_back):
        actions.accept(cases=[case.id], by=handler)
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case.pk).update(state=State.HANDLED, handled_at=reported_back)
    handled = again(case)
    assert plain.promise(handled).until == datetime(2026, 3, 10, 8, tzinfo=UTC), "a working day after Monday 16:00"
    with translation.override("en"):
        assert words.due_words(handled, reported_back)[0].endswith("left")
    with acting_as(verifier):
        actions.verify(cases=[case.id], by=verifier)
    verified = again(case)
    assert plain.promise(verified).until == datetime(2026, 3, 11, 8, tzinfo=UTC), (
        "two working days after the report back"
    )
    with translation.override("en"):
        assert words.due_words(verified, reported_back)[0].endswith("left")


def test_without_a_promise_no_day_is_told(world: World) -> None:
    case = collected(world, MONDAY)
    assert limits.stage_due(case) is None
    assert plain.promise(case).until is None
    assert words.due_words(case, MONDAY) == ("", "")


def test_a_changed_promise_does_not_move_what_waits(promised: World) -> None:
    case = collected(promised, MONDAY)
    with acting_as(SYSTEM), clock.at(MONDAY + timedelta(hours=1)):
        stages.set_stage(stage="read", promised=None, by=SYSTEM, reason="停", expected=_now("read"))
    assert plain.promise(case).until == datetime(2026, 3, 9, 7, tzinfo=UTC)
    assert plain.promise(collected(promised, MONDAY + timedelta(hours=2))).until is None


def _now(stage: str) -> UUID | None:
    limit = duties.stage_limit(stage)
    return limit.id if limit else None


def test_pages_of_the_resident_and_of_the_desk_say_until_when(promised: World, client) -> None:
    case = collected(promised, clock.now())
    with acting_as(SYSTEM):
        resident = Person.objects.get(pk=case.reporter_id)
    client.force_login(resident)
    page = client.get(f"/case/{case.reference}/", headers={"accept-language": "en"}).content.decode()
    assert "at the latest" in page
    assert "at the latest" in client.get("/my/", headers={"accept-language": "en"}).content.decode()


def test_a_running_city_that_loads_the_pack_s_promises_has_promised_nothing_before(world: World, tmp_path) -> None:
    """A report that waits for weeks already is not late by a promise that nobody gave."""
    case = collected(world, MONDAY)
    table = tmp_path / "stages.csv"
    table.write_text("stage,limit,limit_kind\nread,4,working_hour\n")
    part = Part("stages", table, "", "", "", MONDAY.date() - timedelta(days=3000), "承诺")
    later = MONDAY + timedelta(days=30)
    with acting_as(SYSTEM), clock.at(later):
        assert packs._load_stages(part, SYSTEM) == 1
    duties.forget()
    with clock.at(later):
        assert plain.promise(again(case)).until is None
        assert duties.promised("read", later) is not None

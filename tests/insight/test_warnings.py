"""Warnings of a real district of rows: found, seen again, answered, turned into a case; nobody sees what is not theirs."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction
from factories.world import HERE, World

from linli.cases.actions import collect_many
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound, Stale
from linli.foundation.models import OutboxEvent
from linli.insight import actions, jobs, queries
from linli.insight.errors import Answered, ReasonNeeded
from linli.insight.models import Answer, Run, Warning, WarningState
from linli.territory import queries as territory

# Ten in the morning of a Thursday in the city.
NOW = datetime(2026, 5, 21, 2, tzinfo=UTC)
PAST = 70


def told(moments: list[datetime], positions: list[tuple[float, float]]) -> None:
    reports = [
        Report(description="路灯不亮", channel="app", lon=lon, lat=lat, class_code="0102", reported_at=at)
        for at, (lon, lat) in zip(moments, positions, strict=True)
    ]
    with clock.at(NOW):
        collect_many(reports=reports, by=SYSTEM)


def a_usual_past(a_day: int = 12) -> None:
    """Reports all over the city, by chance."""
    rng = np.random.default_rng(5)
    days = rng.integers(1, PAST, a_day * PAST)
    moments = [NOW - timedelta(days=int(day), seconds=int(rng.integers(0, 36_000))) for day in days]
    places = np.column_stack([rng.uniform(104.001, 104.039, len(days)), rng.uniform(30.601, 30.639, len(days))])
    told(moments, [(lon, lat) for lon, lat in places.tolist()])


def a_cluster(number: int = 24, days: int = 4) -> None:
    """Many within 200 m of one corner in the last days."""
    rng = np.random.default_rng(6)
    moments = [NOW - timedelta(days=1 + one % days, seconds=int(rng.integers(0, 36_000))) for one in range(number)]
    around = rng.normal(0, 0.0007, (number, 2)) + HERE
    told(moments, [(lon, lat) for lon, lat in around.tolist()])


def look(world: World, at: datetime = NOW) -> Run:
    with clock.at(at):
        return actions.look_for_warnings(unit_id=world.id("5101"), by=SYSTEM)


@pytest.fixture
def cluster(world: World) -> Warning:
    a_usual_past()
    a_cluster()
    look(world)
    return Warning.objects.get(kind="cluster", case_class=None)


def test_a_quiet_district_has_no_warning(world: World) -> None:
    a_usual_past()
    run = look(world)
    assert (run.raised, run.reports) == (0, 12 * PAST)
    assert not Warning.objects.exists()


def test_a_district_without_a_report_is_looked_at_too(world: World) -> None:
    assert look(world).reports == 0
    with clock.at(NOW):
        assert actions.look_at_last_hours(unit_id=world.id("5101"), by=SYSTEM).raised == 0


def test_all_reports_on_one_day_or_at_one_place_allow_no_cluster_and_the_other_looks_go_on(world: World) -> None:
    """The scan compares days and places: of one alone it says nothing. That a day brought many is told all the same."""
    yesterday = NOW - timedelta(days=1)
    spread = [(104.002 + 0.003 * number, 30.602 + 0.003 * number) for number in range(12)]
    told([yesterday] * 12, spread)
    run = look(world)
    assert run.reports == 12
    assert not Warning.objects.filter(kind="cluster").exists()
    Case.objects.all().update(reported_at=NOW - timedelta(days=200))
    told([NOW - timedelta(days=1 + number) for number in range(PAST)] + [yesterday] * 25, [HERE] * (PAST + 25))
    assert look(world).reports == PAST + 25
    assert not Warning.objects.filter(kind="cluster").exists()
    assert Warning.objects.filter(kind="trend").exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("as_system")
def test_before_a_city_is_loaded_there_is_nothing_to_look_at() -> None:
    territory.forget()
    jobs.look_at_days()
    jobs.look_at_hours()
    assert queries.districts() == []


def test_a_cluster_names_area_window_figures_and_its_cases(world: World, cluster: Warning) -> None:
    assert cluster.observed >= 20
    assert cluster.observed > 3 * cluster.expected
    assert cluster.strong
    assert cluster.until == datetime(2026, 5, 20, 16, tzinfo=UTC), "the end of yesterday in the city"
    assert cluster.lon == pytest.approx(HERE[0], abs=0.01)
    assert len(cluster.cases) == cluster.observed
    in_window = Case.objects.filter(pk__in=cluster.cases, reported_at__gte=cluster.since, reported_at__lt=cluster.until)
    assert in_window.count() == cluster.observed
    assert len(cluster.curve["labels"]) == len(cluster.curve["observed"]) == len(cluster.curve["usual"])
    raised = OutboxEvent.objects.get(name="warning.raised", payload__warning=str(cluster.id))
    assert raised.payload["strong"] is True


def test_a_matter_is_told_once(world: World, cluster: Warning) -> None:
    before = set(Warning.objects.values_list("pk", flat=True))
    again = look(world)
    assert (again.raised, again.seen_again) == (0, 0), "the same night says nothing new"
    assert set(Warning.objects.values_list("pk", flat=True)) == before
    # The next day it goes on, and the same warning tells the newer figures.
    with clock.at(NOW + timedelta(hours=1)):
        collect_many(
            reports=[Report(description="路灯", channel="app", lon=HERE[0], lat=HERE[1], class_code="0102")] * 6,
            by=SYSTEM,
        )
    tomorrow = look(world, NOW + timedelta(days=1))
    assert tomorrow.seen_again >= 1
    newer = Warning.objects.get(pk=cluster.pk)
    assert newer.until == cluster.until + timedelta(days=1)
    assert newer.version == cluster.version + 1
    assert [entry.action for entry in audit.timeline(cluster.pk)] == ["raised", "seen_again"]


def test_the_last_hours_are_looked_at_by_themselves(world: World) -> None:
    a_usual_past()
    told([NOW - timedelta(minutes=10 * one) for one in range(1, 26)], [HERE] * 25)
    assert look(world).raised == 0, "today is no part of the days that are over"
    with clock.at(NOW):
        run = actions.look_at_last_hours(unit_id=world.id("5101"), by=SYSTEM)
    assert run.raised >= 1
    surge = Warning.objects.filter(kind="surge").latest("observed")
    assert surge.observed == 25
    assert surge.until == NOW


def test_looks_are_forgotten_after_a_quarter_and_warnings_are_not(world: World, cluster: Warning) -> None:
    with clock.at(NOW + timedelta(days=89)):
        actions.forget_looks()
        assert Run.objects.count() == 1
    with clock.at(NOW + timedelta(days=91)):
        actions.forget_looks()
    assert not Run.objects.exists()
    assert Warning.objects.filter(pk=cluster.pk).exists()


def test_answers_are_kept_and_counted(world: World, cluster: Warning) -> None:
    desk = world.actor("desk", Role.DESK, "5101")
    with acting_as(desk):
        actions.acknowledge(warning_id=cluster.pk, by=desk)
        with pytest.raises(ReasonNeeded):
            actions.dismiss(warning_id=cluster.pk, by=desk, reason="  ")
        actions.dismiss(warning_id=cluster.pk, by=desk, reason="路灯改造，已公告")
        with pytest.raises(Answered):
            actions.dismiss(warning_id=cluster.pk, by=desk, reason="再次")
        by_kind = {one.kind: one for one in queries.precision(desk)}
    assert (by_kind["cluster"].answered, by_kind["cluster"].right) == (1, 0), "the last answer counts"
    assert by_kind["surge"].share is None
    assert [answer.verdict for answer in Answer.objects.order_by("at")] == ["acknowledged", "dismissed"]
    with pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.update(reason="nothing")
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("DELETE FROM insight_answer")


def test_it_becomes_a_case_once(world: World, cluster: Warning) -> None:
    leader = world.actor("leader", Role.LEADER, "W1")
    with acting_as(leader):
        opened = actions.open_case(warning_id=cluster.pk, by=leader, note="请尽快查看")
        with pytest.raises(Answered):
            actions.open_case(warning_id=cluster.pk, by=leader)
    case = Case.objects.select_related("text").get(pk=opened.made_case)
    assert case.private, "figures are no report of anybody's"
    assert "请尽快查看" in case.text.description
    assert case.community_id == world.id("W1")
    assert opened.state == WarningState.CASE
    assert queries.precision(SYSTEM)[0].right == 1


def test_an_older_page_is_told_so(world: World, cluster: Warning) -> None:
    desk = world.actor("desk", Role.DESK, "5101")
    with acting_as(desk), pytest.raises(Stale):
        actions.acknowledge(warning_id=cluster.pk, by=desk, version=cluster.version + 1)


def test_only_the_units_that_it_touches_see_it(world: World, cluster: Warning) -> None:
    inside, outside = world.actor("in", Role.DESK, "W1"), world.actor("out", Role.DESK, "E2")
    with acting_as(inside):
        assert queries.warnings(inside)
        assert Warning.objects.filter(pk=cluster.pk).exists()
    with acting_as(outside):
        assert not queries.warnings(outside)
        assert not Warning.objects.filter(pk=cluster.pk).exists(), "the database says so too"
        with pytest.raises(NotFound):
            actions.acknowledge(warning_id=cluster.pk, by=outside)


def test_who_only_looks_does_not_answer(world: World, cluster: Warning) -> None:
    auditor = world.actor("auditor", Role.AUDITOR, "5101")
    with acting_as(auditor):
        assert queries.warning(auditor, cluster.pk)
        with pytest.raises(NotAllowed):
            actions.dismiss(warning_id=cluster.pk, by=auditor, reason="没有问题")
        with pytest.raises(NotAllowed):
            queries.require_look(auditor, world.id("5101"))


def test_the_database_lets_nobody_write_a_warning(world: World, cluster: Warning) -> None:
    desk = world.actor("desk", Role.DESK, "5101")
    forged = Warning.objects.get(pk=cluster.pk)
    forged.pk = None
    with acting_as(desk), pytest.raises(DatabaseError), transaction.atomic():
        forged.save(force_insert=True)
    with acting_as(desk), pytest.raises(DatabaseError), transaction.atomic():
        Answer(warning=cluster, verdict="acknowledged", by=world.actor("other", Role.DESK, "5101").id).save(
            force_insert=True
        )

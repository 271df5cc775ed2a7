"""The situation report on the hour: kept once, opened again, and missing where nothing was counted."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import openpyxl
import pytest
from campaigns.conftest import Running
from campaigns.test_control_pages import browser_of, text_of
from campaigns.test_ending import destroy
from campaigns.test_receiving import send, visit
from django.db import DatabaseError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from linli.campaigns import actions
from linli.campaigns.actions import reporting
from linli.campaigns.models import Campaign, Declaration, KeptReport
from linli.campaigns.queries import kept_reports
from linli.foundation import clock, fonts
from linli.foundation.access import SYSTEM, Role, acting_as


@pytest.fixture
def hour(running: Running) -> datetime:
    """Noon of tomorrow, before which one door was reached and one was not; the screening began two hours before. Hours are offered by
    their day: around midnight the hours after one would be of another.
    """
    here = timezone.localtime(clock.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    first, second = running.doors_of(0)[:2]
    send(running, [visit(first.id), visit(second.id, "nobody_home")])
    with acting_as(SYSTEM):
        Campaign.objects.filter(pk=running.campaign.pk).update(started_at=here - timedelta(hours=2, minutes=10))
        Declaration.objects.update(starts_at=here - timedelta(hours=3))
    return here


def address(running: Running, ending: str, hour: datetime, unit: str = "51") -> str:
    asked = f"unit={running.of(unit)}&hour={hour.astimezone(UTC):%Y-%m-%dT%HZ}"
    return f"/control/screenings/{running.campaign.pk}/report{ending}?{asked}"


def test_it_is_kept_on_the_hour_by_the_clock_and_once(running: Running, hour: datetime) -> None:
    [hourly] = [one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == "campaigns.reports"]
    assert hourly.cron == "0 * * * *"
    with clock.at(hour + timedelta(seconds=2)):
        hourly.task(timestamp=0)
        assert reporting.keep_reports() == 0, "a rerun keeps no second"
    with acting_as(SYSTEM):
        levels = KeptReport.objects.order_by("unit__level").values_list("unit__level", flat=True)
        assert sorted(levels) == ["city", "district", "subdistrict"], "down to subdistricts, where there are doors"
        assert set(KeptReport.objects.values_list("hour", flat=True)) == {hour}


def test_an_earlier_hour_is_opened_with_what_was_known_then(running: Running, hour: datetime) -> None:
    with clock.at(hour):
        reporting.keep_reports()
    send(running, [visit(door.id) for door in running.doors_of(0)[2:9]])
    browser = browser_of(running.area.world, Role.LEADER)
    whole = len(running.area.everywhere)
    with clock.at(hour + timedelta(minutes=30)):
        page = text_of(browser.get(address(running, "/", hour)))
        assert re.search(rf"未走访到的户<[^0-9]*>{whole - 1}<", page)
        assert "B1" not in page, "of single buildings nothing is kept"
        book = openpyxl.load_workbook(BytesIO(browser.get(address(running, ".xlsx", hour)).content))
        [parts] = [sheet for sheet in book if sheet.title == "下辖区域"]
        assert [row[1:3] for row in parts.iter_rows(min_row=2, values_only=True)] == [(whole, 1)]
        if fonts.noto() is not None:
            assert browser.get(address(running, ".pdf", hour)).content.startswith(b"%PDF-")
        now = text_of(browser.get(f"/control/screenings/{running.campaign.pk}/report/"))
        assert "B1" in now, "this moment is told as before"


def test_an_hour_at_which_nothing_was_counted_is_said_to_be_missing(running: Running, hour: datetime) -> None:
    with clock.at(hour + kept_reports.LATE + timedelta(seconds=1)):
        assert reporting.keep_reports() == 0, "counted so late it would be no report of that hour"
    with clock.at(hour + timedelta(hours=1)):
        reporting.keep_reports()
    browser = browser_of(running.area.world, Role.LEADER)
    with clock.at(hour + timedelta(hours=1, minutes=5)):
        assert browser.get(address(running, "/", hour)).status_code == 404
        page = browser.get(address(running, "/", hour + timedelta(hours=1))).content.decode()
        for said in ("tomorrow", "2026-13-40T99Z"):
            there = f"/control/screenings/{running.campaign.pk}/report/?hour={said}"
            assert browser.get(there).status_code == 404
    assert f'value="{hour.astimezone(UTC):%Y-%m-%dT%HZ}" disabled' in page
    assert f'value="{hour.astimezone(UTC) + timedelta(hours=1):%Y-%m-%dT%HZ}" selected' in page


def test_what_is_closed_or_over_is_not_counted(running: Running, hour: datetime) -> None:
    with acting_as(running.leader):
        actions.end(declaration=running.campaign.declaration_id, reason="疫情结束", by=running.leader)
    with clock.at(hour):
        assert reporting.keep_reports() == 0


def test_it_is_of_ones_own_units_and_nobody_changes_it(running: Running, hour: datetime) -> None:
    with clock.at(hour):
        reporting.keep_reports()
    world = running.area.world
    with clock.at(hour + timedelta(minutes=1)):
        assert browser_of(world, Role.DESK, "W").get(address(running, "/", hour)).status_code == 404
        assert browser_of(world, Role.DESK, "W").get(address(running, "/", hour, "W")).status_code == 200
    with acting_as(world.actor("east", Role.DESK, "E")):
        assert not KeptReport.objects.exists()
    with acting_as(SYSTEM):
        row = KeptReport.objects.all()[0]
        for change in (lambda: KeptReport.objects.update(figures={}), lambda: KeptReport.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        with pytest.raises(DatabaseError), transaction.atomic():
            KeptReport(campaign=running.campaign, unit=row.unit, hour=row.hour, figures={}, id=uuid4()).save()


def test_it_is_destroyed_with_the_data(running: Running, hour: datetime) -> None:
    """Between two hours a single household is seen: how it stands goes with it."""
    with clock.at(hour):
        assert reporting.keep_reports() == 3
    with acting_as(running.leader):
        actions.end(declaration=running.campaign.declaration_id, reason="疫情结束", by=running.leader)
    assert destroy(running).counts["reports"] == 3
    with acting_as(SYSTEM):
        assert not KeptReport.objects.exists()


def test_of_a_community_its_sum_is_kept_and_no_building(running: Running, hour: datetime) -> None:
    with acting_as(SYSTEM):
        Campaign.objects.filter(pk=running.campaign.pk).update(unit=running.area.world.units["W1"])
    with clock.at(hour):
        assert reporting.keep_reports() == 1
    with acting_as(SYSTEM):
        [part] = KeptReport.objects.get().figures["parts"]
    assert part[:2] == [str(running.of("W1")), len(running.area.everywhere)]

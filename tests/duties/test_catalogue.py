"""The catalogue and the calendar: imported, changed with their history, by the city's posts alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from linli.duties import queries
from linli.duties.actions import catalogue, days
from linli.duties.actions.catalogue import Terms
from linli.duties.errors import InvalidHours, InvalidLimit, LimitUnchanged, UnknownClass
from linli.duties.models import CaseClass, ClassVersion, SpecialDay
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.audit import timeline
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound, Stale
from linli.foundation.tabular import ImportRefused
from linli.foundation.worktime import Limit, LimitKind
from tests.duties.conftest import CITY, CLASSES_CSV, SUBDISTRICT, admin_of

pytestmark = pytest.mark.django_db

TERMS = Terms(Decimal(2), "working_day", Decimal("0.5"), "working_hour", False)


def import_classes(text, **changed):
    with acting_as(SYSTEM):
        return catalogue.import_classes(file=text.encode(), filename="classes.csv", by=SYSTEM, **changed)


def change(code="E0101", terms=TERMS, *, by=SYSTEM, reason="市政府令第9号", **more):
    return catalogue.change_limits(case_class=queries.case_class(code).id, terms=terms, by=by, reason=reason, **more)


def test_classes_are_three_levels_deep_and_no_deeper(small):
    rows = "".join(f"E{n},event,{f'E{n - 1}' if n else 'E01'},x,x,4,working_hour,1,working_hour\n" for n in range(3000))
    head = "code,kind,parent,name,name_en,limit,limit_kind,response,response_kind\n"
    with pytest.raises(ImportRefused) as told:
        import_classes(head + rows)
    # E0 and E1 are a minor class and a sub-class.
    assert [problem.row for problem in told.value.problems] == list(range(4, 3002))


# --- limits ---


def test_a_case_filed_before_a_change_keeps_its_limit(small):
    filed = clock.now()
    with clock.at(filed + timedelta(days=3)):
        change()
        assert queries.minor_class("E0101").limit == Limit(Decimal(2), LimitKind.WORKING_DAY)
        assert queries.minor_class("E0101", filed).limit == Limit(Decimal(4), LimitKind.WORKING_HOUR)
        assert not queries.minor_class("E0101").proof_required
        assert queries.minor_class("E0101", filed).proof_required


def test_a_change_is_a_version_with_its_reason_in_the_timeline(small):
    with clock.at(clock.now() + timedelta(days=1)):
        change()
    newest, first = queries.versions(queries.case_class("E0101").id)
    assert (newest.reason, newest.valid_to, first.valid_to) == ("市政府令第9号", None, newest.valid_from)
    with acting_as(SYSTEM):
        actions = [entry.action for entry in timeline(newest.case_class_id)]
    assert actions == ["added", "limits_changed"]


def test_the_database_refuses_two_limits_at_a_time(small):
    first = ClassVersion.objects.first()
    with acting_as(SYSTEM), pytest.raises(IntegrityError, match="duties_one_limit_at_a_time"), transaction.atomic():
        ClassVersion.objects.create(
            case_class_id=first.case_class_id, limit_amount=1, limit_kind="working_day", response_amount=1,
            response_kind="working_day", valid_from=clock.now() + timedelta(days=1), changed_by="",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"limit_amount": Decimal(0)}, "limit_amount"),
        ({"limit_amount": Decimal(-1)}, "limit_amount"),
        ({"limit_amount": Decimal("NaN")}, "limit_amount"),
        ({"response_amount": Decimal(10_000)}, "response_amount"),
        ({"response_amount": Decimal("0.001")}, "response_amount"),
        ({"limit_kind": "fortnight"}, "limit_kind"),
    ],
)
def test_limits_that_are_none_are_refused(small, changed, field):
    with pytest.raises(InvalidLimit) as told:
        change(terms=replace(TERMS, **changed))
    assert told.value.field == field


def test_a_change_needs_a_reason_a_difference_and_a_minor_class(small):
    with pytest.raises(InvalidInput):
        change(reason="  ")
    same = Terms(Decimal(4), "working_hour", Decimal(1), "working_hour", True)
    with pytest.raises(LimitUnchanged):
        change(terms=same)
    with pytest.raises(UnknownClass):
        change("E01")


def test_an_editor_with_a_stale_page_is_told(small):
    seen = queries.minor_class("E0101").version_id
    change(expected=seen)
    with pytest.raises(Stale):
        change(terms=Terms(Decimal(9), "working_day", Decimal(1), "working_day", True), expected=seen)


def test_only_a_post_of_the_city_changes_the_catalogue_and_the_calendar(small):
    change(by=admin_of(small[CITY].id))
    subdistrict = admin_of(small[SUBDISTRICT].id)
    with pytest.raises(NotAllowed):
        change("E0102", by=subdistrict)
    with pytest.raises(NotAllowed):
        days.set_day(day=date(2026, 12, 1), hours="", reason="停电", by=subdistrict)
    with acting_as(subdistrict):
        assert CaseClass.objects.update(name="改") == 0
        assert ClassVersion.objects.update(limit_amount=99) == 0


# --- import ---


def test_importing_again_changes_nothing_and_a_difference_adds_a_version(small):
    again = import_classes(CLASSES_CSV)
    assert (again.added, again.changed, again.same) == (0, 0, 5)
    assert ClassVersion.objects.count() == 3
    changed = import_classes(CLASSES_CSV.replace("暴露垃圾,Exposed waste,4", "暴露垃圾,Exposed waste,6"))
    assert (changed.added, changed.changed, changed.same) == (0, 1, 4)
    assert queries.minor_class("E0101").limit.amount == 6
    assert ClassVersion.objects.count() == 4


def test_a_dry_run_counts_and_writes_nothing(units):
    done = import_classes(CLASSES_CSV, dry_run=True)
    assert (done.added, done.dry_run) == (5, True)
    assert not CaseClass.objects.exists()


def test_a_sub_class_stands_under_its_minor_class(small):
    import_classes(CLASSES_CSV.splitlines()[0] + "\nE010101,event,E0101,散落垃圾,Litter,2,工作时,1,工作时,是,,,\n")
    sub = queries.minor_class("E010101")
    assert sub.lineage == (sub.id, queries.case_class("E0101").id, queries.case_class("E01").id)
    assert sub.major_id == queries.case_class("E01").id


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("E0103,event,E77,x,x,4,working_hour,1,working_hour,yes,,,", "E77"),
        ("E/03,event,E01,x,x,4,working_hour,1,working_hour,yes,,,", "code"),
        ("..,event,E01,x,x,4,working_hour,1,working_hour,yes,,,", "code"),
        ("E0103,event,C01,x,x,4,working_hour,1,working_hour,yes,,,", "parent"),
        ("E0103,thing,E01,x,x,4,working_hour,1,working_hour,yes,,,", "thing"),
        ("E0103,event,E01,,x,4,working_hour,1,working_hour,yes,,,", "name"),
        ("E0103,event,E01,x,x,0,working_hour,1,working_hour,yes,,,", "limit"),
        ("E0103,event,E01,x,x,four,working_hour,1,working_hour,yes,,,", "limit"),
        ("E0103,event,E01,x,x,1e9,working_hour,1,working_hour,yes,,,", "limit"),
        ("E0103,event,E01,x,x,4,weeks,1,working_hour,yes,,,", "limit_kind"),
        ("E0103,event,E01,x,x,4,working_hour,1,working_hour,maybe,,,", "proof"),
        ("E0103,event,E01,x,x,4,working_hour,1,working_hour,yes,,,911", "emergency_number"),
        (f"E0103,event,E01,x,x,4,working_hour,1,working_hour,yes,{'词' * 41},,", "keywords"),
        ("E0103,event,E0103,x,x,4,working_hour,1,working_hour,yes,,,", "parent"),
        ("E0101,event,,x,x,,,,,,,,", "parent"),
    ],
)
def test_each_wrong_cell_of_a_catalogue_is_told(small, line, about):
    with pytest.raises(ImportRefused) as told:
        import_classes(CLASSES_CSV.splitlines()[0] + "\n" + line)
    assert about in told.value.lines()[0]
    assert CaseClass.objects.count() == 5


def test_a_code_is_used_once_in_a_catalogue(small):
    line = "E0103,event,E01,x,x,4,working_hour,1,working_hour,yes,,,\n"
    with pytest.raises(ImportRefused):
        import_classes(CLASSES_CSV.splitlines()[0] + "\n" + line + line)


def test_an_unknown_class_is_named(small):
    for code in ("X1", "E01"):
        with pytest.raises(UnknownClass, match=code):
            queries.minor_class(code)


# --- the calendar ---


def test_a_special_day_moves_due_dates(small):
    calendar = queries.calendar()
    monday = datetime(2026, 11, 23, 2, tzinfo=UTC)
    limit = Limit(1, LimitKind.WORKING_DAY)
    assert calendar.add(monday, limit) == datetime(2026, 11, 24, 2, tzinfo=UTC)
    days.set_day(day=date(2026, 11, 24), hours="", reason="防汛停工", by=SYSTEM)
    assert queries.calendar().add(monday, limit) == datetime(2026, 11, 25, 2, tzinfo=UTC)
    days.clear_day(day=date(2026, 11, 24), by=SYSTEM)
    assert queries.calendar().add(monday, limit) == datetime(2026, 11, 24, 2, tzinfo=UTC)
    with acting_as(SYSTEM):
        assert not SpecialDay.objects.exists()


def test_special_hours_that_make_no_sense_are_refused(small):
    for hours in ("17:00-09:00", "09:00+08:00-12:00"):
        with pytest.raises(InvalidHours):
            days.set_day(day=date(2026, 12, 1), hours=hours, reason="x", by=SYSTEM)
    with pytest.raises(InvalidInput):
        days.set_day(day=date(2026, 12, 1), hours="", reason="", by=SYSTEM)
    with pytest.raises(InvalidInput):
        days.set_day(day=date(1900, 12, 1), hours="", reason="x", by=SYSTEM)
    with pytest.raises(NotFound):
        days.clear_day(day=date(2026, 12, 1), by=SYSTEM)


def test_a_city_without_a_pack_works_from_monday_to_friday(small, monkeypatch):
    monkeypatch.setenv("LINLI_CITY", "boston")
    queries.forget()
    assert queries.calendar().is_workday(date(2024, 10, 1))
    monkeypatch.setenv("LINLI_CITY", "chengdu")
    queries.forget()
    assert not queries.calendar().is_workday(date(2024, 10, 1))


def test_a_correction_of_the_same_moment_replaces_the_limit(small):
    since = datetime(2020, 1, 1, tzinfo=UTC)
    row = "E0103,event,E01,店外经营,Stalls,{},working_hour,1,working_hour,yes,,,\n"
    head = CLASSES_CSV.splitlines(keepends=True)[0]
    for amount in (4, 5, 6):
        import_classes(head + row.format(amount), since=since)
        for at in (since, clock.now()):
            assert queries.minor_class("E0103", at).limit == Limit(Decimal(amount), LimitKind.WORKING_HOUR)

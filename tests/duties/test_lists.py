"""Importing the three lists on the real database: what is refused and told, and what a new version leaves of the old."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from django.db import IntegrityError, transaction

from linli.duties import queries
from linli.duties.actions import catalogue, lists
from linli.duties.errors import NewerListInForce, NoResponsibleBody, VersionTaken
from linli.duties.models import Duty, DutyList, Priority, Task
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.audit import timeline
from linli.foundation.errors import InvalidInput, NotAllowed
from linli.foundation.ids import uuid7
from linli.foundation.models import OutboxEvent
from linli.foundation.tabular import ImportRefused, UnreadableTable
from linli.people import queries as people
from linli.territory.models import Level
from tests.duties.conftest import (
    CITY,
    COMMUNITIES,
    DISTRICT,
    EVERYTHING,
    SUBDISTRICT,
    Units,
    admin_of,
    duty_table,
    forget,
    import_duties,
    make_unit,
)

pytestmark = pytest.mark.django_db


def refused(units: Units, *rows: str, **changed: object) -> list[str]:
    """The problems with which an import is refused; nothing may have been written."""
    before = DutyList.objects.count(), Duty.objects.count()
    with pytest.raises(ImportRefused) as told:
        import_duties(units, *rows, **changed)
    assert (DutyList.objects.count(), Duty.objects.count()) == before
    return told.value.lines()


def test_a_list_without_gap_or_overlap_is_applied(small):
    done = import_duties(small, *EVERYTHING, "3,第3条,E0102,510108004003,committee,lead")
    assert (done.rows, done.closes, done.dry_run) == (3, "", False)
    office = queries.responsible(queries.minor_class("E0101").id, small["510108004003"])
    committee = queries.responsible(queries.minor_class("E0102").id, small["510108004003-Q001"])
    elsewhere = queries.responsible(queries.minor_class("E0102").id, small["510108004004"])
    assert (office.clause, committee.clause, elsewhere.clause) == ("第1条", "第3条", "第1条")
    assert committee.list_version == "2023"


def test_the_import_is_in_the_timeline_and_told_to_other_processes(small):
    done = import_duties(small, *EVERYTHING)
    with acting_as(SYSTEM):
        [entry] = timeline(done.list_id)
    assert (entry.action, entry.data["rows"]) == ("imported", 2)
    told = OutboxEvent.objects.filter(name="duties.changed").latest("position")
    assert told.payload == {"what": "duty", "unit": str(small[SUBDISTRICT].id)}


def test_a_dry_run_finds_the_same_and_writes_nothing(small):
    done = import_duties(small, *EVERYTHING, dry_run=True)
    assert (done.list_id, done.rows, done.dry_run) == (None, 2, True)
    assert not DutyList.objects.exists()
    assert refused(small, EVERYTHING[0], dry_run=True) == refused(small, EVERYTHING[0])


def test_a_gap_names_the_class_and_the_communities(small):
    [told] = refused(small, EVERYTHING[0], "2,第2条,C0101,510108004003,bureau,lead")
    assert "C0101" in told
    assert "7" in told
    assert "8" in told
    assert all(name in told for code, name in COMMUNITIES.items() if code != "510108004003")
    assert "双林社区" not in told


def test_an_overlap_names_both_rows_and_the_body(small):
    [told] = refused(small, *EVERYTHING, "3,第9条,E01,510108004,bureau,lead")
    assert told.startswith(("Row 4", "第 4 行"))
    assert "双桥子街道" in told
    assert "2" in told
    assert "第1条" in told


def test_an_overlap_with_a_list_of_another_unit_names_that_list(small):
    import_duties(small, *EVERYTHING)
    told = refused(
        small, *EVERYTHING, "3,第3条,C01,510108,bureau,lead", "4,第4条,E01,510108,bureau,lead", unit=small[DISTRICT].id
    )
    assert len(told) == 2
    assert all("职责清单 2023" in line for line in told)


def test_the_database_refuses_a_second_lead_that_python_did_not_see(small):
    done = import_duties(small, *EVERYTHING)
    first = Duty.objects.filter(list=done.list_id).first()
    with acting_as(SYSTEM), pytest.raises(IntegrityError, match="duties_one_lead_at_a_time"), transaction.atomic():
        Duty.objects.create(
            list_id=done.list_id, number="9", clause="第9条", case_class_id=first.case_class_id, unit_id=first.unit_id,
            body=Duty.objects.exclude(body=first.body_id).first().body, row_number=9, valid_from=date(2025, 1, 1),
        )  # fmt: skip


def test_a_list_for_a_community_may_lean_on_the_list_above_it(small):
    import_duties(small, *EVERYTHING)
    import_duties(small, "1,第1条,E0101,510108004003,committee,lead", unit=small["510108004003"].id, name="社区清单")
    found = queries.responsible(queries.minor_class("E0101").id, small["510108004003"])
    assert queries.list_info(Duty.objects.get(pk=found.duty_id).list_id).name == "社区清单"


@pytest.mark.parametrize(
    ("row", "about"),
    [
        ("3,第3条,E9999,510108004,office,lead", "E9999"),
        ("3,第3条,E0101,999999,office,lead", "999999"),
        ("3,第3条,E0101,510108005,office,lead", "建设路街道"),
        ("3,第3条,E0101,510108004,nobody,lead", "nobody"),
        ("3,第3条,E0101,510108004,office,boss", "lead"),
        ("3,,E0101,510108004,office,lead", "clause"),
        (",第3条,E0101,510108004,office,lead", "number"),
        ("3,第3条,,510108004,office,lead", "class"),
        (f"3,{'长' * 201},E0101,510108004,office,lead", "200"),
        ("3,第\a3条,E0101,510108004,office,lead", "clause"),
    ],
)
def test_each_wrong_cell_is_told_with_its_row(small, row, about):
    [told] = refused(small, *EVERYTHING, row)
    assert "4" in told
    assert about in told


def test_a_withdrawn_class_gets_no_duty(small):
    table = (
        "code,kind,parent,name,name_en,limit,limit_kind,response,response_kind,active\n"
        "E0102,event,E01,油烟扰民,Fumes,5,工作日,1,工作日,no\n"
    )
    catalogue.import_classes(file=table.encode(), filename="c.csv", by=SYSTEM)
    assert "E0102" in refused(small, *EVERYTHING, "3,第3条,E0102,510108004,office,lead")[0]


def test_ten_thousand_bad_rows_are_all_told_and_none_applied(small):
    rows = [f"{n},第{n}条,X{n},510108004,office,lead" for n in range(10_000)]
    told = refused(small, *EVERYTHING, *rows)
    assert len(told) == 10_000
    assert "X9999" in told[-1]


def test_a_gbk_file_and_one_with_a_byte_order_mark_are_read(small):
    text = duty_table(*EVERYTHING).decode()
    assert import_duties(small, file=text.encode("gbk"), dry_run=True).rows == 2
    assert import_duties(small, file=text.encode("utf-8-sig"), dry_run=True).rows == 2


def test_a_spreadsheet_with_chinese_headings_is_read(small):
    book = openpyxl.Workbook()
    book.active.append(["序号", "条款", "小类代码", "单位代码", "责任主体代码", "主协办", "备注"])
    book.active.append([1.1, "第1.1条", "E01", 510108004, "office", "主办", ""])
    book.active.append([1.2, "第1.2条", "C01", 510108004, "bureau", "主办", ""])
    book.active.append([1.3, "第1.3条", "C01", 510108004, "office", "协办", "配合"])
    out = io.BytesIO()
    book.save(out)
    assert import_duties(small, file=out.getvalue(), filename="职责清单.xlsx").rows == 3
    found = queries.responsible(queries.minor_class("C0101").id, small["510108004005"])
    assert [people.body(body_id).code for body_id in found.co_body_ids] == ["office"]


def test_the_wide_spaces_of_chinese_documents_are_spaces(small):
    done = import_duties(small, "1,第一章　第1条,E01,510108004,office,lead", EVERYTHING[1], name="职责　清单")
    assert Duty.objects.get(list=done.list_id, number="1").clause == "第一章　第1条"


def test_a_missing_column_is_named(small):
    with pytest.raises(UnreadableTable, match="clause"):
        import_duties(small, file=b"number,class,unit,body\n1,E01,510108004,office\n")


def test_a_table_without_rows_is_refused(small):
    assert refused(small, file=b"number,clause,class,unit,body\n")


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"kind": "wish"}, "kind"), ({"version": " "}, "version"), ({"name": "长" * 121}, "name")],
)
def test_a_wrong_heading_of_a_list_is_refused(small, changed, field):
    with pytest.raises(InvalidInput) as told:
        import_duties(small, *EVERYTHING, **changed)
    assert told.value.field == field


# --- versions ---


def test_a_new_version_closes_the_old_one_and_old_answers_stay(small):
    import_duties(small, *EVERYTHING)
    done = import_duties(
        small, "1,新1条,E01,510108004,bureau,lead", EVERYTHING[1], version="2026", valid_from=date(2026, 3, 1)
    )
    assert done.closes == "2023"
    waste = queries.minor_class("E0101").id
    # 2026-02-28 16:30 UTC is already the first of March in Chengdu.
    before = queries.responsible(waste, small["510108004003"], datetime(2026, 2, 28, 15, 30, tzinfo=UTC))
    after = queries.responsible(waste, small["510108004003"], datetime(2026, 2, 28, 16, 30, tzinfo=UTC))
    assert (before.clause, before.list_version) == ("第1条", "2023")
    assert (after.clause, after.list_version) == ("新1条", "2026")
    old = DutyList.objects.get(version="2023")
    assert old.valid_to == date(2026, 3, 1)
    with acting_as(admin_of(small["510108005"].id)):
        assert [entry.action for entry in timeline(old.id)] == ["imported", "closed"]
    with acting_as(ANONYMOUS):
        assert timeline(old.id) == []


def test_a_version_that_begins_on_the_same_day_replaces_the_old_one(small):
    import_duties(small, *EVERYTHING)
    import_duties(small, "1,更正,E01,510108004,bureau,lead", EVERYTHING[1], version="2023-2")
    assert queries.responsible(queries.minor_class("E0101").id, small["510108004003"]).clause == "更正"


def test_a_version_before_the_one_in_force_is_refused(small):
    import_duties(small, *EVERYTHING)
    with pytest.raises(NewerListInForce, match="2023-01-01"):
        import_duties(small, *EVERYTHING, version="2022", valid_from=date(2022, 1, 1))


def test_a_version_is_imported_once(small):
    import_duties(small, *EVERYTHING)
    with pytest.raises(VersionTaken):
        import_duties(small, *EVERYTHING, valid_from=date(2026, 1, 1))


def test_before_the_first_version_nobody_is_responsible_and_the_error_says_what_to_do(small):
    import_duties(small, *EVERYTHING)
    with pytest.raises(NoResponsibleBody) as told:
        queries.responsible(queries.minor_class("E0101").id, small["510108004003"], datetime(2020, 1, 1, tzinfo=UTC))
    assert "2020-01-01" in str(told.value)


# --- who may ---


def test_an_administrator_of_the_unit_may_import_and_others_may_not(small):
    import_duties(small, *EVERYTHING, by=admin_of(small[SUBDISTRICT].id))
    beside = admin_of(small["510108005"].id)
    handler = Actor(uuid7(), ActorKind.PERSON, "处置", (Grant(Role.HANDLER, small[SUBDISTRICT].id),))
    for actor in (beside, handler, ANONYMOUS, admin_of(small["510108004003"].id)):
        with pytest.raises(NotAllowed):
            import_duties(small, *EVERYTHING, version="2026", valid_from=date(2026, 1, 1), by=actor)


def test_the_database_refuses_writes_from_another_unit(small):
    done = import_duties(small, *EVERYTHING)
    with acting_as(admin_of(small["510108005"].id)):
        assert Duty.objects.count() == 2
        assert Duty.objects.update(note="seized") == 0
        assert DutyList.objects.filter(pk=done.list_id).delete()[0] == 0
    with acting_as(ANONYMOUS):
        assert Duty.objects.count() == 2
        assert Duty.objects.update(note="seized") == 0


# --- tasks and priorities ---

TASKS = "number,clause,unit,body,item,item_en,frequency\n"
PRIORITIES = "number,clause,class,unit,item,item_en,season_from,season_to\n"


def import_rows(units, kind, table, **changed):
    return import_duties(units, kind=kind, file=table.encode(), filename=f"{kind}.csv", name=kind, **changed)


def test_a_task_traces_to_its_clause_and_back(small):
    import_duties(small, *EVERYTHING)
    import_rows(small, "task", TASKS + "1,第1条,510108004,office,清运垃圾,Collect waste,每日\n")
    task = Task.objects.get()
    [duty] = queries.duties_of(task.id)
    assert (duty.clause, duty.case_class.code) == ("第1条", "E01")
    assert queries.tasks_of(duty.id) == [task]
    assert [duty.clause for duty in queries.clauses_of(task.body_id)] == ["第1条"]
    assert queries.tasks_in(small[DISTRICT].id) == [task]
    assert queries.tasks_in(small["510108005"].id) == []


@pytest.mark.parametrize(
    ("row", "about"),
    [
        ("1,第7条,510108004,office,清运,,每日", "clause"),
        ("1,第2条,510108004,office,清运,,每日", "clause"),
        ("1,第1条,510108004,office,,,每日", "item"),
        ("1,第1条,510108004,office,清运,,", "frequency"),
    ],
)
def test_a_task_without_its_duty_or_words_is_refused(small, row, about):
    import_duties(small, *EVERYTHING)
    with pytest.raises(ImportRefused) as told:
        import_rows(small, "task", TASKS + row)
    assert about in told.value.lines()[0]
    assert not Task.objects.exists()


def test_a_number_is_used_once_in_a_list(small):
    import_duties(small, *EVERYTHING)
    row = "1,第1条,510108004,office,清运,,每日\n"
    with pytest.raises(ImportRefused) as told:
        import_rows(small, "task", TASKS + row + row)
    assert "2" in told.value.lines()[0]


def test_a_priority_makes_its_class_urgent_in_its_season(small):
    import_rows(small, "priority", PRIORITIES + "1,重点1,E0102,510108004,冬季治气,Winter air,11-01,02-28\n")
    fumes, place = queries.minor_class("E0102").id, small["510108004006"]
    winter = queries.priority_of(fumes, place, datetime(2026, 1, 15, tzinfo=UTC))
    assert winter.item == "冬季治气"
    assert queries.priority_of(fumes, place, datetime(2026, 7, 15, tzinfo=UTC)) is None
    assert queries.priority_of(queries.minor_class("E0101").id, place, datetime(2026, 1, 15, tzinfo=UTC)) is None
    assert queries.priority_of(fumes, small["510108005001"], datetime(2026, 1, 15, tzinfo=UTC)) is None


@pytest.mark.parametrize("season", ["13-01,02-28", "02-30,03-01", "11-01,", ",02-28", "1-1,2-2"])
def test_a_season_that_is_none_is_refused(small, season):
    with pytest.raises(ImportRefused):
        import_rows(small, "priority", PRIORITIES + f"1,重点1,E0102,510108004,治气,,{season}\n")
    assert not Priority.objects.exists()


# --- reading ---


def test_an_explanation_tells_every_row_that_was_considered(small):
    import_duties(
        small, *EVERYTHING, "3,第3条,E0101,510108004003,committee,lead", "4,第4条,E0101,510108004,bureau,lead"
    )
    told = queries.explanation(queries.minor_class("E0101").id, small["510108004003-Q001"])
    assert [considered.row.clause for considered in told.considered] == ["第3条", "第4条", "第1条"]
    assert [considered.chosen for considered in told.considered] == [True, False, False]
    assert told.answer.clause == "第3条"
    nobody = queries.explanation(queries.minor_class("E0101").id, small["510108005001"])
    assert (nobody.considered, nobody.answer) == ([], None)


def test_questions_are_answered_without_the_database(small, django_assert_num_queries):
    import_duties(small, *EVERYTHING)
    waste = queries.minor_class("E0101").id
    queries.responsible(waste, small["510108004003"])
    with django_assert_num_queries(0):
        for code in COMMUNITIES:
            queries.responsible(waste, small[code])
            queries.priority_of(waste, small[code])
            queries.minor_class("E0101")


def test_a_closed_list_of_rows_is_paged_by_row_number(small):
    done = import_duties(small, *EVERYTHING)
    listed = queries.duty_list(done.list_id)
    first, more = queries.rows_of(listed, limit=1)
    rest, still_more = queries.rows_of(listed, after=first[-1].row_number)
    assert (more, still_more) == (True, False)
    assert [row.number for row in (*first, *rest)] == ["1", "2"]


def test_a_community_that_loses_its_answer_shows_as_a_gap(small):
    done = import_duties(small, *EVERYTHING)
    assert queries.gaps(small[SUBDISTRICT].id) == []
    with acting_as(SYSTEM):
        Duty.objects.filter(list=done.list_id, number="2").delete()
    queries.forget()
    [gap] = queries.gaps(small[SUBDISTRICT].id)
    assert queries.case_class(gap.class_id).code == "C0101"
    assert len(gap.unit_ids) == 8


def test_a_unit_whose_communities_are_not_known_is_no_hole(small):
    """As in the demo: every subdistrict of the city, and the communities of one alone."""
    import_duties(small, *EVERYTHING)
    with acting_as(SYSTEM):
        bare = make_unit("510108006", Level.SUBDISTRICT, "猛追湾街道", small[DISTRICT])
        beside = make_unit("510104", Level.DISTRICT, "锦江区", small[CITY])
    forget()
    for gap in queries.gaps(small[CITY].id):
        assert set(gap.unit_ids) == {bare.id, beside.id, small["510108005001"].id}
    assert len(queries.gaps(small[CITY].id)) == 3
    assert queries.gaps(small[SUBDISTRICT].id) == []


def test_the_lists_are_listed_newest_first(small):
    import_duties(small, *EVERYTHING)
    import_duties(small, *EVERYTHING, version="2026", valid_from=date(2026, 1, 1))
    assert [listed.version for listed in queries.lists("duty", small[SUBDISTRICT].id)] == ["2026", "2023"]
    assert queries.lists("task") == []


def test_a_new_duty_list_counts_the_tasks_that_lose_their_clause(small):
    import_duties(small, *EVERYTHING)
    rows = "1,第1条,510108004,office,清运,,每日\n2,第2条,510108004,bureau,巡查,,每月\n"
    import_rows(small, "task", TASKS + rows)
    new = ("1,新1条,E01,510108004,office,lead", EVERYTHING[1])
    arguments = {"version": "2026", "valid_from": date(2026, 3, 1)}
    assert import_duties(small, *new, dry_run=True, **arguments).untraced == 1
    assert import_duties(small, *new, **arguments).untraced == 1
    assert import_duties(small, *EVERYTHING, version="2027", valid_from=date(2026, 4, 1)).untraced == 0


# --- ending a list ---


def test_an_ended_list_answers_nothing_from_that_day(small):
    done = import_duties(small, *EVERYTHING)
    lists.end_list(duty_list=done.list_id, on=date(2026, 6, 1), by=admin_of(small[SUBDISTRICT].id))
    waste, place = queries.minor_class("E0101").id, small["510108004003"]
    assert queries.responsible(waste, place, datetime(2026, 5, 31, 12, tzinfo=UTC)).clause == "第1条"
    with pytest.raises(NoResponsibleBody):
        queries.responsible(waste, place, datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert len(queries.gaps(small[SUBDISTRICT].id)) == 3


def test_a_list_is_ended_once_by_the_right_post_and_not_before_it_began(small):
    done = import_duties(small, *EVERYTHING)
    with pytest.raises(NotAllowed):
        lists.end_list(duty_list=done.list_id, on=date(2026, 6, 1), by=admin_of(small["510108005"].id))
    with pytest.raises(InvalidInput):
        lists.end_list(duty_list=done.list_id, on=date(2022, 1, 1), by=SYSTEM)
    lists.end_list(duty_list=done.list_id, on=date(2026, 6, 1), by=SYSTEM)
    with pytest.raises(InvalidInput):
        lists.end_list(duty_list=done.list_id, on=date(2026, 7, 1), by=SYSTEM)

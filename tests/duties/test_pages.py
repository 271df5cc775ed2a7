"""The pages as a browser meets them: the lookup with its reasons, limits with their history, imports with their report."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from factories.browsing import unmarked
from factories.confirming import confirm, shown

from linli.duties import queries
from linli.duties.actions import rows
from linli.duties.actions.follow_territory import follow_territory
from linli.duties.actions.rows import said
from linli.duties.errors import TooEarly, WrongRow
from linli.duties.models import ClassVersion, Duty, DutyList, Priority, SpecialDay, Task
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.people import queries as people
from linli.territory import actions as territory
from linli.territory import queries as places
from tests.duties.conftest import CITY, DISTRICT, EVERYTHING, SUBDISTRICT, admin_of, forget, import_duties, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(client: Client) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


def text(response) -> str:
    return unmarked(response.content.decode())


def test_everyone_looks_up_who_is_responsible_and_why(client, pack):
    page = text(client.get("/duties/", {"case_class": "E0110", "place": "双林", "day": "2026-11-23"}))
    assert "双桥子街道职责清单（2023版）第6.10条" in page
    assert "Decides: the finest unit" in page
    assert "A finer unit decides" in page
    by_code = text(client.get("/duties/", {"case_class": "E0110", "place": "510108004003"}))
    assert "Shuanglin Residents" in by_code


def test_a_lookup_of_the_past_knows_the_names_rows_and_tasks_of_then(client, small):
    import_duties(small, *EVERYTHING, "3,第3条,E0101,510108004003,committee,lead")
    tasks = "number,clause,unit,body,item,frequency\n1,第3条,510108004003,committee,{},每日\n"
    import_duties(small, kind="task", file=tasks.format("旧任务").encode())
    import_duties(small, kind="task", file=tasks.format("新任务").encode(), version="2026", valid_from=date(2026, 3, 1))
    old = small["510108004003"].id
    with acting_as(SYSTEM):
        territory.rename(unit=old, name="新名社区", on=date(2026, 6, 1), by=SYSTEM)
        follow_territory(closed=[old], by=SYSTEM)
    forget()
    for place, day, task in (("双林社区", "2026-01-01", "旧任务"), ("新名社区", "2026-07-01", "新任务")):
        page = text(client.get("/duties/", {"case_class": "E0101", "place": place, "day": day}))
        assert "第3条" in page
        assert [words for words in ("旧任务", "新任务") if words in page] == [task]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"case_class": "E0110", "place": "510108005001"}, "No list says who is responsible"),
        ({"case_class": "E0110", "place": "亚特兰蒂斯"}, "There is no unit"),
        ({"case_class": "X", "place": "双林"}, "X"),
        ({"case_class": "E0110", "place": "双林", "day": "someday"}, "Enter a valid date"),
        ({"case_class": "E0110", "place": "双林", "day": "0001-01-01"}, "There is no unit"),
        ({"case_class": "E0110", "place": "双林", "day": "2011-01-01"}, "No list says who is responsible"),
        ({"case_class": "E0110", "place": "<script>alert(1)</script>"}, "&lt;script&gt;"),
        ({"case_class": "E0110", "place": "nan,nan"}, "degrees"),
    ],
)
def test_a_lookup_without_an_answer_says_what_to_do(client, pack, query, says):
    page = text(client.get("/duties/", query))
    assert says in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("kind", ["duty", "task", "priority"])
def test_a_row_of_a_list_is_found_by_its_words(client, pack, kind):
    with acting_as(SYSTEM):
        listed = DutyList.objects.filter(kind=kind, unit__code=SUBDISTRICT).latest("valid_from")
        rows, _more = queries.rows_of(listed, limit=1000)
    page = f"/duties/lists/{listed.id}/"
    one = rows[-1]
    for words in (one.clause, one.clause[-4:]):
        assert f">{one.number}<" in text(client.get(page, {"q": words}))
    said = queries.case_class(one.case_class_id).name if kind != "task" else one.item
    found, _more = queries.rows_of(listed, words=said.casefold())
    assert one in found
    assert len(found) < len(rows)
    assert "No row has these words" in text(client.get(page, {"q": "zeppelin"}))
    assert text(client.get(page, {"q": "x" * 101})).count("<tr") > 1, "what is too long narrows nothing"


def test_the_catalogue_is_filtered_by_words(client, pack):
    page = text(client.get("/duties/classes/", {"q": "manhole gas"}))
    assert "Gas manhole cover" in page
    assert "Street light" not in page
    assert "No class has these words" in text(client.get("/duties/classes/", {"q": "zeppelin"}))


def test_only_the_city_sees_and_uses_the_form_of_limits(client, small):
    change = {
        "limit_amount": "8",
        "limit_kind": "working_hour",
        "response_amount": "1",
        "response_kind": "working_hour",
        "proof_required": "on",
        "reason": "夏季",
        "expected": str(queries.minor_class("E0101").version_id),
        "once": str(uuid4()),
    }
    assert "Change the limits" not in text(client.get("/duties/classes/E0101/"))
    assert client.post("/duties/classes/E0101/", change).status_code == 403
    signed_in(client, Role.ADMIN, small[CITY].id)
    assert "Change the limits" in text(client.get("/duties/classes/E0101/"))
    first = client.post("/duties/classes/E0101/", change)
    assert "They hold for cases that are filed from now on." in text(first)
    assert ClassVersion.objects.filter(case_class__code="E0101").count() == 1, "it is shown first"
    sure = {"sure": shown(client, "/duties/classes/E0101/", change)}
    done = client.post("/duties/classes/E0101/", change | sure, follow=True)
    assert "8 working hours" in text(done)
    assert "夏季" in text(done)
    assert "4 working hours → 8 working hours" in text(done), "and stands in the history"
    client.post("/duties/classes/E0101/", change | sure)
    assert ClassVersion.objects.filter(case_class__code="E0101").count() == 2
    stale = client.post("/duties/classes/E0101/", change | {"limit_amount": "9", "once": str(uuid4())})
    assert stale.status_code == 409
    assert client.get("/duties/classes/E9999/").status_code == 404


def test_importing_needs_the_right_post(client, small):
    assert client.get("/duties/import/").status_code == 403
    signed_in(client, Role.DESK, small[SUBDISTRICT].id)
    assert client.get("/duties/import/").status_code == 403


def test_the_rows_of_a_list_are_paged(client, pack):
    listed = queries.lists("duty")[0]
    first = text(client.get(f"/duties/lists/{listed.id}/"))
    assert "Next rows" in first
    second = text(client.get(f"/duties/lists/{listed.id}/", {"after": "101"}))
    assert "Back to the first rows" in second
    for strange in ("-1", "x", "9" * 30):
        assert client.get(f"/duties/lists/{listed.id}/", {"after": strange}).status_code == 200
    assert client.get(f"/duties/lists/{uuid4()}/").status_code == 404


@pytest.mark.parametrize(("kind", "says"), [("task", "Patrol back streets"), ("priority", "05-15 – 09-30")])
def test_tasks_and_priorities_are_shown(client, pack, kind, says):
    assert says in text(client.get(f"/duties/lists/{queries.lists(kind)[0].id}/"))


def test_the_city_sets_its_own_working_days(client, small):
    assert "No day differs" in text(client.get("/duties/days/"))
    signed_in(client, Role.ADMIN, small[CITY].id)
    day = {"day": "2026-12-31", "hours": "09:00-12:00", "reason": "半天", "once": "d1"}
    assert "09:00-12:00" in text(client.post("/duties/days/", day, follow=True))
    assert client.post("/duties/days/", day | {"hours": "9", "once": "d2"}).status_code == 422
    client.post("/duties/days/clear/", {"day": "2026-12-31", "once": "d3"})
    assert client.post("/duties/days/clear/", {"day": "31 December"}).status_code == 404
    with acting_as(SYSTEM):
        assert not SpecialDay.objects.exists()


def test_the_pages_speak_chinese(client, pack):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"
    page = text(client.get("/duties/", {"case_class": "E0110", "place": "双林"}))
    for words in ("谁来负责", "双林社区居民委员会", "三张清单"):
        assert words in page


def test_the_home_page_costs_few_queries(client, pack, django_assert_max_num_queries):
    client.get("/duties/")
    with django_assert_max_num_queries(6):
        client.get("/duties/", {"case_class": "E0110", "place": "510108004003"})


def test_a_duty_goes_to_another_body_from_a_day_on(client, small):
    import_duties(small, *EVERYTHING)
    duty = Duty.objects.get(number="1")
    address, today = f"/duties/rows/{duty.id}/", places.day_of(None).isoformat()
    committee = people.body_by_code("committee")
    change = {"body": str(committee.id), "clause": "第9条", "note": "", "on": today, "reason": "调整"}
    assert client.get(address).status_code == 403
    signed_in(client, Role.ADMIN, small["510108005"].id)
    assert client.post(address, change).status_code == 403
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    page = text(client.post(address, change))
    assert "第1条" in page
    assert "第9条" in page
    assert Duty.objects.count() == 2, "it is shown first"
    done = confirm(client, address, change, follow=True)
    assert "office → committee" in text(done)
    assert "调整" in text(done)
    rows = list(Duty.objects.filter(number="1").order_by("valid_from", "id").values_list("body__code", "clause"))
    assert rows == [("office", "第1条"), ("committee", "第9条")]
    # Back again is no second body in one place; a row that has ended is changed no more.
    following = Duty.objects.get(body=committee.id)
    back = change | {"body": str(duty.body_id), "on": (places.day_of(None) + timedelta(days=1)).isoformat()}
    assert confirm(client, f"/duties/rows/{following.id}/", back).status_code == 302
    assert confirm(client, address, back).status_code == 409


def test_an_end_shows_the_gap_that_it_leaves(client, small):
    import_duties(small, *EVERYTHING)
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    duty, today = Duty.objects.get(number="2"), places.day_of(None).isoformat()
    end = {"body": "", "clause": "x", "note": "", "on": today, "reason": "撤销"}
    page = text(client.post(f"/duties/rows/{duty.id}/", end))
    assert "Nobody will be responsible for C0101" in page
    assert "双林社区" in page
    assert "No gap" in text(client.get("/duties/gaps/", {"unit": SUBDISTRICT}))
    assert confirm(client, f"/duties/rows/{duty.id}/", end).status_code == 302
    assert "1 class has a gap" in text(client.get("/duties/gaps/", {"unit": SUBDISTRICT}))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_that_is_handed_out_can_be_imported_again(client, small, kind):
    import_duties(small, *EVERYTHING, "3,=第3条,E0102,510108004003,committee,lead")
    listed = queries.lists("duty")[0]
    answer = client.get(f"/duties/lists/{listed.id}/export.{kind}")
    if kind == "csv":
        assert "'=第3条" in answer.content.decode("utf-8-sig"), "no formula for a spreadsheet"
    done = import_duties(small, file=answer.content, version="2", valid_from=date(2024, 1, 1))
    assert done.rows == 3
    assert client.get(f"/duties/lists/{listed.id}/export.exe").status_code == 404


def row_of(small, **changed: str) -> dict[str, str]:
    today = places.day_of(None).isoformat()
    return {
        "number": "9", "clause": "第9条", "class": "E0101", "unit": "510108004003", "body": "committee", "role": "lead",
        "note": "", "on": today, "reason": "院落自管",
    } | changed  # fmt: skip


def test_one_row_is_added_after_its_effect_was_shown_and_stands_in_the_history(client, small):
    listed = import_duties(small, *EVERYTHING).list_id
    address = f"/duties/lists/{listed}/add/"
    assert client.get(address).status_code == 403
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    shown_first = text(client.post(address, row_of(small)))
    assert "Until then office leads there, by a row for 双桥子街道 (第1条)." in shown_first
    assert f'href="{address}">Cancel</a>' in shown_first
    assert f'href="/duties/lists/{listed}/">To the list</a>' in text(client.get(address))
    assert Duty.objects.count() == 2
    done = text(confirm(client, address, row_of(small), follow=True))
    assert "A row was added" in done
    assert "Class: – → E0101" in done
    added = Duty.objects.get(number="9")
    assert (added.row_number, added.valid_to, added.role) == (Duty.objects.get(number="2").row_number + 1, None, "lead")
    answer = queries.responsible(queries.minor_class("E0101").id, places.unit(small["510108004003"].id))
    assert answer.duty_id == added.id


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"unit": SUBDISTRICT, "class": "E01"}, "already has a lead"),
        ({"unit": DISTRICT}, "does not lie in"),
        ({"unit": "atlantis"}, "No place has this name"),
        ({"class": "E9999"}, "E9999"),
        ({"body": "nobody"}, "nobody"),
        ({"on": "2001-01-01"}, "or a later day"),
        ({"number": ""}, "required"),
        ({"clause": "a\x00b"}, ""),
    ],
)
def test_a_row_that_cannot_stand_in_the_list_is_told_with_its_reason(client, small, changed, told):
    listed = import_duties(small, *EVERYTHING).list_id
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    answer = client.post(f"/duties/lists/{listed}/add/", row_of(small, **changed))
    assert answer.status_code in {200, 400, 422}
    assert told in text(answer)
    assert 'name="sure"' not in text(answer)
    assert Duty.objects.count() == 2


def test_a_co_handler_signs_and_nothing_is_added_to_an_ended_list(client, small):
    listed = import_duties(small, *EVERYTHING).list_id
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    address = f"/duties/lists/{listed}/add/"
    page = text(client.post(address, row_of(small, role="co_handler")))
    assert "New cases there close only once committee has signed too." in page
    assert confirm(client, address, row_of(small, role="co_handler")).status_code == 302
    twice = confirm(client, address, row_of(small, role="co_handler", number="10"))
    assert twice.status_code == 409, "one body once for a class in a unit"
    import_duties(small, *EVERYTHING, version="2027", valid_from=places.day_of(None))
    assert client.post(address, row_of(small)).status_code == 409


def test_tasks_and_priorities_are_added_and_ended_row_by_row(client, small):
    import_duties(small, *EVERYTHING)
    task = import_duties(
        small, kind="task", file="number,clause,unit,body,item,frequency\n1,第1条,510108004,office,巡查,每日\n".encode()
    ).list_id
    first = import_duties(
        small, kind="priority", file="number,clause,class,unit,item\n1,第1条,E0102,510108004,夜间油烟\n".encode()
    ).list_id
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    today = places.day_of(None).isoformat()
    both = {"number": "2", "clause": "第1条", "unit": SUBDISTRICT, "on": today, "reason": "增补"}
    of_task = both | {"body": "office", "item": "夜查", "frequency": "每周"}
    assert "has this task" in text(client.post(f"/duties/lists/{task}/add/", of_task))
    assert "夜查" in text(confirm(client, f"/duties/lists/{task}/add/", of_task, follow=True))
    untraced = text(client.post(f"/duties/lists/{task}/add/", of_task | {"clause": "第99条", "number": "3"}))
    assert "no duty list in force gives" in untraced
    again = text(client.post(f"/duties/lists/{task}/add/", of_task))
    assert "is used in this list" in again

    season = both | {"class": "E0101", "item": "汛期清淤", "season_from": "05-15", "season_to": "09-30"}
    address = f"/duties/lists/{first}/add/"
    assert "both its first and its last day" in text(client.post(address, season | {"season_to": ""}))
    assert "are urgent" in text(client.post(address, season))
    assert confirm(client, address, season).status_code == 302
    added = Priority.objects.get(number="2")
    end = {"on": today, "reason": "汛期结束"}
    assert "no longer urgent by this row" in text(client.post(f"/duties/rows/{added.id}/", end))
    assert "汛期结束" in text(confirm(client, f"/duties/rows/{added.id}/", end, follow=True))
    added.refresh_from_db()
    assert added.valid_to == places.day_of(None)
    assert confirm(client, f"/duties/rows/{added.id}/", end).status_code == 409


def test_gaps_begin_with_one_s_own_unit_and_say_what_to_do(client, small):
    import_duties(small, *EVERYTHING)
    signed_in(client, Role.ADMIN, small["510108005"].id)
    page = text(client.get("/duties/gaps/"))
    assert "3 classes have a gap in 建设路街道" in page
    # They lack somebody in the same unit, which is named once.
    assert page.count('aria-labelledby="gap-') == 1
    assert len(re.findall(r'href="/duties/classes/\w+/"', page)) == 3
    assert "/duties/import/" in page
    assert "Import a list that covers" not in text(Client(HTTP_ACCEPT_LANGUAGE="en").get("/duties/gaps/"))


@pytest.fixture
def matters(small):
    """A task and a priority of the subdistrict."""
    import_duties(small, *EVERYTHING)
    task = "number,clause,unit,body,item,frequency\n1,第1条,510108004,office,巡查,每日\n"
    priority = "number,clause,class,unit,item\n1,第1条,E0102,510108004,夜间油烟\n"
    import_duties(small, kind="task", file=task.encode())
    import_duties(small, kind="priority", file=priority.encode())
    return small


def change_of(row: Task | Priority, **changed: str) -> dict[str, str]:
    return said(row) | {"on": places.day_of(None).isoformat(), "reason": "调整"} | changed


def test_a_task_changes_in_its_place_and_the_old_one_stays_readable(client, matters):
    task = Task.objects.get()
    address = f"/duties/rows/{task.id}/change/"
    signed_in(client, Role.ADMIN, matters[SUBDISTRICT].id)
    assert "Change it" in text(client.get(f"/duties/rows/{task.id}/"))
    page = text(client.post(address, change_of(task, frequency="每周", body="bureau", clause="第2条")))
    assert "bureau has this task in 双桥子街道" in page
    assert "office no longer has this task" in page
    assert Task.objects.count() == 1, "it is shown first"
    done = text(confirm(client, address, change_of(task, frequency="每周", body="bureau", clause="第2条"), follow=True))
    assert "How often: 每日 → 每周" in done, "who, when, before and after stand in the history"
    assert "Responsible body: office → bureau" in done
    assert done.count("巡查") >= 2, "both rows are in the list"
    found = list(Task.objects.order_by("valid_from", "id").values_list("number", "row_number", "frequency", "valid_to"))
    today = places.day_of(None)
    assert found == [("1", found[0][1], "每日", today), ("1", found[0][1], "每周", None)]


def test_a_priority_changes_its_season_from_a_day_to_come(client, matters):
    row, later = Priority.objects.get(), places.day_of(None) + timedelta(days=3)
    signed_in(client, Role.ADMIN, matters[SUBDISTRICT].id)
    address = f"/duties/rows/{row.id}/change/"
    season = {"season_from": "05-15", "season_to": "09-30", "class": "E0101", "on": later.isoformat()}
    page = text(client.post(address, change_of(row, **season)))
    assert "Each year from 05-15 to 09-30." in page
    assert "Cases of E0102 Cooking fumes that are filed in 双桥子街道" in page
    assert "no longer urgent by this row" in page
    assert confirm(client, address, change_of(row, **season)).status_code == 302
    place = places.unit(matters[SUBDISTRICT].id)
    assert queries.priority_of(queries.minor_class("E0102").id, place).id == row.id, "until then the old one holds"
    following = Priority.objects.exclude(pk=row.id).get()
    assert (following.valid_from, following.valid_to, following.season_from) == (later, None, "05-15")
    assert confirm_refused(client, address, change_of(row, item="x")) == 409, "what has ended is changed no more"


def confirm_refused(client, address, form) -> int:
    answer = client.post(address, form)
    assert 'name="sure"' not in text(answer)
    return answer.status_code


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "This is what already holds"),
        ({"clause": "第99条"}, "no duty list in force gives"),
        ({"body": "nobody"}, "nobody"),
        ({"item": ""}, "required"),
        ({"item": "a\x00b"}, ""),
        ({"on": "2001-01-01", "item": "夜查"}, "or a later day"),
    ],
)
def test_a_change_that_cannot_hold_is_told_with_its_reason(client, matters, changed, told):
    task = Task.objects.get()
    signed_in(client, Role.ADMIN, matters[SUBDISTRICT].id)
    answer = client.post(f"/duties/rows/{task.id}/change/", change_of(task, **changed))
    assert answer.status_code in {400, 422}
    assert told in text(answer)
    assert 'name="sure"' not in text(answer)
    assert Task.objects.count() == 1


def test_another_unit_s_rows_are_not_changed_and_number_and_unit_stay(client, matters):
    task = Task.objects.get()
    address = f"/duties/rows/{task.id}/change/"
    assert client.post(address, change_of(task, item="x")).status_code == 403
    signed_in(client, Role.ADMIN, matters["510108005"].id)
    assert client.post(address, change_of(task, item="x")).status_code == 403
    desk = Client(HTTP_ACCEPT_LANGUAGE="en")
    signed_in(desk, Role.DESK, matters[SUBDISTRICT].id)
    assert desk.post(address, change_of(task, item="x")).status_code == 403
    admin = Client(HTTP_ACCEPT_LANGUAGE="en")
    signed_in(admin, Role.ADMIN, matters[SUBDISTRICT].id)
    smuggled = change_of(task, item="x") | {"unit": DISTRICT, "number": "77"}
    assert confirm(admin, address, smuggled).status_code == 302
    following = Task.objects.exclude(pk=task.id).get()
    assert (following.number, following.unit_id) == ("1", matters[SUBDISTRICT].id)
    duty = Duty.objects.first()
    assert admin.post(f"/duties/rows/{duty.id}/change/", {}).status_code == 404


def test_a_number_is_free_again_once_its_row_has_ended(client, matters):
    """And a page of a list never parts a changed row from the one that follows it."""
    task, today = Task.objects.get(), places.day_of(None)
    with acting_as(SYSTEM):
        rows.change_row(row=task.id, cells=said(task) | {"item": "夜查"}, on=today, by=SYSTEM, reason="调整")
        rows.end_row(row=Task.objects.get(valid_to=None).id, on=today, by=SYSTEM, reason="撤销")
        cells = said(task) | {"number": "1", "unit": SUBDISTRICT}
        added = rows.add_row(duty_list=task.list_id, cells=cells, on=today, by=SYSTEM, reason="恢复")
        with pytest.raises(WrongRow):
            rows.add_row(duty_list=task.list_id, cells=cells, on=today, by=SYSTEM, reason="恢复")
    listed = queries.duty_list(task.list_id)
    first, more = queries.rows_of(listed, limit=1)
    assert more
    assert {row.row_number for row in first} == {task.row_number}
    assert len(first) == 2
    assert queries.rows_of(listed, after=first[-1].row_number) == ([added], False)


def test_what_held_until_today_is_not_changed_by_page(client, matters):
    """The lists hold since 2023: a change from a day since then would rewrite who was responsible."""
    duty, task, listed = Duty.objects.first(), Task.objects.get(), matters
    signed_in(client, Role.ADMIN, listed[SUBDISTRICT].id)
    passed = (places.day_of(None) - timedelta(days=1)).isoformat()
    reason = {"on": passed, "reason": "调整"}
    for address, sent in (
        (f"/duties/rows/{duty.id}/", {"body": str(duty.body_id), "clause": "第9条", "note": ""} | reason),
        (f"/duties/rows/{task.id}/", reason),
        (f"/duties/rows/{task.id}/change/", change_of(task, item="夜查") | reason),
        (f"/duties/lists/{duty.list_id}/add/", row_of(listed, role="co_handler") | reason),
    ):
        page = text(client.post(address, sent))
        assert f"Choose {places.day_of(None).isoformat()} or a later day" in page, address
        assert 'name="sure"' not in page, address
    with acting_as(SYSTEM):
        for work in (
            lambda on: rows.change_duty(duty=duty.id, body=duty.body_id, clause="9", on=on, by=SYSTEM, reason="x"),
            lambda on: rows.end_row(row=task.id, on=on, by=SYSTEM, reason="x"),
        ):
            with pytest.raises(TooEarly):
                work(date.fromisoformat(passed))
    assert not Duty.objects.exclude(valid_to=None).exists()
    assert not Task.objects.exclude(valid_to=None).exists()


def test_a_row_of_a_list_from_above_is_the_list_s_to_change(client, small):
    """The city's list has rows for a subdistrict, whose administrator is refused before anything is shown."""
    where = {"unit": small[CITY].id}
    import_duties(small, *EVERYTHING, "3,第3条,E01,510108005,bureau,lead", "4,第4条,C01,510108005,bureau,lead", **where)
    task = "number,clause,unit,body,item,frequency\n1,第1条,510108004,office,巡查,每日\n"
    import_duties(small, kind="task", file=task.encode(), **where)
    duty, task = Duty.objects.filter(unit=small[SUBDISTRICT].id).first(), Task.objects.get()
    change = {"body": str(duty.body_id), "clause": "第9条", "note": "", "on": places.day_of(None), "reason": "调整"}
    below, city = Client(HTTP_ACCEPT_LANGUAGE="en"), Client(HTTP_ACCEPT_LANGUAGE="en")
    signed_in(below, Role.ADMIN, small[SUBDISTRICT].id)
    assert below.get(f"/duties/rows/{duty.id}/").status_code == 403
    assert below.post(f"/duties/rows/{duty.id}/", change).status_code == 403
    assert below.post(f"/duties/rows/{task.id}/change/", change_of(task, item="x")).status_code == 403
    by = admin_of(small[SUBDISTRICT].id)
    with acting_as(by), pytest.raises(NotAllowed):
        rows.change_duty(duty=duty.id, body=None, clause="", on=places.day_of(None), by=by, reason="撤销")
    with acting_as(by), pytest.raises(NotAllowed):
        rows.end_row(row=task.id, on=places.day_of(None), by=by, reason="撤销")
    signed_in(city, Role.ADMIN, small[CITY].id)
    assert confirm(city, f"/duties/rows/{duty.id}/", change).status_code == 302

"""The API: read by everyone, written by the right posts, once for each key, refused with every row."""

from datetime import date
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from linli.duties import queries
from linli.duties.actions.follow_territory import follow_territory
from linli.duties.models import DutyList
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.territory import actions as territory
from tests.duties.conftest import CITY, EVERYTHING, SUBDISTRICT, duty_table, forget, import_duties, signed_in

pytestmark = pytest.mark.django_db
API = "/api/v1/duties"


def send_list(client: Client, *rows: str, file: bytes | None = None, key: str | None = None, **heading: object):
    data = {
        "kind": "duty",
        "name": "职责清单",
        "version": "2023",
        "unit": SUBDISTRICT,
        "valid_from": "2023-01-01",
        "file": SimpleUploadedFile("duties.csv", file if file is not None else duty_table(*rows)),
    }
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"{API}/lists/import", data | heading, headers=headers)


def test_everyone_reads_the_catalogue(client, pack):
    classes = client.get(f"{API}/classes").json()
    assert len(classes) == 221
    found = client.get(f"{API}/classes", {"kind": "event", "q": "油烟"}).json()
    assert [info["name_en"] for info in found] == ["Cooking fume nuisance"]
    one = client.get(f"{API}/classes/{found[0]['code']}").json()
    assert (one["limit"], len(one["versions"])) == ({"amount": "5", "kind": "working_day"}, 1)
    assert client.get(f"{API}/classes/X1").status_code == 404


def test_who_is_responsible_has_one_answer_with_its_clause_and_its_reasons(client, pack):
    told = client.get(f"{API}/responsible", {"class": "E0110", "unit": "510108004003"}).json()
    assert told["body"]["code"] == "510108004003-committee"
    assert told["clause"] == "双桥子街道职责清单（2023版）第6.10条"
    assert [row["chosen"] for row in told["considered"]] == [True, False]
    gas = client.get(f"{API}/responsible", {"class": "E0502", "unit": "510108004008"}).json()
    assert (gas["body"]["code"], gas["co_bodies"][0]["code"]) == ("5101-gas", "510108-fire")
    assert gas["priority"]["item"] == "燃气安全专项整治"


def test_a_question_about_the_past_means_the_unit_that_had_the_code_then(client, small):
    import_duties(small, *EVERYTHING, "3,第3条,E0101,510108004003,committee,lead")
    old = small["510108004003"].id
    with acting_as(SYSTEM):
        territory.rename(unit=old, name="新名社区", on=date(2026, 6, 1), by=SYSTEM)
        follow_territory(closed=[old], by=SYSTEM)
    forget()
    question = {"class": "E0101", "unit": "510108004003"}
    for at in ("2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z"):
        assert client.get(f"{API}/responsible", question | {"at": at}).json()["clause"] == "第3条"
    gaps = client.get(f"{API}/gaps", {"unit": "510108004003", "at": "2026-05-01T00:00:00Z"})
    assert (gaps.status_code, gaps.json()) == (200, [])


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"class": "E0110", "unit": "510108005001"}, 409, "no_responsible_body"),
        ({"class": "X", "unit": "510108004003"}, 422, "unknown_class"),
        ({"class": "E01", "unit": "510108004003"}, 422, "unknown_class"),
        ({"class": "E0110", "unit": "999"}, 404, "unknown_unit"),
        ({"class": "E0110"}, 422, "invalid_input"),
        ({"class": "E0110", "unit": "a b"}, 422, "invalid_input"),
        ({"class": "\x00", "unit": "510108004003"}, 422, "unusable_text"),
        ({"unit": "510108004003"}, 422, "invalid_input"),
        ({"class": "E0110", "unit": "510108004003", "at": "yesterday"}, 422, "invalid_input"),
        ({"class": "E0110", "unit": "510108004003", "at": "9999-12-31T23:59:59Z"}, 422, "invalid_input"),
        ({"class": "E0110", "unit": "510108004003", "at": "0001-01-01T00:00:00+14:00"}, 422, "invalid_input"),
        ({"class": "E0110", "lon": "nan", "lat": "30"}, 422, "invalid_coordinates"),
    ],
)
def test_a_question_that_has_no_answer_says_why(client, pack, query, status, code):
    answer = client.get(f"{API}/responsible", query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_administrator_imports_a_list_and_reads_it_by_pages(client, small):
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    checked = send_list(client, *EVERYTHING, dry_run="true")
    assert (checked.status_code, checked.json()["list"]) == (200, None)
    done = send_list(client, *EVERYTHING)
    assert (done.status_code, done.json()["rows"]) == (201, 2)
    list_id = done.json()["list"]
    [listed] = client.get(f"{API}/lists", {"kind": "duty"}).json()
    assert listed["id"] == list_id
    first = client.get(f"{API}/lists/{list_id}/rows", {"limit": 1}).json()
    rest = client.get(f"{API}/lists/{list_id}/rows", {"after": first[0]["row"]}).json()
    assert [row["clause"] for row in first + rest] == ["第1条", "第2条"]
    assert client.get(f"{API}/lists/{uuid4()}").status_code == 404


def test_a_refused_import_lists_every_row_in_the_readers_language(client, small):
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    answer = send_list(client, "1,第1条,X1,510108004,office,lead", "2,第2条,X2,510108004,office,lead")
    assert (answer.status_code, answer.json()["code"]) == (422, "import_refused")
    assert answer.json()["errors"] == [
        {"row": 2, "column": "class", "message": "there is no case class with the code X1."},
        {"row": 3, "column": "class", "message": "there is no case class with the code X2."},
    ]
    broken = send_list(client, file=b"PK\x03\x04not really")
    assert (broken.status_code, broken.json()["code"]) == (422, "unreadable_table")
    assert not DutyList.objects.exists()


def test_a_key_carries_an_import_out_once(client, small):
    signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    first, again = (send_list(client, *EVERYTHING, key="one") for _ in range(2))
    assert first.json() == again.json()
    assert DutyList.objects.count() == 1
    other = send_list(client, EVERYTHING[0], key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_others_may_not_import(client, small):
    assert send_list(client, *EVERYTHING).status_code == 403
    assert send_list(signed_in(client, Role.ADMIN, small["510108005"].id), *EVERYTHING).status_code == 403
    assert send_list(signed_in(client, Role.DESK, small[SUBDISTRICT].id), *EVERYTHING).status_code == 403


def test_the_city_changes_a_limit_and_the_history_tells(client, small):
    signed_in(client, Role.ADMIN, small[CITY].id)
    patch = {"limit_amount": "8", "reason": "夏季"}
    changed = client.patch(f"{API}/classes/E0101/limits", patch, content_type="application/json")
    assert changed.json()["limit"] == {"amount": "8", "kind": "working_hour"}
    assert changed.json()["response"] == {"amount": "1", "kind": "working_hour"}
    again = client.patch(f"{API}/classes/E0101/limits", patch, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (422, "limit_unchanged")
    history = client.get(f"{API}/classes/E0101").json()["versions"]
    assert [version["limit"]["amount"] for version in history] == ["8", "4"]


@pytest.mark.parametrize(
    "patch",
    [
        {"limit_amount": "8"},
        {"limit_amount": "-1", "reason": "x"},
        {"limit_amount": "0", "reason": "x"},
        {"limit_kind": "fortnight", "reason": "x"},
        {"limit_amount": "8", "reason": "a\x00b"},
    ],
)
def test_a_wrong_change_of_a_limit_is_refused(client, small, patch):
    signed_in(client, Role.ADMIN, small[CITY].id)
    answer = client.patch(f"{API}/classes/E0101/limits", patch, content_type="application/json")
    assert answer.status_code == 422
    assert queries.minor_class("E0101").limit.amount == 4


def test_a_stale_editor_is_told(client, small):
    signed_in(client, Role.ADMIN, small[CITY].id)
    patch = {"limit_amount": "8", "reason": "x", "expected_version": str(uuid4())}
    assert client.patch(f"{API}/classes/E0101/limits", patch, content_type="application/json").status_code == 409


def test_the_calendar_is_set_and_cleared(client, small):
    signed_in(client, Role.ADMIN, small[CITY].id)
    day = {"hours": "09:00-12:00", "reason": "半天"}
    assert client.put(f"{API}/days/2026-12-31", day, content_type="application/json").json()["hours"] == "09:00-12:00"
    assert [row["day"] for row in client.get(f"{API}/days").json()] == ["2026-12-31"]
    assert client.delete(f"{API}/days/2026-12-31").status_code == 204
    assert client.delete(f"{API}/days/2026-12-31").status_code == 404
    wrong = client.put(f"{API}/days/2026-12-31", {"hours": "9-5", "reason": "x"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_hours")


def test_a_clause_leads_to_its_tasks_and_back(client, pack):
    told = client.get(f"{API}/responsible", {"class": "E0102", "unit": "510108004003"}).json()
    [task] = client.get(f"{API}/duties/{told['duty']}/tasks").json()
    assert task["item_en"].startswith("Patrol back streets")
    [duty] = client.get(f"{API}/tasks/{task['id']}/duties").json()
    assert duty["id"] == told["duty"]
    clauses = client.get(f"{API}/bodies/{told['body']['id']}/duties").json()
    assert told["clause"] in [row["clause"] for row in clauses]
    assert client.get(f"{API}/gaps", {"unit": SUBDISTRICT}).json() == []
    assert len(client.get(f"{API}/gaps", {"unit": "510108005"}).json()) == 210


def test_pages_of_rows_cost_the_same_number_of_queries(client, pack, django_assert_max_num_queries):
    list_id = queries.lists("duty")[0].id
    client.get(f"{API}/lists/{list_id}/rows", {"limit": 1})
    with django_assert_max_num_queries(3):
        assert len(client.get(f"{API}/lists/{list_id}/rows", {"limit": 400}).json()) == 400

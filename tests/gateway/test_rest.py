"""The REST API of cases through the whole stack: keys, sessions, nobody; the loop, filters, refusals as problem details."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories.api_client import Api
from factories.world import ELSEWHERE, HERE, World

from linli.cases import queries as cases
from linli.cases.models import Case
from linli.cases.rules import metres_between
from linli.foundation import rates
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.gateway import actions
from linli.people.models import Person

pytestmark = pytest.mark.django_db

REPORT: dict[str, Any] = {
    "description": "单元门口堆了很多垃圾，有异味",
    "lon": HERE[0],
    "lat": HERE[1],
    "class_code": "0103",
}


@pytest.fixture
def key(world: World, admin: Actor) -> Callable[..., str]:
    """Makes a key and gives its secret."""

    def make(*may: str, role: str = "", unit: str = "W", body: str | None = None, rate: int = 1000) -> str:
        with acting_as(SYSTEM):
            return actions.create_key(
                name="key",
                may=may,
                unit_id=world.id(unit),
                by=SYSTEM,
                role=role,
                body_id=world.bodies[body].id if body else None,
                rate_per_minute=rate,
            ).secret

    return make


@pytest.fixture
def poster(key: Callable[..., str]) -> Api:
    return Api(key("post"))


@pytest.fixture
def desk(key: Callable[..., str]) -> Api:
    return Api(key("act", role="desk"))


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    return body


def collected(api: Api, **changes: Any) -> dict[str, Any]:
    response = api.post("cases", REPORT | changes)
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def test_a_case_is_lived_through_by_keys_alone(key: Callable[..., str], poster: Api, desk: Api) -> None:
    handler = Api(key("act", role="handler", body="water"))
    verifier = Api(key("act", role="verifier"))
    made = collected(poster)
    path = f"cases/{made['number']}/changes"
    for api, change, body, state in (
        (desk, "file", {}, "filed"),
        (desk, "dispatch", {}, "dispatched"),
        (handler, "accept", {}, "accepted"),
        (handler, "report_back", {"note": "已更换"}, "handled"),
        (verifier, "verify", {}, "verified"),
        (desk, "close", {}, "closed"),
    ):
        response = api.post(f"{path}/{change}", body)
        assert response.status_code == 200, response.content
        assert response.json()["state"] == state
    rated = Api().post(f"{path}/evaluate", {"solved": True, "stars": 5}, {"X-Case-Secret": made["secret"]})
    assert rated.json()["state"] == "evaluated"
    entries = desk.get(f"cases/{made['number']}/timeline").json()
    assert [entry["action"] for entry in entries] == [
        *("collect", "file", "dispatch", "accept", "report_back", "verify", "close", "evaluate"),
    ]


def test_the_secret_opens_the_case_and_its_number_alone_does_not(poster: Api) -> None:
    made = collected(poster, contact_name="王小明", contact_phone="13800001234")
    problem(Api().get(f"cases/{made['number']}"), 404, "not_found")
    problem(Api().get(f"cases/{made['number']}", {"X-Case-Secret": "x" * 20}), 404, "not_found")
    shown = Api().get(f"cases/{made['number']}", {"X-Case-Secret": made["secret"]}).json()
    assert shown["number"] == made["number"]
    assert made["secret"] in made["track"]
    assert shown["description"] == REPORT["description"]
    timeline = Api().get(f"cases/{made['number']}/timeline", {"X-Case-Secret": made["secret"]}).json()
    assert timeline[0]["data"] == {}


def test_a_repeated_key_makes_one_case_and_gives_the_same_link(poster: Api) -> None:
    sent = [poster.post("cases", REPORT, {"Idempotency-Key": "k1"}).json() for _twice in range(2)]
    assert [one["repeated"] for one in sent] == [False, True]
    assert sent[0]["id"] == sent[1]["id"]
    assert sent[0]["secret"] == sent[1]["secret"] != ""
    problem(
        poster.post("cases", REPORT | {"description": "别的事情"}, {"Idempotency-Key": "k1"}),
        422,
        "idempotency_key_reused",
    )


def test_keys_of_others_open_nothing(key: Callable[..., str], poster: Api) -> None:
    made = collected(poster)
    stranger = Api(key("act", role="desk", unit="E"))
    for reference in (made["number"], made["id"]):
        problem(stranger.get(f"cases/{reference}"), 404, "not_found")
        problem(stranger.post(f"cases/{reference}/changes/file"), 404, "not_found")
    problem(poster.get(f"cases/{made['number']}"), 404, "not_found")
    assert stranger.get("cases").json() == {"cases": [], "before": None}


def test_what_is_no_key_is_told_so(poster: Api) -> None:
    problem(Api("linli_" + "x" * 32).get("cases"), 401, "key_not_valid")
    problem(Api().get("cases"), 401, "sign_in_needed")


def test_a_key_that_reads_hands_in_nothing_and_changes_nothing(key: Callable[..., str], poster: Api) -> None:
    reader = Api(key("read"))
    problem(reader.post("cases", REPORT), 403, "not_allowed")
    made = collected(poster)
    assert [case["number"] for case in reader.get("cases").json()["cases"]] == [made["number"]]
    problem(reader.post(f"cases/{made['number']}/changes/file"), 403, "not_allowed")


def test_a_session_needs_the_anti_forgery_token_and_a_key_does_not(world: World, poster: Api) -> None:
    with acting_as(SYSTEM):
        person = world.staff("somebody")
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)
    problem(Api(client=client).post("cases", REPORT), 403, "form_expired")
    client.cookies["csrftoken"] = token = "t" * 32
    assert Api(client=client).post("cases", REPORT, {"X-CSRFToken": token}).status_code == 201
    assert poster.post("cases", REPORT).status_code == 201


@pytest.mark.parametrize("channel", ["grid_worker", "hotline", "paper", "sensor", "open311"])
def test_nobody_passes_a_report_off_as_a_colleagues(world: World, channel: str) -> None:
    problem(Api().post("cases", REPORT | {"channel": channel}), 403, "not_allowed")


def test_nobody_may_report_a_little(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setenv("LINLI_WORKERS", "1")
    statuses = [Api().post("cases", REPORT).status_code for _call in range(21)]
    assert statuses == [201] * 20 + [429]
    refused = Api().post("cases", REPORT)
    problem(refused, 429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    rates.addresses.forget()


def test_filters_and_pages(poster: Api, desk: Api, key: Callable[..., str]) -> None:
    numbers = [collected(poster)["number"] for _case in range(3)]
    city = Api(key("read", unit="51"))
    elsewhere = collected(poster, lon=ELSEWHERE[0], lat=ELSEWHERE[1], class_code="0102", description="路灯不亮")
    first = city.get("cases", size=2).json()
    assert [case["number"] for case in first["cases"]] == [elsewhere["number"], numbers[2]]
    second = city.get("cases", size=2, before=first["before"]).json()
    assert ([case["number"] for case in second["cases"]], second["before"]) == ([numbers[1], numbers[0]], None)
    for filters in ({"class_code": "0102"}, {"text": "路灯"}, {"text": elsewhere["number"]}):
        found = city.get("cases", **filters).json()["cases"]
        assert [case["number"] for case in found] == [elsewhere["number"]], filters
    desk.post(f"cases/{numbers[0]}/changes/file")
    assert [case["number"] for case in city.get("cases", state="filed").json()["cases"]] == [numbers[0]]
    assert [case["number"] for case in desk.get("cases", channel="app", open=True).json()["cases"]] == numbers[::-1]


def test_many_at_once_and_each_has_its_answer(poster: Api, desk: Api) -> None:
    ids = [collected(poster)["id"] for _case in range(2)]
    desk.post(f"cases/{ids[0]}/changes/file")
    response = desk.post("cases/changes/file", {"cases": ids})
    assert response.status_code == 200, response.content
    body = response.json()
    assert [case["id"] for case in body["done"]] == [ids[1]]
    assert [(one["case"], one["code"]) for one in body["refused"]] == [(ids[0], "wrong_state")]


def test_a_stale_version_changes_nothing(poster: Api, desk: Api) -> None:
    made = collected(poster)
    desk.post(f"cases/{made['number']}/changes/file", {"version": 1})
    problem(desk.post(f"cases/{made['number']}/changes/classify", {"class_code": "0102", "version": 1}), 409, "stale")


def test_a_change_with_a_used_key_answers_the_same(poster: Api, desk: Api) -> None:
    made = collected(poster)
    answers = [
        desk.post(f"cases/{made['number']}/changes/file", {}, {"Idempotency-Key": "once"}).json() for _twice in range(2)
    ]
    assert answers[0] == answers[1]
    other = desk.post(f"cases/{made['number']}/changes/file", {"note": "x"}, {"Idempotency-Key": "once"})
    problem(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"description": "路灯不亮"}, 422, "no_place"),
        ({"description": "😀😀", "lon": HERE[0], "lat": HERE[1]}, 422, "nothing_said"),
        (REPORT | {"title": "🎉👍"}, 422, "nothing_said"),
        (REPORT | {"lon": HERE[1], "lat": HERE[0]}, 422, "swapped_coordinates"),
        (REPORT | {"lon": 0.0, "lat": 0.0}, 422, "outside_city"),
        (REPORT | {"class_code": "none"}, 422, "unknown_class"),
        (REPORT | {"contact_phone": "12"}, 422, "invalid_phone"),
        (REPORT | {"reported_at": "2020-01-01T00:00:00Z"}, 422, "date_too_old"),
        (REPORT | {"files": ["0192d0b6-0000-7000-8000-000000000000"]}, 422, "file_unknown"),
        (REPORT | {"nature": "nonsense"}, 422, "invalid_input"),
        (REPORT | {"lon": "x"}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
        (REPORT | {"channel": "pigeon"}, 422, "invalid_input"),
    ],
)
def test_bad_reports_are_refused_with_their_reason(poster: Api, body: dict[str, Any], status: int, code: str) -> None:
    problem(poster.post("cases", body), status, code)
    with acting_as(SYSTEM):
        assert not Case.objects.exists()


def test_refusals_speak_the_readers_language(poster: Api) -> None:
    said = [
        problem(poster.post("cases", {}, {"Accept-Language": language}), 422, "invalid_input")["errors"][0]["message"]
        for language in ("en", "zh-CN")
    ]
    assert said[0] == "This field is needed."
    assert said[1] != said[0]


@pytest.mark.parametrize(
    ("sent", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "bad_request"),
        (json.dumps(REPORT), "text/plain", 415, "wrong_media_type"),
        ('{"description": "a\\u0000b", "address": "x"}', "application/json", 422, "unusable_text"),
        ('{"description": "a\\ud800b", "address": "x"}', "application/json", 422, "unusable_text"),
        ('{"description": "ab", "lon": NaN, "lat": 1}', "application/json", 400, "bad_request"),
        ('{"description": "ab", "lon": 1e999, "lat": 1}', "application/json", 422, "invalid_input"),
        ("[" * 100_000, "application/json", 400, "bad_request"),
        (json.dumps({"description": "x" * 3_000_000}), "application/json", 413, "too_large"),
    ],
)
def test_what_is_no_json_for_us_is_refused(poster: Api, sent: str, kind: str, status: int, code: str) -> None:
    problem(poster.post("cases", sent, content_type=kind), status, code)


def test_other_methods_and_addresses_are_problems_too(poster: Api) -> None:
    refused = poster.delete("cases")
    problem(refused, 405, "method_not_allowed")
    assert "POST" in refused.headers["Allow"]
    problem(poster.get("nothing/here"), 404, "not_found")


def test_what_the_public_may_know(poster: Api, desk: Api) -> None:
    made = collected(poster, title="电话13800001234的井盖", description="张三家门口")
    private = collected(poster, private=True)
    for number in (made["number"], private["number"]):
        desk.post(f"cases/{number}/changes/file")
    shown = Api().get("cases/public").json()["cases"]
    assert [case["number"] for case in shown] == [made["number"]]
    text = json.dumps(shown, ensure_ascii=False)
    assert "13800001234" not in text
    assert "张三" not in text
    problem(Api().get(f"cases/public/{private['number']}"), 404, "not_found")
    assert Api().get("cases/public", bbox="103,30,104.001,31").json()["cases"] == []
    problem(Api().get("cases/public", bbox="1,2,3"), 422, "invalid_input")


def test_duplicates_and_suggestions_are_offered(poster: Api, desk: Api) -> None:
    made = collected(poster)
    likely = desk.get(
        "cases/duplicates", lon=HERE[0], lat=HERE[1], text=REPORT["description"], class_code="0103"
    ).json()
    assert [one["number"] for one in likely] == [made["number"]]
    assert likely[0]["title"]
    # Before the desk has read it, nobody else reads its words.
    assert Api().get("cases/duplicates", lon=HERE[0], lat=HERE[1], class_code="0103").json()[0]["title"] == ""
    suggested = Api().get("cases/suggestions", text="路灯不亮了").json()
    assert suggested[0]["class_code"] == "0102"


def test_a_report_takes_at_most_six_round_trips(poster: Api) -> None:
    from django.db import connection

    collected(poster)
    before = connection.round_trips  # type: ignore[attr-defined]
    collected(poster)
    # Within a test's transaction BEGIN and COMMIT are a savepoint and its release: as many.
    assert connection.round_trips - before <= 6  # type: ignore[attr-defined]


def test_a_list_takes_few_statements_however_long_it_is(poster: Api, desk: Api) -> None:
    from django.db import connection

    for _case in range(5):
        collected(poster)
    desk.get("cases")
    before = connection.round_trips  # type: ignore[attr-defined]
    assert len(desk.get("cases").json()["cases"]) == 5
    assert connection.round_trips - before <= 6  # type: ignore[attr-defined]


def test_the_lifecycle_and_what_one_may_do_now(poster: Api, desk: Api) -> None:
    table = {change["name"]: change for change in Api().get("cases/lifecycle").json()}
    assert table["dispatch"]["to"] == "dispatched"
    made = collected(poster)
    allowed = {change["name"] for change in desk.get(f"cases/{made['number']}/changes").json()}
    assert {"file", "decline", "merge"} <= allowed
    with acting_as(SYSTEM):
        assert cases.case_by_reference(SYSTEM, made["number"]).state == "collected"


def test_neighbours_join_a_case_by_number_or_id_also_before_the_desk_has_read_it(world: World, poster: Api) -> None:
    made = collected(poster)
    with acting_as(SYSTEM):
        person = Person.objects.get(pk=world.resident("13900005678").id)
    browser = Client()
    with acting_as(SYSTEM):
        browser.force_login(person)
    for name, counted in ((made["number"], True), (made["id"], False)):
        answer = browser.post(f"/api/v1/cases/{name}/support", content_type="application/json")
        assert answer.status_code == 200, answer.content
        assert answer.json() == {"number": made["number"], "counted": counted}
        shown = Api().get(f"cases/public/{name}").json()
        assert (shown["state"], shown["title"], shown["supports"]) == ("collected", "", 1)


def test_nobody_measures_out_where_a_stranger_lives(poster: Api, desk: Api) -> None:
    """Distances from many points would give the very place; the public may know it to about 100 m."""
    lon, lat = 104.0024, 30.6026
    collected(poster, lon=lon, lat=lat)
    around = [(lon + east, lat + north) for east in (-0.0004, 0, 0.0004) for north in (-0.0004, 0, 0.0004)]
    for x, y in around:
        (seen,) = Api().get("cases/duplicates", lon=x, lat=y, class_code="0103").json()
        assert seen["metres"] == round(metres_between(x, y, round(lon, 3), round(lat, 3)))
        (known,) = desk.get("cases/duplicates", lon=x, lat=y, class_code="0103").json()
        assert known["metres"] == round(metres_between(x, y, lon, lat))


def test_a_period_before_the_calendar_is_refused(desk: Api) -> None:
    problem(desk.get("cases/rates", until="0001-01-02T00:00:00Z"), 422, "invalid_input")


def test_the_same_photo_in_a_repeated_report_is_the_same_report(world: World, poster: Api) -> None:
    file = poster.client.post(
        "/api/v1/cases/files",
        {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")},
        headers=poster.headers,
    )
    files = [file.json()["id"]]
    first = poster.post("cases", REPORT | {"files": files}, headers={"Idempotency-Key": "photo"})
    second = poster.post("cases", REPORT | {"files": files}, headers={"Idempotency-Key": "photo"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json() | {"repeated": True}

"""Open311 GeoReport v2: reading what is public, handing in by key, refusals in the standard's form; JSON and XML alike."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import xmltodict
from django.test import Client
from factories.world import ELSEWHERE, HERE, World

from linli.cases import actions as cases
from linli.cases.models import Case, CaseContact, CaseText
from linli.cases.rules import Report, reference_of
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.gateway import actions

pytestmark = pytest.mark.django_db

BASE = "/open311/v2"
POSTED = {"service_code": "0103", "description": "井盖破损", "lat": str(HERE[1]), "long": str(HERE[0])}


@pytest.fixture
def api_key(world: World) -> str:
    with acting_as(SYSTEM):
        return actions.create_key(name="App", may=["post"], unit_id=world.id("51"), by=SYSTEM).secret


@pytest.fixture
def post(client: Client, api_key: str) -> Callable[..., Any]:
    def send(form: str = "json", **changes: str | None) -> Any:
        sent = POSTED | {"api_key": api_key} | changes
        return client.post(
            f"{BASE}/requests.{form}", {name: value for name, value in sent.items() if value is not None}
        )

    return send


@pytest.fixture
def filed(world: World) -> list[Case]:
    """Two public cases (one closed by declining nothing: a plain open one and one closed), and a private one."""
    desk = world.actor("desk", Role.DESK, "51")
    made = []
    for changes in ({}, {"lon": ELSEWHERE[0], "lat": ELSEWHERE[1], "class_code": "0102"}, {"private": True}):
        values = {"description": "路灯 13800001234", "lon": HERE[0], "lat": HERE[1], "class_code": "0103"} | changes
        with acting_as(SYSTEM):
            case = cases.collect(report=Report(**values), by=SYSTEM).case
        with acting_as(desk):
            made += cases.file(cases=[case.id], by=desk).done
    return made


def close(case: Case) -> None:
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case.pk).update(state="closed", closed_at=clock.now())


def refused(response: Any, status: int, form: str = "json") -> str:
    assert response.status_code == status, response.content
    content = response.json() if form == "json" else [xmltodict.parse(response.content)["errors"]["error"]]
    assert [int(error["code"]) for error in content] == [status]
    return str(content[0]["description"])


def listed(client: Client, **query: str) -> list[str]:
    response = client.get(f"{BASE}/requests.json?{urlencode(query)}")
    assert response.status_code == 200, response.content
    return [request["service_request_id"] for request in response.json()]


# Discovery and services -------------------------------------------------------------------------------------------------


def test_discovery_names_version_forms_and_address(client: Client) -> None:
    found = client.get(f"{BASE}/discovery.json").json()
    (endpoint,) = found["endpoints"]
    assert endpoint["url"] == "http://testserver/open311/v2"
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    xml = xmltodict.parse(client.get(f"{BASE}/discovery.xml").content)["discovery"]
    assert xml["endpoints"]["endpoint"]["formats"]["format"] == ["text/xml", "application/json"]


def test_services_are_the_minor_classes(client: Client, world: World) -> None:
    response = client.get(f"{BASE}/services.json", headers={"Accept-Language": "zh-CN"})
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    services = {service["service_code"]: service for service in response.json()}
    assert set(services) == {"0101", "0102", "0103"}
    assert services["0103"] | {"description": ""} == {
        "service_code": "0103", "service_name": "井盖破损", "description": "", "metadata": True, "type": "realtime",
        "keywords": "井盖, 破损, 缺失", "group": "市容环境",
    }  # fmt: skip
    xml = client.get(f"{BASE}/services.xml", headers={"Accept-Language": "zh-CN"})
    assert xml.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert xml.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert [one["service_code"] for one in xmltodict.parse(xml.content)["services"]["service"]] == sorted(services)


def test_a_service_definition_lists_its_attributes(client: Client, world: World) -> None:
    found = client.get(f"{BASE}/services/0103.json").json()
    assert [attribute["code"] for attribute in found["attributes"]] == ["nature", "private"]
    xml = xmltodict.parse(client.get(f"{BASE}/services/0103.xml").content)["service_definition"]
    attribute = xml["attributes"]["attribute"][0]
    assert attribute["values"]["value"][0]["key"] == "complaint"
    assert attribute["variable"] == "true"
    refused(client.get(f"{BASE}/services/9999.json"), 404)
    refused(client.get(f"{BASE}/services/9999.xml"), 404, "xml")


# Posting ----------------------------------------------------------------------------------------------------------------


def test_a_posted_request_is_a_case_and_can_be_asked_for(client: Client, post: Callable[..., Any]) -> None:
    response = post(
        first_name="小明", last_name="王", phone="13800001234", email="a@b.cn", media_url="http://127.0.0.1/x.jpg",
        account_id="7", device_id="d", **{"attribute[nature]": "help", "attribute[colour]": "red"},
    )  # fmt: skip
    assert response.status_code == 201, response.content
    (made,) = response.json()
    assert made["account_id"] == "7"
    with acting_as(SYSTEM):
        case = Case.objects.get()
        text, contact = CaseText.objects.get(), CaseContact.objects.get()
    assert (case.channel, case.nature, case.reference) == ("open311", "help", made["service_request_id"])
    assert text.description == "井盖破损\ncolour: red\nhttp://127.0.0.1/x.jpg"
    assert (contact.name, contact.phone) == ("小明 王 <a@b.cn>", "13800001234")
    (shown,) = client.get(f"{BASE}/requests/{made['service_request_id']}.json").json()
    assert (shown["status"], shown["service_code"], shown["description"]) == ("open", "0103", None)
    assert client.get(f"{BASE}/tokens/{made['service_request_id']}.json").json() == [
        {"service_request_id": made["service_request_id"], "token": made["service_request_id"]}
    ]


def test_posting_answers_in_xml_too(post: Callable[..., Any]) -> None:
    response = post("xml")
    assert response.status_code == 201
    request = xmltodict.parse(response.content)["service_requests"]["request"]
    assert set(request) == {"service_request_id", "service_notice", "account_id"}


def test_forms_may_be_url_encoded(client: Client, api_key: str) -> None:
    body = urlencode(POSTED | {"api_key": api_key})
    response = client.post(f"{BASE}/requests.json", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 201


def test_an_address_id_is_a_unit_code(world: World, post: Callable[..., Any]) -> None:
    assert post(lat=None, long=None, address_id="E1").status_code == 201
    with acting_as(SYSTEM):
        assert Case.objects.get().community_id == world.id("E1")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"api_key": None}, 403),
        ({"api_key": "wrong"}, 403),
        ({"service_code": None}, 400),
        ({"service_code": "9999"}, 404),
        ({"description": None}, 400),
        ({"description": "😀"}, 400),
        ({"lat": None}, 400),
        ({"lat": "north"}, 400),
        ({"lat": "nan"}, 400),
        ({"lat": str(HERE[0]), "long": str(HERE[1])}, 400),
        ({"lat": "1", "long": "1"}, 400),
        ({"address_id": "nowhere"}, 400),
        ({"phone": "12"}, 400),
        ({"media_url": "javascript:alert(1)"}, 400),
        ({"attribute[nature]": "nonsense"}, 400),
        ({"jurisdiction_id": "boston.gov"}, 404),
        ({"description": "a\x00b"}, 400),
        ({"description": "x" * 5000}, 400),
    ],
)
def test_bad_posts_are_refused_and_nothing_is_made(
    post: Callable[..., Any], changes: dict[str, str | None], status: int
) -> None:
    assert refused(post(**changes), status)
    assert refused(post("xml", **changes), status, "xml")
    with acting_as(SYSTEM):
        assert not Case.objects.exists()


def test_the_jurisdiction_may_be_named(client: Client, world: World) -> None:
    assert client.get(f"{BASE}/services.json?jurisdiction_id=chengdu").status_code == 200
    refused(client.get(f"{BASE}/services.json?jurisdiction_id=boston.gov"), 404)


# Reading ----------------------------------------------------------------------------------------------------------------


def test_only_what_is_public_is_shown_in_the_words_of_the_standard(client: Client, filed: list[Case]) -> None:
    shown = client.get(f"{BASE}/requests.json", headers={"Accept-Language": "en"}).json()
    assert [one["service_request_id"] for one in shown] == [filed[1].reference, filed[0].reference]
    one = shown[1]
    assert one["description"] == "路灯 ***"
    assert (one["status"], one["status_notes"]) == ("open", "Filed")
    assert one["address_id"] == "W1"
    assert abs(one["lat"] - HERE[1]) <= 0.0005
    assert one["requested_datetime"].endswith("+08:00")
    assert one["expected_datetime"] > one["requested_datetime"]
    assert all(one[name] is None for name in ("address", "zipcode", "media_url"))
    refused(client.get(f"{BASE}/requests/{filed[2].reference}.json"), 404)


def test_filters(client: Client, filed: list[Case]) -> None:
    here, there, private = (case.reference for case in filed)
    close(filed[1])
    assert listed(client, status="open") == [here]
    assert listed(client, status="closed") == [there]
    assert listed(client, status="open,closed") == [there, here]
    assert listed(client, service_code="0102") == [there]
    assert listed(client, service_code="0102,0103") == [there, here]
    assert listed(client, service_request_id=f"{here},{private},nonsense,{reference_of(5)}") == [here]
    # Ids override the rest.
    assert listed(client, service_request_id=here, status="closed") == [here]
    assert listed(client, bbox="104.02,30.6,104.04,30.64") == [there]
    assert listed(client, per_page="1", page="2") == [here]
    assert listed(client, service_request_id="nonsense") == []


def test_periods(client: Client, filed: list[Case]) -> None:
    old = filed[0]
    with acting_as(SYSTEM):
        Case.objects.filter(pk=old.pk).update(reported_at=clock.now() - timedelta(days=100))
    here, there = (case.reference for case in filed[:2])
    assert listed(client) == [there]
    start = (clock.now() - timedelta(days=101)).isoformat()
    assert listed(client, start_date=start) == [here]
    assert listed(client, end_date=(clock.now() - timedelta(days=50)).isoformat()) == [here]
    assert listed(client, updated_after=(clock.now() - timedelta(hours=1)).isoformat()) == [there]
    span = {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00+08:00"}
    refused(client.get(f"{BASE}/requests.json?{urlencode(span)}"), 400)


@pytest.mark.parametrize(
    "query",
    [
        *("status=half", "start_date=yesterday", "start_date=2026-01-01T00:00:00", "page=0", "page=-1", "per_page=x"),
        *("bbox=1,2", "bbox=nan,1,2,3", "start_date=9999-12-31T23:59:59Z", "end_date=0001-01-01T00:00:00Z", "page=٣"),
    ],
)
def test_bad_queries_are_refused(client: Client, world: World, query: str) -> None:
    refused(client.get(f"{BASE}/requests.json?{query}"), 400)


def test_unknown_service_in_a_filter_is_not_found(client: Client, world: World) -> None:
    refused(client.get(f"{BASE}/requests.json?service_code=9999"), 404)


def test_other_methods_and_endings(client: Client, world: World) -> None:
    response = client.delete(f"{BASE}/requests.json")
    refused(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, POST"
    refused(client.get(f"{BASE}/requests.html"), 404)
    refused(client.get(f"{BASE}/nothing.xml"), 404, "xml")


def test_a_read_key_may_not_post(client: Client, world: World) -> None:
    with acting_as(SYSTEM):
        secret = actions.create_key(name="reader", may=["read"], unit_id=world.id("51"), by=SYSTEM).secret
    refused(client.post(f"{BASE}/requests.json", POSTED | {"api_key": secret}), 403)


def test_a_page_costs_one_statement(client: Client, filed: list[Case], django_assert_num_queries: Any) -> None:
    listed(client)
    with django_assert_num_queries(1):
        assert len(listed(client)) == 2


def test_posting_takes_at_most_six_round_trips(post: Callable[..., Any], world: World) -> None:
    from django.db import connection

    post()
    before = connection.round_trips  # type: ignore[attr-defined]
    assert post().status_code == 201
    assert connection.round_trips - before <= 6  # type: ignore[attr-defined]


def test_a_key_in_the_wrong_hands_stays_inside_its_rate(client: Client, world: World, admin: Actor) -> None:
    with acting_as(SYSTEM):
        key = actions.create_key(name="slow", may=["post"], unit_id=world.id("51"), by=SYSTEM, rate_per_minute=2).secret
    statuses = [client.post(f"{BASE}/requests.json", POSTED | {"api_key": key}).status_code for _call in range(3)]
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n", "multipart/form-data; boundary=x"),
        (b"api_key=%ff", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"a=1&" * 2000, "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
        (b'{"service_code": "0103"}', "application/json"),
    ],
)
def test_what_is_no_form_is_refused_in_the_form_of_the_standard(
    client: Client, world: World, body: bytes, kind: str
) -> None:
    response = client.post(f"{BASE}/requests.xml", body, content_type=kind)
    assert response.status_code in {400, 403, 413}
    refused(response, response.status_code, "xml")


def test_every_number_of_a_long_list_is_looked_up(client: Client, filed: list[Case]) -> None:
    unknown = [reference_of(number) for number in range(1, 400)]
    numbers = ",".join([*unknown, filed[0].reference])
    assert listed(client, service_request_id=numbers) == [filed[0].reference]
    too_many = ",".join(reference_of(number) for number in range(1, 1002))
    refused(client.get(f"{BASE}/requests.json", {"service_request_id": too_many}), 400)

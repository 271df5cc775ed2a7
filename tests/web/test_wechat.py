"""WeChat on the pages: connecting one's own, what is offered and when, what administrators see, a page's signature."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from factories.providers import SECRET, Aliyun, Wechat, listening
from factories.wechat_account import INSIDE, account
from factories.world import HERE, World
from web.conftest import Enter

from linli.cases import actions as cases
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, Role, acting_as
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry
from linli.gateway import actions, notices, sent, wechat
from linli.gateway.models import OutgoingMessage, OutgoingState, Wishes
from linli.gateway.rules import QUIET_FROM
from linli.gateway.schemas import OutgoingOut
from linli.people import actions as people
from linli.people.models import Person

pytestmark = pytest.mark.django_db

__all__ = ["account"]


def begin(client: Client) -> str:
    """Press “Agree and connect”; returns the state that WeChat is given."""
    answer = client.post("/me/wechat/connect/")
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer["Location"]).query)["state"][0]


def come_back(client: Client, code: str, state: str) -> int:
    return client.get("/me/wechat/done/", {"code": code, "state": state}).status_code


def connected(client: Client, account: Wechat, openid: str = "oWechat1") -> None:
    account.codes["CODE"] = openid
    assert come_back(client, "CODE", begin(client)) == 302


def kept(openid: str) -> list[str]:
    """Whose account it is, by their number."""
    with acting_as(SYSTEM):
        return [one.phone or str(one.username) for one in Person.objects.all() if one.openid == openid]


def test_one_connects_ones_wechat_inside_wechat_and_disconnects_it(enter: Enter, account: Wechat) -> None:
    client: Client = enter()
    page = client.get("/me/wechat/")
    assert "Agree and connect" not in page.content.decode()
    page = client.get("/me/wechat/", headers={"user-agent": INSIDE})
    assert "Agree and connect" in page.content.decode()
    # The button leads to WeChat: browsers want that named.
    assert "form-action 'self' https://open.weixin.qq.com;" in page["Content-Security-Policy"]
    answer = client.post("/me/wechat/connect/")
    where = urlsplit(answer["Location"])
    assert (where.netloc, where.path, where.fragment) == (
        "open.weixin.qq.com", "/connect/oauth2/authorize", "wechat_redirect",
    )  # fmt: skip
    asked = {name: value[0] for name, value in parse_qs(where.query).items()}
    state = asked.pop("state")
    assert state.isalnum()
    assert asked == {
        "appid": "wx-app", "redirect_uri": "http://127.0.0.1:8000/me/wechat/done/", "response_type": "code", "scope": "snsapi_base",
    }  # fmt: skip
    account.codes["CODE"] = "oWechat1"
    assert come_back(client, "CODE", state) == 302
    assert kept("oWechat1") == ["13800001234"]
    assert "Your WeChat is connected" in client.get("/me/wechat/").content.decode()
    assert "WeChat account (openid)" in client.get("/me/").content.decode()
    assert '"wechat_openid": "oWechat1"' in client.get("/me/export/").content.decode()
    client.post("/me/wechat/disconnect/")
    client.post("/me/wechat/disconnect/")
    assert kept("oWechat1") == []
    with acting_as(SYSTEM):
        steps = Entry.objects.filter(subject_type="person", action__startswith="wechat_").order_by("seq")
        assert list(steps.values_list("action", flat=True)) == ["wechat_connected", "wechat_disconnected"]


def test_the_openid_is_encrypted_and_goes_with_the_account(enter: Enter, account: Wechat, world: World) -> None:
    client: Client = enter()
    connected(client, account)
    with acting_as(SYSTEM):
        raw = Person.objects.extra(select={"raw": "openid"}).get(username=None).raw
    assert b"oWechat1" not in bytes(raw)
    resident = world.resident("13800001234")
    people.erase_person(by=resident)
    with acting_as(SYSTEM):
        erased = Person.objects.get(pk=resident.id)
    assert (erased.openid, erased.openid_hash) == ("", None)


def test_a_resident_and_the_same_person_as_staff_may_have_one_wechat(enter: Enter, account: Wechat) -> None:
    connected(enter(), account)
    connected(enter(Role.DESK, "W"), account)
    assert len(kept("oWechat1")) == 2


def test_connecting_is_offered_only_where_the_city_has_a_service_account(
    enter: Enter, account: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Client = enter()
    for path in ("/my/", "/me/", "/messages/settings/"):
        assert "/me/wechat/" in client.get(path).content.decode()
    monkeypatch.setenv("LINLI_WECHAT_SECRET", "")
    for path in ("/my/", "/me/", "/messages/settings/"):
        assert "/me/wechat/" not in client.get(path).content.decode()
    assert client.get("/me/wechat/").status_code == 404
    assert client.post("/me/wechat/connect/").status_code == 404
    assert client.get("/wechat/signature/").status_code == 404


def test_while_wechat_is_down_the_page_says_so_and_nothing_is_kept(enter: Enter, account: Wechat) -> None:
    client: Client = enter()
    account.answers = [(502, b"bad gateway")]
    assert come_back(client, "CODE", begin(client)) == 503
    assert kept("") != []
    assert kept("oWechat1") == []


# What is offered --------------------------------------------------------------------------------------------------------


def test_only_ways_that_are_connected_can_be_chosen(
    enter: Enter, account: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Client = enter()
    hours = {"quiet_from": "22:00", "quiet_to": "07:00", "digest_hour": ""}
    chosen = dict.fromkeys(("way_progress", "way_asked", "way_area", "way_product"), "app") | hours
    page = client.get("/messages/settings/").content.decode()
    assert "Text message" not in page
    assert "WeChat (connect WeChat first)" in page
    assert client.post("/messages/settings/", chosen | {"way_progress": "wechat"}).status_code == 422
    assert client.post("/messages/settings/", chosen | {"way_progress": "sms"}).status_code == 422
    connected(client, account)
    assert "WeChat</option>" in client.get("/messages/settings/").content.decode()
    assert client.post("/messages/settings/", chosen | {"way_progress": "wechat"}).status_code == 302
    monkeypatch.setenv("LINLI_SMS", "http")
    page = client.get("/messages/settings/").content.decode()
    assert "Text message</option>" in page
    assert '<option value="wechat" selected>' in page
    # What was left as it stood was no choice: questions go by text now that texts leave.
    assert '<option value="sms" selected>' in page


def test_a_demo_shows_the_other_ways_in_grey_with_the_reason(enter: Enter, settings: object) -> None:
    settings.LINLI_DEMO = True  # type: ignore[attr-defined]
    page = enter().get("/messages/settings/").content.decode()
    assert "Text message (not connected here)" in page
    assert '<option value="sms" disabled>' in page
    settings.LINLI_DEMO = False  # type: ignore[attr-defined]
    page = enter().get("/messages/settings/").content.decode()
    assert "Text message" not in page
    assert "Texts go to" not in page
    assert "messages stay in the app" in page


def test_the_call_that_was_filed_promises_a_text_only_where_texts_leave(
    enter: Enter, monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    clerk: Client = enter(Role.HOTLINE_CLERK)
    page = clerk.get(f"/hotline/?filed={called}").content.decode()
    assert "No text goes to 137****1111" in page
    monkeypatch.setenv("LINLI_SMS", "http")
    page = clerk.get(f"/hotline/?filed={called}").content.decode()
    assert "by text" in page


def collected(world: World) -> Case:
    clerk = world.actor("caller's clerk", Role.HOTLINE_CLERK, "51")
    report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], channel="hotline", contact_phone="13700001111")
    with acting_as(clerk):
        return cases.collect(report=report, by=clerk).case


@pytest.fixture
def called(world: World) -> str:
    return str(collected(world).reference)


# What goes out ----------------------------------------------------------------------------------------------------------


def choose(by: Actor, **ways: str) -> None:
    with acting_as(by):
        actions.choose(by=by, ways=ways, quiet_from=QUIET_FROM, quiet_to=QUIET_FROM)


def told(by: Actor, template: str = "filed") -> OutgoingMessage | None:
    """The message to a phone or to WeChat that the person is sent about a new case."""
    case = uuid7()
    with acting_as(SYSTEM):
        post = notices.Post(by.id, template, {"number": "100001-8"}, case)
        notices.send([post], uuid7(), clock.now())
        row = OutgoingMessage.objects.filter(case=case).first()
        if row is not None:
            OutgoingMessage.objects.filter(pk=row.pk).update(next_at=clock.now(), held="")
            actions.send_message(message_id=row.pk)
            row.refresh_from_db()
    return row


def test_a_message_goes_to_the_wechat_that_is_connected_when_it_goes(
    enter: Enter, account: Wechat, world: World
) -> None:
    resident = world.resident("13800001234")
    choose(resident, progress="wechat")
    connected(enter(), account)
    row = told(resident)
    assert row is not None
    assert (row.channel, row.state, row.provider_id) == ("wechat", OutgoingState.SENT, "200228332")
    assert account.reached[0]["touser"] == "oWechat1"
    assert account.reached[0]["url"] == "http://127.0.0.1:8000/case/100001-8/"
    # Whoever took their WeChat off is told the usual way: progress in the app, questions by text.
    with acting_as(resident):
        people.disconnect_wechat(by=resident)
    assert told(resident) is None
    choose(resident, asked="wechat")
    asked = told(resident, "asked")
    assert asked is not None
    assert asked.channel == "sms"


def test_who_has_no_number_is_reached_by_wechat(account: Wechat, world: World) -> None:
    handler = world.actor("handler", Role.HANDLER, "W", "water")
    choose(handler, work="wechat")
    assert told(handler, "work_new") is None
    people.connect_wechat(openid="oWechat1", by=handler)
    # Of work no template is registered in this city: it fails, and says so.
    row = told(handler, "work_new")
    assert row is not None
    assert (row.state, row.error) == (OutgoingState.FAILED, "no template is registered for work_new")
    choose(handler, progress="wechat")
    row = told(handler)
    assert row is not None
    assert row.state == OutgoingState.SENT
    assert account.reached[0]["touser"] == "oWechat1"


def on_its_way(resident: Actor, template: str) -> OutgoingMessage:
    with acting_as(SYSTEM):
        case = uuid7()
        notices.send([notices.Post(resident.id, template, {"number": "1-1"}, case)], uuid7(), clock.now())
        OutgoingMessage.objects.update(next_at=clock.now(), held="")
        return OutgoingMessage.objects.get(case=case)


def attempt(row: OutgoingMessage) -> OutgoingMessage:
    with acting_as(SYSTEM):
        actions.send_message(message_id=row.pk)
        row.refresh_from_db()
    return row


def test_what_was_on_its_way_when_wechat_was_taken_off_goes_the_usual_way(account: Wechat, world: World) -> None:
    resident = world.resident("13800001234")
    people.connect_wechat(openid="oWechat1", by=resident)
    choose(resident, progress="wechat", asked="wechat")
    progress, asked = on_its_way(resident, "filed"), on_its_way(resident, "asked")
    with acting_as(resident):
        people.disconnect_wechat(by=resident)
    # Progress stands in the app; what they are asked is texted.
    row = attempt(progress)
    assert (row.state, row.error) == (OutgoingState.FAILED, "no WeChat account is connected")
    row = attempt(asked)
    assert (row.state, row.channel, row.recipient) == (OutgoingState.WAITING, "sms", "13800001234")
    assert attempt(row).state == OutgoingState.RECORDED
    assert account.reached == []


@pytest.mark.parametrize("code", [43004, 43101, 40003])
def test_who_takes_no_wechat_any_more_is_texted_what_they_are_asked(
    account: Wechat, cloud: Aliyun, world: World, code: int
) -> None:
    resident = world.resident("13800001234")
    people.connect_wechat(openid="oWechat1", by=resident)
    choose(resident, asked="wechat")
    row, other = on_its_way(resident, "asked"), on_its_way(resident, "asked")
    templates = {"asked": {"template": "T2", "data": {}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINLI_WECHAT_TEMPLATES", json.dumps(templates))
        account.answers = [(200, {"access_token": "T1", "expires_in": 7200}), (200, {"errcode": code})]
        assert attempt(row).channel == "sms"
        assert attempt(row).state == OutgoingState.SENT
        assert [one["PhoneNumbers"] for one in cloud.reached] == ["13800001234"]
        # Nobody to text: it fails, and says why.
        with acting_as(SYSTEM):
            Person.objects.filter(pk=resident.id).update(phone="")
        account.answers = [(200, {"errcode": code})]
        row = attempt(other)
    assert (row.state, row.error) == (OutgoingState.FAILED, f"errcode {code}")


def test_where_the_city_has_taken_wechat_off_a_text_goes_if_texts_leave(
    account: Wechat, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = world.resident("13800001234")
    choose(resident, progress="wechat")
    monkeypatch.setenv("LINLI_WECHAT", "outbox")
    assert on_its_way(resident, "filed").channel == "wechat"
    monkeypatch.setenv("LINLI_SMS", "http")
    assert on_its_way(resident, "filed").channel == "sms"


def test_the_api_takes_no_way_that_is_not_connected_but_leaves_what_stood(
    enter: Enter, account: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter()

    def put(**ways: str) -> int:
        body = {"ways": ways, "quiet_from": "22:00", "quiet_to": "07:00"}
        return client.put("/api/v1/gateway/wishes", json.dumps(body), content_type="application/json").status_code

    # Texts do not leave, and this person has no WeChat yet; questions went by text before.
    assert put(progress="sms") == put(progress="wechat") == 422
    assert put(asked="sms", progress="app") == 200
    connected(client, account)
    assert put(progress="wechat") == 200
    monkeypatch.setenv("LINLI_WECHAT", "outbox")
    assert put(progress="wechat") == 200
    assert put(work="wechat") == 422


def test_an_openid_is_forgotten_where_it_was_written_to_and_never_shown_as_a_number(
    enter: Enter, account: Wechat
) -> None:
    client = enter(Role.HANDLER, "W", "water")
    connected(client, account)
    with acting_as(SYSTEM):
        person = Person.objects.exclude(openid_hash=None).get()
        Wishes.objects.create(person=person, ways={"progress": "wechat"}, quiet_from=QUIET_FROM, quiet_to=QUIET_FROM)
        handler = Actor(person.pk, ActorKind.PERSON, "handler")
    row = told(handler)
    assert row is not None
    assert row.recipient == "oWechat1"
    shown = sent._phone_row(row, Case(anonymous=False))
    assert "oWe" not in str(shown)
    assert (str(shown["channel"]), OutgoingOut.of(row).recipient) == ("WeChat", "WeChat")
    client.post("/me/wechat/disconnect/")
    with acting_as(SYSTEM):
        row.refresh_from_db()
    assert (row.recipient, row.state) == ("", OutgoingState.SENT)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aliyun]:
    made = Aliyun()
    values = {
        "": "aliyun",
        "_KEY": "key",
        "_SECRET": SECRET,
        "_SIGN": "邻里",
        "_TEMPLATES": '{"progress": {"template": "SMS_1"}, "asked": {"template": "SMS_2"}}',
    }
    with listening(made):
        for name, value in (values | {"_URL": made.url}).items():
            monkeypatch.setenv(f"LINLI_SMS{name}", value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield made


def test_a_text_whose_answer_was_lost_is_not_sent_twice(cloud: Aliyun, world: World) -> None:
    resident = world.resident("13800001234")
    choose(resident, progress="sms")
    cloud.losing = True
    row = told(resident)
    assert row is not None
    assert (row.state, row.error) == (OutgoingState.WAITING, "status 502 without JSON")
    with acting_as(SYSTEM), clock.at(row.next_at or clock.now()):
        actions.send_message(message_id=row.pk)
        row.refresh_from_db()
    assert (row.state, row.provider_id) == (OutgoingState.SENT, str(row.pk))
    assert len(cloud.reached) == 1


def test_what_failed_is_looked_for_before_it_is_sent_again_by_hand(cloud: Aliyun, world: World) -> None:
    desk = world.actor("desk", Role.DESK, "51")
    case = collected(world).pk
    with acting_as(SYSTEM):
        notices.send([notices.Post(None, "asked", {"number": "1-1"}, case, "13700001111")], uuid7(), clock.now())
        row = OutgoingMessage.objects.get(case=case, template="asked")
        # It was taken, and every answer got lost.
        cloud.reached.append({"OutId": str(row.pk), "PhoneNumbers": "13700001111"})
        OutgoingMessage.objects.filter(pk=row.pk).update(state=OutgoingState.FAILED, attempts=10, next_at=None)
    # The clock was set back since: the day of the message lies after today.
    with clock.at(datetime(2026, 11, 26, 3, tzinfo=UTC)):
        with acting_as(desk):
            actions.send_again(message_id=row.pk, by=desk)
        with acting_as(SYSTEM):
            actions.send_message(message_id=row.pk)
            row.refresh_from_db()
    assert row.state == OutgoingState.SENT
    assert len(cloud.reached) == 1


# What administrators see ------------------------------------------------------------------------------------------------


def test_administrators_see_which_way_is_connected_and_what_went_wrong(
    enter: Enter, account: Wechat, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = world.resident("13800001234")
    people.connect_wechat(openid="oWechat1", by=resident)
    choose(resident, progress="wechat")
    account.answers = [
        (200, {"access_token": "T1", "expires_in": 7200}),
        (200, {"errcode": 45009, "errmsg": "reach max api daily quota"}),
    ]
    assert told(resident) is not None
    admin: Client = enter(Role.ADMIN)
    page = admin.get("/messages/ways/").content.decode()
    assert page.index("Not connected") < page.index("Connected<")
    assert "errcode 45009" in page
    assert "Waiting 1" in page
    assert "messages have no registered template" in page
    for hidden in ("oWechat1", "13800001234", "a-secret-of-the-test", "daily quota"):
        assert hidden not in page
    monkeypatch.setenv("LINLI_WECHAT_SECRET", "")
    page = admin.get("/messages/ways/").content.decode()
    assert "Settings are missing" in page
    assert "LINLI_WECHAT_SECRET" in page
    assert "/messages/ways/" in admin.get("/announce/").content.decode()
    monkeypatch.setenv("LINLI_WECHAT_TEMPLATES", "{")
    assert admin.get("/messages/ways/").status_code == 200
    for other in (enter(Role.ADMIN, "W"), enter(Role.DESK, "W"), enter()):
        assert other.get("/messages/ways/").status_code == 403
        assert "/messages/ways/" not in other.get("/announce/").content.decode()


# A page inside WeChat ---------------------------------------------------------------------------------------------------


def signed(client: Client, url: str) -> tuple[int, dict[str, str | int]]:
    answer = client.get("/wechat/signature/", headers={"x-page": url})
    return answer.status_code, answer.json() if answer.status_code == 200 else {}


def test_a_page_is_signed_with_the_ticket_which_is_kept(account: Wechat) -> None:
    with clock.at(datetime(2026, 11, 26, 8, tzinfo=UTC)):
        for _time in range(3):
            status, said = signed(Client(), "http://testserver/around/?unit=1&x=%E6%B0%B4#at")
            assert status == 200
        expected = wechat.signature(
            ticket="TICKET", nonce=str(said["nonceStr"]), timestamp=int(said["timestamp"]), url="http://testserver/around/?unit=1&x=%E6%B0%B4"
        )  # fmt: skip
        assert (said["appId"], said["signature"], said["timestamp"]) == ("wx-app", expected, 1795680000)
        assert account.paths() == ["/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"]
        with clock.at(clock.now() + timedelta(minutes=116)):
            signed(Client(), "http://testserver/home/")
        assert account.paths().count("/cgi-bin/ticket/getticket") == 2
    assert "TICKET" not in str(said)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/",
        "http://testserver.evil.example/",
        "//testserver/",
        "http://testserver/" + "x" * 2000,
    ],
)
def test_no_other_sites_page_is_signed(account: Wechat, url: str) -> None:
    assert signed(Client(), url) == (422, {})
    assert account.asked == []


def test_an_address_that_is_none_is_refused(account: Wechat) -> None:
    assert signed(Client(), "http://[x")[0] in {400, 422}
    assert account.asked == []


@pytest.mark.parametrize("answer", [{"errcode": 0}, {"errcode": 0, "ticket": "T"}, {"ticket": "T", "expires_in": 7200}])
def test_a_ticket_that_is_none_signs_nothing(account: Wechat, answer: dict[str, object]) -> None:
    account.answers = [(200, {"access_token": "T1", "expires_in": 7200}), (200, answer)]
    assert signed(Client(), "http://testserver/")[0] == 503


def test_where_wechat_is_down_a_page_is_not_signed_and_wechat_left_alone(account: Wechat) -> None:
    account.answers = [(500, b"")]
    with clock.at(datetime(2026, 11, 26, 8, tzinfo=UTC)):
        for _time in range(3):
            assert signed(Client(), "http://testserver/home/") == (503, {})
    assert len(account.asked) == 1

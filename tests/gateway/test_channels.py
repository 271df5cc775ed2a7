"""The adapters, played against their providers: signatures, refusals, limits, tokens, and nothing sent twice."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest
from factories import channel_contract
from factories.channel_contract import RECIPIENT, TEXT, message
from factories.providers import SECRET, Aliyun, OwnGateway, Wechat, listening

from linli.config import settings as config
from linli.foundation import clock
from linli.gateway import channels, rules, wechat, wording
from linli.gateway.channels import Channel, ChannelDown, ChannelRefused, aliyun, provider
from linli.gateway.channels.aliyun import AliyunSms
from linli.gateway.channels.plain import PlainSms
from linli.gateway.channels.recorder import Recorder
from linli.gateway.channels.service_account import ServiceAccount, fitting

TEMPLATES = {
    "closed": {"template": "SMS_154950909", "data": {"number": "number", "due": "due_at", "what": "=已结案"}},
    "closed:en": {"template": "SMS_EN", "data": {"text": "text"}},
    "progress": {"template": "SMS_PROGRESS", "data": {}},
}


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    wechat.forget()


def of_sms(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    values = {"URL": url, "KEY": "key-id", "SECRET": SECRET, "SIGN": "邻里", "TEMPLATES": json.dumps(TEMPLATES)}
    for name, value in values.items():
        monkeypatch.setenv(f"LINLI_SMS_{name}", value)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aliyun]:
    made = Aliyun()
    with listening(made):
        of_sms(monkeypatch, made.url)
        yield made


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnGateway]:
    made = OwnGateway()
    with listening(made):
        of_sms(monkeypatch, made.url)
        monkeypatch.setenv("LINLI_SMS_TEMPLATES", "")
        yield made


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wechat]:
    made = Wechat()
    templates = {
        "closed": {"template": "ngqIpbwh8bUfcSsECmogf", "data": {"character_string1": "number", "thing2": "text"}}
    }
    with listening(made):
        for name, value in {
            "API": made.url,
            "APP": "wx-app",
            "SECRET": SECRET,
            "TEMPLATES": json.dumps(templates),
        }.items():
            monkeypatch.setenv(f"LINLI_WECHAT_{name}", value)
        yield made


def test_recorder_and_adapters_keep_to_one_contract(
    cloud: Aliyun, own: OwnGateway, account: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel_contract.check(Recorder)
    channel_contract.check(ServiceAccount, lambda: len(account.reached))
    channel_contract.check(PlainSms, lambda: len(own.reached))
    of_sms(monkeypatch, cloud.url)
    channel_contract.check(AliyunSms, lambda: len(cloud.reached))


@pytest.mark.parametrize(
    ("setting", "name", "adapter"),
    [
        ("LINLI_SMS", "aliyun", AliyunSms),
        ("LINLI_SMS", "http", PlainSms),
        ("LINLI_WECHAT", "service_account", ServiceAccount),
    ],
)
def test_an_adapter_is_chosen_by_its_name(
    monkeypatch: pytest.MonkeyPatch, setting: str, name: str, adapter: type[Channel]
) -> None:
    way = setting.removeprefix("LINLI_").lower()
    assert isinstance(channels.channel(way), Recorder)
    assert not channels.connected(way)
    monkeypatch.setenv(setting, name)
    assert isinstance(channels.channel(way), adapter)
    assert channels.connected(way)
    assert f"{setting}_SECRET" in channels.missing(way)


# Alibaba Cloud ----------------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_providers_worked_example() -> None:
    """help.aliyun.com, “V3 request structure and signature”, the example with fixed values."""
    headers = aliyun.signed(
        host="ecs.cn-shanghai.aliyuncs.com", action="RunInstances", version="2014-05-26",
        query={"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
        key="YourAccessKeyId", secret="YourAccessKeySecret", at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )  # fmt: skip
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_text_goes_out_under_signature_and_template(cloud: Aliyun) -> None:
    sent = message(params={"number": "100001-8"})
    receipt = AliyunSms().send(sent)
    assert receipt.provider_id == "900619746936498401^0"
    (asked,) = cloud.asked
    assert asked.query == {
        "PhoneNumbers": RECIPIENT, "SignName": "邻里", "TemplateCode": "SMS_154950909", "OutId": str(sent.id),
        "TemplateParam": '{"number": "100001-8", "due": "—", "what": "已结案"}',
    }  # fmt: skip
    headers = asked.headers
    again = aliyun.signed(
        host=urlsplit(cloud.url).netloc, action="SendSms", version="2017-05-25", query=asked.query, key="key-id", secret=SECRET,
        at=datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC), nonce=headers["x-acs-signature-nonce"],
    )  # fmt: skip
    assert headers["authorization"] == again["Authorization"]
    assert SECRET not in json.dumps([headers, asked.query])


def test_the_finest_registered_template_counts(cloud: Aliyun) -> None:
    for one in (message(language="en"), message(template="filed", kind="progress")):
        AliyunSms().send(one)
    assert [one["TemplateCode"] for one in cloud.reached] == ["SMS_EN", "SMS_PROGRESS"]
    with pytest.raises(ChannelRefused, match="no template is registered for asked"):
        AliyunSms().send(message(template="asked", kind="asked"))


def test_templates_may_stand_in_a_file(cloud: Aliyun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "templates.json"
    file.write_text(json.dumps(TEMPLATES))
    monkeypatch.setenv("LINLI_SMS_TEMPLATES", str(file))
    AliyunSms().send(message())
    for wrong in (str(tmp_path / "nothing.json"), "{", '{"closed": "SMS_1"}'):
        monkeypatch.setenv("LINLI_SMS_TEMPLATES", wrong)
        with pytest.raises(ChannelDown, match="LINLI_SMS_TEMPLATES cannot be read"):
            AliyunSms().send(message())


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": f"{RECIPIENT} invalid"}, ChannelRefused),
        (200, {"Code": "isv.SMS_TEMPLATE_ILLEGAL"}, ChannelRefused),
        (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控Permits:5"}, ChannelDown),
        (200, {"Code": "isv.AMOUNT_NOT_ENOUGH"}, ChannelDown),
        (400, {"Code": "SignatureDoesNotMatch", "Message": "…"}, ChannelDown),
        (503, b"<html>busy</html>", ChannelDown),
        (500, {"Code": "OK", "BizId": "1"}, ChannelDown),
        (404, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, ChannelRefused),
        (200, [], ChannelDown),
        (200, {"Code": f"{RECIPIENT} {TEXT}"}, ChannelDown),
    ],
)
def test_what_stays_wrong_is_refused_and_all_else_is_tried_again(
    cloud: Aliyun, status: int, answer: object, error: type[Exception]
) -> None:
    cloud.answers = [(status, answer)]
    with pytest.raises(error) as raised:
        AliyunSms().send(message())
    for hidden in (RECIPIENT, TEXT, SECRET, cloud.url):
        assert hidden not in str(raised.value)


def test_after_a_crash_the_provider_is_asked_before_anything_goes_again(cloud: Aliyun) -> None:
    sent = message()
    AliyunSms().send(sent)
    # Answers that were lost, and the first of which is on the second page.
    cloud.reached += [dict(cloud.reached[0], OutId="another") for _other in range(60)]
    cloud.reached.append(cloud.reached.pop(0))
    AliyunSms().send(replace(sent, again=True))
    assert len(cloud.reached) == 61
    assert [one.headers["x-acs-action"] for one in cloud.asked] == ["SendSms", "QuerySendDetails", "QuerySendDetails"]


def test_what_did_not_arrive_goes_again_and_what_nobody_knows_waits(cloud: Aliyun) -> None:
    sent = message()
    AliyunSms().send(sent)
    cloud.reached[0]["status"] = 2
    AliyunSms().send(replace(sent, again=True))
    assert len(cloud.reached) == 2
    cloud.answers = [(500, {"Code": "ServiceUnavailable"})]
    with pytest.raises(ChannelDown):
        AliyunSms().send(replace(message(), again=True))
    assert len(cloud.reached) == 2


def test_a_message_that_is_tried_again_is_looked_for_on_every_day_since_it_was_recorded(cloud: Aliyun) -> None:
    with clock.at(datetime(2026, 11, 26, 16, 30, tzinfo=UTC)):  # half past midnight in Beijing
        AliyunSms().send(replace(message(), again=True))
    asked = [one.query["SendDate"] for one in cloud.asked if "SendDate" in one.query]
    assert asked == ["20261127"]
    cloud.asked.clear()
    with clock.at(datetime(2026, 11, 26, 16, 30, tzinfo=UTC)):
        AliyunSms().send(replace(message(), again=True, since=datetime(2026, 11, 24, 15, tzinfo=UTC)))
    asked = [one.query["SendDate"] for one in cloud.asked if "SendDate" in one.query]
    assert asked == ["20261124", "20261125", "20261126", "20261127"]


def test_asking_ends_before_another_worker_takes_the_message_up(cloud: Aliyun, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = aliyun.ASKING
    monkeypatch.setattr(aliyun, "ASKING", -1.0)
    with pytest.raises(ChannelDown, match="its lists take too long"):
        AliyunSms().send(replace(message(), again=True))
    assert cloud.asked == []
    lease = rules.LEASE.total_seconds()
    # Of a text the last question and the sending; of WeChat the wait for a token and four calls.
    assert lease > asking + 2 * provider.SECONDS
    assert lease > 5 * provider.SECONDS


@pytest.mark.parametrize("setting", ["LINLI_SMS_KEY", "LINLI_SMS_SECRET", "LINLI_SMS_SIGN"])
def test_messages_wait_for_a_setting_that_is_missing(
    cloud: Aliyun, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(setting, "")
    with pytest.raises(ChannelDown, match=f"{setting} is not set"):
        AliyunSms().send(message())
    assert cloud.reached == []


def test_a_provider_that_answers_drop_by_drop_is_down_at_the_end_of_the_whole_call(
    cloud: Aliyun,
) -> None:
    """Each byte comes in time, the answer does not."""
    cloud.drip, cloud.answers = 0.05, [(200, {"Code": "x" * 200})]
    begun = monotonic()
    with pytest.raises(ChannelDown, match="no answer within"):
        provider.call("POST", cloud.url, seconds=0.3)
    assert monotonic() - begun < 2


def test_a_provider_that_does_not_answer_is_down(cloud: Aliyun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_SMS_URL", "http://127.0.0.1:9")
    with pytest.raises(ChannelDown, match="ConnectError"):
        AliyunSms().send(message())


# A gateway of one's own -------------------------------------------------------------------------------------------------


def test_a_gateway_of_ones_own_takes_text_once_for_its_key(own: OwnGateway) -> None:
    sent = message()
    assert PlainSms().send(sent).provider_id == f"own-{sent.id}"
    assert own.asked[0].headers["idempotency-key"] == str(sent.id)
    assert own.reached[0]["text"] == TEXT
    own.answers = [
        (200, {"refused": "no_such_number"}),
        (200, {}),
        (401, {"error": "unauthorized"}),
        (500, {"id": "1"}),
    ]
    for error in (ChannelRefused, ChannelDown, ChannelDown, ChannelDown):
        with pytest.raises(error):
            PlainSms().send(message())


# WeChat -----------------------------------------------------------------------------------------------------------------


def test_a_template_message_names_template_link_and_values(account: Wechat) -> None:
    sent = message(params={"number": "100001-8", "link": "https://linli.example/case/100001-8/"}, text="很" * 30)
    receipt = ServiceAccount().send(sent)
    assert receipt.provider_id == "200228332"
    assert account.reached == [
        {
            "touser": RECIPIENT,
            "template_id": "ngqIpbwh8bUfcSsECmogf",
            "client_msg_id": str(sent.id),
            "url": "https://linli.example/case/100001-8/",
            "data": {"character_string1": {"value": "100001-8"}, "thing2": {"value": "很" * 19 + "…"}},
        }
    ]


@pytest.mark.parametrize(
    ("name", "most"), [("thing3", 20), ("character_string12", 32), ("phrase1", 5), ("time4", None)]
)
def test_values_are_as_long_as_wechat_takes_them(name: str, most: int | None) -> None:
    assert len(fitting(name, "长" * 40)) == (most or 40)


def test_the_token_is_kept_and_renewed_before_its_end(account: Wechat) -> None:
    with clock.at(datetime(2026, 11, 26, 8, tzinfo=UTC)):
        for _time in range(3):
            ServiceAccount().send(message())
        assert account.paths().count("/cgi-bin/stable_token") == 1
        with clock.at(clock.now() + timedelta(minutes=116)):
            ServiceAccount().send(message())
        assert account.paths().count("/cgi-bin/stable_token") == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_wechat_no_longer_takes_is_renewed_once(account: Wechat, code: int) -> None:
    ServiceAccount().send(message())
    account.token += 1
    account.answers = [(200, {"errcode": code})]
    ServiceAccount().send(message())
    assert len(account.reached) == 2
    assert account.paths().count("/cgi-bin/stable_token") == 2
    account.answers = [
        (200, {"errcode": code}),
        (200, {"access_token": "T9", "expires_in": 7200}),
        (200, {"errcode": code}),
    ]
    with pytest.raises(ChannelDown, match=f"errcode {code}"):
        ServiceAccount().send(message())


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (40003, ChannelRefused), (43004, ChannelRefused), (43101, ChannelRefused), (40037, ChannelRefused), (47003, ChannelRefused),
        (45009, ChannelDown), (-1, ChannelDown), (48001, ChannelDown), ("odd", ChannelDown),
    ],
)  # fmt: skip
def test_who_cannot_be_reached_is_final_and_limits_pass(account: Wechat, code: object, error: type[Exception]) -> None:
    ServiceAccount().send(message())
    account.answers = [(200, {"errcode": code, "errmsg": f"hint {RECIPIENT}"})]
    with pytest.raises(error) as raised:
        ServiceAccount().send(message())
    assert RECIPIENT not in str(raised.value)


@pytest.mark.parametrize(
    "answer", [(200, {}), (200, {"msgid": 5}), (500, {"errcode": 0, "msgid": 5}), (200, {"errcode": None})]
)
def test_only_what_wechat_says_it_took_counts_as_sent(account: Wechat, answer: tuple[int, object]) -> None:
    ServiceAccount().send(message())
    account.answers = [answer]
    with pytest.raises(ChannelDown):
        ServiceAccount().send(message())


@pytest.mark.parametrize(
    "answer", [{}, {"access_token": "T1"}, {"access_token": 5, "expires_in": 7200}, {"expires_in": 1}]
)
def test_a_token_that_is_none_is_tried_again(account: Wechat, answer: dict[str, object]) -> None:
    account.answers = [(200, answer)]
    with pytest.raises(ChannelDown, match="no access_token"):
        ServiceAccount().send(message())


def test_a_page_never_waits_for_a_token_and_does_not_rest_the_messages(account: Wechat) -> None:
    with wechat._token.lock, pytest.raises(ChannelDown, match="it is being asked"):
        wechat.ticket()
    account.answers = [(500, b"")]
    with clock.at(datetime(2026, 11, 26, 8, tzinfo=UTC)):
        for _time in range(3):
            with pytest.raises(ChannelDown):
                wechat.ticket()
        assert len(account.asked) == 1
        ServiceAccount().send(message())
        assert len(account.reached) == 1


def test_what_wechat_has_under_the_same_key_counts_as_sent(account: Wechat) -> None:
    ServiceAccount().send(message())
    account.answers = [(200, {"errcode": 45065, "errmsg": "clientmsgid exist"})]
    sent = message()
    assert ServiceAccount().send(sent).provider_id == str(sent.id)


def test_while_no_token_is_to_be_had_wechat_is_left_alone(account: Wechat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_WECHAT_SECRET", "wrong")
    moment = datetime(2026, 11, 26, 8, tzinfo=UTC)
    with clock.at(moment):
        for _time in range(5):
            with pytest.raises(ChannelDown):
                ServiceAccount().send(message())
    assert len(account.asked) == 1
    monkeypatch.setenv("LINLI_WECHAT_SECRET", SECRET)
    with clock.at(moment + timedelta(seconds=31)):
        ServiceAccount().send(message())


def test_a_page_is_signed_as_in_wechats_worked_example() -> None:
    """developers.weixin.qq.com, JS-SDK, appendix 1."""
    signed = wechat.signature(
        ticket="sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
        nonce="Wm3WZYTPz0wzccnW",
        timestamp=1414587457,
        url="http://mp.weixin.qq.com?params=value",
    )
    assert signed == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


# What may be known ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", [AliyunSms, PlainSms, ServiceAccount])
def test_no_secret_token_or_number_is_logged(
    cloud: Aliyun, account: Wechat, caplog: pytest.LogCaptureFixture, adapter: Callable[[], Channel]
) -> None:
    # As in a server that somebody has told to log everything.
    caplog.set_level(logging.DEBUG)
    loggers = config.LOGGING["loggers"]
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(loggers[name]["level"])
    with suppress(ChannelDown, ChannelRefused):
        adapter().send(message())
    assert (cloud.asked, account.asked) != ([], [])
    for hidden in (SECRET, "T1", RECIPIENT, "Credential="):
        assert hidden not in caplog.text


def test_an_error_page_shows_no_secret(cloud: Aliyun) -> None:
    """Where a fault in an adapter reached a page, also one with source code."""
    from django.views.debug import SafeExceptionReporterFilter

    shown = SafeExceptionReporterFilter()
    cloud.answers = [(200, [])]
    with pytest.raises(ChannelDown) as raised:
        AliyunSms().send(message())
    entry, seen = raised.tb, ""
    while entry is not None:
        if entry.tb_frame.f_code.co_filename.startswith(str(Path(provider.__file__).parent.parent)):
            seen += str(shown.get_traceback_frame_variables(None, entry.tb_frame))
        entry = entry.tb_next
    assert "answer" in seen
    assert SECRET not in seen


def test_every_message_to_a_phone_can_be_given_a_template() -> None:
    """The parameters that a registered template may name are those of the words, and whole moments."""
    moments = wording.whole_moments({"due": "2026-11-27T07:04:00+00:00"})
    assert moments == {"due_at": "2026年11月27日 15:04"}

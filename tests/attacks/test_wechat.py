"""Attacks on connecting WeChat: whoever could slip their own openid under another account would read that person's messages."""

import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from attacks.conftest import Enter
from django.test import Client
from factories.providers import SECRET, Wechat
from factories.wechat_account import account
from factories.world import World

from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.people import actions as people
from linli.people.errors import WechatTaken
from linli.people.models import Person

pytestmark = pytest.mark.django_db

__all__ = ["account"]


def begin(client: Client) -> str:
    return parse_qs(urlsplit(client.post("/me/wechat/connect/")["Location"]).query)["state"][0]


def come_back(client: Client, state: str, **query: str) -> int:
    return client.get("/me/wechat/done/", {"code": "ATTACKER", "state": state} | query).status_code


def openids() -> list[str]:
    with acting_as(SYSTEM):
        return [one.openid for one in Person.objects.all() if one.openid]


@pytest.fixture
def attacked(world: World, enter: Enter, account: Wechat) -> Client:
    """The victim's browser, and a code of the attacker's that WeChat would take."""
    account.codes["ATTACKER"] = "oAttacker"
    return enter(world.resident())


def test_an_answer_that_nobody_asked_for_binds_nothing(attacked: Client, account: Wechat) -> None:
    for state in ("", "0" * 48):
        assert come_back(attacked, state) == 403
    state = begin(attacked)
    assert come_back(attacked, state[:-1] + ("0" if state[-1] != "0" else "1")) == 403
    # A wrong guess ends the attempt.
    assert come_back(attacked, state) == 403
    assert account.asked == []
    assert openids() == []


def test_a_state_of_the_attackers_own_session_is_worth_nothing_in_anothers(
    attacked: Client, world: World, enter: Enter, account: Wechat
) -> None:
    state = begin(enter(world.resident("13800006666")))
    begin(attacked)
    assert come_back(attacked, state) == 403
    assert account.asked == []


def test_a_state_that_another_person_began_in_this_browser_is_worth_nothing(
    attacked: Client, world: World, account: Wechat
) -> None:
    state = begin(attacked)
    with acting_as(SYSTEM):
        other = Person.objects.get(pk=world.resident("13800006666").id)
    # Signed over without a new session.
    session = attacked.session
    begun = session["wechat"]
    attacked.force_login(other)
    session = attacked.session
    session["wechat"] = begun
    session.save()
    attacked.cookies["sessionid"] = session.session_key
    assert come_back(attacked, state) == 403
    assert account.asked == []


def test_an_answer_that_is_played_again_binds_nothing(attacked: Client, account: Wechat) -> None:
    state = begin(attacked)
    account.codes["OWN"] = "oOwn"
    assert come_back(attacked, state, code="OWN") == 302
    assert come_back(attacked, state, code="OWN") == 403
    assert come_back(attacked, state) == 403
    assert openids() == ["oOwn"]
    # A code that WeChat has taken before, under a new state.
    assert come_back(attacked, begin(attacked), code="OWN") == 403
    assert openids() == ["oOwn"]


def test_a_state_that_was_spent_does_not_come_back_with_the_old_cookie(attacked: Client, account: Wechat) -> None:
    state = begin(attacked)
    old = attacked.cookies["sessionid"].value
    account.codes["OWN"] = "oOwn"
    assert come_back(attacked, state, code="OWN") == 302
    asked = len(account.asked)
    attacked.cookies["sessionid"] = old
    assert come_back(attacked, state) == 403
    assert len(account.asked) == asked
    assert openids() == ["oOwn"]


def test_an_answer_that_comes_too_late_or_without_a_code_binds_nothing(attacked: Client, account: Wechat) -> None:
    state = begin(attacked)
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert come_back(attacked, state) == 403
    assert come_back(attacked, begin(attacked), code="") == 403
    assert account.asked == []


def test_nobody_names_an_openid_themselves(attacked: Client) -> None:
    attacked.post("/me/wechat/connect/", {"openid": "oVictim"})
    state = begin(attacked)
    come_back(attacked, state, openid="oVictim")
    assert openids() == ["oAttacker"]
    attacked.post("/me/", {"language": "en", "name": "x", "openid": "oVictim"})
    assert openids() == ["oAttacker"]


def test_the_openid_of_another_is_not_taken_over(attacked: Client, world: World, account: Wechat) -> None:
    people.connect_wechat(openid="oAttacker", by=world.resident("13800006666"))
    assert come_back(attacked, begin(attacked)) == 409
    with pytest.raises(WechatTaken):
        people.connect_wechat(openid="oAttacker", by=world.resident())
    assert openids() == ["oAttacker"]


def test_another_site_begins_and_ends_nothing(world: World, enter: Enter, account: Wechat) -> None:
    browser = enter(world.resident(), csrf=True)
    for path in ("/me/wechat/connect/", "/me/wechat/disconnect/"):
        assert browser.post(path).status_code == 403
        assert browser.get(path).status_code == 405
    assert "wechat" not in browser.session


def test_nobody_but_the_signed_in_connects(account: Wechat) -> None:
    for path in ("/me/wechat/", "/me/wechat/done/?code=ATTACKER&state=1"):
        assert Client().get(path).status_code in {302, 401}
    assert Client().post("/me/wechat/connect/").status_code in {302, 401}
    assert account.asked == []


def test_no_visitor_chooses_where_the_server_calls(attacked: Client, account: Wechat) -> None:
    """Addresses of providers and of the way back are settings: neither host, nor query, nor header moves them."""
    answer = attacked.post(
        "/me/wechat/connect/?redirect_uri=https://evil.example/", headers={"x-forwarded-host": "evil.example"}
    )
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/me/wechat/done/"]
    come_back(
        attacked, asked["state"][0], LINLI_WECHAT_API="http://169.254.169.254", code="ATTACKER&x=http://evil.example/"
    )
    assert [one.path for one in account.asked] == ["/sns/oauth2/access_token"]
    assert account.asked[0].query["code"] == "ATTACKER&x=http://evil.example/"


def test_what_fails_shows_and_logs_no_secret(
    attacked: Client, account: Wechat, caplog: pytest.LogCaptureFixture, settings: object
) -> None:
    caplog.set_level(logging.INFO)
    for debug in (False, True):
        settings.DEBUG = debug  # type: ignore[attr-defined]
        for answer in (
            (500, b"<html>"),
            (200, {"errcode": 40125, "errmsg": f"invalid secret {SECRET}"}),
            (200, {"openid": 5}),
        ):
            account.answers = [answer]
            page = attacked.get("/me/wechat/done/", {"code": "ATTACKER", "state": begin(attacked)})
            assert page.status_code in {403, 503}
            assert SECRET not in page.content.decode()
    assert SECRET not in caplog.text

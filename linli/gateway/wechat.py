"""The API of the city's WeChat service account (服务号): its tokens, whose openid a code stands for, signatures for pages.

Access tokens come from `cgi-bin/stable_token`: as long as one is good each process that asks is given the same, and within the last five
minutes a new one while the old still works. So each process keeps its own copy, in memory alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha1
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from django.views.decorators.debug import sensitive_variables

from linli.config import env
from linli.foundation import clock
from linli.gateway.channels import ChannelDown, provider

# The token is not, or no longer, good: it is asked for anew, once.
STALE_TOKEN = frozenset({40001, 40014, 42001})
BEFORE_THE_END = timedelta(minutes=5)
# After a failure WeChat is left alone for so long: pages ask for signatures as often as people open them.
REST = timedelta(seconds=30)
# Seconds for which a page waits for what another is fetching: four threads serve all pages.
PAGE_WAITS = 0.5


def configured() -> bool:
    """Whether the city has a service account: residents can connect it, and pages inside WeChat may use its script."""
    return bool(env.get("LINLI_WECHAT_APP") and env.get("LINLI_WECHAT_SECRET"))


def is_inside(user_agent: str) -> bool:
    """Whether a page is read in WeChat's own web-view. WeCom says so too, and has other accounts."""
    agent = user_agent.lower()
    return "micromessenger" in agent and "wxwork" not in agent


class WechatRefused(Exception):
    """WeChat's answer is an error; `code` is its `errcode`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


class Busy(ChannelDown):
    """Somebody else is asking WeChat just now, and a page does not wait long for that."""


@dataclass(slots=True)
class _Kept:
    """What WeChat lends for two hours: fetched when it is needed, kept until five minutes before its end."""

    fetch: Callable[[float], tuple[str, int]]
    value: str = ""
    until: datetime | None = None
    # By who asked: what takes too long for a page may still do for a message.
    rests_until: dict[bool, datetime] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    @sensitive_variables()
    def get(self, seconds: float) -> str:
        """A page (`provider.ON_A_PAGE`) hardly waits for what somebody else is fetching. Raises `ChannelDown`, `WechatRefused`."""
        # What is kept is read without the lock: none of those who read it waits for another.
        kept = self.value
        if kept and self._holds():
            return kept
        patient = seconds > provider.ON_A_PAGE
        if not self.lock.acquire(timeout=-1 if patient else PAGE_WAITS):
            raise Busy("it is being asked")
        try:
            return self._get(seconds, patient)
        finally:
            self.lock.release()

    def _holds(self) -> bool:
        return bool(self.value) and self.until is not None and clock.now() < self.until

    @sensitive_variables()
    def _get(self, seconds: float, patient: bool) -> str:
        now = clock.now()
        if self._holds():
            return self.value
        if patient in self.rests_until and now < self.rests_until[patient]:
            raise ChannelDown("it did not answer a moment ago")
        try:
            self.value, lasts = self.fetch(seconds)
        except Busy:
            raise
        except (ChannelDown, WechatRefused):
            self.rests_until |= dict.fromkeys((False, patient), now + REST)
            raise
        self.until, self.rests_until = now + timedelta(seconds=lasts) - BEFORE_THE_END, {}
        return self.value

    def drop(self, value: str = "") -> None:
        """Forget it; with `value` only where nobody has fetched another one since. Who is fetching one now replaces it anyway."""
        if not self.lock.acquire(blocking=False):
            return
        if not value or value == self.value:
            self.value, self.until, self.rests_until = "", None, {}
        self.lock.release()


@sensitive_variables()
def _fetch_token(seconds: float) -> tuple[str, int]:
    body = {
        "grant_type": "client_credential",
        "appid": provider.needed("LINLI_WECHAT_APP"),
        "secret": provider.needed("LINLI_WECHAT_SECRET"),
    }
    url = f"{env.get('LINLI_WECHAT_API')}/cgi-bin/stable_token"
    return _lent(_checked(provider.call("POST", url, body=body, seconds=seconds)), "access_token")


@sensitive_variables()
def _fetch_ticket(seconds: float) -> tuple[str, int]:
    return _lent(call("GET", "/cgi-bin/ticket/getticket", {"type": "jsapi"}, seconds=seconds), "ticket")


@sensitive_variables()
def _lent(answer: Mapping[str, Any], name: str) -> tuple[str, int]:
    value, lasts = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(lasts, int):
        raise ChannelDown(f"no {name}")
    return value, lasts


_token = _Kept(_fetch_token)
_ticket = _Kept(_fetch_ticket)


def forget() -> None:
    """Forget token and ticket."""
    _token.drop()
    _ticket.drop()


@sensitive_variables()
def call(
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    *,
    seconds: float = provider.SECONDS,
) -> dict[str, Any]:
    """Call the API with the account's token; one that WeChat no longer takes is renewed once. Raises `ChannelDown`, `WechatRefused`."""
    token = _token.get(seconds)
    try:
        return _call(method, path, query, body, token, seconds)
    except WechatRefused as refused:
        if refused.code not in STALE_TOKEN:
            raise
    _token.drop(token)
    return _call(method, path, query, body, _token.get(seconds), seconds)


@sensitive_variables()
def _call(
    method: str,
    path: str,
    query: Mapping[str, str] | None,
    body: Mapping[str, Any] | None,
    token: str,
    seconds: float,
) -> dict[str, Any]:
    asked = urlencode({"access_token": token, **(query or {})})
    said = _checked(provider.call(method, f"{env.get('LINLI_WECHAT_API')}{path}?{asked}", body=body, seconds=seconds))
    # What needs the account's token is answered with one; tokens and openids are given without.
    if "errcode" not in said:
        raise ChannelDown("no errcode")
    return said


def _checked(answer: provider.Answer) -> dict[str, Any]:
    code = answer.said.get("errcode", 0)
    if code != 0:
        raise WechatRefused(code if isinstance(code, int) else -1)
    return answer.taken()


# --- connecting an account ----------------------------------------------------------------------------------------------


def authorisation(*, redirect: str, state: str) -> str:
    """Where WeChat asks its user for a code: `snsapi_base`, which tells the openid and nothing else about them."""
    query = urlencode(
        {
            "appid": env.get("LINLI_WECHAT_APP"),
            "redirect_uri": redirect,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        },
        quote_via=quote,
    )
    return f"{env.get('LINLI_WECHAT_OPEN')}/connect/oauth2/authorize?{query}#wechat_redirect"


@sensitive_variables()
def openid_of(code: str) -> str:
    """Whom a code stands for. WeChat takes each code once, within five minutes. Raises `ChannelDown`, `WechatRefused`."""
    query = urlencode(
        {
            "appid": provider.needed("LINLI_WECHAT_APP"),
            "secret": provider.needed("LINLI_WECHAT_SECRET"),
            "code": code,
            "grant_type": "authorization_code",
        }
    )
    url = f"{env.get('LINLI_WECHAT_API')}/sns/oauth2/access_token?{query}"
    openid = _checked(provider.call("GET", url, seconds=provider.ON_A_PAGE)).get("openid")
    if not isinstance(openid, str) or not openid:
        raise ChannelDown("no openid")
    return openid


# --- pages inside WeChat --------------------------------------------------------------------------------------------------


@sensitive_variables()
def ticket() -> str:
    """The ticket with which pages are signed. Raises `ChannelDown`, `WechatRefused`."""
    return _ticket.get(provider.ON_A_PAGE)


def signature(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """`wx.config`'s signature of a page: SHA-1 over the four in this order, unescaped; `url` without what stands behind `#`."""
    signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}"
    return sha1(signed.encode(), usedforsecurity=False).hexdigest()

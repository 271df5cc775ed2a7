"""Calculations of the gateway, without a database: keys, signatures, when a message goes, addresses that are not called."""

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from linli.foundation.access import Grant, Role
from linli.foundation.privacy import keyed_hash
from linli.gateway.errors import UrlNotAllowed

KEY_MARK = "linli_"
PREFIX_LENGTH = len(KEY_MARK) + 6

# Waits of 30 s, 1, 2, 4 … minutes: the tenth attempt comes about four hours after the first.
ATTEMPTS = 10
FIRST_WAIT = timedelta(seconds=30)
# How long an attempt belongs to the worker that began it; a worker that died leaves it to another after this.
LEASE = timedelta(minutes=1)
# Attempts in a row, over all its deliveries, after which a subscription is switched off.
FAILURES_TO_DISABLE = 50
SIGNATURE_WINDOW = timedelta(minutes=5)

# What else happens to a case within this time goes in one message with the newest state.
BURST = timedelta(minutes=1)
# How long an announcement can be called back before it goes out.
CALL_BACK = timedelta(minutes=1)
# What people call where they live. Of whatever lies around it they hear as well.
FOLLOWABLE = frozenset({"community", "quarter"})
# Communities whose news one person can ask for: where they live, where they work, where their parents live.
MOST_FOLLOWED = 5
QUIET_FROM, QUIET_TO = time(22), time(7)
# Nobody opens an app to look whether they are asked something: that goes to the phone, until they choose otherwise.
DEFAULT_WAYS: Mapping[str, str] = {"asked": "sms"}

_NAT64 = IPv6Network("64:ff9b::/96")


def new_key() -> str:
    """A key of 192 random bits."""
    return KEY_MARK + secrets.token_urlsafe(24)


def key_hash(key: str) -> bytes:
    """What is stored of an API key, and found by it: the key itself is nowhere."""
    return keyed_hash(key, "gateway.key")


def app_user_hash(token: str) -> bytes:
    """The same of the token in a connected phone's address."""
    return keyed_hash(token, "gateway.app_user")


def looks_like_a_key(text: str) -> bool:
    """Whether it has the form of one; whether it is one, the table says."""
    return re.fullmatch(rf"{KEY_MARK}[A-Za-z0-9_-]{{32}}", text) is not None


def grants_of(may: list[str], role: str, unit_id: Any, body_id: Any) -> tuple[Grant, ...]:
    """The grants with which a key acts: its role, or an auditor's reading where it may only read.

    An auditor reads the cases of a unit, sees no contacts and makes no change: the least that reading takes.
    """
    if "act" in may and role:
        return (Grant(Role(role), unit_id, body_id),)
    return (Grant(Role.AUDITOR, unit_id),) if "read" in may else ()


def sign(secret: str, body: bytes, at: int) -> str:
    """`X-Linli-Signature`: HMAC-SHA-256 over the moment (seconds since 1970), a dot and the body."""
    mac = hmac.new(secret.encode(), str(at).encode() + b"." + body, sha256).hexdigest()
    return f"t={at},v1={mac}"


def is_signed(header: str, secret: str, body: bytes, now: int, window: timedelta = SIGNATURE_WINDOW) -> bool:
    """What a subscriber checks: the signature fits, and was made less than `window` ago, so that it cannot be replayed."""
    match = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header)
    if match is None or abs(now - int(match[1])) > window.total_seconds():
        return False
    return hmac.compare_digest(sign(secret, body, int(match[1])), header)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after this many failed attempts."""
    return FIRST_WAIT * 2 ** (max(attempts, 1) - 1)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not loopback, private, link-local, multicast or reserved.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by that one.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    carried = _carried(ip) if isinstance(ip, IPv6Address) else None
    if carried is not None:
        return is_public(str(carried))
    if isinstance(ip, IPv6Address) and ip.is_site_local:
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _carried(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def host_and_port(url: str, allowed: list[str]) -> tuple[str, int]:
    """Where a webhook goes. Raises `UrlNotAllowed` for anything but https, unless its host (or host:port) is allowed."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise UrlNotAllowed(field="url", reason=str(error)) from None
    # Visible ASCII but the backslash: whatever else readers of addresses understand differently.
    if not host or parts.username is not None or parts.password is not None or not re.fullmatch(r"[!-\[\]-~]+", url):
        raise UrlNotAllowed(field="url", reason="host")
    port = port or (443 if parts.scheme == "https" else 80)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_allowed(host, port, allowed)):
        raise UrlNotAllowed(field="url", reason=parts.scheme[:20])
    return host, port


def is_allowed(host: str, port: int, allowed: list[str]) -> bool:
    """Whether the city has named this host in LINLI_WEBHOOK_ALLOW."""
    shown = f"[{host}]" if ":" in host else host
    return host in allowed or f"{shown}:{port}" in allowed


def usual_way(kind: str) -> str:
    """The way for a kind of which somebody chose nothing, or chose a way that has gone."""
    return DEFAULT_WAYS.get(kind, "app")


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to be told: what they chose, or the defaults."""

    ways: Mapping[str, str]
    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO
    digest_hour: int | None = None
    where_reported: bool = True

    def way(self, kind: str) -> str:
        return self.ways.get(kind) or usual_way(kind)


DEFAULT_WISH = Wish({})


def quiet_until(now: datetime, wish: Wish, zone: tzinfo) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None outside of them. They may span midnight; a holiday is not quiet."""
    local = now.astimezone(zone)
    begin, end, at = wish.quiet_from, wish.quiet_to, local.time()
    spans_midnight = begin > end
    quiet = (at >= begin or at < end) if spans_midnight else begin <= at < end
    return _next(local, end) if quiet else None


def next_digest(now: datetime, hour: int, zone: tzinfo) -> datetime:
    """The next moment of a daily digest."""
    return _next(now.astimezone(zone), time(hour))


def _next(local: datetime, at: time) -> datetime:
    """The first moment after `local` with this time of the day."""
    there = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return there if there > local else there + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class News:
    """An announcement as somebody wrote it. `english` words are optional, `starts_at` and `ends_at` as well."""

    kind: str
    unit_id: UUID
    title: str
    text: str
    title_en: str = ""
    text_en: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


# A warning is announced in at most so many units; beyond, in the coarser ones around them.
MOST_UNITS_TOLD = 40


def coarse_enough(paths: Sequence[tuple[UUID, ...]]) -> list[UUID]:
    """Few units that hold all of these, given by their paths: the finest ones are replaced by those above them until they are few."""
    while len(paths) > MOST_UNITS_TOLD:
        finest = max(map(len, paths))
        shorter = {path[:-1] if len(path) == finest else path for path in paths}
        paths = sorted(path for path in shorter if not any(path[:depth] in shorter for depth in range(1, len(path))))
    return [path[-1] for path in paths]


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people an announcement is for, and by which way they hear of it beside the app."""

    persons: int
    sms: int
    wechat: int
    # Of those: who gets it with their daily digest.
    digest: int


def is_urgent(*, now: datetime, quiet_end: datetime | None, due: datetime | None) -> bool:
    """Whether what is due must be known in these quiet hours: its limit passes before they end."""
    return quiet_end is not None and due is not None and now < due <= quiet_end

"""What holds of a camera whatever is stored: who may do what, what its address may be, and which host a page may then ask. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from linli.cameras import errors
from linli.foundation.access import Role

# A reason holds for as long as a look takes; who looks longer says why again.
LOOK_LASTS = timedelta(minutes=10)
LEAST_REASON = 4
MOST_REASON = 300
# A host by name or number, an IPv6 address in brackets. What else an address may hold would be read as more of the page's policy.
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])\Z")
MOST_ADDRESS = 500


class Act(StrEnum):
    """What somebody may do with the cameras of a unit."""

    SEE = "see"
    LOOK = "look"
    MANAGE = "manage"
    SEE_LOOKS = "see_looks"


MAY: dict[Act, frozenset[Role]] = {
    Act.SEE: frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER, Role.ADMIN, Role.AUDITOR}),
    Act.LOOK: frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER}),
    Act.MANAGE: frozenset({Role.ADMIN}),
    Act.SEE_LOOKS: frozenset({Role.LEADER, Role.ADMIN, Role.AUDITOR}),
}


def may(act: Act, grants: Iterable[Any], path: tuple[UUID, ...] | None = None) -> bool:
    """Whether one of the posts allows it, in a unit of this path or (None) anywhere."""
    return any(
        grant.role in MAY[act] and (path is None or grant.unit_id is None or grant.unit_id in path) for grant in grants
    )


@dataclass(frozen=True, slots=True)
class Source:
    """An address taken apart: what the page's policy names."""

    scheme: str
    host: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"


def source_of(address: str) -> Source:
    """Raises `WrongAddress`: anything but http(s), names and passwords in it, a host that is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise errors.WrongAddress from None
    name = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or ""
    plain = address.isascii() and address.isprintable() and not re.search(r"[\s\\]", address)
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not plain or not _HOST.match(name):
        raise errors.WrongAddress
    if len(address) > MOST_ADDRESS:
        raise errors.WrongAddress
    return Source(parts.scheme, name if port is None else f"{name}:{port}")


def reason_of(text: str) -> str:
    """What is kept of a reason. Raises `ReasonNeeded`."""
    words = " ".join(text.split())
    if not LEAST_REASON <= len(words) <= MOST_REASON:
        raise errors.ReasonNeeded
    return words

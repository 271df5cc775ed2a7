"""What a channel is to the rest of Linli. An adapter is a class with this shape; `tests/factories/channel_contract.py` holds it to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to go. `id` stays the same when it is tried again: providers take it for their own once-only key.

    `recipient` is a mobile number, for WeChat an openid. `template` and `params` are for providers that know templates of their own
    (WeChat, most SMS gateways in China), `kind` is what the message is about; `text` is the whole message in the recipient's
    language for those that take text.
    """

    id: UUID
    recipient: str
    template: str
    language: str
    params: Mapping[str, str]
    text: str
    kind: str = ""
    # It was tried before. How that ended may be unknown: whoever has no once-only key at the provider asks there first.
    again: bool = False
    # When it was recorded: no attempt is older. None: now.
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message, and calls it by `provider_id`. `sent` is False where it was only recorded."""

    provider_id: str
    sent: bool = True


class ChannelDown(Exception):
    """The provider does not answer now, or is not set up rightly: the message is tried again later."""


class ChannelRefused(Exception):
    """The provider will never take this message: a wrong number, a template that it does not know."""


class ChannelUnreachable(ChannelRefused):
    """Nobody can be reached there, whatever the message: no account, or one that does not take messages (any more)."""


class Channel(Protocol):
    """Sends one message. Called once for each attempt; the same `id` must not reach the recipient twice."""

    def send(self, message: Outgoing) -> Receipt:
        """Raises `ChannelDown` or `ChannelRefused`, with words that hold neither recipient nor text."""
        ...

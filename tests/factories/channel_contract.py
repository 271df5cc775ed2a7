"""What any adapter of a channel must keep to. An adapter's own tests call `check` with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from linli.foundation.ids import uuid7
from linli.gateway.channels import Channel, ChannelRefused, Outgoing, Receipt

RECIPIENT = "13800001234"
TEXT = "您的案件 100001-8 已结案。"


def message(**changes: object) -> Outgoing:
    values = {
        "id": uuid7(),
        "recipient": RECIPIENT,
        "template": "closed",
        "language": "zh-hans",
        "params": {"number": "100001-8"},
        "text": TEXT,
        "kind": "asked",
    } | changes
    return Outgoing(**values)  # type: ignore[arg-type]


def check(make: Callable[[], Channel], reached: Callable[[], int] | None = None) -> None:
    """An adapter is made without arguments, gives a receipt, repeats a message without sending it twice, refuses an
    empty recipient for good, and says nothing of recipient or text in what it raises.

    `reached` counts what has arrived at a provider on the other end; a recorder has none.
    """
    channel = make()
    sent = message()
    receipt = channel.send(sent)
    assert isinstance(receipt, Receipt)
    assert 0 < len(receipt.provider_id) <= 100
    # After a crash nobody knows how the first attempt ended.
    repeated = channel.send(replace(sent, again=True))
    assert 0 < len(repeated.provider_id) <= 100
    if reached is not None:
        assert reached() == 1
    assert channel.send(message()).provider_id not in {receipt.provider_id, repeated.provider_id}
    if reached is not None:
        assert reached() == 2
    # Refused for good, not to be tried again.
    with pytest.raises(ChannelRefused) as refused:
        channel.send(message(recipient=""))
    assert RECIPIENT not in str(refused.value)
    assert TEXT not in str(refused.value)

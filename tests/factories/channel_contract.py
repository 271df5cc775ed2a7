"""What any adapter of a channel must keep to. An adapter's own tests call `check` with it."""

from collections.abc import Callable

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
    } | changes
    return Outgoing(**values)  # type: ignore[arg-type]


def check(make: Callable[[], Channel]) -> None:
    """An adapter is made without arguments, gives a receipt, repeats a message without sending it twice, refuses an
    empty recipient for good, and says nothing of recipient or text in what it raises."""
    channel = make()
    sent = message()
    receipt = channel.send(sent)
    assert isinstance(receipt, Receipt)
    assert 0 < len(receipt.provider_id) <= 100
    assert channel.send(sent).provider_id == receipt.provider_id
    assert channel.send(message()).provider_id != receipt.provider_id
    # Refused for good, not to be tried again.
    with pytest.raises(ChannelRefused) as refused:
        channel.send(message(recipient=""))
    assert RECIPIENT not in str(refused.value)
    assert TEXT not in str(refused.value)

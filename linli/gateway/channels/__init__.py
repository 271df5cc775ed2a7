"""How messages leave: a port, and the adapter that a city has chosen for each channel."""

from functools import cache

from django.utils.module_loading import import_string

from linli.config import env
from linli.gateway.channels.port import Channel, ChannelDown, ChannelRefused, Outgoing, Receipt
from linli.gateway.channels.recorder import Recorder

__all__ = ["Channel", "ChannelDown", "ChannelRefused", "Outgoing", "Receipt", "Recorder", "channel"]

_SETTINGS = {"sms": "LINLI_SMS", "wechat": "LINLI_WECHAT"}


def channel(name: str) -> Channel:
    """The adapter for `sms` or `wechat`: LINLI_SMS or LINLI_WECHAT names its class by dotted path; `outbox` only records."""
    return _adapter(env.get(_SETTINGS[name]))


@cache
def _adapter(path: str) -> Channel:
    adapter: Channel = Recorder() if path == "outbox" else import_string(path)()
    return adapter

"""How messages leave: a port, and the adapter that a city has chosen for each channel."""

from collections.abc import Sequence
from functools import cache

from django.utils.module_loading import import_string

from linli.config import env
from linli.gateway.channels.port import Channel, ChannelDown, ChannelRefused, ChannelUnreachable, Outgoing, Receipt
from linli.gateway.channels.recorder import Recorder

__all__ = [
    "Channel",
    "ChannelDown",
    "ChannelRefused",
    "ChannelUnreachable",
    "Outgoing",
    "Receipt",
    "Recorder",
    "channel",
    "connected",
    "missing",
]

RECORDED = "outbox"
SETTINGS = {"sms": "LINLI_SMS", "wechat": "LINLI_WECHAT"}
# The adapters by the name that the setting gives them.
ADAPTERS = {
    RECORDED: "linli.gateway.channels.recorder.Recorder",
    "aliyun": "linli.gateway.channels.aliyun.AliyunSms",
    "http": "linli.gateway.channels.plain.PlainSms",
    "service_account": "linli.gateway.channels.service_account.ServiceAccount",
}
# What each needs to be set as well.
NEEDED = {
    "aliyun": ("LINLI_SMS_KEY", "LINLI_SMS_SECRET", "LINLI_SMS_SIGN", "LINLI_SMS_TEMPLATES"),
    "http": ("LINLI_SMS_URL", "LINLI_SMS_SECRET"),
    "service_account": ("LINLI_WECHAT_APP", "LINLI_WECHAT_SECRET", "LINLI_WECHAT_TEMPLATES"),
}
# Which setting names the templates that its provider has registered.
TEMPLATES = {
    "aliyun": "LINLI_SMS_TEMPLATES",
    "http": "LINLI_SMS_TEMPLATES",
    "service_account": "LINLI_WECHAT_TEMPLATES",
}


def channel(name: str) -> Channel:
    """The adapter for `sms` or `wechat` that LINLI_SMS or LINLI_WECHAT names, by its name here or by a dotted path."""
    return _adapter(chosen(name))


def chosen(name: str) -> str:
    return env.get(SETTINGS[name])


def connected(name: str) -> bool:
    """Whether messages leave by this channel, or are recorded only."""
    return chosen(name) != RECORDED


def missing(name: str) -> Sequence[str]:
    """The settings that its adapter needs and that are empty: until they are there its messages wait."""
    return [setting for setting in NEEDED.get(chosen(name), ()) if not env.get(setting)]


@cache
def _adapter(named: str) -> Channel:
    adapter: Channel = import_string(ADAPTERS.get(named, named))()
    return adapter

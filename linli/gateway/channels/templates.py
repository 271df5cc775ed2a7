"""The templates that a city has registered with its provider: in China each text needs one, and a registered signature.

LINLI_SMS_TEMPLATES and LINLI_WECHAT_TEMPLATES are JSON, or the path of a file with it:

    {"filed": {"template": "SMS_154950909", "data": {"number": "number", "time": "due"}},
     "progress": {"template": "SMS_154950910", "data": {"number": "number", "what": "=有新的进展"}}}

A key is a message (`filed`), a message in one language (`filed:en`) or a whole kind (`progress`); the finest one counts. `data` says
for each variable of the provider's template which of the message's parameters it is, `text` for the whole message, or `=…` for words.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from linli.config import env
from linli.gateway.channels.port import ChannelDown, ChannelRefused, Outgoing

# What a message lacks (no limit, no body) reads as in its words.
MISSING = "—"


@dataclass(frozen=True, slots=True)
class Registered:
    """A template as the provider calls it, and what fills its variables."""

    template: str
    data: Mapping[str, str]


def registered(setting: str) -> dict[str, Registered]:
    """What the setting names. Raises `ChannelDown` where it cannot be read: messages wait until somebody has mended it."""
    value = env.get(setting).strip()
    if not value:
        return {}
    try:
        return _read(value if value.startswith("{") else Path(value).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ChannelDown(f"{setting} cannot be read") from None


@cache
def _read(text: str) -> dict[str, Registered]:
    said: dict[str, Any] = json.loads(text)
    return {
        name: Registered(str(one["template"]), {str(key): str(value) for key, value in one.get("data", {}).items()})
        for name, one in said.items()
    }


def template_for(setting: str, message: Outgoing) -> tuple[str, dict[str, str]]:
    """The provider's template for a message, and its variables. Raises `ChannelRefused` where none is registered."""
    known = registered(setting)
    for name in (f"{message.template}:{message.language}", message.template, message.kind):
        if found := known.get(name):
            return found.template, {key: _value(value, message) for key, value in found.data.items()}
    raise ChannelRefused(f"no template is registered for {message.template}")


def _value(named: str, message: Outgoing) -> str:
    if named.startswith("="):
        return named[1:]
    return message.text if named == "text" else message.params.get(named) or MISSING

"""Calls to the provider that the city has chosen. Where they go stands in the settings alone, never in what anybody sends."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.views.decorators.debug import sensitive_variables

from linli.config import env
from linli.gateway.channels.port import ChannelDown

# One call, in seconds. An attempt makes four at most, and belongs to its worker for a minute (`rules.LEASE`).
SECONDS = 10.0


def needed(name: str) -> str:
    """A setting without which nothing can be sent. Raises `ChannelDown` naming it, so that messages wait until it is there."""
    value = env.get(name)
    if not value:
        raise ChannelDown(f"{name} is not set")
    return value


@sensitive_variables()
def call(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: Any = None) -> dict[str, Any]:
    """The JSON object that the provider answers, whatever its status. `body` is sent as JSON; proxies are those of the environment.

    Raises `ChannelDown`, in words without address, secret, recipient or text.
    """
    import httpx  # takes a tenth of a second to load; only who calls out pays it

    content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    sent = {"Content-Type": "application/json; charset=utf-8"} if content is not None else {}
    try:
        answer = httpx.request(method, url, headers={**sent, **(headers or {})}, content=content, timeout=SECONDS)
        said = answer.json()
    except httpx.TimeoutException:
        raise ChannelDown(f"no answer within {SECONDS:.0f} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChannelDown(type(error).__name__) from None
    except ValueError:
        raise ChannelDown(f"status {answer.status_code} without JSON") from None
    if not isinstance(said, dict):
        raise ChannelDown(f"status {answer.status_code} without an object")
    return said


def code(value: Any) -> str:
    """An error code as it may be kept and shown: the provider's own sentence beside it might name the recipient."""
    text = str(value)
    return text if re.fullmatch(r"[\w.-]{1,60}", text, re.ASCII) else "an unknown answer"

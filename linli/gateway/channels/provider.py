"""Calls to the provider that the city has chosen. Where they go stands in the settings alone, never in what anybody sends."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.views.decorators.debug import sensitive_variables

from linli.config import env
from linli.gateway.channels.port import ChannelDown

if TYPE_CHECKING:
    import httpx

# One call from its first byte to its last, in seconds. An attempt makes four at most, and belongs to its worker for a minute
# (`rules.LEASE`).
SECONDS = 10.0
# The same while somebody waits for a page.
ON_A_PAGE = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said, and the HTTP status."""

    status: int
    said: dict[str, Any]

    def taken(self) -> dict[str, Any]:
        """What it said, where its status says too that all went well. Raises `ChannelDown`."""
        if not 200 <= self.status < 300:
            raise ChannelDown(f"status {self.status}")
        return self.said


def needed(name: str) -> str:
    """A setting without which nothing can be sent. Raises `ChannelDown` naming it, so that messages wait until it is there."""
    value = env.get(name)
    if not value:
        raise ChannelDown(f"{name} is not set")
    return value


@sensitive_variables()
def call(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: Any = None, seconds: float = SECONDS
) -> Answer:
    """The JSON object that the provider answers within `seconds`, whatever its status. `body` is sent as JSON.

    Proxies are those of the environment.

    Raises `ChannelDown`, in words without address, secret, recipient or text.
    """
    import httpx  # takes a tenth of a second to load; only who calls out pays it

    content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    sent = {"Content-Type": "application/json; charset=utf-8"} if content is not None else {}
    try:
        answer = asyncio.run(_answer(method, url, {**sent, **(headers or {})}, content, seconds))
        said = answer.json()
    except (TimeoutError, httpx.TimeoutException):
        raise ChannelDown(f"no answer within {seconds:.0f} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChannelDown(type(error).__name__) from None
    except ValueError:
        raise ChannelDown(f"status {answer.status_code} without JSON") from None
    if not isinstance(said, dict):
        raise ChannelDown(f"status {answer.status_code} without an object")
    return Answer(answer.status_code, said)


@sensitive_variables()
async def _answer(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, seconds: float
) -> "httpx.Response":
    """httpx bounds each wait for the next bytes; the end of the whole is here."""
    import httpx

    async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds) as client:
        return await client.request(method, url, headers=headers, content=content)


def code(value: Any) -> str:
    """An error code as it may be kept and shown: the provider's own sentence beside it might name the recipient."""
    text = str(value)
    return text if re.fullmatch(r"[\w.-]{1,60}", text, re.ASCII) else "an unknown answer"

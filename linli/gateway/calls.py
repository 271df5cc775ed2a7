"""Calls to addresses that others chose (webhooks): never into one's own network, never redirected, never long.

The name is looked up once, every address it has is checked, and the connection goes to a checked address: a name that changes
its answer between the check and the call (DNS rebinding) gains nothing. TLS still checks the certificate for the name.
"""

import asyncio
import socket
from dataclasses import dataclass

from linli.config import env
from linli.gateway import rules
from linli.gateway.errors import UrlNotAllowed

# The whole call, from the connection to the status line.
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is None when there was no answer; `error` is then why, in words without addresses."""

    status: int | None
    error: str = ""

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address to connect to for a host."""

    host: str
    port: int
    address: str


def check(url: str) -> Target:
    """Where a call to `url` would go now. Raises `UrlNotAllowed`."""
    allowed = env.names("LINLI_WEBHOOK_ALLOW")
    host, port = rules.host_and_port(url, allowed)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UrlNotAllowed(field="url", reason=f"{host} has no address") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not rules.is_allowed(host, port, allowed):
        for address in addresses:
            if not rules.is_public(address):
                raise UrlNotAllowed(field="url", reason=f"{host} lies in an inner network")
    return Target(host, port, addresses[0])


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """POST `body` to `url`. What the other side says beside its status is not read."""
    import httpx  # takes a tenth of a second to load; only who calls out pays it

    try:
        target = check(url)
        return asyncio.run(_post(url, target, body, headers))
    except UrlNotAllowed as refused:
        return Answer(None, str(refused.data.get("reason", ""))[:200])
    except (TimeoutError, httpx.TimeoutException):
        return Answer(None, f"no answer within {SECONDS:.0f} seconds")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(None, type(error).__name__)


async def _post(url: str, target: Target, body: bytes, headers: dict[str, str]) -> Answer:
    import httpx

    pinned = httpx.URL(url).copy_with(host=target.address)
    # Name and certificate are those of the host, the connection goes to the address. No proxies, cookies or redirects.
    named = {**headers, "Host": httpx.URL(url).netloc.decode("ascii")}
    async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False, follow_redirects=False) as client:
        request = client.build_request(
            "POST", pinned, content=body, headers=named, extensions={"sni_hostname": target.host}
        )
        response = await client.send(request, stream=True)
        try:
            return Answer(response.status_code)
        finally:
            await response.aclose()

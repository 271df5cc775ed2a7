"""Where a request comes from, for counting tries. Behind a proxy the socket only tells the proxy."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest

from linli.config import env

# A household or an attacker holds a whole /64 of IPv6, so that is what is counted.
IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str:
    """The client's address, an IPv6 one as its /64; `unknown` where there is none.

    With LINLI_PROXIES=n the n-th entry of X-Forwarded-For from the right is believed: only one's own proxies have
    written that far. Whatever a client writes itself stands further left.
    """
    return address_of(str(request.META.get("REMOTE_ADDR", "")), request.headers.get("X-Forwarded-For", ""))


def address_of(text: str, forwarded_for: str) -> str:
    """The same of the socket's address and the header."""
    proxies = env.number("LINLI_PROXIES")
    if proxies:
        forwarded = [part.strip() for part in forwarded_for.split(",")]
        text = forwarded[-proxies] if len(forwarded) >= proxies else text
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)

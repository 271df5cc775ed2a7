"""How often somebody may call: a bucket of tokens for each key or address, counted in the process that is called.

Counting in the database would cost every report a round trip. Each of the LINLI_WORKERS web processes therefore gives out its
share of the rate; the kernel spreads connections over them, so that who asks on many gets nearly all of it.
"""

import time
from collections import OrderedDict
from threading import Lock

from django.utils.translation import gettext_lazy as _

from linli.config import env
from linli.foundation.errors import DomainError

# Buckets kept; the one that was used longest ago goes first, and would mostly have been full again by then.
KEPT = 20_000


class TooManyRequests(DomainError):
    """`seconds` become the answer's Retry-After."""

    code = "too_many_requests"
    status = 429
    message = _("Too many requests. Please wait %(seconds)s seconds and try again.")


class Buckets:
    """Each bucket holds `per_minute` tokens (or `burst`) when full, and fills at that rate."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, per_minute: float, burst: float | None = None) -> None:
        """Take one token. Raises `TooManyRequests` with the seconds until there is one."""
        processes = env.number("LINLI_WORKERS")
        share = per_minute / processes
        capacity = max(1.0, (burst or per_minute) / processes)
        now = time.monotonic()
        with self._lock:
            tokens, since = self._buckets.pop(name, (capacity, now))
            tokens = min(capacity, tokens + (now - since) * share / 60)
            allowed = tokens >= 1
            self._buckets[name] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyRequests(seconds=max(1, round((1 - tokens) * 60 / share)))

    def forget(self) -> None:
        with self._lock:
            self._buckets.clear()


keys = Buckets()
addresses = Buckets()

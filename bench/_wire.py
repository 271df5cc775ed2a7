"""What a page weighs and how it is painted, as Chromium tells by its DevTools protocol. Used by `paint` and by tests/bars."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

# A phone four times slower than this machine, on a poor mobile network.
CPU_SLOWER = 4
LATENCY_MS = 150
BYTES_PER_SECOND = 1_600_000 / 8

# The largest paint so far and the sum of unexpected shifts, kept by the page itself from its first moment.
WATCH = """
  window.painted = { lcp: 0, cls: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) painted.lcp = entry.startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) painted.cls += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Weight:
    """Bytes received for each request, those of its content once it is unpacked, and what it was loaded as.

    What a service worker had kept counts for nothing.
    """

    received: dict[str, int] = field(default_factory=dict)
    contents: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    kinds: dict[str, str] = field(default_factory=dict)

    def kilobytes(self, kind: str = "", *, unpacked: bool = False) -> float:
        sizes = self.contents if unpacked else self.received
        came = (one for one, size in self.received.items() if size and (not kind or self.kinds.get(one) == kind))
        return sum(sizes[one] for one in came) / 1000


@contextmanager
def weighed(page: Page, *, slow: bool = False) -> Iterator[Weight]:
    """Count what the page receives as it comes over the wire, compressed and with its headers; `slow` as a poor phone would."""
    weight = Weight()
    session = page.context.new_cdp_session(page)

    def received(event: dict[str, Any]) -> None:
        weight.kinds[event["requestId"]] = event["type"]

    def came(event: dict[str, Any]) -> None:
        weight.contents[event["requestId"]] += int(event["dataLength"])

    def finished(event: dict[str, Any]) -> None:
        weight.received[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.responseReceived", received)
    session.on("Network.dataReceived", came)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    if slow:
        network = {
            "offline": False,
            "latency": LATENCY_MS,
            "uploadThroughput": -1,
            "downloadThroughput": BYTES_PER_SECOND,
        }
        session.send("Network.emulateNetworkConditions", network)
        session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    yield weight
    session.detach()

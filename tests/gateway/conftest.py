"""The small city of tests/factories, an administrator of its gateway, and a server on loopback that takes webhooks."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from factories.world import World, forget_caches, make_world

from linli.foundation import rates
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.gateway import queries


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with acting_as(SYSTEM):
        made = make_world()
    forget()
    yield made
    forget_caches()
    forget()


def forget() -> None:
    queries.forget_keys()
    queries.forget_subscriptions()
    rates.keys.forget()
    rates.addresses.forget()


@pytest.fixture
def admin(world: World) -> Actor:
    """Manages the gateway of the western subdistrict."""
    return world.actor("admin", Role.ADMIN, "W")


@dataclass
class Subscriber:
    """Another system: what it was sent, and what it answers (statuses in turn, the last one from then on)."""

    url: str
    statuses: list[int] = field(default_factory=lambda: [200])
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    state = Subscriber("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.taken.append((dict(self.headers), body))
            status = state.status()
            self.send_response(status)
            if status in {301, 302, 307}:
                self.send_header("Location", f"{state.url}elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()

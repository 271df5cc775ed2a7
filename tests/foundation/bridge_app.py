"""A small WSGI application behind the bridge, for tests/foundation/test_bridge.py."""

import os
import threading
from contextvars import ContextVar

from linli.foundation.bridge import Bridge

seen: ContextVar[str] = ContextVar("seen", default="nothing")
log: list[str] = []


class Whole(list):
    """As Django's response: not streaming, closed when done."""

    streaming = False

    def close(self) -> None:
        log.append("closed")


def hello(environ):
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].encode('latin-1').decode()}?{environ['QUERY_STRING']}"
    return Whole([text.encode()])


def headers(environ):
    return Whole(
        "\n".join(f"{k}={v}" for k, v in sorted(environ.items()) if k.startswith("HTTP_")).encode().split(b"\t")
    )


def count(environ):
    """Reads the body in pieces and says how much came, and how much memory that took (kB)."""
    before, total = _memory(), 0
    while piece := environ["wsgi.input"].read(64 * 1024):
        total += len(piece)
    return Whole([f"{total} {_memory() - before}".encode()])


def lines(environ):
    found = []
    while line := environ["wsgi.input"].readline():
        found.append(len(line))
    return Whole([repr(found).encode()])


def broken_off(environ):
    environ["wsgi.input"].read()
    log.append("whole")
    return Whole([b"ok"])


def big(environ):
    def pieces():
        try:
            for _ in range(1600):
                yield bytes(64 * 1024)
            log.append("sent all")
        finally:
            log.append("ended")

    return pieces()


def context(environ):
    before = seen.get()
    seen.set("something")
    return Whole([f"{before} {threading.current_thread().name.startswith('web')}".encode()])


def fails(environ):
    raise RuntimeError("outside of Django")


both = threading.Barrier(2)


def together(environ):
    """Answers when two requests are here at once."""
    both.wait(10)
    return Whole([b"together"])


def told(environ):
    return Whole([" ".join(log).encode()])


ROUTES = {f.__name__: f for f in (hello, headers, count, lines, broken_off, big, context, fails, together, told)}


def _memory() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def application_wsgi(environ, start_response):
    response = ROUTES.get(environ["PATH_INFO"].strip("/"), hello)(environ)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return response


bridge = Bridge(application_wsgi, threads=2)


async def application(scope, receive, send):
    if scope["type"] == "http":
        await bridge(scope, receive, send)

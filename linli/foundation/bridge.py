"""From the asynchronous server to Django in a thread, and back.

One hop into a thread and one out of it for a usual request: the body is there before the thread starts, and a whole response is
sent in one go. Longer bodies wait on disk, and streamed responses are carried piece by piece. (a2wsgi makes a hop per message:
2,100 requests a second on two cores where this makes 10,900; see ADR 0007.)
"""

import asyncio
import contextvars
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import IO, Any

log = logging.getLogger(__name__)

MAX_BODY = 128 * 1024 * 1024  # bytes: five photos at their limit, and some
MAX_IN_MEMORY = 256 * 1024  # bytes of a body that are held in memory; a longer one is on disk while it arrives
PATIENCE_SECONDS = 30  # for a body of any length, and beyond that
SLOWEST = 16 * 1024  # bytes a second, a bad mobile network

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ClientGone(OSError):
    """The client left, or dawdled, before the whole request had arrived."""


async def _arrived(receive: Receive, length: int) -> IO[bytes]:
    """The whole body, in memory while it is small. Until it is there no thread is taken: a few slow uploads would take all.

    Raises ClientGone: half a body must not pass for a shorter one.
    """
    body = SpooledTemporaryFile(MAX_IN_MEMORY)  # noqa: SIM115 (the request closes it)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS + length / SLOWEST):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone("the request broke off")
                body.write(message.get("body", b""))
                more = message.get("more_body", False)
    except (TimeoutError, ClientGone) as error:
        body.close()
        raise ClientGone("the request did not arrive") from error
    body.seek(0)
    return body


class Bridge:
    """An ASGI application that answers each HTTP request with a WSGI one, on `threads` threads that are kept."""

    def __init__(self, application: Application, threads: int) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        refusal = _refusal(scope)
        if refusal is not None:
            return await _plain(send, *refusal)
        loop = asyncio.get_running_loop()
        try:
            body = await _arrived(receive, _length(scope))
        except ClientGone:
            return None
        exchange = _Exchange(self._application, environ(scope, body), send, loop)
        # A context of its own: what one request sets (who acts) is not there for the next on this thread.
        context = contextvars.copy_context()
        try:
            await loop.run_in_executor(self._pool, context.run, exchange.run)
        except Exception:
            log.exception("The application failed outside its own error handling")
            if not exchange.started:
                exchange.answer = (500, [(b"content-type", b"text/plain")], b"Server error.")
        finally:
            body.close()
        # The client may have gone meanwhile; what the request did is done.
        with suppress(OSError, RuntimeError):
            await exchange.finish()
        return None

    def close(self) -> None:
        self._pool.shutdown(wait=True)


class _Exchange:
    """One request in its thread."""

    def __init__(
        self, application: Application, environment: dict[str, Any], send: Send, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._application = application
        self._environ = environment
        self._send = send
        self._loop = loop
        self._head: tuple[int, list[tuple[bytes, bytes]]] = (500, [])
        self.started = False
        self.answer: tuple[int, list[tuple[bytes, bytes]], bytes] | None = None

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self._head = (
            int(status[:3]),
            [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        )

    def run(self) -> None:
        """In the thread: call Django. A whole response is kept for `finish`; a streamed one is sent from here."""
        response = self._application(self._environ, self.start_response)
        try:
            if getattr(response, "streaming", True):
                self._stream(response)
            else:
                self.answer = (*self._head, b"".join(response))
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()

    def _stream(self, pieces: Iterable[bytes]) -> None:
        self.started = True
        # A client who has gone ends the response: the rest is not made.
        with suppress(OSError, RuntimeError):
            self._pass({"type": "http.response.start", "status": self._head[0], "headers": self._head[1]})
            for piece in pieces:
                if piece:
                    self._pass({"type": "http.response.body", "body": piece, "more_body": True})
            self._pass({"type": "http.response.body", "body": b"", "more_body": False})

    def _pass(self, message: Mapping[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(_once(self._send, message), self._loop).result()

    async def finish(self) -> None:
        if self.answer is None:
            return
        status, headers, body = self.answer
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


async def _once(call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """A server's awaitable as a coroutine, which is what can be handed to its loop from a thread."""
    return await call(*arguments)


def _refusal(scope: Mapping[str, Any]) -> tuple[int, str] | None:
    headers = dict(scope["headers"])
    length = headers.get(b"content-length")
    if length is None:
        # Django reads Content-Length bytes: without it a body would be taken for empty.
        return (411, "Please send a Content-Length.") if b"transfer-encoding" in headers else None
    if not length.isdigit():
        return (400, "Content-Length must be a number.")
    if int(length) > MAX_BODY:
        return (413, f"A request may hold {MAX_BODY // 1024 // 1024} MB at most.")
    return None


def _length(scope: Mapping[str, Any]) -> int:
    """Content-Length, which `_refusal` has checked."""
    return int(dict(scope["headers"]).get(b"content-length", b"0"))


async def _plain(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})


def environ(scope: Mapping[str, Any], body: IO[bytes]) -> dict[str, Any]:
    """PEP 3333's environment of a request."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client")
    environment: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # CGI writes `-` and `_` alike: a header with `_` could pass for one that a proxy sets.
        if b"_" not in name:
            _add_header(environment, name.decode("latin-1"), value.decode("latin-1"))
    return environment


def _add_header(environment: dict[str, Any], name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
    if key in environment:
        # HTTP/2 sends each cookie in a field of its own (RFC 9113, 8.2.3).
        value = environment[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
    environment[key] = value

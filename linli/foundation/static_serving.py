"""Static files over HTTP: compressed where the browser takes that, kept by it for good (ADR 0024).

Which form is sent is decided here, on the event loop; granian then sends the file by itself (ASGI's `pathsend`), so that no thread waits
for a slow phone. An address is looked up among what was collected before this process began: none is made into a path.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linli.foundation.bridge import Receive, Send
from linli.foundation.static import PACKED

PREFIX = "/static/"
# Names without a digest are not handed out: a browser would keep what changes.
DIGEST = re.compile(r".+\.([0-9a-f]{12})(?:\.[^.]+)?")
KEPT_SECONDS = 30 * 24 * 3600
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
REFUSED = re.compile(rb"q=0(\.0*)?\s*$")

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Form:
    """A file as it is, or compressed: where it lies, and what is said of it."""

    path: str
    etag: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class File:
    plain: Form
    packed: Form | None

    def form(self, accepted: bytes) -> Form:
        return self.packed if self.packed and takes_gzip(accepted) else self.plain


class Files:
    """The ASGI application below /static/."""

    def __init__(self, folder: Path) -> None:
        self._files = dict(_collected(folder))

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        file = self._files.get(scope["path"])
        if file is None:
            return await _answer(send, 404, [(b"content-length", b"0")])
        if scope["method"] not in {"GET", "HEAD"}:
            return await _answer(send, 405, [(b"allow", b"GET, HEAD"), (b"content-length", b"0")])
        asked = dict(scope["headers"])
        form = file.form(asked.get(b"accept-encoding", b""))
        if form.etag in asked.get(b"if-none-match", b""):
            return await _answer(send, 304, [one for one in form.headers if not one[0].startswith(b"content-")])
        if scope["method"] == "HEAD":
            return await _answer(send, 200, form.headers)
        await send({"type": "http.response.start", "status": 200, "headers": form.headers})
        await send({"type": "http.response.pathsend", "path": form.path})
        return None


def takes_gzip(accepted: bytes) -> bool:
    """Whether `Accept-Encoding` names gzip, and not to refuse it (RFC 9110, section 12.5.3)."""
    for one in accepted.lower().split(b","):
        coding, _, weight = one.partition(b";")
        if coding.strip() == b"gzip":
            return not REFUSED.search(weight)
    return False


def _collected(folder: Path) -> Iterator[tuple[str, File]]:
    for path in folder.rglob("*"):
        named = DIGEST.fullmatch(path.name)
        if named:
            packed = path.with_name(path.name + PACKED)
            shown = f"{PREFIX}{path.relative_to(folder).as_posix()}"
            yield shown, _file(path, packed if packed.exists() else None, digest=named[1])


def _file(path: Path, packed: Path | None, *, digest: str) -> File:
    headers = [
        (b"content-type", TYPES.get(path.suffix, "application/octet-stream").encode()),
        (b"cache-control", f"public, max-age={KEPT_SECONDS}, immutable".encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    if packed is None:
        return File(_form(path, digest, headers), None)
    headers.append((b"vary", b"accept-encoding"))
    return File(
        _form(path, digest, headers), _form(packed, f"{digest}-gzip", [*headers, (b"content-encoding", b"gzip")])
    )


def _form(path: Path, etag: str, headers: Headers) -> Form:
    quoted = f'"{etag}"'.encode()
    size = str(path.stat().st_size).encode()
    return Form(str(path), quoted, [*headers, (b"etag", quoted), (b"content-length", size)])


async def _answer(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})

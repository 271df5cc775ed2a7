"""Hands the base map out by ranges (RFC 9110, section 14): a browser reads the directory, then the tiles that it shows.

Everyone may read it: it holds what OpenStreetMap publishes, and nothing of ours.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from linli.foundation.errors import NotFound
from linli.territory.basemap import archive
from linli.territory.basemap.archive import Archive

# The address carries the version, so what came from it never changes.
KEPT = "public, max-age=31536000, immutable"
# A page that was opened before the map was built anew asks for the old version; it gets the new one, and need not keep it.
NOT_KEPT = "no-store"
BLOCK = 256 * 1024
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def address() -> str:
    """Where a page finds the map; empty where there is none."""
    found = archive.current()
    return f"{reverse('base_map')}?v={found.version}" if found else ""


@require_safe
def base_map(request: HttpRequest) -> HttpResponseBase:
    found = archive.current()
    if found is None:
        raise NotFound
    etag = f'"{found.version}"'
    answer = _answer(request, found, etag)
    answer.headers["ETag"] = etag
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = KEPT if request.GET.get("v") == found.version else NOT_KEPT
    return answer


def _answer(request: HttpRequest, found: Archive, etag: str) -> HttpResponseBase:
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    # Parts of an older file cannot be completed from this one.
    asked = request.headers.get("Range", "") if request.headers.get("If-Range", etag) == etag else ""
    match = RANGE.fullmatch(asked)
    # Other units, several ranges and what is no range at all may be ignored: the whole is a right answer.
    if match is None or match.groups() == ("", ""):
        return _part(found, 0, found.size, status=200)
    first, last = _ends(*match.groups(), size=found.size)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{found.size}"})
    answer = _part(found, first, last - first + 1, status=206)
    answer.headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    return answer


def _ends(first: str, last: str, *, size: int) -> tuple[int, int]:
    """The first and the last byte; the first beyond the last where there is nothing to be sent."""
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _part(found: Archive, first: int, length: int, *, status: int) -> StreamingHttpResponse:
    headers = {"Content-Length": str(length)}
    blocks = _blocks(found.path, first, length)
    return StreamingHttpResponse(blocks, status=status, content_type="application/vnd.pmtiles", headers=headers)


def _blocks(path: Path, first: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while length and (block := file.read(min(length, BLOCK))):
            length -= len(block)
            yield block

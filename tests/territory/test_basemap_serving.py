"""The base map over HTTP: by ranges, known by its content, and nothing where there is none."""

import os
from pathlib import Path

import pytest
from django.test import Client

from linli.foundation.policy import CONTENT_SECURITY_POLICY
from linli.territory.basemap import archive, serving

CONTENT = bytes(range(256)) * 4
ADDRESS = "/map/base.pmtiles"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the map would lie."""
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    path = archive.default_path()
    path.parent.mkdir()
    return path


@pytest.fixture
def built(place: Path) -> Path:
    place.write_bytes(CONTENT)
    return place


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-127", 0, 127),
        ("bytes=1000-", 1000, 1023),
        ("bytes=1000-99999", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=-99999", 0, 1023),
    ],
)
def test_a_range(built: Path, client: Client, asked: str, first: int, last: int) -> None:
    answer = client.get(ADDRESS, headers={"range": asked})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/1024"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert body(answer) == CONTENT[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", "bytes=9-3"])
def test_a_range_beyond_it(built: Path, client: Client, asked: str) -> None:
    answer = client.get(ADDRESS, headers={"range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */1024")


@pytest.mark.parametrize(
    "asked", ["", "bytes=-", "bytes=a-b", "lines=0-5", "bytes=0-1,5-6", "bytes=" + "9" * 400 + "-"]
)
def test_what_is_no_single_range_gets_the_whole(built: Path, client: Client, asked: str) -> None:
    answer = client.get(ADDRESS, headers={"range": asked})
    assert answer.status_code == 200
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert body(answer) == CONTENT


def test_it_is_kept_as_long_as_its_content(built: Path, client: Client) -> None:
    address = serving.address()
    answer = client.get(address)
    assert "immutable" in answer.headers["Cache-Control"]
    etag = answer.headers["ETag"]
    assert client.get(address, headers={"if-none-match": etag}).status_code == 304
    before = built.stat()
    built.write_bytes(CONTENT[::-1])
    os.utime(built, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert serving.address() != address
    # Who has the old address gets the new map, and does not keep it under that name.
    answer = client.get(address, headers={"if-none-match": etag, "range": "bytes=0-3", "if-range": etag})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.headers["ETag"] != etag


def test_the_policy_is_that_of_every_page(built: Path, client: Client) -> None:
    answer = client.get(ADDRESS)
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_can_be_sent_there(built: Path, client: Client) -> None:
    assert client.post(ADDRESS).status_code == 405


def test_where_there_is_none(place: Path, client: Client) -> None:
    assert serving.address() == ""
    assert client.get(ADDRESS).status_code == 404

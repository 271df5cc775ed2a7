"""Static files of the running server: compressed for whom that suits, known again, kept for good, and nothing beside them."""

import gzip
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from factories import databases
from factories.server import running

from linli.foundation import live
from linli.foundation.static import TEXTS, pack
from linli.foundation.static_serving import DIGEST, TYPES, takes_gzip

BROWSER = "gzip, deflate, br, zstd"


@dataclass(frozen=True)
class Place:
    """A server, and the folder in which it has collected."""

    port: int
    folder: Path

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        body = answer.read()
        line.close()
        return answer, body

    def names(self) -> dict[str, str]:
        """The collected name of each file by its plain one."""
        return dict(json.loads((self.folder / "staticfiles.json").read_text())["paths"])


@pytest.fixture(scope="module")
def place(
    template_database: str, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("static")
    with databases.of_its_own(template_database, "static", django_db_blocker) as name, running(name, folder) as server:
        yield Place(server.port, folder / "static")


@pytest.fixture
def style(place: Place) -> str:
    return place.names()["web/shell.css"]


def test_a_browser_gets_it_compressed(place: Place, style: str) -> None:
    content = (place.folder / style).read_bytes()
    answer, body = place.ask(f"/static/{style}", accept_encoding=BROWSER)
    assert (answer.status, answer.headers["Content-Encoding"], answer.headers["Vary"]) == (
        200,
        "gzip",
        "accept-encoding",
    )
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=2592000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert int(answer.headers["Content-Length"]) == len(body) < len(content) / 3
    assert gzip.decompress(body) == content


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "br, gzip; q=0.0"])
def test_whoever_does_not_take_gzip_gets_it_as_it_is(place: Place, style: str, accepted: str) -> None:
    answer, body = place.ask(f"/static/{style}", accept_encoding=accepted)
    assert (answer.status, answer.headers["Content-Encoding"], answer.headers["Vary"]) == (200, None, "accept-encoding")
    assert body == (place.folder / style).read_bytes()
    assert int(answer.headers["Content-Length"]) == len(body)


def test_each_form_is_known_again_and_not_sent_twice(place: Place, style: str) -> None:
    tags = set()
    for accepted in (BROWSER, ""):
        first, _ = place.ask(f"/static/{style}", accept_encoding=accepted)
        tags.add(first.headers["ETag"])
        for known in (first.headers["ETag"], f'"other", W/{first.headers["ETag"]}'):
            again, body = place.ask(f"/static/{style}", accept_encoding=accepted, if_none_match=known)
            assert (again.status, body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
            assert (again.headers["Cache-Control"], again.headers["Vary"]) == (
                first.headers["Cache-Control"],
                "accept-encoding",
            )
        assert place.ask(f"/static/{style}", accept_encoding=accepted, if_none_match='"other"')[0].status == 200
    assert len(tags) == 2, "bytes that differ have names that differ"


def test_a_picture_is_sent_as_it_is(place: Place) -> None:
    picture = place.names()["web/share.png"]
    answer, body = place.ask(f"/static/{picture}", accept_encoding=BROWSER)
    assert (answer.status, answer.headers["Content-Encoding"], answer.headers["Vary"]) == (200, None, None)
    assert body == (place.folder / picture).read_bytes()


def test_a_part_that_is_asked_for_is_the_whole(place: Place, style: str) -> None:
    """A server may ignore a range, and never sends half a compressed file for half a file. The base map has its own address."""
    answer, body = place.ask(f"/static/{style}", range="bytes=0-9")
    assert (answer.status, answer.headers["Accept-Ranges"]) == (200, None)
    assert body == (place.folder / style).read_bytes()


def test_it_is_asked_for_and_nothing_else(place: Place, style: str) -> None:
    answer, body = place.ask(f"/static/{style}", "HEAD", accept_encoding=BROWSER)
    assert (answer.status, answer.headers["Content-Encoding"], body) == (200, "gzip", b"")
    assert int(answer.headers["Content-Length"]) == (place.folder / f"{style}.gz").stat().st_size
    answer, _ = place.ask(f"/static/{style}", "POST")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_only_names_with_a_digest_are_handed_out(place: Place, style: str) -> None:
    names = [
        "",
        "web/",
        "web/shell.css",
        "staticfiles.json",
        f"{style}.gz",
        f"{style}/",
        f"/{style}",
        f"web/../{style}",
    ]
    ways_out = ["../serve.log", "%2e%2e/serve.log", "..%2fserve.log", "/etc/passwd", f"{style}%00"]
    for name in names + ways_out:
        assert place.ask(f"/static/{name}")[0].status in {400, 404}, name


def test_what_an_open_page_hears_is_not_compressed(place: Place) -> None:
    line = http.client.HTTPConnection("127.0.0.1", place.port, timeout=20)
    line.request("GET", f"/live/?token={live.token(['unit:1'])}", headers={"Accept-Encoding": BROWSER})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, None)
    assert answer.fp.readline(), "it is told something at once"
    line.close()


def test_a_file_that_is_gone_is_not_found(place: Place) -> None:
    lost = place.names()["web/design.css"]
    (place.folder / lost).unlink()
    assert place.ask(f"/static/{lost}")[0].status == 404


def test_every_file_has_its_type_and_every_text_its_compressed_form(place: Place) -> None:
    for name in place.names().values():
        path = place.folder / name
        assert path.suffix in TYPES, f"{name}: browsers need the type of such a file, in TYPES"
        assert DIGEST.fullmatch(path.name), name
        packed = path.with_name(f"{path.name}.gz")
        if path.suffix in TEXTS and path.exists():
            assert packed.exists() or len(gzip.compress(path.read_bytes(), 6)) >= path.stat().st_size, name
        else:
            assert path.suffix in TEXTS or not packed.exists()


def test_it_is_compressed_once_and_only_where_that_is_smaller(tmp_path: Path) -> None:
    long, short = tmp_path / "long.css", tmp_path / "short.css"
    long.write_text("a { color: red }\n" * 100)
    short.write_text("a{}")
    for _ in range(2):
        pack(long)
        pack(short)
        assert {path.name for path in tmp_path.iterdir()} == {"long.css", "long.css.gz", "short.css"}
    written = (tmp_path / "long.css.gz").stat().st_ino
    pack(long)
    assert (tmp_path / "long.css.gz").stat().st_ino == written


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        (b"gzip", True),
        (b"br;q=1.0, GZIP;q=0.5, *;q=0", True),
        (b"gzip;q=1", True),
        (b"gzip;q=0.001", True),
        (b"gzip;q=0", False),
        (b"gzip ; q=0.000 ", False),
        (b"*;q=0, gzip", True),
        (b"br", False),
        (b"notgzip", False),
        (b"", False),
    ],
)
def test_what_accept_encoding_says(accepted: bytes, takes: bool) -> None:
    assert takes_gzip(accepted) is takes

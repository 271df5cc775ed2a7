"""Pages and data are sent compressed to whom that suits; what is streamed or compressed in itself leaves as it is."""

import gzip
from pathlib import Path

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from factories.world import World

from linli.cases.models import Case
from linli.territory.basemap import archive
from linli.web.middleware import Compressed

BROWSER = {"accept-encoding": "gzip, deflate, br, zstd"}
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_a_page_arrives_compressed(enter, case: Case) -> None:
    resident = enter()
    plain = resident.get("/guide/resident/")
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"], "whoever keeps it keeps it apart"
    packed = resident.get("/guide/resident/", headers=BROWSER)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.content) < len(plain.content) / 2
    # But for its token, which is new each time.
    assert len(gzip.decompress(packed.content)) == len(plain.content)
    assert gzip.decompress(packed.content).endswith(plain.content[-1000:])
    assert "Content-Encoding" not in resident.get("/guide/resident/", headers={"accept-encoding": "gzip;q=0"}).headers


def test_data_arrive_compressed(world: World, client: Client) -> None:
    address = f"/api/v1/territory/units/{world.id('5101')}/outlines"
    packed = client.get(address, headers=BROWSER)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == client.get(address).content


def test_the_service_worker_arrives_compressed(client: Client, db: None) -> None:
    packed = client.get("/sw.js", headers=BROWSER)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == client.get("/sw.js").content
    assert packed.headers["Cache-Control"] == "no-cache"


def test_parts_of_the_base_map_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Client, db: None
) -> None:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    archive.default_path().parent.mkdir()
    archive.default_path().write_bytes(bytes(2000))
    answer = client.get("/map/base.pmtiles", headers={**BROWSER, "range": "bytes=0-999"})
    assert (answer.status_code, answer.headers.get("Content-Encoding")) == (206, None)
    assert len(b"".join(answer.streaming_content)) == int(answer.headers["Content-Length"]) == 1000


@pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf", SHEET, "application/octet-stream"])
def test_what_is_compressed_in_itself_leaves_as_it_is(kind: str) -> None:
    answer = through(HttpResponse(bytes(5000), content_type=kind))
    assert "Content-Encoding" not in answer.headers
    assert answer.content == bytes(5000)


def test_what_is_streamed_leaves_piece_by_piece() -> None:
    answer = through(StreamingHttpResponse(iter([b"a" * 1000, b"b" * 1000]), content_type="text/csv"))
    assert "Content-Encoding" not in answer.headers
    assert list(answer.streaming_content) == [b"a" * 1000, b"b" * 1000]


def test_its_length_hides_how_well_it_was_compressed() -> None:
    """Who makes a page repeat guesses and weighs it learns nothing from one answer to the next (BREACH)."""
    lengths = {len(through(HttpResponse("the same " * 100)).content) for _ in range(20)}
    assert len(lengths) > 5


def through(answer):
    """An answer as it leaves to a browser."""
    return Compressed(lambda _request: answer)(RequestFactory().get("/", headers=BROWSER))

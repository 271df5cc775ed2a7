"""A look through a camera in a real browser: a reason first, then the picture from that host alone; what shows nothing says so."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from bars.test_accessibility import violations
from django.contrib.staticfiles import finders
from factories.world import HERE
from playwright.sync_api import Browser, Playwright, Route, expect

from linli.cameras import actions
from linli.cameras.actions import Told
from linli.cameras.models import Camera
from linli.foundation.access import SYSTEM, acting_as
from stories.browser import Person, chromium
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def built() -> None:
    if finders.find("web/built/player.js") is None:
        pytest.skip("the islands are not built: scripts/islands")


class Stream:
    """A host that answers nothing that can be played, and notes who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        stream = self

        class Answer(BaseHTTPRequestHandler):
            def _note(self) -> None:
                stream.asked.append((self.command, self.path, self.headers.get("User-Agent", "")))
                self.send_response(404)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Access-Control-Allow-Headers", "*")
                self.end_headers()

            do_GET = do_POST = do_OPTIONS = _note  # noqa: N815

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def running(stream: Stream) -> Iterator[Stream]:
    thread = Thread(target=stream.server.serve_forever)
    thread.start()
    yield stream
    stream.server.shutdown()
    thread.join()
    stream.server.server_close()


@pytest.fixture
def stream() -> Iterator[Stream]:
    with running(Stream()) as one:
        yield one


@pytest.fixture(params=["hls", "whep"])
def camera(request: pytest.FixtureRequest, site: Site, stream: Stream) -> Camera:
    owner = site.world.bodies["street"].id
    told = Told(
        "东门", *HERE, owner, "消防通道", request.param, f"{stream.origin}/live/1", retention_days=30, direction=90
    )
    with acting_as(SYSTEM):
        return actions.register(told=told, by=SYSTEM)


def test_a_look_from_the_map_to_its_note(site: Site, stream: Stream, camera: Camera, browser: Browser) -> None:
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.goto(f"/map/?unit={site.world.id('Q')}")
    expect(page.locator("#smart-map canvas")).to_be_visible()
    expect(page.locator("[name=layer][value=cameras]")).to_be_checked()
    page.goto("/cameras/")
    page.get_by_role("link", name="东门").click()
    expect(page.get_by_text("没有标识")).to_be_visible()
    assert violations(page) == []
    assert stream.asked == [], "nobody asks a camera before a reason is given"
    page.get_by_label("为何查看").fill("消防通道可能被堵")
    page.get_by_role("button", name="开始查看").click()
    page.wait_for_url("**/?look=*")
    # The stream shows nothing: that is said.
    expect(page.locator("#player-failed")).to_have_attribute("open", "")
    expect(page.locator("#player")).to_be_hidden()
    assert violations(page) == []
    assert stream.asked
    assert all(path == "/live/1" and "HeadlessChrome" in agent for _method, path, agent in stream.asked), (
        "the browser alone"
    )
    expect(page.locator("table")).to_contain_text("消防通道可能被堵")
    # And no other host: the page's policy knows this one.
    other = Stream()
    with running(other):
        blocked = page.evaluate("url => fetch(url).then(() => false, () => true)", f"{other.origin}/x")
    assert blocked
    assert other.asked == []
    keep_picture(desk.page, "camera-note")


@pytest.fixture
def one_machine(playwright: Playwright) -> Iterator[Browser]:
    """A browser whose pages reach each other on a machine without a network."""
    with chromium(
        playwright, "--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns"
    ) as opened:
        yield opened


# Answers an offer (WHEP) with a picture that moves.
ANSWER = """async (offer) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
  const paint = canvas.getContext("2d");
  setInterval(() => { paint.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`; paint.fillRect(0, 0, 64, 36); }, 40);
  const connection = (window.camera = new RTCPeerConnection());
  for (const track of canvas.captureStream(25).getTracks()) connection.addTrack(track);
  await connection.setRemoteDescription({ type: "offer", sdp: offer });
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 50));
  return connection.localDescription.sdp;
}"""


@pytest.mark.parametrize("camera", ["whep"], indirect=True)
def test_a_picture_is_played(site: Site, stream: Stream, camera: Camera, one_machine: Browser) -> None:
    desk = Person(one_machine, site).sign_in("desk")
    page, film = desk.page, desk.open("/offline/")

    def answer(route: Route) -> None:
        route.fulfill(
            status=201,
            headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/sdp"},
            body=film.evaluate(ANSWER, route.request.post_data),
        )

    page.route(f"{stream.origin}/**", answer)
    page.goto(f"/cameras/{camera.pk}/")
    page.get_by_label("为何查看").fill("消防通道可能被堵")
    page.get_by_role("button", name="开始查看").click()
    expect(page.locator("video")).to_have_js_property("videoWidth", 64)
    expect(page.locator("#player-status")).to_be_empty()
    expect(page.locator("#player-failed")).not_to_have_attribute("open", "")
    keep_picture(desk.page, "camera-played")
    assert desk.complaints == []


# Two seconds of a picture that moves, as one fragmented MP4.
FILM = """async (kind) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
  const paint = canvas.getContext("2d");
  setInterval(() => { paint.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`; paint.fillRect(0, 0, 64, 36); }, 40);
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: kind });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((done) => (recorder.onstop = done));
  recorder.start();
  setTimeout(() => recorder.stop(), 2000);
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
CODEC = "av01.0.01M.08"
PLAYLIST = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:3
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="/live/begin.mp4"
#EXTINF:2.0,
/live/film.mp4
#EXT-X-ENDLIST
"""
MASTER = f"""#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS="{CODEC}",RESOLUTION=64x36
/live/list.m3u8
"""


def parts_of(film: bytes) -> tuple[bytes, bytes]:
    """What describes an MP4, and its fragments."""
    at = 0
    while film[at + 4 : at + 8] != b"moof":
        at += int.from_bytes(film[at : at + 4])
    return film[:at], film[at:]


@pytest.mark.parametrize("camera", ["hls"], indirect=True)
def test_a_stream_of_pieces_is_played(site: Site, stream: Stream, camera: Camera, one_machine: Browser) -> None:
    desk = Person(one_machine, site).sign_in("desk")
    page, film = desk.page, desk.open("/offline/")
    begin, fragments = parts_of(base64.b64decode(film.evaluate(FILM, f"video/mp4;codecs={CODEC}")))
    bodies = {
        "/live/1": ("application/vnd.apple.mpegurl", MASTER),
        "/live/list.m3u8": ("application/vnd.apple.mpegurl", PLAYLIST),
        "/live/begin.mp4": ("video/mp4", begin),
        "/live/film.mp4": ("video/mp4", fragments),
    }

    def answer(route: Route) -> None:
        kind, body = bodies[route.request.url.removeprefix(stream.origin)]
        route.fulfill(headers={"Access-Control-Allow-Origin": "*", "Content-Type": kind}, body=body)

    page.route(f"{stream.origin}/**", answer)
    page.goto(f"/cameras/{camera.pk}/")
    page.get_by_label("为何查看").fill("消防通道可能被堵")
    page.get_by_role("button", name="开始查看").click()
    expect(page.locator("video")).to_have_js_property("videoWidth", 64)
    page.locator("video").evaluate(
        "video => new Promise((done) => { const look = () => (video.currentTime > 0.5 ? done() : setTimeout(look, 50)); look(); })"
    )
    expect(page.locator("#player-status")).to_be_empty()
    expect(page.locator("#player-failed")).not_to_have_attribute("open", "")
    assert desk.complaints == []

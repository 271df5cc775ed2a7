"""The bridge under the real server: bodies, answers, and clients who leave."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from factories.server import free_port, get, running

from linli.foundation.bridge import MAX_BODY
from linli.foundation.database import embedded

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--port",
            str(port),
            "--no-log",
            "bridge_app:application",
        ],
        cwd=HERE,
        env={"PYTHONPATH": f"{HERE}:{HERE.parent.parent}", "PATH": "/usr/bin:/bin"},
    )
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(20)


def ask(port: int, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
        return answer


def wait_for(port: int, word: str) -> str:
    for _ in range(200):
        told = ask(port, "/told")[1].decode()
        if word in told.split():
            return told
        time.sleep(0.05)
    raise AssertionError(f"never {word}: {told}")


def test_addresses_pass_as_they_are(port: int) -> None:
    assert ask(port, "/%E8%B7%AF/a%20b?x=%E7%81%AF&y=1") == (200, "GET /路/a b?x=%E7%81%AF&y=1".encode())


def test_a_head_request_has_no_body_and_the_line_stays_open(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(3):
        connection.request("HEAD", "/hello")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")
        connection.request("GET", "/hello")
        assert connection.getresponse().read() == b"GET /hello?"
    connection.close()


def test_headers_cannot_be_forged_with_underscores(port: int) -> None:
    answer = raw(
        port,
        b"GET /headers HTTP/1.1\r\nHost: h\r\nX_Forwarded_Proto: https\r\nX-Real: yes\r\nCookie: a=1\r\nCookie: b=2\r\n"
        b"Connection: close\r\n\r\n",
    )
    assert b"FORWARDED" not in answer
    assert b"HTTP_X_REAL=yes" in answer
    assert b"HTTP_COOKIE=a=1; b=2" in answer


def test_a_large_upload_is_not_held_in_memory(port: int) -> None:
    size = 50 * 1024 * 1024
    total, kilobytes = ask(port, "/count", "POST", bytes(size))[1].split()
    assert int(total) == size
    assert int(kilobytes) < 20_000


def test_a_body_can_be_read_by_lines(port: int) -> None:
    assert ask(port, "/lines", "POST", b"a\nbb\n\n" + b"c" * 200_000)[1] == b"[2, 3, 1, 200000]"


def test_too_large_or_unmeasured_bodies_are_refused_at_once(port: int) -> None:
    head = b"POST /count HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    assert b" 413 " in raw(port, head + f"Content-Length: {MAX_BODY + 1}\r\n\r\n".encode()).split(b"\r\n")[0]
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    assert b" 411 " in raw(port, chunked).split(b"\r\n")[0]


def test_half_a_request_is_not_taken_for_a_whole_one(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"POST /broken_off HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n" + bytes(200_000))
        time.sleep(0.3)
    told = ask(port, "/told")[1].decode().split()
    assert "whole" not in told


def test_bodies_that_dawdle_hold_no_thread(port: int) -> None:
    lines = [socket.create_connection(("127.0.0.1", port)) for _line in range(40)]
    for line in lines:
        line.sendall(b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhalf")
    assert ask(port, "/hello") == (200, b"GET /hello?")
    for line in lines:
        line.close()


def test_a_large_answer_arrives_whole(port: int) -> None:
    status, content = ask(port, "/big")
    assert (status, len(content)) == (200, 1600 * 64 * 1024)
    wait_for(port, "sent")


def test_a_client_who_leaves_frees_the_thread(port: int) -> None:
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
            line.recv(1000)
    assert ask(port, "/hello")[1] == b"GET /hello?", "both threads are free again"


def test_nothing_of_one_request_is_left_for_the_next(port: int) -> None:
    assert {ask(port, "/context")[1] for _ in range(6)} == {b"nothing True"}


def test_an_application_that_fails_is_answered_for(port: int) -> None:
    assert ask(port, "/fails") == (500, b"Server error.")


def test_as_many_requests_at_once_as_threads(port: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: ask(port, "/together")[1], range(2))) == [b"together"] * 2


def test_a_database_that_closed_every_connection_costs_no_request(fresh_database: str, tmp_path: Path) -> None:
    with running(fresh_database, tmp_path, "--no-worker") as server:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: get(f"{server.url}/readyz"), range(16)))
        place = embedded.cluster()
        with psycopg.connect(
            host=str(place.socket_dir), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            closed = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s", [fresh_database]
            ).fetchone()
        assert closed is not None
        assert closed[0] >= 2, "the listener's and a thread's at least"
        time.sleep(0.1)
        assert {get(f"{server.url}/readyz")[0] for _ in range(16)} == {200}

"""`linli serve` as processes: starts, serves, survives deaths, stops, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from factories.server import START_SECONDS, Server, command, environment, free_port, get, running

from linli.foundation.database import embedded


def descendants(server: Server) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children(recursive=True)


def wait_for(condition, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if lives(p)]


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        # It ended between the two questions.
        return False


@pytest.fixture
def server(fresh_database: str, tmp_path: Path):
    with running(fresh_database, tmp_path) as server:
        yield server


def test_it_is_up_ready_and_tells_its_figures(server: Server) -> None:
    assert get(f"{server.url}/healthz") == (200, b"up\n")
    assert get(f"{server.url}/readyz")[0] == 200
    status, figures = get(f"{server.url}/metrics")
    assert status == 200
    assert b'linli_requests_total{method="GET",route="healthz",status="200"}' in figures
    assert b"linli_live_streams 0.0" in figures


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_whole_and_frees_the_port(fresh_database: str, tmp_path: Path, number: int) -> None:
    with running(fresh_database, tmp_path) as server:
        family = descendants(server)
        assert len(family) >= 3, "granian, its web process and the worker"
        assert server.stop(number) == 0
        assert alive(family) == []
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", server.port))


def test_killed_outright_it_leaves_no_orphan(server: Server) -> None:
    family = descendants(server)
    server.process.kill()
    wait_for(lambda: not alive(family))


def test_a_child_whose_parent_died_before_it_could_ask_ends_by_itself() -> None:
    asks = "from linli.foundation.processes import die_with_parent; die_with_parent()"
    for parent, ended in ((os.getpid(), 0), (os.getpid() + 1, -signal.SIGTERM)):
        child = subprocess.run(
            [sys.executable, "-c", asks], env={**os.environ, "LINLI_PARENT": str(parent)}, check=False
        )
        assert child.returncode == ended


def test_a_child_that_dies_is_started_again(server: Server) -> None:
    def workers() -> list[psutil.Process]:
        return [p for p in alive(descendants(server)) if command_of(p)[-1:] == ["worker"]]

    web, background = descendants(server)[0], workers()[0]
    background.kill()
    wait_for(lambda: any(one.pid != background.pid for one in workers()))
    web.kill()
    wait_for(lambda: get_or_none(f"{server.url}/readyz") == 200)


def get_or_none(url: str) -> int | None:
    try:
        return get(url, timeout=1)[0]
    except OSError:
        return None


def test_a_taken_port_is_refused_politely(fresh_database: str, tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = subprocess.run(
            command("serve", "--port", str(port)),
            env=environment(fresh_database, tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "is taken" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_with_the_embedded_server_data_stay_and_the_last_one_turns_off_the_light(tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    variables["LINLI_DATA_DIR"] = str(tmp_path)
    place = embedded.cluster(tmp_path)
    log = tmp_path / "out.log"
    for round_number in (1, 2):
        port = free_port()
        with log.open("wb") as out:
            process = subprocess.Popen(
                command("serve", "--port", str(port), "--workers", "1"), env=variables, stdout=out, stderr=out
            )
        try:
            wait_for(lambda process=process: "is ready" in log.read_text() or process.poll() is not None, 180)
            assert process.poll() is None, log.read_text()
            assert embedded.is_running(place)
            if round_number == 1:
                _write_mark(place)
                _kill_database(place)
                wait_for(lambda port=port: get_or_none(f"http://127.0.0.1:{port}/readyz") == 200)
            assert _read_mark(place) == 1
        finally:
            process.terminate()
            process.wait(30)
        assert not embedded.is_running(place)


def _connect(place: embedded.Cluster):
    import psycopg

    return psycopg.connect(host=str(place.socket_dir), user="postgres", dbname="linli", autocommit=True)


def _write_mark(place: embedded.Cluster) -> None:
    with _connect(place) as connection:
        connection.execute("CREATE TABLE mark AS SELECT 1 AS n")


def _read_mark(place: embedded.Cluster) -> int:
    with _connect(place) as connection:
        return connection.execute("SELECT count(*) FROM mark").fetchone()[0]


def _kill_database(place: embedded.Cluster) -> None:
    pid = int((place.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)

"""What the benchmarks over HTTP share: the demo's territory and people, a running `linli serve`, sessions, a light client.

The client is written by hand on sockets: on two cores, whatever it costs is taken from what is measured.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CSRF = "b" * 32
START_SECONDS = 60


def prepare(progress) -> None:
    """The demo's territory, duties and people, without its day."""
    # Residents of the demo sign in by a code that only a demo shows.
    from django.conf import settings

    from linli.demo import load, people
    from linli.duties.actions.packs import load_pack as load_duties
    from linli.foundation.access import acting_as
    from linli.territory.actions import load_pack as load_territory

    settings.LINLI_DEMO = True
    with progress.step("Preparing territory, duties and people"), acting_as(people.BY):
        load_territory(name=load.PACK, by=people.BY)
        load_duties(load.DUTIES, by=people.BY)
        people.appoint_all(load.midnight())


def cookie_of(person) -> str:
    """The cookies of somebody who has signed in, and of a form's token."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.signed_cookies import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "linli.people.backends.PersonBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}; csrftoken={CSRF}"


@contextmanager
def serving(progress, *, workers: int = 4) -> Iterator[int]:
    """`linli serve` on this process's database; gives its port. Without the background worker, which a city runs elsewhere."""
    port = _free_port()
    log = Path(os.environ["LINLI_DATA_DIR"]) / "serve.log"
    command = [
        sys.executable,
        "-m",
        "linli.cli",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--no-worker",
    ]
    with progress.step("Starting linli serve"), log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        _wait(process, log, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen, log: Path, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if "is ready" in log.read_text():
            return
        time.sleep(0.05)
    raise RuntimeError(f"linli serve did not start:\n{log.read_text()[-2000:]}")


def metric(port: int, name: str, route: str) -> float:
    """The sum of a counter over the samples of a route, from /metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{") and f'route="{route}"' in line
    )


@dataclass
class Answers:
    """Seconds of each answer, and the first that was not wanted."""

    seconds: list[float]
    refused: str = ""


def ask(port: int, clients: list[Callable[[], bytes]], seconds: float, wanted: int) -> Answers:
    """Each client sends one request after the other on its own kept connection for so long. `clients` make the requests."""
    answers = Answers([])

    async def all_of_them() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(
            *(_client(port, make, lambda: time.perf_counter() < until, wanted, answers) for make in clients)
        )

    asyncio.run(all_of_them())
    if answers.refused:
        raise RuntimeError(f"The server refused a request:\n{answers.refused}")
    return answers


def ask_times(port: int, request: bytes, times: int, wanted: int) -> list[float]:
    """The same request so many times, on one kept connection; the seconds of each answer."""
    answers = Answers([])

    async def one_client() -> None:
        left = iter(range(times))
        await _client(port, lambda: request, lambda: next(left, None) is not None, wanted, answers)

    asyncio.run(one_client())
    if answers.refused:
        raise RuntimeError(f"The server refused {request.decode()}:\n{answers.refused}")
    return answers.seconds


async def _client(
    port: int, make: Callable[[], bytes], goes_on: Callable[[], bool], wanted: int, answers: Answers
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while goes_on() and not answers.refused:
        began = time.perf_counter()
        writer.write(make())
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        answers.seconds.append(time.perf_counter() - began)
        if int(head[9:12]) != wanted:
            answers.refused = (head + body[:500]).decode(errors="replace")
    writer.close()


def _length(head: bytes) -> int:
    at = head.lower().index(b"content-length:") + 15
    return int(head[at : head.index(b"\r\n", at)])


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def cores() -> str:
    return f"{os.cpu_count()} cores shared by PostgreSQL, server and clients"

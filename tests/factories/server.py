"""The whole system as its own processes, on a test's database: `linli serve` as a city runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from linli.foundation import keys
from linli.foundation.database import embedded, urls

START_SECONDS = 60


def address(role: str, database: str) -> str:
    return f"postgresql://{role}@/{database}?host={embedded.cluster().socket_dir}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(database: str, folder: Path) -> dict[str, str]:
    """What a process needs to work on a test's database with the test's keys, and a folder of its own for all else."""
    return {
        **os.environ,
        "LINLI_DATA_DIR": str(folder),
        "LINLI_DATABASE_URL": address(urls.APP_ROLE, database),
        "LINLI_OWNER_DATABASE_URL": address(urls.OWNER_ROLE, database),
        "LINLI_KEYS": json.dumps(keys._keys()),
        "LINLI_THREADS": "4",
        "PYTHONWARNINGS": "default",
    }


@dataclass
class Server:
    """A running `linli serve`."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "linli.cli", *arguments]


@contextmanager
def running(database: str, folder: Path, *arguments: str, **variables: str) -> Iterator[Server]:
    """Serve `database` until the block ends. `variables` are further LINLI_* settings."""
    port = free_port()
    log = folder / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command("serve", "--port", str(port), "--workers", "1", *arguments),
            env=environment(database, folder) | variables,
            stdout=out,
            stderr=out,
        )
    server = Server(f"http://127.0.0.1:{port}", port, process, log)
    try:
        _wait(server)
        yield server
    finally:
        server.stop()


def _wait(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        if "is ready" in server.log.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"linli serve did not start:\n{server.log.read_text()}")


def get(url: str, timeout: float = 10) -> tuple[int, bytes]:
    """The status and body of a plain request."""
    from urllib.error import HTTPError

    try:
        with urlopen(url, timeout=timeout) as response:
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()

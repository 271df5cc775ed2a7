"""Commands of the foundation: serve, worker, migrate, outbox, keys. Django is loaded inside, after `--data` is known."""

import json
import os
from pathlib import Path
from typing import Any

import click

from linli.config import env
from linli.foundation.progress import Progress


def _load(data: str | None = None) -> None:
    from linli.foundation import place, processes

    place.use(data)
    processes.load()


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the web server.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--data", type=click.Path(file_okay=False), help="The folder that holds all state (LINLI_DATA_DIR).")
@click.option("--workers", type=click.IntRange(1, 64), help="Web processes (LINLI_WORKERS).")
@click.option("--worker/--no-worker", default=True, help="Run the background worker too.")
def serve(port: int, host: str, data: str | None, workers: int | None, worker: bool) -> None:
    """Start the database, the web server and the worker; Ctrl+C stops them all. The data stay."""
    from linli.foundation import serve as server

    if workers:
        os.environ["LINLI_WORKERS"] = str(workers)
    progress = Progress()
    try:
        server.require_free_port(host, port)
        server.stop_on_signals()
        _load(data)
        from linli.foundation import place

        with place.database(progress):
            server.run(host, port, progress, worker=worker)
    except server.Stopped:
        progress.say("Stopped before it was ready.")
    except server.ServeFailed as error:
        raise click.ClickException(str(error)) from error


@click.command()
def worker() -> None:
    """Run the background worker alone: outbox, jobs, periodic work. `linli serve` runs one already."""
    _load()
    from linli.foundation import place
    from linli.foundation import worker as background

    with place.database(Progress()):
        background.run()


@click.command()
def migrate() -> None:
    """Bring the database to the newest state."""
    _load()
    from linli.foundation import place

    with place.database(Progress()):
        click.echo("The database has every migration.")


@click.command()
@click.option("--retry", is_flag=True, help="Give parked events another round of attempts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def outbox(retry: bool, as_json: bool) -> None:
    """Events that failed: waiting to be tried again, or parked."""
    _load()
    from linli.foundation import place, worker
    from linli.foundation.access import acting_as, system
    from linli.foundation.models import OutboxEvent

    with place.database(), acting_as(system("outbox")):
        if retry:
            click.echo(f"{worker.retry_parked()} events will be tried again.")
            return
        failed = OutboxEvent.objects.filter(handled_at=None, attempts__gt=0).order_by("position")
        for event in failed.iterator():
            _show_event(event, as_json)
        if not as_json and not failed.exists():
            click.echo("No event has failed.")


def _show_event(event: Any, as_json: bool) -> None:
    shown = {"id": str(event.id), "name": event.name, "at": event.at.isoformat(), "attempts": event.attempts}
    if as_json:
        click.echo(json.dumps(shown | {"error": event.error}, ensure_ascii=False))
    else:
        click.echo(f"{event.at:%Y-%m-%d %H:%M} {event.name} {event.id}: {event.attempts} attempts, {event.error}")


@click.group()
def keys() -> None:
    """Keys that encrypt personal fields and sign timelines."""


@keys.command()
@click.option("--resume", is_flag=True, help="Make no new key: only close again what older keys closed.")
def rotate(resume: bool) -> None:
    """Add a new encryption key, use it from now on, and close everything again with it.

    It may be interrupted; --resume goes on. The old keys are kept: backups need them.
    """
    _load()
    from linli.foundation import keys as ring
    from linli.foundation import place, rotation
    from linli.foundation.access import acting_as, system

    if env.get("LINLI_KEYS") and not resume:
        raise click.ClickException(
            "The keys come from LINLI_KEYS: add the new key there, set `active` to its number, restart, and run this "
            "with --resume."
        )
    if not resume:
        click.echo(f"Key {ring.add_encryption_key()} is in use, in {_shown(ring.key_file())}. Back up this file.")
    progress = Progress()
    with place.database(progress), acting_as(system("keys")):
        click.echo(f"{rotation.reencrypt(progress)} values are closed with the new key.")
    click.echo("Restart running servers: until then they close new values with the old key (then run --resume).")


@keys.command()
def where() -> None:
    """Where the keys are."""
    from linli.foundation import keys as ring

    click.echo("LINLI_KEYS in the environment" if env.get("LINLI_KEYS") else _shown(ring.key_file()))


def _shown(path: Path) -> str:
    return str(path)

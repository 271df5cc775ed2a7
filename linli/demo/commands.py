"""`linli demo`: the demo subdistrict, a day lived through, and the web app with its logins."""

import os
import tomllib
from contextlib import suppress
from pathlib import Path

import click

from linli.config import env
from linli.foundation import place, processes
from linli.foundation.progress import Progress

_Export = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the web server.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--data", type=click.Path(file_okay=False), help="The folder that holds all state (LINLI_DATA_DIR).")
@click.option("--serve/--no-serve", default=True, help="Start the web app afterwards.")
@click.option(
    "--replay", "export", type=_Export, help="A real city instead: a 311 export, moved to the present by weeks."
)
@click.option("--mapping", default="boston311", show_default=True, help="How --replay is read, as of linli replay.")
@click.option(
    "--nights", default=14, show_default=True, type=click.IntRange(0, 90), help="Nights of --replay with looks."
)
def demo(port: int, host: str, data: str | None, serve: bool, export: Path | None, mapping: str, nights: int) -> None:
    """Load Shuangqiaozi, live through a day of its requests, and start the web app. A second start keeps the data.

    With --replay: live through a real city's 311 export as if it ended now, in a folder of its own, and start with that.
    """
    from linli.foundation import serve as server

    progress = Progress()
    os.environ["LINLI_DEMO"] = "1"
    if export is not None:
        data = data or str(env.data_dir() / "demo" / export.name.partition(".")[0])
        _work_as(mapping)
    try:
        if serve:
            server.require_free_port(host, port)
        place.use(data)
        processes.load()
        with place.database(progress):
            _load(export, mapping, nights, progress)
            _show_logins(progress)
            if serve:
                server.run(host, port, progress)
    except server.ServeFailed as error:
        raise click.ClickException(str(error)) from error


def _work_as(mapping: str) -> None:
    """Clocks and calendar of the city whose export it is, for this process and those that it starts."""
    from linli.cases.replay import mapping as mappings

    with suppress(OSError, ValueError, KeyError, TypeError):
        # What is wrong with a mapping is said when it is read as a whole.
        content = tomllib.loads(mappings.file_of(mapping).read_text(encoding="utf-8-sig"))
        os.environ["LINLI_TIME_ZONE"], os.environ["LINLI_CITY"] = content["time_zone"], content["city"]["code"]


def _load(export: Path | None, mapping: str, nights: int, progress: Progress) -> None:
    from linli.demo import load, replayed
    from linli.foundation.errors import DomainError

    try:
        loaded = load.load(progress) if export is None else replayed.load(export, mapping, nights, progress)
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    if not loaded:
        progress.say(
            f"The demo is there already, in {env.data_dir()}; it keeps its data. Delete the folder to start anew."
        )


def _show_logins(progress: Progress) -> None:
    from linli.demo.logins import of_here

    progress.say("Logins (the first page shows them too; one-time codes are shown while signing in):")
    for login in of_here():
        progress.say(f"  {login['username']:<18} {login['password']:<18} {login['surface']:<10} {login['note_en']}")

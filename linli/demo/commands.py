"""`linli demo`: the demo subdistrict, a day lived through, and the web app with its logins."""

import os

import click

from linli.foundation import place
from linli.foundation.progress import Progress


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the web server.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--data", type=click.Path(file_okay=False), help="The folder that holds all state (LINLI_DATA_DIR).")
@click.option("--serve/--no-serve", default=True, help="Start the web app afterwards.")
def demo(port: int, host: str, data: str | None, serve: bool) -> None:
    """Load Shuangqiaozi, live through a day of its requests, and start the web app. A second start keeps the data."""
    from linli.foundation import serve as server

    progress = Progress()
    os.environ["LINLI_DEMO"] = "1"
    try:
        if serve:
            server.require_free_port(host, port)
        place.use(data)
        import django

        django.setup()
        with place.database(progress):
            _load(progress)
            _show_logins(progress)
            if serve:
                server.run(host, port, progress)
    except server.ServeFailed as error:
        raise click.ClickException(str(error)) from error


def _load(progress: Progress) -> None:
    from linli.config import env
    from linli.demo.load import load

    if not load(progress):
        progress.say(
            f"The demo is there already, in {env.data_dir()}; it keeps its data. Delete the folder to start anew."
        )


def _show_logins(progress: Progress) -> None:
    from linli.demo.logins import LOGINS

    progress.say("Logins (the first page shows them too; one-time codes are shown while signing in):")
    for login in LOGINS:
        progress.say(f"  {login['username']:<18} {login['password']:<18} {login['surface']:<10} {login['note_en']}")

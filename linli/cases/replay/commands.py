"""`linli replay`: live through a 311 export, then tell how it compares with what the city says.

A replay lives in a folder of its own (`replay/<file>` below the data folder), so that its classes and cases never mix with those of
a city that works here. Django is set up once that folder is known; only then are models read.
"""

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linli.config import env
from linli.foundation import place, processes
from linli.foundation.progress import Progress

if TYPE_CHECKING:
    from linli.cases.replay.mapping import Mapping
    from linli.cases.replay.summary import Summary

# The endings of what matplotlib draws.
PICTURES = (".png", ".pdf", ".svg")

_File = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", help="A shipped mapping by its name, or a TOML file. Default: the shipped one that fits.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the table.")
@click.option("--plot", type=_File, help="Write a picture (PNG) of weeks and hours to close.")
@click.option("--limit", type=click.IntRange(min=1), help="Live only the first rows of the file.")
@click.option("--data", type=click.Path(file_okay=False), help="The folder that the replay lives in, or goes on in.")
def replay(
    file: Path, mapping: str | None, as_json: bool, plot: Path | None, limit: int | None, data: str | None
) -> None:
    """Live through a 311 export (CSV, also gzipped, or XLSX) by the actions that people use, with its own clock.

    A second run goes on where the first was stopped, and does nothing where it was done.
    """
    progress = Progress()
    # With a database of one's own the keys in the data folder belong to it.
    own = None if env.get("LINLI_DATABASE_URL") else str(env.data_dir() / "replay" / file.name.partition(".")[0])
    place.use(data or own)
    processes.load()
    from linli.foundation.errors import DomainError

    if plot is not None and not plot.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {plot.parent}", param_hint="--plot")
    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"a picture's name ends in {', '.join(PICTURES)}", param_hint="--plot")
    from django.utils import translation

    with translation.override(_language()):
        try:
            with place.database(progress):
                mapped, summary = _run(file, mapping, limit, progress)
        except DomainError as error:
            raise click.ClickException(str(error)) from error
        _show(summary, mapped, plot, as_json, progress)


def _language() -> str:
    """The language of the terminal: Chinese where it is set so, else English."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh-hans" if next(filter(None, names), "").startswith("zh") else "en"


def _run(file: Path, mapping: str | None, limit: int | None, progress: Progress) -> tuple["Mapping", "Summary"]:
    from linli.cases.replay import lives, rows, stage, summary
    from linli.cases.replay import mapping as mappings
    from linli.foundation.access import acting_as, system

    began = time.monotonic()
    by = system("replay")
    with acting_as(by):
        with progress.step(f"Reading {file.name}"):
            export = rows.read(file, mappings.read(mapping) if mapping else None, limit)
        with progress.step("Preparing territory, classes and duties"):
            prepared = stage.prepare(export, by)
        living = time.monotonic()
        with progress.step("Living"):
            lived = lives.live(prepared, lambda done, total: progress.count("openings and closings", done, total))
        living = time.monotonic() - living
        with progress.step("Comparing with the export"):
            found = summary.summarise(prepared)
    found.lived, found.living_seconds, found.seconds = lived, living, time.monotonic() - began
    return export.mapping, found


def _show(found: "Summary", mapping: "Mapping", plot: Path | None, as_json: bool, progress: Progress) -> None:
    from linli.cases.replay import plot as pictures
    from linli.cases.replay import summary

    if plot is not None:
        with progress.step(f"Drawing {plot}"):
            pictures.draw(found, mapping.title, mapping.zone, plot)
    click.echo(json.dumps(found.as_json()) if as_json else summary.table(found))

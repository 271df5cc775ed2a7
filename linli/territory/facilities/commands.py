"""`linli facilities`: the register of the places that people go to."""

from pathlib import Path

import click
from django.utils.translation import gettext as _

from linli.foundation.access import acting_as, system
from linli.foundation.progress import Progress
from linli.territory import rules
from linli.territory.commands import DATUM, FILE, reported
from linli.territory.facilities import actions, files

OSM = "osm"


@click.group()
def facilities() -> None:
    """Clinics, markets, schools and other places that people go to."""


@facilities.command()
@FILE
@DATUM
@click.option(
    "--source", default="", help="The register that this is. Default: osm for an extract, else the file's name."
)
def load(file: Path, datum: str, source: str) -> None:
    """Load an OpenStreetMap extract, or a CSV or XLSX table: name, kind, lon, lat, address, hours, phone.

    What the source named before and names no longer is closed.
    """
    extract = files.is_extract(file)
    if extract and datum != rules.WGS84:
        raise click.BadParameter(_("An OpenStreetMap extract is always WGS84."), param_hint="--datum")
    by = system("facilities load")
    with acting_as(by), reported():
        with Progress().step(f"Reading {file.name}"):
            told = files.read_extract(file) if extract else files.read_register(file, datum)
        done = actions.load(
            source=source or (OSM if extract else file.name[: actions.LONGEST_SOURCE]), told=told, by=by
        )
    counts = {name: getattr(done, name) for name in ("opened", "changed", "unchanged", "closed", "outside")}
    click.echo(", ".join(f"{name}: {count:,}" for name, count in counts.items()))

"""`linli streets`: the street network that ways are measured on. It needs no database."""

from pathlib import Path

import click

from linli.config import env
from linli.dispatch import network
from linli.dispatch import streets as networks
from linli.foundation.progress import Progress
from linli.territory.basemap.commands import city_bounds


@click.command("streets")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: map/streets.npz in the data folder."
)
def streets(file: Path, out: Path | None) -> None:
    """Load the streets of an OpenStreetMap extract (.osm.pbf, .osm, .osm.gz). Proposals go by them from the next one on."""
    out = out or network.default_path()
    try:
        with Progress().step(f"Reading {file.name}"):
            found = networks.read(file, city_bounds(env.get("LINLI_CITY")))
        network.keep(found, out)
    except networks.StreetsFailed as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            f"{out} cannot be written ({error.strerror}). Make room, or choose --out FILE."
        ) from error
    click.echo(f"corners: {len(found.corners):,}, pieces of street: {len(found.begins):,}, file: {out}")

"""`linli map`: the base map. It needs no database."""

from pathlib import Path

import click
import shapely

from linli.config import env
from linli.foundation.progress import Progress
from linli.territory.basemap import archive, extract, tiles
from linli.territory.basemap.errors import MapFailed
from linli.territory.basemap.extract import Bounds

PACKS = Path(__file__).parent.parent / "packs"


class BoundsType(click.ParamType[Bounds]):
    name = "WEST,SOUTH,EAST,NORTH"

    def convert(self, value: str | Bounds, param: click.Parameter | None, ctx: click.Context | None) -> Bounds:
        if isinstance(value, tuple):
            return value
        try:
            west, south, east, north = (float(side) for side in value.split(","))
        except ValueError:
            self.fail("four numbers in degrees are needed, such as 103.9,30.5,104.2,30.8", param, ctx)
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            self.fail(
                "west must be less than east, south less than north, all in degrees (longitude first)", param, ctx
            )
        return west, south, east, north


@click.group("map")
def commands() -> None:
    """The base map that units, cases and workers are shown on."""


@commands.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: map/base.pmtiles in the data folder."
)
@click.option("--bounds", type=BoundsType(), help="What to cover. Default: the city of LINLI_CITY.")
def build(file: Path, out: Path | None, bounds: Bounds | None) -> None:
    """Build the base map from an OpenStreetMap extract (.osm.pbf, .osm, .osm.gz). Pages show it from their next call on."""
    progress = Progress()
    out = out or archive.default_path()
    within = bounds or city_bounds(env.get("LINLI_CITY"))
    try:
        with progress.step(f"Reading {file.name}"):
            found = extract.read(file, within, progress)
        with progress.step(f"Cutting {len(found):,} objects into tiles"):
            count = archive.write(out, tiles.cut(found, progress), found.bounds, file.name)
    except MapFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"objects: {len(found):,}, tiles: {count:,}, bytes: {out.stat().st_size:,}, file: {out}")


def city_bounds(city: str) -> Bounds | None:
    """Where a shipped city lies; none for another one, of which the whole extract is taken."""
    boundaries = PACKS / city / "boundaries.geojson"
    if not boundaries.is_file():
        return None
    west, south, east, north = shapely.from_geojson(boundaries.read_text(encoding="utf-8")).bounds
    return west, south, east, north

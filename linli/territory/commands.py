"""`linli city`: load, generate, import and derive territory."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
from django.utils.translation import gettext as _

from linli.foundation.access import acting_as, system
from linli.foundation.progress import Progress
from linli.foundation.tabular import ImportRefused
from linli.territory import actions, pack, queries, rules
from linli.territory.errors import UnknownUnit
from linli.territory.models import Level

DATUM = click.option("--datum", type=click.Choice(rules.DATUMS), default=rules.WGS84, show_default=True)
ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day from which it holds (default: today).")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@contextmanager
def reported() -> Iterator[None]:
    """An import's problems all go to standard error, one a line."""
    try:
        yield
    except ImportRefused as refused:
        for line in refused.lines():
            click.echo(line, err=True)
        message = _("%(count)d problems; nothing was imported.") % {"count": len(refused.problems)}
        raise click.ClickException(message) from refused


def _day(on: datetime | None) -> date:
    return on.date() if on else queries.day_of(None)


@click.group()
def city() -> None:
    """Load or generate a city's territory."""


@city.command()
def packs() -> None:
    """The city packs that are shipped."""
    for name in pack.shipped():
        click.echo(f"{name}\t{pack.read(name).title}")


@city.command()
@click.argument("source", metavar="PACK|DIR")
def load(source: str) -> None:
    """Load a shipped pack, or a folder with units.csv and boundaries.geojson. A second load applies the differences."""
    by = system("city load")
    with acting_as(by), reported():
        counts = actions.load_pack(name=source, by=by, progress=Progress().say)
    click.echo(", ".join(f"{name}: {count:,}" for name, count in counts.items()))


@city.command()
@click.option("--scale", type=click.FloatRange(0.01, 1), default=1.0, show_default=True, help="Share of the real city.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same city.")
def generate(scale: float, seed: int) -> None:
    """Fill Chengdu with quarters, buildings, households and grids."""
    by = system("city generate")
    with acting_as(by):
        counts = actions.generate_city(scale=scale, seed=seed, by=by, progress=Progress().say)
    click.echo(", ".join(f"{name}: {count:,}" for name, count in counts.items()))


@city.command("import-units")
@FILE
@DATUM
@ON
def import_units(file: Path, datum: str, on: datetime | None) -> None:
    """Open or correct units from a CSV or XLSX table: code, level, name, parent, kind, lon, lat, …"""
    by = system("city import")
    with acting_as(by), reported():
        report = actions.import_units(data=file.read_bytes(), filename=file.name, on=_day(on), by=by, datum=datum)
    click.echo(f"opened: {report.opened:,}, changed: {report.changed:,}, unchanged: {report.unchanged:,}")


@city.command("import-boundaries")
@FILE
@DATUM
@ON
@click.option("--source", default="", help="Where the boundaries come from; the file's name if not given.")
def import_boundaries(file: Path, datum: str, on: datetime | None, source: str) -> None:
    """Set boundaries from GeoJSON, whose features have the property `code`."""
    by = system("city import")
    with acting_as(by), reported():
        report = actions.import_boundaries(
            data=file.read_bytes(), filename=file.name, on=_day(on), by=by, source=source, datum=datum
        )
    click.echo(f"boundaries: {report.boundaries:,}")


@city.command()
@click.argument("parent", metavar="CODE")
@click.option("--level", type=click.Choice(Level.values), default=Level.COMMUNITY.value, show_default=True)
@ON
def derive(parent: str, level: str, on: datetime | None) -> None:
    """Derive the boundaries of the units below CODE from their label points."""
    by = system("city derive")
    with acting_as(by):
        unit = queries.find_by_code(parent)
        if unit is None:
            raise UnknownUnit(unit=parent)
        count = actions.derive_boundaries(parent=unit.id, level=level, on=_day(on), by=by)
    click.echo(f"boundaries: {count:,}")

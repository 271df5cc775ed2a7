"""`linli duties`: load a pack, import lists and classes, find gaps, ask who is responsible."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from django.utils.translation import gettext as _

from linli.duties import packs, queries
from linli.duties.actions import catalogue, lists
from linli.duties.actions.packs import load_pack
from linli.duties.models import ListKind
from linli.foundation.access import acting_as, system
from linli.foundation.tabular import ImportRefused
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import UnitInfo

OPERATOR = system("operator")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
DRY_RUN = click.option("--dry-run", is_flag=True, help="Check only; nothing is written.")


@contextmanager
def _reported() -> Iterator[None]:
    """An import's problems all go to standard error, one a line."""
    try:
        with acting_as(OPERATOR):
            yield
    except ImportRefused as refused:
        for line in refused.lines():
            click.echo(line, err=True)
        message = _("%(count)d problems; nothing was imported.") % {"count": len(refused.problems)}
        raise click.ClickException(message) from refused


def _unit(code: str) -> UnitInfo:
    unit = territory.find_by_code(code)
    if unit is None:
        raise UnknownUnit(unit=code)
    return unit


@click.group()
def duties() -> None:
    """Classes, duty lists, and who is responsible."""


@duties.command()
@click.argument("pack", type=click.Choice(packs.known()))
def load(pack: str) -> None:
    """Load a city pack: classes, bodies and lists. What is there already stays as it is."""
    with _reported():
        loaded = load_pack(pack, by=OPERATOR)
    click.echo(
        f"classes: {loaded.classes:,}, stages: {loaded.stages:,}, bodies: {loaded.bodies:,}, lists: {loaded.lists:,}"
    )


@duties.command("import-list")
@FILE
@click.option("--kind", type=click.Choice(ListKind.values), default=ListKind.DUTY.value, show_default=True)
@click.option("--unit", required=True, help="Code of the unit that the list is for.")
@click.option("--name", required=True)
@click.option("--version", required=True)
@click.option("--valid-from", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--source", default="", help="The document's number; the file's name if not given.")
@DRY_RUN
def import_list(
    file: Path, kind: str, unit: str, name: str, version: str, valid_from: datetime, source: str, dry_run: bool
) -> None:
    """Import a version of a list (CSV or XLSX), whole or not at all."""
    with _reported():
        done = lists.import_list(
            kind=kind,
            file=file,
            filename=file.name,
            name=name,
            version=version,
            unit=_unit(unit).id,
            valid_from=valid_from.date(),
            source=source,
            dry_run=dry_run,
            by=OPERATOR,
        )
    click.echo(f"rows: {done.rows:,}" + (f", closes: {done.closes}" if done.closes else ""))
    if done.untraced:
        click.echo(f"tasks without a clause: {done.untraced:,}", err=True)


@duties.command("import-classes")
@FILE
@DRY_RUN
def import_classes(file: Path, dry_run: bool) -> None:
    """Add and change classes from a table (CSV or XLSX)."""
    with _reported():
        done = catalogue.import_classes(file=file, filename=file.name, by=OPERATOR, dry_run=dry_run)
    click.echo(f"added: {done.added:,}, changed: {done.changed:,}, unchanged: {done.same:,}")


@duties.command()
@click.argument("unit", metavar="CODE")
def gaps(unit: str) -> None:
    """Classes for which nobody is responsible somewhere in a unit. Exits with 1 if there are any."""
    with acting_as(OPERATOR):
        found = queries.gaps(_unit(unit).id)
    for gap in found:
        info = queries.case_class(gap.class_id)
        units = ", ".join(territory.unit(unit_id).name for unit_id in gap.unit_ids)
        click.echo(f"{info.code}\t{info.label}\t{units}")
    if found:
        raise SystemExit(1)


@duties.command()
@click.argument("code", metavar="CLASS")
@click.argument("unit", metavar="UNIT")
def who(code: str, unit: str) -> None:
    """Who is responsible for a class in a unit, by which clause, and why this row."""
    with acting_as(OPERATOR):
        place = _unit(unit)
        info = queries.minor_class(code)
        queries.responsible(info.id, place)
        for considered in queries.explanation(info.id, place).considered:
            row = considered.row
            mark = "*" if considered.chosen else " "
            where = territory.unit(row.unit_id).name
            click.echo(f"{mark} {people.body(row.body_id).label}\t{where}\t{row.clause}")

"""`linli scan`: clusters in SaTScan's files, without a database."""

import json
from pathlib import Path
from typing import Any

import click

from linli.foundation.progress import Progress
from linli.insight.scan import Cluster, Settings, Unscannable, scan
from linli.insight.scan.data import Analysis, Cases, Model, Unit
from linli.insight.scan.files import Moment, moment, read_cases, read_places, read_population
from linli.insight.scan.periods import Intervals

_File = click.Path(exists=True, dir_okay=False, path_type=Path)


class _When(click.ParamType[Moment]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        try:
            return moment(value)
        except ValueError:
            self.fail(f"“{value}” is no date. Write 2001-11-22, 2001-11 or 2001.", param, ctx)


class _Share(click.ParamType[float]):
    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            given = float(str(value).rstrip("%"))
        except ValueError:
            self.fail(f"“{value}” is no share. Write percent (50) or a share below 1 (0.5).", param, ctx)
        share = given if given < 1 and not str(value).endswith("%") else given / 100
        if not 0 < share <= 1:
            self.fail(f"“{value}” is no share. Write percent (50) or a share below 1 (0.5).", param, ctx)
        return share


@click.command()
@click.option("--cases", "cases_file", type=_File, required=True, help="Lines of: location, cases, date [, groups].")
@click.option("--coordinates", type=_File, required=True, help="Lines of: location, latitude, longitude.")
@click.option("--population", "population_file", type=_File, help="Lines of: location, date, people [, groups].")
@click.option("--cartesian", is_flag=True, help="Coordinates are x and y in kilometres.")
@click.option("--model", type=click.Choice(["poisson", "permutation"]), required=True)
@click.option("--analysis", type=click.Choice(["retrospective", "prospective"]), required=True)
@click.option("--from", "first", type=_When(), required=True, help="First day of the study.")
@click.option("--to", "last", type=_When(), required=True, help="Last day of the study.")
@click.option(
    "--unit",
    type=click.Choice(["day", "week", "month", "year"]),
    help="Of windows. Default: that of the cases' dates. Weeks are counted back from --to.",
)
@click.option("--max-radius-km", type=click.FloatRange(min=0), help="Of a circle. Default: no bound.")
@click.option(
    "--max-population", type=_Share(), default="50", show_default=True, help="Share at risk that a circle may hold."
)
@click.option("--max-days", type=click.IntRange(min=1), help="Length of a window. Default: half the study.")
@click.option("--replicates", type=click.IntRange(min=1), default=999, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the table.")
def scan_command(
    cases_file: Path,
    coordinates: Path,
    population_file: Path | None,
    cartesian: bool,
    model: Model,
    analysis: Analysis,
    first: Moment,
    last: Moment,
    unit: Unit | None,
    max_radius_km: float | None,
    max_population: float,
    max_days: int | None,
    replicates: int,
    seed: int,
    as_json: bool,
) -> None:
    """Where and when there were more cases than chance explains (Kulldorff's scan), in SaTScan's files.

    With the Poisson model cases are held against the people who live there, with the permutation model against the cases themselves.
    A prospective scan looks only for what still goes on at the end.
    """
    progress = Progress()
    try:
        places = read_places(coordinates, geographic=not cartesian)
        cases, written, strata = read_cases(cases_file, places, coordinates)
        population = None
        if model == "poisson" and population_file is not None:
            population = read_population(population_file, places, coordinates, strata, near=first.year)
        settings = Settings(
            model, analysis, first.first(), last.last(), unit or written, max_population, max_radius_km, max_days,
            replicates, seed,
        )  # fmt: skip
        _tell_left_out(cases, settings, cases_file, progress)
        with progress.step(f"Scanning {len(places.ids):,} locations"):
            clusters = scan(cases, settings, population, progress.count)
    except Unscannable as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"clusters": [cluster.as_json() for cluster in clusters]}, ensure_ascii=False))
    else:
        click.echo(_readable(clusters))


def _tell_left_out(cases: Cases, settings: Settings, file: Path, progress: Progress) -> None:
    outside = int(cases.number[Intervals.of(settings).of_days(cases.day) < 0].sum())
    if outside:
        progress.say(f"! {file}: {outside:,} case(s) before {settings.first} or after {settings.last} are left out.")


def _readable(clusters: list[Cluster]) -> str:
    if not clusters:
        return "No cluster: nowhere were there more cases than expected."
    return "\n\n".join(_one(rank, cluster) for rank, cluster in enumerate(clusters, start=1))


def _one(rank: int, cluster: Cluster) -> str:
    lines = [
        f"{rank}. {cluster.first} to {cluster.last}, {cluster.radius_km:.2f} km around {cluster.locations[0]}",
        f"   observed {cluster.observed:,}, expected {cluster.expected:,.2f}; "
        f"log likelihood ratio {cluster.llr:.6f}, p {cluster.p:.4g}",
        f"   locations: {', '.join(cluster.locations)}",
    ]
    if cluster.recurrence_days is not None:
        lines.insert(2, f"   chance alone shows the like once in {cluster.recurrence_days:,.0f} days")
    return "\n".join(lines)

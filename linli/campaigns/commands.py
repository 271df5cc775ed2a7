"""`linli campaign simulate`: a known surge lived through by stated assumptions, without a database."""

import json
from pathlib import Path
from typing import Any

import click

from linli.campaigns.simulation import SCENARIOS, Course, simulate, what_would

PICTURES = (".png", ".pdf", ".svg")
_NONE = "not reached"


@click.group()
def campaign() -> None:
    """Joint control: what a screening would be like."""


@campaign.command("simulate")
@click.argument("name", type=click.Choice(sorted(SCENARIOS)))
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--what-would", "varied", is_flag=True, help="Also with one thing changed at a time: more helpers, fewer."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the coverage by the hour (PNG, PDF, SVG)."
)
def simulate_command(name: str, seed: int, varied: bool, as_json: bool, plot: Path | None) -> None:
    """Live through a surge: quarters (80,000 people, 19 quarters, 3 days) or flats (12,000 flats, 2 days)."""
    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise click.ClickException(f"A picture's name ends with one of {', '.join(PICTURES)}.")
    scenario = SCENARIOS[name]
    courses = what_would(scenario, seed) if varied else {"as_assumed": simulate(scenario, seed)}
    told = {
        "scenario": name,
        "known": scenario.known,
        "seed": seed,
        "assumptions": {key: {"value": value, "why": why} for key, value, why in scenario.assumptions.stated()},
        "courses": {key: _told(course) for key, course in courses.items()},
    }
    if plot is not None:
        _draw(courses, scenario.known, plot)
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else _readable(told))


def _told(course: Course) -> dict[str, Any]:
    end = {
        key: int(getattr(course, key)[-1]) for key in ("reached", "to_repeat", "refused", "not_reached", "handed_over")
    }
    return {
        "households": course.scenario.households,
        "helpers": course.scenario.helpers,
        "share": round(course.share, 4),
        "visited_after_hours": course.visited_after,
        "reached_90_after_hours": course.hours_until(0.9),
        "settled_after_hours": course.settled_after,
        "visits": course.visits,
        "teams_lost": course.teams_lost,
        **end,
        "by_hour": [
            {"hour": hour, "reached": reached, "to_repeat": again, "refused": refused, "not_reached": left}
            for hour, reached, again, refused, left in zip(
                *(getattr(course, key).tolist() for key in ("hour", "reached", "to_repeat", "refused", "not_reached")),
                strict=True,
            )
        ],
    }


def _readable(told: dict[str, Any]) -> str:
    lines = [told["known"], "", "Assumed:"]
    lines += [f"  {key}: {one['value']}  {one['why']}" for key, one in told["assumptions"].items()]
    for key, course in told["courses"].items():
        lines += ["", f"{key.replace('_', ' ')}: {course['households']:,} households, {course['helpers']:,} helpers"]
        lines += [
            f"  reached at the end      {course['reached']:>8,}  {course['share']:.1%}",
            f"  refused                 {course['refused']:>8,}",
            f"  to repeat               {course['to_repeat']:>8,}  of them handed over {course['handed_over']:,}",
            f"  never visited           {course['not_reached']:>8,}",
            f"  every door visited after {_hours(course['visited_after_hours'])}; 90 % reached after "
            f"{_hours(course['reached_90_after_hours'])}; all settled after {_hours(course['settled_after_hours'])}",
        ]
    return "\n".join(lines)


def _hours(hours: int | None) -> str:
    return _NONE if hours is None else f"{hours} h"


def _draw(courses: dict[str, Course], title: str, path: Path) -> None:
    """One curve for each course: the share reached by the hour, nights included."""
    import matplotlib  # half a second to load; only a picture pays it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    for name, course in courses.items():
        share = course.reached / course.scenario.households * 100
        axes.plot(course.hour, share, label=name.replace("_", " "), linewidth=2 if name == "as_assumed" else 1)
    axes.set(xlabel="hours since it began", ylabel="households reached, %", ylim=(0, 100), title=title)
    axes.grid(alpha=0.3)
    if len(courses) > 1:
        axes.legend()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)

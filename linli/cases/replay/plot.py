"""The replay as a picture: opened and closed per week, and hours to close per class.

Its words are English in every language: matplotlib brings no Chinese font.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from linli.cases.replay.summary import OfClass, Summary

OPENED, CLOSED, BARS = "#c2410c", "#0f766e", "#3b5b7a"
CLASSES = 15


def draw(summary: Summary, title: str, zone: ZoneInfo, path: Path) -> None:
    """Write a PNG (or whatever the ending of the path asks for)."""
    import matplotlib  # half a second to load; only a plot pays it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with pyplot.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure, (weeks, classes) = pyplot.subplots(2, 1, figsize=(10, 10), height_ratios=(2, 3), layout="constrained")
        figure.suptitle(
            f"{title}: {summary.filed:,} requests, {summary.closed:,} closed",
            fontsize=13,
            fontweight="bold",
            x=0.02,
            ha="left",
        )
        _draw_weeks(weeks, summary, zone)
        _draw_classes(classes, list(summary.classes.values()))
        figure.savefig(path, dpi=150)
        pyplot.close(figure)


def _draw_weeks(axes: Any, summary: Summary, zone: ZoneInfo) -> None:
    """Until the last week in which anything was opened: the closings after it are a tail of years."""
    if not summary.opened_at:
        return
    first, last = _monday(min(summary.opened_at), zone), _monday(max(summary.opened_at), zone)
    weeks = [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]
    opened, closed = (_per_week(moments, weeks, zone) for moments in (summary.opened_at, summary.closed_at))
    for counts, color, name in ((opened, OPENED, "opened"), (closed, CLOSED, "closed")):
        axes.plot(weeks, counts, color=color, linewidth=2, marker="o", markersize=3)
        axes.annotate(
            name, (weeks[-1], counts[-1]), xytext=(6, 0), textcoords="offset points", color=color, va="center"
        )
    axes.set_title("Requests per week (the first and the last week may not be whole)", loc="left")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", alpha=0.25)


def _monday(moment: datetime, zone: ZoneInfo) -> Any:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _per_week(moments: Sequence[datetime], weeks: Sequence[Any], zone: ZoneInfo) -> list[int]:
    counts = dict.fromkeys(weeks, 0)
    for moment in moments:
        monday = _monday(moment, zone)
        if monday in counts:
            counts[monday] += 1
    return list(counts.values())


def _draw_classes(axes: Any, classes: list[OfClass]) -> None:
    """The middle half as a bar, the median as a line, nine of ten as a whisker; hours on a logarithmic scale."""
    shown = sorted((entry for entry in classes if entry.hours), key=lambda entry: -entry.requests)[:CLASSES]
    if not shown:
        return
    shown.sort(key=lambda entry: float(np.median(entry.hours)))
    boxes = [_box(entry) for entry in shown]
    drawn = axes.bxp(
        boxes,
        orientation="horizontal",
        showfliers=False,
        patch_artist=True,
        widths=0.62,
        manage_ticks=False,
        capprops={"alpha": 0},
    )
    for patch in drawn["boxes"]:
        patch.set(facecolor=BARS, alpha=0.45, edgecolor="none")
    for line in drawn["medians"]:
        line.set(color=OPENED, linewidth=2)
    for line in drawn["whiskers"]:
        line.set(color=BARS, linewidth=1)
    axes.set_yticks(range(1, len(shown) + 1), [f"{entry.name} ({entry.requests:,})" for entry in shown])
    axes.set_xscale("log")
    ticks = {
        0.1: "6 min",
        1: "1 hour",
        10: "10 hours",
        24: "1 day",
        168: "1 week",
        720: "30 days",
        8760: "1 year",
    }
    low, high = min(box["whislo"] for box in boxes), max(box["whishi"] for box in boxes)
    axes.set_xlim(max(low, 0.02) * 0.8, high * 1.3)
    axes.set_xticks(
        [tick for tick in ticks if low <= tick <= high], [name for tick, name in ticks.items() if low <= tick <= high]
    )
    axes.minorticks_off()
    axes.grid(axis="x", alpha=0.25)
    axes.set_title("Time to close, by class: median, middle half, 10 % to 90 % (requests)", loc="left")


def _box(entry: OfClass) -> dict[str, Any]:
    hours = np.maximum(np.array(entry.hours), 0.02)
    low, first, middle, third, high = np.quantile(hours, [0.1, 0.25, 0.5, 0.75, 0.9])
    return {"label": entry.name, "whislo": low, "q1": first, "med": middle, "q3": third, "whishi": high, "fliers": []}

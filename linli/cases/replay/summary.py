"""What is stored after a replay, held against what the export says: filed, located, closed, overdue or not."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from django.utils.translation import gettext as _

from linli.cases import limits
from linli.cases.models import Case
from linli.cases.replay.addresses import Rule
from linli.cases.replay.lives import cases_of
from linli.cases.replay.rows import Rejection, Request
from linli.cases.replay.stage import Stage
from linli.foundation import clock

_FIELDS = (
    "id", "district_id", "units", "filed_at", "handled_at", "closed_at", "paused_at", "due_at",
)  # fmt: skip
# Classes that the table shows.
SHOWN_CLASSES = 15
WEEK = timedelta(days=7)


class Unlocated(StrEnum):
    """Why a request is in no unit below the city, or not in the one that its row names."""

    NO_PLACE = "no_place"
    UNKNOWN_ADDRESS = "unknown_address"
    NO_UNIT_THERE = "no_unit_there"
    NOT_AS_NAMED = "not_as_named"


@dataclass(slots=True)
class OfClass:
    """The hours that the requests of a class took, by the stored cases, and how many are open or were late."""

    name: str
    hours: list[float] = field(default_factory=list)
    open: int = 0
    overdue: int = 0

    @property
    def requests(self) -> int:
        return len(self.hours) + self.open


@dataclass(slots=True)
class Summary:
    """`located`: in the unit that the row names; where it names none, by its position, else by its address.

    `compared`: closed, with target and verdict.
    """

    rows: int
    rejections: list[Rejection]
    filed: int = 0
    closed: int = 0
    named: int = 0
    located_as_named: int = 0
    located_by_position: int = 0
    located_by_address: Counter[Rule] = field(default_factory=Counter)
    unlocated: Counter[Unlocated] = field(default_factory=Counter)
    compared: int = 0
    agreed: int = 0
    seconds: float = 0.0
    lived: int = 0
    living_seconds: float = 0.0
    opened_at: list[datetime] = field(default_factory=list)
    closed_at: list[datetime] = field(default_factory=list)
    classes: dict[str, OfClass] = field(default_factory=dict)

    @property
    def located(self) -> int:
        return self.located_as_named + self.located_by_position + self.located_by_address.total()

    def as_json(self) -> dict[str, int | float | dict[str, int]]:
        return {
            "rows": self.rows,
            "filed": self.filed,
            "rejected": len(self.rejections),
            "located": self.located,
            "closed": self.closed,
            "overdue_compared": self.compared,
            "overdue_agreed": self.agreed,
            "seconds": round(self.seconds, 1),
            "unlocated_reason": {reason.value: self.unlocated[reason] for reason in Unlocated},
        }


def summarise(stage: Stage) -> Summary:
    """Read the cases of these requests back from the database and compare each with its row."""
    summary = Summary(len(stage.requests) + len(stage.rejections), stage.rejections)
    known = cases_of(stage.mapping.name)
    cases = {case.id: case for case in Case.objects.only(*_FIELDS).iterator(chunk_size=5000)}
    now = clock.now()
    for request in stage.requests:
        case = cases.get(known[request.id]) if request.id in known else None
        if case is not None and case.filed_at is not None:
            _count(summary, stage, request, case, now)
    return summary


def _count(summary: Summary, stage: Stage, request: Request, case: Case, now: datetime) -> None:
    summary.filed += 1
    summary.opened_at.append(request.opened)
    of_class = summary.classes.setdefault(request.class_name, OfClass(request.class_name))
    overdue = limits.is_overdue(case, now)
    of_class.overdue += overdue and request.target is not None
    _count_place(summary, stage, request, case)
    if case.closed_at is None:
        of_class.open += 1
        return
    summary.closed += case.closed_at == request.closed
    summary.closed_at.append(case.closed_at)
    of_class.hours.append(max(case.closed_at - request.opened, timedelta()) / timedelta(hours=1))
    if request.target is not None and request.on_time is not None:
        summary.compared += 1
        summary.agreed += overdue is not request.on_time


def _count_place(summary: Summary, stage: Stage, request: Request, case: Case) -> None:
    if request.label in stage.units:
        summary.named += 1
        if stage.units[request.label] in case.units:
            summary.located_as_named += 1
        else:
            summary.unlocated[Unlocated.NOT_AS_NAMED] += 1
    elif case.units[-1] == stage.city.id:
        summary.unlocated[_why_unlocated(request)] += 1
    elif (placed := stage.placed.get(request.id)) and placed.rule:
        summary.located_by_address[placed.rule] += 1
    else:
        summary.located_by_position += 1


def _why_unlocated(request: Request) -> Unlocated:
    if request.lon is not None:
        return Unlocated.NO_UNIT_THERE
    return Unlocated.UNKNOWN_ADDRESS if request.address else Unlocated.NO_PLACE


# --- shown -----------------------------------------------------------------------------------------------------------


def table(summary: Summary) -> str:
    """The summary for people."""
    lines = [
        _line(_("Rows"), summary.rows),
        _line(_("Filed"), summary.filed),
        _line(_("Rejected"), len(summary.rejections)),
        *(f"    {count:>9,}  {reason}" for reason, count in _reasons(summary.rejections)),
        _line(_("Located"), summary.located),
        _part(summary.located_as_named, summary.named, _("where the row itself says")),
        _part(summary.located_by_position, None, _("by position; the row names no neighbourhood")),
        *(
            _part(count, None, text)
            for rule, text in _rule_texts().items()
            if (count := summary.located_by_address[rule])
        ),
        _line(_("Not located"), summary.unlocated.total()),
        *(_part(count, None, text) for why, text in _unlocated_texts().items() if (count := summary.unlocated[why])),
        _line(_("Closed, when the export says"), summary.closed),
        _line(_("Overdue verdicts compared"), summary.compared),
        _line(_("Overdue verdicts equal"), summary.agreed),
        _line(_("Seconds"), f"{summary.seconds:,.1f}"),
    ]
    if summary.lived:
        lines.append(_line(_("Case lives a second"), f"{summary.lived / max(summary.living_seconds, 1e-9):,.0f}"))
    return "\n".join([*lines, "", *_class_lines(summary.classes.values())])


def _rule_texts() -> dict[Rule, str]:
    return {
        Rule.SAME_ADDRESS: _("by address: other rows have the same"),
        Rule.SAME_STREET: _("by address: other rows of the street agree"),
        Rule.NEIGHBOURS: _("by address: the next house numbers on both sides agree"),
    }


def _unlocated_texts() -> dict[Unlocated, str]:
    return {
        Unlocated.NO_PLACE: _("neither position, neighbourhood nor address in the row: with the city's desk"),
        Unlocated.UNKNOWN_ADDRESS: _("only an address, which no other row places: with the city's desk"),
        Unlocated.NO_UNIT_THERE: _("the position is in no neighbourhood: with the city's desk"),
        Unlocated.NOT_AS_NAMED: _("not in the neighbourhood that the row names"),
    }


def _line(name: str, value: int | str) -> str:
    return _padded(name, 30) + (f"{value:>9,}" if isinstance(value, int) else f"{value:>9}")


def _padded(text: str, width: int) -> str:
    """Filled up on the right; Chinese characters are two columns wide."""
    shown = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return text + " " * max(width - shown, 1)


def _right(text: str, width: int) -> str:
    padded = _padded(text, width)
    return padded[len(text) :] + text


def _part(count: int, of: int | None, text: str) -> str:
    shown = f"{count:>9,}  {text}"
    return f"    {shown} ({_('%(count)s rows') % {'count': f'{of:,}'}})" if of is not None else f"    {shown}"


def _reasons(rejections: Iterable[Rejection]) -> list[tuple[str, int]]:
    return Counter(rejection.reason for rejection in rejections).most_common()


def _class_lines(classes: Iterable[OfClass]) -> list[str]:
    largest = sorted(classes, key=lambda entry: (-entry.requests, entry.name))
    columns = [(_("requests"), 10), (_("median"), 10), (_("9 of 10"), 10), (_("open"), 8), (_("late"), 8)]
    heading = _padded(_("Hours to close, by class"), 48) + "".join(_right(name, width) for name, width in columns)
    lines = [heading]
    for entry in largest[:SHOWN_CLASSES]:
        hours = sorted(entry.hours)
        middle, most = (f"{median(hours):,.1f}", f"{hours[int(len(hours) * 0.9)]:,.0f}") if hours else ("–", "–")
        lines.append(
            f"{_padded(entry.name, 48)}{entry.requests:>10,}{middle:>10}{most:>10}{entry.open:>8,}{entry.overdue:>8,}"
        )
    if len(largest) > SHOWN_CLASSES:
        lines.append(_("… and %(count)s more classes") % {"count": len(largest) - SHOWN_CLASSES})
    return lines

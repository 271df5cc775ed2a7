"""What a look finds, and how rare it has to be to be told."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Protocol

CLUSTER, TREND, SURGE, REPEATED, SILENT, PILE = "cluster", "trend", "surge", "repeated", "silent", "pile"
KINDS = (CLUSTER, TREND, SURGE, REPEATED, SILENT, PILE)

# False warnings a month that a district is to bear, by kind: one in all. Clusters have most of it, for they need it most: a doubled rate
# in a few quarters is near to what chance does somewhere in a district. Trends and the rest hardly use what they have: their many looks
# are counted as if none saw what another saw.
FALSE_A_MONTH = {CLUSTER: 0.8, TREND: 0.08, SURGE: 0.04, REPEATED: 0.02, SILENT: 0.03, PILE: 0.03}
MONTH = 30
# What chance shows less than once a year is told to the leader at once.
STRONG_DAYS = 365
# Beyond this nobody should believe a number: the tail of a model is not known so far out.
RAREST_DAYS = 100_000
# What is seen again so soon is the same matter, which goes on.
GOES_ON = timedelta(days=7)
# More of a kind in one look nobody would read: the most surprising are told, the others as soon as those are over.
MOST_AT_ONCE = 3
# Of two findings of a kind that share more than this part of their cases, one is told.
SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Curve:
    """What was seen day by day beside what is usual. `labels` are dates."""

    labels: Sequence[str]
    observed: Sequence[float]
    usual: Sequence[float]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something unusual. `unit` and `places` are the area: a unit, or the places of a cluster; `spot` a single address (H3 cell).

    `since` and `until` are wall time, `until` is not part of the window. `once_in_days`: how often chance alone shows the like of
    this kind in such a district, everything that was looked at counted.
    """

    kind: str
    method: str
    since: datetime
    until: datetime
    observed: int
    expected: float
    once_in_days: float
    cases: Sequence[Hashable]
    curve: Curve
    unit: Hashable = None
    case_class: Hashable = None
    body: Hashable = None
    places: Sequence[Hashable] = ()
    spot: int | None = None
    centre: tuple[float, float] | None = None
    """Longitude and latitude."""
    radius_km: float | None = None

    @property
    def about(self) -> Sequence[Hashable]:
        return self.places or (self.unit if self.spot is None else self.spot,)

    @property
    def narrowed(self) -> tuple[Hashable, Hashable]:
        return self.case_class, self.body


class Matter(Protocol):
    """What tells whether two findings, of two nights, are of the same matter: a finding has it, and a warning that was told."""

    @property
    def kind(self) -> str: ...
    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime: ...
    @property
    def about(self) -> Sequence[Hashable]:
        """The places of a cluster, the cell of an address, the unit of others."""
        ...

    @property
    def narrowed(self) -> tuple[Hashable, Hashable]:
        """The class and the body, where it is of one alone."""
        ...


def goes_on(earlier: Matter, later: Matter) -> bool:
    """Whether the later finding is the matter of the earlier one: of the same kind and class, in the same area, with hardly a break."""
    return (
        earlier.kind == later.kind
        and earlier.narrowed == later.narrowed
        and not set(earlier.about).isdisjoint(later.about)
        and later.since < earlier.until + GOES_ON
        and earlier.since < later.until + GOES_ON
    )


def once_in(chance: float, looks: float = 1.0) -> float:
    """Days between findings by chance alone, where so many looks a day each have this chance."""
    return min(RAREST_DAYS, 1 / max(chance * looks, 1 / RAREST_DAYS))


def worth_telling(findings: Iterable[Finding]) -> list[Finding]:
    """Those rare enough for their kind, the rarest first: each matter once, and not too many of a kind."""
    rare = [one for one in findings if one.once_in_days >= MONTH / FALSE_A_MONTH[one.kind]]
    told: list[Finding] = []
    for finding in sorted(rare, key=lambda one: (-one.once_in_days, -_excess(one))):
        of_kind = [other for other in told if other.kind == finding.kind]
        if len(of_kind) < MOST_AT_ONCE and not any(_same_cases(finding, other) for other in of_kind):
            told.append(finding)
    return told


def _excess(one: Finding) -> float:
    """How far it is from what was expected: Poisson's log likelihood ratio. Many findings are equally rare, for rarer is not told apart."""
    expected = max(one.expected, 0.01)
    return one.observed * log(max(one.observed, 0.01) / expected) - (one.observed - expected)


def is_strong(once_in_days: float) -> bool:
    return once_in_days >= STRONG_DAYS


def _same_cases(one: Finding, other: Finding) -> bool:
    cases, others = set(one.cases), set(other.cases)
    return bool(cases) and len(cases & others) > SHARED * min(len(cases), len(others))

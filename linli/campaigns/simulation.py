"""A screening lived through, door by door and hour by hour, with a stated clock. Pure; the same seed lives the same days.

Shares come from `division`, and what happens on the way moves them by `changes`: teams fall out, and who is through helps
those who are not. So a simulation tries the rules that a real campaign runs by, not a formula beside them.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from heapq import heapify, heappop, heappush
from math import hypot, inf, log
from random import Random
from typing import Any

import numpy as np

from linli.campaigns.changes import Standing, stand, with_team, without_team
from linli.campaigns.division import (
    METRES_A_DEGREE,
    WHOLE_AREA,
    Buildings,
    Floats,
    Floors,
    Integers,
    Rules,
    Teams,
    count_floors,
    divide,
    lines,
)

# The census: family households of Chengdu in 2020.
PEOPLE_IN_A_HOUSEHOLD = 2.49


def because(value: Any, why: str) -> Any:
    """A value with the reason why it is assumed, for those who read the result."""
    return field(default=value, metadata={"why": why})


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What visits, households and teams are like. None is measured by the city; each has its reason."""

    door_minutes: float = because(4.0, "Questions and a temperature: a minute and a half for each of 2.49 members.")
    door_spread: float = because(0.5, "Logarithmic spread: one visit in twenty takes more than twice as long.")
    absent_minutes: float = because(1.0, "Ring twice, wait, leave a notice.")
    refused_minutes: float = because(2.0, "Explain, ask again, note it.")
    # Nobody at home, by hour of a working day.
    absent: tuple[float, ...] = because(
        (0.03,) * 7
        + (0.10, 0.30, 0.42, 0.45, 0.42, 0.35, 0.42, 0.48, 0.48, 0.45, 0.38, 0.28, 0.18, 0.15, 0.12, 0.08, 0.05),
        "A working day: almost half the households are out in the afternoon, a sixth in the evening.",
    )
    called_home: float = because(0.5, "Notices ask to stay at home: half of those who would be out are in.")
    away: float = because(0.04, "Empty flats and travellers: nobody opens, however often one comes.")
    refuses: float = because(0.01, "One household in a hundred does not answer the questions.")
    attempts: int = because(4, "Then a notice stays and the household is handed over.")
    again_after_hours: float = because(3.0, "Another part of the day.")
    people_at_a_door: int = because(2, "One asks, one writes; nobody enters a stairwell alone.")
    at_doors: float = because(0.6, "The others keep gates and desks, carry and drive.")
    team: int = because(5, "One cadre with four volunteers.")
    falls_ill_a_day: float = because(0.01, "One helper in a hundred does not go on that day.")
    team_out_a_day: float = because(0.005, "A contact of a confirmed case: the whole team stays at home.")
    silent: float = because(0.03, "A phone without power or network all day: it sends in the evening.")
    no_network: float = because(0.25, "Visits in stairwells and cellars without signal.")
    network_minutes: float = because(15.0, "Until such a phone is outside again, on average.")
    hours: tuple[tuple[int, int], ...] = because(
        ((9, 12), (13, 18), (19, 21)), "Ten hours with two meals; before nine and after nine nobody rings."
    )

    def __post_init__(self) -> None:
        shares = [self.called_home, self.away, self.refuses, self.at_doors, self.silent, self.no_network]
        shares += [*self.absent, self.away + self.refuses, self.falls_ill_a_day, self.team_out_a_day]
        if len(self.absent) != 24 or not all(0 <= share <= 1 for share in shares):
            raise ValueError("Absences come for 24 hours, and shares lie between 0 and 1.")
        minutes = (self.door_minutes, self.absent_minutes, self.refused_minutes, self.network_minutes)
        if not all(one > 0 for one in minutes):
            raise ValueError("Visits take more than no time.")
        if self.attempts < 1 or self.team < 1 or not self.hours:
            raise ValueError("At least one attempt, one person in a team and one hour of work are needed.")

    def stated(self) -> Iterator[tuple[str, Any, str]]:
        """Name, value and reason of each."""
        for one in fields(self):
            yield one.name, getattr(self, one.name), one.metadata["why"]

    def rules(self) -> Rules:
        return Rules(door_minutes=self.door_minutes, people_at_a_door=self.people_at_a_door)

    @property
    def work_hours(self) -> int:
        return sum(end - start for start, end in self.hours)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A surge as it is known, and what had to be assumed. It begins on a day at `begins` o'clock."""

    name: str
    known: str
    households: int
    quarters: int
    helpers: int
    days: int
    begins: int
    # Helpers come one team after the other within so many hours.
    arrive_hours: float
    assumptions: Assumptions = Assumptions()

    def __post_init__(self) -> None:
        if min(self.households, self.quarters, self.days) < 1 or self.households < self.quarters:
            raise ValueError("A surge has households, in at least one quarter, and at least one day.")
        if self.helpers * self.assumptions.at_doors < self.assumptions.people_at_a_door:
            raise ValueError("Too few helpers for a single team.")


SCENARIOS = {
    "quarters": Scenario(
        name="quarters",
        known="80,000 people in 19 quarters in 3 days, 1,000 people mobilised in an afternoon",
        households=round(80_000 / PEOPLE_IN_A_HOUSEHOLD),
        quarters=19,
        helpers=1_000,
        days=3,
        begins=14,
        arrive_hours=4.0,
    ),
    "flats": Scenario(
        name="flats",
        # How many helped is not known: as many for each household as in the 19 quarters.
        known="12,000 flats in 2 days",
        households=12_000,
        quarters=8,
        helpers=round(12_000 * 1_000 / round(80_000 / PEOPLE_IN_A_HOUSEHOLD)),
        days=2,
        begins=8,
        arrive_hours=1.0,
    ),
}


class Door(IntEnum):
    """What a household is at some moment."""

    NOT_REACHED = 0
    TO_REPEAT = 1
    REFUSED = 2
    REACHED = 3


@dataclass(frozen=True, slots=True)
class Course:
    """How a campaign went, at the end of each hour since it began, nights included; households by what they are then.

    Of those `to_repeat`, `handed_over` were tried as often as is done: a notice is left, and somebody else goes on with
    them. `known`: households reached of which the server knows.
    """

    scenario: Scenario
    hour: Integers
    reached: Integers
    to_repeat: Integers
    refused: Integers
    not_reached: Integers
    handed_over: Integers
    known: Integers
    visits: int
    helpers_lost: int
    teams_lost: int
    floors_moved: int

    @property
    def share(self) -> float:
        """Of the households, reached at the end."""
        return float(self.reached[-1] / self.scenario.households)

    @property
    def visited_after(self) -> int | None:
        """The hours until somebody had been at every door; None where the time was too short."""
        there = np.flatnonzero(self.not_reached == 0)
        return int(self.hour[there[0]]) if len(there) else None

    @property
    def settled_after(self) -> int | None:
        """The hours until each household was reached, has refused or was handed over; None where the time was too short."""
        there = np.flatnonzero(self.reached + self.refused + self.handed_over == self.scenario.households)
        return int(self.hour[there[0]]) if len(there) else None

    def hours_until(self, share: float) -> int | None:
        """After how many hours so many were reached; None where never."""
        there = np.flatnonzero(self.reached >= share * self.scenario.households)
        return int(self.hour[there[0]]) if len(there) else None


def simulate(scenario: Scenario, seed: int = 1) -> Course:
    """Live through the scenario."""
    life = _Life(scenario, seed)
    counts: dict[str, list[int]] = {}
    for hour in range(scenario.days * 24):
        life.live(hour)
        for name, count in life.seen((hour + 1) * 60.0).items():
            counts.setdefault(name, []).append(count)
    return Course(
        scenario=scenario,
        hour=np.arange(1, scenario.days * 24 + 1),
        visits=life.visits,
        helpers_lost=life.helpers_lost,
        teams_lost=life.teams_lost,
        floors_moved=life.floors_moved,
        **{name: np.array(column, dtype=np.int64) for name, column in counts.items()},
    )


def what_would(scenario: Scenario, seed: int = 1) -> dict[str, Course]:
    """The course as assumed, and with one thing changed at a time: what the result hangs on."""
    given = scenario.assumptions
    changed = {
        "as_assumed": scenario,
        "half_the_helpers": replace(scenario, helpers=-(-scenario.helpers // 2)),
        "twice_the_helpers": replace(scenario, helpers=scenario.helpers * 2),
        "one_day_more": replace(scenario, days=scenario.days + 1),
        "nobody_called_home": replace(scenario, assumptions=replace(given, called_home=0.0)),
        "all_called_home": replace(scenario, assumptions=replace(given, called_home=1.0)),
        "visits_twice_as_long": replace(scenario, assumptions=replace(given, door_minutes=given.door_minutes * 2)),
        "a_single_attempt": replace(scenario, assumptions=replace(given, attempts=1)),
        "nobody_away": replace(scenario, assumptions=replace(given, away=0.0)),
    }
    return {name: simulate(one, seed) for name, one in changed.items()}


def fewest_helpers(scenario: Scenario, share: float, seed: int = 1) -> int | None:
    """How many helpers, to a whole team, reach that share in time; None where four times as many do not."""
    team = round(scenario.assumptions.team / scenario.assumptions.at_doors)
    few, many = 0, -(-scenario.helpers * 4 // team)

    def enough(teams: int) -> bool:
        return simulate(replace(scenario, helpers=teams * team), seed).share >= share

    if not enough(many):
        return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many * team


# A tower as the city's commodity quarters have them, and how far they stand from each other.
FLOORS, DOORS, ENTRANCES, METRES_APART = 18, 4, 2, 70.0
# Quarters of one surge lie within a subdistrict or two.
SUBDISTRICT_METRES = 4_000.0


def _built(scenario: Scenario, rng: np.random.Generator) -> tuple[Buildings, Floors]:
    """Quarters of unequal size, full of towers; the last one of each holds the rest."""
    weights = rng.lognormal(0.0, 0.5, scenario.quarters)
    ends = np.rint(np.cumsum(weights) / weights.sum() * scenario.households).astype(np.int64)
    sizes = np.diff(ends, prepend=0)
    in_tower = FLOORS * DOORS * ENTRANCES
    towers = -(-sizes // in_tower)
    quarter = np.repeat(np.arange(scenario.quarters), towers)
    first = np.cumsum(towers) - towers
    number = np.arange(len(quarter)) - first[quarter]
    side = np.ceil(np.sqrt(towers)).astype(np.int64)[quarter]
    middle = rng.uniform(0, SUBDISTRICT_METRES, (2, scenario.quarters))
    east = middle[0][quarter] + number % side * METRES_APART
    north = middle[1][quarter] + number // side * METRES_APART
    buildings = Buildings(
        quarter, np.zeros(len(quarter), dtype=np.int64), east / METRES_A_DEGREE, north / METRES_A_DEGREE
    )
    of_quarter = np.repeat(np.arange(scenario.quarters), sizes)
    index = np.arange(scenario.households) - (ends - sizes)[of_quarter]
    home, within = first[of_quarter] + index // in_tower, index % in_tower
    return buildings, count_floors(home, within // (FLOORS * DOORS) + 1, within % (FLOORS * DOORS) // DOORS + 1)


def _mobilised(scenario: Scenario) -> Teams:
    """Teams of the whole area: the division sends them where most doors wait."""
    given = scenario.assumptions
    people = int(scenario.helpers * given.at_doors)
    count = max(people // given.team, 1)
    nowhere = np.full(count, np.nan)
    return Teams(
        np.full(count, WHOLE_AREA), np.zeros(count, dtype=np.int64), nowhere, nowhere,
        people // count + (np.arange(count) < people % count), np.full(count, given.work_hours * 60.0), np.ones(count),
    )  # fmt: skip


class _Life:
    """The days of a scenario. Minutes count from its beginning."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.given = scenario, scenario.assumptions
        self.rules = self.given.rules()
        self.rng, self.dice = np.random.default_rng(seed), Random(seed)
        buildings, floors = _built(scenario, self.rng)
        teams = _mobilised(scenario)
        shares = divide(floors, buildings, teams, self.rules).shares
        self.standing, _ = stand(shares, floors, np.zeros_like(floors.doors), self.rules)
        self.east = buildings.lon[self.standing.home] * METRES_A_DEGREE
        self.north = buildings.lat[self.standing.home] * METRES_A_DEGREE
        # The floor (a row of the standing) of each door, and what is known about it.
        self.row = np.repeat(np.arange(len(self.standing.doors)), self.standing.doors)
        luck = self.rng.random(len(self.row))
        self.away = luck < self.given.away
        self.refuses = luck >= 1 - self.given.refuses
        self.door = np.full(len(self.row), Door.NOT_REACHED, dtype=np.int8)
        self.attempts = np.zeros(len(self.row), dtype=np.int64)
        self.due = np.zeros(len(self.row))
        self.members = teams.members.copy()
        self.comes = np.arange(len(self.members)) / len(self.members) * scenario.arrive_hours * 60
        # When each pair of each team is free, and at which door it stands then (none before its first).
        self.pairs: list[list[tuple[float, int]]] = [
            [(float(comes), -1)] * int(pairs) for comes, pairs in zip(self.comes, self._pairs(), strict=True)
        ]
        self.silent = np.zeros(len(self.members), dtype=bool)
        self.arrived: list[float] = []
        self.visits = self.helpers_lost = self.teams_lost = self.floors_moved = 0
        clock = (scenario.begins + np.arange(scenario.days * 24)) % 24
        self.at_work = np.array([any(start <= hour < end for start, end in self.given.hours) for hour in clock])

    def live(self, hour: int) -> None:
        if not self.at_work[hour]:
            return
        if hour == 0 or not self.at_work[:hour].any() or self._clock(hour * 60.0) == self.given.hours[0][0]:
            self.silent = self.rng.random(len(self.members)) < self.given.silent
        self._lose_people(hour)
        self._help(hour)
        of_door = self.standing.team[self.row]
        by_team = np.argsort(of_door, kind="stable")
        first = np.searchsorted(of_door[by_team], np.arange(len(self.members) + 1))
        for team in np.flatnonzero(self.members > 0).tolist():
            self._work(team, by_team[first[team] : first[team + 1]], hour * 60.0)

    def seen(self, minute: float) -> dict[str, int]:
        """How many households are what."""
        counts = np.bincount(self.door, minlength=len(Door)).tolist()
        return {
            "reached": counts[Door.REACHED],
            "to_repeat": counts[Door.TO_REPEAT],
            "refused": counts[Door.REFUSED],
            "not_reached": counts[Door.NOT_REACHED],
            "handed_over": int((self.attempts >= self.given.attempts).sum()),
            "known": int((np.array(self.arrived) <= minute).sum()),
        }

    def _clock(self, minute: float) -> int:
        return int(self.scenario.begins + minute // 60) % 24

    def _pairs(self) -> Integers:
        return lines(self.members, self.rules)

    def _can_do(self, hour: int) -> Floats:
        return self._pairs() * 60.0 * self.at_work[hour:].sum()

    def _stand(self) -> Standing:
        """The shares with the doors that somebody still has to go to."""
        open_doors = (self.door == Door.NOT_REACHED) | ((self.door == Door.TO_REPEAT) & np.isfinite(self.due))
        left = np.bincount(self.row[open_doors], minlength=len(self.standing.doors)).astype(np.int64)
        return replace(self.standing, left=left)

    def _move(self, standing: Standing) -> None:
        self.floors_moved += int((standing.team != self.standing.team).sum())
        self.standing = standing

    def _lose_people(self, hour: int) -> None:
        """Some fall ill; some teams may not go on at all, and their doors go to their neighbours."""
        a_day = self.given.work_hours
        before = self.members.copy()
        self.members -= self.rng.binomial(self.members, self.given.falls_ill_a_day / a_day)
        self.members[self.rng.random(len(self.members)) < self.given.team_out_a_day / a_day] = 0
        self.helpers_lost += int((before - self.members).sum())
        for team in np.flatnonzero((before > 0) & (self.members == 0)).tolist():
            self.teams_lost += 1
            self._move(without_team(self._stand(), team, self._can_do(hour)).standing)

    def _help(self, hour: int) -> None:
        """Who has nobody to go to now takes doors of those who have more than this hour can hold, if any has."""
        can_do = self._can_do(hour)
        now = (self.door == Door.NOT_REACHED) | ((self.door == Door.TO_REPEAT) & (self.due <= hour * 60))
        ready = np.bincount(self.row[now], minlength=len(self.standing.doors)).astype(np.int64)
        standing = replace(self.standing, left=ready)
        for team in np.flatnonzero((can_do > 0) & (self.comes <= hour * 60)).tolist():
            has = standing.minutes_of_teams(len(can_do))
            if has[team] == 0 and (has > self._pairs() * 60.0).any():
                standing = with_team(standing, team, can_do).standing
        self._move(standing)

    def _work(self, team: int, mine: Integers, start: float) -> None:
        """An hour of a team: its doors where nobody was yet, then those that are to be tried again, as they are walked."""
        new = mine[self.door[mine] == Door.NOT_REACHED]
        again = mine[(self.door[mine] == Door.TO_REPEAT) & (self.due[mine] <= start)]
        waiting = deque([*new.tolist(), *again.tolist()])
        pairs = [(max(free, start), at) for free, at in sorted(self.pairs[team])[: int(self._pairs()[team])]]
        heapify(pairs)
        while waiting and pairs[0][0] < start + 60:
            free, at = heappop(pairs)
            door = waiting.popleft()
            begins = free + self._way(at, door)
            heappush(pairs, (begins + self._visit(team, door, begins), door))
        self.pairs[team] = pairs

    def _way(self, at: int, door: int) -> float:
        """Minutes from a door to another."""
        if at < 0:
            return 0.0
        here, there = self.row[at], self.row[door]
        now = self.standing
        if (now.home[here], now.entrance[here]) == (now.home[there], now.entrance[there]):
            return float(abs(now.floor[here] - now.floor[there]) * now.climb[there])
        metres = hypot(self.east[here] - self.east[there], self.north[here] - self.north[there])
        climbed = now.floor[here] * now.climb[here] + now.floor[there] * now.climb[there]
        return float(metres / self.rules.metres_a_minute + climbed)

    def _visit(self, team: int, door: int, minute: float) -> float:
        """Somebody rings. How long it takes."""
        self.visits += 1
        out = self.given.absent[self._clock(minute)] * (1 - self.given.called_home)
        if self.away[door] or self.dice.random() < out:
            self.attempts[door] += 1
            self.door[door] = Door.TO_REPEAT
            handed_over = self.attempts[door] >= self.given.attempts
            self.due[door] = inf if handed_over else minute + self.given.again_after_hours * 60
            return self.given.absent_minutes
        if self.refuses[door]:
            self.door[door] = Door.REFUSED
            return self.given.refused_minutes
        self.door[door] = Door.REACHED
        middle = log(self.given.door_minutes) - self.given.door_spread**2 / 2
        takes = self.dice.lognormvariate(middle, self.given.door_spread)
        self.arrived.append(self._arrives(team, minute + takes))
        return takes

    def _arrives(self, team: int, minute: float) -> float:
        """When the server knows of a visit."""
        if self.silent[team]:
            evening = self.given.hours[-1][1] * 60
            return minute + max(evening - (self.scenario.begins * 60 + minute) % (24 * 60), 0.0)
        if self.dice.random() < self.given.no_network:
            return minute + self.dice.expovariate(1 / self.given.network_minutes)
        return minute

"""Shares that change while a campaign runs: only what must move moves. Pure.

Each function answers with how things stand then and with what moved. Floors move, not doors: a floor that is half done
goes to the next team with the doors that are left, and who visited the others stands in the submissions.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from linli.campaigns.division import (
    NOBODY,
    Buildings,
    Floats,
    Floors,
    Integers,
    Rules,
    Shares,
    climbing,
    gather,
    nearest,
    share_of,
    sums,
)


class Why(StrEnum):
    """Why floors moved."""

    TEAM_FELL_OUT = "team_fell_out"
    SEALED = "sealed"
    TEAM_CAME = "team_came"
    FOUND_LATE = "found_late"


@dataclass(frozen=True, slots=True)
class Standing:
    """Floors in walking order, each with its team, its doors and how many of them are still to be visited."""

    team: Integers
    home: Integers
    entrance: Integers
    floor: Integers
    order: Integers
    doors: Integers
    left: Integers
    # To the next floor; the way from building to building is too small to decide who takes what.
    climb: Floats
    door_minutes: float

    @property
    def minutes_left(self) -> Floats:
        return np.where(self.left > 0, self.left * self.door_minutes + self.climb, 0.0)

    def minutes_of_teams(self, count: int) -> Floats:
        """The minutes that each of so many teams still has before it."""
        manned = self.team != NOBODY
        return sums(self.team[manned], self.minutes_left[manned], count)

    @property
    def shares(self) -> Shares:
        """As they are to be stored."""
        minutes = self.doors * self.door_minutes + self.climb
        return gather(self.team, self.home, self.entrance, self.floor, self.order, self.doors, minutes)


@dataclass(frozen=True, slots=True)
class Moved:
    """Floors from–to of an entrance that went from a team to another, or from or to NOBODY; `doors` are those left."""

    home: int
    entrance: int
    floor_from: int
    floor_to: int
    doors: int
    from_team: int
    to_team: int
    why: Why


@dataclass(frozen=True, slots=True)
class Change:
    standing: Standing
    moved: tuple[Moved, ...]


def stand(shares: Shares, floors: Floors, visited: Integers, rules: Rules) -> tuple[Standing, Integers]:
    """How things stand, by the shares and how many doors of each row of `floors` were visited for good; and the rows of
    `floors` that are in no share. A floor stands in one row only.
    """
    if (visited < 0).any() or (visited > floors.doors).any():
        raise ValueError("More doors were visited on a floor than it has, or fewer than none.")
    share = share_of(shares, floors.home, floors.entrance, floors.floor)
    inside = np.flatnonzero((share >= 0) & (floors.doors > 0))
    order = shares.order[share[inside]]
    rows = inside[_walk(floors.home[inside], floors.entrance[inside], floors.floor[inside], order)]
    home, entrance, floor = floors.home[rows], floors.entrance[rows], floors.floor[rows]
    begins = (np.diff(home, prepend=-1) != 0) | (np.diff(entrance, prepend=-1) != 0)
    top = floor[begins][np.cumsum(begins) - 1]
    standing = Standing(
        shares.team[share[rows]], home, entrance, floor, shares.order[share[rows]],
        floors.doors[rows], floors.doors[rows] - visited[rows], climbing(top, rules), rules.door_minutes,
    )  # fmt: skip
    return standing, np.flatnonzero(share < 0)


def without_team(standing: Standing, team: int, can_do: Floats) -> Change:
    """A team falls out: what it has left goes to its neighbours along the walk, to each by the minutes it can spare.

    `can_do`: the minutes of work that each team still gets done until the end. So many neighbours help as are needed,
    at least one on each side; where even all cannot spare enough, all take of the rest by their strength. Where nobody
    is left it stays with NOBODY.
    """
    rest = np.flatnonzero((standing.team == team) & (standing.left > 0))
    if not len(rest):
        return Change(standing, ())
    minutes = standing.minutes_left[rest]
    helpers, parts = _helpers(standing, team, rest, float(minutes.sum()), can_do)
    after = standing.team.copy()
    after[rest] = NOBODY
    if len(helpers):
        passed = np.concatenate([[0.0], np.cumsum(minutes)])
        cuts = nearest(passed, np.cumsum(parts)[:-1])
        after[rest] = helpers[np.searchsorted(cuts, np.arange(len(rest)), side="right")]
    return _change(standing, after, Why.TEAM_FELL_OUT)


def _helpers(standing: Standing, team: int, rest: Integers, wanted: float, can_do: Floats) -> tuple[Integers, Floats]:
    """Who takes how many of the wanted minutes, in the order of the walk."""
    spare = can_do - standing.minutes_of_teams(len(can_do))
    rows = np.flatnonzero((standing.team != team) & (standing.team != NOBODY) & (can_do[standing.team] > 0))
    # How far the nearest floor of each team lies before or behind the rest, along the walk.
    away = np.maximum(np.maximum(rest[0] - rows, rows - rest[-1]), 0)
    nearest_first = rows[np.lexsort((rows, away))]
    teams, at = np.unique(standing.team[nearest_first], return_index=True)
    by_distance = np.argsort(at)
    teams, row = teams[by_distance], nearest_first[at[by_distance]]
    spare = np.maximum(spare[teams], 0.0)
    enough = int(np.searchsorted(np.cumsum(spare), wanted)) + 1
    # The nearest before and the nearest behind are asked in any case.
    sides = [int(side[0]) + 1 for side in (np.flatnonzero(row < rest[0]), np.flatnonzero(row > rest[0])) if len(side)]
    asked = slice(0, max([enough, *sides]))
    teams, row, spare = teams[asked], row[asked], spare[asked]
    along = np.argsort(row)
    teams, spare = teams[along], spare[along]
    if not len(teams):
        return teams, spare
    short = wanted - spare.sum()
    if short > 0:
        return teams, spare + short * can_do[teams] / can_do[teams].sum()
    return teams, spare * wanted / spare.sum()


def without_building(standing: Standing, home: int) -> Change:
    """A building is sealed: what is left in it belongs to nobody, all else stays as it is."""
    after = np.where((standing.home == home) & (standing.left > 0), NOBODY, standing.team)
    return _change(standing, after, Why.SEALED)


def with_team(standing: Standing, team: int, can_do: Floats) -> Change:
    """A team comes: the one that would need longest gives it the end of its way until both need as long; then, if another
    still needs longer than the new one, that one too.
    """
    if not can_do[team] > 0:
        raise ValueError("A team that has no time until the end cannot help.")
    minutes = standing.minutes_left
    has = standing.minutes_of_teams(len(can_do))
    after = standing.team.copy()
    longest_first = np.argsort(-has / np.maximum(can_do, 1e-9), kind="stable")
    for giver in longest_first[longest_first != team].tolist():
        even = (has[giver] * can_do[team] - has[team] * can_do[giver]) / (can_do[giver] + can_do[team])
        tail = np.flatnonzero((standing.team == giver) & (standing.left > 0))[::-1]
        passed = np.concatenate([[0.0], np.cumsum(minutes[tail])])
        count = int(nearest(passed, np.array([even]))[0]) if len(tail) and even > 0 else 0
        if not count:
            break
        after[tail[:count]] = team
        has[team] += passed[count]
    return _change(standing, after, Why.TEAM_CAME)


def with_doors(standing: Standing, late: Floors, buildings: Buildings, rules: Rules) -> Change:
    """Doors that no list had: each joins the share of its floor, else that of the nearest floor of its stairwell, else of
    the nearest entrance, else of the building that is nearest by place. Where none is known it belongs to NOBODY.
    """
    now = standing
    moved: list[Moved] = []
    for home, entrance, floor, doors in zip(*(getattr(late, name).tolist() for name in late.__slots__), strict=True):
        row = _beside(now, home, entrance, floor, buildings)
        team = NOBODY if row is None else int(now.team[row])
        if row is not None and (now.home[row], now.entrance[row], now.floor[row]) == (home, entrance, floor):
            added = np.where(np.arange(len(now.doors)) == row, doors, 0)
            now = replace(now, doors=now.doors + added, left=now.left + added)
        else:
            order = int(now.order.max(initial=-1)) + 1 if row is None else int(now.order[row])
            now = _with_floor(now, team, home, entrance, floor, order, doors, rules)
        moved.append(Moved(home, entrance, floor, floor, doors, NOBODY, team, Why.FOUND_LATE))
    return Change(now, tuple(moved))


def grown(shares: Shares, standing: Standing) -> tuple[Moved, ...]:
    """Doors that floors have more than when they were shared out: they belong to the team of their floor already."""
    share = share_of(shares, standing.home, standing.entrance, standing.floor)
    more = sums(share, standing.doors, len(shares.team)).astype(np.int64) - shares.doors
    return tuple(
        Moved(
            int(shares.home[row]),
            int(shares.entrance[row]),
            int(shares.floor_from[row]),
            int(shares.floor_to[row]),
            int(more[row]),
            NOBODY,
            int(shares.team[row]),
            Why.FOUND_LATE,
        )
        for row in np.flatnonzero(more > 0)
    )


def _beside(standing: Standing, home: int, entrance: int, floor: int, buildings: Buildings) -> int | None:
    """The row of the floor that is nearest to this one."""
    rows = np.flatnonzero(standing.home == home)
    if len(rows):
        # An entrance further is further than any floor.
        away = np.abs(standing.entrance[rows] - entrance) * 10_000 + np.abs(standing.floor[rows] - floor)
        return int(rows[np.argmin(away)])
    rows = np.flatnonzero(standing.team != NOBODY)
    lon, lat = buildings.lon[standing.home[rows]], buildings.lat[standing.home[rows]]
    degrees = np.hypot((lon - buildings.lon[home]) * np.cos(np.radians(buildings.lat[home])), lat - buildings.lat[home])
    if not np.isfinite(degrees).any():
        return None
    # The last floor of that building: whoever is through with it goes on from there.
    return int(rows[np.flatnonzero(degrees == np.nanmin(degrees))[-1]])


def _with_floor(
    now: Standing, team: int, home: int, entrance: int, floor: int, order: int, doors: int, rules: Rules
) -> Standing:
    top = max([floor, *now.floor[(now.home == home) & (now.entrance == entrance)].tolist()])
    row = (team, home, entrance, floor, order, doors, doors)
    names = ("team", "home", "entrance", "floor", "order", "doors", "left")
    added: dict[str, Any] = {name: np.append(getattr(now, name), value) for name, value in zip(names, row, strict=True)}
    added["climb"] = np.append(now.climb, climbing(np.array([top]), rules))
    walk = _walk(added["home"], added["entrance"], added["floor"], added["order"])
    return Standing(door_minutes=now.door_minutes, **{name: column[walk] for name, column in added.items()})


def _walk(home: Integers, entrance: Integers, floor: Integers, order: Integers) -> Integers:
    """Rows as they are walked. A stairwell that was found late has the order of the one beside it."""
    return np.lexsort((-floor, entrance, home, order))


def _change(standing: Standing, team: Integers, why: Why) -> Change:
    """From the teams as they were to these: what moved, in runs of floors of one stairwell."""
    before = standing.team
    moved: list[Moved] = []
    rows = np.flatnonzero(before != team)
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = np.diff(rows) > 1
    for column in (standing.home, standing.entrance, before, team):
        begins[1:] |= np.diff(column[rows]) != 0
    for run in np.split(rows, np.flatnonzero(begins)[1:]) if len(rows) else ():
        top, bottom = run[0], run[-1]
        floors = int(standing.floor[bottom]), int(standing.floor[top])
        doors = int(standing.left[run].sum())
        moved.append(
            Moved(
                int(standing.home[top]),
                int(standing.entrance[top]),
                *floors,
                doors,
                int(before[top]),
                int(team[top]),
                why,
            )
        )
    return Change(replace(standing, team=team), tuple(moved))

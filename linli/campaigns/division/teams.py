"""Which teams can go, and where each of them works."""

from heapq import heapify, heapreplace

import numpy as np
from numpy.typing import NDArray

from linli.campaigns.division.columns import NOBODY, Fate, Floats, Integers, Rules, Teams
from linli.campaigns.division.grouping import sums


def lines(members: Integers, rules: Rules) -> Integers:
    """How many doors a team stands at at once. Whoever is alone goes alone."""
    return np.where(members > 0, np.maximum(members // rules.people_at_a_door, 1), 0)


def work_a_day(teams: Teams, rules: Rules) -> Floats:
    """Minutes by the price list of the rules that a team gets done in a day."""
    return lines(teams.members, rules) * teams.minutes_a_day * teams.pace


def fates_of(teams: Teams) -> NDArray[np.int8]:
    """Who can go. The comparisons are false for NaN too."""
    fate = np.full(len(teams.area), Fate.HAS_SHARE, dtype=np.int8)
    fate[~((teams.pace > 0) & np.isfinite(teams.pace))] = Fate.NO_PACE
    fate[~((teams.minutes_a_day > 0) & np.isfinite(teams.minutes_a_day))] = Fate.NO_HOURS
    fate[~(teams.members > 0)] = Fate.NO_MEMBERS
    return fate


def post_teams(
    teams: Teams, fate: NDArray[np.int8], strength: Floats, communities: Integers, area: Integers, doors: Integers
) -> Integers:
    """The community (its row) at which each team works, −1 for none; writes into `fate` who has no doors near.

    Who belongs to a community with doors stays there. The others go one by one to where in their area most doors wait
    for the least strength, so first to those who have nobody.
    """
    able = fate == Fate.HAS_SHARE
    at = np.searchsorted(communities, teams.community).clip(max=len(communities) - 1)
    rooted = able & (communities[at] == teams.community) & (doors[at] > 0)
    there = sums(at[rooted], strength[rooted], len(communities))
    at[~rooted] = NOBODY
    roaming = np.flatnonzero(able & ~rooted)
    for one in np.unique(teams.area[roaming]):
        places = np.flatnonzero((area == one) & (doors > 0))
        sent = roaming[teams.area[roaming] == one]
        if not len(places):
            fate[sent] = Fate.NO_DOORS_NEAR
            continue
        waiting = [
            (there[place] / doors[place], -int(doors[place]), float(there[place]), int(place)) for place in places
        ]
        heapify(waiting)
        for team in sent.tolist():
            _, minus, strong, place = waiting[0]
            strong += float(strength[team])
            heapreplace(waiting, (strong / -minus, minus, strong, place))
            at[team] = place
    return at


def fields_of(at: Integers, area: Integers, doors: Integers, x: Floats, y: Floats) -> Integers:
    """Which community's teams go to each community: its own, or those of the nearest in the area; −1 for nobody's."""
    manned = np.bincount(at[at >= 0], minlength=len(area)) > 0
    field = np.where(manned, np.arange(len(area)), NOBODY)
    for lone in np.flatnonzero(~manned & (doors > 0)):
        near = np.flatnonzero(manned & (area == area[lone]))
        if len(near):
            field[lone] = near[np.argmin(np.hypot(x[near] - x[lone], y[near] - y[lone]))]
    return field

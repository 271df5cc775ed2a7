"""The loops of the scan, compiled. Each runs without the interpreter's lock, so that threads share the work.

A *cylinder* is a circle and a window: consecutive intervals, at most `longest`. Windows end anywhere, or only with the last interval
(`alive`). Compiled code is kept beside this file (`__pycache__`), or in the user's cache folder where that cannot be written.

**How a thousand replicates are scanned.** Only the best ratio of each replicate is asked for, so almost no ratio need be calculated.
The ratio grows with the cases and falls with the cases expected; so a run of circles around one centre, each a little larger than
the one before, is bounded by the cases of its largest with the expectation of its smallest. From a table (`_fill_needs`) is read
how many cases would beat the best so far; a run that has not as many is passed over. `LANES` replicates go side by side, so
that expectations are added up once for all of them, and comparing is one instruction for many.
"""

# Compiled for whatever types they are called with.
# mypy: allow-untyped-defs

import numpy as np
from numba import njit

# Replicates side by side.
LANES = 64
# Circles of one run grow by at most this, or by so many standard deviations of the cases expected in the longest window, if that is more:
# where little is expected, what chance brings is far below what it needs to beat the best, and a loose bound does.
GROWTH = 1.05
ROOM = 0.6
# The table of needs has steps of equal width in the square root of the cases expected, as chance varies by that.
STEPS = 64
# The table is filled anew when the worst of the lanes has gained so much.
GAIN = 0.05
# A run's expectation is added up in single precision: taken a little smaller, the bound stays one.
SLACK = 1 - 1e-5


@njit(cache=True, nogil=True)
def likelihood_ratio(cases, expected, total):
    """Log likelihood ratio of a cylinder (Kulldorff 1997); 0 where there are no more cases than expected."""
    if cases <= expected:
        return 0.0
    ratio = cases * np.log(cases / expected)
    rest = total - cases
    if rest > 0:
        ratio += rest * np.log(rest / (total - expected))
    return ratio


@njit(cache=True, nogil=True)
def _may_beat(cases, expected, total, best):
    """Whether the ratio can be larger than `best`, without a logarithm: it is never larger than chi-square."""
    more = cases - expected
    return more > 0 and more * more * total > best * expected * (total - expected)


@njit(cache=True, nogil=True)
def _add(to, these):
    # An explicit loop: `to += these` makes an array in between.
    for k in range(len(to)):
        to[k] += these[k]


@njit(cache=True, nogil=True)
def best_of_each_centre(begin, end, starts, members, closes, observed, expected, longest, alive, min_cases):
    """The best cylinder around each centre of [begin, end).

    Returns ratios, and with the same rows: position of the last member in `members`, last interval, intervals, cases; and the cases
    expected. Of equals the smallest circle counts, and in it the first window.
    """
    intervals = observed.shape[1]
    total = float(observed.sum())
    ratios = np.zeros(end - begin)
    where = np.zeros((end - begin, 4), np.int64)
    means = np.zeros(end - begin)
    seen = np.empty(intervals, np.int64)
    mean = np.empty(intervals)
    for centre in range(begin, end):
        row = centre - begin
        seen[:] = 0
        mean[:] = 0
        for k in range(starts[centre], starts[centre + 1]):
            _add(seen, observed[members[k]])
            _add(mean, expected[members[k]])
            if not closes[k]:
                continue
            for last in range(intervals - 1 if alive else 0, intervals):
                cases = 0
                expects = 0.0
                for length in range(1, min(longest, last + 1) + 1):
                    cases += seen[last - length + 1]
                    expects += mean[last - length + 1]
                    if cases < min_cases or not _may_beat(cases, expects, total, ratios[row]):
                        continue
                    ratio = likelihood_ratio(cases, expects, total)
                    # A hair more is only the order of adding up.
                    if ratio > ratios[row] + 1e-9:
                        ratios[row] = ratio
                        where[row, 0], where[row, 1], where[row, 2], where[row, 3] = k, last, length, cases
                        means[row] = expects
    return ratios, where, means


@njit(cache=True, nogil=True)
def shuffled(seeds, place_of_case, interval_of_case, first_interval, keys_of, count_of):
    """Replicates of the permutation model: the intervals dealt anew to the cases. Writes as `drawn` does; returns how many.

    `interval_of_case`: those from `first_interval` on stand in front, as only they are dealt.
    """
    cases = len(place_of_case)
    written = 0
    for lane in range(len(seeds)):
        np.random.seed(seeds[lane])
        places = place_of_case.copy()
        for case in range(cases):
            if interval_of_case[case] < first_interval:
                break
            other = np.random.randint(case, cases)
            place = places[other]
            places[other] = places[case]
            keys_of[written] = (interval_of_case[case] - first_interval) * LANES + lane
            count_of[written] = place
            written += 1
    return written


@njit(cache=True, nogil=True)
def drawn(seeds, cases, cumulated, intervals, first_interval, keys_of, count_of):
    """Replicates of the Poisson model given the number of cases: each falls into a cell by its expectation.

    Writes for each case its interval and lane (`interval * LANES + lane`) and its place; returns how many.
    `cumulated`: expectations of (place, interval), flat, added up, from 0 to 1.
    """
    written = 0
    for lane in range(len(seeds)):
        np.random.seed(seeds[lane])
        for _ in range(cases):
            cell = min(np.searchsorted(cumulated, np.random.random(), side="right"), len(cumulated) - 1)
            interval = cell % intervals
            if interval >= first_interval:
                keys_of[written] = (interval - first_interval) * LANES + lane
                count_of[written] = cell // intervals
                written += 1
    return written


@njit(cache=True, nogil=True)
def by_place(keys, places, count, offsets, sorted_keys):
    """Sorts keys by place: those of place i end up in `sorted_keys[offsets[i]:offsets[i + 1]]`."""
    offsets[:] = 0
    for k in range(count):
        offsets[places[k] + 1] += 1
    for place in range(len(offsets) - 1):
        offsets[place + 1] += offsets[place]
    fill = offsets.copy()
    for k in range(count):
        place = places[k]
        sorted_keys[fill[place]] = keys[k]
        fill[place] += 1


@njit(cache=True, nogil=True)
def _fill_needs(needs, best, total, min_cases):
    """`needs[i]`: the fewest cases with a ratio above `best` where (i / STEPS)² are expected."""
    cases = min_cases
    ceiling = np.iinfo(needs.dtype).max
    for step in range(len(needs)):
        expected = (step / STEPS) ** 2
        if expected >= total:
            needs[step] = ceiling
            continue
        while cases < ceiling and (cases <= total and step > 0 and likelihood_ratio(cases, expected, total) <= best):
            cases += 1
        needs[step] = ceiling if cases > total else cases


@njit(cache=True, nogil=True)
def best_of_lanes(
    lanes, starts, members, closes, mass, expected, offsets, keys, total, longest, alive, min_cases, kind
):
    """The best ratio of each replicate.

    `expected`: shape (places, intervals), of the intervals that windows may touch. `offsets`, `keys`: from `by_place`.
    `kind`: an empty array of the type that holds a window's cases.
    """
    intervals = expected.shape[1]
    best = np.zeros(LANES)
    worst = 0.0
    needs = np.empty(int(np.sqrt(expected.sum()) * STEPS) + 2, kind.dtype)
    _fill_needs(needs, worst, total, min_cases)
    counts = np.zeros(intervals * LANES, kind.dtype)
    by_interval = counts.reshape(intervals, LANES)
    window = np.empty((intervals, LANES), kind.dtype)
    surplus = np.empty(LANES, kind.dtype)
    mean = np.empty(intervals)
    before = np.empty(intervals)
    smallest = np.empty(intervals, np.float32)
    window_mean = np.empty(intervals, np.float32)
    one = np.empty(intervals, np.int64)
    first_last = intervals - 1 if alive else 0
    # Of what is expected in a circle, so much falls into a window of the longest kind.
    share = expected.sum() / mass.sum() * longest / intervals
    for centre in range(len(starts) - 1):
        counts[:] = 0
        mean[:] = 0
        held = 0.0
        begin = starts[centre]
        while begin < starts[centre + 1]:
            before[:] = mean
            first = held + mass[members[begin]]
            limit = first * max(GROWTH, 1 + ROOM / np.sqrt(first * share))
            end = begin
            while end < starts[centre + 1]:
                place = members[end]
                if end > begin and held + mass[place] > limit:
                    break
                held += mass[place]
                _add(mean, expected[place])
                for k in range(offsets[place], offsets[place + 1]):
                    counts[keys[k]] += 1
                if end == begin:
                    for interval in range(intervals):
                        smallest[interval] = mean[interval] * SLACK
                end += 1
            _measure(by_interval, window, surplus, smallest, window_mean, needs, longest, first_last)
            for lane in range(lanes):
                if surplus[lane] >= 0 and _may_win(
                    by_interval[:, lane], smallest, total, longest, first_last, best[lane]
                ):
                    best[lane] = _look_closely(
                        lane, begin, end, members, closes, before, expected, by_interval, one, offsets, keys,
                        total, longest, first_last, min_cases, best[lane],
                    )  # fmt: skip
            begin = end
        low = best[:lanes].min()
        if low > worst + GAIN:
            worst = low
            _fill_needs(needs, worst, total, min_cases)
    return best[:lanes]


@njit(cache=True, nogil=True)
def _measure(by_interval, window, surplus, smallest, window_mean, needs, longest, first_last):
    """`surplus`: by how many cases each lane's best window surpasses what it needs, or falls short of it."""
    intervals = len(smallest)
    small = surplus.dtype.type
    surplus[:] = -1
    window[:] = 0
    window_mean[:] = 0
    for back in range(longest):
        for last in range(max(first_last, back), intervals):
            window_mean[last] += smallest[last - back]
            need = needs[int(np.sqrt(window_mean[last]) * np.float32(STEPS))]
            added = by_interval[last - back]
            cases = window[last]
            # Kept to the small type at every step: only then are many lanes one instruction.
            for lane in range(LANES):
                cases[lane] = small(cases[lane] + added[lane])
                surplus[lane] = max(surplus[lane], small(cases[lane] - need))


@njit(cache=True, nogil=True)
def _may_win(counts, smallest, total, longest, first_last, best):
    """Whether the run's bound, for one lane, is above that lane's own best; the table knows only the worst of the lanes."""
    for last in range(first_last, len(smallest)):
        cases = 0
        expects = 0.0
        for length in range(1, min(longest, last + 1) + 1):
            cases += counts[last - length + 1]
            expects += smallest[last - length + 1]
            if _may_beat(cases, expects, total, best) and likelihood_ratio(cases, expects, total) > best:
                return True
    return False


@njit(cache=True, nogil=True)
def _look_closely(
    lane, begin, end, members, closes, before, expected, by_interval, one, offsets, keys,
    total, longest, first_last, min_cases, best,
):  # fmt: skip
    """Every cylinder of one run in one lane, circle by circle."""
    intervals = len(before)
    mean = before.copy()
    one[:] = by_interval[:, lane]
    for member in range(begin, end):
        for k in range(offsets[members[member]], offsets[members[member] + 1]):
            if keys[k] % LANES == lane:
                one[keys[k] // LANES] -= 1
    for member in range(begin, end):
        place = members[member]
        _add(mean, expected[place])
        for k in range(offsets[place], offsets[place + 1]):
            if keys[k] % LANES == lane:
                one[keys[k] // LANES] += 1
        if not closes[member]:
            continue
        for last in range(first_last, intervals):
            cases = 0
            expects = 0.0
            for length in range(1, min(longest, last + 1) + 1):
                cases += one[last - length + 1]
                expects += mean[last - length + 1]
                if cases >= min_cases and _may_beat(cases, expects, total, best):
                    best = max(best, likelihood_ratio(cases, expects, total))
    return best

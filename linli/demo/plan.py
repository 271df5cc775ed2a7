"""How many requests a day brings, of which nature, at what hour, by which channel. Pure; after the city's own figures."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from linli.demo.stories import Answer, Home, Story, answers, stories, told

# The hotline: requests per 1,000 people a day, and the share of them that become work orders.
CONTACTS = Fraction(61, 100) / 1000
WORK_ORDERS = Fraction(41, 100)
# Cases that grid workers and sensors find, per 1,000 people a day.
FOUND = Fraction(84, 1000) / 1000

# Questions are answered at once.
QUESTIONS = Fraction(38, 100)
SATISFIED = Fraction(88, 100)

# Hours of the day, by how many requests they bring.
HOURS = (1, 0, 0, 0, 0, 1, 2, 4, 8, 11, 10, 8, 5, 6, 9, 10, 9, 7, 5, 5, 6, 5, 3, 2)
CHANNELS = {"hotline": 58, "mini_program": 18, "app": 16, "open311": 4, "paper": 4}
FINDERS = {"grid_worker": 10, "sensor": 2}
# Sensors find what they can measure.
SENSED = ("E0112", "C0135", "E0410")

# What happens beside the usual, each so many times a day.
TWISTS = (
    ("rejected", 3), ("reworked", 3), ("reopened", 2), ("paused", 2), ("supervised", 2), ("supported", 5), ("anonymous", 3),
    ("private", 2), ("reassigned", 1), ("helped", 2),
)  # fmt: skip
DUPLICATES = 3
# Limits of days: rework or a second dispatch would make the others overdue, of which the city has 1 to 4 in 1,000.
LONG = frozenset(
    {"C0135", "C0146", "C0201", "C0402", "E0116", "E0117", "E0131", "E0406", "E0601", "E0602", "E0607"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """A request of the day.

    Without `story` it is answered at once. `until` is the state in which its life stands still when the demo is opened.
    `duplicate_of` is the number of the order that tells of the same.
    """

    at: datetime
    channel: str
    nature: str
    class_code: str
    text: str
    home: Home
    story: Story | None = None
    answer: Answer | None = None
    twists: frozenset[str] = frozenset()
    satisfied: bool = True
    until: str = "evaluated"
    duplicate_of: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    contacts: int
    work_orders: int
    found: int


def counts(people: int) -> Counts:
    """What a day brings for so many people."""
    contacts = round(people * CONTACTS)
    return Counts(contacts, round(contacts * WORK_ORDERS), round(people * FOUND))


def day(people: int, midnight: datetime, homes: list[Home], patrol: UUID, rng: random.Random) -> list[Planned]:
    """A day's requests, the work orders first. The grid worker finds what lies in the community `patrol`."""
    many = counts(people)
    orders = [_order(midnight, homes, rng, _pick(CHANNELS, rng)) for _ in range(many.work_orders)]
    orders += [_found(midnight, homes, patrol, rng) for _ in range(many.found)]
    orders = _with_ends(_with_twists(sorted(orders, key=lambda planned: planned.at), rng), rng)
    rest = many.contacts - many.work_orders
    duplicates = [_duplicate(number, orders[number], rng) for number in _duplicated(orders, min(DUPLICATES, rest), rng)]
    asked = min(round(many.contacts * QUESTIONS), rest - len(duplicates))
    complaints = rest - len(duplicates) - asked
    answered = [_answered(midnight, homes, rng, "question") for _ in range(asked)]
    answered += [_answered(midnight, homes, rng, "complaint") for _ in range(complaints)]
    return orders + duplicates + answered


def _found(midnight: datetime, homes: list[Home], patrol: UUID, rng: random.Random) -> Planned:
    channel = _pick(FINDERS, rng)
    return _order(midnight, near(homes, patrol) if channel == "grid_worker" else homes, rng, channel)


def near(homes: list[Home], community: UUID) -> list[Home]:
    """Those in the community; all, where none of them is."""
    return [home for home in homes if home.community == community] or homes


def _order(midnight: datetime, homes: list[Home], rng: random.Random, channel: str) -> Planned:
    known = [story for story in stories() if channel != "sensor" or story.class_code in SENSED]
    if channel == "grid_worker":
        known = [story for story in known if story.scene and story.nature == "complaint"]
    story = rng.choices(known, [story.weight for story in known])[0]
    home = rng.choice(homes)
    # Some of those who write themselves write English.
    texts = story.en if story.en and channel in {"app", "open311"} and rng.random() < 0.3 else story.zh
    text = told(rng.choice(texts), home, rng)
    return Planned(_moment(midnight, rng), channel, story.nature, story.class_code, text, home, story)


def _moment(midnight: datetime, rng: random.Random) -> datetime:
    hour = rng.choices(range(24), HOURS)[0]
    return midnight + timedelta(hours=hour, seconds=rng.randrange(3600))


def _pick(shares: dict[str, int], rng: random.Random) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]


def _with_twists(orders: list[Planned], rng: random.Random) -> list[Planned]:
    """Each twist on some of the orders; one that only residents can have on theirs alone."""
    twists: dict[int, set[str]] = {}
    for twist, times in TWISTS:
        able = [number for number, planned in enumerate(orders) if _fits(twist, planned)]
        for number in rng.sample(able, min(times, len(able) // 2)):
            twists.setdefault(number, set()).add(twist)
    return [replace(planned, twists=frozenset(twists.get(number, ()))) for number, planned in enumerate(orders)]


def _fits(twist: str, planned: Planned) -> bool:
    own = planned.channel in {"app", "mini_program"}
    if twist in {"rejected", "reworked", "reassigned", "paused"} and planned.class_code not in LONG:
        return False
    if twist in {"anonymous", "reopened", "private"}:
        return own
    return planned.nature == "complaint"


def _with_ends(orders: list[Planned], rng: random.Random) -> list[Planned]:
    """Exactly the share of satisfied reporters that the city has; who had to reopen was not satisfied at first."""
    satisfied = [True] * round(len(orders) * SATISFIED)
    ends = satisfied + [False] * (len(orders) - len(satisfied))
    rng.shuffle(ends)
    return [replace(planned, satisfied=end) for planned, end in zip(orders, ends, strict=True)]


def _duplicated(orders: list[Planned], count: int, rng: random.Random) -> list[int]:
    able = [number for number, planned in enumerate(orders) if planned.nature == "complaint" and not planned.twists]
    return rng.sample(able, min(count, len(able)))


def _duplicate(number: int, planned: Planned, rng: random.Random) -> Planned:
    """Another neighbour reports the same a little later."""
    at = planned.at + timedelta(minutes=rng.randint(20, 40))
    text = told(rng.choice(planned.story.zh), planned.home, rng) if planned.story else planned.text
    return replace(planned, at=at, channel="mini_program", text=text, duplicate_of=number)


def _answered(midnight: datetime, homes: list[Home], rng: random.Random, nature: str) -> Planned:
    known = [answer for answer in answers() if answer.nature == nature]
    answer = rng.choices(known, [answer.weight for answer in known])[0]
    home = rng.choice(homes)
    text = told(answer.text, home, rng)
    channel = _pick(CHANNELS, rng)
    return Planned(_moment(midnight, rng), channel, nature, answer.class_code, text, home, answer=answer)


# What is left open when the demo is opened: how far each has come, by which channel, of which class (with limits of days).
OPEN = (
    ("collected", "app", "E0102"), ("collected", "hotline", "E0122"), ("collected", "mini_program", "E0406"),
    ("collected", "grid_worker", "E0408"), ("filed", "app", "E0201"), ("filed", "hotline", "E0602"),
    ("dispatched", "mini_program", "E0102"), ("dispatched", "hotline", "E0408"), ("dispatched", "app", "E0406"),
    ("accepted", "grid_worker", "E0201"), ("accepted", "app", "E0602"), ("accepted", "hotline", "E0406"),
    ("accepted", "mini_program", "E0117"), ("handled", "app", "E0102"), ("handled", "hotline", "E0402"),
    ("handled", "grid_worker", "E0408"), ("verified", "app", "E0201"), ("closed", "app", "E0102"),
    ("closed", "app", "E0116"), ("closed", "hotline", "E0402"),
)  # fmt: skip
OPEN_MINUTES = (25, 170)


def left_open(now: datetime, homes: list[Home], patrol: UUID, rng: random.Random) -> list[Planned]:
    """Some of the present day's cases, in every state, so that each role's page has work."""
    by_class = {story.class_code: story for story in stories()}
    planned = []
    for until, channel, class_code in OPEN:
        story = by_class[class_code]
        home = rng.choice(near(homes, patrol) if channel == "grid_worker" else homes)
        at = now - timedelta(minutes=rng.randint(*OPEN_MINUTES))
        text = told(rng.choice(story.zh), home, rng)
        planned.append(Planned(at, channel, story.nature, class_code, text, home, story, until=until))
    return planned

"""Pure calculation for cases: numbers, words, likeness, emergency words, what a report must hold, who may change what."""

import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import cos, hypot, radians
from typing import Any

import h3.api.basic_int as h3

from linli.cases import errors
from linli.cases.lifecycle import By, Change, Where
from linli.cases.models import Channel, Nature
from linli.cases.references import number_of as number_of
from linli.cases.references import reference_of as reference_of
from linli.foundation.access import Actor, ActorKind
from linli.foundation.privacy import keyed_hash

TITLE_LENGTH = 120
# What a title becomes when its text was erased.
ERASED = "—"
DESCRIPTION_LENGTH = 4000
MAX_PHOTOS = 9
# A report may tell of what happened some days ago; a date years back is a slip of the pen.
OLDEST_REPORT = timedelta(days=365)
RECALL_WITHIN = timedelta(minutes=10)
REOPEN_WITHIN = timedelta(days=30)
# Edge of about 200 m: the cell of a place and its neighbours hold everything within 250 m of it.
CELL_RESOLUTION = 9
DUPLICATE_METRES = 250.0
# What days brought is counted ahead in cells of about 0.7 km².
COUNTED_RESOLUTION = 8
# Days in which something may still change at any hour; what changes in older ones is seen the next morning.
DAYS_IN_MOTION = 7
# From this score on a case nearby is offered as likely the same.
LIKELY = 0.25
# Weeks whose figures are kept: a year, and the present week.
WEEKS_COUNTED = 53
# Weeks in which something may still change at any hour; what changes in older ones is seen the next morning.
WEEKS_IN_MOTION = 6
METRES_PER_DEGREE = 111_320.0


def secret_of(case_id: Any) -> str:
    """The secret that opens a case without sign-in: 120 bits that follow from its id and a key outside the database.

    So a retried report is answered with the same link, and a message can carry the link, without the secret being stored.
    """
    return urlsafe_b64encode(keyed_hash(str(case_id), "case.link")[:15]).decode()


def secret_digest(secret: str) -> bytes:
    return keyed_hash(secret, "case.secret")


def words(text: str) -> list[str]:
    """The words of a text for searching and likeness: Chinese cut, English lower-cased, punctuation and single signs dropped."""
    import rjieba  # takes a seventh of a second to load its dictionary; most commands and processes cut no words

    folded = unicodedata.normalize("NFKC", text).lower()
    return [word for word in rjieba.cut_for_search(folded) if any(sign.isalnum() for sign in word)]


_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W\u3400-\u9fff\uf900-\ufaff]+")


def lexemes(text: str) -> list[str]:
    """What full-text search knows of a text: Chinese runs as overlapping pairs of characters, other words lower-cased.

    Pairs find 路灯 wherever it stands, also where a word cutter saw 灯不亮; words (`words`) serve likeness and suggestion.
    """
    found: dict[str, None] = {}
    for run in _CJK.findall(unicodedata.normalize("NFKC", text).lower()):
        if "\u3400" <= run[0] <= "\ufaff":
            found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run))))
        else:
            found[run[:60]] = None
    return list(found)


def search_vector(*texts: str) -> str:
    """The literal of a tsvector without positions over the texts (PostgreSQL manual 8.11)."""
    return " ".join(_quoted(lexeme) for lexeme in dict.fromkeys(lexeme for text in texts for lexeme in lexemes(text)))


def search_query(text: str) -> str:
    """The literal of a tsquery for all that was typed; a single character or an unfinished word matches as a beginning."""
    parts: list[str] = []
    for run in _CJK.findall(unicodedata.normalize("NFKC", text).lower())[:12]:
        if "\u3400" <= run[0] <= "\ufaff" and len(run) > 1:
            parts += [_quoted(run[i : i + 2]) for i in range(min(len(run) - 1, 24))]
        else:
            parts.append(_quoted(run[:60]) + ":*")
    return " & ".join(dict.fromkeys(parts))


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def likeness(first: Iterable[str], second: Iterable[str]) -> float:
    """How alike two texts are by their words: Dice's coefficient, 0 to 1."""
    one, two = set(first), set(second)
    return 2 * len(one & two) / (len(one) + len(two)) if one and two else 0.0


def duplicate_score(metres: float, same_class: bool | None, alike: float, age: timedelta) -> float:
    """How likely two reports mean the same, 0 to 1: near, of one class (None: not known of both), alike in words, close in time.

    Weights are ours (docs/cases.md): place counts most, because two neighbours seldom use the same words.
    """
    near = max(0.0, 1 - metres / DUPLICATE_METRES)
    recent = max(0.0, 1 - age / timedelta(days=60))
    of_classes = {True: 0.3, None: 0.0, False: -0.25}[same_class]
    return round(near * (0.35 + of_classes + 0.25 * alike + 0.1 * recent), 3)


def metres_between(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Distance in metres on the tangent plane: right to a metre within a few kilometres."""
    east = (other_lon - lon) * cos(radians((lat + other_lat) / 2))
    return hypot(east, other_lat - lat) * METRES_PER_DEGREE


def cell_of(lon: float, lat: float) -> int:
    """The H3 cell, as a signed 64-bit integer."""
    return int(h3.latlng_to_cell(lat, lon, CELL_RESOLUTION))


def digits_below(resolution: int) -> int:
    """The bits of an H3 index in which a cell of a finer resolution differs from the one of this resolution that holds it."""
    return (1 << (3 * (15 - resolution))) - 1


def cells_around(lon: float, lat: float) -> list[int]:
    """The cells that hold every point within DUPLICATE_METRES."""
    return [int(cell) for cell in h3.grid_disk(cell_of(lon, lat), 1)]


# Words that tell of danger to life, with the number to call. Data of the city of use; these are mainland China's.
EMERGENCY_WORDS: Sequence[tuple[str, str]] = (
    (
        "119",
        r"着火|起火|火灾|失火|冒烟|(?:燃气|煤气|天然气|液化气)(?:泄漏|泄露|味|漏)|爆炸|被困|坠楼|塌方|"
        r"gas leak|leaking gas|smell(?:s|ing)?(?: of)? gas|explosion|thick smoke|smoke (?:is )?(?:coming|pouring)|\btrapped\b|landslide|"
        r"fell from (?:a|the) (?:window|roof|balcony|building)|"
        # What is made against fire is no fire.
        r"\bfire\b(?! *(?:hydrant|extinguisher|door|escape|exit|lane|engine|truck|station|alarm|hose|drill|safety))",
    ),
    (
        "120",
        r"昏迷|晕倒|没有呼吸|心梗|中风|大出血|流血不止|中毒|溺水|触电|"
        r"unconscious|\bfainted\b|passed out|not breathing|can(?: ?not|['’]t) breathe|heart attack|(?:had|having) a stroke|"
        r"bleeding (?:heavily|badly)|\bpoison(?:ed|ing)\b|\bdrown(?:ed|ing)\b|electrocuted|electric shock",
    ),
    (
        "110",
        r"抢劫|持刀|打架|杀人|家暴|绑架|行凶|入室|"
        r"robbery|\brobbed\b|\bknife\b|assault|break-in|(?:breaking|broke|broken) into|burglar|kidnap|stabb(?:ed|ing)|"
        r"(?:is|are|people) fighting|domestic violence|being beaten",
    ),
)


def emergency_number(text: str) -> str:
    """The number to call at once when the words tell of danger to life, or nothing."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return next((number for number, pattern in EMERGENCY_WORDS if re.search(pattern, folded)), "")


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody noticed, as it comes in by any channel."""

    description: str
    channel: str = Channel.APP
    title: str = ""
    class_code: str = ""
    nature: str = Nature.COMPLAINT
    lon: float | None = None
    lat: float | None = None
    datum: str = "wgs84"
    address: str = ""
    # A unit named instead of, or together with, a position.
    unit_id: Any = None
    anonymous: bool = False
    private: bool = False
    contact_name: str = ""
    contact_phone: str = ""
    file_ids: tuple[Any, ...] = ()
    reported_at: datetime | None = None
    # Another system's number for the same matter, kept in the timeline.
    outside_reference: str = ""


_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def clean_text(text: str, limit: int) -> str:
    """Normalised (NFC), without control characters other than line breaks, trimmed. Markup stays text; templates escape it.

    Signs that turn the direction of writing go too: with them a line of a list could read as something else.
    """
    if text.isascii() and text.isprintable():
        return text.strip()[:limit]
    kept = (
        sign
        for sign in unicodedata.normalize("NFC", text)
        if sign == "\n" or (unicodedata.category(sign) not in {"Cc", "Cs", "Co", "Cn"} and sign not in _TURNS)
    )
    return "".join(kept).strip()[:limit]


def says_something(text: str) -> bool:
    """Whether there are words or figures in it, and not signs and pictures alone."""
    return any(sign.isalnum() for sign in text)


def title_of(title: str, description: str) -> str:
    """The given title, or the beginning of the description."""
    first = clean_text(title, TITLE_LENGTH) or clean_text(description, DESCRIPTION_LENGTH).partition("\n")[0]
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


def check_report(report: Report, now: datetime) -> None:
    """Refuse what no desk could work with. Raises a DomainError that names the field."""
    if not says_something(report.description):
        raise errors.NothingSaid(field="description")
    if report.title and not says_something(report.title):
        raise errors.NothingSaid(field="title")
    if len(report.description) > DESCRIPTION_LENGTH:
        raise errors.TooLong(field="description", limit=DESCRIPTION_LENGTH)
    if report.channel not in Channel.values:
        raise errors.UnknownChoice(field="channel", value=report.channel[:40])
    if report.nature not in Nature.values:
        raise errors.UnknownChoice(field="nature", value=report.nature[:40])
    if (report.lon is None) != (report.lat is None):
        raise errors.HalfAPosition(field="position")
    if report.lon is None and report.unit_id is None and not report.address.strip():
        raise errors.NoPlace(field="position")
    if len(report.file_ids) > MAX_PHOTOS:
        raise errors.TooManyPhotos(field="files", limit=MAX_PHOTOS)
    if report.reported_at is not None:
        if report.reported_at > now + timedelta(minutes=10):
            raise errors.DateInFuture(field="reported_at")
        if report.reported_at < now - OLDEST_REPORT:
            raise errors.DateTooOld(field="reported_at", days=OLDEST_REPORT.days)


def may_change(
    change: Change, case: Any, by: Actor, *, co_bodies: Iterable[Any] = (), is_reporter: bool = False
) -> bool:
    """Whether `by` may make this change to the case: by a post that covers it, or by their part in it."""
    if By.SYSTEM in change.by and by.is_system:
        return True
    if By.ANYONE in change.by and by.kind is ActorKind.PERSON:
        return True
    if By.REPORTER in change.by and is_reporter:
        return True
    return any(grant.role in change.roles and _covers(grant, change, case, co_bodies) for grant in by.grants)


def _covers(grant: Any, change: Change, case: Any, co_bodies: Iterable[Any]) -> bool:
    """A handler's post covers what its body works on; every other post covers its unit and what is below it."""
    if grant.body_id is not None:
        if change.where is Where.CO_HANDLER:
            return grant.body_id in co_bodies
        return grant.body_id == case.lead_body_id
    if grant.unit_id is None:
        return True
    return change.where is Where.UNIT and grant.unit_id in case.units


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it was counted over: two of three is another thing than two hundred of three hundred."""

    numerator: int
    denominator: int

    @property
    def share(self) -> Fraction | None:
        """From 0 to 1, exactly; None where nothing was counted."""
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def percent(self) -> str:
        """As it is read; a dash where nothing was counted."""
        return f"{self.numerator / self.denominator:.0%}" if self.denominator else "–"


@dataclass(frozen=True, slots=True)
class Rates:
    """What the three rates are made of, and the rates (docs/cases.md, "The three rates")."""

    dispatched: int
    responded: int
    evaluated: int
    solved: int
    satisfied: int

    @property
    def response(self) -> Rate:
        return Rate(self.responded, self.dispatched)

    @property
    def solution(self) -> Rate:
        return Rate(self.solved, self.evaluated)

    @property
    def satisfaction(self) -> Rate:
        return Rate(self.satisfied, self.evaluated)


def together(rates: Iterable[Rates]) -> Rates:
    """The rates over all that these were counted over."""
    rows = [(one.dispatched, one.responded, one.evaluated, one.solved, one.satisfied) for one in rates]
    return Rates(*(sum(column) for column in zip(*rows, strict=True))) if rows else Rates(0, 0, 0, 0, 0)


def monday(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def span_text(first: date, last: date) -> str:
    """Days as an address carries them."""
    return f"{first}..{last}"


def span_of(text: str) -> tuple[date, date] | None:
    """The days that an address carries, both included; None where it cannot be read."""
    first, separator, last = text.partition("..")
    try:
        span = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    return span if separator and date.min < span[0] <= span[1] < date.max else None


def age_text(age: tuple[int, int | None]) -> str:
    """Days since the report as an address carries them: 1-3, and 30- for all that is older."""
    least, less_than = age
    return f"{least}-{'' if less_than is None else less_than}"


def age_of(text: str) -> tuple[int, int | None] | None:
    """The days that an address carries, the first included; None where they cannot be read."""
    found = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,4})?", text)
    return (int(found[1]), int(found[2]) if found[2] else None) if found else None

"""Rows of cases as lists show them, and which changes their pages hear."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.template import loader
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.cases.models import Case, State
from linli.cases.pages import words
from linli.cases.queries import Likely
from linli.cases.rows import Listed
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.access import Actor, ActorKind
from linli.people import queries as people
from linli.territory import queries as territory

# Written rows that a process keeps: some two hundred pages of the desk, about 1 kB each.
MOST_WRITTEN = 10_000


C = TypeVar("C", bound=Case | Listed)


@dataclass(frozen=True, slots=True)
class Row(Generic[C]):
    """One case in a list. `badge` and `due` are a label with its tone."""

    case: C
    title: str
    state: str
    tone: str
    class_name: str
    place: str
    lead: str
    due: tuple[str, str]
    urgency: tuple[str, str]
    reported_at: datetime

    @property
    def reference(self) -> str:
        return self.case.reference


def rows(cases: Iterable[C]) -> list[Row[C]]:
    now = clock.now()
    return [
        Row(
            case=case,
            title=case.title,
            state=str(State(case.state).label),
            tone=words.tone(case.state),
            class_name=words.class_name(case.case_class_id),
            place=words.place_name(case, levels=2),
            lead=words.body_name(case.lead_body_id) if case.lead_body_id else "",
            due=words.due_words(case, now),
            urgency=words.urgency(case),
            reported_at=case.reported_at,
        )
        for case in cases
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that a row of the desk says: two equal ones are written alike, as long as the names are the same."""

    language: str
    # "Yesterday 9:00" says something else tomorrow.
    today: date
    id: UUID
    number: int
    title: str
    state: str
    priority: str
    class_id: UUID | None
    units: tuple[UUID | None, ...]
    lead: UUID | None
    due: tuple[str, str]
    reported_at: datetime

    @classmethod
    def of(cls, case: Listed, language: str, today: date, now: datetime) -> "Shown":
        return cls(
            language=language,
            today=today,
            id=case.id,
            number=case.number,
            title=case.title,
            state=case.state,
            priority=case.priority,
            class_id=case.case_class_id,
            units=(case.subdistrict_id, case.community_id, case.quarter_id, case.units[-1] if case.units else None),
            lead=case.lead_body_id,
            due=words.due_words(case, now),
            reported_at=case.reported_at,
        )


def sources() -> tuple[object, ...]:
    """Where names of classes, units and bodies come from: other objects as soon as one of them changes."""
    return (duties.book(), territory.index(), people.bodies())


def same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return all(one is other for one, other in zip(some, others, strict=True))


class _Written:
    """The rows of the desk in HTML, kept by what they say: a page that is shown again writes only what has changed."""

    def __init__(self) -> None:
        self._names: tuple[object, ...] = (None, None, None)
        self._rows: dict[Shown, SafeString] = {}

    def of(self, cases: Iterable[Listed]) -> SafeString:
        names = sources()
        if not same(names, self._names) or len(self._rows) > MOST_WRITTEN:
            self._names, self._rows = names, {}
        language, now = get_language() or "", clock.now()
        today = timezone.localdate(now)
        written = (self._row(case, Shown.of(case, language, today, now)) for case in cases)
        return mark_safe("".join(written))  # noqa: S308 (a template's)

    def _row(self, case: Listed, shown: Shown) -> SafeString:
        found = self._rows.get(shown)
        if found is None:
            found = self._rows[shown] = _row_template().render({"row": rows([case])[0]})
        return found


written = _Written().of


@cache
def _row_template() -> Any:
    return loader.get_template("cases/desk/row.html")


def likely(found: Iterable[Likely], named: Callable[[str], str] = words.state_name) -> list[dict[str, Any]]:
    """Cases that may mean the same, as the pages offer them; `named` says their state as its reader knows it."""
    return [
        {
            "reference": one.reference,
            # What the desk has not read yet is named by its class alone.
            "title": one.title or words.class_name(one.case_class_id),
            "state": named(one.state),
            "metres": _("about %(metres)s m away") % {"metres": round(one.metres, -1)},
            "reported_at": one.reported_at,
            "supports": one.supports,
        }
        for one in found
    ]


def topics_of(actor: Actor) -> list[str]:
    """What an open list of this actor hears: their units, their bodies, themselves."""
    units = {grant.unit_id or territory.root().id for grant in actor.grants if grant.body_id is None}
    topics = [*(f"unit:{unit}" for unit in units), *(f"body:{body}" for body in actor.bodies())]
    if actor.kind is ActorKind.PERSON:
        topics.append(f"person:{actor.id}")
    return sorted(topics)

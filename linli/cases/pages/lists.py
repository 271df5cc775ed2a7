"""Rows of cases as lists show them, and which changes their pages hear."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from linli.cases.models import Case, State
from linli.cases.pages import words
from linli.cases.queries import Likely
from linli.foundation import clock
from linli.foundation.access import Actor, ActorKind
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class Row:
    """One case in a list. `badge` and `due` are a label with its tone."""

    case: Case
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


def rows(cases: Iterable[Case]) -> list[Row]:
    now = clock.now()
    return [
        Row(
            case=case,
            title=case.text.title,
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


def likely(found: Iterable[Likely]) -> list[dict[str, Any]]:
    """Cases that may mean the same, as the pages offer them."""
    return [
        {
            "reference": one.reference,
            # What the desk has not read yet is named by its class alone.
            "title": one.title or words.class_name(one.case_class_id),
            "state": words.state_name(one.state),
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

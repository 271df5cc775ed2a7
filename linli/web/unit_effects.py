"""What a change of units takes along: the units below, households, posts, duties and open cases, in words."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.utils.translation import get_language, gettext, ngettext

from linli.cases import open_cases
from linli.duties import queries as duties
from linli.foundation.access import Actor
from linli.foundation.preview import Line
from linli.people import queries as people
from linli.territory import queries


def from_day(on: date) -> Line:
    return Line(gettext("It holds from %(day)s on. What was before that day stays as it was.") % {"day": on})


def posts_in(actor: Actor, unit_id: UUID) -> int:
    """Posts in force in a unit and below it, as far as the actor sees them."""
    return people.visible_posts(actor).filter(people.in_force_now(), unit__path__contains=[unit_id]).count()


def leads_of(unit_id: UUID) -> Mapping[UUID, UUID]:
    """The body that leads each class by a row for the unit itself."""
    today = queries.day_of(None)
    rows = (row for rows in duties.book().leads.get(unit_id, {}).values() for row in rows if row.holds(today))
    return {row.class_id: row.body_id for row in rows}


def inside(actor: Actor, unit_id: UUID) -> str:
    """What lies in a unit: 34 units · 6,210 households · 2 posts · the duties of 210 classes; empty where nothing does."""
    below, households = queries.count_below(unit_id), queries.count_households(unit_id)
    posts, classes = posts_in(actor, unit_id), len(leads_of(unit_id))
    counted = (
        (below, ngettext("%(count)s unit", "%(count)s units", below)),
        (households, ngettext("%(count)s household", "%(count)s households", households)),
        (posts, ngettext("%(count)s post", "%(count)s posts", posts)),
        (classes, ngettext("the duties of %(count)s class", "the duties of %(count)s classes", classes)),
    )
    return " · ".join(told % {"count": f"{count:,}"} for count, told in counted if count)


def open_cases_in(unit_ids: Sequence[UUID]) -> list[Line]:
    counted = [open_cases.count(None, unit_id) for unit_id in unit_ids]
    total = sum(cases.dispatched + cases.waiting for cases in counted)
    told = ngettext("%(count)s open case there keeps its body and its clock.",
                    "%(count)s open cases there keep their body and their clock.", total)  # fmt: skip
    return [Line(told % {"count": f"{total:,}"})] if total else []


def name_of(unit_id: UUID) -> str:
    return queries.unit(unit_id).name_in(get_language() or "")

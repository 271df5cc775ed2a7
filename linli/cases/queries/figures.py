"""Counts over many cases."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from linli.cases import rules
from linli.cases.queries.narrowing import Filters, column_below, narrowed, overdue_now, reported_days_ago
from linli.foundation import clock
from linli.foundation.access import Actor

# Days since the report by which open cases are counted: not less than the first, less than the second.
AGES = ((0, 1), (1, 3), (3, 7), (7, 30), (30, None))


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Open cases of one part of a unit and one class: how many, how many of them late, and how many of each age."""

    unit_id: UUID | None
    class_id: UUID | None
    cases: int
    late: int
    by_age: tuple[int, ...]


def open_work(actor: Actor, unit_id: UUID) -> list[OpenWork]:
    """What is open in a unit, by the units directly below it and by class. One statement over the open cases alone."""
    ages = {f"age{number}": Count("pk", filter=reported_days_ago(*age)) for number, age in enumerate(AGES)}
    found = narrowed(actor, Filters(open_only=True, unit_id=unit_id))
    rows = (
        found.order_by()
        .values_list(column_below(unit_id), "case_class")
        .annotate(cases=Count("pk"), late=Count("pk", filter=overdue_now()), **ages)
    )
    return [OpenWork(unit, klass, cases, late, tuple(by_age)) for unit, klass, cases, late, *by_age in rows]


def rates(actor: Actor, *, since: datetime, until: datetime, unit_id: UUID | None = None) -> dict[UUID, rules.Rates]:
    """The three rates of each body over the cases dispatched to it in a period, within the actor's scope. One statement."""
    found = narrowed(actor, Filters(unit_id=unit_id)).filter(
        dispatched_at__gte=since, dispatched_at__lt=until, lead_body__isnull=False
    )
    rows = found.values_list("lead_body").annotate(**rates_counted()).order_by()
    return {body: rules.Rates(*numbers) for body, *numbers in rows}


def rates_counted() -> dict[str, Count]:
    """What the three rates are made of, in the order of `rules.Rates`, over whatever cases are counted."""
    late_without_answer = Q(responded=None, response_due_at__lt=clock.now())
    return {
        "dispatched": Count("pk", filter=Q(responded__isnull=False) | late_without_answer),
        "responded": Count("pk", filter=Q(responded=True)),
        "evaluated": Count("pk", filter=Q(stars__isnull=False)),
        "solved": Count("pk", filter=Q(solved=True)),
        "satisfied": Count("pk", filter=Q(stars__gte=3)),
    }

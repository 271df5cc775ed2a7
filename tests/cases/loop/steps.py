"""A report, and a change by somebody."""

from collections.abc import Callable
from uuid import UUID

from factories.world import HERE

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Actor, acting_as


def report(**changes: object) -> Report:
    values = {
        "description": "单元门口堆了很多垃圾，有异味",
        "lon": HERE[0],
        "lat": HERE[1],
        "class_code": "0101",
    } | changes
    return Report(**values)  # type: ignore[arg-type]


def do(by: Actor, action: Callable[..., actions.Outcome], case_id: UUID, **rest: object) -> Case:
    with acting_as(by):
        action(cases=[case_id], by=by, **rest)
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case_id)


def collect(by: Actor, **changes: object) -> UUID:
    with acting_as(by):
        return actions.collect(report=report(**changes), by=by).case.id

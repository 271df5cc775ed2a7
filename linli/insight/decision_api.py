"""What the charts of the pages for decisions draw, in the reader's language, each figure with the list behind it."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from linli.cases import charts
from linli.cases import rules as cases_rules
from linli.duties import queries as duties
from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import SignInNeeded
from linli.insight import decision_wording as wording
from linli.insight import decisions

router = Router()

Unit = Annotated[UUID, Query(description="A unit whose cases one may see.")]
Count = Annotated[int, Query(ge=1, le=cases_rules.WEEKS_COUNTED)]
ClassCode = Annotated[
    str, Query(alias="class", max_length=32, description="The code of one class; all classes without.")
]


class DecisionSeriesOut(Schema):
    """One row of figures; null where there is none. `dots` are not to be joined."""

    name: str
    tone: Literal["info", "good", "warn", "bad", "quiet"]
    values: list[float | None]
    hrefs: list[str]
    dots: bool


class DecisionChartOut(Schema):
    kind: Literal["bars", "lines"]
    percent: bool
    labels: list[str]
    series: list[DecisionSeriesOut]


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if actor.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    return actor


def _class(code: str) -> UUID | None:
    return duties.minor_class(code).id if code else None


@router.get("/units", response=DecisionChartOut, summary="Units compared")
def units(request: HttpRequest, unit: Unit, weeks: Count = charts.USUAL, code: ClassCode = "") -> Any:
    """Cases per 1,000 people of each unit directly below, from the smallest to the largest, with the limits of chance."""
    return wording.funnel_chart(decisions.compared(_reader(request), unit, weeks, _class(code)), code)


@router.get("/before-after", response=DecisionChartOut, summary="Before and after of an intervention")
def before_after(request: HttpRequest, unit: Unit, day: date, weeks: Count = charts.USUAL, code: ClassCode = "") -> Any:
    """Cases of a unit week by week around a day, and where its surroundings would have taken it."""
    found = decisions.intervention(_reader(request), unit, day, weeks, _class(code))
    return wording.intervention_chart(found, code)

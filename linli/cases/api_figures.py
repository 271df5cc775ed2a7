"""Figures over time, as a chart draws them: labels and series in the reader's language, each figure with the list behind it."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from linli.cases import charts, queries, rules
from linli.cases.api_common import case_reader
from linli.foundation.fields import Moment

router = Router()

Unit = Annotated[UUID, Query(description="A unit whose cases one may see.")]
Count = Annotated[
    int, Query(ge=1, le=rules.WEEKS_COUNTED, description="The last so many weeks, the present one among them.")
]


class SeriesOut(Schema):
    """One row of figures; null where nothing was counted. `hrefs` are pages with the cases behind each."""

    name: str
    tone: Literal["info", "good", "warn", "bad", "quiet"]
    values: list[float | None]
    hrefs: list[str]


class ChartOut(Schema):
    """What a chart shows. `counted_at` is null where it was counted now."""

    kind: Literal["bars", "lines"]
    percent: bool = Field(description="Whether the figures are shares from 0 to 100.")
    labels: list[str]
    series: list[SeriesOut]
    counted_at: Moment | None


@router.get("/weeks", response=ChartOut, summary="Opened and closed by week")
def opened_and_closed(request: HttpRequest, unit: Unit, weeks: Count = charts.USUAL) -> charts.Chart:
    """Cases reported in each week, and cases that ended in it."""
    return charts.opened_and_closed(queries.by_week(case_reader(request), unit, weeks), unit)


@router.get("/rates", response=ChartOut, summary="The three rates by week")
def the_three_rates(
    request: HttpRequest, unit: Unit, weeks: Count = charts.USUAL, body: UUID | None = None
) -> charts.Chart:
    """Of the cases dispatched in each week: answered in time, solved, and rated three stars or more, in percent."""
    return charts.three_rates(queries.by_week(case_reader(request), unit, weeks, body), unit, body)

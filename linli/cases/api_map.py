"""Cases on the map, as GeoJSON: cells with figures where it is zoomed out, single cases where it is zoomed in."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from linli.cases import cells, limits, map_layers, own_layers, queries
from linli.cases.api_common import case_reader
from linli.cases.map_layers import LayerAsked, MarksOut
from linli.cases.models import Case, State
from linli.cases.queries import Cell, Look, Shown
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.fields import Moment

router = Router()


class WindowAsked(Schema):
    unit: UUID = Field(description="A unit whose cases one may see.")
    west: float
    south: float
    east: float
    north: float
    zoom: float = Field(ge=0, le=24)
    show: Shown = Field(
        Shown.OPEN, description="Open now; reported in a period; or standing open at the moment `until`."
    )
    class_id: UUID | None = None
    class_code: str = Field("", max_length=100, description="The same by its code.")
    since: Moment | None = Field(None, description="Reported at this moment or later.")
    until: Moment | None = Field(None, description="Reported before this moment; now where left out.")


class CellOrCaseOut(Schema):
    """A cell has `cell`, `cases` and, of what is open now, `late`. A case has `reference`, `state` and `state_name` (of now), `limit`
    (`late`, `soon`, `running` or empty: at the moment that is shown), `late`, `priority`, `class_name`, `reported_at` and `due_at`.
    """

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: dict[str, Any]


class MapOut(Schema):
    """A GeoJSON feature collection (RFC 7946), WGS84. `resolution` is that of the H3 cells, null where cases are told one by one."""

    type: Literal["FeatureCollection"]
    resolution: int | None
    features: list[CellOrCaseOut]


@router.get("/window", response=MapOut, summary="Cases in a window of the map")
def cases_on_map(request: HttpRequest, asked: Annotated[WindowAsked, Query()]) -> HttpResponse:
    """At most 2,000 cases or cells. Cells reach a little over the window."""
    window = cells.Window(asked.west, asked.south, asked.east, asked.north)
    actor = case_reader(request)
    class_id = duties.minor_class(asked.class_code).id if asked.class_code else asked.class_id
    view = queries.look(actor, Look(asked.unit, window, asked.zoom, asked.show, class_id, asked.since, asked.until))
    moment = asked.until if asked.until and asked.show is Shown.STANDING else clock.now()
    features = [_cell(one) for one in view.cells] + _cases(view.points, moment)
    shown = {"type": "FeatureCollection", "resolution": view.resolution, "features": features}
    return HttpResponse(json.dumps(shown, ensure_ascii=False, separators=(",", ":")), "application/json")


@router.get("/hazards", response=MarksOut, summary="Safety hazards in a window of the map")
def hazards_on_map(request: HttpRequest, asked: Annotated[LayerAsked, Query()]) -> dict[str, Any]:
    """Open cases of the classes with an emergency number that ask for proof, and from zoom 15 on those settled in 30 days."""
    return map_layers.answer(own_layers.hazards(case_reader(request), asked.unit, window=asked.window, zoom=asked.zoom))


def _cell(cell: Cell) -> dict[str, Any]:
    properties = {"cell": f"{cell.id:x}", "cases": cell.cases}
    if cell.late is not None:
        properties["late"] = cell.late
    outline = {"type": "Polygon", "coordinates": [cells.outline_of(cell.id)]}
    return {"type": "Feature", "geometry": outline, "properties": properties}


def _cases(points: list[Case], moment: datetime) -> list[dict[str, Any]]:
    # Words are looked up once for all of them.
    states = {state.value: str(state.label) for state in State}
    classes = {one: duties.minor_class(one).label if one else "" for one in {case.case_class_id for case in points}}
    return [_case(case, moment, states[case.state], classes[case.case_class_id]) for case in points]


def _case(case: Case, moment: datetime, state_name: str, class_name: str) -> dict[str, Any]:
    limit = limits.standing_at(case, moment)
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [case.lon, case.lat]},
        "properties": {
            "reference": case.reference,
            "state": case.state,
            "state_name": state_name,
            "limit": limit,
            "late": limit == "late",
            "priority": case.priority,
            "class_name": class_name,
            "reported_at": case.reported_at.isoformat(),
            "due_at": case.due_at.isoformat() if case.due_at else None,
        },
    }

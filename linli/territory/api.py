"""The API of this room: what a map is drawn of. Public reference data; everyone may read it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Path, Router, Schema
from pydantic import Field

from linli.territory import outlines

router = Router()

# Boundaries change on some days of a year; a phone need not ask again at each look.
KEPT = "public, max-age=600"


class PropertiesOut(Schema):
    id: UUID
    level: str
    depth: int = Field(description="How many levels below the unit that was asked for.")
    name: str
    label: tuple[float, float] | None = Field(None, description="Where an area's name may stand: a point inside it.")


class FeatureOut(Schema):
    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: PropertiesOut


class OutlinesOut(Schema):
    """A GeoJSON feature collection (RFC 7946), WGS84."""

    type: Literal["FeatureCollection"]
    bbox: tuple[float, float, float, float]
    features: list[FeatureOut]


@router.get("/units/{unit_id}/outlines", response=OutlinesOut, summary="Outlines of a unit and of what lies in it")
def unit_outlines(request: HttpRequest, unit_id: Annotated[UUID, Path(description="A unit's id.")]) -> HttpResponse:
    """Two levels down where that is not too much; below a community the buildings too, as points. Names in the reader's language."""
    shown = outlines.outlines_of(unit_id, get_language() or "")
    return HttpResponse(shown, "application/json", headers={"Cache-Control": KEPT, "Vary": "Accept-Language, Cookie"})

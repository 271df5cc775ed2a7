"""The API of this room: what a map is drawn of. Public reference data; everyone may read it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Path, Query, Router, Schema
from pydantic import Field

from linli.territory import outlines
from linli.territory.facilities import kinds
from linli.territory.facilities import queries as facilities
from linli.territory.facilities.queries import Sides
from linli.territory.models import Facility, FacilityKind

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


class FacilitiesAsked(Schema):
    unit: UUID
    west: float = Field(ge=-180, le=180)
    south: float = Field(ge=-90, le=90)
    east: float = Field(ge=-180, le=180)
    north: float = Field(ge=-90, le=90)
    zoom: float = Field(0, ge=0, le=24)


class FacilityOut(Schema):
    name: str = Field(description="In the reader's language; that of its kind where it has none.")
    kind: FacilityKind
    lines: str = Field(description="Its kind, address, hours and phone, as far as they are known.")
    mark: str = Field(description="The letter or two that stand for its kind.")


class FacilityFeatureOut(Schema):
    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: FacilityOut


class FacilitiesOut(Schema):
    """A GeoJSON feature collection (RFC 7946), WGS84."""

    type: Literal["FeatureCollection"]
    features: list[FacilityFeatureOut]


@router.get("/map/window", response=FacilitiesOut, summary="Services and facilities in a window of the map")
def facilities_on_map(request: HttpRequest, asked: Annotated[FacilitiesAsked, Query()]) -> dict[str, Any]:
    """At most 2,000 of a unit's clinics, markets, schools and other places that people go to."""
    found = facilities.facilities(asked.unit, Sides(asked.west, asked.south, asked.east, asked.north))
    return {"type": "FeatureCollection", "features": [_facility(one) for one in found]}


def _facility(place: Facility) -> dict[str, Any]:
    told = {
        "name": kinds.name_of(place),
        "kind": place.kind,
        "lines": kinds.lines_of(place),
        "mark": kinds.sign_of(place),
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
        "properties": told,
    }

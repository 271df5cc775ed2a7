"""The API of this room: cameras in a window of the map, and the stream of a look whose reason was given."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from linli.cameras import queries
from linli.cameras.models import Camera
from linli.cameras.queries import Window
from linli.cameras.words import direction_name
from linli.foundation.access import Actor

router = Router(tags=["cameras"])


class Asked(Schema):
    unit: UUID = Field(description="A unit whose cameras one may see.")
    west: float = Field(ge=-180, le=180)
    south: float = Field(ge=-90, le=90)
    east: float = Field(ge=-180, le=180)
    north: float = Field(ge=-90, le=90)
    zoom: float = Field(0, ge=0, le=24)


class CameraOut(Schema):
    """A point with `name`, `href` and `lines`."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: dict[str, Any]


class CamerasOut(Schema):
    """A GeoJSON feature collection (RFC 7946), WGS84."""

    type: Literal["FeatureCollection"]
    features: list[CameraOut]


class StreamOut(Schema):
    kind: str = Field(description="`hls` or `whep`.")
    address: str = Field(description="For the browser alone: the server never asks it.")


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@router.get("/map/window", response=CamerasOut, summary="Cameras in a window of the map")
def cameras_on_map(request: HttpRequest, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
    """At most 2,000 of them. Where they stand; no stream."""
    window = Window(asked.west, asked.south, asked.east, asked.north)
    found = queries.in_window(_actor(request), asked.unit, window)
    return {"type": "FeatureCollection", "features": [_feature(one) for one in found]}


def _feature(camera: Camera) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [camera.lon, camera.lat]},
        "properties": {
            "name": camera.name,
            "href": f"/cameras/{camera.pk}/",
            "lines": f"{direction_name(camera.direction)} · {camera.purpose}",
        },
    }


@router.get("/looks/{look_id}/stream", response=StreamOut, summary="The stream of a look")
def stream(request: HttpRequest, look_id: Annotated[UUID, Path(description="A look of one's own.")]) -> dict[str, str]:
    """For ten minutes from the reason on, and for nobody but who gave it."""
    camera = queries.open_look(_actor(request), look_id).camera
    return {"kind": camera.kind, "address": camera.address}

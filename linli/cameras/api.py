"""The API of this room: cameras in a window of the map, and the stream of a look whose reason was given."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from linli.cameras import queries
from linli.cameras.models import Camera
from linli.cameras.words import direction_name
from linli.cases import map_layers
from linli.cases.map_layers import LayerAsked, Mark, MarksOut
from linli.foundation.access import Actor, actor_of

router = Router(tags=["cameras"])


class StreamOut(Schema):
    kind: str = Field(description="`hls` or `whep`.")
    address: str = Field(description="For the browser alone: the server never asks it.")


def _actor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    return actor


@router.get("/map/window", response=MarksOut, summary="Cameras in a window of the map")
def cameras_on_map(request: HttpRequest, asked: Annotated[LayerAsked, Query()]) -> dict[str, Any]:
    """At most 2,000 of them. Where they stand and look; no stream."""
    return map_layers.answer(map(_mark, queries.in_window(_actor(request), asked.unit, asked.window)))


def _mark(camera: Camera) -> Mark:
    return Mark(
        lon=camera.lon,
        lat=camera.lat,
        name=camera.name,
        href=f"/cameras/{camera.pk}/",
        lines=f"{direction_name(camera.direction)} · {camera.purpose}",
        direction=camera.direction,
    )


@router.get("/looks/{look_id}/stream", response=StreamOut, summary="The stream of a look")
def stream(request: HttpRequest, look_id: Annotated[UUID, Path(description="A look of one's own.")]) -> dict[str, str]:
    """For ten minutes from the reason on, and for nobody but who gave it."""
    camera = queries.open_look(_actor(request), look_id).camera
    return {"kind": camera.kind, "address": camera.address}

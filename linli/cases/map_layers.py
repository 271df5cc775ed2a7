"""What other rooms show on the smart map, without cases knowing them.

A room that stands below registers a layer in its AppConfig.ready. Its window answers as that of cases does: a GeoJSON feature
collection of what lies in `west`, `south`, `east`, `north` at a `zoom`, within the scope of who asks and never more than 2,000. A point
tells `name`, `href` and, where it has more to say, `lines`; where it differs from its layer, its own `tone` and `mark`, or that it is
`weak`; and the `direction` in which it looks. A polygon is the area that a point is about.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import cos, pi, radians, sin
from typing import Any, Literal
from uuid import UUID

from django.utils.functional import Promise
from ninja import Schema
from pydantic import Field

from linli.cases.cells import Window
from linli.foundation.access import Actor

# As many points as a window tells.
MOST_MARKS = 2000
_CORNERS = 48
_KM_PER_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing on the map. `radius_km` is that of the area around it."""

    lon: float
    lat: float
    name: str
    href: str = ""
    lines: str = ""
    tone: str = ""
    mark: str = ""
    weak: bool = False
    radius_km: float = 0
    # Degrees from north, clockwise, where it looks somewhere.
    direction: int | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """`mark` is the letter in its points, `tone` their colour (info, good, warn, bad, quiet); they are asked for from a zoom on.

    `listed` is the page that says the same without a map, for a `unit`; where a room has none, `marks` finds for the map's own list of
    the layer what is in a unit, so many at most. What is not `usual` is shown once somebody chooses it. `topics` names what tells an actor
    of its changes, beyond what every list of cases hears.
    """

    name: str
    label: str | Promise
    window: str
    mark: str | Promise
    tone: str
    from_zoom: float
    serves: Callable[[Actor], bool]
    listed: str = ""
    marks: Callable[[Actor, UUID, int], list[Mark]] | None = None
    usual: bool = True
    topics: Callable[[Actor], list[str]] = lambda _actor: []

    @property
    def list_address(self) -> str:
        return self.listed or f"/map/{self.name}/"


_layers: dict[str, Layer] = {}


def register(layer: Layer) -> None:
    _layers[layer.name] = layer


def layers_for(actor: Actor) -> list[Layer]:
    """In the order of the rooms."""
    return [layer for layer in _layers.values() if layer.serves(actor)]


# --- the answer of a window ------------------------------------------------------------------------------------------


class LayerAsked(Schema):
    unit: UUID = Field(description="A unit of which one may see this.")
    west: float
    south: float
    east: float
    north: float
    zoom: float = Field(0, ge=0, le=24)

    @property
    def window(self) -> Window:
        """Raises WrongWindow."""
        return Window(self.west, self.south, self.east, self.north)


class MarkOut(Schema):
    """A point with `name`, `href`, `lines`, `tone`, `mark`, `weak`, `direction`; or the area around one."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: dict[str, Any]


class MarksOut(Schema):
    """A GeoJSON feature collection (RFC 7946), WGS84."""

    type: Literal["FeatureCollection"]
    features: list[MarkOut]


def answer(marks: Iterable[Mark]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [feature for mark in marks for feature in _features(mark)]}


def _features(mark: Mark) -> list[dict[str, Any]]:
    told = {
        "name": mark.name,
        "href": mark.href,
        "lines": mark.lines,
        "tone": mark.tone,
        "mark": mark.mark,
        "weak": mark.weak,
    }
    shown: dict[str, Any] = {name: value for name, value in told.items() if value}
    if mark.direction is not None:
        shown["direction"] = mark.direction
    point = {"type": "Point", "coordinates": [mark.lon, mark.lat]}
    shapes = [point] if not mark.radius_km else [{"type": "Polygon", "coordinates": [_circle(mark)]}, point]
    return [{"type": "Feature", "geometry": shape, "properties": shown} for shape in shapes]


def _circle(mark: Mark) -> list[tuple[float, float]]:
    """On a map of a city a circle in degrees, narrowed by the latitude, is one in metres."""
    high = mark.radius_km / _KM_PER_DEGREE
    wide = high / cos(radians(mark.lat))
    turns = [2 * pi * corner / _CORNERS for corner in range(_CORNERS)]
    corners = [(round(mark.lon + wide * cos(turn), 6), round(mark.lat + high * sin(turn), 6)) for turn in turns]
    return [*corners, corners[0]]

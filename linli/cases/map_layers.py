"""What other rooms show on the smart map, without cases knowing them.

A room that stands below registers a layer in its AppConfig.ready. Its window answers as that of cases does: a GeoJSON feature
collection of what lies in `west`, `south`, `east`, `north` at a `zoom`, within the scope of who asks and never more than 2,000. A point
tells `name`, `href` and, where it has more to say, `lines`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from linli.foundation.access import Actor


@dataclass(frozen=True, slots=True)
class Layer:
    """`mark` is the letter in its points, `tone` their colour (info, good, warn, bad, quiet); they are asked for from a zoom on."""

    name: str
    label: str | Promise
    window: str
    mark: str
    tone: str
    from_zoom: float
    serves: Callable[[Actor], bool]


_layers: dict[str, Layer] = {}


def register(layer: Layer) -> None:
    _layers[layer.name] = layer


def layers_for(actor: Actor) -> list[Layer]:
    """In the order of the rooms."""
    return [layer for layer in _layers.values() if layer.serves(actor)]

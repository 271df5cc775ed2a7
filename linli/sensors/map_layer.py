"""Devices on the smart map: in order, with an alert, or silent."""

from uuid import UUID

from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.cases import map_layers
from linli.cases.cells import Window
from linli.cases.map_layers import Layer, Mark
from linli.foundation.access import Actor, Permission
from linli.sensors import queries, words
from linli.sensors.models import Alert, Device, DeviceKind


def register() -> None:
    map_layers.register(
        Layer(
            name="sensors",
            label=gettext_lazy("Sensors"),
            window="/api/v1/sensors/map/window",
            mark=pgettext_lazy("sign on the map", "Sn"),
            tone="good",
            from_zoom=12,
            serves=lambda actor: actor.may(Permission.SEE_CASES),
            listed="/sensors/",
        )
    )


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[Mark]:
    """Two statements. Raises NotFound."""
    found = queries.in_window(actor, unit_id, window)
    alerts = queries.alerting([one.pk for one in found])
    return [_mark(one, alerts.get(one.pk)) for one in found]


def _mark(device: Device, alert: Alert | None) -> Mark:
    said, tone = words.state(alert)
    kind = DeviceKind(device.kind)
    lines = [str(kind.label), words.measured(device, device.last_value), said]
    return Mark(
        lon=device.lon,
        lat=device.lat,
        name=device.name,
        href=f"/sensors/{device.pk}/",
        lines=" · ".join(line for line in lines if line),
        tone=tone,
        mark=str(words.SIGNS[kind]),
    )

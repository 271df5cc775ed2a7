"""How devices, what they measure, and alerts are spoken of."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from linli.cases.models import Channel
from linli.sensors.models import Alert, AlertKind, Device, DeviceKind

CHANNEL = Channel.SENSOR
# In which unit each kind is measured; a manhole cover says 1 where it is open.
MEASURED = {
    DeviceKind.WATER_LEVEL: "cm",
    DeviceKind.GAS: "%LEL",
    DeviceKind.SMOKE: "%/m",
    DeviceKind.MANHOLE: "",
    DeviceKind.TEMPERATURE: "°C",
    DeviceKind.NOISE: "dB(A)",
}
SIGNS: dict[DeviceKind, str | Promise] = {
    DeviceKind.WATER_LEVEL: pgettext_lazy("sign on the map", "Wa"),
    DeviceKind.GAS: pgettext_lazy("sign on the map", "Ga"),
    DeviceKind.SMOKE: pgettext_lazy("sign on the map", "Sm"),
    DeviceKind.MANHOLE: pgettext_lazy("sign on the map", "Mh"),
    DeviceKind.TEMPERATURE: pgettext_lazy("sign on the map", "°C"),
    DeviceKind.NOISE: pgettext_lazy("sign on the map", "dB"),
}


def measured(device: Device, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:g} {MEASURED[DeviceKind(device.kind)]}".strip()


def limits(device: Device) -> str:
    low, high = measured(device, device.low), measured(device, device.high)
    if low and high:
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    if high:
        return _("at most %(high)s") % {"high": high}
    return _("at least %(low)s") % {"low": low} if low else _("none")


def title(alert: Alert, device: Device) -> str:
    """What and where, in a line."""
    return f"{device.name}: {DeviceKind(device.kind).label} · {AlertKind(alert.kind).label}"


def state(alert: Alert | None) -> tuple[str, str]:
    """Of a device: how it stands now, and the tone of it."""
    if alert is None:
        return _("In order"), "good"
    return str(AlertKind(alert.kind).label), "warn" if alert.kind == AlertKind.SILENT else "bad"

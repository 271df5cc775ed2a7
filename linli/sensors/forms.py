"""The form of the register."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.people import queries as people
from linli.sensors import rules
from linli.sensors.actions import Told
from linli.sensors.models import Device, DeviceKind
from linli.territory import queries as territory

USUAL_SILENCE = 60


class DeviceForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=rules.CODE_LENGTH,
        help_text=_("As its readings name it. It cannot be changed later."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=DeviceKind.choices)
    name = forms.CharField(label=_("Name of the device"), max_length=rules.NAME_LENGTH)
    lon = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180, help_text=_("Degrees east, WGS84."))
    lat = forms.FloatField(label=_("Latitude"), min_value=-90, max_value=90, help_text=_("Degrees north, WGS84."))
    owner = forms.ChoiceField(label=_("Owner"))
    low = forms.FloatField(
        label=_("Low limit"), required=False, help_text=_("In the unit of its kind. Empty: there is none.")
    )
    high = forms.FloatField(
        label=_("High limit"), required=False, help_text=_("In the unit of its kind. Empty: there is none.")
    )
    silent_minutes = forms.IntegerField(
        label=_("Silent after"),
        min_value=1,
        max_value=rules.LONGEST_SILENCE,
        initial=USUAL_SILENCE,
        help_text=_("In minutes without a reading."),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = [(str(body.id), body.label) for body in people.bodies()]

    @classmethod
    def of(cls, device: Device, data: Any = None) -> "DeviceForm":
        names = ("code", "kind", "name", "lon", "lat", "low", "high", "silent_minutes")
        form = cls(data, initial={name: getattr(device, name) for name in names} | {"owner": str(device.owner_id)})
        form.fields["code"].disabled = True
        return form

    def told(self) -> Told:
        """Its unit follows from where it stands. Raises what `territory.locate` raises."""
        values = dict(self.cleaned_data)
        place = territory.locate(values.pop("lon"), values.pop("lat"))
        assert place.lon is not None
        assert place.lat is not None
        return Told(lon=place.lon, lat=place.lat, unit_id=place.unit_id, owner_id=UUID(values.pop("owner")), **values)

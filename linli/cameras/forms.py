"""The form of the register, and that of a reason."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.cameras import rules
from linli.cameras.actions import Told
from linli.cameras.models import Camera, Kind
from linli.people import queries as people

USUAL_RETENTION = 30


class CameraForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    lon = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180, help_text=_("Degrees east, WGS84."))
    lat = forms.FloatField(label=_("Latitude"), min_value=-90, max_value=90, help_text=_("Degrees north, WGS84."))
    direction = forms.IntegerField(
        label=_("Direction"),
        min_value=0,
        max_value=359,
        required=False,
        help_text=_("Degrees from north, clockwise. Empty: it looks all around."),
    )
    owner = forms.ChoiceField(label=_("Owner"))
    purpose = forms.CharField(label=_("What it is for"), max_length=300, help_text=_("In a sentence."))
    sign = forms.CharField(
        label=_("Sign at the place"),
        max_length=200,
        required=False,
        help_text=_("What it says and where it hangs. Empty: there is none."),
    )
    retention_days = forms.IntegerField(
        label=_("Recordings are kept"), min_value=1, max_value=3650, initial=USUAL_RETENTION, help_text=_("In days.")
    )
    kind = forms.ChoiceField(label=_("Kind of stream"), choices=Kind.choices)
    address = forms.CharField(
        label=_("Address of the stream"),
        max_length=rules.MOST_ADDRESS,
        help_text=_("Only the browser of who looks asks it, never this server."),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = [(str(body.id), body.label) for body in people.bodies()]

    @classmethod
    def of(cls, camera: Camera, data: Any = None) -> "CameraForm":
        names = ("name", "lon", "lat", "direction", "purpose", "sign", "retention_days", "kind", "address")
        return cls(data, initial={name: getattr(camera, name) for name in names} | {"owner": str(camera.owner_id)})

    def told(self) -> Told:
        values = dict(self.cleaned_data)
        return Told(owner_id=UUID(values.pop("owner")), **values)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why do you look?"),
        min_length=rules.LEAST_REASON,
        max_length=rules.MOST_REASON,
        help_text=_("It is kept with your post and the moment, and cannot be taken back."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

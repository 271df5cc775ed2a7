"""The forms of how one is told, and of what staff announce."""

from collections.abc import Sequence
from datetime import time
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.gateway.models import Kind, Way
from linli.gateway.rules import News, Wish

FOR_STAFF = frozenset({Kind.WORK, Kind.LATE})


HINTS = {Kind.AREA: _("From the communities you chose above, and from where you reported something or hold a post.")}
# A list, not a field of the browser's: that would show its own way of writing the time, whatever the page's language.
HALF_HOURS = [time(half // 2, half % 2 * 30) for half in range(48)]


def _clock(value: time) -> str:
    return value.strftime("%H:%M")


class WishesForm(forms.Form):
    """A way for each kind, quiet hours, digest. Work and limits are asked of those who have a post."""

    quiet_from = forms.TypedChoiceField(label=_("Quiet from"), coerce=time.fromisoformat)
    quiet_to = forms.TypedChoiceField(
        label=_("Quiet until"), coerce=time.fromisoformat, help_text=_("The same hour twice: never quiet.")
    )
    digest_hour = forms.TypedChoiceField(
        label=_("Once a day instead of single messages"),
        choices=[("", _("No, each by itself")), *((hour, _clock(time(hour))) for hour in range(24))],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("One message at this hour with how many there are and the most urgent ones."),
    )

    def __init__(self, data: Any, wish: Wish, *, staff: bool) -> None:
        self.kinds = [kind for kind in Kind if staff or kind not in FOR_STAFF]
        initial = {f"way_{kind}": wish.way(kind) for kind in self.kinds}
        hours = {"quiet_from": _clock(wish.quiet_from), "quiet_to": _clock(wish.quiet_to)}
        super().__init__(data, initial=initial | hours | {"digest_hour": wish.digest_hour})
        for name in hours:
            # Another system may have chosen a time between.
            times = sorted({*HALF_HOURS, getattr(wish, name)})
            self.fields[name].choices = [(_clock(one), _clock(one)) for one in times]  # type: ignore[attr-defined]
        for kind in self.kinds:
            self.fields[f"way_{kind}"] = forms.ChoiceField(
                label=kind.label, choices=Way.choices, help_text=HINTS.get(kind, "")
            )
        self.order_fields(f"way_{kind}" for kind in self.kinds)

    def chosen(self) -> dict[str, Any]:
        """What `actions.choose` takes."""
        values = self.cleaned_data
        ways = {str(kind): values[f"way_{kind}"] for kind in self.kinds}
        return {"ways": ways} | {name: values[name] for name in ("quiet_from", "quiet_to", "digest_hour")}


def _moment(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, help_text=help_text)


class NewsForm(forms.Form):
    """What is announced: where, in which words, and when it holds."""

    kind = forms.ChoiceField(label=_("What it is about"), widget=forms.RadioSelect)
    unit = forms.ChoiceField(label=_("For which area"))
    title = forms.CharField(
        label=_("Title"), max_length=60, help_text=_("All that a text message says: what, and for whom.")
    )
    text = forms.CharField(label=_("The whole notice"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
    starts_at = _moment(_("Holds from"), _("For what begins and ends: water off, a road closed."))
    ends_at = _moment(_("Holds until"), _("After this moment nobody is told any more."))
    title_en = forms.CharField(label=_("Title in English"), max_length=120, required=False)
    text_en = forms.CharField(
        label=_("The whole notice in English"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any, *, kinds: Sequence[Kind], units: Sequence[tuple[str, str]], city: UUID) -> None:
        super().__init__(data, initial={"kind": kinds[0]})
        self.city = city
        self.fields["kind"].choices = [(kind, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        if len(kinds) == 1:
            self.fields["kind"].widget = forms.HiddenInput()

    def news(self) -> News:
        """What `actions.publish` takes. News of Linli itself are the whole city's, whatever area stands beside them."""
        values = dict(self.cleaned_data)
        unit = UUID(values.pop("unit"))
        return News(unit_id=self.city if values["kind"] == Kind.PRODUCT else unit, **values)

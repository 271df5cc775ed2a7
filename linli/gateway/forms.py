"""The form of how one is told."""

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.gateway.models import Kind, Way
from linli.gateway.rules import Wish

FOR_STAFF = frozenset({Kind.WORK, Kind.LATE})
# Nothing of these kinds is sent yet: a choice that is made now holds when it is.
LATER = frozenset({Kind.AREA, Kind.PRODUCT})


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
                label=kind.label,
                choices=Way.choices,
                help_text=_("Not sent yet. Your choice holds when it is.") if kind in LATER else "",
            )
        self.order_fields(f"way_{kind}" for kind in self.kinds)

    def chosen(self) -> dict[str, Any]:
        """What `actions.choose` takes."""
        values = self.cleaned_data
        ways = {str(kind): values[f"way_{kind}"] for kind in self.kinds}
        return {"ways": ways} | {name: values[name] for name in ("quiet_from", "quiet_to", "digest_hour")}

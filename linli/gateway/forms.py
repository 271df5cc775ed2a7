"""The forms of how one is told, and of what staff announce."""

from collections.abc import Callable, Mapping, Sequence
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock
from linli.gateway.actions import AtDoors, NewAlert
from linli.gateway.cap.message import Certainty, Severity, Urgency
from linli.gateway.models import Kind, PublicAlert, Way
from linli.gateway.rules import News, Wish

FOR_STAFF = frozenset({Kind.WORK, Kind.LATE})


HINTS = {Kind.AREA: _("From the communities you chose above, and from where you reported something or hold a post.")}
# A list, not a field of the browser's: that would show its own way of writing the time, whatever the page's language.
HALF_HOURS = [time(half // 2, half % 2 * 30) for half in range(48)]


def _clock(value: time) -> str:
    return value.strftime("%H:%M")


class _Ways(forms.Select):
    """Ways that cannot be chosen yet are shown, grey, with the reason beside their name."""

    def __init__(self, open_ways: set[Way]) -> None:
        super().__init__()
        self.open_ways = open_ways

    def create_option(self, name: str, value: Any, *arguments: Any, **more: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *arguments, **more)
        if value not in self.open_ways:
            option["attrs"]["disabled"] = True
        return option


def _one_of(open_ways: set[Way]) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in open_ways:
            raise forms.ValidationError(_("This way is not connected yet. Choose another one."))

    return check


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

    def __init__(self, data: Any, wish: Wish, *, staff: bool, ways: Mapping[Way, str | Promise]) -> None:
        """`ways` are those that are offered, with the reason where one cannot be chosen (`ways.offered`)."""
        self.kinds = [kind for kind in Kind if staff or kind not in FOR_STAFF]
        open_ways = {way for way, reason in ways.items() if not reason}
        choices = [(way, f"{way.label} ({reason})" if reason else way.label) for way, reason in ways.items()]
        initial = {f"way_{kind}": way if (way := wish.way(kind)) in open_ways else Way.APP for kind in self.kinds}
        hours = {"quiet_from": _clock(wish.quiet_from), "quiet_to": _clock(wish.quiet_to)}
        super().__init__(data, initial=initial | hours | {"digest_hour": wish.digest_hour})
        for name in hours:
            # Another system may have chosen a time between.
            times = sorted({*HALF_HOURS, getattr(wish, name)})
            self.fields[name].choices = [(_clock(one), _clock(one)) for one in times]  # type: ignore[attr-defined]
        for kind in self.kinds:
            self.fields[f"way_{kind}"] = forms.ChoiceField(
                label=kind.label,
                choices=choices,
                help_text=HINTS.get(kind, ""),
                widget=_Ways(open_ways),
                validators=[_one_of(open_ways)],
            )
        self.order_fields(f"way_{kind}" for kind in self.kinds)

    def chosen(self) -> dict[str, Any]:
        """What `actions.choose` takes. A way that was left as it stood is no choice: when another one is connected, it counts."""
        values = self.cleaned_data
        ways = {str(kind): values[f"way_{kind}"] for kind in self.kinds if f"way_{kind}" in self.changed_data}
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


SEVERITIES: dict[str, Any] = {
    Severity.EXTREME: _("Extreme danger"),
    Severity.SEVERE: _("Severe danger"),
    Severity.MODERATE: _("Moderate danger"),
    Severity.MINOR: _("Minor danger"),
}
URGENCIES = {
    Urgency.IMMEDIATE: _("At once"),
    Urgency.EXPECTED: _("Within the hour"),
    Urgency.FUTURE: _("Later"),
}
CERTAINTIES = {
    Certainty.OBSERVED: _("It has happened, or is happening"),
    Certainty.LIKELY: _("It is likely"),
    Certainty.POSSIBLE: _("It is possible"),
}
# How long a warning holds, until somebody chooses otherwise.
USUAL = timedelta(hours=12)


def _lines(label: Any, most: int, rows: int, *, required: bool = False, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


AT_DOORS = {
    AtDoors.EVERYBODY: _("Every household that no phone reaches"),
    AtDoors.LOOKED_AFTER: _("Only households that are looked after"),
    AtDoors.NOBODY: _("Nobody"),
}


class AlertForm(forms.Form):
    """A warning: under which declaration, where, what to do, and how grave it is."""

    declaration = forms.ChoiceField(label=_("Under which declaration"))
    unit = forms.ChoiceField(label=_("For which area"))
    headline = forms.CharField(label=_("What threatens"), max_length=60)
    instruction = _lines(
        _("What people are to do"),
        400,
        3,
        required=True,
        help_text=_("It stands first, wherever the warning is shown."),
    )
    description = _lines(_("What is known"), 500, 3)
    severity = forms.ChoiceField(label=_("How grave"), choices=list(SEVERITIES.items()), initial=Severity.SEVERE)
    urgency = forms.ChoiceField(label=_("When to act"), choices=list(URGENCIES.items()))
    certainty = forms.ChoiceField(label=_("How certain"), choices=list(CERTAINTIES.items()), initial=Certainty.LIKELY)
    expires = forms.DateTimeField(
        label=_("Holds until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("At the latest when the declaration ends."),
    )
    at_doors = forms.ChoiceField(
        label=_("Told at the door"),
        choices=[(who.value, label) for who, label in AT_DOORS.items()],
        required=False,
        help_text=_("Grid workers find these doors in their inbox, by building, until the warning is over."),
    )
    headline_en = forms.CharField(label=_("What threatens, in English"), max_length=120, required=False)
    instruction_en = _lines(_("What people are to do, in English"), 900, 2)
    description_en = _lines(_("What is known, in English"), 900, 2)

    def __init__(
        self,
        data: Any,
        *,
        declarations: Sequence[tuple[str, str]],
        units: Sequence[tuple[str, str]],
        before: PublicAlert | None = None,
    ) -> None:
        super().__init__(data, initial=self._initial(before))
        self.fields["declaration"].choices = declarations  # type: ignore[attr-defined]
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        if len(declarations) == 1:
            self.fields["declaration"].widget = forms.HiddenInput()
            self.fields["declaration"].initial = declarations[0][0]

    def _initial(self, before: PublicAlert | None) -> dict[str, Any]:
        if before is None:
            return {"expires": clock.now() + USUAL}
        same = ("headline", "instruction", "description", "severity", "urgency", "certainty", "expires")
        english = ("headline_en", "instruction_en", "description_en")
        kept = {name: getattr(before, name) for name in (*same, *english)}
        return kept | {"declaration": str(before.declaration_id), "unit": str(before.units[0])}

    def alert(self) -> NewAlert:
        """What `actions.issue_alert` takes."""
        values = dict(self.cleaned_data)
        return NewAlert(
            declaration=UUID(values.pop("declaration")),
            units=[UUID(values.pop("unit"))],
            at_doors=AtDoors(values.pop("at_doors") or AtDoors.EVERYBODY),
            severity=Severity(values.pop("severity")),
            urgency=Urgency(values.pop("urgency")),
            certainty=Certainty(values.pop("certainty")),
            **values,
        )

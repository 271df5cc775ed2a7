"""The field in which one chooses a unit, by typing its name or code with what fits offered; forms of a new unit and boundary."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from linli.foundation.suggesting import Suggested, typed_code
from linli.foundation.tabular import is_one_line
from linli.territory import queries
from linli.territory.index import UnitInfo
from linli.territory.models import KINDS_OF, Level
from linli.territory.redrawing import LONGEST_REASON, LONGEST_SOURCE, MOST_BYTES

OFFERED = 12


def choice_of(unit: UnitInfo) -> str:
    """How a unit stands in the field and among its offers."""
    return f"{unit.name_in(get_language() or '')} ({unit.code})"


def offers(text: str) -> list[str]:
    """The units that fit what was typed, as the field takes them."""
    by_code = queries.find_by_code(text.strip()) if text.isprintable() else None
    found = [by_code] if by_code else queries.search_names(text, limit=OFFERED)
    return [choice_of(unit) for unit in found]


class UnitField(forms.CharField):
    """Cleans to a `UnitInfo`: of the code, or of the one name that fits; where several do, it names them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, widget=Suggested("/territory/names/"), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return choice_of(value) if isinstance(value, UnitInfo) else value

    def clean(self, value: Any) -> UnitInfo | None:
        text = super().clean(value)
        if not text:
            return None
        code = typed_code(text)
        unit = queries.find_by_code(code) if code.isprintable() else None
        if unit is not None:
            return unit
        found = queries.search_names(text, limit=OFFERED)
        exact = [unit for unit in found if text.strip() in {unit.name, unit.name_en}]
        if len(exact or found) == 1:
            return (exact or found)[0]
        if found:
            names = ", ".join(choice_of(unit) for unit in found)
            raise ValidationError(_("Several places fit: %(names)s. Give the code of one.") % {"names": names})
        raise ValidationError(_("No place has this name or code. Look it up under Territory."))


def day_field() -> forms.DateField:
    """From which day on a change of units holds."""
    return forms.DateField(
        label=gettext_lazy("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def datum_field() -> forms.ChoiceField:
    """In what the coordinates that come along are told (`rules`)."""
    return forms.ChoiceField(
        label=gettext_lazy("Coordinates are in"),
        choices=[("wgs84", "WGS84"), ("gcj02", "GCJ-02"), ("bd09", "BD-09")],
    )


class NewUnitForm(forms.Form):
    """The columns of a register for one unit; they are checked as the register's are (`actions.add_unit`)."""

    level = forms.ChoiceField(label=gettext_lazy("Level"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    name = forms.CharField(label=gettext_lazy("Chinese name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    on = day_field()
    managed_population = forms.CharField(
        label=gettext_lazy("People"),
        max_length=15,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    lon = forms.CharField(
        label=gettext_lazy("Longitude"), max_length=25, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=gettext_lazy("In degrees, as 104.10523. Where its name stands on the map; a grid holds what is nearest to it."),
    )  # fmt: skip
    lat = forms.CharField(
        label=gettext_lazy("Latitude"), max_length=25, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=gettext_lazy("In degrees, as 30.65012."),
    )  # fmt: skip
    datum = datum_field()

    def __init__(self, *args: Any, levels: Sequence[Level], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [(level.value, level.label) for level in levels]  # type: ignore[attr-defined]
        kinds = [(kind.value, kind.label) for level in levels for kind in KINDS_OF.get(level, ())]
        self.fields["kind"].choices = [("", "–"), *kinds]  # type: ignore[attr-defined]
        if not kinds:
            del self.fields["kind"]
        elif len(levels) > 1:
            self.fields["kind"].help_text = gettext_lazy("A quarter needs one; the others have none.")

    def clean(self) -> dict[str, Any]:
        known: dict[str, Any] = super().clean() or {}
        level, kind = known.get("level"), known.get("kind")
        if level == Level.QUARTER and not kind and "kind" not in self.errors:
            self.add_error("kind", ValidationError(_("This is needed for what you chose.")))
        if level and kind and kind not in KINDS_OF.get(Level(level), ()):
            self.add_error("kind", ValidationError(_("The level that you chose has none. Leave it empty.")))
        return known


def _shows_all(text: str) -> None:
    """Nothing of what stands in a history turns the rest around or hides."""
    if not is_one_line(text):
        raise ValidationError(_("It has signs that do not show. Write it anew by hand."))


class BoundaryForm(forms.Form):
    """A boundary drawn on the map, which writes it as text, written by hand, or sent as a file."""

    drawn = forms.CharField(
        label=gettext_lazy("Outline"),
        required=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "digits"}),
        help_text=gettext_lazy(
            "The map writes it here. By hand: one corner a line, such as 104.10523, 30.65012; "
            "an empty line begins another part. GeoJSON is understood too."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        required=False,
        help_text=gettext_lazy("GeoJSON with one outline. It is taken instead of what stands above."),
    )
    datum = datum_field()
    give_way = forms.BooleanField(
        label=gettext_lazy("Neighbours give way"),
        required=False,
        help_text=gettext_lazy("What it covers of its neighbours is taken from them, and stands in their history too."),
    )
    on = day_field()
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        validators=[_shows_all],
        help_text=gettext_lazy("It stands in the history of the unit."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=LONGEST_SOURCE,
        required=False,
        validators=[_shows_all],
        help_text=gettext_lazy("The document's number."),
    )
    # The boundary over which it was drawn: where it is another one by now, its author is told.
    drawn_over = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)

    def clean_drawn_over(self) -> UUID | None:
        told = self.cleaned_data["drawn_over"]
        try:
            return UUID(told) if told else None
        except ValueError:
            # No boundary has this id: it is another one, and that is told.
            return UUID(int=0)

    def clean(self) -> dict[str, Any]:
        known: dict[str, Any] = super().clean() or {}
        if not known.get("drawn") and not known.get("file") and not {"drawn", "file"} & set(self.errors):
            self.add_error(
                "drawn", ValidationError(_("Draw the outline on the map, write its corners, or choose a file."))
            )
        return known

"""Forms of this room's pages."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from linli.dispatch import rules
from linli.dispatch.models import Skill, Team
from linli.duties import queries as duties
from linli.duties.forms import class_choices


def _time() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ShiftForm(forms.Form):
    """A shift of one day; one that ends before it begins ends on the next. `people` are the choices: `person:body` with the name."""

    people = forms.MultipleChoiceField(label=_("Who works"), widget=forms.CheckboxSelectMultiple)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    begins = forms.TimeField(label=_("From"), widget=_time(), initial="08:00")
    ends = forms.TimeField(
        label=_("Until"), widget=_time(), initial="18:00", help_text=_("Earlier than “From”: on the next day.")
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = people  # type: ignore[attr-defined]

    def hours(self) -> tuple[datetime, datetime]:
        known, zone = self.cleaned_data, ZoneInfo(settings.TIME_ZONE)
        begins = datetime.combine(known["day"], known["begins"], tzinfo=zone)
        ends = datetime.combine(known["day"], known["ends"], tzinfo=zone)
        return begins, ends if ends > begins else ends + timedelta(days=1)


class TeamForm(forms.Form):
    """A team of one body, a new one or one that is changed. `people` are those who handle for the body."""

    name = forms.CharField(label=_("Name of the team"), max_length=60)
    leader = forms.TypedChoiceField(
        label=_("Leader"), coerce=UUID, help_text=_("Finds in the inbox what the team is sent to, and answers for it.")
    )
    members = forms.TypedMultipleChoiceField(
        label=_("Who goes with it"), coerce=UUID, widget=forms.CheckboxSelectMultiple
    )
    mode = forms.ChoiceField(label=_("How it goes"), choices=Team.Mode.choices, initial=Team.Mode.CAR)
    most = forms.IntegerField(
        label=_("The most cases that it holds at once"), min_value=1, max_value=rules.MOST_OF_A_TEAM, initial=8
    )

    def __init__(self, *args: Any, people: list[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("leader", "members"):
            self.fields[name].choices = people  # type: ignore[attr-defined]


class SkillsForm(forms.Form):
    """What somebody can do: ticked of the city's list."""

    skills = forms.MultipleChoiceField(label=_("Skills"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["skills"].choices = choices  # type: ignore[attr-defined]


class SkillForm(forms.Form):
    """One skill of the city's list, a new one or one that is changed."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Small letters, digits and hyphens. A code that is known already is changed."),
    )
    name = forms.CharField(label=_("Name"), max_length=60)
    name_en = forms.CharField(label=_("Name in English"), max_length=60, required=False)
    classes = forms.MultipleChoiceField(
        label=_("Classes whose work needs it"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": "12"}),
        help_text=_("A case of such a class goes only to somebody with the skill."),
    )

    def __init__(self, *args: Any, skill: Skill | None = None, **kwargs: Any) -> None:
        if skill is not None:
            kwargs["initial"] = {
                "code": skill.code, "name": skill.name, "name_en": skill.name_en, "classes": skill.classes,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["classes"].choices = class_choices(duties.classes())[1:]  # type: ignore[attr-defined]

"""Forms of the duties pages."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.duties.book import ClassInfo
from linli.duties.models import LIMIT_KINDS, ClassKind, ListKind
from linli.people import queries as people
from linli.territory.forms import UnitField

Choices = list[tuple[str | Promise, Any]]


def class_choices(classes: Iterable[ClassInfo]) -> Choices:
    """Active minor classes, grouped under their major classes."""
    groups: dict[Any, tuple[str, list[tuple[str, str]]]] = {}
    for info in classes:
        if not info.is_minor:
            groups[info.id] = (f"{info.code} {info.label}", [])
        elif info.active and info.major_id in groups:
            groups[info.major_id][1].append((info.code, f"{info.code} {info.label}"))
    return [("", _("Choose a class")), *groups.values()]


class LookupForm(forms.Form):
    """Who is responsible for what, where and when."""

    case_class = forms.ChoiceField(label=_("Class"))
    place = forms.CharField(
        label=_("Place"), max_length=60, help_text=_("A unit's name or code, or longitude,latitude.")
    )
    day = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, classes: Iterable[ClassInfo], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case_class"].choices = class_choices(classes)  # type: ignore[attr-defined]


class ClassFilter(forms.Form):
    kind = forms.ChoiceField(
        label=_("Event or component"), required=False, choices=[("", _("All")), *ClassKind.choices]
    )
    q = forms.CharField(label=_("Words"), required=False, max_length=100, widget=forms.SearchInput())


class LimitsForm(forms.Form):
    limit_amount = forms.DecimalField(
        label=_("Limit"), min_value=0, max_value=9999, decimal_places=2, help_text=_("From filing to the result.")
    )
    limit_kind = forms.ChoiceField(label=_("Counted in"), choices=LIMIT_KINDS)
    response_amount = forms.DecimalField(
        label=_("Response limit"),
        min_value=0,
        max_value=9999,
        decimal_places=2,
        help_text=_("From dispatch to accepting."),
    )
    response_kind = forms.ChoiceField(label=_("Counted in"), choices=LIMIT_KINDS)
    proof_required = forms.BooleanField(label=_("A proof photo is needed"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It is kept with the change: the decree, the decision, the season."),
    )
    expected = forms.UUIDField(widget=forms.HiddenInput, required=False)


class ImportForm(forms.Form):
    kind = forms.ChoiceField(label=_("List"), choices=ListKind.choices)
    name = forms.CharField(label=_("List's name"), max_length=120)
    version = forms.CharField(
        label=_("Version"), max_length=40, help_text=_("Such as 2026, or 2026-2 for a correction.")
    )
    unit = UnitField(label=_("Unit"), help_text=_("Name or code. The list is for it and what is below it."))
    valid_from = forms.DateField(
        label=_("In force from"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The version before it ends on this day."),
    )
    source = forms.CharField(label=_("Source"), max_length=200, required=False, help_text=_("The document's number."))
    file = forms.FileField(label=_("Table file"), help_text=_("CSV (UTF-8 or GBK) or XLSX, with a heading row."))


class ImportClassesForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It is kept with the change: the decree, the decision, the season."),
    )
    file = forms.FileField(label=_("Table file"), help_text=_("CSV (UTF-8 or GBK) or XLSX, with a heading row."))


class UnitForm(forms.Form):
    unit = UnitField(label=_("Unit"))


class DutyForm(forms.Form):
    body = forms.TypedChoiceField(
        label=_("Responsible body"), coerce=UUID, required=False, empty_value=None, help_text=_("Empty: the row ends.")
    )
    clause = forms.CharField(label=_("Clause"), max_length=200)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)
    on = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until then everything stays as it is."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It is kept with the change: the decree, the decision, the season."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bodies = [(str(body.id), f"{body.label} ({body.code})") for body in people.bodies()]
        self.fields["body"].choices = [("", _("Nobody")), *bodies]  # type: ignore[attr-defined]


class DayForm(forms.Form):
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    hours = forms.CharField(
        label=_("Working hours"),
        max_length=100,
        required=False,
        help_text=_("09:00-12:00,13:00-17:00; empty for a day of rest."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

"""Forms of the duties pages."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.duties import queries
from linli.duties.actions.catalogue import LEVELS as MOST_LEVELS
from linli.duties.book import ClassInfo
from linli.duties.models import LIMIT_KINDS, ClassKind, DutyList, DutyRole, ListKind, Stage
from linli.duties.tables import LIST_COLUMNS
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.forms import UnitField

Choices = list[tuple[str | Promise, Any]]


def class_choices(classes: Iterable[ClassInfo], *, majors: bool = False) -> Choices:
    """Active minor classes, grouped under their major classes; with these themselves, where a row for one stands for all below it."""
    groups: dict[Any, tuple[str, list[tuple[str, Any]]]] = {}
    for info in classes:
        name = f"{info.code} {info.label}"
        if not info.is_minor:
            groups[info.id] = (name, [(info.code, _("%(class)s: all of it") % {"class": name})] if majors else [])
        elif info.active and info.major_id in groups:
            groups[info.major_id][1].append((info.code, name))
    return [("", _("Choose a class")), *groups.values()]


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It is kept with the change: the decree, the decision, the season."),
    )


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


class RowFilter(forms.Form):
    q = forms.CharField(
        label=_("Class, body, clause or number"), required=False, max_length=100, widget=forms.SearchInput()
    )


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
    reason = _reason()
    expected = forms.UUIDField(widget=forms.HiddenInput, required=False)


def _words(label: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=2000, help_text=_("Separated by semicolons."))


_EMERGENCY = [("", _("None")), *((number, number) for number in ("110", "119", "120", "122"))]


class _OfClass(forms.Form):
    """What a class says, each field by the name of its column in a table."""

    name = forms.CharField(label=_("Chinese name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=120)
    keywords = _words(_("Words that suggest it"))
    keywords_en = _words(_("English words that suggest it"))
    emergency_number = forms.ChoiceField(label=_("In danger, call first"), choices=_EMERGENCY, required=False)
    reason = _reason()

    def cells(self) -> dict[str, str]:
        known = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        return {
            name: ("yes" if value else "no") if isinstance(value, bool) else str(value) for name, value in known.items()
        }


class ClassForm(_OfClass):
    """What of a class may change by itself."""

    active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Without it, reports name it no more; cases that have it keep it."),
    )
    field_order = ["name", "name_en", "keywords", "keywords_en", "emergency_number", "active", "reason"]


class NewClassForm(_OfClass):
    """A class that is not there yet. A major class has no limits; a class below another has its kind."""

    code = forms.CharField(
        label=_("Code"), max_length=20, help_text=_("That of the class above it, and two digits: E0110 below E01.")
    )
    parent = forms.ChoiceField(label=_("Above it"), required=False)
    kind = forms.ChoiceField(
        label=_("Event or component"), choices=ClassKind.choices, help_text=_("Below another class: as that one is.")
    )
    limit = forms.CharField(label=_("Limit"), required=False, max_length=10, help_text=_("From filing to the result."))
    limit_kind = forms.ChoiceField(label=_("Counted in"), choices=LIMIT_KINDS)
    response = forms.CharField(
        label=_("Response limit"), required=False, max_length=10, help_text=_("From dispatch to accepting.")
    )
    response_kind = forms.ChoiceField(label=_("Counted in"), choices=LIMIT_KINDS)
    proof = forms.BooleanField(label=_("A proof photo is needed"), required=False, initial=True)
    field_order = [
        "parent",
        "code",
        "kind",
        "name",
        "name_en",
        "limit",
        "limit_kind",
        "response",
        "response_kind",
        "proof",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [info for info in queries.classes() if info.active and len(info.lineage) < MOST_LEVELS]
        self.fields["parent"].choices = [  # type: ignore[attr-defined]
            ("", _("Nothing: it is a major class")), *((info.code, f"{info.code} {info.label}") for info in known)
        ]  # fmt: skip


class StageForm(forms.Form):
    """How long a stage may take; an empty amount promises nothing."""

    limit_amount = forms.DecimalField(
        label=_("Time allowed"),
        min_value=0,
        max_value=9999,
        decimal_places=2,
        required=False,
        help_text=_("Empty: nothing is promised."),
    )
    limit_kind = forms.ChoiceField(label=_("Counted in"), choices=LIMIT_KINDS)
    reason = _reason()
    stage = forms.ChoiceField(choices=Stage.choices, widget=forms.HiddenInput)
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
    reason = _reason()
    file = forms.FileField(label=_("Table file"), help_text=_("CSV (UTF-8 or GBK) or XLSX, with a heading row."))


class UnitForm(forms.Form):
    unit = UnitField(label=_("Unit"))


def _on() -> forms.DateField:
    return forms.DateField(
        label=_("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until then everything stays as it is."),
    )  # fmt: skip


class DutyForm(forms.Form):
    body = forms.TypedChoiceField(
        label=_("Responsible body"), coerce=UUID, required=False, empty_value=None, help_text=_("Empty: the row ends.")
    )
    clause = forms.CharField(label=_("Clause"), max_length=200)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)
    on = _on()
    reason = _reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bodies = [(str(body.id), f"{body.label} ({body.code})") for body in people.bodies()]
        self.fields["body"].choices = [("", _("Nobody")), *bodies]  # type: ignore[attr-defined]


class EndForm(forms.Form):
    on = _on()
    reason = _reason()


class RowForm(forms.Form):
    """One more row of a list: a field for each column that a table of it has, by its name, then the day and the reason."""

    def __init__(self, *args: Any, listed: DutyList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = LIST_COLUMNS[listed.kind]
        made = _fields(ListKind(listed.kind))
        self.fields = {name: made[name] for name in (*self.columns, "on", "reason")}
        self.initial.setdefault("on", max(listed.valid_from, territory.day_of(None)))

    def cells(self) -> dict[str, str]:
        """The row as a table would have it."""
        unit = self.cleaned_data["unit"]
        return {name: unit.code if name == "unit" else str(self.cleaned_data[name]) for name in self.columns}


class ChangeForm(forms.Form):
    """What a task or a priority is to say from a day on: a field for each column but its number and its unit."""

    def __init__(self, *args: Any, kind: ListKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = [name for name in LIST_COLUMNS[kind] if name not in {"number", "unit"}]
        made = _fields(kind)
        self.fields = {name: made[name] for name in (*self.columns, "on", "reason")}

    def cells(self) -> dict[str, str]:
        return {name: str(self.cleaned_data[name]) for name in self.columns}


def _fields(kind: ListKind) -> dict[str, forms.Field]:
    season: dict[str, Any] = {
        "required": False,
        "max_length": 5,
        "widget": forms.TextInput(attrs={"placeholder": "05-15"}),
    }
    bodies = [(body.code, f"{body.label} ({body.code})") for body in people.bodies()]
    classes = class_choices(queries.classes(), majors=True) if "class" in LIST_COLUMNS[kind] else []
    item = _("Task") if kind is ListKind.TASK else _("Matter")
    return {
        "number": forms.CharField(label=_("No."), max_length=40),
        "clause": forms.CharField(label=_("Clause"), max_length=200),
        "class": forms.ChoiceField(label=_("Class"), choices=classes),
        "unit": UnitField(label=_("Unit"), help_text=_("Name or code. The row is for it and what is below it.")),
        "body": forms.ChoiceField(label=_("Responsible body"), choices=[("", _("Choose a body")), *bodies]),
        "role": forms.ChoiceField(label=_("Lead or co-handler"), choices=DutyRole.choices),
        "item": forms.CharField(label=item, max_length=300),
        "item_en": forms.CharField(label=_("In English"), max_length=300, required=False),
        "frequency": forms.CharField(label=_("How often"), max_length=80),
        "season_from": forms.CharField(label=_("Season's first day"), help_text=_("Both empty: all year."), **season),
        "season_to": forms.CharField(label=_("Season's last day"), **season),
        "note": forms.CharField(label=_("Note"), max_length=500, required=False),
        "on": _on(),
        "reason": _reason(),
    }


class DayForm(forms.Form):
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    hours = forms.CharField(
        label=_("Working hours"),
        max_length=100,
        required=False,
        help_text=_("09:00-12:00,13:00-17:00; empty for a day of rest."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

"""Form fields that several pages share."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.cases.rules import MAX_PHOTOS
from linli.duties import queries as duties
from linli.people import queries as people

Choices = list[tuple[str, Any]]
FILES: dict[str, Any] = {"multiple": True, "accept": "image/*,application/pdf"}
SELECTED = mark_safe(" selected")
CHOOSE_CLASS = gettext_lazy("Choose a class")


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class LongSelect(forms.Select):
    """A select of hundreds of options, written at once: a template for each option took half of the desk page's time."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(one) for one in self.format_value(value)}
        options = format_html_join("", "{}", ((_group(label, items, chosen),) for label, items in self.choices))
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html("<select{}>{}</select>", attributes, options)


def _group(value: Any, label: Any, chosen: set[str]) -> SafeString:
    """One option, or, where the label is a list, the options of a group."""
    if isinstance(label, list | tuple):
        inner = format_html_join("", "{}", ((_group(code, name, chosen),) for code, name in label))
        return format_html('<optgroup label="{}">{}</optgroup>', value, inner)
    return format_html('<option value="{}"{}>{}</option>', value, SELECTED if str(value) in chosen else "", label)


class PhotosField(forms.FileField):
    """Any number of photos or documents up to the limit; each is checked by content when it is stored."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", PhotosInput(attrs=FILES))
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        files: Sequence[Any] = data if isinstance(data, list | tuple) else [data]
        kept = [file for file in files if file]
        if self.required and not kept:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(kept) > MAX_PHOTOS:
            text = _("At most %(limit)s photos or files can be attached.") % {"limit": MAX_PHOTOS}
            raise forms.ValidationError(text, code="too_many")
        return kept


def note(label: Any, *, required: bool, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=2000, widget=forms.Textarea(attrs={"rows": rows, "maxlength": 2000})
    )


def class_choices(empty: Any) -> Choices:
    """Every minor class under its major class, as a select shows them: by code, named in the reader's language."""
    infos = [info for info in duties.classes() if info.active]
    groups: dict[Any, Choices] = {info.id: [] for info in infos if not info.is_minor}
    names = {info.id: info.label for info in infos}
    for info in infos:
        if info.is_minor and info.major_id in groups:
            groups[info.major_id].append((info.code, info.label))
    return [("", empty), *((names[major], items) for major, items in groups.items() if items)]


def case_class(label: Any, *, required: bool, empty: Any = CHOOSE_CLASS, help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=required, choices=lambda: class_choices(empty), widget=LongSelect, help_text=help_text
    )


def body_choices(units: Sequence[UUID]) -> Choices:
    """The bodies of these units: those whose duty something there can be."""
    found = [body for body in people.bodies() if body.unit_id in units]
    return [("", _("Choose a body")), *((str(body.id), body.label) for body in found)]


def body(label: Any, units: Sequence[UUID], *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=required, choices=lambda: body_choices(units), widget=LongSelect)

"""Form fields that several pages share."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from linli.cases.rules import MAX_PHOTOS
from linli.duties import queries as duties
from linli.people import queries as people

Choices = list[tuple[str, Any]]
FILES: dict[str, Any] = {"multiple": True, "accept": "image/*,application/pdf"}
CHOOSE_CLASS = gettext_lazy("Choose a class")


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class LongSelect(forms.Select):
    """A select of hundreds of options, written at once: a template for each option took half of the desk page's time."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        options = options_of(self.choices, {str(one) for one in self.format_value(value)})
        return format_html("<select{}>{}</select>", attributes, options)


def options_of(choices: Iterable[tuple[Any, Any]], chosen: Container[str]) -> SafeString:
    """Options, and groups of them where a label is a list. Escaped here: `format_html` costs five times as much for each."""
    written = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            written.append(f'<optgroup label="{escape(str(value))}">{options_of(label, chosen)}</optgroup>')
        else:
            mark = " selected" if str(value) in chosen else ""
            written.append(f'<option value="{escape(str(value))}"{mark}>{escape(str(label))}</option>')
    return mark_safe("".join(written))  # noqa: S308 (every value and label is escaped above)


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


@dataclass(frozen=True, slots=True)
class _Classes:
    """The catalogue as selects show it in one language."""

    book: object
    choices: Choices
    options: SafeString


_classes_in: dict[str, _Classes] = {}


def _classes() -> _Classes:
    """Made once for each language and catalogue: two selects of 200 options took a third of the desk page's time."""
    language, book = get_language() or "", duties.book()
    kept = _classes_in.get(language)
    if kept is None or kept.book is not book:
        choices = _grouped_classes()
        kept = _classes_in[language] = _Classes(book, choices, options_of(choices, ()))
    return kept


def _grouped_classes() -> Choices:
    """Every minor class under its major class, by code, named in the reader's language."""
    infos = [info for info in duties.classes() if info.active]
    groups: dict[Any, Choices] = {info.id: [] for info in infos if not info.is_minor}
    names = {info.id: info.label for info in infos}
    for info in infos:
        if info.is_minor and info.major_id in groups:
            groups[info.major_id].append((info.code, info.label))
    return [(names[major], items) for major, items in groups.items() if items]


def class_options() -> SafeString:
    """The options of a select of classes, none of them chosen."""
    return _classes().options


def class_choices(empty: Any) -> Choices:
    """Every minor class under its major class, as a form's field takes them."""
    return [("", empty), *_classes().choices]


def with_chosen(options: SafeString, value: Any) -> SafeString:
    """Options that were written once, with this one marked."""
    if not value:
        return options
    mark = f'value="{escape(str(value))}"'
    return mark_safe(options.replace(mark, f"{mark} selected", 1))  # noqa: S308 (both are escaped)


class ClassSelect(forms.Select):
    """The select of the classes: the options as they were made once, with the chosen one marked, below one for none."""

    def __init__(self, empty: Any) -> None:
        super().__init__()
        self.empty = empty

    def use_required_attribute(self, _initial: Any) -> bool:
        """As Django has it where the first choice is empty; it would read all two hundred of them to know."""
        return True

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = with_chosen(class_options(), next(iter(self.format_value(value)), ""))
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html('<select{}><option value="">{}</option>{}</select>', attributes, self.empty, options)


def case_class(label: Any, *, required: bool, empty: Any = CHOOSE_CLASS, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=required,
        choices=lambda: class_choices(empty),
        widget=ClassSelect(empty),
        help_text=help_text,
    )


def body_choices(units: Sequence[UUID]) -> Choices:
    """The bodies of these units: those whose duty something there can be."""
    found = [body for body in people.bodies() if body.unit_id in units]
    return [("", _("Choose a body")), *((str(body.id), body.label) for body in found)]


def body(label: Any, units: Sequence[UUID], *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=required, choices=lambda: body_choices(units), widget=LongSelect)

"""How Django's forms are drawn: by its Jinja templates, but for what pages have many of.

A unit is chosen among some hundred, and a template that is included for each option takes ten milliseconds for them. A case has the
forms of eight changes, with twenty fields.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.forms import BoundField, CheckboxInput
from django.forms.renderers import Jinja2
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markupsafe import escape


class Renderer(Jinja2):
    """Of `FORM_RENDERER`. What is written here says the same as the template of its name."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name in _WRITTEN:
            return _WRITTEN[template_name](context["widget"])
        return str(super().render(template_name, context, request))


def select(widget: Mapping[str, Any]) -> SafeString:
    options = "".join(_group(name, choices) for name, choices, _number in widget["optgroups"])
    drawn = f'<select name="{escape(widget["name"])}"{_attributes(widget["attrs"])}>{options}</select>'
    return mark_safe(drawn)  # noqa: S308 (what is anybody's words was escaped)


def entry(widget: Mapping[str, Any]) -> SafeString:
    value = "" if widget["value"] is None else f' value="{escape(widget["value"])}"'
    drawn = (
        f'<input type="{escape(widget["type"])}" name="{escape(widget["name"])}"{value}{_attributes(widget["attrs"])}>'
    )
    return mark_safe(drawn)  # noqa: S308 (escaped)


def textarea(widget: Mapping[str, Any]) -> SafeString:
    attributes = _attributes(widget["attrs"])
    drawn = f'<textarea name="{escape(widget["name"])}"{attributes}>\n{escape(widget["value"] or "")}</textarea>'
    return mark_safe(drawn)  # noqa: S308 (escaped)


def _group(name: Any, choices: Iterable[Mapping[str, Any]]) -> str:
    options = "".join(map(_option, choices))
    return f'<optgroup label="{escape(name)}">{options}</optgroup>' if name else options


def _option(told: Mapping[str, Any]) -> str:
    attributes = told["attrs"] and _attributes(told["attrs"])
    return f'<option value="{escape(told["value"])}"{attributes or ""}>{escape(told["label"])}</option>'


def _attributes(told: Mapping[str, Any]) -> str:
    return "".join(
        f" {escape(name)}" if value is True else f' {escape(name)}="{escape(value)}"'
        for name, value in told.items()
        if value is not False
    )


# By the template whose place each takes.
_WRITTEN: dict[str, Callable[[Mapping[str, Any]], SafeString]] = {
    "django/forms/widgets/select.html": select,
    "django/forms/widgets/textarea.html": textarea,
    **{f"django/forms/widgets/{kind}.html": entry for kind in ("text", "hidden", "number", "checkbox", "file")},
}


def labelled(field: BoundField, help: str) -> SafeString:
    """A field with its label, its hint, its errors and, in HTML, its `help`. Django ties hint and errors to it by aria-describedby."""
    if field.is_hidden:
        return SafeString(field)
    drawn = (
        _checked if isinstance(field.field.widget, CheckboxInput) else _of_several if field.use_fieldset else _single
    )
    return mark_safe(drawn(field, help))  # noqa: S308 (what is anybody's words was escaped)


def _checked(field: BoundField, help: str) -> str:
    hint = f'<br><span class="hint"{_hint_id(field)}>{_text(field.help_text)}</span>' if field.help_text else ""
    label = f'<label class="check">{field}<span>{_text(field.label)}{hint}</span></label>'
    return f'<div class="check-field">{label}{help}{_errors(field)}</div>'


def _of_several(field: BoundField, help: str) -> str:
    described = field.aria_describedby
    by = f' aria-describedby="{_text(described)}"' if described else ""
    options = "".join(
        f'<label class="choice">{option.tag()}<span>{_text(option.choice_label)}</span></label>' for option in field
    )
    legend = f"<legend>{_text(field.label)}{_optional(field)}</legend>"
    return (
        f'<fieldset class="field"{by}>{legend}{_hint(field)}<div class="row">{options}</div>{_errors(field)}</fieldset>'
    )


def _single(field: BoundField, help: str) -> str:
    label = f'<label for="{_text(field.id_for_label)}">{_text(field.label)}{_optional(field)}</label>'
    return f'<div class="field">{label}{help}{_hint(field)}{field}{_errors(field)}</div>'


def _optional(field: BoundField) -> str:
    return "" if field.field.required else f' <span class="optional">{_text(_("(optional)"))}</span>'


def _hint(field: BoundField) -> str:
    return f'<p class="hint"{_hint_id(field)}>{_text(field.help_text)}</p>' if field.help_text else ""


def _hint_id(field: BoundField) -> str:
    return f' id="{_text(field.auto_id)}_helptext"'


def _errors(field: BoundField) -> str:
    return str(field.errors) if field.errors else ""


def _text(value: Any) -> str:
    """A text that may be translated only now."""
    return conditional_escape(value)

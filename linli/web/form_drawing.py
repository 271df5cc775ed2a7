"""How Django's forms are drawn: by its Jinja templates, but for lists of choices.

A unit is chosen among some hundred, and a template that is included for each option takes ten milliseconds for them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.renderers import Jinja2
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from markupsafe import escape

SELECT = "django/forms/widgets/select.html"


class Renderer(Jinja2):
    """Of `FORM_RENDERER`."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name == SELECT:
            return select(context["widget"])
        return str(super().render(template_name, context, request))


def select(widget: Mapping[str, Any]) -> SafeString:
    """What the template of this name writes."""
    options = "".join(_group(name, choices) for name, choices, _number in widget["optgroups"])
    drawn = f'<select name="{escape(widget["name"])}"{_attributes(widget["attrs"])}>{options}</select>'
    return mark_safe(drawn)  # noqa: S308 (what is anybody's words was escaped)


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

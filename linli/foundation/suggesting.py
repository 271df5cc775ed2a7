"""A form field in which one types and is offered what fits: a place, a colleague.

Without script one types a name or a code, and is asked again where several fit. With it the server's suggestions stand below.
"""

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Suggested(forms.TextInput):
    """`address` answers what is typed with the options of a <datalist>."""

    def __init__(self, address: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"} | (attrs or {}))
        self.address = address

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        offers = f"{(attrs or {}).get('id') or name}-offers"
        asks = {
            "list": offers,
            "hx-get": self.address,
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{offers}",
            "hx-swap": "innerHTML",
        }
        field = super().render(name, value, (attrs or {}) | asks, renderer)
        return format_html('{}<datalist id="{}"></datalist>', field, offers)


def options(labels: list[str]) -> SafeString:
    """What the address of `Suggested` answers."""
    return format_html_join("", '<option value="{}"></option>', ((label,) for label in labels))


def typed_code(text: str) -> str:
    """The code at the end of an option: `510108004` of `双桥子街道 (510108004)`; else the text itself."""
    _head, opened, tail = text.strip().rpartition("(")
    return tail[:-1].strip() if opened and tail.endswith(")") else text.strip()

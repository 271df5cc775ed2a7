"""The field in which one chooses a unit: by typing its name or code, with what fits offered."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.foundation.suggesting import Suggested, typed_code
from linli.territory import queries
from linli.territory.index import UnitInfo

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

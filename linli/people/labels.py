"""How timelines name who acted: kept in the city's language as it was, and said in the reader's."""

from collections.abc import Mapping
from functools import cache
from weakref import WeakKeyDictionary

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from linli.foundation.access import ROLE_LABELS, Role
from linli.territory import queries as territory
from linli.territory.index import TerritoryIndex, UnitInfo

RESIDENT, ACTING = gettext_noop("Resident"), gettext_noop("%s (acting)")
_BETWEEN = " · "


def kept(place: str | None, role: str, *, acting: bool) -> str:
    """A post in the city's language: 双桥子街道 · 受理员."""
    label = f"{place}{_BETWEEN}{_in_city_language(role)}"
    return _in_city_language(ACTING) % label if acting else label


def resident() -> str:
    """All that a timeline says of a resident."""
    return _in_city_language(RESIDENT)


def said(label: str) -> str:
    """What was kept, in the reader's language: the role, and a unit that still has this name. What is not known stays as it is."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE:
        return label
    if label == resident():
        return gettext(RESIDENT)
    before, _percent, after = _in_city_language(ACTING).partition("%s")
    if after and label.startswith(before) and label.endswith(after):
        return gettext(ACTING) % said(label[len(before) : -len(after)])
    place, _dot, role = label.rpartition(_BETWEEN)
    known = _roles().get(role)
    if known is None:
        return label
    unit = _units(territory.index()).get(place)
    return f"{unit.name_in(language) if unit else place}{_BETWEEN}{ROLE_LABELS[known]}"


@cache
def _in_city_language(text: str) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return str(ROLE_LABELS[Role(text)]) if text in set(Role) else gettext(text)


@cache
def _roles() -> Mapping[str, Role]:
    return {_in_city_language(role): role for role in Role}


# They go with the index; of units that share a name, the first.
_NAMES: WeakKeyDictionary[TerritoryIndex, Mapping[str, UnitInfo]] = WeakKeyDictionary()


def _units(index: TerritoryIndex) -> Mapping[str, UnitInfo]:
    if index not in _NAMES:
        _NAMES[index] = {unit.name: unit for unit in reversed(index.units)}
    return _NAMES[index]

"""What the pages of the console share: who reads them, in which units, and how things are called there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.choices import BaseChoiceIterator
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.campaigns import queries, rules
from linli.campaigns.rules import Act
from linli.foundation import audit, moments
from linli.foundation.access import SYSTEM, Actor, acting_as, actor_of
from linli.foundation.errors import NotFound, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.people import labels
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import TerritoryIndex, UnitInfo
from linli.territory.queries import Spot

read_or_sent = require_http_methods(["GET", "HEAD", "POST"])
# A select that offers more is no help: what lies deeper is chosen from the page of its unit.
MOST_UNITS = 400
HOMES = ("building", "linpan")


def reader(request: HttpRequest, act: Act = Act.SEE, unit_id: UUID | None = None) -> Actor:
    """Who asks, if they may do this in the unit, or (None) somewhere. Raises `SignInNeeded`, `NotAllowed`."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    queries.require(actor, act, unit_id)
    return actor


def language() -> str:
    return get_language() or ""


def name_of(unit_id: UUID) -> str:
    return territory.unit(unit_id).name_in(language())


def places_of(unit_ids: Sequence[UUID]) -> dict[UUID, UnitInfo | Spot]:
    """Units of any level, in one statement at most."""
    index = territory.index()
    known: dict[UUID, UnitInfo | Spot] = {
        one: index.units[place] for one in unit_ids if (place := index.position.get(one)) is not None
    }
    beside = territory.spots([one for one in unit_ids if one not in known])
    return known | {spot.id: spot for spot in beside}


def names_of(unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of units of any level, in one statement at most."""
    return names_in(places_of(unit_ids))


def names_in(places: Mapping[UUID, UnitInfo | Spot]) -> dict[UUID, str]:
    """How each is called; a building's name is said with its quarter's, or village's."""
    index, words = territory.index(), language()
    names = {}
    for unit in places.values():
        above = index.position.get(unit.parent_id) if unit.level in HOMES and unit.parent_id else None
        name = unit.name_in(words)
        names[unit.id] = name if above is None else f"{index.units[above].name_in(words)} {name}"
    return names


def _known(unit_id: UUID | None) -> UnitInfo | None:
    """A unit of today, a quarter or larger."""
    index = territory.index()
    place = index.position.get(unit_id) if unit_id else None
    return index.units[place] if place is not None else None


def units_of(actor: Actor, act: Act) -> list[UUID]:
    """Where the actor may do this; everywhere is the city."""
    return list(
        dict.fromkeys(grant.unit_id or territory.root().id for grant in actor.grants if grant.role in rules.MAY[act])
    )


def unit_choices(tops: Sequence[UUID], also: UUID | None = None) -> list[tuple[str, str]]:
    """These units and those below them, layer by layer as far as a select can hold, and one more that was asked for."""
    index = territory.index()
    offered = _offered_in(index, tuple(tops), language())
    asked = _known(also)
    if asked is None or set(tops).isdisjoint(asked.path) or str(asked.id) in offered:
        return list(offered.items())
    return [*offered.items(), (str(asked.id), _named(index, asked, language()))]


# As long as the territory is the same one: it goes with the index, and keeps none alive.
_OFFERED: WeakKeyDictionary[TerritoryIndex, dict[tuple[tuple[UUID, ...], str], Mapping[str, str]]] = WeakKeyDictionary()
_MOST_OFFERED = 64


def _offered_in(index: TerritoryIndex, tops: tuple[UUID, ...], words: str) -> Mapping[str, str]:
    known = _OFFERED.setdefault(index, {})
    if (tops, words) not in known:
        if len(known) >= _MOST_OFFERED:
            known.clear()
        known[tops, words] = _offered(index, tops, words)
    return known[tops, words]


def _offered(index: TerritoryIndex, tops: tuple[UUID, ...], words: str) -> Mapping[str, str]:
    """By what is sent: how each is called."""
    layer = [index.units[place] for top in tops if (place := index.position.get(top)) is not None]
    offered = {unit.id: unit for unit in layer}
    while layer := [unit for above in layer for unit in index.below.get(above.id, ())]:
        if len(offered) + len(layer) > MOST_UNITS:
            break
        offered |= {unit.id: unit for unit in layer}
    return {str(unit.id): _named(index, unit, words) for unit in offered.values()}


def _named(index: TerritoryIndex, unit: UnitInfo, words: str) -> str:
    place = index.position.get(unit.parent_id) if unit.parent_id else None
    name = unit.name_in(words)
    return name if place is None else f"{index.units[place].name_in(words)} · {name}"


def uuid_in(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def unit_asked(actor: Actor, asked: str | None) -> UnitInfo:
    """The unit that is shown: the one asked for, or the first in which one works. Raises `NotFound`, `NotAllowed`."""
    chosen = uuid_in(asked)
    if asked and chosen is None:
        raise NotFound
    try:
        unit = territory.unit(chosen or units_of(actor, Act.RUN)[0])
    except UnknownUnit:
        raise NotFound from None
    queries.require(actor, Act.RUN, unit.id)
    return unit


class _Offered(BaseChoiceIterator):
    """Pairs as they are: of a list Django looks at each of some hundred for groups."""

    def __init__(self, choices: Sequence[tuple[str, Any]]) -> None:
        self.pairs = choices

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.pairs)


def choose(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = _Offered(choices)


def status_of(form: forms.Form, status: int) -> int:
    return 422 if form.errors and status == 200 else status


def moment_field(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, help_text=help_text)


def reason_field(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        min_length=rules.LEAST_WORDS,
        max_length=rules.MOST_WORDS,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def said(at: datetime) -> str:
    """A moment with its day, for a sentence that is read later."""
    return moments.dated(at)


def period(begin: datetime, end: datetime) -> str:
    """From when to when; the day is said once where both are of one."""
    begin, end = timezone.localtime(begin), timezone.localtime(end)
    return f"{said(begin)} – {date_format(end, 'H:i') if begin.date() == end.date() else said(end)}"


def span(length: timedelta) -> str:
    """A length of time by its two largest parts."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    days, hours = divmod(minutes // 60, 24)
    minutes %= 60
    parts = [
        (days, ngettext("%(count)s day", "%(count)s days", days) % {"count": days}),
        (hours, ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}),
        (minutes, ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}),
    ]
    told = [text for count, text in parts if count]
    return " ".join(told[:2]) or _("less than a minute")


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def timeline(subject: UUID, steps: Mapping[str, Any], notes: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Of a row that was asked for in the actor's scope, the newest first; with notes that lie elsewhere, by the ids that steps name."""
    with acting_as(SYSTEM):
        entries = audit.timeline(subject)
    return [
        {
            "what": steps.get(entry.action, entry.action),
            "at": entry.at,
            "who": "" if entry.actor_kind == "system" else labels.said(entry.actor_label),
            "why": (notes or {}).get(entry.data.get("note", ""), entry.note),
        }
        for entry in reversed(entries)
    ]


def once_only(request: HttpRequest, actor: Actor, work: Callable[[], str]) -> str:
    """What came of a form and its files, carried out once however often it is sent."""
    sent = {
        name: request.POST.getlist(name) for name in request.POST if name not in {"csrfmiddlewaretoken", "once", "sure"}
    }
    sent |= {name: [_digest(file) for file in request.FILES.getlist(name)] for name in request.FILES}
    return str(carry_out(once(actor, request.POST.get("once"), [request.path, sent]), work))


def _digest(file: Any) -> str:
    found = sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()

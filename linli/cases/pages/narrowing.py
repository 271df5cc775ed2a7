"""The desk's filters: the form, what it offers a post, and the chips of what is active.

The options are written once for each language and set of units, and again when territory or bodies change: two selects of some
hundred options cost a fifth of the desk's page.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from linli.cases import errors, queries, rules
from linli.cases.models import State
from linli.cases.pages import fields
from linli.cases.pages.lists import same, sources
from linli.duties import queries as duties
from linli.foundation import moments
from linli.foundation.access import Actor, Permission
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import UnitInfo
from linli.territory.models import Level

# What the desk can narrow to beside the states of the table.
OPEN, OVERDUE, WORKING, MINE = "open", "overdue", "working", "mine"
# Days in which something happened to a case: figures lead to their lists by these, the form has no field for them.
SPANS = {"reported": gettext_lazy("Reported"), "ended": gettext_lazy("Ended"), "sent": gettext_lazy("Dispatched")}
# And by these: how many days ago it was reported, every class but some, no place finer than the unit.
AGE, OTHERS, UNPLACED, RATE = "age", "others", "unplaced", "rate"
BESIDE = {
    **SPANS,
    AGE: gettext_lazy("How long ago reported"),
    OTHERS: gettext_lazy("Class"),
    UNPLACED: gettext_lazy("Place"),
    RATE: gettext_lazy("Rate it counts in"),
}
RATES: Mapping[str, Any] = {
    queries.Counted.RESPONSE: gettext_lazy("the response rate"),
    queries.Counted.RESPONSE_MISSED: gettext_lazy("the response rate, not answered in time"),
    queries.Counted.SOLUTION: gettext_lazy("the solution rate"),
    queries.Counted.SOLUTION_MISSED: gettext_lazy("the solution rate, not solved"),
    queries.Counted.SATISFACTION: gettext_lazy("the satisfaction rate"),
    queries.Counted.SATISFACTION_MISSED: gettext_lazy("the satisfaction rate, less than three stars"),
}
NAMES = ("text", "state", "class_code", "unit", "body", "order", *BESIDE)
# The value of a class's filter for what has none yet.
NO_CLASS = "none"
WORKING_STATES = (State.DISPATCHED, State.ACCEPTED)
# Levels of units below the actor's own that the filter offers.
UNIT_LEVELS = 2
ALL = gettext_lazy("All")
# A list of everything but some classes names each of them.
MOST_LETTERS = {OTHERS: 400}
USUAL_LETTERS = 100
# How many sets of units have their options kept.
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Options:
    """What a select offers: the label of each value, and the options in HTML."""

    labels: Mapping[str, str]
    written: SafeString

    @classmethod
    def of(cls, choices: fields.Choices) -> "Options":
        return cls({value: str(label).strip() for value, label in choices}, fields.options_of(choices, ()))


@dataclass(frozen=True, slots=True)
class _Offered:
    """What a post may narrow to, and what that was made of: it is made anew when one of these is another."""

    made_of: tuple[object, ...]
    states: Options
    classes: Options
    units: Options
    bodies: Options
    orders: Options


_kept: dict[tuple[str, tuple[UUID, ...]], _Offered] = {}


def _offered(actor: Actor) -> _Offered:
    key = (get_language() or "", _own_units(actor))
    made_of = sources()
    found = _kept.get(key)
    if found is None or not same(found.made_of, made_of):
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        units = _units(key[1])
        bodies = _bodies(key[1], {unit for unit, _name in units})
        states: fields.Choices = [
            (OPEN, _("Open")),
            (OVERDUE, _("Overdue")),
            (WORKING, _("With the bodies")),
            (MINE, _("Mine")),
            *State.choices,
        ]
        orders: fields.Choices = [(queries.Order.NEWEST, _("Newest first"))]
        classes = {NO_CLASS: _("Not classed yet")}
        # One out of use is not offered, but its cases can still be found.
        classes |= {info.code: info.label for info in duties.classes() if info.is_minor}
        found = _kept[key] = _Offered(
            made_of,
            Options.of(states),
            Options(classes, fields.class_options()),
            Options.of(units),
            Options.of(bodies),
            Options.of(orders),
        )
    return found


def units_of(actor: Actor) -> Mapping[str, str]:
    """The units that the actor's lists can be narrowed to, with their names, their own first."""
    return _offered(actor).units.labels


def unit_options(actor: Actor, chosen: str) -> SafeString:
    """The same as options of a select."""
    return fields.with_chosen(_offered(actor).units.written, chosen)


def unit_in(text: str) -> UnitInfo | None:
    """The unit whose id an address carries; None where it cannot be read."""
    try:
        return territory.unit(UUID(text))
    except (ValueError, UnknownUnit):
        return None


def _own_units(actor: Actor) -> tuple[UUID, ...]:
    return tuple(grant.unit_id or territory.root().id for grant in actor.grants if grant.body_id is None)


def _units(tops: tuple[UUID, ...]) -> fields.Choices:
    """The units of a post and the two levels below: enough to narrow a list, few enough for a select."""
    below = territory.index().below
    found: dict[str, str] = {}

    def take(unit: UnitInfo, depth: int) -> None:
        found.setdefault(str(unit.id), "　" * depth + unit.name_in(get_language() or ""))
        if depth < UNIT_LEVELS:
            for child in below.get(unit.id, ()):
                if child.level != Level.QUARTER:
                    take(child, depth + 1)

    for top in tops:
        take(territory.unit(top), 0)
    return list(found.items())


def _bodies(tops: tuple[UUID, ...], units: Container[str]) -> fields.Choices:
    """The bodies of a post's units, of the units above them, and of those that the unit select shows."""
    above = {unit for top in tops for unit in territory.unit(top).path}
    return [
        (str(body.id), body.label) for body in people.bodies() if str(body.unit_id) in units or body.unit_id in above
    ]


class _Select(forms.Widget):
    """A select of options that are written already, below one for everything."""

    options: SafeString

    def __init__(self, empty: Any) -> None:
        super().__init__()
        self.empty = empty

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attributes = flatatt({"name": name, **self.attrs, **(attrs or {})})
        options = fields.with_chosen(self.options, value)
        return format_html('<select{}><option value="">{}</option>{}</select>', attributes, self.empty, options)


class _OneOf(forms.CharField):
    """One of what is offered, or nothing. Without Django's list of choices, which is read through for each form."""

    offered: Mapping[str, str] = MappingProxyType({})
    widget: _Select

    def __init__(self, label: Any, empty: Any = ALL) -> None:
        super().__init__(label=label, required=False, widget=_Select(empty))

    def validate(self, value: str) -> None:
        if value and value not in self.offered:
            raise forms.ValidationError(forms.ChoiceField.default_error_messages["invalid_choice"] % {"value": value})


class FilterForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Words or a number")}),
    )
    state = _OneOf(gettext_lazy("State"))
    class_code = _OneOf(gettext_lazy("Class"))
    unit = _OneOf(gettext_lazy("Unit"))
    body = _OneOf(gettext_lazy("Body"))
    order = _OneOf(gettext_lazy("Order"), gettext_lazy("By urgency"))

    def __init__(self, actor: Actor, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter-%s")
        offered = _offered(actor)
        self._offer("state", offered.states)
        self._offer("unit", offered.units)
        self._offer("body", offered.bodies)
        self._offer("class_code", offered.classes)
        self._offer_deeper(actor)
        self._offer_unlisted()
        self._offer("order", offered.orders)

    def _offer(self, name: str, offered: Options) -> None:
        field = cast(_OneOf, self.fields[name])
        field.offered, field.widget.options = offered.labels, offered.written

    def _offer_deeper(self, actor: Actor) -> None:
        """A unit of the reader's that lies deeper than the select reaches: a figure has led to it."""
        chosen, field = self.data.get("unit", ""), cast(_OneOf, self.fields["unit"])
        unit = unit_in(chosen)
        if unit and chosen not in field.offered and actor.may(Permission.SEE_CASES, unit.path):
            name = unit.name_in(get_language() or "")
            field.offered = {**field.offered, chosen: name}
            field.widget.options = _option(chosen, name) + field.widget.options

    def _offer_unlisted(self) -> None:
        """What the address names and the select of classes does not: a class out of use, or none yet. Else the form would drop it."""
        chosen, field = self.data.get("class_code", ""), cast(_OneOf, self.fields["class_code"])
        if chosen in field.offered and f'value="{chosen}"' not in field.widget.options:
            field.widget.options = _option(chosen, field.offered[chosen]) + field.widget.options

    def filters(self) -> queries.Filters:
        """The filters as far as they can be read: a wrong value narrows nothing and is marked on the form."""
        self.is_valid()
        value = self.cleaned_data.get
        state, code = value("state") or "", value("class_code") or ""
        return queries.Filters(
            states=WORKING_STATES if state == WORKING else (state,) if state in State.values else (),
            open_only=state in {OPEN, MINE},
            mine=state == MINE,
            overdue=state == OVERDUE,
            class_id=duties.minor_class(code).id if code and code != NO_CLASS else None,
            unclassed=code == NO_CLASS,
            unit_id=UUID(value("unit")) if value("unit") else None,
            body_id=UUID(value("body")) if value("body") else None,
            text=value("text") or "",
            aged=rules.age_of(self.data.get(AGE, "")),
            other_than=tuple(_classes_of(self.data.get(OTHERS, ""))),
            unplaced=bool(self.data.get(UNPLACED)),
            counted=rate if (rate := self.data.get(RATE, "")) in RATES else "",
            **self._spans(),
        )

    @property
    def unread(self) -> list[str]:
        """The labels of the filters whose value cannot be read: the list shows more than they ask for."""
        self.is_valid()
        fields = [str(self.fields[name].label) for name in self.errors]
        return fields + [str(label) for name, label in BESIDE.items() if not self._reads(name, self.data.get(name, ""))]

    @staticmethod
    def _reads(name: str, value: str) -> bool:
        if not value or name == UNPLACED:
            return True
        if name == OTHERS:
            return len(_classes_of(value)) == len(value.split(","))
        if name == RATE:
            return value in RATES
        return (rules.age_of(value) if name == AGE else rules.span_of(value)) is not None

    def _spans(self) -> dict[str, Any]:
        found: dict[str, datetime] = {}
        for name in SPANS:
            if span := rules.span_of(self.data.get(name, "")):
                found[f"{name}_from"], found[f"{name}_to"] = (
                    datetime.combine(day, clock_time, ZoneInfo(settings.TIME_ZONE))
                    for day, clock_time in zip(span, (time.min, time.max), strict=True)
                )
        return found

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a figure's list is narrowed by without a field; it stays when another filter is chosen."""
        return [(name, self.data[name]) for name in BESIDE if self.data.get(name)]

    @property
    def chosen_order(self) -> queries.Order:
        """After `filters`: the order that was chosen."""
        return queries.Order(self.cleaned_data.get("order") or queries.Order.URGENT)

    def label_of(self, name: str, value: str) -> str:
        """What a value is called: its option's label, or itself."""
        if name in SPANS and (span := rules.span_of(value)):
            return " – ".join(map(moments.day, span))
        if name == AGE and (age := rules.age_of(value)):
            return age_name(age)
        if name == OTHERS:
            count = len(_classes_of(value))
            return ngettext("all but %(count)s class", "all but %(count)s classes", count) % {"count": count}
        if name == UNPLACED:
            return _("Without a finer place")
        if name == RATE:
            return str(RATES.get(value, value))
        offered: Mapping[str, Any] = getattr(self.fields.get(name), "offered", {})
        return str(offered.get(value, value))


def _option(value: str, label: str) -> SafeString:
    return format_html('<option value="{}">{}</option>', value, label)


def age_name(age: tuple[int, int | None]) -> str:
    least, less_than = age
    if less_than is None:
        return _("more than %(days)s days") % {"days": least}
    return _("%(from)s to %(to)s days") % {"from": least, "to": less_than} if least else _("up to 1 day")


def _classes_of(text: str) -> list[UUID]:
    """The classes whose codes an address names; one that is none is left out."""
    known = {info.code: info.id for info in duties.classes()}
    return [known[code] for code in text.split(",") if code in known]


def cleaned(query: QueryDict) -> QueryDict:
    """The filters alone, in one order, without empty ones: two addresses that show the same are the same."""
    kept = QueryDict(mutable=True)
    for name in NAMES:
        value = query.get(name, "").strip()
        if value:
            kept[name] = value[: MOST_LETTERS.get(name, USUAL_LETTERS)]
    return kept


def chosen(query: QueryDict) -> QueryDict:
    """The filters of the desk's list: who has chosen no state sees what is open, on the following pages too."""
    here = cleaned(query)
    here["state"] = here.get("state", "") if "state" in query else OPEN
    return here


def listed(actor: Actor, address: str) -> tuple[queries.Filters, queries.Order]:
    """What the desk's list shows at an address, and in which order. Raises `FilterUnread` where a filter would not narrow it."""
    form = FilterForm(actor, chosen(QueryDict(address.partition("?")[2])))
    if unread := form.unread:
        raise errors.FilterUnread(filters=", ".join(unread))
    return form.filters(), form.chosen_order


def with_value(query: QueryDict, **values: str) -> str:
    """The address of the same list with these values; an empty one is left out."""
    changed = query.copy()
    for name, value in values.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}"


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the address without it."""

    name: str
    value: str
    href: str
    unread: bool


def chips(form: FilterForm, here: QueryDict) -> list[Chip]:
    """What narrows the list beside the view that is chosen. One that cannot be read says so: an id would tell nobody anything."""
    unread = form.unread
    found = []
    for name in NAMES:
        if name in {"state", "order"} or not (value := here.get(name, "")):
            continue
        label = str(BESIDE.get(name) or form.fields[name].label)
        said = _("no longer there, or not yours to see") if label in unread else form.label_of(name, value)
        found.append(Chip(label, said, with_value(here, **{name: ""}), label in unread))
    return found

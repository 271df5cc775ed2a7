"""The case desk: the cases of the actor's units, narrowed, page by page, changed one by one or many at once."""

from collections.abc import Container, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.cases import actions, queries
from linli.cases.lifecycle import CHANGES
from linli.cases.models import State
from linli.cases.pages import fields
from linli.cases.pages.lists import rows, topics_of
from linli.cases.pages.once_only import key_of
from linli.duties import queries as duties
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, SignInNeeded
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.index import UnitInfo
from linli.territory.models import Level

BULK = ("file", "dispatch", "close", "decline", "merge", "supervise")
OPEN, OVERDUE = "open", "overdue"
# Levels of units below the actor's own that the filter offers.
UNIT_LEVELS = 2


class FilterForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Words or a number")}),
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    class_code = fields.case_class(gettext_lazy("Class"), required=False, empty=gettext_lazy("All"))
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False, widget=fields.LongSelect)
    body = forms.ChoiceField(label=gettext_lazy("Body"), required=False, widget=fields.LongSelect)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"auto_id": "filter-%s"}))
        everything = ("", _("All"))
        states = [(OPEN, _("Open")), (OVERDUE, _("Overdue")), *State.choices]
        self.fields["state"].choices = [everything, *states]  # type: ignore[attr-defined]
        units = _units(actor)
        self.fields["unit"].choices = [everything, *units.items()]  # type: ignore[attr-defined]
        self.fields["body"].choices = [everything, *_bodies(actor, units)]  # type: ignore[attr-defined]

    def filters(self) -> queries.Filters:
        """The filters as far as they can be read: a wrong value narrows nothing and is marked on the form."""
        self.is_valid()
        value = self.cleaned_data.get
        state = value("state") or ""
        return queries.Filters(
            states=(state,) if state in State.values else (),
            open_only=state == OPEN,
            overdue=state == OVERDUE,
            class_id=duties.minor_class(str(value("class_code"))).id if value("class_code") else None,
            unit_id=UUID(value("unit")) if value("unit") else None,
            body_id=UUID(value("body")) if value("body") else None,
            text=value("text") or "",
        )


def _own_units(actor: Actor) -> list[UUID]:
    return [grant.unit_id or territory.root().id for grant in actor.grants if grant.body_id is None]


def _units(actor: Actor) -> dict[str, str]:
    """The actor's units and the two levels below: enough to narrow a list, few enough for a select."""
    below = territory.index().below
    found: dict[str, str] = {}

    def take(unit: UnitInfo, depth: int) -> None:
        found.setdefault(str(unit.id), "　" * depth + unit.name_in(get_language() or ""))
        if depth < UNIT_LEVELS:
            for child in below.get(unit.id, ()):
                if child.level != Level.QUARTER:
                    take(child, depth + 1)

    for top in _own_units(actor):
        take(territory.unit(top), 0)
    return found


def _bodies(actor: Actor, units: Container[str]) -> list[tuple[str, str]]:
    """The bodies of the actor's units, of the units above them, and of those that the unit select shows."""
    above = {unit for top in _own_units(actor) for unit in territory.unit(top).path}
    return [
        (str(body.id), body.label) for body in people.bodies() if str(body.unit_id) in units or body.unit_id in above
    ]


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    actor = _require_desk(request)
    here = request.GET.copy()
    here.pop("before", None)
    # Who has chosen nothing yet sees what is open, on the following pages too.
    here.setdefault("state", OPEN)
    form = FilterForm(actor, here)
    page = queries.desk_page(actor, form.filters(), before=_key(request.GET.get("before")))
    figures = queries.counts(actor)
    context = {
        "form": form,
        "rows": rows(page.cases),
        "figures": _figures(figures),
        "first_href": f"?{here.urlencode()}" if request.GET.get("before") else "",
        "next_href": f"?{_with(here, before=page.before)}" if page.before else "",
        "bulk": [CHANGES[name] for name in BULK if actor.roles() & CHANGES[name].roles],
        "class_options": fields.class_options(),
        "here": request.get_full_path(),
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/desk.html", context)


def _require_desk(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.is_staff:
        raise SignInNeeded if actor.id is None else NotAllowed
    return actor


def _with(query: Any, **values: Any) -> str:
    query = query.copy()
    for name, value in values.items():
        query[name] = str(value)
    return str(query.urlencode())


def _figures(found: dict[str, int]) -> list[dict[str, Any]]:
    """The counts above the list, each a filter of its own."""
    states = [State.COLLECTED, State.FILED, State.DISPATCHED, State.ACCEPTED, State.HANDLED, State.VERIFIED]
    shown = [(OPEN, _("Open"), ""), (OVERDUE, _("Overdue"), "bad"), *((state, state.label, "") for state in states)]
    return [
        {"href": f"?state={name}", "label": label, "count": found.get(name, 0), "tone": tone}
        for name, label, tone in shown
    ]


def _key(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """One change of many cases. Each that is refused says why; the others are done."""
    actor = _require_desk(request)
    back = request.POST.get("here", "/desk/")
    back = back if back.startswith("/desk/") else "/desk/"
    name = request.POST.get("change", "")
    chosen = [key for key in map(_key, request.POST.getlist("cases")) if key]
    if not chosen:
        messages.warning(request, _("Tick the cases first, then choose what to do with them."))
        return HttpResponseRedirect(back)
    try:
        outcome = _bulk(request, name, chosen, actor)
    except DomainError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    _tell(request, name, outcome)
    return HttpResponseRedirect(back)


def _bulk(request: HttpRequest, name: str, chosen: list[UUID], actor: Actor) -> actions.Outcome:
    if name not in BULK:
        raise InvalidInput
    arguments: dict[str, Any] = {"note": request.POST.get("note", "")}
    if name == "file" and request.POST.get("class_code"):
        arguments["class_code"] = request.POST["class_code"]
    if name == "merge":
        arguments["into"] = queries.case_by_reference(actor, request.POST.get("into", "")).id
        chosen = [case for case in chosen if case != arguments["into"]]
    outcome: actions.Outcome = getattr(actions, name)(
        cases=chosen, by=actor, key=key_of(request), each=True, **arguments
    )
    return outcome


def _tell(request: HttpRequest, name: str, outcome: actions.Outcome) -> None:
    label = CHANGES[name].label
    done = len(outcome.done) - (1 if name == "merge" and outcome.done else 0)
    if done:
        text = ngettext("%(change)s: %(count)s case done.", "%(change)s: %(count)s cases done.", done)
        messages.success(request, text % {"change": label, "count": done})
    for reason, count in _reasons(outcome.refused.values()):
        text = ngettext(
            "%(count)s case was left as it is: %(reason)s", "%(count)s cases were left as they are: %(reason)s", count
        )
        messages.warning(request, text % {"count": count, "reason": reason})


def _reasons(errors: Iterable[DomainError]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for error in errors:
        found[str(error)] = found.get(str(error), 0) + 1
    return list(found.items())

"""The case desk: the cases of the actor's units, narrowed, page by page, changed one by one or many at once."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from linli.cases import actions, queries
from linli.cases.lifecycle import CHANGES
from linli.cases.models import State
from linli.cases.pages import fields
from linli.cases.pages.lists import topics_of, written
from linli.cases.pages.narrowing import OPEN, OVERDUE, FilterForm
from linli.cases.pages.once_only import key_of
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, SignInNeeded

BULK = ("file", "dispatch", "close", "decline", "merge", "supervise")


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
        "rows": written(page.cases),
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

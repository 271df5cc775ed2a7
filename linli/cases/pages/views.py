"""The desk's views: those that everybody has, and those that people keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.cases import actions, queries
from linli.cases.models import SavedView, State
from linli.cases.pages.narrowing import MINE, OPEN, OVERDUE, WORKING, WORKING_STATES, FilterForm, cleaned
from linli.cases.pages.staff import staff_of
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError
from linli.territory import queries as territory

# The views that everybody has, in the order of a case's way: the state that each narrows to, and its name.
BUILT_IN = (
    (OPEN, gettext_lazy("All open")),
    (OVERDUE, gettext_lazy("Overdue")),
    (State.COLLECTED, gettext_lazy("To read")),
    (State.FILED, gettext_lazy("To dispatch")),
    (WORKING, gettext_lazy("With the bodies")),
    (State.HANDLED, gettext_lazy("To check")),
    (State.VERIFIED, gettext_lazy("To close")),
    (MINE, gettext_lazy("Mine")),
)
# A kept view is counted up to here; more is "99+".
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Tab:
    """A view above the list. `count` None is not counted here."""

    label: str
    href: str
    current: bool
    count: int | None = None
    tone: str = ""
    shared: bool = False


def tabs(found: Sequence[SavedView], here: QueryDict, counts: dict[str, int]) -> list[Tab]:
    """The built-in views with their counts, then the kept ones that were found."""
    counts = counts | {WORKING: sum(counts.get(state, 0) for state in WORKING_STATES)}
    kept = [(view, cleaned(QueryDict(view.query))) for view in found]
    chosen = next((view.pk for view, query in kept if query == here), None)
    built_in = [
        Tab(
            label=str(label),
            href=f"?state={state}",
            current=chosen is None and here.get("state") == state,
            count=None if state == MINE else counts.get(state, 0),
            tone="bad" if state == OVERDUE and counts.get(state) else "",
        )
        for state, label in BUILT_IN
    ]
    own = [
        Tab(view.name, f"?{view.query}", view.pk == chosen, shared=view.unit_id is not None) for view, _query in kept
    ]
    return built_in + own


def to_save(actor: Actor, found: Sequence[SavedView], here: QueryDict) -> dict[str, Any]:
    """What the sheet shows in which a view is kept: the filters as they are, own views, and the units to share with."""
    language = get_language() or ""
    return {
        "query": here.urlencode(),
        "own": [view for view in found if view.owner_id == actor.id],
        "units": [(unit, territory.unit(unit).name_in(language)) for unit in dict.fromkeys(actor.units())],
    }


@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """The kept views with how many cases each shows: asked for after the page, as each is a statement of its own."""
    actor = staff_of(request)
    here = cleaned(QueryDict(request.GET.get("here", "")))
    found = []
    for view in queries.views(actor):
        query = cleaned(QueryDict(view.query))
        count = queries.count_up_to(actor, FilterForm(actor, query).filters(), MOST_COUNTED)
        found.append(Tab(view.name, f"/desk/?{view.query}", query == here, count, shared=view.unit_id is not None))
    return render(request, "cases/desk/kept.html", {"views": found, "most": MOST_COUNTED})


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the filters under a name, or with `view` move or remove one of one's own."""
    actor = staff_of(request)
    query = cleaned(QueryDict(request.POST.get("query", "")))
    try:
        if request.POST.get("remove"):
            actions.remove_view(view=_id(request.POST["remove"]), by=actor)
            messages.success(request, _("The view was removed."))
        elif request.POST.get("forward"):
            actions.move_view(view=_id(request.POST["forward"]), by=actor)
        else:
            unit = request.POST.get("unit", "")
            view = actions.save_view(
                name=request.POST.get("name", ""),
                query=query.urlencode(),
                unit=_id(unit) if unit else None,
                by=actor,
            )
            messages.success(request, _("The view “%(name)s” was kept.") % {"name": view.name})
    except DomainError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(f"/desk/?{query.urlencode()}")


def _id(text: str) -> UUID:
    """The id that a form carries; one that cannot be read is that of nothing."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)

"""The desk's views: those that everybody has, and those that people keep."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.cases import actions, queries
from linli.cases.models import SavedView, State
from linli.cases.pages.narrowing import MINE, OPEN, OVERDUE, WORKING, WORKING_STATES, FilterForm, cleaned, unit_in
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
    """A view above the list. `count` None is not counted."""

    label: str
    href: str
    current: bool
    count: int | None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A view that somebody has kept, with how many cases it shows, counted to MOST_COUNTED.

    `left`: its owner has left the unit, and the reader may put it in order.
    `unread` are the filters that name what is gone: its list is wider than it was, and is not counted.
    """

    view: SavedView
    href: str
    current: bool
    own: bool
    left: bool
    shared_with: str
    unread: list[str]
    count: int


def tabs(here: QueryDict, counts: dict[str, int]) -> list[Tab]:
    """The built-in views with their counts."""
    counts = counts | {WORKING: sum(counts.get(state, 0) for state in WORKING_STATES)}
    return [
        Tab(
            label=str(label),
            href=f"?state={state}",
            current=here.get("state") == state,
            count=None if state == MINE else counts.get(state, 0),
            tone="bad" if state == OVERDUE and counts.get(state) else "",
        )
        for state, label in BUILT_IN
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def views(request: HttpRequest) -> HttpResponse:
    """The kept views with their counts, and the form that keeps the filters of the address as another.

    The desk asks for it after its own page, as each count is a statement; a reader without script opens it.
    """
    actor = staff_of(request)
    if request.method == "POST":
        return _keep(request, actor)
    here, language = cleaned(request.GET), get_language() or ""
    found = queries.views(actor)
    left = queries.left_behind(actor, [view for view in found if view.owner_id != actor.id])
    context = {
        "query": here.urlencode(),
        "views": [_kept(actor, view, here, left=view.pk in left) for view in found],
        "most": MOST_COUNTED,
        "units": [(unit, territory.unit(unit).name_in(language)) for unit in dict.fromkeys(actor.units())],
    }
    return render(request, "cases/desk/views.html", context)


def _kept(actor: Actor, view: SavedView, here: QueryDict, *, left: bool) -> Kept:
    query = cleaned(QueryDict(view.query))
    form = FilterForm(actor, query)
    unread = form.unread
    shared = unit_in(str(view.unit_id))
    return Kept(
        view=view,
        href=f"/desk/?{view.query}",
        current=query == here,
        own=view.owner_id == actor.id,
        left=left,
        shared_with=shared.name_in(get_language() or "") if shared else "",
        unread=unread,
        count=0 if unread else queries.count_up_to(actor, form.filters(), MOST_COUNTED),
    )


def _keep(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep the filters under a name, or rename, move or remove one of one's own; take over or remove what somebody left behind."""
    query = cleaned(QueryDict(request.POST.get("query", "")))
    try:
        if request.POST.get("remove"):
            actions.remove_view(view=_id(request.POST["remove"]), by=actor)
            messages.success(request, _("The view was removed."))
        elif request.POST.get("take"):
            view = actions.take_over_view(view=_id(request.POST["take"]), by=actor)
            messages.success(request, _("The view “%(name)s” is yours now.") % {"name": view.name})
        elif request.POST.get("rename"):
            view = actions.rename_view(view=_id(request.POST["rename"]), name=request.POST.get("name", ""), by=actor)
            messages.success(request, _("The view is now called “%(name)s”.") % {"name": view.name})
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

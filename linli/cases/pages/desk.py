"""The case desk: the cases of the actor's units, most urgent first, narrowed by views and filters, page by page."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from linli.cases import errors, queries, rules
from linli.cases.lifecycle import CHANGES
from linli.cases.pages import bulk, views
from linli.cases.pages.lists import topics_of, written
from linli.cases.pages.narrowing import OPEN, FilterForm, chips, chosen, with_value
from linli.cases.pages.staff import staff_of


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    actor = staff_of(request)
    here = chosen(request.GET)
    form = FilterForm(actor, here)
    filters = form.filters()
    after = _key(request.GET.get("after", ""))
    page = queries.desk_list(actor, filters, after=after, order=form.chosen_order)
    address = request.path + with_value(here, after=request.GET.get("after", ""))
    narrowed_by = chips(form, here)
    context = {
        "form": form,
        "chips": narrowed_by,
        "unread": form.unread,
        "all_open": not narrowed_by and here.get("state") == OPEN,
        "views": views.tabs(here, queries.counts(actor)),
        "query": here.urlencode(),
        "rows": written(page.cases),
        "next_href": with_value(here, after=_text_of(page.after)) if page.after else "",
        "first_href": with_value(here) if request.GET.get("after") else "",
        "bulk": [CHANGES[name] for name in bulk.OFFERED if actor.roles() & CHANGES[name].roles],
        "here": address,
        "opened": _reference(request.GET.get("open", "")),
        "done": bulk.done(request.GET.get("done", ""), address),
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/desk.html", context)


def _text_of(key: queries.Key | None) -> str:
    """The key of a page as an address carries it."""
    if key is None:
        return ""
    return f"{key.urgent_at.isoformat()}_{key.id}" if key.urgent_at else str(key.id)


def _key(text: str) -> queries.Key | None:
    """The key that an address carries; one that cannot be read begins at the top."""
    moment, _separator, case = text.rpartition("_")
    try:
        at = datetime.fromisoformat(moment) if moment else None
        return queries.Key(UUID(case), at) if at is None or at.tzinfo else None
    except ValueError:
        return None


def _reference(text: str) -> str:
    """The number of the case that stands open beside the list."""
    try:
        return rules.reference_of(rules.number_of(text)) if text else ""
    except errors.WrongNumber:
        return ""

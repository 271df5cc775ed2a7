"""The hotline clerk's page: who calls, what they told before, and the same report form."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.cases import queries
from linli.cases.models import Channel
from linli.cases.pages import report
from linli.cases.pages.lists import Row, rows, topics_of
from linli.foundation.access import Actor, Role
from linli.foundation.errors import DomainError, NotAllowed, SignInNeeded


@require_http_methods(["GET", "HEAD", "POST"])
def hotline(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if Role.HOTLINE_CLERK not in actor.roles():
        raise SignInNeeded if actor.id is None else NotAllowed
    if request.method != "POST":
        phone = request.GET.get("phone", "")
        draft = report.Draft(_form(initial={"contact_phone": phone}))
        return _page(request, draft, actor, phone)
    draft = report.Draft(_form(request.POST, request.FILES))
    collected = report.collect(request, draft, Channel.HOTLINE)
    if collected is None:
        status = draft.refusal.status if draft.refusal else 422
        return _page(request, draft, actor, str(draft.value("contact_phone")), status)
    messages.success(
        request,
        _("Case %(number)s. Read it to the caller: “%(title)s”.")
        % {"number": collected.case.reference, "title": draft.form.cleaned_data["title"] or draft.value("description")},
    )
    return HttpResponseRedirect("/hotline/")


def _form(*args: Any, **kwargs: Any) -> report.ReportForm:
    form = report.ReportForm(*args, with_contact=True, **kwargs)
    form.fields["description"].label = _("In the caller's words")
    return form


def _page(request: HttpRequest, draft: report.Draft, actor: Actor, phone: str, status: int = 200) -> HttpResponse:
    history, problem = _history(actor, phone)
    context: dict[str, Any] = report.context(draft, actor) | {
        "phone": phone,
        "history": history,
        "problem": problem,
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/hotline.html", context, status=status)


def _history(actor: Actor, phone: str) -> tuple[list[Row], str]:
    """What this caller has reported before, in the clerk's scope."""
    if not phone.strip():
        return [], ""
    try:
        return rows(queries.desk_page(actor, queries.Filters(reporter_phone=phone), size=10).cases), ""
    except DomainError as error:
        return [], str(error)

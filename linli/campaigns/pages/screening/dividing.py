"""Its teams are formed, its doors divided, and it is closed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from linli.campaigns import actions, queries
from linli.campaigns.pages.common import once_only, reader
from linli.campaigns.pages.screening.progress import TeamsForm, shown_at
from linli.campaigns.rules import Act
from linli.foundation import work
from linli.foundation.access import Actor
from linli.foundation.attempts import attempt
from linli.foundation.errors import DomainError
from linli.territory import queries as territory

DIVIDE = "campaigns.divide"
# An area of this level or below is divided while one waits; a larger one is long work.
AT_ONCE = {"subdistrict", "community", "quarter"}


@require_POST
def form_teams(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    running = queries.campaign(campaign_id)
    actor = reader(request, Act.RUN, running.unit_id)
    form = TeamsForm(request.POST)
    status = 422
    if form.is_valid():
        size, minutes = form.cleaned_data["size"], round(form.cleaned_data["hours"] * 60)

        def formed() -> str:
            return str(actions.form_teams(campaign=campaign_id, size=size, minutes=minutes, by=actor))

        made, status = attempt(form, lambda: once_only(request, actor, formed))
        if made is not None:
            count = int(made)
            notices.success(
                request, ngettext("%(count)s team formed.", "%(count)s teams formed.", count) % {"count": count}
            )
            return redirect(f"/control/screenings/{campaign_id}/")
    return shown_at(request, actor, running, territory.unit(running.unit_id), form, status)


@require_POST
def divide(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """A district or the city is divided by the worker, with its progress shown."""
    running = queries.campaign(campaign_id)
    actor = reader(request, Act.RUN, running.unit_id)
    unit = territory.unit(running.unit_id)
    if unit.level not in AT_ONCE:
        asked = {"campaign": str(campaign_id)}

        def begun() -> str:
            made = work.begin(kind=DIVIDE, title=running.name, by=actor, asked=asked, unit_path=unit.path)
            return str(made.id)

        return redirect("work", once_only(request, actor, begun))
    try:
        told = once_only(request, actor, lambda: _divided(actor, campaign_id))
    except DomainError as refusal:
        notices.error(request, str(refusal))
        return shown_at(request, actor, running, unit, status=refusal.status)
    notices.success(request, told)
    return redirect(f"/control/screenings/{campaign_id}/")


def divide_as_asked(running: work.Running) -> Mapping[str, Any]:
    """The same for whoever began it, by the worker."""
    campaign = running.work.asked["campaign"]
    running.say(_("Reading the doors and dividing them"), 0, 1)
    told = _divided(running.by, UUID(campaign))
    running.say(_("Reading the doors and dividing them"), 1, 1)
    return {"told": told, "href": f"/control/screenings/{campaign}/"}


def _divided(actor: Actor, campaign_id: UUID) -> str:
    done = actions.divide(campaign=campaign_id, by=actor)
    counts = {"doors": f"{done.doors:,}", "buildings": f"{done.buildings:,}", "teams": f"{done.teams:,}"}
    told = _("%(doors)s doors of %(buildings)s buildings are divided among %(teams)s teams.") % counts
    if done.uncovered:
        left = _("%(doors)s doors have no team: enlist people near them.") % {"doors": f"{done.uncovered:,}"}
        told = f"{told} {left}"
    return told


@require_POST
def close(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    running = queries.campaign(campaign_id)
    actor = reader(request, Act.RUN, running.unit_id)
    once_only(
        request,
        actor,
        lambda: str(actions.close(campaign=campaign_id, reason=request.POST.get("reason", ""), by=actor).pk),
    )
    notices.success(request, _("The screening is closed. Visits that were made before still arrive."))
    return redirect(f"/control/screenings/{campaign_id}/")

"""A household moves to another door: its new address is looked for, and what goes along is shown before it is done."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from linli.campaigns import actions, queries, tasks
from linli.campaigns.models import Campaign
from linli.campaigns.pages.common import language, once_only, read_or_sent, reader, uuid_in
from linli.campaigns.rules import Act
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, InvalidInput, NotFound
from linli.territory import queries as territory

MOST_FOUND = 12


@read_or_sent
@never_cache
def move(request: HttpRequest, campaign_id: UUID, door_id: UUID) -> HttpResponse:
    """What the household needs, where it may have gone, and why."""
    actor, running = reader(request, Act.FOLLOW), queries.campaign(campaign_id)
    open_ = [row for row in queries.follow_ups_of(actor, campaign_id, door_id) if row.released_at is None]
    if not open_:
        raise NotFound
    refusal: DomainError | None = None
    if request.method == "POST":
        to, reason = uuid_in(request.POST.get("to")), request.POST.get("reason", "")
        try:
            if to is None:
                raise InvalidInput(field="to")
            count = int(once_only(request, actor, lambda: str(_moved(actor, running, door_id, to, reason))))
        except DomainError as error:
            refusal = error
        else:
            moved = ngettext("%(count)s thing went along.", "%(count)s things went along.", count) % {"count": count}
            notices.success(request, moved)
            return redirect(f"/control/screenings/{campaign_id}/at-home/{to}/")
    wanted = request.GET.get("address", "").strip()[:120]
    context = {
        "row": running,
        "address": queries.address_of(open_[0].building_id, door_id),
        "needs": [tasks.label_of(one) for one in open_],
        "wanted": wanted,
        "found": _found(actor, running, door_id, wanted) if wanted else [],
        "chosen": request.POST.get("to", ""),
        "reason": request.POST.get("reason", ""),
        "refusal": refusal,
        "back": f"/control/screenings/{campaign_id}/at-home/{door_id}/",
        "here": request.get_full_path(),
        "path": request.path,
    }
    return render(request, "campaigns/household_move.html", context, status=refusal.status if refusal else 200)


def _moved(actor: Actor, running: Campaign, door: UUID, to: UUID, reason: str) -> int:
    return actions.move_household(campaign=running.pk, door=door, to=to, reason=reason, by=actor)


def _found(actor: Actor, running: Campaign, door: UUID, wanted: str) -> list[dict[str, Any]]:
    """Doors of the screening by address; those that lie where the reader follows up can be chosen."""
    addresses = territory.search_addresses(wanted, within=[running.unit_id], limit=MOST_FOUND)
    return [
        {"id": one.household_id, "label": one.label(language())}
        for one in addresses
        if one.household_id not in {None, door} and queries.may(actor, Act.FOLLOW, one.unit.path[3])
    ]

"""Changes while a screening runs, each shown before it is done: a team falls out or comes, a building closes, doors are found late."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache

from linli.campaigns import actions, errors, queries
from linli.campaigns.models import Campaign, Member
from linli.campaigns.pages.common import (
    name_of,
    names_of,
    once_only,
    read_or_sent,
    reader,
    reason_field,
    said,
    uuid_in,
)
from linli.campaigns.queries import console, moving
from linli.campaigns.queries.moving import AtWork, Move, Plan
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotFound
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit

# Of a pair of teams: nobody reads a hundred buildings before they press a button.
MOST_PLACES = 20
NOTHING: Mapping[str, Any] = {}


class WhyForm(forms.Form):
    reason = reason_field(gettext_lazy("Reason"))
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


class TeamForm(WhyForm):
    size = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=50)
    hours = forms.FloatField(widget=forms.HiddenInput, min_value=0.5, max_value=24)


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: what it is called, why doors move by it, and what does it. `power`: what of its use is logged."""

    running: Campaign
    title: Any
    why: Any
    submit: Any
    back: str
    work: Callable[[WhyForm], actions.Moved]
    told: Callable[[actions.Moved], str]
    power: str = ""
    danger: bool = True
    # Without a door to move there is nothing to do.
    needs_doors: bool = False
    people: Sequence[Member] = ()
    asks: forms.Form | None = None


@read_or_sent
@never_cache
def team_out(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """The team goes on no more: what it has left goes to its neighbours."""
    actor = reader(request, Act.RUN)
    team = console.team_of(actor, team_id, Act.RUN)
    if team.out_at is not None:
        return redirect(f"/control/screenings/{team.campaign_id}/teams/?unit={team.unit_id}")
    change = Change(
        running=team.campaign,
        title=_("%(team)s goes on no more") % {"team": team.name},
        why=_(
            "What it has visited stays. What it has left goes to the teams beside it along the walk, to each by the time it can "
            "spare; its people are free for other teams."
        ),
        submit=_("Take the team out"),
        back=f"/control/teams/{team.pk}/",
        work=lambda form: actions.team_out(team=team.pk, by=actor, **_why(form)),
        told=_went,
    )  # fmt: skip
    return _page(request, actor, change, WhyForm, lambda: moving.without_team(team))


@read_or_sent
@never_cache
def seal(request: HttpRequest, campaign_id: UUID, building_id: UUID) -> HttpResponse:
    """Nobody goes in any more; what is left in it has no team."""
    actor, running = reader(request, Act.RUN), queries.campaign(campaign_id)
    tally = queries.building_in(running, building_id)
    queries.require(actor, Act.RUN, tally.community_id)
    back = f"/control/screenings/{campaign_id}/buildings/{building_id}/"
    if tally.sealed_at is not None:
        return redirect(back)
    change = Change(
        running=running,
        title=_("%(building)s is closed") % {"building": names_of([building_id]).get(building_id, "")},
        why=_("Nobody of a team goes in any more: its doors wait, and belong to no team. All other doors stay where they are."),
        submit=_("Close this building"),
        back=back,
        work=lambda form: actions.seal_building(campaign=campaign_id, building=building_id, by=actor, **_why(form)),
        told=_waits,
        power=_("Close a building"),
    )  # fmt: skip
    return _page(request, actor, change, WhyForm, lambda: moving.without_building(running, tally))


class PeopleForm(forms.Form):
    """Asked for before it is known what would move."""

    unit = forms.CharField(widget=forms.HiddenInput)
    size = forms.IntegerField(label=gettext_lazy("People in a team"), min_value=1, max_value=50)
    hours = forms.FloatField(label=gettext_lazy("Hours in a day"), min_value=0.5, max_value=24)


@read_or_sent
@never_cache
def team_comes(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """A team of the roster's free people helps those of a community who would need longest."""
    actor, running, community = _in_community(request, campaign_id)
    asked = request.POST if request.method == "POST" else request.GET
    people_form = PeopleForm({"size": "2", "hours": "8", **asked.dict(), "unit": str(community)})
    size, hours = (
        (people_form.cleaned_data["size"], people_form.cleaned_data["hours"]) if people_form.is_valid() else (2, 8.0)
    )
    minutes = round(hours * 60)
    title = _("A team comes to %(community)s") % {"community": name_of(community)}
    why = _(
        "The team that would need longest gives it the end of its way, until both need as long; "
        "then, if another still needs longer, that one too."
    )
    back = f"/control/screenings/{campaign_id}/?unit={community}"
    try:
        team, people = moving.team_that_comes(running, community, size, minutes)
    except errors.NobodyFree as refusal:
        context = {"row": running, "title": title, "why": why, "back": back, "refused": refusal, "asks": people_form}
        return render(request, "campaigns/what_moves.html", context, status=refusal.status if request.POST else 200)
    change = Change(
        running=running,
        title=title,
        why=why,
        submit=_("Call the team up"),
        back=back,
        work=lambda form: actions.team_comes(
            campaign=campaign_id, community=community, size=size, minutes=minutes, by=actor, **_why(form)
        ),
        told=lambda moved: _("%(team)s is formed and has %(doors)s doors.") % {"team": team.name, "doors": f"{moved.doors:,}"},
        power=_("Call up helpers"),
        danger=False,
        people=people,
        asks=people_form,
    )  # fmt: skip
    return _page(
        request, actor, change, TeamForm, lambda: moving.with_team(team, people), {"size": size, "hours": hours}
    )


@read_or_sent
@never_cache
def late(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Doors that the lists have by now, and no team."""
    actor, running, community = _in_community(request, campaign_id)
    change = Change(
        running=running,
        title=_("Doors found late in %(community)s") % {"community": name_of(community)},
        why=_(
            "Doors that the lists have now and no team has: a new floor or building, or what nobody had. "
            "Each joins the team of its floor, or else of the nearest floor, entrance or building."
        ),
        submit=_("Give them to these teams"),
        back=f"/control/screenings/{campaign_id}/?unit={community}",
        work=lambda form: actions.take_late_doors(campaign=campaign_id, community=community, by=actor, **_why(form)),
        told=_joined,
        power=_("Visit every household"),
        danger=False,
        needs_doors=True,
    )  # fmt: skip
    return _page(request, actor, change, WhyForm, lambda: moving.with_late_doors(running, community))


def _in_community(request: HttpRequest, campaign_id: UUID) -> tuple[Actor, Campaign, UUID]:
    """The community in which something changes. Raises `NotFound`, `NotAllowed`."""
    actor, running = reader(request, Act.RUN), queries.campaign(campaign_id)
    asked = uuid_in(request.POST.get("unit") or request.GET.get("unit"))
    try:
        path = territory.unit(asked).path if asked else ()
    except UnknownUnit:
        path = ()
    if len(path) < 4 or running.unit_id not in path:
        raise NotFound
    queries.require(actor, Act.RUN, path[3])
    return actor, running, path[3]


# --- shown, and done --------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    actor: Actor,
    change: Change,
    form_class: type[WhyForm],
    plan: Callable[[], Plan],
    initial: Mapping[str, Any] = NOTHING,
) -> HttpResponse:
    """What moves and why, above the button that does it; a refusal stands beside what was typed, with what would move now."""
    status, form, sent = 200, None, request.POST.copy()
    if request.method == "POST":
        form, status = form_class(sent), 422
        if form.is_valid():
            told, status = _done(request, actor, change, form)
            if told is not None:
                notices.success(request, told)
                return redirect(change.back)
    planned = plan()
    # Whoever is told that it changed has the newest before them, and confirms that.
    sent["seen"] = planned.stands_for
    form = form or form_class(initial={**initial, "seen": planned.stands_for})
    context = {
        "row": change.running,
        "title": change.title,
        "why": change.why,
        "submit": change.submit,
        "back": change.back,
        "power": change.power,
        "basis": change.running.declaration.name,
        "kind": "danger" if change.danger else "primary",
        "people": change.people,
        "asks": change.asks,
        "form": form if planned.doors or not change.needs_doors else None,
        "doors": planned.doors,
        "stats": _stats(planned),
        "pairs": _pairs(planned.moves),
    }
    return render(request, "campaigns/what_moves.html", context, status=status)


def _done(request: HttpRequest, actor: Actor, change: Change, form: WhyForm) -> tuple[str | None, int]:
    return attempt(form, lambda: once_only(request, actor, lambda: change.told(change.work(form))))


def _why(form: WhyForm) -> dict[str, str]:
    return {"reason": form.cleaned_data["reason"], "seen": form.cleaned_data["seen"]}


def _stats(plan: Plan) -> list[dict[str, Any]]:
    now = clock.now()
    before, after = now + plan.longest(plan.before), now + plan.longest(plan.after.standing)
    due = plan.around.running.due_at
    return [
        {
            "label": _("Doors that move"),
            "value": f"{plan.doors:,}",
            "note": _("of %(whole)s still to visit here") % {"whole": f"{plan.whole:,}"},
        },
        {"label": _("Teams that take them"), "value": f"{plan.receivers:,}"},
        {"label": _("Doors without a team"), "value": f"{plan.nobody:,}", "tone": "warn" if plan.nobody else ""},
        {
            "label": _("Finish by plan"),
            "value": said(after),
            "note": _("now %(before)s, wanted by %(due)s") % {"before": said(before), "due": said(due)},
            "tone": "bad" if after > due else "good",
        },
    ]


def _pairs(moves: Sequence[Move]) -> list[dict[str, Any]]:
    """From whom to whom, in the order of the walk, each with its buildings and their floors."""
    names = names_of(list({move.building for move in moves}))
    pairs: dict[tuple[str, str], dict[UUID, list[Move]]] = {}
    for move in moves:
        pair = pairs.setdefault((_named(move.from_team), _named(move.to_team)), {})
        pair.setdefault(move.building, []).append(move)
    return [
        {
            "from": from_,
            "to": to,
            "doors": sum(move.doors for here in places.values() for move in here),
            "places": [
                {"name": names.get(building, ""), "floors": _("; ").join(_floors(move) for move in here)}
                for building, here in list(places.items())[:MOST_PLACES]
            ],
            "more": max(len(places) - MOST_PLACES, 0),
        }
        for (from_, to), places in pairs.items()
    ]


def _named(team: AtWork | None) -> str:
    return team.name if team is not None else _("nobody")


def _floors(move: Move) -> str:
    told = {"entrance": move.entrance, "low": move.floor_from, "high": move.floor_to}
    if move.floor_from == move.floor_to:
        return _("entrance %(entrance)s, floor %(low)s") % told
    return _("entrance %(entrance)s, floors %(low)s–%(high)s") % told


def _went(moved: actions.Moved) -> str:
    counts = {"doors": f"{moved.doors:,}", "teams": f"{moved.teams:,}", "nobody": f"{moved.nobody:,}"}
    if moved.nobody:
        return _("%(doors)s doors were left; %(nobody)s of them have no team now.") % counts
    return _("%(doors)s doors went to %(teams)s teams beside it.") % counts


def _joined(moved: actions.Moved) -> str:
    counts = {"doors": f"{moved.doors:,}", "nobody": f"{moved.nobody:,}"}
    if moved.nobody:
        return _("%(doors)s doors were found late; %(nobody)s of them have no team now.") % counts
    return _("%(doors)s doors were found late; each has a team now.") % counts


def _waits(moved: actions.Moved) -> str:
    told = ngettext(
        "The building is closed. %(count)s door waits in it.",
        "The building is closed. %(count)s doors wait in it.",
        moved.doors,
    )
    return told % {"count": f"{moved.doors:,}"}

"""A screening: begun under a declaration, its teams formed, its doors divided, and how far it is from the city down to a door."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import actions, queries, rules
from linli.campaigns.models import Aside, Campaign, Outcome, Power, Tally, Team
from linli.campaigns.pages import words
from linli.campaigns.pages.common import (
    language,
    moment_field,
    name_of,
    names_of,
    once_only,
    percent,
    read_or_sent,
    reader,
    said,
    timeline,
    unit_choices,
    units_of,
    uuid_in,
)
from linli.campaigns.pages.door import to_look_at
from linli.campaigns.queries import Coverage, DoorAt, console
from linli.campaigns.queries.console import TeamLine
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock, work
from linli.foundation.access import Actor
from linli.foundation.attempts import attempt
from linli.foundation.errors import DomainError, NotAllowed, NotFound
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import UnitInfo

DIVIDE = "campaigns.divide"
# A community has some hundred buildings; those with the least reached are read first.
PARTS_A_PAGE = 100
# An area of this level or below is divided while one waits; a larger one is long work.
AT_ONCE = {"subdistrict", "community", "quarter"}


# --- begun ------------------------------------------------------------------------------------------------------------


class ScreeningForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("joint control", "Name"), max_length=120)
    unit = forms.ChoiceField(label=gettext_lazy("Which area is visited"))
    due_at = moment_field(gettext_lazy("Every door by"))
    form = forms.ChoiceField(label=gettext_lazy("Form"), required=False)
    most_attempts = forms.IntegerField(
        label=gettext_lazy("Attempts"),
        min_value=1,
        max_value=20,
        initial=3,
        help_text=gettext_lazy("Nobody home so often is told as not reached, and left to the desk."),
    )
    door_minutes = forms.FloatField(
        label=gettext_lazy("Minutes a door"),
        min_value=0.5,
        max_value=120,
        initial=4,
        help_text=gettext_lazy("What a visit takes: the doors are divided by it."),
    )

    def __init__(
        self, data: Any, *, units: Sequence[tuple[str, str]], known: Sequence[tuple[str, str]], due: Any
    ) -> None:
        super().__init__(data, initial={"due_at": due})
        for name, choices in (("unit", units), ("form", [("", _("None: the outcome alone")), *known])):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(choices)

    def told(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        return {**values, "unit": UUID(values["unit"]), "form": uuid_in(values["form"])}


@read_or_sent
@never_cache
def new(request: HttpRequest, declaration_id: UUID) -> HttpResponse:
    actor = reader(request, Act.RUN)
    declared = queries.declaration(declaration_id)
    tops = _inside(declared.unit_id, units_of(actor, Act.RUN))
    if not tops:
        raise NotAllowed
    known = [(str(one.pk), f"{one.title} · {one.version}") for one in console.forms_for(declared.unit_id)]
    sent = request.POST if request.method == "POST" else None
    asked = uuid_in(request.GET.get("unit")) or uuid_in(request.POST.get("unit"))
    due = min(rules.end_of(declared.ends_at, declared.ended_at), clock.now() + rules.LONGEST)
    form = ScreeningForm(sent, units=unit_choices(tops, asked), known=known, due=due)
    status = 200
    if sent is not None and form.is_valid():

        def begin() -> str:
            return str(actions.start(declaration=declaration_id, by=actor, **form.told()).pk)

        made, status = attempt(form, lambda: once_only(request, actor, begin))
        if made is not None:
            return redirect(f"/control/screenings/{made}/")
    context = {"form": form, "declared": declared}
    return render(
        request, "campaigns/screening_new.html", context, status=422 if form.errors and status == 200 else status
    )


def _inside(unit_id: UUID, tops: Sequence[UUID]) -> list[UUID]:
    """The part of a unit in which one works: the whole of it, or those of one's units that lie in it."""
    path = territory.unit(unit_id).path
    if not set(path).isdisjoint(tops):
        return [unit_id]
    return [top for top in tops if unit_id in territory.unit(top).path]


# --- how far it is ----------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def screening(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor, running = reader(request), queries.campaign(campaign_id)
    return _shown(request, actor, running, unit_of(actor, running, request.GET.get("unit")))


def unit_of(actor: Actor, running: Campaign, asked: str | None) -> UnitInfo:
    """The unit that is shown: the one asked for, or the largest in which one works. Raises `NotFound`, `NotAllowed`."""
    tops = _inside(running.unit_id, units_of(actor, Act.SEE))
    if not tops:
        raise NotAllowed
    if not asked:
        return territory.unit(tops[0])
    chosen = uuid_in(asked)
    try:
        unit = territory.unit(chosen) if chosen else None
    except UnknownUnit:
        unit = None
    if unit is None or set(tops).isdisjoint(unit.path):
        raise NotFound
    return unit


class TeamsForm(forms.Form):
    size = forms.IntegerField(label=gettext_lazy("People in a team"), min_value=1, max_value=50, initial=2)
    hours = forms.FloatField(label=gettext_lazy("Hours in a day"), min_value=0.5, max_value=24, initial=8)


def _shown(
    request: HttpRequest,
    actor: Actor,
    running: Campaign,
    unit: UnitInfo,
    form: TeamsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    divided = console.is_divided(running)
    parts = queries.coverage(actor, running, unit.id) if divided else []
    base = f"/control/screenings/{running.pk}/"
    ordered = sorted(parts, key=lambda one: (_reached(one), one.unit_id.hex))
    asked = request.GET.get("from", "0")
    first = int(asked) if asked.isdecimal() and len(asked) < 7 else 0
    shown = ordered[first : first + PARTS_A_PAGE]
    names = names_of([part.unit_id for part in shown])
    context = {
        "row": running,
        "declared": running.declaration,
        "unit": unit,
        "unit_name": unit.name_in(language()),
        "crumbs": _crumbs(actor, running, unit, base),
        "badge": _standing(running),
        "divided": divided,
        "stats": _stats(parts, base, unit, _without_place(running, unit)) if parts else [],
        "share": _share(parts),
        "parts": [_part(part, names, base) for part in shown],
        "next_href": f"?unit={unit.id}&from={first + PARTS_A_PAGE}" if len(ordered) > first + PARTS_A_PAGE else "",
        "first_href": f"?unit={unit.id}" if first else "",
        "holds_buildings": unit.level in {"community", "quarter"},
        "runs": queries.may(actor, Act.RUN, running.unit_id) and running.closed_at is None,
        "form": form or TeamsForm(),
        "teams": queries.teams(actor, running).count() if queries.may(actor, Act.SEE, running.unit_id) else None,
        "base": base,
        "here": f"{base}?unit={unit.id}&from={first}",
        "entries": timeline(running.pk, words.SCREENING_STEPS),
        "live_topics": [f"campaign:{running.pk}", f"declaration:{running.declaration_id}"],
    }
    return render(request, "campaigns/screening.html", context, status=status)


def _standing(running: Campaign) -> tuple[Any, str]:
    if running.closed_at is not None:
        return pgettext("of a screening", "Closed"), ""
    if queries.stage_of(running.declaration) is not Stage.IN_FORCE:
        return _("Over with its declaration"), ""
    if clock.now() > running.due_at:
        return _("Past its time"), "bad"
    return _("Running"), "info"


def _crumbs(actor: Actor, running: Campaign, unit: UnitInfo, base: str) -> list[dict[str, str]]:
    """The units above, as far up as one works and the screening reaches."""
    tops = _inside(running.unit_id, units_of(actor, Act.SEE))
    above = [one for one in territory.ancestors(unit.id) if not set(tops).isdisjoint(one.path) and one.id != unit.id]
    return [{"href": f"{base}?unit={one.id}", "name": name_of(one.id)} for one in above]


def _reached(part: Coverage) -> float:
    return part.reached / part.doors if part.doors else 1.0


def _share(parts: Sequence[Coverage]) -> dict[str, int]:
    return {"reached": sum(part.reached for part in parts), "doors": sum(part.doors for part in parts)}


def _without_place(running: Campaign, unit: UnitInfo) -> int:
    """Visits to doors that are nowhere: no building counts them."""
    return console.without_place(running) if unit.id == running.unit_id else 0


def _stats(parts: Sequence[Coverage], base: str, unit: UnitInfo, nowhere: int) -> list[dict[str, Any]]:
    doors, reached = sum(part.doors for part in parts), sum(part.reached for part in parts)
    refused = sum(part.outcomes[Outcome.REFUSED] for part in parts)
    to_repeat, aside = sum(part.to_repeat for part in parts), sum(part.aside for part in parts) + nowhere
    found = sum(part.found for part in parts)
    beside = ngettext("of these %(count)s that no list had", "of these %(count)s that no list had", found)
    return [
        {"label": _("Doors"), "value": f"{doors:,}", "note": beside % {"count": f"{found:,}"} if found else ""},
        {
            "label": _("Reached"),
            "value": f"{reached:,}",
            "note": percent(reached, doors),
            "tone": "good" if reached else "",
        },
        {"label": _("To repeat"), "value": f"{to_repeat:,}", "note": percent(to_repeat, doors)},
        {"label": pgettext("at a door", "Refused"), "value": f"{refused:,}", "note": _("counted as reached")},
        {
            "label": _("Not visited"),
            "value": f"{doors - reached - to_repeat:,}",
            "note": percent(doors - reached - to_repeat, doors),
        },
        {
            "label": _("Set aside"),
            "value": f"{aside:,}",
            "note": _("for the desk"),
            "href": f"{base}aside/?unit={unit.id}",
            "tone": "warn" if aside else "",
        },
    ]


def _part(part: Coverage, names: Mapping[UUID, str], base: str) -> dict[str, Any]:
    return {
        "id": part.unit_id,
        "name": names.get(part.unit_id, ""),
        "reached": part.reached,
        "doors": part.doors,
        "percent": percent(part.reached, part.doors),
        "to_repeat": part.to_repeat,
        "refused": part.outcomes[Outcome.REFUSED],
        "not_visited": part.not_visited,
        "aside": part.aside,
        "building": f"{base}buildings/{part.unit_id}/",
        "below": f"{base}?unit={part.unit_id}",
    }


# --- formed, divided, closed ------------------------------------------------------------------------------------------


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
    return _shown(request, actor, running, territory.unit(running.unit_id), form, status)


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
        return _shown(request, actor, running, unit, status=refusal.status)
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


# --- one building -----------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def building(request: HttpRequest, campaign_id: UUID, building_id: UUID) -> HttpResponse:
    """Every door by entrance and floor, and exactly those that nobody has reached."""
    actor, running = reader(request), queries.campaign(campaign_id)
    tally = console.building_in(running, building_id)
    doors = queries.standing_of(actor, running, building_id)
    base = f"/control/screenings/{running.pk}/"
    names = names_of([building_id])
    context = {
        "row": running,
        "name": names.get(building_id, ""),
        "above_name": name_of(tally.community_id),
        "entrances": _entrances(doors),
        "found": [_door(door) for door in doors if door.entrance is None],
        "left": [_door(door) for door in doors if not door.is_reached],
        "whole": len(doors),
        "reached": sum(door.is_reached for door in doors),
        "legend": [words.NOT_VISITED, *words.OUTCOMES.values()],
        "sealed_at": tally.sealed_at,
        "back": f"{base}?unit={tally.community_id}",
        "here": f"{base}buildings/{building_id}/",
        "seals": _may_seal(actor, running, tally),
        "live_topics": [f"campaign:{running.pk}"],
    }
    return render(request, "campaigns/building.html", context)


def _may_seal(actor: Actor, running: Campaign, tally: Tally) -> bool:
    given = (
        Power.SEAL_BUILDINGS in running.declaration.powers and queries.stage_of(running.declaration) is Stage.IN_FORCE
    )
    return given and tally.sealed_at is None and queries.may(actor, Act.RUN, tally.community_id)


@require_POST
def seal(request: HttpRequest, campaign_id: UUID, building_id: UUID) -> HttpResponse:
    """Nobody goes in any more; what is left in it has no team."""
    actor, reason = reader(request, Act.RUN), request.POST.get("reason", "")

    def sealed() -> str:
        moved = actions.seal_building(campaign=campaign_id, building=building_id, reason=reason, by=actor)
        return str(moved.doors)

    count = int(once_only(request, actor, sealed))
    told = ngettext(
        "The building is closed. %(count)s door waits in it.",
        "The building is closed. %(count)s doors wait in it.",
        count,
    )
    notices.success(request, told % {"count": f"{count:,}"})
    return redirect(f"/control/screenings/{campaign_id}/buildings/{building_id}/")


def _door(door: DoorAt) -> dict[str, Any]:
    sign, word, tone = words.outcome(door.outcome)
    return {
        "label": door.label,
        "entrance": door.entrance,
        "floor": door.floor,
        "sign": sign,
        "word": word,
        "tone": tone,
        "visits": door.visits,
        "several": len(door.teams) > 1,
        "found": door.found,
        "href": f"doors/{door.id}/" if door.visits else "",
    }


def _entrances(doors: Sequence[DoorAt]) -> list[dict[str, Any]]:
    """Each entrance as it stands: its floors from the top down, their doors from left to right."""
    by_place: dict[int, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for door in doors:
        if door.entrance is not None and door.floor is not None:
            by_place[door.entrance][door.floor].append(_door(door))
    return [
        {
            "number": entrance,
            "floors": [{"number": floor, "doors": row} for floor, row in sorted(floors.items(), reverse=True)],
        }
        for entrance, floors in sorted(by_place.items())
    ]


# --- visits set aside -------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def aside(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Stored, not counted, each with its reason. Nothing is deleted here."""
    actor, running = reader(request), queries.campaign(campaign_id)
    before = uuid_in(request.GET.get("before"))
    found = console.set_aside(actor, running, before)
    shown = found[: console.SHOWN]
    doors = {door.id: str(door) for door in territory.doors([row.door for row in shown])}
    context = {
        "row": running,
        "columns": [_("Visited"), _("Why"), _("Door"), _("Outcome"), _("Team")],
        "rows": [
            [
                {"text": said(row.visited_at), "size": "whole"},
                Aside(row.aside).label,
                " ".join(filter(None, [row.building.name if row.building else "", doors.get(row.door, "")])) or "–",
                words.outcome(row.outcome)[1],
                row.team.name if row.team else "–",
            ]
            for row in shown
        ],
        "base": f"/control/screenings/{running.pk}/",
        "next_href": f"?before={shown[-1].pk}" if len(found) > console.SHOWN else "",
        "first_href": request.path if before else "",
    }
    return render(request, "campaigns/aside.html", context)


# --- teams ------------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def teams(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor, running = reader(request), queries.campaign(campaign_id)
    unit = unit_of(actor, running, request.GET.get("unit"))
    asked = request.GET.get("after", "0")
    after = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    found = console.team_lines(actor, running, unit.id, after)
    shown = found[: console.SHOWN]
    base = f"/control/screenings/{running.pk}/"
    context = {
        "row": running,
        "unit_name": name_of(unit.id),
        "columns": [_("Team"), _("Team members"), _("Doors"), _("Reached"), _("Last heard of"), _("State")],
        "rows": [_team(line) for line in shown],
        "base": base,
        "here": request.get_full_path(),
        "next_href": f"?unit={unit.id}&after={shown[-1].team.number}" if len(found) > console.SHOWN else "",
        "first_href": f"{request.path}?unit={unit.id}" if after else "",
        "live_topics": [f"campaign:{running.pk}"],
    }
    return render(request, "campaigns/teams.html", context)


def _team(line: TeamLine) -> list[Any]:
    label, tone = _heard(line)
    return [
        {"text": line.team.name, "href": f"/control/teams/{line.team.pk}/"},
        {"text": f"{line.members:,}", "number": True},
        {"text": f"{line.doors:,}", "number": True},
        {"text": f"{line.reached:,} ({percent(line.reached, line.doors)})", "number": True},
        {"text": _last(line.team), "size": "whole"},
        {"text": label, "badge": True, "tone": tone} if label else "",
    ]


def _last(team: Team) -> str:
    return said(team.synced_at) if team.synced_at else _("not yet")


def _heard(line: TeamLine) -> tuple[str, str]:
    if line.team.out_at is not None:
        return _("Out"), ""
    if line.doors and line.reached >= line.doors:
        return _("Every door reached"), "good"
    if line.is_quiet(clock.now()):
        return _("Not synced for 3 hours"), "bad"
    return "", ""


@require_safe
@never_cache
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Its people, and who goes out of it."""
    actor = reader(request)
    line = console.team_line(actor, team_id)
    label, tone = _heard(line)
    running = line.team.campaign
    context = {
        "team": line.team,
        "row": running,
        "stats": [
            {"label": _("Team members"), "value": f"{line.members:,}"},
            {"label": _("Doors"), "value": f"{line.doors:,}"},
            {"label": _("Reached"), "value": f"{line.reached:,}", "note": percent(line.reached, line.doors)},
        ],
        "last": _last(line.team),
        "label": label,
        "tone": tone,
        "unit_name": name_of(line.team.unit_id),
        "members": console.members_of(line.team),
        "looked_at": to_look_at(actor, line.team),
        "runs": queries.may(actor, Act.RUN, line.team.unit_id) and line.team.out_at is None,
        "base": f"/control/screenings/{running.pk}/",
        "here": request.path,
        "live_topics": [f"campaign:{running.pk}"],
    }
    return render(request, "campaigns/team.html", context)


@require_POST
def member_out(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Somebody leaves their team now: what they visited before counts, what comes later goes to the desk."""
    actor = reader(request, Act.RUN)
    line = console.team_line(actor, team_id)
    member, reason = uuid_in(request.POST.get("member")), request.POST.get("reason", "")
    if member is None or not console.members_of(line.team).filter(member=member, until=None).exists():
        raise NotFound
    once_only(request, actor, lambda: str(actions.leave_team(member=member, reason=reason, by=actor).pk))
    notices.success(request, _("Out of the team. The doors stay with it."))
    return redirect(f"/control/teams/{team_id}/")


@require_POST
def team_out(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """The team goes on no more: what it has left goes to its neighbours."""
    actor, reason = reader(request, Act.RUN), request.POST.get("reason", "")
    running = console.team_line(actor, team_id).team.campaign

    def out() -> str:
        moved = actions.team_out(team=team_id, reason=reason, by=actor)
        counts = {"doors": f"{moved.doors:,}", "teams": f"{moved.teams:,}", "nobody": f"{moved.nobody:,}"}
        if moved.nobody:
            return _("%(doors)s doors were left; %(nobody)s of them have no team now.") % counts
        return _("%(doors)s doors went to %(teams)s teams beside it.") % counts

    notices.success(request, once_only(request, actor, out))
    return redirect(f"/control/screenings/{running.pk}/teams/")

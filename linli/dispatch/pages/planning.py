"""Who is on duty and when, and who can do what; and the city's list of skills."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from linli.cases.pages.narrowing import unit_options
from linli.dispatch import actions, errors, queries, words
from linli.dispatch.crews import bodies_in
from linli.dispatch.forms import ShiftForm, SkillForm, SkillsForm
from linli.dispatch.models import Shift, Skill
from linli.dispatch.pages import shown
from linli.dispatch.pages.common import actor_and_unit, address, key_of, planner
from linli.foundation import moments
from linli.foundation.access import Actor, Permission
from linli.foundation.attempts import attempt
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.idempotency import carry_out
from linli.people import queries as people
from linli.people.queries import Handler
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

_page = require_http_methods(["GET", "HEAD", "POST"])
# Days before and after today that can be looked at.
FARTHEST = timedelta(days=366)


@_page
def duty(request: HttpRequest) -> HttpResponse:
    """The day's shifts of everybody who handles in the unit; by POST several people get one."""
    actor, unit = actor_and_unit(request)
    handlers = people.handlers_of(bodies_in(unit.id))
    choices = _choices(handlers)
    day = _day(request.GET.get("day", ""))
    form, status = ShiftForm(request.POST or None, people=choices, initial={"day": day}), 200
    if request.method == "POST" and form.is_valid():
        given, status = attempt(form, lambda: carry_out(key_of(request), lambda: _give(form, unit, actor)))
        if given is not None:
            _tell(request, *given)
            return HttpResponseRedirect(address("/dispatch/people/", unit.id, day=form.cleaned_data["day"]))
    return render(request, "dispatch/people.html", _duty_context(actor, unit, handlers, day, form), status=status)


def _choices(handlers: list[Handler]) -> list[tuple[str, str]]:
    """Everybody once for each body that they handle for; it is named where there are several."""
    often = Counter(one.id for one in handlers)
    return [
        (f"{one.id}:{one.body_id}", f"{one.name} · {people.body(one.body_id).label}" if often[one.id] > 1 else one.name)
        for one in handlers
    ]


def _give(form: ShiftForm, unit: UnitInfo, actor: Actor) -> list[Any]:
    """A shift for each of those ticked: how many got one, and the names of those who are on duty then already."""
    starts_at, ends_at = form.hours()
    names = dict(form.fields["people"].choices)  # type: ignore[attr-defined]
    given, busy = 0, []
    for chosen in form.cleaned_data["people"]:
        person, _colon, body = chosen.partition(":")
        try:
            actions.give_shift(
                person=UUID(person), body=UUID(body), unit=unit.id, starts_at=starts_at, ends_at=ends_at, by=actor
            )
            given += 1
        except errors.OnDutyAlready:
            busy.append(str(names[chosen]))
    return [given, busy]


def _tell(request: HttpRequest, given: int, busy: list[str]) -> None:
    if given:
        text = ngettext("%(count)s shift is entered.", "%(count)s shifts are entered.", given)
        messages.success(request, text % {"count": given})
    if busy:
        text = _("On duty at that time already, and left as they were: %(names)s.")
        messages.warning(request, text % {"names": _(", ").join(busy)})


def _duty_context(actor: Actor, unit: UnitInfo, handlers: list[Handler], day: date, form: ShiftForm) -> dict[str, Any]:
    begin, end = _bounds(day)
    shifts: dict[UUID, list[Shift]] = {}
    for shift in queries.shifts(actor, unit.id, begin, end):
        shifts.setdefault(shift.person_id, []).append(shift)
    able = queries.skills_of({one.id for one in handlers})
    return {
        "unit": unit,
        "unit_name": shown.unit_name(unit),
        "unit_options": unit_options(actor, str(unit.id)),
        "day": moments.day(day),
        "days": [
            {
                "label": label,
                "href": address("/dispatch/people/", unit.id, day=day + timedelta(days=by)),
                "current": not by,
            }
            for label, by in ((_("The day before"), -1), (moments.day(day), 0), (_("The day after"), 1))
        ],
        "form": form,
        "columns": [_("Name"), _("Body"), _("On duty"), _("Skills")],
        "rows": [
            _row(held, unit, shifts.get(held[0].id, []), able.get(held[0].id, [])) for held in _by_person(handlers)
        ],
        "on_duty": len(shifts),
        "teams_href": address("/dispatch/teams/", unit.id),
        "back": address("/dispatch/", unit.id),
    }


def _by_person(handlers: list[Handler]) -> list[list[Handler]]:
    """Everybody once, with all the bodies that they handle for."""
    found: dict[UUID, list[Handler]] = {}
    for one in handlers:
        found.setdefault(one.id, []).append(one)
    return list(found.values())


def _row(held: list[Handler], unit: UnitInfo, shifts: list[Shift], skills: list[Skill]) -> list[Any]:
    on_duty = next((shift.body_id for shift in shifts if shift.body_id), None)
    body = people.body(on_duty or held[0].body_id).label
    others = len(held) - 1
    more = ngettext("%(body)s and %(count)s more", "%(body)s and %(count)s more", others)
    return [
        {"text": held[0].name, "href": address(f"/dispatch/people/{held[0].id}/", unit.id), "size": "whole"},
        more % {"body": body, "count": others} if others else body,
        {"text": _(", ").join(_hours(shift) for shift in shifts), "size": "whole"},
        words.skill_names([skill.code for skill in skills]),
    ]


def _hours(shift: Shift) -> str:
    return f"{words.clock_time(shift.starts_at)}–{words.clock_time(shift.ends_at)}"


def _day(text: str) -> date:
    """The day of the address; today where it cannot be read or lies too far away."""
    today = timezone.localdate()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs(day - today) <= FARTHEST else today


def _bounds(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, time.min, tzinfo=ZoneInfo(settings.TIME_ZONE))
    return begin, begin + timedelta(days=1)


# --- one person ------------------------------------------------------------------------------------------------------


@_page
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """What somebody can do, and their coming shifts."""
    actor, unit = actor_and_unit(request)
    held = [one for one in people.handlers_of(bodies_in(unit.id)) if one.id == person_id]
    if not held:
        raise NotFound
    own = [skill.code for skill in queries.skills_of([person_id]).get(person_id, [])]
    offered = [(skill.code, words.skill_names([skill.code])) for skill in queries.skills()]
    form, status = SkillsForm(request.POST or None, choices=offered, initial={"skills": own}), 200
    here = address(request.path, unit.id)
    if request.method == "POST" and form.is_valid():

        def work() -> bool:
            codes = form.cleaned_data["skills"]
            actions.set_skills(person=person_id, unit=unit.id, body=held[0].body_id, codes=codes, by=actor)
            return True

        done, status = attempt(form, lambda: carry_out(key_of(request), work))
        if done:
            messages.success(request, _("The skills are kept. The next proposal goes by them."))
            return HttpResponseRedirect(here)
    context = {
        "unit": unit,
        "name": held[0].name,
        "bodies": [people.body(one.body_id).label for one in held],
        "form": form,
        "any_skill": bool(offered),
        "shifts": [
            {
                "id": shift.id,
                "day": moments.day(timezone.localdate(shift.starts_at)),
                "hours": _hours(shift),
            }
            for shift in _coming(actor, unit, person_id)
        ],
        "here": here,
        "back": address("/dispatch/people/", unit.id),
    }
    return render(request, "dispatch/person.html", context, status=status)


def _coming(actor: Actor, unit: UnitInfo, person_id: UUID) -> list[Shift]:
    begin, _end = _bounds(timezone.localdate())
    return [one for one in queries.shifts(actor, unit.id, begin, begin + FARTHEST) if one.person_id == person_id]


@require_POST
def end_shift(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    actor, unit = actor_and_unit(request)
    try:
        shift = queries.shift(actor, shift_id)
        actions.end_shift(shift=shift_id, by=actor)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return HttpResponseRedirect(address("/dispatch/people/", unit.id))
    messages.success(request, _("The shift is taken out of the plan."))
    return HttpResponseRedirect(address(f"/dispatch/people/{shift.person_id}/", unit.id))


# --- the city's list -------------------------------------------------------------------------------------------------


@_page
def skills(request: HttpRequest) -> HttpResponse:
    """The list; administrators of the city add to it and change it."""
    actor = planner(request)
    edits = actor.may(Permission.EDIT_DUTIES, territory.root().path)
    known = {skill.code: skill for skill in queries.skills()}
    form, status = SkillForm(request.POST or None, skill=known.get(request.GET.get("code", ""))), 200
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            return actions.define_skill(by=actor, **form.cleaned_data).code

        made, status = attempt(form, lambda: carry_out(key_of(request), work))
        if made:
            messages.success(request, _("The skill is kept."))
            return HttpResponseRedirect("/dispatch/skills/")
    context = {
        "columns": [_("Skill"), _("Code"), _("Classes whose work needs it")],
        "rows": [_skill_row(skill, edits) for skill in known.values()],
        "form": form if edits else None,
    }
    return render(request, "dispatch/skills.html", context, status=status)


def _skill_row(skill: Skill, edits: bool) -> list[Any]:
    name = words.skill_names([skill.code])
    return [{"text": name, "href": f"?code={skill.code}"} if edits else name, skill.code, ", ".join(skill.classes)]

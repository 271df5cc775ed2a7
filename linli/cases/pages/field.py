"""The field app: one inbox from all rooms, its map, one task with its next step under the thumb, and the worker's own page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from linli.cases import errors, queries
from linli.cases.lifecycle import CHANGES
from linli.cases.models import Case, CoHandler, State
from linli.cases.pages import changes, lists, tasks, uploads, words
from linli.cases.pages.field_drawing import cards, marks
from linli.cases.pages.field_forms import wants_json
from linli.cases.pages.once_only import key_of
from linli.cases.pages.who import actor_with
from linli.foundation import clock
from linli.foundation import tasks as inboxes
from linli.foundation.access import ROLE_LABELS, Actor, Role
from linli.foundation.errors import DomainError, NotFound, Stale
from linli.foundation.models import Entry
from linli.foundation.tasks import Task
from linli.people import queries as people
from linli.territory import maps
from linli.territory import queries as territory

WORKERS = (Role.HANDLER, Role.GRID_WORKER)
SECTIONS: dict[str, str | Promise] = {
    "round": gettext_lazy("Your round"),
    "overdue": gettext_lazy("Overdue"),
    "today": gettext_lazy("Due today"),
    "later": gettext_lazy("Later"),
    "to_sign": gettext_lazy("Waiting for my signature"),
}
# The way of a task, step by step. All that is still to come is in the page, so that the whole of it can be done without network.
STAGES = ("accept", "set_out", "arrive", "report_back")
# After these somebody begins anew.
BEGINS_ANEW = frozenset({"dispatch", "reassign", "assign", "reject", "accept", "hand_over", "rework", "reopen"})
# What the “more” sheet offers, in this order; everything else is on the case's own page.
MORE = ("reject", "ask_help", "hand_over", "sign", "resume", "pause", "comment")
# With these the task is no longer in one's hand: back to the inbox.
LEAVES = frozenset({"reject", "hand_over", "report_back", "sign"})
MOST_TICKED = 4
# Reasons that a thumb in a glove can choose; words may follow.
QUICK: dict[str, Sequence[str | Promise]] = {
    "reject": (
        gettext_lazy("Not the duty of our body"),
        gettext_lazy("Outside our area"),
        gettext_lazy("The place cannot be found"),
        gettext_lazy("Somebody has done it already"),
    ),
    "ask_help": (
        gettext_lazy("More people are needed"),
        gettext_lazy("A vehicle or a special tool is needed"),
        gettext_lazy("Another body is needed"),
        gettext_lazy("It is dangerous here"),
    ),
    "report_back": (
        gettext_lazy("Cleared away"),
        gettext_lazy("Repaired"),
        gettext_lazy("Replaced"),
        gettext_lazy("Settled with those concerned"),
    ),
    "rework": (
        gettext_lazy("Not done yet"),
        gettext_lazy("Only partly done"),
        gettext_lazy("The photos show another place"),
        gettext_lazy("The photos are too unclear"),
    ),
}


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    actor = actor_with(request, *WORKERS)
    waiting = inboxes.waiting(actor)
    sections = inboxes.by_section(waiting, clock.now())
    context = {
        "sections": [(name, SECTIONS[name], len(found), cards(found)) for name, found in sections.items() if found],
        "count": len(waiting),
        "own": lists.rows(queries.own(actor, size=10).cases),
        # Other rooms have tasks for grid workers too.
        "handles": Role.HANDLER in actor.roles() or bool(waiting),
        "live_topics": lists.topics_of(actor),
    }
    return render(request, "cases/field/inbox.html", context)


# --- the map ---------------------------------------------------------------------------------------------------------


@require_safe
def area(request: HttpRequest) -> HttpResponse:
    """The tasks that have a position, numbered on the smallest unit that holds them all, or on the unit that was asked for.

    Where there is none, on the unit in which the worker holds a post.
    """
    actor = actor_with(request, *WORKERS)
    placed = [task for task in inboxes.waiting(actor) if task.lon is not None]
    asked = _unit_asked(request.GET.get("unit", ""))
    own = next((grant.unit_id for grant in actor.grants if grant.role in WORKERS and grant.unit_id is not None), None)
    unit = asked or _around(placed) or own
    drawn = maps.map_of(unit)
    inside = [task for task in placed if asked is None or asked in task.unit_ids]
    context = {
        "map": drawn,
        "marks": marks(drawn, inside) if drawn else "",
        "cards": cards(inside, numbered=True),
        "whole": "/field/map/" if asked else "",
        "live_topics": lists.topics_of(actor),
    }
    return render(request, "cases/field/map.html", context)


def _unit_asked(text: str) -> UUID | None:
    try:
        return territory.unit(UUID(text)).id
    except (ValueError, DomainError):
        return None


def _around(placed: Sequence[Task]) -> UUID | None:
    """The smallest unit with a boundary in which all of them lie."""
    shared = [unit for unit in placed[0].unit_ids if all(unit in task.unit_ids for task in placed)] if placed else []
    return next((unit for unit in reversed(shared) if maps.map_of(unit) is not None), None)


# --- one task --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way with its form; `now` is the next one."""

    name: str
    label: str | Promise
    form: changes.ChangeForm | None
    done: bool
    now: bool


@require_safe
def task(request: HttpRequest, reference: str) -> HttpResponse:
    actor = actor_with(request, *WORKERS)
    return _page(request, actor, queries.case_by_reference(actor, reference))


@require_POST
def change(request: HttpRequest, reference: str, name: str) -> HttpResponse:
    """Make one change from the task's page. The outbox (static/web/outbox.js) asks for JSON, a form without script for a page."""
    actor = actor_with(request, *WORKERS)
    return carry_out(request, actor, reference, name, after=_after, page=_page)


def carry_out(request: HttpRequest, actor: Actor, reference: str, name: str, *, after: Any, page: Any) -> HttpResponse:
    """`after` says where to go when it is done; `page` shows the case again with what was typed when it was refused."""
    if name not in changes.ASKS:
        raise NotFound
    case = queries.case_by_reference(actor, reference)
    form = form_of(case, name, request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise errors.FormRefused(reason=" ".join(str(text) for texts in form.errors.values() for text in texts))
        outcome = changes.apply(case, form, by=actor, key=key_of(request))
    except DomainError as refusal:
        if wants_json(request):
            raise
        return _again(request, actor, reference, form, refusal, page)
    said = _("Done: %(change)s.") % {"change": CHANGES[name].label}
    to = after(reference, name)
    if wants_json(request):
        version = next((done.version for done in outcome.done if done.id == case.id), case.version)
        return JsonResponse({"said": said, "version": version, "next": to})
    messages.success(request, said)
    return HttpResponseRedirect(to)


def _again(
    request: HttpRequest, actor: Actor, reference: str, form: changes.ChangeForm, refusal: DomainError, page: Any
) -> HttpResponse:
    case = queries.case_by_reference(actor, reference)
    if isinstance(refusal, Stale):
        form.show_version(case.version)
    elif refusal.field and changes.field_of(form, refusal.field):
        form.add_error(changes.field_of(form, refusal.field), str(refusal))
    answer: HttpResponse = page(request, actor, case, bound=form, refusal=refusal)
    return answer


def _after(reference: str, name: str) -> str:
    return "/field/" if name in LEAVES else f"/field/task/{reference}/"


def form_of(case: Case, name: str, *sent: Any) -> changes.ChangeForm:
    """The form of a change; the quick reasons that were ticked stand before what was typed."""
    if not sent:
        form = changes.ChangeForm(CHANGES[name], case, initial={"version": case.version})
    else:
        form = changes.ChangeForm(CHANGES[name], case, _with_quick(sent[0], name), *sent[1:])
    # A ticked reason is enough; the server asks for one or the other.
    form.use_required_attribute = name not in QUICK
    return form


def _with_quick(posted: Any, name: str) -> Any:
    # Taken as it came: a page that was kept on the phone may have been in the other language.
    ticked = [reason.strip() for reason in posted.getlist("quick")[:MOST_TICKED]]
    if not ticked or name not in QUICK:
        return posted
    field = "done" if "done" in changes.ASKS[name] else "note"
    typed = posted.copy()
    typed[field] = " ".join(filter(None, [_("; ").join(ticked), typed.get(field, "").strip()]))
    return typed


def _page(
    request: HttpRequest, actor: Actor, case: Case, *, bound: changes.ChangeForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:  # fmt: skip
    details = queries.details(actor, case)
    allowed = {one.name for one in queries.allowed_changes(actor, case)}
    forms = {name: form_of(case, name) for name in MORE if name in allowed}
    if bound is not None:
        forms[bound.change.name] = bound
    steps = _steps(case, allowed, details.entries, forms)
    context = {
        "case": case,
        "task": next((one for one in tasks.of_cases([case], actor)), None),
        "due_at": tasks.next_limit(case),
        "steps": steps,
        "step": next((step for step in steps if step.now), None),
        "sign": forms.pop("sign", None) if "sign" in allowed and not steps else None,
        "more": [_more(name, forms[name]) for name in MORE if name in forms],
        "quick": QUICK,
        "refusal": refusal,
        "kept": changes.kept(bound, allowed | set(MORE)),
        "bound": bound.change.name if bound is not None else "",
        "handler": _handler(case, actor),
        "unsigned": _unsigned(details.co_handlers, case),
        "story": words.told(reversed(details.entries), to_staff=True),
        "photos": [uploads.shown(f"/case/{case.reference}/", one) for one in details.attachments],
        "contact": details.contact,
        "ways": ways_to(case),
        "class_name": words.class_name(case.case_class_id),
        "place": words.place_name(case),
        "lead": words.body_name(case.lead_body_id),
        "next": words.what_next(case),
        "live_topics": [f"case:{case.id}"],
    }
    return render(request, "cases/field/task.html", context, status=refusal.status if refusal else 200)


def _more(name: str, form: changes.ChangeForm) -> dict[str, Any]:
    return {
        "name": name,
        "label": CHANGES[name].label,
        "form": form,
        "quick": QUICK.get(name, ()),
        "danger": name == "reject",
    }


def _steps(case: Case, allowed: set[str], entries: Iterable[Entry], forms: dict[str, changes.ChangeForm]) -> list[Step]:
    """The way of the lead's work; none for who cannot go it now."""
    reached = steps_made(entries) if case.state == State.ACCEPTED else set()
    if case.state == State.ACCEPTED:
        reached.add("accept")
    following = next((number for number, name in enumerate(STAGES) if name not in reached), len(STAGES))
    # Whoever has arrived was on the way, also where nobody said so.
    following = max([following, *(STAGES.index(name) + 1 for name in reached)])
    if following >= len(STAGES) or STAGES[following] not in allowed:
        return []
    return [
        Step(
            name,
            CHANGES[name].label,
            (forms.pop(name, None) or form_of(case, name)) if number >= following else None,
            done=number < following,
            now=number == following,
        )
        for number, name in enumerate(STAGES)
    ]


def steps_made(entries: Iterable[Entry]) -> set[str]:
    """Which of the steps between taking it on and reporting back were made, since somebody began (anew)."""
    made: set[str] = set()
    for entry in entries:
        if entry.action in BEGINS_ANEW:
            made.clear()
        elif entry.action in {"set_out", "arrive"}:
            made.add(entry.action)
    return made


def _handler(case: Case, actor: Actor) -> str:
    """Who has it in hand, by name to those of the same body; empty where nobody has."""
    if case.handler_id is None or case.lead_body_id not in actor.bodies():
        return ""
    if case.handler_id == actor.id:
        return _("you")
    found = {one.id: one.name for one in people.colleagues(case.lead_body_id)}
    return found.get(case.handler_id, "")


def _unsigned(co_handlers: Iterable[CoHandler], case: Case) -> list[str]:
    return [words.body_name(row.body_id) for row in co_handlers if row.signed_at is None] if case.is_open else []


def ways_to(case: Case) -> dict[str, str]:
    """Links that lead there; none where the case has no position."""
    if case.lon is None or case.lat is None:
        return {}
    return ways(case.lon, case.lat, case.text.address or words.place_name(case, levels=1))


def ways(lon: float, lat: float, name: str) -> dict[str, str]:
    """Links that lead to a place: the phone's own map (WGS84), and Amap, which counts in GCJ-02."""
    amap_lon, amap_lat = territory.in_gcj02(lon, lat)
    amap = {
        "to": f"{amap_lon:.6f},{amap_lat:.6f},{name}",
        "mode": "ride",
        "coordinate": "gaode",
        "src": "linli",
        "callnative": "1",
    }
    here = f"{lat:.6f},{lon:.6f}"
    return {
        "geo": f"geo:{here}?q={here}({quote(name)})",
        "amap": f"https://uri.amap.com/navigation?{urlencode(amap)}",
    }


# --- mine ------------------------------------------------------------------------------------------------------------


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    actor = actor_with(request, *WORKERS)
    assert actor.id is not None
    handled = queries.handled_by(actor.id, _monday(clock.now()))
    figures = [
        {"label": _("In hand"), "value": handled.in_hand},
        {"label": _("Done this week"), "value": handled.handled},
        {"label": _("Of these in time"), "value": handled.in_time, "tone": "good" if handled.in_time else ""},
    ]
    posts = [
        {"title": _where(post.unit_id, post.body_id), "note": ROLE_LABELS[Role(post.role)], "meta": ""}
        for post in people.own_posts(actor.id)
    ]
    # Who only reports has nothing in hand.
    shown = figures if Role.HANDLER in actor.roles() else []
    return render(request, "cases/field/me.html", {"figures": shown, "posts": posts})


def _where(unit: UUID, body: UUID | None) -> str:
    return words.body_name(body) if body else words.names_of([unit])


def _monday(now: datetime) -> datetime:
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday())

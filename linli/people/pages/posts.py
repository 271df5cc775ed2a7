"""Posts: who holds which, given and ended by administrators, handed over by their holders during an absence."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.foundation import audit, clock, preview
from linli.foundation.access import ROLE_LABELS, Actor, Permission, Role, actor_of
from linli.foundation.attempts import attempt
from linli.foundation.errors import SignInNeeded
from linli.foundation.suggesting import options
from linli.people import actions, effects, labels, queries, rules
from linli.people.forms import (
    AppointForm,
    CloseForm,
    DelegateForm,
    EndForm,
    NewStaffForm,
    PhoneOfHolderForm,
    PostFilter,
    ResetForm,
)
from linli.people.models import Delegation, Person, Post
from linli.people.pages.common import last_day, once_only

# The steps of a post's timeline, in words.
STEPS = {
    "appointed": _("The post was given"),
    "ended": _("The post was ended"),
    "moved": _("Went over to another unit"),
}

ROWS_A_PAGE = 50
_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """Posts in force or to come that one may see, by key, narrowed by role and words."""
    by = _staff(request)
    form = PostFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.visible_posts(by).select_related(None).exclude(valid_to__lte=clock.now()).order_by("pk")
    if role := wanted.get("role"):
        found = found.filter(role=role)
    after = _uuid(request.GET.get("after"))
    if after is not None:
        found = found.filter(pk__gt=after)
    said = wanted.get("q", "")
    rows = (queries.posts_that_say(by, said, found) if said else list(found[: ROWS_A_PAGE + 1]))[: ROWS_A_PAGE + 1]
    more = len(rows) > ROWS_A_PAGE
    rows = rows[:ROWS_A_PAGE]
    kept = {name: value for name, value in wanted.items() if value}
    context = {
        "columns": _columns(),
        "rows": _rows(rows, by),
        "form": form,
        "narrowed": bool(role or said),
        "next_href": f"?{urlencode(kept | {'after': rows[-1].id})}" if more else "",
        "first_href": f"{request.path}?{urlencode(kept)}" if after else "",
        "edits": by.may(Permission.EDIT_POSTS),
    }
    return render(request, "people/posts.html", context)


@_page
def post(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """One post: its facts, who stands in, what happened, and what one may do with it."""
    return _post_page(request, post_id)


@_page
def appoint(request: HttpRequest) -> HttpResponse:
    by = _editor(request)
    bodies = [(str(body.id), body.label) for body in queries.bodies() if _edits(by, body.unit_path)]
    form, status = AppointForm(request.POST or None, by=by, bodies=bodies), 200
    if request.method == "POST" and form.is_valid():
        known = form.cleaned_data
        effect, status = attempt(form, lambda: effects.of_appointing(by, **_in_bounds(known)))
        if effect and not preview.confirmed(request, effect):
            return preview.page(request, effect, back=request.path)

        def give() -> Post:
            return actions.appoint(
                person=queries.staff_id(known["username"]),
                role=Role(known["role"]),
                unit=known["unit"].id,
                body=known["body"],
                valid_from=_begin(known["first_day"]),
                valid_to=_end(known["last_day"]),
                reason=known["reason"],
                by=by,
            )

        made, status = attempt(form, lambda: once_only(request, give)) if effect else (None, status)
        if made is not None:
            messages.success(request, gettext("The post is given."))
            return redirect("people_post", made)
    return render(request, "people/appoint.html", {"form": form}, status=status)


@sensitive_post_parameters("password")
@_page
def new_staff(request: HttpRequest) -> HttpResponse:
    by = _editor(request)
    form, status = NewStaffForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        known = form.cleaned_data
        made, status = attempt(form, lambda: actions.create_staff(by=by, **known))
        if made is not None:
            messages.success(request, gettext("The account is there. Now give it a post."))
            return redirect("people_appoint")
    return render(request, "people/new_staff.html", {"form": form}, status=status)


@require_POST
def end(request: HttpRequest, post_id: UUID) -> HttpResponse:
    form = EndForm(request.POST)
    by = _staff(request)
    if form.is_valid() and _edits_post(by, held := queries.post(post_id, actor=by)):
        now, end_at = clock.now(), _end(form.cleaned_data["last_day"])
        # What cannot be done is refused at once.
        over = held.valid_to is not None and held.valid_to <= now
        effect = effects.of_ending(held, form.cleaned_data["last_day"])
        possible = end_at is None or now < end_at < rules.LATEST
        if possible and not over and not preview.confirmed(request, effect):
            return preview.page(request, effect, back=reverse("people_post", args=[post_id]))

    def work(known: dict[str, Any]) -> Post:
        return actions.end_post(post=post_id, at=_end(known["last_day"]), reason=known["reason"], by=actor_of(request))

    return _change(request, post_id, form, "end", work, gettext("The post ends."))


@require_POST
def delegate(request: HttpRequest, post_id: UUID) -> HttpResponse:
    by = _staff(request)
    form = DelegateForm(request.POST).searched_by(by)
    if form.is_valid():
        held = queries.post(post_id, actor=by)
        if held.person_id == by.id or _edits_post(by, held):
            known = form.cleaned_data
            effect, status = attempt(form, lambda: effects.of_delegating(by, held, **_in_bounds(known)))
            if effect is None:
                return _post_page(request, post_id, status, delegate=form)
            if not preview.confirmed(request, effect):
                return preview.page(request, effect, back=reverse("people_post", args=[post_id]))

    def work(known: dict[str, Any]) -> Delegation:
        end = _end(known["last_day"])
        assert end is not None, "the form asks for it"
        return actions.delegate(
            post=post_id,
            to_person=queries.staff_id(known["username"]),
            valid_from=_begin(known["first_day"]),
            valid_to=end,
            notifications=known["notifications"],
            reason=known["reason"],
            by=actor_of(request),
        )

    return _change(request, post_id, form, "delegate", work, gettext("The post is handed over for that time."))


@sensitive_post_parameters("password")
@require_POST
def reset(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """A first password for a holder who lost theirs, or their authenticator."""

    def work(known: dict[str, Any]) -> Person:
        return actions.reset_sign_in(person=_holder(request, post_id), password=known["password"], by=actor_of(request))

    done = gettext("The password is set. Hand it over in person: at the next sign-in they enrol an authenticator anew.")
    # No key: its digest would tell something of the password, and twice is as good as once.
    return _change(request, post_id, ResetForm(request.POST), "reset", work, done, once=False)


@require_POST
def phone(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """The number that the holder's texts go to."""

    def work(known: dict[str, Any]) -> Person:
        return actions.change_phone(person=_holder(request, post_id), phone=known["phone"], by=actor_of(request))

    # Twice is as good as once, and no key keeps a digest of the number.
    done = gettext("The number is kept. Messages go there from now on, as their reader has chosen.")
    return _change(request, post_id, PhoneOfHolderForm(request.POST), "phone", work, done, once=False)


@require_POST
def close(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Close the account of a holder who has left."""

    def work(known: dict[str, Any]) -> Person:
        return actions.deactivate_staff(person=_holder(request, post_id), reason=known["reason"], by=actor_of(request))

    done = gettext("The account is closed. End its posts too, so that somebody else gets their work.")
    return _change(request, post_id, CloseForm(request.POST), "close", work, done)


@require_POST
def withdraw(request: HttpRequest, delegation_id: UUID) -> HttpResponse:
    ended = actions.withdraw_delegation(delegation=delegation_id, by=actor_of(request))
    messages.success(request, gettext("The post is back with its holder."))
    return redirect("people_post", ended.post_id)


def _change(
    request: HttpRequest,
    post_id: UUID,
    form: forms.Form,
    name: str,
    work: Callable[[dict[str, Any]], Post | Delegation | Person],
    done: str,
    *,
    once: bool = True,
) -> HttpResponse:
    status = 422
    if form.is_valid():

        def change() -> object:
            known = form.cleaned_data
            return once_only(request, lambda: work(known)) if once else work(known)

        made, status = attempt(form, change)
        if made is not None:
            messages.success(request, done)
            return redirect("people_post", post_id)
    return _post_page(request, post_id, status, **{name: form})


def _holder(request: HttpRequest, post_id: UUID) -> UUID:
    return queries.post(post_id, actor=actor_of(request)).person_id


def _post_page(request: HttpRequest, post_id: UUID, status: int = 200, **forms_sent: forms.Form) -> HttpResponse:
    by = _staff(request)
    held = queries.post(post_id, actor=by)
    edits = _edits_post(by, held)
    over = held.valid_to is not None and held.valid_to <= clock.now()
    own = held.person_id == by.id
    offered = {
        "end": edits and not over,
        "delegate": (edits or own) and not over,
        **dict.fromkeys(("reset", "phone", "close"), edits and not own),
    }
    names = _names([held], by)
    context = {
        "post": held,
        "unit_name": effects.unit_name(held.unit_id),
        "body_name": queries.body(held.body_id).label if held.body_id else "",
        "name": names.get(held.person_id, ""),
        "over": over,
        "edits": offered["end"],
        "hands_over": offered["delegate"],
        # Of a form that is offered no more, or never was: its refusal would have no place.
        "refusals": [
            text for name, form in forms_sent.items() if not offered[name] for text in form.non_field_errors()
        ],
        "stand_ins": queries.stand_ins(held),
        "entries": [
            {
                "what": str(STEPS.get(entry.action, entry.action)),
                "who": labels.said(entry.actor_label),
                "at": entry.at,
                "why": entry.note,
            }
            for entry in reversed(audit.timeline(held.id))
        ],
        "end_form": forms_sent.get("end") or EndForm(),
        "delegate_form": forms_sent.get("delegate") or DelegateForm().searched_by(by),
        "governs": offered["reset"],
        "reset_form": forms_sent.get("reset") or ResetForm(),
        "phone_form": forms_sent.get("phone") or PhoneOfHolderForm(),
        "close_form": forms_sent.get("close") or CloseForm(),
    }
    return render(request, "people/post.html", context, status=status)


def _columns() -> list[str]:
    return [
        gettext("Name"), gettext("Role"), gettext("Unit"), gettext("Body"), gettext("Until"), gettext("Stand-in until"),
    ]  # fmt: skip


def _rows(found: list[Post], by: Actor) -> list[list[Any]]:
    names = _names(found, by)
    stand_ins = queries.stood_in_until(found)
    return [
        [
            {
                "text": names.get(one.person_id) or gettext("Not shown to you"),
                "href": reverse("people_post", args=[one.id]),
                "size": "whole",
            },
            str(ROLE_LABELS[Role(one.role)]),
            effects.unit_name(one.unit_id),
            queries.body(one.body_id).label if one.body_id else "",
            last_day(one.valid_to),
            last_day(stand_ins.get(one.id)),
        ]
        for one in found
    ]


def _names(found: list[Post], by: Actor) -> dict[UUID, str]:
    """Names of holders, for those who may see people there."""
    people = queries.visible_people(by).filter(pk__in={one.person_id for one in found}).only("name")
    return {person.id: person.name for person in people}


def _staff(request: HttpRequest) -> Actor:
    by = actor_of(request)
    if by.id is None:
        raise SignInNeeded
    return by


def _editor(request: HttpRequest) -> Actor:
    by = _staff(request)
    by.require(Permission.EDIT_POSTS)
    return by


def _edits(by: Actor, path: tuple[UUID, ...]) -> bool:
    return by.may(Permission.EDIT_POSTS, path)


def _edits_post(by: Actor, held: Post) -> bool:
    """In its unit, and in its body's own unit."""
    in_body = held.body_id is None or _edits(by, queries.body(held.body_id).unit_path)
    return _edits(by, tuple(held.unit.path)) and in_body


@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """What fits while a colleague is typed into a form."""
    typed = str(next(iter(request.GET.values()), ""))[:200]
    return HttpResponse(options([one.label for one in queries.search_staff(_staff(request), typed)]))


def _in_bounds(known: dict[str, Any]) -> dict[str, Any]:
    """What a form asks for, if a post can last that long. Raises `InvalidPeriod`."""
    rules.checked_period(_begin(known["first_day"]) or clock.now(), _end(known["last_day"]))
    return known


def _begin(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(settings.TIME_ZONE)) if day else None


def _end(last_day: date | None) -> datetime | None:
    """The end of the last day is the beginning of the next. The calendar's last day has no next one; no post lasts that long."""
    return _begin(min(last_day, date.max - timedelta(days=1)) + timedelta(days=1)) if last_day else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

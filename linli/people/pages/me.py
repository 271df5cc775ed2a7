"""What is kept about me, why and for how long; export, consents, deletion."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.foundation import own_data
from linli.foundation.access import actor_of
from linli.foundation.attempts import attempt
from linli.foundation.clients import client_address
from linli.foundation.privacy import Personal, mask_phone
from linli.people import actions, queries
from linli.people.forms import DeleteForm, PasswordForm, PreferencesForm
from linli.people.models import ConsentPurpose, Delegation, Person, Post
from linli.people.pages.common import last_day, remember_language

# What fields are called, in the reader's words, where the field's own name does not say it.
WORDS: dict[str, str | Promise] = {
    "lon": _("Longitude"),
    "lat": _("Latitude"),
    "reporter": _("Reporter"),
    "username": _("User name"),
    "totp_secret": _("Key of the authenticator"),
    "phone_hash": _("Fingerprint of the phone number"),
    "person": _("Person"),
    "appointed_by": _("Appointed by"),
    "to_person": _("Stand-in"),
    "created_by": _("Handed over by"),
    "asked_by": _("Asked by"),
    "by": _("Whoever did it"),
    "by_label": _("Post of whoever did it"),
    "description": _("Description"),
    "address": _("Address"),
    "search": _("Words of the text, for searching"),
    "comment": _("Comment"),
    "look": _("Look"),
    "openid": _("WeChat account (openid)"),
    "openid_hash": _("Fingerprint of the WeChat account"),
    "params": _("What the message says"),
    "ways": _("Notification settings"),
    "quiet_from": _("Quiet from"),
    "quiet_to": _("Quiet until"),
    "digest_hour": _("Once a day instead of single messages"),
    "where_reported": _("Whether you hear of where you reported something"),
    "unit": _("Community or quarter"),
    "asked_at": _("Since"),
    "member": _("Your entry on the roster"),
    "heard_at": _("When your phone was last heard of"),
    "coming": _("Whether you come"),
    "starts_at": _("Begin of a shift"),
    "ends_at": _("End of a shift"),
    "answers": _("Answers at doors that you visited"),
    "by_id": _("That you did it"),
    "handed_by": _("Doors that you handed to a colleague"),
    "outcome": _("Results of your visits"),
    "declared_by_label": _("Post in which you declared it"),
    "door": _("Door that your account is bound to"),
    "building": _("Building of that door"),
    "community": _("Community of that door"),
    "bound_at": _("Bound since"),
    "how": _("Doors that you told of a notice"),
    "only": _("Doors at which a notice is told"),
    "recipient": _("Recipient"),
    "recipient_hash": _("Fingerprint of the recipient"),
}

# The consents that a service of today asks for: each comes with its room (elder care asks for health data, and so on).
ASKED_FOR: frozenset[ConsentPurpose] = frozenset()

_page = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of "what is kept": a field, in the reader's words."""

    what: str
    purpose: str
    basis: str
    retention: str


@_page
@never_cache
def me(request: HttpRequest) -> HttpResponse:
    person = queries.person_of(actor_of(request))
    form, status = PreferencesForm(request.POST or None, initial=_preferences(person)), 200
    if person.is_staff_account:
        # Set by their administrator.
        del form.fields["name"]
    if request.method == "POST" and form.is_valid():
        known = form.cleaned_data
        saved, status = attempt(form, lambda: actions.set_preferences(by=actor_of(request), **known))
        if saved is not None:
            messages.success(request, gettext("Saved."))
            response = redirect("me")
            remember_language(response, known["language"])
            return response
    context = {
        "person": person,
        "phone": mask_phone(person.phone),
        "form": form,
        "kept": kept_table(person),
        "consents": _consents(person),
        "posts": _posts(person),
    }
    return render(request, "people/me.html", context, status=status)


@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    purpose = request.POST.get("purpose", "")
    change = actions.give_consent if request.POST.get("give") == "1" else actions.withdraw_consent
    change(purpose=purpose, by=actor_of(request))
    return redirect("me")


@require_safe
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """Everything as a JSON file."""
    everything = actions.export_person(by=actor_of(request))
    body = json.dumps(everything, ensure_ascii=False, indent=2, default=str)
    return HttpResponse(
        body,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="linli-my-data.json"'},
    )


@_page
@never_cache
def delete(request: HttpRequest) -> HttpResponse:
    queries.person_of(actor_of(request))
    form, status = DeleteForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        erased, status = attempt(form, lambda: actions.erase_person(by=actor_of(request)))
        if erased is not None:
            logout(request)
            return render(request, "people/deleted.html", {"erased": sum(erased.values())})
    return render(request, "people/delete.html", {"form": form}, status=status)


@sensitive_post_parameters("old", "password")
@_page
@never_cache
def password(request: HttpRequest) -> HttpResponse:
    queries.person_of(actor_of(request))
    form, status = PasswordForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        known, ip = form.cleaned_data, client_address(request)
        person, status = attempt(
            form,
            lambda: actions.change_password(old=known["old"], new=known["password"], ip=ip, by=actor_of(request)),
        )
        if person is not None:
            update_session_auth_hash(request, person)
            messages.success(request, gettext("The password is changed. Your other devices were signed out."))
            return redirect("me")
    return render(request, "people/password.html", {"form": form}, status=status)


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    actions.sign_out_everywhere(by=actor_of(request))
    logout(request)
    return redirect("/")


def kept_table(person: Person) -> list[tuple[Any, list[Kept]]]:
    """The declared personal fields of every room's part, as far as they can hold something about this person."""
    return [
        (
            part.label,
            [
                _kept(_word(model, name), personal)
                for model in part.models
                for name, personal in own_data.declared(model).items()
                if _concerns(model, name, person)
            ],
        )
        for part in own_data.parts()
    ]


def _concerns(model: type[Model], name: str, person: Person) -> bool:
    """Of the account only what is filled; of posts nothing for a resident, who cannot hold any."""
    if model is Person:
        return person.has_usable_password() if name == "password" else bool(getattr(person, name))
    return person.is_staff_account or model not in (Post, Delegation)


def _word(model: type[Model], name: str) -> str:
    said = str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return str(WORDS.get(name) or gettext(said[:1].upper() + said[1:]))


def _kept(what: str, personal: Personal) -> Kept:
    return Kept(what, gettext(personal.purpose), gettext(personal.basis), _retention(personal))


def _retention(personal: Personal) -> str:
    if personal.retention_days is None:
        return gettext("As long as the record it belongs to")
    if personal.retention_days == 0:
        return gettext("Until you delete your account")
    return ngettext(
        "%(days)d day after its purpose ends", "%(days)d days after its purpose ends", personal.retention_days
    ) % {"days": personal.retention_days}


def _preferences(person: Person) -> dict[str, str]:
    """The language is the one that is being read: whoever saves a name would else find every page in the other one."""
    return {"name": person.name, "language": get_language() or person.language}


def _consents(person: Person) -> list[dict[str, Any]]:
    """What a service asks for, and what was given before, so that it can be withdrawn."""
    given = {one.purpose: one for one in reversed(queries.consents(person.id))}
    return [
        {
            "purpose": purpose.value,
            "label": purpose.label,
            "given_at": given[purpose].given_at if purpose in given else None,
            "withdrawn_at": given[purpose].withdrawn_at if purpose in given else None,
        }
        for purpose in ConsentPurpose
        if purpose in ASKED_FOR or purpose in given
    ]


def _posts(person: Person) -> list[dict[str, Any]]:
    now_and_later = queries.own_posts(person.id)
    return [
        {
            "title": f"{post.unit.name} · {post.get_role_display()}",
            "note": post.body.name if post.body else "",
            "href": reverse("people_post", args=[post.id]),
            "badge": _("until %(day)s") % {"day": last_day(post.valid_to)} if post.valid_to else "",
        }
        for post in now_and_later
    ]

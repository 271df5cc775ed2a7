"""Signing in: residents by phone code, staff by password and authenticator; and signing out.

Between two steps the session remembers who passed the first one, for ten minutes. That is no sign-in: Django's `login` is
called once, after the last step, and gives the session a new key.
"""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from linli.foundation import clock, qr
from linli.foundation.access import actor_of
from linli.foundation.addresses import safe_next
from linli.foundation.attempts import attempt
from linli.foundation.clients import client_address
from linli.foundation.errors import DomainError
from linli.foundation.privacy import decrypt, encrypt, mask_phone
from linli.people import actions, queries, rules
from linli.people.forms import CodeForm, EnrolForm, PhoneForm, StaffForm, TotpForm
from linli.people.models import Person
from linli.people.pages.common import CHOSEN, chosen_before, remember_language

FIRST_STEP = timedelta(minutes=10)
# A message needs a moment: until then the page offers no second one.
RESEND_AFTER = timedelta(seconds=60)
# A worker's shift; a resident stays signed in as long as the settings say.
STAFF_SESSION = timedelta(hours=12)
_PHONE_CONTEXT = "session.sign_in_phone"
_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@never_cache
def by_phone(request: HttpRequest) -> HttpResponse:
    """Ask for a code."""
    if request.user.is_authenticated:
        return redirect(safe_next(request, request.GET.get("next")))
    form, status = PhoneForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        phone, ip = form.cleaned_data["phone"], client_address(request)
        sent, status = attempt(
            form, lambda: actions.request_code(phone=phone, ip=ip, language=_language(), by=actor_of(request))
        )
        if sent is not None:
            _remember(request, phone=_closed(phone), shown=sent.shown)
            return redirect("sign_in_code")
    context = {"form": form, "next": request.GET.get("next", "")}
    return render(request, "people/sign_in.html", context, status=status)


@_page
@never_cache
def by_phone_code(request: HttpRequest) -> HttpResponse:
    """Enter the code."""
    first = _first_step(request, "phone")
    if first is None:
        return redirect("sign_in")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        phone, code = _opened(first["phone"]), form.cleaned_data["code"]
        person, status = attempt(
            form, lambda: actions.sign_in_with_code(phone=phone, code=code, language=_language(), by=actor_of(request))
        )
        if person is not None:
            return enter(request, person)
    waited = clock.now().timestamp() - first["at"]
    context = {
        "form": form,
        "shown": first["shown"],
        "next": first["next"],
        "phone": mask_phone(_opened(first["phone"])),
        "wait": max(0, round(RESEND_AFTER.total_seconds() - waited)),
    }
    return render(request, "people/sign_in_code.html", context, status=status)


@require_POST
def another_code(request: HttpRequest) -> HttpResponse:
    """Send a new code to the phone of the first step; the old one no longer opens. Too many are refused as at the first step."""
    first = _first_step(request, "phone")
    if first is None:
        return redirect("sign_in")
    phone, ip = _opened(first["phone"]), client_address(request)
    try:
        sent = actions.request_code(phone=phone, ip=ip, language=_language(), by=actor_of(request))
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("sign_in_code")
    _remember(request, to=first["next"], phone=_closed(phone), shown=sent.shown)
    messages.success(request, gettext("A new code is on its way. The old one no longer opens."))
    return redirect("sign_in_code")


@sensitive_post_parameters("password")
@_page
@never_cache
def staff(request: HttpRequest) -> HttpResponse:
    """The first step of staff: name and password."""
    if request.user.is_authenticated:
        return redirect(safe_next(request, request.GET.get("next")))
    form, status = StaffForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        known, ip = form.cleaned_data, client_address(request)
        person, status = attempt(
            form,
            lambda: actions.check_password(
                username=known["username"], password=known["password"], ip=ip, by=actor_of(request)
            ),
        )
        if person is not None:
            _remember(request, staff=str(person.id), proof=person.get_session_auth_hash())
            return redirect("sign_in_totp" if person.totp_enrolled_at else "sign_in_enrol")
    return render(request, "people/sign_in_staff.html", {"form": form}, status=status)


@_page
@never_cache
def totp(request: HttpRequest) -> HttpResponse:
    """The second step of staff: the authenticator's code, or a recovery code."""
    known = _known_by_password(request)
    if known is None:
        return redirect("sign_in_staff")
    form, status = TotpForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        code, ip = form.cleaned_data["code"], client_address(request)
        person, status = attempt(
            form, lambda: actions.check_second_factor(person=known.id, code=code, ip=ip, by=actor_of(request))
        )
        if person is not None:
            return enter(request, person)
    context = {"form": form, "shown": queries.demo_totp(known.id)}
    return render(request, "people/sign_in_totp.html", context, status=status)


@_page
@never_cache
def enrol(request: HttpRequest) -> HttpResponse:
    """The second step of staff who have no authenticator yet: enrol one, and get the recovery codes."""
    known = _known_by_password(request)
    if known is None:
        return redirect("sign_in_staff")
    form, status = EnrolForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        code, ip = form.cleaned_data["code"], client_address(request)
        enrolled, status = attempt(
            form, lambda: actions.confirm_enrolment(person=known.id, code=code, ip=ip, by=actor_of(request))
        )
        if enrolled is not None:
            person, recovery = enrolled
            onward = enter(request, person)["Location"]
            # Answered at once and kept nowhere: only their hashes are in the database.
            return render(request, "people/recovery_codes.html", {"codes": recovery, "next": onward})
    secret = actions.begin_enrolment(person=known.id, by=actor_of(request))
    picture = qr.drawn(rules.totp_link(secret, str(known)), scale=5)
    context = {"form": form, "secret": secret, "qr": picture}
    return render(request, "people/sign_in_enrol.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    # A session is a cookie: only the end of all sessions also ends a copy. Residents keep their other devices signed in.
    staff = request.user.is_authenticated and request.user.is_staff_account
    if staff:
        actions.sign_out_everywhere(by=actor_of(request))
    logout(request)
    response = redirect("/")
    if not staff:
        # A draft of a report stays on no device that somebody else may take up.
        response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _remember(request: HttpRequest, to: str = "", **first: str) -> None:
    """Keep the first step under a new session key: whoever knew the old one is left behind."""
    request.session.cycle_key()
    wanted = safe_next(request, to or request.POST.get("next") or request.GET.get("next"))
    request.session["sign_in"] = {**first, "next": wanted, "at": clock.now().timestamp()}


def _first_step(request: HttpRequest, kind: str) -> dict[str, Any] | None:
    first: dict[str, Any] = request.session.get("sign_in") or {}
    fresh = clock.now().timestamp() - first.get("at", 0) < FIRST_STEP.total_seconds()
    return first if kind in first and fresh else None


def _known_by_password(request: HttpRequest) -> Person | None:
    """The member of staff who passed the first step, unless their password was changed or reset since."""
    first = _first_step(request, "staff")
    person = queries.account(UUID(first["staff"])) if first else None
    if not first or person is None or not constant_time_compare(person.get_session_auth_hash(), first["proof"]):
        return None
    return person


def enter(request: HttpRequest, person: Person, to: str = "") -> HttpResponse:
    """Every step is passed: sign in, with a new session key, and go where the first step wanted to (or `to`)."""
    first = request.session.pop("sign_in", {})
    login(request, person)
    if person.is_staff_account:
        request.session.set_expiry(int(STAFF_SESSION.total_seconds()))
        # The browser drops the cookie then; a copy of it must end as well.
        request.session[queries.SESSION_ENDS] = (clock.now() + STAFF_SESSION).timestamp()
    response = redirect(safe_next(request, to or first.get("next")))
    if chosen := chosen_before(request):
        actions.keep_language(by=queries.actor_of_person(person), language=chosen)
    remember_language(response, chosen or person.language)
    # Taken up once: whoever signs in here next has their own account's.
    response.delete_cookie(CHOSEN)
    return response


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _closed(phone: str) -> str:
    return base64.b64encode(encrypt(phone, _PHONE_CONTEXT)).decode()


def _opened(blob: str) -> str:
    return decrypt(base64.b64decode(blob), _PHONE_CONTEXT)

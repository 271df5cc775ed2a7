"""Who acts in this request, what the browser may load, and how a refusal is answered."""

import math
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, Actor, ActorKind, acting_as
from linli.foundation.errors import DomainError
from linli.foundation.policy import CONTENT_SECURITY_POLICY
from linli.foundation.static_serving import takes_gzip
from linli.gateway import queries as gateway
from linli.people import queries as people
from linli.web.errors import MethodRefused, UnusableText, answer, problem

Next = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # What one person was shown is never answered to another from a cache between them.
    "Cache-Control": "private, no-cache",
}


class Compressed(GZipMiddleware):
    """Pages and data, whole and of text, where the browser takes them compressed: with a name of random length, which hides how well
    what somebody sent fits a secret beside it (ADR 0024). Photos, sheets, the base map and whatever is streamed leave as they are.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or not (kind.startswith("text/") or kind.endswith(("json", "xml", "javascript"))):
            return response
        if not takes_gzip(request.headers.get("Accept-Encoding", "").encode()):
            patch_vary_headers(response, ["Accept-Encoding"])
            return response
        return super().process_response(request, response)


class SecurityHeaders:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _is_personal(request):
            response.headers.setdefault("Cache-Control", "private, no-store")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")
        return response


def _is_personal(request: HttpRequest) -> bool:
    """Whether the answer is for somebody who is known, or who holds a case's link: on a shared desk nothing of it stays behind."""
    actor: Actor | None = getattr(request, "actor", None)
    known = actor is not None and actor.kind is not ActorKind.ANONYMOUS
    return known or request.path_info.startswith(("/track/", "/rate/")) or "X-Case-Secret" in request.headers


class ActingPerson:
    """The signed-in person, the system whose API key was sent, or nobody acts for the rest of the request.

    The person's own row is readable to that person alone, so the first query already runs in their scope.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            actor = self._actor(request)
        except DomainError as error:
            return answer(request, error)
        request.actor = actor  # type: ignore[attr-defined]
        with acting_as(actor):
            return self.get_response(request)

    def _actor(self, request: HttpRequest) -> Actor:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and request.path_info.startswith("/api/"):
            return gateway.actor_of_key(secret.strip())
        person_id = request.session.get(SESSION_KEY)
        if person_id is None:
            return ANONYMOUS
        if request.session.get(people.SESSION_ENDS, math.inf) <= clock.now().timestamp():
            request.session.flush()
            return ANONYMOUS
        with acting_as(Actor(UUID(person_id), ActorKind.PERSON, "")):
            person = request.user
            if not person.is_authenticated:
                return ANONYMOUS
            return people.actor_of_person(person)


class DomainErrors:
    """A refusal becomes a page, a fragment or problem details, each saying what to do."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _holds_nul(request):
            return answer(request, UnusableText())
        response = self.get_response(request)
        if response.status_code == 405 and request.path_info.startswith("/api/"):
            refusal = problem(MethodRefused(), request)
            refusal.headers["Allow"] = response.headers.get("Allow", "")
            return refusal
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer(request, exception) if isinstance(exception, DomainError) else None


def _holds_nul(request: HttpRequest) -> bool:
    """No text field can hold U+0000, wherever an address would bring it to. Open311 refuses it in its own form."""
    if request.path_info.startswith("/open311/"):
        return False
    return "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")

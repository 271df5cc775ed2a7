"""How a refusal is answered: a page, a fragment for an open page, or problem details (RFC 9457) for a program."""

import logging
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from linli.foundation.errors import DomainError, NotAllowed, NotFound, SignInNeeded
from linli.foundation.tabular import ImportRefused
from linli.web import surfaces

log = logging.getLogger(__name__)


class BadRequest(DomainError):
    code = "bad_request"
    status = 400
    message = _("Your browser sent something that cannot be read. Go back, reload the page and try again.")


class FormExpired(DomainError):
    """The anti-forgery check failed: the page is too old, or its cookie is gone."""

    code = "form_expired"
    status = 403
    message = _(
        "This form was open for too long, or your browser keeps no cookies. Go back, copy what you typed, "
        "reload the page and send it again. Nothing was sent."
    )


class MethodRefused(DomainError):
    code = "method_not_allowed"
    status = 405
    message = _("This address does not answer to that method. The header Allow names those that it does.")


class TooLarge(DomainError):
    code = "too_large"
    status = 413
    message = _("This request is too large. Send files by themselves, and long lists in parts.")


class UnusableText(DomainError):
    code = "unusable_text"
    status = 422
    message = _("The text holds a sign that cannot be kept (U+0000, or half of a pair). Please remove it.")


class WrongMediaType(DomainError):
    code = "wrong_media_type"
    status = 415
    message = _("Send JSON, with Content-Type: application/json.")


class Broken(DomainError):
    code = "broken"
    status = 500
    message = _(
        "Something broke on our side. Please try again in a minute. If it stays, call 12345 and name this "
        "number: %(reference)s."
    )


# What a page of its own says first; anything else is “This did not work”.
TITLES = {
    401: _("Please sign in first"),
    403: _("This is not yours to open"),
    404: _("Nothing is here"),
    500: _("Something broke on our side"),
}


def answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to a refused request, in the form that its sender reads."""
    if wants_problem(request):
        return problem(error, request)
    context = {"error": error, "title": _title(error), "sign_in": _sign_in(request.path)}
    if request.headers.get("HX-Request"):
        response = render(request, "web/error_fragment.html", context, status=error.status)
        # Whatever the request wanted to change stays as it is; the refusal is said in the page's live region.
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML show:window:top"
        # A form that takes its own part of an answer (hx-select) would find nothing in this one, and say nothing.
        response.headers["HX-Reselect"] = ".notice"
    elif isinstance(error, SignInNeeded) and request.method == "GET":
        response = redirect_to_login(request.get_full_path(), _sign_in(request.path))
    else:
        response = render(request, "web/error.html", context, status=error.status)
    patch_vary_headers(response, ["HX-Request", "Accept"])
    return response


def _sign_in(path: str) -> str:
    return "/sign-in/staff/" if surfaces.is_for_staff(path) else settings.LOGIN_URL


def _title(error: DomainError) -> str | Promise:
    """A form that expired, and one's own work that one may not verify, are refused too, and are no matter of who may open what."""
    if error.status == NotAllowed.status and error.code != NotAllowed.code:
        return _("This did not work")
    return TITLES.get(error.status, _("This did not work"))


def wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/")


def problem(error: DomainError, request: HttpRequest, **more: Any) -> JsonResponse:
    """RFC 9457 problem details; `more` are members of this kind of problem, such as the list of wrong fields."""
    body: dict[str, Any] = {
        "type": f"urn:linli:error:{error.code}",
        "title": str(error),
        "status": error.status,
        "code": error.code,
        "instance": request.path,
    }
    if error.field:
        body["field"] = error.field
    if error.data:
        body["data"] = {name: str(value) for name, value in error.data.items()}
    if isinstance(error, ImportRefused):
        body["errors"] = [
            {"row": found.row, "column": found.column, "message": str(found.message)} for found in error.problems
        ]
    body |= more
    response = JsonResponse(body, status=error.status, content_type="application/problem+json")
    if "seconds" in error.data:
        response.headers["Retry-After"] = str(error.data["seconds"])
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return answer(request, TooLarge() if too_large else BadRequest())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotAllowed())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotFound())


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What an installed page shows where there is no network: kept by the service worker, so it names nobody."""
    return render(request, "web/offline.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, FormExpired())


def broken(request: HttpRequest) -> HttpResponse:
    """The last resort. Its page reads nothing from the database, and where even a page fails it is plain words."""
    reference = uuid4().hex[:8]
    log.error("answered %s %s with an error page, reference %s", request.method, request.path, reference)
    error = Broken(reference=reference)
    try:
        return answer(request, error)
    except Exception:
        log.exception("the error page itself failed")
        return HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")

"""The addresses of GeoReport v2. Each is answered in the form that its ending names, refusals too."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from linli.config import env
from linli.foundation.errors import DomainError, InvalidInput, NotFound
from linli.gateway.open311 import forms, posting, reading, services
from linli.gateway.open311.errors import JurisdictionUnknown, MethodNotAllowed, WrongValue, refusal

View = Callable[..., HttpResponse]


def endpoint(*methods: str) -> Callable[[View], View]:
    """An address that takes these methods. No cookie counts here, so no form token is asked for either."""

    def make(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, form: str, **path: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise MethodNotAllowed
                _check(request)
                return view(request, form, **path)
            except DomainError as error:
                response = refusal(form, error)
                if response.status_code == 405:
                    response.headers["Allow"] = ", ".join(methods)
                return response
            except (SuspiciousOperation, BadRequest, MultiPartParserError):
                return refusal(form, InvalidInput())

        return answered

    return make


def _check(request: HttpRequest) -> None:
    """The jurisdiction is ours, where one is named; and no value holds what cannot be kept."""
    sent = [request.GET] + ([request.POST] if request.method == "POST" else [])
    for values in sent:
        for name, listed in values.lists():
            if any("\x00" in value or _broken(value) for value in (name, *listed)):
                raise WrongValue(name=name.encode("ascii", "replace").decode().replace("\x00", "?")[:60])
        jurisdiction = values.get("jurisdiction_id", "").strip()
        if jurisdiction and jurisdiction != env.get("LINLI_CITY"):
            raise JurisdictionUnknown(value=jurisdiction[:60])


def _broken(value: str) -> bool:
    """Half of a surrogate pair, which no text can hold."""
    return any("\ud800" <= sign <= "\udfff" for sign in value)


@endpoint("GET", "HEAD")
def discovery(request: HttpRequest, form: str) -> HttpResponse:
    url = request.build_absolute_uri(reverse("open311"))
    return forms.answer(form, "discovery", services.discovery(url.rstrip("/")))


@endpoint("GET", "HEAD")
def service_list(request: HttpRequest, form: str) -> HttpResponse:
    return forms.answer(form, "services", services.services())


@endpoint("GET", "HEAD")
def service_definition(request: HttpRequest, form: str, code: str) -> HttpResponse:
    return forms.answer(form, "service_definition", services.definition(code))


@endpoint("GET", "HEAD", "POST")
def requests(request: HttpRequest, form: str) -> HttpResponse:
    if request.method == "POST":
        return forms.answer(form, "service_requests", [posting.post(request)], status=201)
    return forms.answer(form, "service_requests", reading.requests(request.GET))


@endpoint("GET", "HEAD")
def one_request(request: HttpRequest, form: str, reference: str) -> HttpResponse:
    return forms.answer(form, "service_requests", [reading.request(reference)])


@endpoint("GET", "HEAD")
def token(request: HttpRequest, form: str, token: str) -> HttpResponse:
    """Requests get their number at once, so no token is ever given out; the number stands for itself."""
    number = reading.request(token)["service_request_id"]
    return forms.answer(form, "service_requests", [{"service_request_id": number, "token": token}])


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Every other address below this one: refused in a form of the standard."""
    return refusal(forms.XML if rest.endswith(".xml") else forms.JSON, NotFound())

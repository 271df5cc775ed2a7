"""The one API under /api/v1/: each room's `router`, one way to say who acts, one form of refusal (RFC 9457)."""

import json
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, NotFound
from linli.web.api_docs import Reference, described
from linli.web.errors import BadRequest, FormExpired, TooLarge, UnusableText, WrongMediaType, problem


class ByKey(AuthBase):
    """`Authorization: Bearer …`: the system whose API key the middleware has checked. Sent on purpose, so no token is asked."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Actor | None:
        actor = actor_of(request)
        return actor if actor.kind is ActorKind.API_KEY else None


class BySession(AuthBase):
    """The session's person, or nobody. Actions decide what each may do, so nobody is turned away here.

    A session's writes must carry the anti-forgery token, since browsers send the cookie by themselves.
    """

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor:
        actor = actor_of(request)
        if actor.kind is ActorKind.PERSON and check_csrf(request):
            raise FormExpired
        return actor


class JsonOnly(Parser):
    """Bodies are JSON and say so."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json" and not (request.content_type or "").endswith("+json"):
            raise WrongMediaType
        # UTF-8 alone (RFC 8259, 8.1): given bytes, Python would guess UTF-16 too, and the next check would not see its escapes.
        content = json.loads(request.body.decode(), parse_constant=_refuse_constant)
        # Only an escape can bring what no text field can hold: U+0000, or half of a surrogate pair.
        if b"\\u" in request.body:
            _require_storable(content)
        return content


def _require_storable(content: Any) -> None:
    try:
        text = json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UnusableText from None
    if b"\\u0000" in text:
        raise UnusableText


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class Api(NinjaAPI):
    """The description names the refusals too, and that nobody has to sign in for what everybody may do."""

    def get_openapi_schema(self, *arguments: Any, **options: Any) -> Any:
        schema = super().get_openapi_schema(*arguments, **options)
        described(schema)
        return schema


api = Api(
    title="Linli",
    version="1",
    description="Community governance: from a report to its rating. Refusals are problem details (RFC 9457).",
    auth=[ByKey(), BySession()],
    docs=Reference(),
    docs_url="/docs",
    urls_namespace="api",
    parser=JsonOnly(),
)


@api.exception_handler(DomainError)
def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problem(error, request)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(NotFound(), request)


@api.exception_handler(PermissionDenied)
def _not_allowed(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(NotAllowed(), request)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses, such as a body that is no JSON."""
    cause = error.__cause__
    return problem(cause if isinstance(cause, DomainError) else BadRequest(), request)


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(TooManyFieldsSent)
@api.exception_handler(TooManyFilesSent)
def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(TooLarge(), request)


@api.exception_handler(UnreadablePostError)
@api.exception_handler(MultiPartParserError)
def _broken_off(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(BadRequest(), request)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(InvalidInput(), request, errors=[_field_error(item) for item in error.errors])


def _field_error(item: dict[str, Any]) -> dict[str, str]:
    """One wrong field: where it is (`body.lon`), pydantic's stable kind of the error, and a sentence for a person."""
    return {
        "field": ".".join(str(part) for part in item.get("loc", ())),
        "code": str(item["type"]),
        "message": _sentence(str(item["type"]), item.get("ctx") or {}),
    }


def _sentence(kind: str, limits: dict[str, Any]) -> str:
    sentences = {
        "missing": _("This field is needed."),
        "string_too_short": _("Write at least %(min_length)s characters."),
        "string_too_long": _("Write at most %(max_length)s characters."),
        "greater_than": _("This must be more than %(gt)s."),
        "greater_than_equal": _("This must be at least %(ge)s."),
        "less_than": _("This must be less than %(lt)s."),
        "less_than_equal": _("This must be at most %(le)s."),
        "enum": _("This must be one of: %(expected)s."),
        "literal_error": _("This must be one of: %(expected)s."),
        "extra_forbidden": _("There is no such field."),
    }
    families = {
        "int_": _("This must be a whole number."),
        "float_": _("This must be a number."),
        "bool_": _("This must be true or false."),
        "uuid_": _("This must be an id (UUID)."),
        "datetime_": _("This must be a moment with its zone, such as 2026-03-01T09:00:00+08:00."),
        "date_": _("This must be a date, such as 2026-03-01."),
    }
    if kind in sentences:
        return sentences[kind] % limits
    return next((text for start, text in families.items() if kind.startswith(start)), _("This value cannot be used."))


for _room in settings.ROOMS:
    _package = import_module(f"linli.{_room}")
    if _room != "web" and module_has_submodule(_package, "api"):
        api.add_router(f"/{_room}", import_module(f"linli.{_room}.api").router)

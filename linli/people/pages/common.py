"""What the pages of this room share."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from linli.foundation import moments
from linli.foundation.access import actor_of
from linli.foundation.idempotency import carry_out, once


def remember_language(response: HttpResponse, language: str) -> None:
    """Show the next pages in this language, as the switch in the header does."""
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE, samesite="Lax")


# Apart from the language of the pages, which may be left from somebody else who used this browser.
CHOSEN = "language_chosen"
CHOSEN_FOR = 3600


def remember_choice(response: HttpResponse, language: str) -> None:
    """Somebody chose this language before they signed in: for an hour it is the choice of who does."""
    response.set_cookie(
        CHOSEN, language, max_age=CHOSEN_FOR, samesite="Lax", httponly=True, secure=bool(settings.SESSION_COOKIE_SECURE)
    )


def chosen_before(request: HttpRequest) -> str:
    """The language that was chosen on the way to signing in; empty where none was."""
    chosen = request.COOKIES.get(CHOSEN, "")
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def once_only(request: HttpRequest, work: Callable[[], Model]) -> str:
    """The id of what `work` makes; a form that is sent twice makes it once."""
    by = actor_of(request)
    sent = {name: request.POST.getlist(name) for name in request.POST if name not in ("csrfmiddlewaretoken", "once")}
    key = once(by, request.POST.get("once"), [request.path, sent])
    return str(carry_out(key, lambda: str(work().pk)))


def last_day(moment: datetime | None) -> str:
    """The last day of a period that ends at `moment`, in the city's time; empty where it is open."""
    if moment is None:
        return ""
    return moments.day((moment - timedelta(microseconds=1)).astimezone(ZoneInfo(settings.TIME_ZONE)).date())

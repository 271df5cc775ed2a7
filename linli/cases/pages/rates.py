"""The three rates of each body."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.cases import queries, rules
from linli.cases.pages import words
from linli.cases.pages.lists import topics_of
from linli.foundation import clock
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import NotAllowed, SignInNeeded

DAYS = (7, 30, 90, 365)


@require_safe
def rates(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.may(Permission.SEE_CASES):
        raise SignInNeeded if actor.id is None else NotAllowed
    days = int(request.GET["days"]) if request.GET.get("days", "") in map(str, DAYS) else 30
    now = clock.now()
    found = queries.rates(actor, since=now - timedelta(days=days), until=now)
    table = sorted(((words.body_name(body), figures) for body, figures in found.items()), key=lambda row: row[0])
    context = {
        "rows": [_row(name, figures) for name, figures in table],
        "columns": [_("Body"), _("Response rate"), _("Solution rate"), _("Satisfaction rate")],
        "days": days,
        "choices": DAYS,
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/rates.html", context)


def _row(name: str, figures: rules.Rates) -> list[str]:
    return [
        name,
        _share(figures.response, figures.responded, figures.dispatched),
        _share(figures.solution, figures.solved, figures.evaluated),
        _share(figures.satisfaction, figures.satisfied, figures.evaluated),
    ]


def _share(rate: float | None, part: int, whole: int) -> str:
    return "–" if rate is None else f"{rate:.0%} ({part}/{whole})"

"""The register of reopening: what is closed, what applied, what is open again, and how many opened day by day."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import lifecycle, queries, rules
from linli.campaigns.actions import premises as register
from linli.campaigns.lifecycle import Move
from linli.campaigns.models import Premises, PremisesKind, Standing
from linli.campaigns.pages.common import (
    language,
    name_of,
    names_of,
    once_only,
    read_or_sent,
    reader,
    timeline,
    unit_choices,
    units_of,
    uuid_in,
)
from linli.campaigns.premises_on_map import TONES
from linli.campaigns.queries import premises as reads
from linli.campaigns.rules import Act
from linli.cases.charts import Chart, Series
from linli.foundation.access import Actor
from linli.foundation.attempts import attempt
from linli.foundation.errors import DomainError, NotFound
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import UnitInfo

MOVES: dict[Move, tuple[Any, Any]] = {
    Move.APPLY: (gettext_lazy("It applies"), gettext_lazy("What it promises: masks, distance, numbers, cleaning.")),
    Move.OPEN: (gettext_lazy("It may open"), gettext_lazy("What the inspection found.")),
    Move.CONDITIONS: (gettext_lazy("It may open on conditions"), gettext_lazy("On which conditions, and until when.")),
    Move.REFUSE: (gettext_lazy("It stays closed"), gettext_lazy("What has to be mended first.")),
    Move.CLOSE: (
        gettext_lazy("Close it"),
        gettext_lazy("What was found. It needs a declaration that gives this power."),
    ),
}
STEPS = {
    "register": gettext_lazy("Registered as closed"),
    **{move.value: label for move, (label, _about) in MOVES.items()},
}


def _unit(actor: Actor, asked: str | None) -> UnitInfo:
    """The unit that is shown: the one asked for, or the first in which one works. Raises `NotFound`, `NotAllowed`."""
    chosen = uuid_in(asked)
    if asked and chosen is None:
        raise NotFound
    try:
        unit = territory.unit(chosen or units_of(actor, Act.SEE)[0])
    except UnknownUnit:
        raise NotFound from None
    queries.require(actor, Act.SEE, unit.id)
    return unit


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    unit = _unit(actor, request.GET.get("unit"))
    asked = request.GET.get("standing", "")
    standing = asked if asked in Standing.values else ""
    after = uuid_in(request.GET.get("after"))
    found = reads.listed(actor, unit.id, standing, after)
    shown = found[: reads.PAGE]
    counts = reads.counts(actor, unit.id)
    here = f"?{urlencode({'unit': unit.id, 'standing': standing})}"
    context = {
        "unit": unit,
        "unit_name": unit.name_in(language()),
        "units": forms.Select(choices=unit_choices(units_of(actor, Act.SEE), unit.id)).render(
            "unit", str(unit.id), {"id": "unit"}
        ),
        "items": _items(shown),
        "any": bool(counts),
        "stats": [
            {
                "label": one.label,
                "value": f"{counts.get(one, 0):,}",
                "href": f"?{urlencode({'unit': unit.id, 'standing': one})}",
            }
            for one in Standing
        ],
        "chart": f"/api/v1/campaigns/premises/curve?{urlencode({'unit': unit.id})}",
        **_table(actor, unit.id),
        "next_href": f"{here}&after={shown[-1].pk}" if len(found) > reads.PAGE else "",
        "first_href": here if after else "",
        "runs": queries.may(actor, Act.RUN),
    }
    return render(request, "campaigns/premises.html", context)


def _items(rows: Sequence[Premises]) -> list[dict[str, Any]]:
    names = names_of([row.unit_id for row in rows])
    kinds = {kind.value: str(kind.label) for kind in PremisesKind}
    standings = {standing.value: (str(standing.label), TONES[standing]) for standing in Standing}
    return [
        {
            "href": f"/control/premises/{row.pk}/",
            "title": row.name,
            "note": f"{kinds[row.kind]} · {names.get(row.unit_id, '')} · {row.address}",
            "badge": standings[row.standing][0],
            "tone": standings[row.standing][1],
        }
        for row in rows
    ]


def _table(actor: Actor, unit_id: UUID) -> dict[str, Any]:
    """The days on which something was found, the newest first."""
    days = [day for day in reversed(reads.by_day(actor, unit_id)) if day.opened or day.conditional or day.closed]
    return {
        "columns": [_("Day"), *(Standing(one).label for one in RESULTS)],
        "days": [
            [date_format(day.day, _("M j")), str(day.opened), str(day.conditional), str(day.closed)] for day in days
        ],
    }


RESULTS = (Standing.OPENED, Standing.CONDITIONAL, Standing.CLOSED)


def curve(actor: Actor, unit_id: UUID) -> Chart:
    """What inspections found, day by day, as a chart draws it."""
    days = reads.by_day(actor, unit_id)
    values = ([day.opened for day in days], [day.conditional for day in days], [day.closed for day in days])
    lists = [f"/control/premises/?{urlencode({'unit': unit_id, 'standing': result})}" for result in RESULTS]
    return Chart(
        kind="bars",
        percent=False,
        labels=[date_format(day.day, _("M j")) for day in days],
        series=[
            Series(str(result.label), TONES[result], row, [href] * len(days))
            for result, row, href in zip(RESULTS, values, lists, strict=True)
        ],
        counted_at=None,
    )


class PremisesForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("joint control", "Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of premises"), choices=PremisesKind.choices)
    unit = forms.ChoiceField(label=pgettext_lazy("joint control", "Area"))
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200)
    responsible = forms.CharField(
        label=gettext_lazy("Who answers for it"), max_length=120, help_text=gettext_lazy("Encrypted.")
    )
    phone = forms.RegexField(r"^[0-9+\- ]*$", label=gettext_lazy("Phone"), max_length=20, required=False)
    lon = forms.FloatField(label=gettext_lazy("Longitude"), min_value=-180, max_value=180, required=False)
    lat = forms.FloatField(label=gettext_lazy("Latitude"), min_value=-90, max_value=90, required=False)

    def told(self) -> register.NewPremises:
        values = dict(self.cleaned_data)
        return register.NewPremises(unit=UUID(values.pop("unit")), **values)


@read_or_sent
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    actor = reader(request, Act.RUN)
    asked = uuid_in(request.GET.get("unit")) or uuid_in(request.POST.get("unit"))
    form = PremisesForm(request.POST if request.method == "POST" else None, initial={"unit": asked})
    field = form.fields["unit"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = unit_choices(units_of(actor, Act.RUN), asked)
    status = 200
    if request.method == "POST" and form.is_valid():
        told = form.told()
        made, status = attempt(
            form, lambda: once_only(request, actor, lambda: str(register.register(told=told, by=actor).pk))
        )
        if made is not None:
            return redirect(f"/control/premises/{made}/")
    shown = 422 if form.errors and status == 200 else status
    return render(request, "campaigns/premises_new.html", {"form": form}, status=shown)


@require_safe
@never_cache
def one(request: HttpRequest, premises_id: UUID) -> HttpResponse:
    actor = reader(request)
    return _shown(request, actor, reads.one(actor, premises_id))


def _shown(
    request: HttpRequest, actor: Actor, row: Premises, refused: str = "", words: str = "", status: int = 200
) -> HttpResponse:
    standing = Standing(row.standing)
    moves = lifecycle.MOVES[standing] if queries.may(actor, Act.RUN, row.unit_id) else {}
    context = {
        "row": row,
        "unit_name": name_of(row.unit_id),
        "standing": standing.label,
        "tone": TONES[standing],
        "moves": [(move.value, *MOVES[move]) for move in moves],
        "refused": refused,
        "words": words,
        "least": rules.LEAST_WORDS,
        "most": rules.MOST_WORDS,
        "checks": row.checks.order_by("-at"),
        "entries": timeline(row.pk, STEPS),
    }
    return render(request, "campaigns/premises_one.html", context, status=status)


@require_POST
def change(request: HttpRequest, premises_id: UUID, name: str) -> HttpResponse:
    """One step; what is refused is told with what was typed."""
    actor = reader(request, Act.RUN)
    row = reads.one(actor, premises_id)
    version, words = request.POST.get("version", ""), request.POST.get("words", "")
    if name not in set(Move) or not version.isdecimal() or len(version) > 9:
        raise NotFound

    def work() -> str:
        moved = register.move(premises=premises_id, move=Move(name), words=words, by=actor, version=int(version))
        return str(moved.pk)

    try:
        once_only(request, actor, work)
    except DomainError as refusal:
        return _shown(request, actor, reads.one(actor, row.pk), str(refusal), words, refusal.status)
    notices.success(request, _("Kept in the register."))
    return redirect(f"/control/premises/{premises_id}/")

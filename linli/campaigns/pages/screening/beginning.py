"""A screening is begun: for an area, with a form, by a moment."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache

from linli.campaigns import actions, queries, rules
from linli.campaigns.models import FormVersion, Power
from linli.campaigns.pages.common import moment_field, once_only, read_or_sent, reader, unit_choices, units_of, uuid_in
from linli.campaigns.pages.screening.area import inside
from linli.campaigns.queries import console
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotAllowed


class ScreeningForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("joint control", "Name"), max_length=120)
    unit = forms.ChoiceField(label=gettext_lazy("Which area is visited"))
    due_at = moment_field(gettext_lazy("Every door by"))
    form = forms.ChoiceField(label=gettext_lazy("Form"), required=False)
    most_attempts = forms.IntegerField(
        label=gettext_lazy("Attempts"),
        min_value=1,
        max_value=20,
        initial=3,
        help_text=gettext_lazy("Nobody home so often is told as not reached, and left to the desk."),
    )
    door_minutes = forms.FloatField(
        label=gettext_lazy("Minutes a door"),
        min_value=0.5,
        max_value=120,
        initial=4,
        help_text=gettext_lazy("What a visit takes: the doors are divided by it."),
    )

    def __init__(
        self, data: Any, *, units: Sequence[tuple[str, str]], known: Sequence[tuple[str, str]], due: Any, form: Any
    ) -> None:
        super().__init__(data, initial={"due_at": due, "form": form})
        for name, choices in (("unit", units), ("form", [("", _("None: the outcome alone")), *known])):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(choices)

    def told(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        return {**values, "unit": UUID(values["unit"]), "form": uuid_in(values["form"])}


def _named(row: FormVersion) -> str:
    return " · ".join([row.title, row.version, *([str(Power.ASK_HEALTH.label)] if row.asks_health else [])])


@read_or_sent
@never_cache
def new(request: HttpRequest, declaration_id: UUID) -> HttpResponse:
    actor = reader(request, Act.RUN)
    declared = queries.declaration(declaration_id)
    tops = inside(declared.unit_id, units_of(actor, Act.RUN))
    if not tops:
        raise NotAllowed
    known = [(str(one.pk), _named(one)) for one in console.forms_for(declared.unit_id)]
    sent = request.POST if request.method == "POST" else None
    asked = uuid_in(request.GET.get("unit")) or uuid_in(request.POST.get("unit"))
    due = min(rules.end_of(declared.ends_at, declared.ended_at), clock.now() + rules.LONGEST)
    form = ScreeningForm(sent, units=unit_choices(tops, asked), known=known, due=due, form=request.GET.get("form"))
    status = 200
    if sent is not None and form.is_valid():

        def begin() -> str:
            return str(actions.start(declaration=declaration_id, by=actor, **form.told()).pk)

        made, status = attempt(form, lambda: once_only(request, actor, begin))
        if made is not None:
            return redirect(f"/control/screenings/{made}/")
    context = {"form": form, "declared": declared}
    return render(
        request, "campaigns/screening_new.html", context, status=422 if form.errors and status == 200 else status
    )

"""What the desk and the verifiers promise of each case: open to everyone to read, the city's to set."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from linli.duties import effects, queries, shown
from linli.duties.actions import stages
from linli.duties.actions.stages import Promised
from linli.duties.forms import StageForm
from linli.duties.models import Stage
from linli.duties.pages.common import edits_city, key_of, read_or_sent
from linli.duties.rules import amount_text
from linli.foundation import preview
from linli.foundation.access import actor_of
from linli.foundation.attempts import attempt
from linli.foundation.idempotency import carry_out

# From when to when each is counted.
COUNTED = {
    Stage.READ: _("From the report to its filing, or to the reason why it is not filed."),
    Stage.CHECK: _("From the report back to the verifier's word."),
    Stage.CLOSE: _("From the report back to the closing, the check included."),
}


@read_or_sent
def stage_page(request: HttpRequest) -> HttpResponse:
    actor, sent, status = actor_of(request), None, 200
    if request.method == "POST":
        sent = StageForm(request.POST, auto_id=f"{request.POST.get('stage', '')}_%s")
        status = 422
        if sent.is_valid():
            known = sent.cleaned_data
            stage, expected = known["stage"], known["expected"]
            amount = known["limit_amount"]
            promised = Promised(amount, known["limit_kind"]) if amount is not None else None
            possible, status = _possible(request, sent, stage, promised, expected)
            if possible and not preview.repeated(request):
                effect = effects.of_stage(stage, queries.stage_limit(stage), promised)
                if not preview.confirmed(request, effect):
                    return preview.page(request, effect, back=request.path)

            def work() -> str:
                stages.set_stage(stage=stage, promised=promised, by=actor, reason=known["reason"], expected=expected)
                return str(stage)

            done, status = attempt(sent, lambda: carry_out(key_of(request), work)) if possible else (None, status)
            if done is not None:
                messages.success(request, gettext("It holds from now on. What waits already keeps its promise."))
                return redirect("duties_stages")
    edits = edits_city(actor)
    context = {"stages": [_told(stage, sent, edits=edits) for stage in Stage], "columns": shown.stage_columns()}
    return render(request, "duties/stages.html", context, status=status)


def _possible(
    request: HttpRequest, form: StageForm, stage: str, promised: Promised | None, expected: UUID | None
) -> tuple[bool, int]:
    """Whether it would go through, and the status with what is wrong told in the form."""
    if preview.repeated(request):
        return True, 200
    refused: tuple[Any, int] = attempt(
        form, lambda: stages.check_stage(stage, promised, by=actor_of(request), expected=expected)
    )
    return refused[1] == 200, refused[1]


def _told(stage: Stage, sent: StageForm | None, *, edits: bool) -> dict[str, Any]:
    limits = queries.stage_limits(stage)
    now = limits[0] if limits and limits[0].valid_to is None else None
    initial: dict[str, Any] = {"stage": stage.value, "limit_kind": "working_hour"}
    if now is not None:
        initial |= {"limit_amount": amount_text(now.limit_amount), "limit_kind": now.limit_kind, "expected": now.id}
    own = sent if sent is not None and sent.data.get("stage") == stage.value else None
    return {
        "stage": stage,
        "counted": COUNTED[stage],
        "now": shown.duration(now.limit_amount, now.limit_kind) if now else "",
        "history": [shown.stage_row(limit) for limit in limits],
        "form": (own or StageForm(initial=initial, auto_id=f"{stage.value}_%s")) if edits else None,
    }

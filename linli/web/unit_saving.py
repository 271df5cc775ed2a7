"""How a change of units is saved: it is made and undone to say what follows, and made again once that is confirmed."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from linli.foundation import preview
from linli.foundation.access import actor_of
from linli.foundation.errors import DomainError
from linli.foundation.idempotency import carry_out, once
from linli.foundation.preview import Effect
from linli.foundation.tabular import ImportRefused
from linli.territory import actions

read_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def shown_then_done(
    request: HttpRequest,
    form: forms.Form,
    change: Callable[[], Sequence[Any]],
    effect_of: Callable[[Sequence[Any]], Effect],
) -> tuple[HttpResponse | None, int]:
    """What the change would do; once that is confirmed, the change, and the page of the first unit that it made.

    Nothing where the form is to be shown (again): it is refused, or its author goes on with it.
    """
    if preview.changed_mind(request):
        return None, 200
    actor = actor_of(request)
    sent = {name: request.POST.getlist(name) for name in request.POST if name not in {"csrfmiddlewaretoken", "once"}}
    try:
        if not preview.repeated(request):
            with actions.tried(change) as made:
                effect = effect_of(made)
            if not preview.confirmed(request, effect):
                return preview.page(request, effect, back=request.path, again=True), 200
        key = once(actor, request.POST.get("once"), [request.path, sent])
        now = carry_out(key, lambda: str(change()[0].pk))
    except DomainError as refusal:
        _tell(form, refusal)
        return None, refusal.status
    messages.success(request, gettext("The territory changes on that day."))
    return redirect(f"/territory/?unit={now}"), 200


def _tell(form: forms.Form, refusal: DomainError) -> None:
    """What is refused, beside the fields that it is about."""
    if isinstance(refusal, ImportRefused):
        told = [(problem.column, capfirst(str(problem.message))) for problem in refusal.problems]
    else:
        told = [(refusal.field or "", str(refusal))]
    for field, message in told:
        form.add_error(field if field in form.fields else None, ValidationError(message, code=refusal.code))

"""A change is shown before it is saved: what it does, in words, and then again if that is no longer what it would do.

    effect = Effect(title, changes=[(field, old, new)], follows=[Line(…)])
    if not preview.confirmed(request, effect):
        return preview.page(request, effect)

The page repeats what was sent, with a digest of the effect. Whoever confirms an effect that has changed meanwhile is shown the new one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from linli.foundation.access import actor_of
from linli.foundation.idempotency import was_used

# What the form's shell adds, and what the page itself sends.
_NOT_REPEATED = {"csrfmiddlewaretoken", "once", "sure", "again"}


@dataclass(frozen=True, slots=True)
class Line:
    """One consequence in words; `tone`: warn for what wants a second thought, bad for what leaves a hole."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    title: str
    changes: Sequence[tuple[str, str, str]] = ()
    follows: Sequence[Line] = field(default_factory=list)
    # A picture of it: any object with the `template` that draws it as `drawing`.
    drawing: Any = None

    def digest(self) -> str:
        lines = [(line.text, line.tone) for line in self.follows]
        return sha256(json.dumps([self.title, list(self.changes), lines], ensure_ascii=False).encode()).hexdigest()


def confirmed(request: HttpRequest, effect: Effect) -> bool:
    """Whether the reader has seen this very effect; or has saved it already, by a first press of the same button."""
    return request.POST.get("sure") == effect.digest() or repeated(request)


def repeated(request: HttpRequest) -> bool:
    """Whether this form was carried out already: sent twice, it shows what came of it and no preview."""
    by = actor_of(request)
    return was_used(by, request.POST.get("once"))


def changed_mind(request: HttpRequest) -> bool:
    """Whether the reader wants to go on with the form, as it was filled in."""
    return "again" in request.POST


def page(request: HttpRequest, effect: Effect, *, back: str, again: bool = False) -> HttpResponse:
    """What will happen, to be confirmed. Where another effect was confirmed, it says that it has changed (409).

    `again` offers a way back to the form, for whoever asks `changed_mind`.
    """
    stale = bool(request.POST.get("sure"))
    sent = [(name, value) for name in request.POST if name not in _NOT_REPEATED for value in request.POST.getlist(name)]
    context = {"effect": effect, "digest": effect.digest(), "sent": sent, "back": back, "stale": stale, "again": again}
    return render(request, "web/preview.html", context, status=409 if stale else 200)

"""The once-only key of a page's form, and files that came with it."""

from django.http import HttpRequest

from linli.foundation import idempotency
from linli.foundation.access import Actor

_NOT_CONTENT = frozenset({"csrfmiddlewaretoken", "once"})


def key_of(request: HttpRequest) -> idempotency.Once | None:
    """The key that was drawn with the form, with a digest of everything that was sent."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    content = {name: request.POST.getlist(name) for name in request.POST if name not in _NOT_CONTENT}
    content["path"] = [request.path]
    content["files"] = [f"{file.name}:{file.size}" for group in request.FILES.lists() for file in group[1]]
    return idempotency.once(actor, request.POST.get("once"), content)

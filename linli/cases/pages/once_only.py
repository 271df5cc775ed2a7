"""The once-only key of a page's form, and files that came with it."""

from django.http import HttpRequest

from linli.cases.pages import uploads
from linli.foundation import idempotency
from linli.foundation.access import actor_of

_NOT_CONTENT = frozenset({"csrfmiddlewaretoken", "once", "unsigned"})


def key_of(request: HttpRequest, *, sender: str = "") -> idempotency.Once | None:
    """The key that was drawn with the form, with a digest of everything that was sent.

    A key counts for each person by themselves, unless one `sender` is named for all of them.
    """
    actor = actor_of(request)
    content = {name: request.POST.getlist(name) for name in request.POST if name not in _NOT_CONTENT}
    # A photo's token is signed anew whenever it is shown: what counts is the photo.
    content["kept"] = [str(uploads.id_of(token)) for token in content.get("kept", [])]
    content["path"] = [request.path]
    content["files"] = [f"{file.name}:{file.size}" for group in request.FILES.lists() for file in group[1]]
    return idempotency.once(actor, request.POST.get("once"), content, sender=sender)

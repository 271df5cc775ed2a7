"""What the pages of this room share."""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest
from django.views.decorators.http import require_http_methods

from linli.foundation import imports
from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.files import MAX_BYTES, FileTooLarge
from linli.foundation.idempotency import Once, carry_out, once
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

read_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def edits_city(actor: Actor) -> bool:
    may = actor.may(Permission.EDIT_DUTIES)
    return may and any(actor.may(Permission.EDIT_DUTIES, root.path) for root in territory.children(None))


def key_of(request: HttpRequest, digest: str = "") -> Once | None:
    """The key that was drawn with the form: a second sending of the same form does nothing."""
    sent = {name: request.POST.getlist(name) for name in request.POST if name not in {"csrfmiddlewaretoken", "once"}}
    return once(actor_of(request), request.POST.get("once"), [request.path, sent, digest])


def begin_check(request: HttpRequest, name: str, file: Any, asked: dict[str, Any], unit: UnitInfo) -> str:
    """The id of the dry run; the same form sent twice begins one."""
    if file.size > MAX_BYTES:
        raise FileTooLarge(field="file", limit=MAX_BYTES // 1024 // 1024)
    data = file.read()

    def work() -> str:
        begun = imports.check(
            name, data=data, filename=file.name, asked=asked, by=actor_of(request), unit_path=unit.path
        )
        return str(begun.id)

    return str(carry_out(key_of(request, sha256(data).hexdigest()), work))

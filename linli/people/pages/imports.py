"""Posts from a table: sent for a dry run, whose page shows each row's fate and then gives exactly those posts."""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from linli.foundation import imports
from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.attempts import attempt
from linli.foundation.errors import SignInNeeded
from linli.foundation.files import MAX_BYTES, FileTooLarge
from linli.foundation.idempotency import carry_out, once
from linli.people import fates
from linli.people.actions.imports import REQUIRED
from linli.people.forms import ImportForm
from linli.territory import queries as territory

MORE_COLUMNS = ("body", "from", "to", "reason")


@require_http_methods(["GET", "HEAD", "POST"])
def import_posts(request: HttpRequest) -> HttpResponse:
    by = actor_of(request)
    if by.id is None:
        raise SignInNeeded
    by.require(Permission.EDIT_POSTS)
    form, status = ImportForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST" and form.is_valid():
        begun, status = attempt(form, lambda: _begin_check(request, by, form.cleaned_data["file"]))
        if begun is not None:
            return redirect("work", begun)
    context = {"form": form, "columns": ", ".join(REQUIRED), "more": ", ".join(MORE_COLUMNS)}
    return render(request, "people/import.html", context, status=status)


def _begin_check(request: HttpRequest, by: Actor, file: Any) -> str:
    """The id of the dry run; the same form sent twice begins one."""
    if file.size > MAX_BYTES:
        raise FileTooLarge(field="file", limit=MAX_BYTES // 1024 // 1024)
    data = file.read()
    unit = territory.unit(next(iter(by.units(Permission.EDIT_POSTS)), territory.root().id))

    def work() -> str:
        begun = imports.check(fates.POSTS, data=data, filename=file.name, asked={}, by=by, unit_path=unit.path)
        return str(begun.id)

    key = once(by, request.POST.get("once"), [request.path, file.name, sha256(data).hexdigest()])
    return str(carry_out(key, work))

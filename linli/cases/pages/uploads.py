"""Photos that come with a form: stored at once, kept while the form is corrected, shown only to who may see their case."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from linli.cases import queries
from linli.cases.models import Attachment, Case
from linli.cases.rules import MAX_PHOTOS
from linli.foundation import files
from linli.foundation.access import SYSTEM, Actor, acting_as, actor_of
from linli.foundation.errors import NotFound
from linli.foundation.models import StoredFile

_SALT = "linli.cases.kept"
KEPT_SECONDS = 24 * 3600


def store_all(uploads: "Iterable[UploadedFile[Any]]", by: Actor) -> list[UUID]:
    """Check and keep each file; all or none. Raises what `files.store` refuses."""
    with transaction.atomic():
        return [files.store(upload, by=by).id for upload in uploads]


def keep(uploads: "Iterable[UploadedFile[Any]]", by: Actor) -> list[dict[str, Any]]:
    """Store files of a form that is not settled yet. Their signed tokens come back with the form."""
    with transaction.atomic():
        return [_kept(files.store(upload, by=by)) for upload in uploads]


def _kept(file: StoredFile) -> dict[str, Any]:
    token = signing.dumps(str(file.id), salt=_SALT)
    return {
        "id": file.id,
        "token": token,
        "url": f"/report/photos/{token}/",
        "name": file.name,
        "is_image": file.kind == "photo",
        "position": getattr(file, "position", None),
    }


def kept(tokens: Sequence[str], by: Actor) -> list[dict[str, Any]]:
    """The files that arrived with an earlier sending of the form. A token that is too old or not ours is left out.

    They go with whoever holds their tokens: somebody whose sign-in ended, or who signed in, while the form was open keeps them.
    """
    ids = [file_id for file_id in map(id_of, tokens[:MAX_PHOTOS]) if file_id]
    if not ids:
        return []
    with acting_as(SYSTEM):
        stored = {file.id: file for file in StoredFile.objects.filter(pk__in=ids, claim="")}
        others = [file.id for file in stored.values() if file.uploaded_by != by.id]
        if others:
            StoredFile.objects.filter(pk__in=others, claim="").update(uploaded_by=by.id)
    return [_kept(stored[file_id]) for file_id in ids if file_id in stored]


def id_of(token: str) -> UUID | None:
    """The file of a token, or None where it is too old or not ours."""
    try:
        return UUID(signing.loads(token, salt=_SALT, max_age=KEPT_SECONDS))
    except signing.BadSignature:
        return None


@require_safe
def kept_photo(request: HttpRequest, token: str) -> HttpResponseBase:
    """A photo of a form that is not sent yet, for whoever holds its token."""
    with acting_as(SYSTEM):
        file_id = id_of(token)
        file = StoredFile.objects.filter(pk=file_id).first() if file_id else None
    if file is None:
        raise NotFound
    return files.serve(request, file, thumbnail=True)


def shown(here: str, attachment: Attachment) -> dict[str, Any]:
    """An attachment as a case's page shows it; `here` is the page's own address, whose scope the file shares."""
    file = attachment.file
    return {"url": f"{here}files/{attachment.id}/", "name": file.name, "is_image": file.kind == "photo"}


@require_safe
def case_file(request: HttpRequest, reference: str, attachment: UUID) -> HttpResponseBase:
    return _hand_out(request, queries.case_by_reference(actor_of(request), reference), attachment)


@require_safe
def tracked_file(request: HttpRequest, reference: str, secret: str, attachment: UUID) -> HttpResponseBase:
    with acting_as(SYSTEM):
        return _hand_out(request, queries.case_by_secret(reference, secret), attachment)


def _hand_out(request: HttpRequest, case: Case, attachment: UUID) -> HttpResponseBase:
    found = Attachment.objects.select_related("file").filter(pk=attachment, case=case).first()
    if found is None:
        raise NotFound
    return files.serve(request, found.file, thumbnail="small" in request.GET)

"""Photos of visits: they come after their visit, each by itself, as often as the phone likes; under the declaration's key at rest."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from linli.campaigns import errors, sealed
from linli.campaigns.actions.locks import hold_declaration
from linli.campaigns.models import Submission, VisitPhoto
from linli.foundation import clock, files
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound

# Of one visit.
MOST = 10


def attach(*, photo: UUID, visit: UUID, upload: "UploadedFile[Any]", by: Actor) -> bool:
    """Keep a photo of a visit that one made oneself; whether it is new. What becomes of the visit does not hang on it.

    Raises `NotFound` for a visit that is not there (yet) or somebody else's, `Destroyed`, `OtherPhoto`, `TooManyPhotos`, and what
    `files.photo_of` refuses.
    """
    digest = _digest(upload)
    with acting_as(SYSTEM):
        if _is_known(photo, visit, digest, by):
            return False
        # Decoding takes a while: no transaction is open meanwhile.
        made = files.photo_of(upload)
        with transaction.atomic():
            of = _visit(visit, by)
            hold_declaration(of.campaign.declaration_id)
            if VisitPhoto.objects.filter(visit=of).exclude(pk=photo).count() >= MOST:
                raise errors.TooManyPhotos(most=MOST)
            _row, is_new = VisitPhoto.objects.get_or_create(
                id=photo,
                defaults={
                    "campaign_id": of.campaign_id,
                    "visit": of,
                    "digest": digest,
                    "width": made.width,
                    "height": made.height,
                    "received_at": clock.now(),
                    "by_id": by.id,
                },
            )
            if not is_new:
                return not _is_known(photo, visit, digest, by)
            # Whoever sends the same photo at this moment waits for the row: nobody else writes these files.
            declaration = of.campaign.declaration_id
            sealed.keep_file(declaration, photo, made.content)
            sealed.keep_file(declaration, sealed.beside(photo, sealed.THUMBNAIL), made.thumbnail)
    return True


def _digest(upload: "UploadedFile[Any]") -> bytes:
    found = sha256()
    for chunk in upload.chunks():
        found.update(chunk)
    return found.digest()


def _visit(visit: UUID, by: Actor) -> Submission:
    mine = Submission.objects.filter(pk=visit, by_id=by.id, by_id__isnull=False)
    found = mine.select_related("campaign__declaration").first()
    if found is None:
        raise NotFound
    if found.campaign.declaration.destroyed_at is not None:
        raise errors.Destroyed
    return found


def _is_known(photo: UUID, visit: UUID, digest: bytes, by: Actor) -> bool:
    _visit(visit, by)
    known = VisitPhoto.objects.filter(pk=photo).values_list("visit", "digest").first()
    if known is None:
        return False
    if known[0] != visit or bytes(known[1]) != digest:
        raise errors.OtherPhoto
    return True

"""Photos and documents from outside: checked by content, made harmless, and on disk before their row is committed.

A photo is decoded and written anew, so nothing of what was sent survives but the picture: no metadata, no second meaning of the bytes.
Its position is read first. Documents are kept as they are and only ever handed out as downloads.
"""

import fcntl
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import FileResponse, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock, documents, photos
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.models import StoredFile

log = logging.getLogger(__name__)

MAX_BYTES = 20 * 1024 * 1024
ORPHAN_AGE = timedelta(days=1)
THUMBNAIL = ".thumbnail"


class FileTooLarge(DomainError):
    code = "file_too_large"
    status = 413
    message = _(
        "This file is larger than %(limit)s MB. Please send a smaller one, for instance a photo in the camera's usual size."
    )


class FileTypeRefused(DomainError):
    code = "file_type_refused"
    status = 415
    message = _(
        "This kind of file is not accepted. Photos may be JPEG, PNG, WebP or HEIC; documents PDF, XLSX or DOCX."
    )


class FileDamaged(DomainError):
    code = "file_damaged"
    status = 422
    message = _(
        "This file is damaged or not what it seems to be. Please open it on your device, save it again, and send that."
    )


def store(upload: "UploadedFile[Any]", *, by: Actor) -> StoredFile:
    """Check a file and keep it. Its row is saved in the current transaction and belongs to `by` until a subject claims it.

    `position` of what is returned is the photo's (lon, lat) in WGS84, or None; it is not stored with the file.
    Raises FileTooLarge, FileTypeRefused, FileDamaged.
    """
    start = _start_of(upload)
    if photos.recognise(start):
        file = _photo(upload)
    elif documents.recognise(start):
        file = _document(upload)
    else:
        raise FileTypeRefused
    file.name = clean_name(upload.name or "")
    file.uploaded_by = by.id
    file.created_at = clock.now()
    file.save(force_insert=True)
    return file


def _start_of(upload: "UploadedFile[Any]") -> bytes:
    """The first bytes. Raises FileTooLarge."""
    if (upload.size or 0) > MAX_BYTES:
        raise FileTooLarge(limit=MAX_BYTES // 1024 // 1024)
    upload.seek(0)
    start: bytes = upload.read(documents.HEAD_BYTES)
    upload.seek(0)
    return start


def photo_of(upload: "UploadedFile[Any]") -> photos.Photo:
    """A photo written anew, for a room that keeps it elsewhere. Raises FileTooLarge, FileTypeRefused, FileDamaged."""
    if not photos.recognise(_start_of(upload)):
        raise FileTypeRefused
    try:
        return photos.process(upload)
    except photos.PhotoUnreadable as error:
        raise FileDamaged from error


def _photo(upload: "UploadedFile[Any]") -> StoredFile:
    photo = photo_of(upload)
    digest = keep(photo.content, {THUMBNAIL: photo.thumbnail})
    file = StoredFile(
        sha256=digest,
        kind="photo",
        media_type="image/jpeg",
        size=len(photo.content),
        width=photo.width,
        height=photo.height,
    )
    file.position = photo.position
    return file


def _document(upload: "UploadedFile[Any]") -> StoredFile:
    content = upload.read()
    try:
        media_type = documents.check(content)
    except documents.DocumentDamaged as error:
        raise FileDamaged from error
    except documents.DocumentRefused as error:
        raise FileTypeRefused from error
    return StoredFile(sha256=keep(content), kind="document", media_type=media_type, size=len(content))


def clean_name(name: str) -> str:
    """The last part of a name, printable, at most 120 characters: it is shown and never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-120:].strip() or "file"


def path_of(digest: bytes | memoryview, suffix: str = "") -> Path:
    """Where a file is. Made of hexadecimal digits only, whatever its name says."""
    name = bytes(digest).hex()
    return Path(settings.LINLI_FILES) / name[:2] / f"{name}{suffix}"


@contextmanager
def _locked(how: int) -> Iterator[None]:
    """Keeping (shared) and removing (exclusive) do not overlap: a file sent again is not removed under its new row."""
    folder = Path(settings.LINLI_FILES)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, how)
        yield


def keep(content: bytes, beside: dict[str, bytes] | None = None) -> bytes:
    """Write bytes under their SHA-256 (and others beside them) so that they survive a power cut. Returns the digest."""
    digest = sha256(content).digest()
    with _locked(fcntl.LOCK_SH):
        for suffix, piece in {"": content, **(beside or {})}.items():
            _write(path_of(digest, suffix), piece)
        sync_folder(path_of(digest).parent)
    return digest


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.stat().st_size == len(content):
        os.utime(path)
        return
    write(path, content)


def write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on disk; `sync_folder` puts its name there too."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)


def sync_folder(folder: Path) -> None:
    """The names are on disk too: of the file in its folder, and of the folder."""
    for place in (folder, folder.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def serve(request: HttpRequest, file: StoredFile, *, thumbnail: bool = False) -> HttpResponseBase:
    """Hand a file out. Ask for the file's subject first: that is where its scope is checked."""
    is_photo = file.kind == "photo"
    etag = f'"{bytes(file.sha256).hex()}{"-t" if thumbnail else ""}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        path = path_of(file.sha256, THUMBNAIL if thumbnail and is_photo else "")
        try:
            content = path.open("rb")
        except FileNotFoundError as error:
            log.error("The file %s is missing on disk: %s", file.pk, path)
            raise NotFound from error
        response = FileResponse(
            content, content_type=file.media_type, as_attachment=not is_photo, filename=_download_name(file)
        )
    response["ETag"] = etag
    # A browser may keep it, and asks each time: on a shared phone it is not shown to whoever comes after its reader has signed out.
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _download_name(file: StoredFile) -> str:
    """The name under which it is saved: its ending says what it is now, not what it was sent as."""
    return f"{Path(file.name).stem or 'file'}{documents.ENDINGS.get(file.media_type, '.jpg')}"


class BoundedUpload(TemporaryFileUploadHandler):
    """Takes no more of an upload than may be kept; what is beyond passes by. `store` then refuses it by its size."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) <= MAX_BYTES:
            self.file.write(raw_data)
        elif start <= MAX_BYTES:
            self.file.truncate(0)


def remove_orphans() -> int:
    """Delete files that nobody claimed within a day, and bytes on disk that no row knows. Returns how many files went."""
    unclaimed = StoredFile.objects.filter(claim="", created_at__lt=clock.now() - ORPHAN_AGE)
    unclaimed.delete()
    known = {bytes(digest).hex() for digest in StoredFile.objects.values_list("sha256", flat=True).iterator()}
    removed = 0
    for path in Path(settings.LINLI_FILES).glob("??/*"):
        if path.name.split(".")[0] not in known:
            removed += _remove_if_old(path)
    return removed


def _remove_if_old(path: Path) -> bool:
    with _locked(fcntl.LOCK_EX):
        if time.time() - path.stat().st_mtime < ORPHAN_AGE.total_seconds():
            return False
        path.unlink()
        return True

"""What Collect sends: one visit as a form with its photos, in one request of several parts, or in several."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from tempfile import TemporaryFile
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict

from linli.campaigns import actions as campaigns
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.forms import Form, answers_of, collect, identity_of
from linli.campaigns.forms.errors import OtherForm, UnreadableAnswers
from linli.campaigns.forms.instances import MAX_BYTES
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError
from linli.foundation.files import BoundedUpload
from linli.gateway.models import AppUser
from linli.gateway.openrosa.errors import NoAnswers, NoDoor
from linli.gateway.openrosa.forms import form_of
from linli.people import queries as people

PART = "xml_submission_file"
# Of one request: what is larger than Collect sends at once (`answers.ACCEPTED`) is one photo, and one of these is refused by itself.
MOST = 64 * 1024 * 1024
HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Arrived:
    """The visit's fate (`stored`, `known`, or why it was set aside), and why photos of it were refused."""

    fate: str
    refused: Sequence[str]


def receive(request: HttpRequest, user: AppUser) -> Arrived:
    """Stores the visit, and then its photos: one that is refused costs nobody the visit. Raises what else is refused."""
    files = _files(request)
    by, visit = people.themselves(user.person_id), visit_of(form_of(user), _answers(files))
    received = campaigns.receive(
        team=user.team_id,
        device=uuid5(NAMESPACE_URL, f"openrosa:{request.GET.get('deviceID', '')[:200] or user.id}"),
        sent_at=_sent_at(request, clock.now()),
        visits=[visit],
        by=by,
    )
    photos = [(name, sent) for name, (sent, *_same) in files.lists() if name != PART]
    refused = [why for name, sent in photos if (why := _refusal(visit.id, name, sent, by))]
    return Arrived(received.fates[visit.id], refused)


def _refusal(visit: UUID, name: str, sent: "UploadedFile[Any]", by: Actor) -> str:
    """Why a photo was not kept, or nothing. Its name makes its id: sent again it is the same."""
    try:
        campaigns.attach(photo=uuid5(visit, name), visit=visit, upload=sent, by=by)
    except DomainError as error:
        return str(error)
    return ""


def visit_of(form: Form, xml: bytes) -> Visit:
    """Raises `UnreadableAnswers`, `OtherForm`, `UnfitAnswers`, `NoDoor`."""
    identity = identity_of(xml)
    if (identity.form_id, identity.version) != (form.form_id, form.version):
        raise OtherForm(form=identity.form_id[:64], version=identity.version[:64])
    visited = collect.visited_of(form, xml)
    try:
        made, door = UUID(identity.instance_id.removeprefix("uuid:")), UUID(visited.door)
    except ValueError:
        raise NoDoor from None
    if not visited.outcome:
        raise NoDoor
    return Visit(made, door, visited.outcome, visited.at, answers_of(form, xml))


def _files(request: HttpRequest) -> "MultiValueDict[str, UploadedFile[Any]]":
    """The parts of the request. One that comes in chunks does not say how long it is, and Django then reads none of it."""
    handlers: list[FileUploadHandler] = [_Answers(request), BoundedUpload(request)]
    if "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        request.upload_handlers = handlers
        return request.FILES
    with TemporaryFile() as whole:
        while piece := request.read(64 * 1024):
            whole.write(piece)
            if whole.tell() > MOST:
                raise NoAnswers
        length = whole.tell()
        whole.seek(0)
        meta = request.META | {"CONTENT_LENGTH": str(length)}
        _fields, files = MultiPartParser(meta, whole, handlers, "utf-8").parse()
    return files


def _answers(files: "MultiValueDict[str, UploadedFile[Any]]") -> bytes:
    sent = files.get(PART)
    if sent is None:
        raise NoAnswers
    content: bytes = sent.read()
    return content


class _Answers(FileUploadHandler):
    """Takes the answers, and no more of them than a form can have; photos are left to the handler behind it."""

    def new_file(self, *args: Any, **more: Any) -> None:
        super().new_file(*args, **more)
        self.mine = self.field_name == PART
        if self.mine:
            self.content = b""
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if not self.mine:
            return raw_data
        self.content += raw_data
        if len(self.content) > MAX_BYTES:
            raise UnreadableAnswers
        return None

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        return SimpleUploadedFile(PART, self.content) if self.mine else None


def _sent_at(request: HttpRequest, now: datetime) -> datetime:
    """The phone's clock when it sent. Collect writes its hours from 1 to 12 alone: of the moments that this can be, the nearest to now."""
    try:
        said = parsedate_to_datetime(request.headers.get("Date", ""))
        off = said - now
    except (ValueError, TypeError, OverflowError):
        # None, not a date, or without a zone.
        return now
    return now + off - HALF_A_DAY * round(off / HALF_A_DAY)

"""The API of this room: hand in a report, find cases, change them, hear what the public may know.

A case is named by its number (100001-8) or its id. Who has not signed in opens a case with its secret, in the header X-Case-Secret.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from linli.cases import actions, pace, queries
from linli.cases.api_changes import add_changes
from linli.cases.api_common import CaseRef, Key, Secret, found, id_of, once_for
from linli.cases.api_figures import router as figures
from linli.cases.api_map import router as map_router
from linli.cases.lifecycle import CHANGES
from linli.cases.models import Attachment, Case, Channel, Priority, State
from linli.cases.queries import Filters, PublicFilters
from linli.cases.rules import Report
from linli.cases.schemas import (
    CaseDetailOut,
    CaseOut,
    ChangeOut,
    CollectedOut,
    EntryOut,
    FileOut,
    Lat,
    LikelyOut,
    Lon,
    PageOut,
    PublicCaseOut,
    PublicPageOut,
    RatesOut,
    ReportIn,
    SuggestionOut,
    SupportOut,
)
from linli.config import env
from linli.duties import queries as duties
from linli.foundation import audit, clock, files
from linli.foundation.access import Actor, ActorKind, Role, actor_of
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound, SignInNeeded
from linli.foundation.fields import Moment
from linli.people import queries as people
from linli.territory.rules import box_of

router = Router(tags=["cases"])

SIZE = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[UUID | None, Query(description="The `before` of the page before.")]


# Who may say that a report came by this channel. A key may name any: hotlines, mini programs and sensors have systems of their own.
CHANNEL_ROLES = {
    Channel.GRID_WORKER: {Role.GRID_WORKER},
    Channel.HOTLINE: {Role.HOTLINE_CLERK, Role.DESK},
    Channel.PAPER: {Role.HOTLINE_CLERK, Role.DESK, Role.GRID_WORKER},
    Channel.SENSOR: set[Role](),
    Channel.OPEN311: set[Role](),
}


def _require_channel(by: Actor, channel: Channel) -> None:
    if by.kind is not ActorKind.API_KEY and channel in CHANNEL_ROLES and not CHANNEL_ROLES[channel] & by.roles():
        raise NotAllowed(field="channel")


@router.post("", response={201: CollectedOut})
def collect(request: HttpRequest, body: ReportIn, key: Key = None) -> Status[Any]:
    """Hand in a report. It becomes a case at once, whoever reports and by whichever channel."""
    by = actor_of(request)
    pace.report(request, by)
    _require_channel(by, body.channel)
    content = body.dict()
    report = {
        **{name: value for name, value in content.items() if name not in {"unit", "files"}},
        "unit_id": body.unit,
        "file_ids": tuple(body.files),
    }
    made = actions.collect(report=Report(**report), by=by, key=once_for(request, by, key, content))
    return Status(201, _collected(made))


def _collected(made: actions.Collected) -> CollectedOut:
    number = made.case.reference
    page = f"track/{number}/{made.secret}/" if made.secret else f"case/{number}/"
    return CollectedOut(
        id=made.case.id,
        number=number,
        state=State(made.case.state),
        version=made.case.version,
        secret=made.secret,
        track=f"{env.get('LINLI_URL')}/{page}",
        emergency_number=made.emergency_number,
        repeated=made.repeated,
    )


@router.get("", response=PageOut)
def cases(
    request: HttpRequest,
    state: Annotated[list[State], Query(max_length=10)] = [],  # noqa: B006 (ninja copies it)
    open: bool = False,
    class_code: Annotated[str, Query(max_length=20)] = "",
    unit: UUID | None = None,
    body: UUID | None = None,
    channel: Channel | Literal[""] = "",
    priority: Priority | Literal[""] = "",
    overdue: bool = False,
    escalated: bool = False,
    text: Annotated[str, Query(max_length=200)] = "",
    phone: Annotated[str, Query(max_length=40, description="The reporter's phone.")] = "",
    reported_from: Moment | None = None,
    reported_to: Moment | None = None,
    before: Before = None,
    size: SIZE = queries.PAGE,
) -> HttpResponse:
    """The case desk: the cases that one may see, newest first, within the filters. Text finds words and numbers."""
    by = _known(request)
    filters = Filters(
        states=tuple(state),
        open_only=open,
        class_id=duties.minor_class(class_code).id if class_code else None,
        unit_id=unit,
        body_id=body,
        channel=channel,
        priority=priority,
        overdue=overdue,
        escalated=escalated,
        text=text,
        reporter_phone=phone,
        reported_from=reported_from,
        reported_to=reported_to,
    )
    return _page(queries.desk_page(by, filters, before=before, size=size))


def _page(page: queries.Page[Case]) -> HttpResponse:
    """Written out as it is: each case was checked when it was made, and is not checked a second time as part of the page."""
    shown = PageOut.model_construct(cases=[CaseOut.of(case) for case in page.cases], before=page.before)
    return HttpResponse(shown.model_dump_json(), content_type="application/json; charset=utf-8")


def _known(request: HttpRequest) -> Actor:
    by = actor_of(request)
    if by.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    return by


@router.get("/mine", response=PageOut)
def mine(request: HttpRequest, before: Before = None, size: SIZE = queries.PAGE) -> HttpResponse:
    """What one has reported oneself, newest first."""
    return _page(queries.own(_known(request), before=before, size=size))


@router.get("/inbox", response=list[CaseOut])
def inbox(request: HttpRequest) -> list[CaseOut]:
    """What waits for one's bodies, what is due first."""
    return [CaseOut.of(case) for case in queries.inbox(_known(request))]


@router.get("/lifecycle", response=list[ChangeOut])
def lifecycle(request: HttpRequest) -> list[ChangeOut]:
    """The table of allowed changes, with the roles that may make each."""
    return [ChangeOut.of(change) for change in CHANGES.values()]


@router.get("/public", response=PublicPageOut)
def public_cases(
    request: HttpRequest,
    class_code: Annotated[str, Query(max_length=20)] = "",
    open: bool | None = None,
    unit: UUID | None = None,
    bbox: Annotated[str, Query(max_length=100, description="west,south,east,north in degrees")] = "",
    reported_from: Moment | None = None,
    reported_to: Moment | None = None,
    before: Before = None,
    size: SIZE = queries.PAGE,
) -> PublicPageOut:
    """What everybody may know of all cases that are not private, newest first."""
    filters = PublicFilters(
        class_ids=(duties.minor_class(class_code).id,) if class_code else (),
        open=open,
        unit_id=unit,
        bbox=_bbox(bbox),
        reported_from=reported_from,
        reported_to=reported_to,
    )
    shown = queries.public_page(filters, before=before, size=size + 1)
    return PublicPageOut(
        cases=[PublicCaseOut.of(case) for case in shown[:size]],
        before=shown[size - 1].id if len(shown) > size else None,
    )


def _bbox(text: str) -> tuple[float, float, float, float] | None:
    try:
        return box_of(text) if text else None
    except ValueError:
        raise InvalidInput(field="bbox") from None


@router.get("/public/{case}", response=PublicCaseOut)
def public_case(request: HttpRequest, case: CaseRef) -> PublicCaseOut:
    return PublicCaseOut.of(queries.public_case(id_of(case) or case))


@router.get("/duplicates", response=list[LikelyOut])
def duplicates(
    request: HttpRequest,
    lon: Annotated[Lon, Query()],
    lat: Annotated[Lat, Query()],
    text: Annotated[str, Query(max_length=1000)] = "",
    class_code: Annotated[str, Query(max_length=20)] = "",
) -> list[LikelyOut]:
    """Open cases within 250 m that may mean the same, likeliest first."""
    class_id = duties.minor_class(class_code).id if class_code else None
    return [LikelyOut.of(one) for one in queries.likely_duplicates(lon=lon, lat=lat, text=text, class_id=class_id)]


@router.get("/suggestions", response=list[SuggestionOut])
def suggestions(request: HttpRequest, text: Annotated[str, Query(max_length=4000)]) -> list[SuggestionOut]:
    """The classes that a text suggests, with the confidence of each. Offered, never forced."""
    return [
        SuggestionOut(
            class_code=one.class_code, label=duties.minor_class(one.class_code).label, confidence=one.confidence
        )
        for one in queries.suggested_classes(text)
    ]


@router.get("/rates", response=list[RatesOut])
def the_rates(
    request: HttpRequest,
    since: Moment | None = None,
    until: Moment | None = None,
    unit: UUID | None = None,
) -> list[RatesOut]:
    """Response, solution and satisfaction rate of each body over the cases dispatched in a period (the last 30 days)."""
    end = until or clock.now()
    try:
        start = since or end - timedelta(days=30)
    except OverflowError:
        raise InvalidInput(field="until") from None
    rows = queries.rates(_known(request), since=start, until=end, unit_id=unit)
    return [RatesOut.of(body, people.body(body).label, row) for body, row in rows.items()]


@router.post("/files", response={201: FileOut})
def upload(request: HttpRequest, file: Annotated[UploadedFile, File()]) -> Status[Any]:
    """Keep a photo or document, to be named in a report or change. Checked by content; a photo's metadata are removed."""
    by = actor_of(request)
    if by.id is None:
        raise SignInNeeded
    pace.files(request, by, 1)
    stored = files.store(file, by=by)
    lon, lat = stored.position or (None, None)
    answer = FileOut(
        id=stored.id, name=stored.name, media_type=stored.media_type, size=stored.size, step="", lon=lon, lat=lat
    )
    return Status(201, answer)


@router.get("/{case}", response=CaseDetailOut)
def case(request: HttpRequest, case: CaseRef, secret: Secret = "") -> CaseDetailOut:
    """One case with everything of it that one may see."""
    by = actor_of(request)
    with found(by, case, secret) as row:
        details = queries.details(by, row)
        into = Case.objects.filter(pk=row.merged_into_id).first() if row.merged_into_id else None
        return CaseDetailOut.of_details(row, details, into.reference if into else None)


@router.get("/{case}/timeline", response=list[EntryOut])
def timeline(request: HttpRequest, case: CaseRef, secret: Secret = "") -> list[EntryOut]:
    """Each step of the case, oldest first: who, when, what, why. What a step noted beside is shown to staff."""
    by = actor_of(request)
    with found(by, case, secret) as row:
        return [EntryOut.of(entry, with_data=by.is_staff and not secret) for entry in audit.timeline(row.id)]


@router.get("/{case}/changes", response=list[ChangeOut])
def allowed_changes(request: HttpRequest, case: CaseRef, secret: Secret = "") -> list[ChangeOut]:
    """What one may do with the case now."""
    by = actor_of(request)
    with found(by, case, secret) as row:
        allowed = queries.allowed_changes(by, row, is_reporter=bool(secret))
        return [ChangeOut.of(change) for change in allowed]


@router.post("/{case}/support", response=SupportOut)
def support(request: HttpRequest, case: CaseRef) -> SupportOut:
    """ "Me too": for every signed-in person and every public case, counted once."""
    by = actor_of(request)
    if by.kind is not ActorKind.PERSON:
        raise SignInNeeded
    public = queries.public_case(id_of(case) or case)
    return SupportOut(number=public.reference, counted=bool(actions.support(case=public.id, by=by).done))


@router.get("/{case}/files/{file}", response={200: None})
def download(
    request: HttpRequest, case: CaseRef, file: UUID, thumbnail: bool = False, secret: Secret = ""
) -> HttpResponseBase:
    """A photo or document of the case, under the case's scope."""
    by = actor_of(request)
    with found(by, case, secret) as row:
        attachment = Attachment.objects.filter(case=row, file=file).select_related("file").first()
        if attachment is None:
            raise NotFound
        return files.serve(request, attachment.file, thumbnail=thumbnail)


add_changes(router)
router.add_router("/figures", figures)
router.add_router("/map", map_router)

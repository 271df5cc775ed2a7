"""What the API of this room takes and gives.

Case numbers are references with their check digit; classes are codes; moments carry their zone.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from linli.cases import limits, rules
from linli.cases.lifecycle import Change
from linli.cases.models import Attachment, Case, Channel, CoHandler, Evaluation, Nature, Priority, State
from linli.cases.queries import Details, Likely, PublicCase
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.fields import Moment
from linli.foundation.models import Entry

Lon = Annotated[float, Field(ge=-180, le=180, description="Degrees east.")]
Lat = Annotated[
    float, Field(ge=-180, le=180, description="Degrees north. Swapped coordinates are recognised and refused.")
]
Datum = Literal["wgs84", "gcj02", "bd09"]
ClassCode = Annotated[str, Field(max_length=20, description="A minor class of the catalogue, such as 010101.")]
Note = Annotated[str, Field(max_length=2000, description="Why. The people concerned read it.")]
Files = Annotated[list[UUID], Field(max_length=rules.MAX_PHOTOS, description="Uploaded before, each used once.")]


class ReportIn(Schema):
    """What somebody noticed, and where: by position, by unit, or by address."""

    description: str = Field(min_length=1, max_length=rules.DESCRIPTION_LENGTH)
    title: str = Field("", max_length=rules.TITLE_LENGTH)
    class_code: ClassCode = ""
    nature: Nature = Nature.COMPLAINT
    channel: Channel = Channel.APP
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = "wgs84"
    address: str = Field("", max_length=200)
    unit: UUID | None = Field(None, description="A unit named instead of, or together with, the position.")
    anonymous: bool = False
    private: bool = False
    contact_name: str = Field("", max_length=60)
    contact_phone: str = Field("", max_length=40)
    files: Files = []
    reported_at: Moment | None = None
    outside_reference: str = Field("", max_length=100, description="Another system's number for the same matter.")


class CollectedOut(Schema):
    """`secret` opens the case without sign-in: send it as X-Case-Secret, or open `track`."""

    id: UUID
    number: str
    state: State
    version: int
    secret: str
    track: str
    emergency_number: str = Field(description="The number to call at once, when the words tell of danger to life.")
    repeated: bool = Field(description="The Idempotency-Key was used before: this is the case that it made then.")


class CaseOut(Schema):
    """A case as lists show it."""

    id: UUID
    number: str
    state: State
    version: int
    channel: Channel
    nature: Nature
    priority: Priority
    class_code: str | None
    title: str
    address: str
    lon: float | None
    lat: float | None
    district: UUID | None
    subdistrict: UUID | None
    community: UUID | None
    quarter: UUID | None
    grid: UUID | None
    lead_body: UUID | None
    anonymous: bool
    private: bool
    reported_at: Moment
    filed_at: Moment | None
    dispatched_at: Moment | None
    accepted_at: Moment | None
    handled_at: Moment | None
    closed_at: Moment | None
    response_due_at: Moment | None
    due_at: Moment | None
    paused_at: Moment | None
    overdue: bool
    escalation: int
    cycle: int
    supports: int
    solved: bool | None
    stars: int | None

    @classmethod
    def of(cls, case: Case) -> "CaseOut":
        return cls(**case_values(case))


def case_values(case: Case) -> dict[str, Any]:
    same = (
        "id", "state", "version", "channel", "nature", "priority", "lon", "lat", "anonymous", "private", "reported_at",
        "filed_at", "dispatched_at", "accepted_at", "handled_at", "closed_at", "response_due_at", "due_at", "paused_at",
        "escalation", "cycle", "supports", "solved", "stars",
    )  # fmt: skip
    return {name: getattr(case, name) for name in same} | {
        "number": case.reference,
        "class_code": class_code_of(case.case_class_id),
        "title": case.text.title,
        "address": case.text.address,
        "district": case.district_id,
        "subdistrict": case.subdistrict_id,
        "community": case.community_id,
        "quarter": case.quarter_id,
        "grid": case.grid_id,
        "lead_body": case.lead_body_id,
        "overdue": limits.is_overdue(case, clock.now()),
    }


def class_code_of(class_id: UUID | None) -> str | None:
    return duties.case_class(class_id).code if class_id else None


class FileOut(Schema):
    """A photo or document. `step` says at which step it was given; empty for one that belongs to no case yet."""

    id: UUID
    name: str
    media_type: str
    size: int
    step: str
    lon: float | None = Field(
        default=None, description="Where the photo was taken, if it said so; not kept with the file."
    )
    lat: float | None = None

    @classmethod
    def of(cls, attachment: Attachment) -> "FileOut":
        file = attachment.file
        return cls(id=file.id, name=file.name, media_type=file.media_type, size=file.size, step=attachment.step)


class CoHandlerOut(Schema):
    body: UUID
    asked_at: Moment
    asked_for: str
    signed_at: Moment | None
    signed_note: str

    @classmethod
    def of(cls, row: CoHandler) -> "CoHandlerOut":
        return cls(
            body=row.body_id, asked_at=row.asked_at, asked_for=row.asked_for, signed_at=row.signed_at,
            signed_note=row.signed_note,
        )  # fmt: skip


class EvaluationOut(Schema):
    cycle: int
    solved: bool
    stars: int
    comment: str
    at: Moment

    @classmethod
    def of(cls, row: Evaluation) -> "EvaluationOut":
        return cls(cycle=row.cycle, solved=row.solved, stars=row.stars, comment=row.comment, at=row.at)


class ContactOut(Schema):
    name: str
    phone: str


class CaseDetailOut(CaseOut):
    """A case with what belongs to it. `contact` is there for those who may ask back."""

    description: str
    files: list[FileOut]
    co_handlers: list[CoHandlerOut]
    evaluations: list[EvaluationOut]
    merged: list[str] = Field(description="Numbers of the cases that go on as part of this one.")
    merged_into: str | None
    contact: ContactOut | None

    @classmethod
    def of_details(cls, case: Case, details: Details, into: str | None) -> "CaseDetailOut":
        return cls(
            **case_values(case),
            description=case.text.description,
            files=[FileOut.of(row) for row in details.attachments],
            co_handlers=[CoHandlerOut.of(row) for row in details.co_handlers],
            evaluations=[EvaluationOut.of(row) for row in details.evaluations],
            merged=[row.reference for row in details.merged],
            merged_into=into,
            contact=ContactOut(name=details.contact.name, phone=details.contact.phone) if details.contact else None,
        )


class PageOut(Schema):
    """Newest first. `before` asks for the next page; it is null on the last."""

    cases: list[CaseOut]
    before: UUID | None


class EntryOut(Schema):
    """One step of a timeline. `actor` is a post's name, never a person's."""

    seq: int
    at: Moment
    action: str
    actor: str
    note: str
    data: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry, *, with_data: bool) -> "EntryOut":
        return cls(
            seq=entry.seq,
            at=entry.at,
            action=entry.action,
            actor=entry.actor_label,
            note=entry.note,
            data=entry.data if with_data else {},
        )


class ChangeOut(Schema):
    """A change of the lifecycle, and where it starts and leads. `to` null leaves the state as it is."""

    name: str
    label: str
    sources: list[State]
    to: State | None
    roles: list[str]
    by: list[str]
    needs_note: bool
    needs_proof: bool
    while_paused: bool

    @classmethod
    def of(cls, change: Change) -> "ChangeOut":
        return cls(
            name=change.name,
            label=str(change.label),
            sources=sorted(change.sources),
            to=change.to,
            roles=sorted(change.roles),
            by=sorted(change.by),
            needs_note=change.needs_note,
            needs_proof=change.needs_proof,
            while_paused=change.while_paused,
        )


class PublicCaseOut(Schema):
    """What everybody may know of a case: no names, a masked title, the place to about 100 m."""

    id: UUID
    number: str
    state: State
    class_code: str | None
    title: str
    district: UUID | None
    subdistrict: UUID | None
    community: UUID | None
    lon: float | None
    lat: float | None
    lead_body: UUID | None
    reported_at: Moment
    due_at: Moment | None
    closed_at: Moment | None
    supports: int
    stars: int | None

    @classmethod
    def of(cls, case: PublicCase) -> "PublicCaseOut":
        same = ("id", "state", "title", "lon", "lat", "reported_at", "due_at", "closed_at", "supports", "stars")
        return cls(
            **{name: getattr(case, name) for name in same},
            number=case.reference,
            class_code=class_code_of(case.case_class_id),
            district=case.district_id,
            subdistrict=case.subdistrict_id,
            community=case.community_id,
            lead_body=case.lead_body_id,
        )


class PublicPageOut(Schema):
    cases: list[PublicCaseOut]
    before: UUID | None


class LikelyOut(Schema):
    """An open case nearby that may mean the same; the title is empty where one may not read it yet."""

    number: str
    state: State
    class_code: str | None
    reported_at: Moment
    supports: int
    title: str
    metres: int
    score: float

    @classmethod
    def of(cls, one: Likely) -> "LikelyOut":
        same = ("state", "reported_at", "supports", "title", "metres", "score")
        return cls(
            **{name: getattr(one, name) for name in same},
            number=one.reference,
            class_code=class_code_of(one.case_class_id),
        )


class SuggestionOut(Schema):
    class_code: str
    label: str
    confidence: float = Field(description="0 to 1.")


def _as_number(rate: rules.Rate) -> float | None:
    """JSON knows no fractions; numerator and denominator stand beside it."""
    return None if rate.share is None else float(rate.share)


class RatesOut(Schema):
    """The three rates of a body with what they are made of; a rate is null where nothing was counted."""

    body: UUID
    name: str
    dispatched: int
    responded: int
    evaluated: int
    solved: int
    satisfied: int
    response: float | None
    solution: float | None
    satisfaction: float | None

    @classmethod
    def of(cls, body: UUID, name: str, rates: rules.Rates) -> "RatesOut":
        return cls(
            body=body,
            name=name,
            **asdict(rates),
            response=_as_number(rates.response),
            solution=_as_number(rates.solution),
            satisfaction=_as_number(rates.satisfaction),
        )


class SupportOut(Schema):
    number: str
    counted: bool = Field(description="False when one's support was counted before.")

"""What the gateway's API takes and gives."""

from datetime import time
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from linli.config import env
from linli.foundation import clock
from linli.foundation.access import Role
from linli.foundation.errors import InvalidInput
from linli.foundation.fields import Moment
from linli.foundation.privacy import mask_phone
from linli.gateway import queries
from linli.gateway.models import (
    Announcement,
    AnnouncementState,
    ApiKey,
    AppUser,
    Delivery,
    DeliveryState,
    KeyMay,
    Kind,
    Message,
    OutgoingChannel,
    OutgoingMessage,
    OutgoingState,
    PublicAlert,
    Subscription,
    Way,
)
from linli.gateway.rules import News, Wish
from linli.territory import queries as territory
from linli.territory.index import UnitInfo


class PublicAlertOut(Schema):
    """What became of a CAP message."""

    id: UUID
    sender: str
    identifier: str
    units: list[str] = Field(
        description="Statistical codes of the units in which it holds; none where it lies elsewhere."
    )
    holds: bool = Field(description="Not over, and not ended by another message.")
    for_residents: bool = Field(description="Whether people in these units are shown it.")

    @classmethod
    def of(cls, row: PublicAlert) -> "PublicAlertOut":
        return cls(
            id=row.id,
            sender=row.sender,
            identifier=row.identifier,
            units=[territory.unit(unit).code for unit in row.units],
            holds=row.ended_by_id is None and row.expires > clock.now(),
            for_residents=queries.is_for_residents(row),
        )


class AppUserIn(Schema):
    team: UUID
    person: UUID = Field(description="A member of the team who has an account.")


class AppUserOut(Schema):
    id: UUID
    team: UUID
    person: UUID
    created_at: Moment
    revoked_at: Moment | None

    @classmethod
    def of(cls, user: AppUser) -> "AppUserOut":
        return cls(
            id=user.id,
            team=user.team_id,
            person=user.person_id,
            created_at=user.created_at,
            revoked_at=user.revoked_at,
        )


class NewAppUserOut(AppUserOut):
    secret: str = Field(
        description="Collect's settings as JSON, with the address that is the way in. Its QR code holds them compressed "
        "(zlib) in base64. Empty in a repeated answer."
    )


class KeyIn(Schema):
    name: str = Field(min_length=1, max_length=80)
    may: list[KeyMay] = Field(min_length=1, max_length=3)
    unit: UUID
    body: UUID | None = None
    role: Role | None = Field(None, description="Needed for `act`: the key then acts like a post of this role.")
    rate_per_minute: int = Field(600, ge=1, le=1_000_000)
    expires_at: Moment | None = None

    def action(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "may": [str(one) for one in self.may],
            "unit_id": self.unit,
            "body_id": self.body,
            "role": self.role or "",
            "rate_per_minute": self.rate_per_minute,
            "expires_at": self.expires_at,
        }


class KeyOut(Schema):
    id: UUID
    name: str
    prefix: str
    may: list[KeyMay]
    unit: UUID
    body: UUID | None
    role: str
    rate_per_minute: int
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_on: str | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyOut":
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            may=[KeyMay(one) for one in key.may],
            unit=key.unit_id,
            body=key.body_id,
            role=key.role,
            rate_per_minute=key.rate_per_minute,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_on=key.last_used_on.isoformat() if key.last_used_on else None,
        )


class NewKeyOut(KeyOut):
    secret: str = Field(description="The key. Empty in a repeated answer: it is shown once.")


class SubscriptionIn(Schema):
    name: str = Field(min_length=1, max_length=80)
    url: str = Field(min_length=1, max_length=500, description="A public https address.")
    events: list[str] = Field(min_length=1, max_length=10, description="case.collected, case.changed")
    unit: UUID
    body: UUID | None = Field(None, description="Only the cases that this body works on.")

    def action(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "url": self.url,
            "names": self.events,
            "unit_id": self.unit,
            "body_id": self.body,
        }


class SubscriptionOut(Schema):
    """A webhook. `failures` counts attempts since the last success; `note` says why it was switched off."""

    id: UUID
    name: str
    url: str
    events: list[str]
    unit: UUID
    body: UUID | None
    active: bool
    failures: int
    note: str
    created_at: Moment

    @classmethod
    def of(cls, one: Subscription) -> "SubscriptionOut":
        return cls(
            id=one.id,
            name=one.name,
            url=one.url,
            events=one.events,
            unit=one.unit_id,
            body=one.body_id,
            active=one.active,
            failures=one.failures,
            note=str(one.get_note_display()) if one.note else "",
            created_at=one.created_at,
        )


class NewSubscriptionOut(SubscriptionOut):
    secret: str = Field(description="Signs the deliveries. Empty in a repeated answer: it is shown once.")


class ActiveIn(Schema):
    active: bool


class DeliveryOut(Schema):
    id: UUID
    event: UUID
    name: str
    state: DeliveryState
    attempts: int
    created_at: Moment
    next_at: Moment | None
    ended_at: Moment | None
    status_code: int | None
    error: str
    payload: dict[str, Any]

    @classmethod
    def of(cls, one: Delivery) -> "DeliveryOut":
        names = (
            "id", "event", "name", "attempts", "created_at", "next_at", "ended_at", "status_code", "error", "payload",
        )  # fmt: skip
        return cls(state=DeliveryState(one.state), **{name: getattr(one, name) for name in names})


class MessageOut(Schema):
    id: UUID
    at: Moment
    template: str
    text: str
    case: str | None = Field(description="The number of the case that it is about.")
    why: str = Field(description="Why one is told; empty where it is about one's own case or for everybody.")
    read: bool

    @classmethod
    def of(cls, row: Message, text: str, why: str) -> "MessageOut":
        number, read = row.params.get("number"), row.read_at is not None
        return cls(id=row.id, at=row.at, template=row.template, text=text, case=number, why=why, read=read)


class MessagesOut(Schema):
    unread: int
    messages: list[MessageOut]


class ReadIn(Schema):
    ids: list[UUID] = Field([], max_length=1000)


class ReadOut(Schema):
    read: int


class WishesIn(Schema):
    """A way for each kind; a kind that is left out keeps its way."""

    ways: dict[Kind, Way] = Field({}, max_length=len(Kind))
    quiet_from: time = Field(description="In the city's time. The same as `quiet_to`: no quiet hours.")
    quiet_to: time
    digest_hour: int | None = Field(
        None, ge=0, le=23, description="The hour of one daily message in place of single ones."
    )


class WishesOut(Schema):
    ways: dict[Kind, Way]
    quiet_from: time
    quiet_to: time
    digest_hour: int | None

    @classmethod
    def of(cls, wish: Wish) -> "WishesOut":
        ways = {kind: Way(wish.way(kind)) for kind in Kind}
        return cls(ways=ways, quiet_from=wish.quiet_from, quiet_to=wish.quiet_to, digest_hour=wish.digest_hour)


class CommunityOut(Schema):
    """A community or quarter whose news one asked for."""

    unit: UUID
    code: str
    name: str

    @classmethod
    def of(cls, unit: UnitInfo, language: str) -> "CommunityOut":
        return cls(unit=unit.id, code=unit.code, name=unit.name_in(language))


class AnnouncementIn(Schema):
    kind: Literal["area", "product"] = Field("area", description="`product`: news of Linli itself, for everybody.")
    unit: UUID | None = Field(None, description="The area. Left out for news of Linli itself.")
    title: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=1000)
    title_en: str = Field("", max_length=120)
    text_en: str = Field("", max_length=2000)
    starts_at: Moment | None = Field(None, description="When it holds from; needs an end.")
    ends_at: Moment | None = Field(None, description="After this moment nobody is told any more.")

    def news(self, city: UUID) -> News:
        """What `actions.publish` takes. Raises `InvalidInput` where the area is missing."""
        unit = city if self.kind == "product" and self.unit is None else self.unit
        if unit is None:
            raise InvalidInput(field="unit")
        return News(unit_id=unit, **self.dict(exclude={"unit"}))


class AnnouncementOut(Schema):
    """What was announced, and how it stands."""

    id: UUID
    kind: str
    unit: UUID
    title: str
    text: str
    title_en: str
    text_en: str
    starts_at: Moment | None
    ends_at: Moment | None
    goes_at: Moment = Field(description="When it goes, or went, out.")
    state: AnnouncementState
    page: str = Field(description="The address at which everybody reads it, once it went out.")

    @classmethod
    def of(cls, row: Announcement) -> "AnnouncementOut":
        names = ("id", "kind", "title", "text", "title_en", "text_en", "starts_at", "ends_at", "goes_at")
        return cls(
            unit=row.unit_id,
            state=AnnouncementState(row.state),
            page=f"{env.get('LINLI_URL')}/news/{row.id}/",
            **{name: getattr(row, name) for name in names},
        )


class OutgoingOut(Schema):
    """A message to a phone. What it said is not shown: a code or a link may be in it."""

    id: UUID
    channel: OutgoingChannel
    recipient: str
    template: str
    language: str
    state: OutgoingState
    attempts: int
    provider_id: str
    error: str
    created_at: Moment
    sent_at: Moment | None

    @classmethod
    def of(cls, row: OutgoingMessage) -> "OutgoingOut":
        names = ("id", "template", "language", "attempts", "provider_id", "error", "created_at", "sent_at")
        return cls(
            channel=OutgoingChannel(row.channel),
            state=OutgoingState(row.state),
            recipient=mask_phone(row.recipient) if row.channel == OutgoingChannel.SMS else "WeChat",
            **{name: getattr(row, name) for name in names},
        )

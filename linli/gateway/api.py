"""The gateway's API: keys and webhooks for its administrators, one's own messages, announcements, what was sent to phones."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Header, Query, Router, Status

from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.gateway import actions, queries, ways, wording
from linli.gateway.cap.message import CONTENT_TYPE
from linli.gateway.models import OutgoingState
from linli.gateway.schemas import (
    ActiveIn,
    AnnouncementIn,
    AnnouncementOut,
    AppUserIn,
    AppUserOut,
    CommunityOut,
    DeliveryOut,
    KeyIn,
    KeyOut,
    MessageOut,
    MessagesOut,
    NewAppUserOut,
    NewKeyOut,
    NewSubscriptionOut,
    OutgoingOut,
    PublicAlertOut,
    ReadIn,
    ReadOut,
    SubscriptionIn,
    SubscriptionOut,
    WishesIn,
    WishesOut,
)
from linli.territory import queries as territory

router = Router(tags=["gateway"])

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="Carries the request out once only.")
]
Before = Annotated[UUID | None, Query(description="The last id of the page before.")]
Size = Annotated[int, Query(ge=1, le=200)]


def _actor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if actor.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    return actor


def _once(request: HttpRequest, key: str | None, body: Any, work: Callable[[], dict[str, Any]]) -> Status[Any]:
    """A new thing, made once for a key. A secret is in the first answer only: what is kept for a repeat lacks it."""
    by = _actor(request)
    secret: list[str] = []

    def made() -> dict[str, Any]:
        answer = work()
        secret.append(answer.pop("secret"))
        return answer

    answer = carry_out(once(by, key, {"path": request.path, "body": body.dict()}), made)
    return Status(201, answer | {"secret": secret[0] if secret else ""})


@router.get("/keys", response=list[KeyOut])
def keys(request: HttpRequest, before: Before = None, size: Size = 50) -> list[KeyOut]:
    """The API keys of the units whose gateway one manages, newest first. Only the beginning of a key is kept."""
    found = queries.visible_keys(_actor(request))
    if before is not None:
        found = found.filter(pk__lt=before)
    return [KeyOut.of(key) for key in found[:size]]


@router.post("/keys", response={201: NewKeyOut})
def create_key(request: HttpRequest, body: KeyIn, key: Key = None) -> Status[Any]:
    """A key for another system. `secret` is the key: it is shown this once."""

    def work() -> dict[str, Any]:
        made = actions.create_key(by=_actor(request), **body.action())
        return KeyOut.of(made.key).model_dump(mode="json") | {"secret": made.secret}

    return _once(request, key, body, work)


@router.delete("/keys/{key_id}", response=KeyOut)
def revoke_key(request: HttpRequest, key_id: UUID) -> KeyOut:
    """End a key at once."""
    return KeyOut.of(actions.revoke_key(key_id=key_id, by=_actor(request)))


@router.get("/app-users", response=list[AppUserOut])
def app_users(request: HttpRequest, team: UUID) -> list[AppUserOut]:
    """The phones with ODK Collect that are or were connected to a team, newest first, for whoever runs its campaign."""
    return [AppUserOut.of(user) for user in queries.app_users(_actor(request), team)]


@router.post("/app-users", response={201: NewAppUserOut})
def connect_app(request: HttpRequest, body: AppUserIn, key: Key = None) -> Status[Any]:
    """Connect ODK Collect on the phone of a member of a team. `secret` is the settings that it takes over, shown this once."""

    def work() -> dict[str, Any]:
        made = actions.connect_app(team_id=body.team, person_id=body.person, by=_actor(request))
        return AppUserOut.of(made.user).model_dump(mode="json") | {"secret": made.settings}

    return _once(request, key, body, work)


@router.delete("/app-users/{user}", response=AppUserOut)
def disconnect_app(request: HttpRequest, user: UUID) -> AppUserOut:
    """End it at once. What the phone has not sent stays on it."""
    return AppUserOut.of(actions.disconnect_app(user_id=user, by=_actor(request)))


@router.get("/webhooks", response=list[SubscriptionOut])
def webhooks(request: HttpRequest, before: Before = None, size: Size = 50) -> list[SubscriptionOut]:
    """The webhooks of the units whose gateway one manages, newest first."""
    found = queries.visible_subscriptions(_actor(request))
    if before is not None:
        found = found.filter(pk__lt=before)
    return [SubscriptionOut.of(one) for one in found[:size]]


@router.post("/webhooks", response={201: NewSubscriptionOut})
def subscribe(request: HttpRequest, body: SubscriptionIn, key: Key = None) -> Status[Any]:
    """Tell an address of what happens in a unit. `secret` signs the deliveries: it is shown this once."""

    def work() -> dict[str, Any]:
        made = actions.subscribe(by=_actor(request), **body.action())
        return SubscriptionOut.of(made.subscription).model_dump(mode="json") | {"secret": made.secret}

    return _once(request, key, body, work)


@router.patch("/webhooks/{webhook}", response=SubscriptionOut)
def switch(request: HttpRequest, webhook: UUID, body: ActiveIn) -> SubscriptionOut:
    """Switch a webhook on, which forgets its failures, or off."""
    return SubscriptionOut.of(actions.set_active(subscription_id=webhook, active=body.active, by=_actor(request)))


@router.delete("/webhooks/{webhook}", response={204: None})
def unsubscribe(request: HttpRequest, webhook: UUID) -> Status[None]:
    """End a webhook, and drop its deliveries."""
    actions.unsubscribe(subscription_id=webhook, by=_actor(request))
    return Status(204, None)


@router.get("/webhooks/{webhook}/deliveries", response=list[DeliveryOut])
def deliveries(request: HttpRequest, webhook: UUID, before: Before = None) -> list[DeliveryOut]:
    """What was or is to be delivered, newest first, with the last answer of the other side."""
    return [DeliveryOut.of(one) for one in queries.deliveries(_actor(request), webhook, before=before)]


@router.post("/deliveries/{delivery}/repeat", response=DeliveryOut)
def redeliver(request: HttpRequest, delivery: UUID) -> DeliveryOut:
    """Send a delivery that ended once more: the same event id, signed anew."""
    return DeliveryOut.of(actions.redeliver(delivery_id=delivery, by=_actor(request)))


@router.get("/messages", response=MessagesOut)
def messages(request: HttpRequest, before: Before = None, size: Size = 50) -> MessagesOut:
    """One's own messages, newest first, in the language of the request."""
    by = _actor(request)
    language = get_language() or "zh-hans"
    rows = queries.messages(by, before=before, size=size)
    shown = [
        MessageOut.of(row, wording.long(row.template, row.params, language), wording.why(row.params, language))
        for row in rows
    ]
    return MessagesOut(unread=queries.unread(by), messages=shown)


@router.post("/messages/read", response=ReadOut)
def read(request: HttpRequest, body: ReadIn) -> ReadOut:
    """Mark one's own messages as read: these, or all of them."""
    return ReadOut(read=actions.read_messages(by=_actor(request), ids=body.ids))


@router.get("/wishes", response=WishesOut)
def wishes(request: HttpRequest) -> WishesOut:
    """How one is told beside the app: a way for each kind of message, quiet hours, a daily digest."""
    return WishesOut.of(queries.own_wish(_actor(request)))


@router.put("/wishes", response=WishesOut)
def choose(request: HttpRequest, body: WishesIn) -> WishesOut:
    """Choose how one is told. A way that is not connected can be left as it stood, and not be chosen."""
    by = _actor(request)
    ways.require_offered(by, body.ways)
    actions.choose(by=by, **body.dict())
    return WishesOut.of(queries.own_wish(by))


@router.get("/communities", response=list[CommunityOut])
def communities(request: HttpRequest) -> list[CommunityOut]:
    """The communities and quarters whose news one asked for."""
    return [CommunityOut.of(unit, get_language() or "") for unit in queries.followed(_actor(request))]


@router.put("/communities/{unit}", response=list[CommunityOut])
def follow(request: HttpRequest, unit: UUID) -> list[CommunityOut]:
    """Ask for the news of a community or quarter. To ask is the consent to keep this choice."""
    actions.follow(unit_id=unit, by=_actor(request))
    return communities(request)


@router.delete("/communities/{unit}", response=list[CommunityOut])
def unfollow(request: HttpRequest, unit: UUID) -> list[CommunityOut]:
    """Take it back: the choice is forgotten."""
    actions.unfollow(unit_id=unit, by=_actor(request))
    return communities(request)


@router.get("/announcements", response=list[AnnouncementOut])
def announcements(
    request: HttpRequest, unit: UUID | None = None, before: Before = None, size: Size = 50
) -> list[AnnouncementOut]:
    """What went out, newest first, for everybody: all of it, or what was said of a unit or of one around it."""
    return [AnnouncementOut.of(row) for row in queries.published(unit_id=unit, before=before, size=size)]


@router.post("/announcements", response={201: AnnouncementOut})
def publish(request: HttpRequest, body: AnnouncementIn, key: Key = None) -> Status[Any]:
    """Tell an area something, or everybody about Linli itself. It goes out a minute later, if it is not called back."""
    by = _actor(request)

    def work() -> dict[str, Any]:
        made = actions.publish(news=body.news(territory.root().id), by=by)
        return AnnouncementOut.of(made).model_dump(mode="json")

    return Status(201, carry_out(once(by, key, {"path": request.path, "body": body.dict()}), work))


@router.get("/announcements/{announcement}", response=AnnouncementOut)
def announcement(request: HttpRequest, announcement: UUID) -> AnnouncementOut:
    """One that went out, for everybody; one that is planned or was called back, for those who announce in its unit."""
    actor = actor_of(request)
    return AnnouncementOut.of(queries.readable(actor, announcement))


@router.post("/announcements/{announcement}/call-back", response=AnnouncementOut)
def call_back(request: HttpRequest, announcement: UUID, key: Key = None) -> Any:
    """Stop it within the minute before it goes out."""
    by = _actor(request)

    def work() -> dict[str, Any]:
        stopped = actions.call_back(announcement_id=announcement, by=by)
        return AnnouncementOut.of(stopped).model_dump(mode="json")

    return carry_out(once(by, key, {"path": request.path}), work)


@router.post(
    "/cap",
    response={200: PublicAlertOut, 201: PublicAlertOut},
    openapi_extra={"requestBody": {"required": True, "content": {CONTENT_TYPE: {"schema": {"type": "string"}}}}},
)
def receive_alert(request: HttpRequest) -> Status[Any]:
    """Hand in a warning as CAP 1.2, by a key that may `post`: weather, flood services. Stored once; sent again it answers 200.

    It holds in what its areas cover of the key's unit. Update and Cancel end what they refer to, if the same key has sent it.
    """
    received = actions.receive_alert(data=request.body, by=_actor(request))
    return Status(200 if received.known else 201, PublicAlertOut.of(received.alert))


@router.get("/outgoing", response=list[OutgoingOut])
def outgoing(request: HttpRequest, state: OutgoingState | None = None, before: Before = None) -> list[OutgoingOut]:
    """What was recorded for phones and WeChat, newest first, for administrators of the whole city. Numbers are masked."""
    return [OutgoingOut.of(row) for row in queries.outgoing(_actor(request), state=state or "", before=before)]

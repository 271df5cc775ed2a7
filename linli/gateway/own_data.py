"""The gateway's part of a person's own data: the messages kept for them, and how they want to be told."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from linli.foundation import own_data
from linli.foundation.access import Actor
from linli.gateway import wording
from linli.gateway.models import AppUser, Followed, Message, OutgoingMessage, Wishes
from linli.people import queries as people
from linli.territory import queries as territory


def register() -> None:
    models = (Message, OutgoingMessage, Wishes, Followed, AppUser)
    own_data.register("messages", _("Messages to you"), models, export=export, erase=erase)


def export(person_id: UUID) -> list[dict[str, Any]]:
    rows = Message.objects.filter(person=person_id).order_by("pk")
    language = next((one.language for one in people.addressees({person_id})), "zh-hans")
    told = [{"at": row.at.isoformat(), "text": wording.long(row.template, row.params, language)} for row in rows]
    chosen = Wishes.objects.filter(person=person_id).values(
        "ways", "quiet_from", "quiet_to", "digest_hour", "where_reported"
    )
    followed = [
        {"news_of": territory.unit(row.unit_id).name_in(language), "asked_at": row.asked_at}
        for row in Followed.objects.filter(person=person_id).order_by("pk")
    ]
    apps = AppUser.objects.filter(person=person_id).order_by("pk").values("created_at", "revoked_at")
    return [
        *told,
        *({"how_you_are_told": wish} for wish in chosen),
        *followed,
        *({"field_app": used} for used in apps),
    ]


def erase(person_id: UUID, by: Actor) -> int:
    """The messages in the app, what was recorded for the person's phone, and what they chose."""
    gone, _of = Message.objects.filter(person=person_id).delete()
    sent, _of = OutgoingMessage.objects.filter(person=person_id).delete()
    chosen, _of = Wishes.objects.filter(person=person_id).delete()
    followed, _of = Followed.objects.filter(person=person_id).delete()
    apps, _of = AppUser.objects.filter(person=person_id).delete()
    return gone + sent + chosen + followed + apps

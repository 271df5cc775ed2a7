"""Follow-ups in the one inbox (`foundation.tasks`): what is to be brought or asked by this time tomorrow."""

from datetime import datetime, timedelta

from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from linli.campaigns.following import BY_NAME
from linli.campaigns.models import FollowUp, FollowUpKind
from linli.campaigns.queries import following
from linli.campaigns.rules import MAY, Act
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.tasks import Task

SOURCE = "campaigns"
SOON = timedelta(hours=2)


def of(actor: Actor) -> list[Task]:
    """Three statements, however many there are; one where there are none, none for who follows up nowhere."""
    if not actor.roles() & MAY[Act.FOLLOW]:
        return []
    rows = following.tasks_of(actor)
    places = following.addresses_of((row.building_id, row.door) for row in rows) if rows else {}
    now = clock.now()
    return [_task(row, places[row.door], actor, now) for row in rows]


def label_of(row: FollowUp) -> str:
    """What is to be done, such as “Delivery: Food”."""
    rule = BY_NAME.get(row.rule)
    kind = FollowUpKind(row.kind).label
    return _("%(kind)s: %(what)s") % {"kind": kind, "what": rule.label} if rule else str(kind)


def _task(row: FollowUp, place: following.Address, actor: Actor, now: datetime) -> Task:
    due_words, tone = due_in_words(row.next_at, now)
    mine = row.holder is not None and row.holder == actor.id
    return Task(
        source=SOURCE,
        title=label_of(row),
        place=place.short,
        href=f"/field/follow/{row.pk}/",
        state=_("Handed to you") if mine else str(FollowUpKind(row.kind).label),
        tone="info" if mine else "",
        unit_ids=place.path,
        lon=place.lon,
        lat=place.lat,
        due=row.next_at,
        due_words=due_words,
        due_tone=tone,
        assigned=mine,
    )


def due_in_words(due: datetime | None, now: datetime) -> tuple[str, str]:
    """How long until it is due, or since when, with its tone."""
    if due is None:
        return "", ""
    if due < now:
        return _("%(time)s overdue") % {"time": timesince(due, now, depth=1)}, "bad"
    return _("%(time)s left") % {"time": timesince(now, due, depth=1)}, "warn" if due - now < SOON else ""

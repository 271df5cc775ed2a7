"""Follow-ups in the one inbox (`foundation.tasks`): what is to be brought or asked by this time tomorrow."""

from datetime import datetime, timedelta

from django.utils.timesince import timesince
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from linli.campaigns.following import BY_NAME
from linli.campaigns.models import FollowUp, FollowUpKind, TellingPlace
from linli.campaigns.queries import following
from linli.campaigns.queries import telling as at_doors
from linli.campaigns.rules import MAY, Act
from linli.foundation import clock
from linli.foundation.access import Actor, Role
from linli.foundation.tasks import Task
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

SOURCE, TELLINGS = "campaigns", "tellings"
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


def tellings(actor: Actor) -> list[Task]:
    """A notice to be told at the doors of a building that no phone reaches. Three statements; one where nothing is to be told."""
    if Role.GRID_WORKER not in actor.roles():
        return []
    rows = at_doors.tasks_of(actor)
    homes = {home.id: home for home in territory.units_by_id([row.building_id for row in rows])} if rows else {}
    now = clock.now()
    return [_telling(row, homes[row.building_id], now) for row in rows]


def _telling(row: TellingPlace, home: UnitInfo, now: datetime) -> Task:
    due_words, tone = due_in_words(row.telling.ends_at, now)
    above = [territory.unit(unit).name for unit in home.path[4:-1]]
    doors = ngettext("%(count)s door left", "%(count)s doors left", row.left) % {"count": row.left}
    return Task(
        source=TELLINGS,
        # The building first: one notice is told at many, and their cards stand below each other.
        title=_("%(place)s: tell at the doors, %(what)s")
        % {"place": home.name, "what": row.telling.title_in(get_language() or "")},
        place=" ".join([*above, home.name]),
        href=f"/field/follow/tell/{row.pk}/",
        state=doors,
        unit_ids=tuple(home.path),
        lon=home.lon,
        lat=home.lat,
        due=row.telling.ends_at,
        due_words=due_words,
        due_tone=tone,
        urgent=_("Somebody there is looked after") if row.first else "",  # type: ignore[attr-defined]
        urgent_tone="warn",
    )


def due_in_words(due: datetime | None, now: datetime) -> tuple[str, str]:
    """How long until it is due, or since when, with its tone."""
    if due is None:
        return "", ""
    if due < now:
        return _("%(time)s overdue") % {"time": timesince(due, now, depth=1)}, "bad"
    return _("%(time)s left") % {"time": timesince(now, due, depth=1)}, "warn" if due - now < SOON else ""

"""Notices at the doors: begun with the notice, told door by door, ended with it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from linli.campaigns import errors, events, queries, rules, state, telling
from linli.campaigns.actions.locks import hold_declaration
from linli.campaigns.models import Home, Telling, TellingEnd, TellingMark, TellingPlace, TellingSource, ToldHow
from linli.campaigns.queries import telling as reads
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as, system
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.ids import uuid7
from linli.territory import queries as territory

MOST_DOORS = 500

# Of the buildings of these units, each with all its doors.
_EVERYBODY = """
INSERT INTO campaigns_tellingplace
    (id, telling_id, building_id, community_id, subdistrict_id, district_id, doors, app, sms, told, leaflet, nobody, closed)
SELECT gen_random_uuid(), %s, home.id, home.path[4], home.path[3], home.path[2], counted.doors, 0, 0, 0, 0, 0, false
FROM (
    SELECT building_id, count(*)::int AS doors FROM territory_household
    WHERE building_id IN (SELECT id FROM territory_unit WHERE level IN ('building', 'linpan') AND path && %s::uuid[])
    GROUP BY building_id
) AS counted JOIN territory_unit AS home ON home.id = counted.building_id
ON CONFLICT (telling_id, building_id) DO NOTHING
"""
# The same for those who are asked for again and again (`following.py`): a building with one of them, and which doors.
_LOOKED_AFTER = """
INSERT INTO campaigns_tellingplace
    (id, telling_id, building_id, community_id, subdistrict_id, district_id, doors, "only", app, sms, told, leaflet, nobody, closed)
SELECT gen_random_uuid(), %s, home.id, home.path[4], home.path[3], home.path[2], counted.doors, counted.meant, 0, 0, 0, 0, 0, false
FROM (
    SELECT building_id, count(DISTINCT door)::int AS doors, array_agg(DISTINCT door) AS meant FROM campaigns_followup
    WHERE kind = 'check_in' AND released_at IS NULL
        AND building_id IN (SELECT id FROM territory_unit WHERE level IN ('building', 'linpan') AND path && %s::uuid[])
    GROUP BY building_id
) AS counted JOIN territory_unit AS home ON home.id = counted.building_id
ON CONFLICT (telling_id, building_id) DO NOTHING
"""
# What an update took out, or brings back, of buildings that are written down already; whoever marks in the others waits for neither.
_INSIDE = """
UPDATE campaigns_tellingplace SET closed = false WHERE telling_id = %s AND closed AND
    (SELECT path FROM territory_unit WHERE id = building_id) && %s::uuid[]
"""
_OUTSIDE = """
UPDATE campaigns_tellingplace SET closed = true WHERE telling_id = %s AND NOT closed AND NOT (
    (SELECT path FROM territory_unit WHERE id = building_id) && %s::uuid[])
"""


# That a notice is over is told for so long after its end; later nobody waits for it.
TOLD_OVER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told, where and for how long. `looked_after`: only at the doors of those who are asked for again and again."""

    id: UUID
    source: str
    units: Sequence[UUID]
    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    title_en: str = ""
    text_en: str = ""
    declaration: UUID | None = None
    looked_after: bool = False


def begin_telling(*, notice: Notice, by: Actor, instead_of: Sequence[UUID] = ()) -> Telling:
    """Send people to the doors that no phone reaches. For whoever sends the notice out, and has checked who may.

    `instead_of`: notices that it updates. In the same words, what was told stays told, and only doors that are new to it are opened;
    in other words all are told anew.
    """
    with acting_as(SYSTEM), transaction.atomic():
        before = list(Telling.objects.select_for_update().filter(notice__in=instead_of, ended_at=None).order_by("pk"))
        same = next((row for row in before if _goes_on_as(row, notice)), None)
        for row in before:
            if row is not same:
                _end(row, TellingEnd.UPDATED, by)
        if same is not None:
            same.notice, same.units = notice.id, list(notice.units)
            same.ends_at = notice.ends_at
            # What is being told goes on, while the update may still be called back.
            if same.starts_at > clock.now():
                same.starts_at = notice.starts_at
            same.save(update_fields=["notice", "units", "starts_at", "ends_at"])
            state.record(state.TELLING, same, "update", by)
            events.telling(same.pk)
            return same
        made = Telling(
            source=notice.source,
            notice=notice.id,
            declaration_id=notice.declaration,
            units=list(notice.units),
            title=notice.title[:200],
            title_en=notice.title_en[:200],
            text=notice.text,
            text_en=notice.text_en,
            looked_after=notice.looked_after,
            starts_at=notice.starts_at,
            ends_at=notice.ends_at,
            created_by_label=by.label[:120],
        )
        made.save(force_insert=True)
        state.record(state.TELLING, made, "begin", by)
        events.telling(made.pk)
    return made


def _goes_on_as(row: Telling, notice: Notice) -> bool:
    return telling.same_words(row, notice) and row.looked_after == notice.looked_after


def tell_declaration(*, declaration: UUID, text: str, by: Actor) -> Telling:
    """Have its households told at their doors that joint control was declared, and what to do; once for a declaration.

    Raises `NotAllowed`, `NotFound`, `NotInForce`, `InvalidInput`, `ToldAlready`.
    """
    row = queries.declaration(declaration)
    queries.require(by, Act.RUN, row.unit_id)
    if queries.stage_of(row) is not Stage.IN_FORCE:
        raise errors.NotInForce
    words = text.strip()
    if not rules.LEAST_WORDS <= len(words) <= 400:
        raise InvalidInput(field="text")
    with transaction.atomic():
        hold_declaration(row.pk)
        with acting_as(SYSTEM):
            if Telling.objects.filter(notice=row.pk).exists():
                raise errors.ToldAlready
        notice = Notice(
            id=row.pk,
            source=TellingSource.DECLARATION,
            units=[row.unit_id],
            title=row.name,
            text=words,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            declaration=row.pk,
        )
        return begin_telling(notice=notice, by=by)


def fill(*, telling: UUID) -> int:
    """Write down the buildings that it concerns, one statement for a whole city. As often as one likes. For the system."""
    with transaction.atomic():
        row = Telling.objects.select_for_update().get(pk=telling)
        # Where another is said to be over, its doors were written down with it.
        if row.ended_at is not None or row.over_of_id is not None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(_LOOKED_AFTER if row.looked_after else _EVERYBODY, [row.pk, row.units])
            count = cursor.rowcount
            cursor.execute(_INSIDE, [row.pk, row.units])
            cursor.execute(_OUTSIDE, [row.pk, row.units])
        events.told(row.pk)
    return count


def end_telling(*, notices: Sequence[UUID], by: Actor, why: TellingEnd = TellingEnd.CANCELLED) -> int:
    """The notice was withdrawn: nobody is sent with it any more. For whoever withdrew it, and has checked who may. Returns how many.

    Who was told of it by somebody who stood there is told that as well (`call_off`), unless another notice (`why`) takes its place.
    """
    with acting_as(SYSTEM), transaction.atomic():
        rows = list(Telling.objects.select_for_update().filter(notice__in=notices, ended_at=None).order_by("pk"))
        for row in rows:
            _end(row, why, by)
    return len(rows)


def call_off() -> list[Telling]:
    """Whoever was told at the door is told there that it is over; the tasks of those who were not are gone by then. For the system.

    As often as one likes: each is called off once.
    """
    by = system("all clear")
    with acting_as(by):
        return [made for row in reads.to_call_off(TOLD_OVER) if (made := _called_off(row.pk, by)) is not None]


def _called_off(telling: UUID, by: Actor) -> Telling | None:
    with transaction.atomic():
        # Whoever destroys or looks at the same moment waits; what is called off by then is not any more.
        row = Telling.objects.select_for_update().get(pk=telling)
        if row.declaration_id is not None:
            hold_declaration(row.declaration_id)
        told = reads.doors_that_were_told(row)
        if not told or Telling.objects.filter(over_of=row).exists():
            return None
        made = Telling(
            over_of=row, source=row.source, declaration_id=row.declaration_id, units=row.units, notice=uuid7()
        )
        made.starts_at, made.ends_at, made.created_by_label = clock.now(), clock.now() + TOLD_OVER, by.label[:120]
        for ending, language in (("", "zh-hans"), ("_en", "en")):
            before = {"what": getattr(row, f"title{ending}") or row.title}
            with translation.override(language):
                setattr(made, f"title{ending}", (_("Over: %(what)s") % before)[:200])
                setattr(
                    made,
                    f"text{ending}",
                    _("This is over: %(what)s. What it asked you to do, you need not do any more.") % before,
                )
        made.save(force_insert=True)
        state.record(state.TELLING, made, "begin", by)
        homes = {home.id: home for home in territory.units_by_id(list(told))}
        TellingPlace.objects.bulk_create(
            [
                TellingPlace(
                    telling=made,
                    building_id=building,
                    community_id=homes[building].path[3],
                    subdistrict_id=homes[building].path[2],
                    district_id=homes[building].path[1],
                    doors=len(doors),
                    only=doors,
                )
                for building, doors in told.items()
            ],
            batch_size=1000,
        )
        events.told(made.pk)
    return made


def stop(*, telling: UUID, reason: str, by: Actor) -> Telling:
    """Nobody is sent with it any more, though the notice holds. Raises `NotFound`, `NotAllowed`, `ReasonNeeded`."""
    note = rules.words_of(reason, field="reason")
    found = reads.telling(by, telling)
    for unit in found.units:
        queries.require(by, Act.RUN, unit)
    with acting_as(SYSTEM), transaction.atomic():
        row = Telling.objects.select_for_update().get(pk=telling)
        if row.ended_at is not None:
            raise NotFound
        _end(row, TellingEnd.STOPPED, by, note)
    return row


def _end(row: Telling, why: TellingEnd, by: Actor, note: str = "") -> None:
    row.ended_at, row.ended_why = clock.now(), why
    row.save(update_fields=["ended_at", "ended_why"])
    state.record(state.TELLING, row, "end", by, note, {"why": why})
    events.told(row.pk)


def mark(*, place: UUID, doors: Sequence[UUID], how: str, by: Actor, at: datetime | None = None) -> TellingPlace:
    """What came of standing at some doors of a building; `at` by the phone, never before it was begun or after it arrived.

    Raises `NotFound`, `InvalidInput`, `NotToldAnyMore`, `Destroyed`.
    """
    if how not in telling.AT_THE_DOOR:
        raise InvalidInput(field="how")
    if not 1 <= len(set(doors)) <= MOST_DOORS:
        raise InvalidInput(field="doors")
    found = reads.place_to_tell(by, place)
    if not reads.is_running(found.telling):
        raise errors.NotToldAnyMore
    if set(doors) - {door.id for door in reads.doors_of(found)}:
        raise NotFound
    with acting_as(SYSTEM), transaction.atomic():
        now = clock.now()
        stood_at = min(max(at or now, found.telling.starts_at), now)
        return _marked(found, [(door, how) for door in dict.fromkeys(doors)], by.id, stood_at)


def _marked(found: TellingPlace, marks: Sequence[tuple[UUID, str]], by: UUID | None, at: datetime) -> TellingPlace:
    """Whoever marks in one building waits for each other; its counts are those of all its marks."""
    if found.telling.declaration_id is not None:
        hold_declaration(found.telling.declaration_id)
    row = TellingPlace.objects.select_for_update(of=("self",)).select_related("telling").get(pk=found.pk)
    TellingMark.objects.bulk_create(
        [
            TellingMark(place=row, community_id=row.community_id, door=door, how=how, at=at, by_id=by)
            for door, how in marks
        ]
    )
    _count(row)
    return row


def _count(row: TellingPlace) -> None:
    meant = {door.id for door in reads.doors_of(row)}
    counts = telling.totals(how for door, how in reads.standings_of(row).items() if door in meant)
    row.doors = len(meant)
    for how, count in counts.items():
        setattr(row, how, count)
    row.save(update_fields=["doors", "only", *counts])
    events.told(row.telling_id)


def reached(*, notice: UUID, ways: Mapping[UUID, str]) -> int:
    """Persons were told of a notice by phone (`app` or `sms`): the doors that their accounts are bound to count. Once for a way.

    For the system, in the transaction that told them. Returns how many doors.
    """
    # Held as `fill` holds it: both touch many buildings. Whoever marks at a door holds one, and not this.
    row = Telling.objects.select_for_update(of=("self",)).filter(reads.running(), notice=notice).first()
    if row is None:
        return 0
    homes = Home.objects.filter(person__in=ways, ended_at=None, building__path__overlap=row.units)
    by_building: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for home in homes:
        assert home.building_id is not None
        assert home.door is not None
        assert home.person_id is not None
        doors, door, person = by_building[home.building_id], home.door, home.person_id
        doors[door] = ToldHow.SMS if ToldHow.SMS in (doors.get(door), ways[person]) else ToldHow.APP
    if by_building and not row.places.exists():
        fill(telling=row.pk)
    count = 0
    places = row.places.filter(building__in=by_building, closed=False).select_related("telling").order_by("building")
    for place in places:
        known = set(TellingMark.objects.filter(place=place).values_list("door", "how"))
        meant = {door.id for door in reads.doors_of(place)}
        new = [one for one in sorted(by_building[place.building_id].items()) if one not in known and one[0] in meant]
        if new:
            _marked(place, new, None, clock.now())
            count += len(new)
    return count


def leave_out(doors: Collection[UUID]) -> int:
    """Doors that nobody asks for any more: no notice for those who are looked after names them. For the system.

    Returns how many marks went.
    """
    gone = 0
    rows = TellingPlace.objects.select_for_update(of=("self",)).select_related("telling")
    for row in rows.filter(only__overlap=list(doors)).order_by("telling", "building"):
        row.only = [door for door in row.only or () if door not in doors]
        gone += TellingMark.objects.filter(place=row, door__in=doors).delete()[0]
        _count(row)
    return gone


def forget_of(declaration: UUID) -> int:
    """What is known of single doors by its notices, and of buildings with few doors. For the system. Returns how many marks."""
    return _forget(Telling.objects.filter(declaration=declaration))


def forget_tellings() -> int:
    """What is known of single doors goes a month after a notice is over, and counts of buildings with few doors; the others stay.

    For the system. Returns how many marks.
    """
    return _forget(reads.over_for(rules.DESTROYED_AFTER))


def _forget(tellings: QuerySet[Telling]) -> int:
    TellingPlace.objects.filter(telling__in=tellings, only__isnull=False).update(only=None)
    gone = TellingMark.objects.filter(place__telling__in=tellings).delete()[0]
    TellingPlace.objects.filter(telling__in=tellings, doors__lt=rules.FEWEST_KEPT).delete()
    return gone

"""Announcing something to an area or to everybody: planned, called back within a minute, or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.campaigns.actions import telling
from linli.foundation import audit, clock, outbox
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound
from linli.foundation.ids import uuid7
from linli.gateway import events, queries, rules
from linli.gateway.cap.message import MsgType
from linli.gateway.errors import GoneOut
from linli.gateway.models import Announcement, Kind, PublicAlert
from linli.territory import queries as territory

SUBJECT = "announcement"
State = Announcement.State
# How long a piece of the sending belongs to the worker that began it.
LEASE = timedelta(minutes=5)
LONGEST = {"title": 60, "title_en": 120, "text": 1000, "text_en": 2000}


def publish(*, news: rules.News, by: Actor) -> Announcement:
    """Plan an announcement: it goes out in a minute, if it is not called back. Raises `InvalidInput`, `NotAllowed`."""
    _check(news)
    if not queries.announces(by, news.kind, news.unit_id):
        raise NotAllowed
    now = clock.now()
    goes_at = now + rules.CALL_BACK
    row = Announcement(id=uuid7(), **asdict(news), created_at=now, created_by=by.id, goes_at=goes_at, next_at=goes_at)
    with transaction.atomic():
        row.save(force_insert=True)
        _record(row, "announced", by)
        _soon(row)
    return row


def tell_of(alert: PublicAlert, *, goes_at: datetime, by: Actor) -> None:
    """Announce a warning, or that it is over, in each of its units. In the transaction that stores it."""
    over = alert.msg_type == MsgType.CANCEL
    units = rules.coarse_enough([territory.unit(unit).path for unit in alert.units])
    for unit in units:
        row = Announcement(
            id=uuid7(),
            kind=Kind.AREA,
            unit_id=unit,
            title=_cut(alert.said_in("zh", "headline"), "title"),
            title_en=_cut(alert.headline_en, "title_en"),
            text=_cut(whole(alert, "zh"), "text"),
            text_en=_cut(whole(alert, "en") if alert.headline_en else "", "text_en"),
            starts_at=None if over else alert.effective,
            ends_at=alert.expires,
            alert=alert,
            created_by=by.id,
            goes_at=goes_at,
            next_at=goes_at,
        )
        row.save(force_insert=True)
        _record(row, "announced", by)
        _soon(row)


def withdraw(alert: PublicAlert, by: Actor) -> bool:
    """Stop what was announced of a warning and has not gone out; whether anything went out before. In a transaction."""
    rows = list(Announcement.objects.select_for_update().filter(alert=alert))
    for row in rows:
        if row.state == State.PLANNED:
            row.state, row.next_at = State.CALLED_BACK, None
            row.save(update_fields=["state", "next_at"])
            _record(row, "called_back", by)
    return any(row.state != State.CALLED_BACK for row in rows)


def whole(alert: PublicAlert, language: str) -> str:
    """What to do stands first."""
    return "\n".join(filter(None, (alert.said_in(language, name) for name in ("instruction", "description")))) or str(
        alert
    )


def _cut(text: str, name: str) -> str:
    most = LONGEST[name]
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _check(news: rules.News) -> None:
    if news.kind not in queries.NEEDS:
        raise InvalidInput(field="kind")
    if news.kind == Kind.PRODUCT and news.unit_id != territory.root().id:
        # It reaches everybody, so nobody but the whole city's administrators may send it.
        raise InvalidInput(field="unit")
    for name, longest in LONGEST.items():
        words = getattr(news, name)
        if len(words) > longest or (not words.strip() and not name.endswith("_en")):
            raise InvalidInput(field=name)
    if news.ends_at is not None and news.ends_at <= max(clock.now(), news.starts_at or clock.now()):
        raise InvalidInput(field="ends_at")
    if news.starts_at is not None and news.ends_at is None:
        raise InvalidInput(field="ends_at")


def call_back(*, announcement_id: UUID, by: Actor) -> Announcement:
    """Stop it before it goes out. Raises `NotFound`, `NotAllowed`, `GoneOut`."""
    with transaction.atomic():
        row = Announcement.objects.select_for_update().filter(pk=announcement_id).first()
        if row is None:
            raise NotFound
        if not queries.announces(by, row.kind, row.unit_id):
            raise NotAllowed
        if row.state != State.PLANNED:
            raise GoneOut
        row.state, row.next_at = State.CALLED_BACK, None
        row.save(update_fields=["state", "next_at"])
        _record(row, "called_back", by)
        others = Announcement.objects.filter(alert=row.alert_id).exclude(state=State.CALLED_BACK)
        if row.alert_id is not None and not others.exists():
            # Whoever was to hear of it by phone hears nothing: nobody stands at a door with it either.
            telling.end_telling(notices=[row.alert_id], by=by)
    return row


def take_up(announcement_id: UUID) -> Announcement | None:
    """The announcement that is to be sent (on) now; None where there is nothing to do, or another worker does it. For the system."""
    with transaction.atomic():
        due = Announcement.objects.select_for_update(skip_locked=True)
        row = due.filter(pk=announcement_id, state__in=(State.PLANNED, State.SENDING), next_at__lte=clock.now()).first()
        if row is None:
            return None
        begins = row.state == State.PLANNED
        row.state, row.next_at = State.SENDING, clock.now() + LEASE
        row.save(update_fields=["state", "next_at"])
        if begins:
            _record(row, "went_out", SYSTEM)
    return row


def reached(row: Announcement, persons: Sequence[UUID], *, told: int, written: int) -> None:
    """Note how far it has come. In the transaction that told these persons. For the system."""
    row.reached, row.told, row.written = persons[-1], row.told + told, row.written + written
    row.next_at = clock.now() + LEASE
    row.save(update_fields=["reached", "told", "written", "next_at"])


def finish(row: Announcement) -> None:
    """Everybody was told. For the system."""
    with transaction.atomic():
        row.state, row.next_at = State.SENT, None
        row.save(update_fields=["state", "next_at"])
        _record(row, "sent", SYSTEM, {"told": row.told, "written": row.written})


def publish_due() -> int:
    """Set to work what is due and was not begun, or not ended. Returns how many. For the system."""
    due = list(Announcement.objects.filter(next_at__lte=clock.now()))
    for row in due:
        _soon(row)
    return len(due)


def _soon(row: Announcement) -> None:
    from linli.gateway import jobs

    jobs.publish.configure(schedule_at=row.next_at).defer(announcement=str(row.id))


def _record(row: Announcement, action: str, by: Actor, data: Mapping[str, Any] | None = None) -> None:
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=SUBJECT, subject_id=row.id, action=action, by=by, state=state_of(row), data=data or {}
        )
    outbox.publish(events.ANNOUNCED, {"announcement": str(row.id)}, [f"announcement:{row.id}", f"unit:{row.unit_id}"])


def state_of(row: Announcement) -> dict[str, Any]:
    """What the timeline digests: the words and where it stands. How far it has come is no part of it."""
    names = ("kind", "unit_id", "title", "title_en", "text", "text_en", "starts_at", "ends_at", "goes_at", "state")
    return {name: getattr(row, name) for name in names}


def states(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """How the verification of timelines reads them."""
    return {row.id: state_of(row) for row in Announcement.objects.filter(pk__in=ids)}

"""Sends what was announced to each person whom it is for, some at a time, each once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.campaigns.actions import telling
from linli.gateway import actions, notices, queries
from linli.gateway.models import Announcement, Kind
from linli.gateway.notices import Post

AT_ONCE = 200


def send(announcement_id: UUID) -> None:
    """Tell everybody who was not told yet. A worker that died leaves the rest to the next. For the system."""
    row = actions.take_up(announcement_id)
    while row is not None and _send_some(row):
        pass


def _send_some(row: Announcement) -> bool:
    """Tell the next persons in the order of their ids. False: there are none, and all is done."""
    warns = row.alert_id is not None
    left = queries.audience(row.kind, row.unit_id, warns=warns).order_by("pk")
    if row.reached is not None:
        left = left.filter(pk__gt=row.reached)
    persons = list(left.values_list("pk", flat=True)[:AT_ONCE])
    if not persons:
        actions.finish(row)
        return False
    reasons = queries.reasons(row.kind, row.unit_id, persons, warns=warns)
    posts = [_post(row, person, reasons.get(person, {})) for person in persons]
    with transaction.atomic():
        # The announcement (or the warning that it tells of) is the event: whoever was told of it is not told again.
        told, written = notices.send(posts, row.event_id, row.goes_at)
        actions.reached(row, persons, told=told, written=written)
        if row.alert_id is not None:
            telling.reached(notice=row.alert_id, ways=queries.ways_told(row.event_id, persons))
    return True


def _post(row: Announcement, person: UUID, reason: Mapping[str, str]) -> Post:
    page = f"/news/{row.id}/"
    words = {**_params(row), **reason}
    # A warning passes quiet hours and digest.
    urgent = row.alert_id is not None
    return Post(person, _template(row), words, None, emergency=urgent, expires_at=row.ends_at, page=page)


def _template(row: Announcement) -> str:
    if row.kind == Kind.PRODUCT:
        return "product_news"
    return "area_window" if row.starts_at and row.ends_at else "area_news"


def _params(row: Announcement) -> dict[str, Any]:
    return {
        "announcement": str(row.id),
        "unit": str(row.unit_id),
        "title": row.title,
        "title_en": row.title_en,
        "starts": row.starts_at.isoformat() if row.starts_at else "",
        "ends": row.ends_at.isoformat() if row.ends_at else "",
    }

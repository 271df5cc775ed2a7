"""Doors counted by the hour in which they were reached, in the transaction of the visits that reached them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from linli.campaigns.merging import REACHED
from linli.campaigns.models import Campaign, Door

_HOLD = "SELECT campaigns_hold_district_hours(%s, %s::uuid[], %s::timestamptz[])"
_ADD = """
INSERT INTO campaigns_hourtally AS kept (campaign_id, community_id, hour, reached)
SELECT %s, * FROM unnest(%s::uuid[], %s::timestamptz[], %s::int[])
ON CONFLICT (campaign_id, community_id, hour) DO UPDATE SET reached = kept.reached + excluded.reached
"""


def count_hours(running: Campaign, before: Iterable[Door], after: Iterable[Door]) -> None:
    """What these doors counted is taken back, and what they are now is counted. In one order, so that nobody waits for each other."""
    changed: Counter[tuple[UUID, datetime]] = Counter()
    for doors, sign in ((before, -1), (after, 1)):
        for door in doors:
            if door.outcome in REACHED:
                changed[door.community_id, door.visited_at.replace(minute=0, second=0, microsecond=0)] += sign
    rows = sorted((community, hour, count) for (community, hour), count in changed.items() if count)
    if rows:
        with connection.cursor() as cursor:
            communities, hours, counts = (list(column) for column in zip(*rows, strict=True))
            cursor.execute(_HOLD, [running.pk, communities, hours])
            cursor.execute(_ADD, [running.pk, communities, hours, counts])

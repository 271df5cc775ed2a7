"""How a door stands with a notice, after all that was marked there. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from linli.campaigns.models.telling import ToldHow

AT_THE_DOOR = frozenset({ToldHow.TOLD, ToldHow.LEAFLET, ToldHow.NOBODY})
REACHED = frozenset({ToldHow.APP, ToldHow.SMS, ToldHow.TOLD, ToldHow.LEAFLET})


def standing(marks: Iterable[tuple[datetime, UUID, str]]) -> str:
    """One of `ToldHow`, or empty before the first mark; of marks as (moment, id, how) in any order.

    What somebody says who stood there counts before what was sent, the newest of it: a mistake is put right by marking anew.
    Nobody home takes nothing away from a household that was told by phone. A text message counts before the app.
    """
    ordered = sorted(marks)
    there = [how for _at, _id, how in ordered if how in AT_THE_DOOR]
    sent = {how for _at, _id, how in ordered if how not in AT_THE_DOOR}
    if there and (there[-1] != ToldHow.NOBODY or not sent):
        return there[-1]
    return ToldHow.SMS if ToldHow.SMS in sent else ToldHow.APP if sent else ""


def totals(standings: Iterable[str]) -> dict[str, int]:
    """How many doors stand how."""
    counts: dict[str, int] = dict.fromkeys(ToldHow.values, 0)
    for one in standings:
        if one:
            counts[one] += 1
    return counts


def same_words(one: Any, other: Any) -> bool:
    """Whether whoever was told of the one knows the other."""
    return all(getattr(one, name) == getattr(other, name) for name in ("title", "title_en", "text", "text_en"))

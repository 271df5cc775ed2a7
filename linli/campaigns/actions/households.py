"""What is found out late about a household that has moved belongs to its new door."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from linli.campaigns.models import Campaign, FollowUp, HouseholdMove


def along_with_households(running: Campaign, found: Sequence[FollowUp], visited_at: Mapping[UUID, datetime]) -> None:
    """Sends each to the door at which its household lives now: with every move from its door after the visit (by submission).

    For the system, in the transaction that stores them: the moves of these doors are those that are committed.
    """
    moves: dict[UUID, list[HouseholdMove]] = defaultdict(list)
    asked, known = {one.door for one in found}, set[UUID]()
    while asked:
        known |= asked
        new = list(HouseholdMove.objects.filter(campaign=running, door__in=asked).order_by("at", "pk"))
        for went in new:
            moves[went.door].append(went)
        asked = {went.to for went in new} - known
    for one in found:
        at = visited_at[one.submission]
        while (move := next((after for after in moves.get(one.door, ()) if after.at > at), None)) is not None:
            one.door, one.building_id, one.community_id, at = move.to, move.building_id, move.community_id, move.at

"""What is to be followed up, and where."""

from uuid import UUID

from django.db.models import QuerySet

from linli.campaigns.models import FollowUp
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.territory import queries as territory


def address_of(building_id: UUID, door_id: UUID) -> str:
    """Names from the community down to the door, in the city's language; of a door that no list had, to the building."""
    home = territory.unit(building_id)
    names = [territory.unit(above).name for above in home.path[3:]]
    with acting_as(SYSTEM):
        listed = territory.doors([door_id])
    if listed:
        door = listed[0]
        names += [f"{door.entrance}单元", f"{door.floor}{door.door:02}"]
    return " ".join(names)


def due_follow_ups(actor: Actor) -> QuerySet[FollowUp]:
    """Deliveries and check-ins that are due, the longest waiting first. Row security holds it to the actor's units."""
    return FollowUp.objects.filter(released_at=None, next_at__lte=clock.now()).order_by("next_at", "pk")


def follow_ups_of(actor: Actor, campaign_id: UUID, door_id: UUID) -> list[FollowUp]:
    """All of a door, the newest first, released ones too."""
    return list(FollowUp.objects.filter(campaign=campaign_id, door=door_id).order_by("-pk"))

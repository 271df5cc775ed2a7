"""What is to be followed up, and where."""

from uuid import UUID

from django.db.models import QuerySet

from linli.campaigns.models import FollowUp
from linli.campaigns.rules import MAY, Act
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
    """Deliveries and check-ins that are due in the actor's units, the longest waiting first."""
    return _visible_to(actor).filter(released_at=None, next_at__lte=clock.now()).order_by("next_at", "pk")


def follow_ups_of(actor: Actor, campaign_id: UUID, door_id: UUID) -> list[FollowUp]:
    """All of a door, the newest first, released ones too."""
    return list(_visible_to(actor).filter(campaign=campaign_id, door=door_id).order_by("-pk"))


def _visible_to(actor: Actor) -> QuerySet[FollowUp]:
    """Those of the units in which the actor follows up."""
    if actor.is_system:
        return FollowUp.objects.all()
    units = [grant.unit_id or territory.root().id for grant in actor.grants if grant.role in MAY[Act.FOLLOW]]
    return FollowUp.objects.filter(community__path__overlap=units) if units else FollowUp.objects.none()

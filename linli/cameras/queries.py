"""Reads of cameras and of looks. Each starts from who asks; row-level security asks again."""

from uuid import UUID

from django.db.models import Q, QuerySet

from linli.cameras import errors, rules
from linli.cameras.models import Camera, Look
from linli.cameras.rules import Act
from linli.cases.cells import Window
from linli.cases.map_layers import MOST_MARKS
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotAllowed, NotFound
from linli.territory import queries as territory

PAGE = 50


def may(actor: Actor, act: Act, unit_id: UUID | None = None) -> bool:
    """Whether the actor may do this in a unit, or (None) anywhere."""
    return actor.is_system or rules.may(act, actor.grants, territory.unit(unit_id).path if unit_id else None)


def require(actor: Actor, act: Act, unit_id: UUID | None = None) -> None:
    if not may(actor, act, unit_id):
        raise NotAllowed


def visible_to(actor: Actor) -> QuerySet[Camera]:
    """The cameras of the units in which the actor may see them."""
    if actor.is_system:
        return Camera.objects.all()
    units = [grant.unit_id or territory.root().id for grant in actor.grants if grant.role in rules.MAY[Act.SEE]]
    return Camera.objects.filter(unit__path__overlap=units) if units else Camera.objects.none()


def cameras(actor: Actor, *, unit_id: UUID | None = None, before: UUID | None = None) -> list[Camera]:
    """A page of the register, the newest first, and one more where there are more."""
    found = visible_to(actor).filter(closed_at=None)
    if unit_id is not None:
        found = found.filter(unit__path__contains=[unit_id])
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE + 1])


def camera(actor: Actor, camera_id: UUID) -> Camera:
    """Raises NotFound."""
    found = visible_to(actor).filter(pk=camera_id).first()
    if found is None:
        raise NotFound
    return found


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[Camera]:
    """The cameras of a unit that stand in a window of the map."""
    require(actor, Act.SEE, unit_id)
    inside = Q(lon__gte=window.west, lon__lt=window.east, lat__gte=window.south, lat__lt=window.north)
    found = visible_to(actor).filter(inside, closed_at=None, unit__path__contains=[unit_id])
    return list(found.order_by("pk")[:MOST_MARKS])


def looks(actor: Actor, camera: Camera) -> list[Look]:
    """Who looked through it, the newest first: all of them for who answers for the unit, their own for everybody else."""
    found = Look.objects.filter(camera=camera)
    if not may(actor, Act.SEE_LOOKS, camera.unit_id):
        found = found.filter(Q(by_id=actor.id))
    return list(found.order_by("-at", "-pk")[:PAGE])


def open_look(actor: Actor, look_id: UUID) -> Look:
    """A look of the actor's own that is not over, with its camera. Raises NotFound, LookOver, CameraClosed."""
    look = Look.objects.select_related("camera").filter(Q(by_id=actor.id), pk=look_id).first()
    if look is None:
        raise NotFound
    require(actor, Act.LOOK, look.camera.unit_id)
    if clock.now() >= look.at + rules.LOOK_LASTS:
        raise errors.LookOver
    if look.camera.closed_at is not None:
        raise errors.CameraClosed
    return look

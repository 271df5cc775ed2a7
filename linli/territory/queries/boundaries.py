"""Boundaries as they are drawn now, and as they were."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from linli.territory.models import Boundary


def boundary(unit_id: UUID) -> BaseGeometry | None:
    """Its boundary as it is drawn now, also one that begins later."""
    found = Boundary.objects.filter(unit=unit_id, valid_to=None).values_list("geometry", flat=True).first()
    return None if found is None else shapely.from_wkb(bytes(found))


class Outline(NamedTuple):
    """A boundary as it was drawn, for the days from `valid_from` up to, and without, `valid_to`."""

    id: UUID
    valid_from: date
    valid_to: date | None
    source: str
    derived: bool
    shape: BaseGeometry


def outlines(unit_id: UUID) -> list[Outline]:
    """Every boundary that it has, or had, the newest first; one that begins later too."""
    rows = Boundary.objects.filter(unit=unit_id).order_by("-valid_from")
    found = rows.values_list("pk", "valid_from", "valid_to", "source", "derived", "geometry")
    return [Outline(*row[:-1], shape=shapely.from_wkb(bytes(row[-1]))) for row in found]

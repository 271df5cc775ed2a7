"""The cameras' part of a person's own data: through which they looked, and why. It is proof and is not erased."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from linli.cameras.models import Look
from linli.foundation import own_data
from linli.foundation.access import Actor


def register() -> None:
    own_data.register("looks", _("Your looks through cameras"), (Look,), export=export, erase=erase)


def export(person_id: UUID) -> list[dict[str, Any]]:
    rows = Look.objects.select_related("camera").filter(by_id=person_id).order_by("pk")
    return [{"camera": row.camera.name, "at": row.at.isoformat(), "reason": row.reason} for row in rows]


def erase(person_id: UUID, by: Actor) -> int:
    return 0

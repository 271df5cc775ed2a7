"""Dispatch's part of a person's own data: their skills, shifts, teams, last place, and what they were called to."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from linli.dispatch.models import Call, PersonSkill, Position, Shift, TeamMember
from linli.foundation import own_data
from linli.foundation.access import Actor

KEPT = (PersonSkill, Shift, TeamMember, Position, Call)


def register() -> None:
    own_data.register("dispatch", _("Your shifts and skills"), KEPT, export=export, erase=erase)


def export(person_id: UUID) -> list[dict[str, Any]]:
    skills = PersonSkill.objects.filter(person=person_id).select_related("skill").order_by("pk")
    shifts = Shift.objects.filter(person=person_id).order_by("starts_at")
    teams = TeamMember.objects.filter(person=person_id).select_related("team").order_by("starts_at")
    places = Position.objects.filter(person=person_id)
    calls = Call.objects.filter(person=person_id).order_by("at")
    return [
        *({"skill": row.skill.code, "given_at": row.given_at.isoformat()} for row in skills),
        *({"on_duty": [row.starts_at.isoformat(), row.ends_at.isoformat()]} for row in shifts),
        *({"goes_with": row.team.name, "since": row.starts_at.isoformat()} for row in teams),
        *({"last_place": [row.lon, row.lat], "at": row.at.isoformat()} for row in places),
        *({"called_to": row.place, "at": row.at.isoformat(), "answer": row.answer} for row in calls),
    ]


def erase(person_id: UUID, by: Actor) -> int:
    """Everything but what was proposed and decided, which names an id that leads nowhere."""
    return sum(model.objects.filter(person=person_id).delete()[0] for model in KEPT)

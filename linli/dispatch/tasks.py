"""Calls as tasks of the one inbox (`foundation.tasks`): first of all, because they are emergencies and meant for this person."""

from django.utils.translation import gettext as _

from linli.dispatch import queries
from linli.foundation.access import Actor
from linli.foundation.tasks import Task

SOURCE = "dispatch"


def of(actor: Actor) -> list[Task]:
    """One statement."""
    return [
        Task(
            source=SOURCE,
            title=_("Called to an emergency: %(what)s") % {"what": call.what},
            place=call.place,
            href=f"/field/call/{call.id}/",
            state=_("Are you coming?"),
            tone="bad",
            unit_ids=tuple(call.units),
            lon=call.lon,
            lat=call.lat,
            due=call.at,
            due_words=_("now"),
            due_tone="bad",
            assigned=True,
            by=call.by_label,
            because=call.why,
        )
        for call in queries.open_calls(actor)
    ]

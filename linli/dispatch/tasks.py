"""Dispatch in the one inbox (`foundation.tasks`): calls first of all, because they are emergencies and meant for this person; then the
stops of a round in their order, and what somebody's team is sent to.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from django.utils.translation import gettext as _

from linli.dispatch import queries, words
from linli.dispatch.models import Decision
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


def arranged(actor: Actor, tasks: list[Task]) -> list[Task]:
    """One statement, where there are tasks that somebody could have been sent to."""
    held = [task.subject for task in tasks if task.subject is not None and task.holder is not None]
    sent = queries.sent_with(actor, held) if held else {}
    return [_arranged(actor, task, sent) for task in tasks]


def _arranged(actor: Actor, task: Task, sent: Mapping[UUID, Decision]) -> Task:
    row = sent.get(task.subject) if task.subject else None
    # Another has it by now: it is no stop of theirs.
    if row is None or row.person_id != task.holder:
        return task
    if row.team and row.person_id != actor.id:
        task = replace(task, assigned=True, because=_("Your team %(team)s is sent there.") % {"team": row.team.name})
    if row.stop:
        told = _("stop %(number)s, about %(time)s") % {"number": row.stop, "time": words.clock_time(row.arrives_at)}
        task = replace(task, stop=row.stop, state=f"{task.state} · {told}")
    return task

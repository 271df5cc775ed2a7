"""Cases as tasks of the one inbox (`foundation.tasks`): what the actor's bodies are to take on, to do, or to sign."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from linli.cases import queries
from linli.cases.models import Attachment, Case, State
from linli.cases.pages import words
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.models import Entry
from linli.foundation.tasks import Task
from linli.people import labels

SOURCE = "cases"


def of(actor: Actor) -> list[Task]:
    """Two statements, however many there are; one more where something is assigned to the actor."""
    return of_cases(queries.inbox(actor), actor)


def of_cases(cases: Sequence[Case], actor: Actor) -> list[Task]:
    photos = queries.photos_of(cases) if cases else {}
    now = clock.now()
    assigned = queries.said_when("assign", mine) if (mine := [one for one in cases if is_assigned(one, actor)]) else {}
    return [_task(case, actor, photos.get(case.id, []), now, assigned.get(case.id)) for case in cases]


def is_assigned(case: Case, actor: Actor) -> bool:
    """Whether the dispatcher wants the actor themselves to take it on, and they have not yet."""
    return case.state == State.DISPATCHED and case.handler_id is not None and case.handler_id == actor.id


def _task(case: Case, actor: Actor, photos: list[Attachment], now: datetime, assigned: Entry | None) -> Task:
    to_sign = case.lead_body_id not in actor.bodies()
    due = next_limit(case)
    due_words, due_tone = words.left_until(case, due, now)
    urgent, urgent_tone = words.urgency(case)
    state, tone = _state(case, actor, to_sign)
    return Task(
        source=SOURCE,
        number=case.reference,
        title=case.text.title,
        place=place_of(case),
        note=words.class_name(case.case_class_id),
        href=f"/field/task/{case.reference}/",
        picture=_picture(case, photos),
        state=state,
        tone=tone,
        due=due,
        due_words=due_words,
        due_tone=due_tone,
        urgent=urgent,
        urgent_tone=urgent_tone,
        to_sign=to_sign,
        assigned=assigned is not None,
        by=labels.said(assigned.actor_label) if assigned else "",
        because=assigned.data.get("because", "") if assigned else "",
        subject=case.id,
        holder=case.handler_id,
        unit_ids=tuple(case.units),
        lon=case.lon,
        lat=case.lat,
    )


def place_of(case: Case) -> str:
    """The community and the address, or the quarter where none was given: an address mostly begins with the quarter's name."""
    if not case.text.address:
        return words.place_name(case, levels=2)
    return " · ".join(filter(None, (words.names_of([unit for unit in [case.community_id] if unit]), case.text.address)))


def next_limit(case: Case) -> datetime | None:
    """The limit that runs now: to answer as long as nobody has taken it on, then to have it done. None while it is paused."""
    if case.paused_at is not None:
        return None
    if case.state == State.DISPATCHED and case.accepted_at is None:
        return case.response_due_at or case.due_at
    return case.due_at


def _state(case: Case, actor: Actor, to_sign: bool) -> tuple[str, str]:
    """Where it stands for the one who looks at it, and the badge's tone."""
    if to_sign:
        return _("To sign"), "info"
    if case.state == State.DISPATCHED:
        if case.handler_id is None:
            return _("To take on"), "info"
        return (_("Assigned to you"), "warn") if case.handler_id == actor.id else (_("Assigned to a colleague"), "")
    if case.state != State.ACCEPTED:
        return words.state_name(case.state), words.tone(case.state)
    if case.handler_id is None or case.handler_id == actor.id:
        return _("In hand"), "good"
    return _("With a colleague"), ""


def _picture(case: Case, photos: list[Attachment]) -> str:
    """The reporter's first photo: tasks are told apart by it."""
    first = next((photo for photo in photos if photo.step == Attachment.Step.REPORT), None)
    return f"/case/{case.reference}/files/{first.id}/?small" if first else ""

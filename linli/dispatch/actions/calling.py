"""Calling people to an emergency beside whoever leads it, and what they answer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from linli.cases.pages import words as case_words
from linli.dispatch import errors, events, queries, rules, words
from linli.dispatch.models import Call
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.ids import uuid7
from linli.territory import queries as territory


def call_people(*, case: UUID, unit: UUID, people: Sequence[UUID], by: Actor) -> list[Call]:
    """Each of these, who work in the unit, finds the call in their inbox at once. Who was called before is not called twice.

    Raises NotFound, NotAllowed, WrongCount, NowhereToGather, NoSuchWorker.
    """
    if not 1 <= len(set(people)) <= rules.MOST_CALLED:
        raise errors.WrongCount(field="people")
    near = queries.gathered(by, unit, case, rules.MOST_CALLED)
    rules.require(by, rules.DISPATCHERS, territory.unit(unit).path)
    able = {UUID(line.worker): line for line in near.found.come}
    if not set(people) <= able.keys():
        raise errors.NoSuchWorker(field="people")
    what, where = _what_and_where(near.case)
    called = {call.person_id for call in queries.calls_to([case])}
    with translation.override(settings.LANGUAGE_CODE):
        made = [
            Call(
                id=uuid7(),
                case_id=case,
                person_id=person,
                what=what,
                place=where,
                lon=near.place[0],
                lat=near.place[1],
                units=near.case.units,
                why=words.because(words.line_as_json(able[person]), chosen=False),
                by_id=by.id,
                by_label=by.label[:120],
                at=clock.now(),
            )
            for person in dict.fromkeys(people)
            if person not in called
        ]
    with transaction.atomic():
        Call.objects.bulk_create(made)
        for call in made:
            events.called(case, call.person_id, call.id, call.units)
    return made


def _what_and_where(case: Any) -> tuple[str, str]:
    """The class and the units, in the city's language: nothing that the reporter said."""
    with translation.override(settings.LANGUAGE_CODE):
        return case_words.class_name(case.case_class_id) if case.case_class_id else "", case_words.place_name(case)


def answer_call(*, call: UUID, coming: bool, by: Actor) -> Call:
    """Whoever was called says whether they come. Raises NotFound, CallOver."""
    with transaction.atomic():
        found = queries.call(by, call)
        locked = Call.objects.select_for_update().get(pk=found.pk)
        now = clock.now()
        if locked.answer or now - locked.at > rules.CALL_LASTS:
            raise errors.CallOver
        locked.answer = Call.Answer.COMING if coming else Call.Answer.CANNOT
        locked.answered_at = now
        locked.save(update_fields=["answer", "answered_at"])
        events.answered(locked.case_id, locked.id, locked.answer, locked.units)
    return locked

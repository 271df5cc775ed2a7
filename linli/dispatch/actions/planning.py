"""Who is on duty when, and who can do what."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction

from linli.cases.rules import clean_text, says_something
from linli.dispatch import errors, events, queries, rules
from linli.dispatch.models import PersonSkill, Shift, Skill
from linli.duties import queries as duties
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import InvalidInput
from linli.people import queries as people
from linli.territory import queries as territory


def give_shift(*, person: UUID, body: UUID, unit: UUID, starts_at: datetime, ends_at: datetime, by: Actor) -> Shift:
    """Somebody who handles for the body is on duty in the unit. Raises NotAllowed, NoSuchWorker, WrongHours, OnDutyAlready."""
    path = territory.unit(unit).path
    rules.require(by, rules.PLANNERS, path)
    _require_worker(person, body, path)
    if not rules.are_hours(starts_at, ends_at):
        raise errors.WrongHours(field="ends_at")
    try:
        with transaction.atomic():
            made = Shift.objects.create(
                person_id=person, unit_id=unit, body_id=body, starts_at=starts_at, ends_at=ends_at
            )
            events.planned(unit, path)
    except IntegrityError:
        raise errors.OnDutyAlready(field="starts_at") from None
    return made


def _require_worker(person: UUID, body: UUID, unit_path: Sequence[UUID]) -> None:
    """A body works in its own unit, in what is below it and, called by the duty lists, anywhere above: one line of the territory."""
    home = people.body(body).unit_path
    if home[-1] not in unit_path and unit_path[-1] not in home:
        raise errors.NoSuchWorker(field="person")
    if person not in {one.id for one in people.handlers_of([body])}:
        raise errors.NoSuchWorker(field="person")


def end_shift(*, shift: UUID, by: Actor) -> None:
    """The shift is no more. Raises NotFound."""
    found = queries.shift(by, shift)
    with transaction.atomic():
        found.delete()
        events.planned(found.unit_id, territory.unit(found.unit_id).path)


def define_skill(*, code: str, name: str, by: Actor, name_en: str = "", classes: Sequence[str] = ()) -> Skill:
    """One more skill of the city's list, or another name for it; `classes` need it. For the city's administrators."""
    by.require(Permission.EDIT_DUTIES, territory.root().path)
    try:
        validate_slug(code)
    except ValidationError:
        raise errors.WrongCode(field="code") from None
    if len(code) > 32:
        raise errors.WrongCode(field="code")
    if not says_something(name):
        raise InvalidInput(field="name")
    known = [duties.minor_class(one).code for one in classes]
    named = {"name": clean_text(name, 60), "name_en": clean_text(name_en, 60), "classes": known}
    with transaction.atomic():
        made, _is_new = Skill.objects.update_or_create(code=code, defaults=named)
        events.skills_changed()
        queries.forget()
        transaction.on_commit(queries.forget)
    return made


def set_skills(*, person: UUID, unit: UUID, body: UUID, codes: Iterable[str], by: Actor) -> None:
    """What somebody of a body that works in the unit can do: these skills and no others. Raises NotAllowed, NoSuchWorker, UnknownSkill."""
    path = territory.unit(unit).path
    rules.require(by, rules.PLANNERS, path)
    _require_worker(person, body, path)
    wanted = set(codes)
    known = {skill.code: skill for skill in queries.skills()}
    if not wanted <= known.keys():
        raise errors.UnknownSkill(field="skills")
    with transaction.atomic():
        own = PersonSkill.objects.filter(person=person)
        own.exclude(skill__code__in=wanted).delete()
        have = set(own.values_list("skill__code", flat=True))
        PersonSkill.objects.bulk_create(
            [PersonSkill(person_id=person, skill=known[code], unit_id=unit) for code in sorted(wanted - have)],
            ignore_conflicts=True,
        )
        events.planned(unit, path)

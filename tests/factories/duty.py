"""People on duty in the small city, and open work for them."""

from datetime import timedelta
from uuid import UUID

from factories.world import HERE, START_AT, World
from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.dispatch import actions, queries
from linli.dispatch.models import PersonSkill, Position, Shift, Skill, Team
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.people.models import Post

HOUR = timedelta(hours=1)


def worker(
    world: World, name: str, body: str = "street", *, at: tuple[float, float] | None = None, skills: tuple[str, ...] = (),
    on_duty: bool = True,
) -> Actor:  # fmt: skip
    """Somebody who handles for the body, on duty from an hour ago for eight, with a place where they arrived."""
    person = world.staff(name)
    held, now = world.bodies[body], clock.now()
    with acting_as(SYSTEM):
        Post.objects.create(person=person, role=Role.HANDLER, unit=held.unit, body=held, valid_from=START_AT)
        if on_duty:
            Shift.objects.create(person=person, unit=held.unit, body=held, starts_at=now - HOUR, ends_at=now + 8 * HOUR)
        if at is not None:
            Position.objects.create(person=person, unit=held.unit, lon=at[0], lat=at[1], at=now)
        for code in skills:
            PersonSkill.objects.create(person=person, skill=skill(code), unit=held.unit)
    return Actor(person.id, ActorKind.PERSON, name, (Grant(Role.HANDLER, held.unit_id, held.id),))


def skill(code: str, *classes: str) -> Skill:
    made, _new = Skill.objects.get_or_create(code=code, defaults={"name": f"技能{code}", "name_en": code.title()})
    if classes:
        made.classes = list(classes)
        made.save()
    queries.forget()
    return made


def team(world: World, name: str, leader: Actor, *members: Actor, mode: str = "car", most: int = 8) -> Team:
    """Some of the street's people go together from now on."""
    with acting_as(SYSTEM):
        return actions.form_team(
            name=name, unit=world.id("W"), body=world.bodies["street"].id, leader=people_of(leader)[0],
            members=people_of(*members), mode=mode, most=most, by=SYSTEM,
        )  # fmt: skip


def people_of(*actors: Actor) -> list[UUID]:
    return [actor.id for actor in actors if actor.id is not None]


def open_case(
    world: World, *, class_code: str = "0101", at: tuple[float, float] = HERE, dispatched: bool = True
) -> UUID:
    """A case that nobody has in hand."""
    resident = world.resident()
    with acting_as(resident):
        said = Report(description="单元门口堆了很多垃圾", lon=at[0], lat=at[1], class_code=class_code)
        case = cases.collect(report=said, by=resident).case.id
    with acting_as(SYSTEM):
        cases.file(cases=[case], by=SYSTEM)
        if dispatched:
            cases.dispatch(cases=[case], by=SYSTEM)
    return case

"""The people of the demo: staff with their posts, residents with their phones; and who acts for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linli.demo.logins import PASSWORD, RESIDENT_PHONE, STAFF, StaffLogin
from linli.foundation import clock
from linli.foundation.access import Actor, Role, system
from linli.people import actions, queries
from linli.people.models import Person
from linli.people.rules import phone_hash
from linli.territory import queries as territory

RESIDENTS = 24
# Posts are given, and residents have signed in, some time before the day that is lived.
BEFORE = timedelta(days=7)
BY = system("demo")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts. `handlers` by the body that they handle for; the first resident is the one whose login is shown."""

    by_role: dict[Role, Actor]
    handlers: dict[UUID, Actor]
    residents: list[Actor]


def appoint_all(day: datetime) -> None:
    """Make the accounts and posts that are not there yet."""
    with clock.at(day - BEFORE):
        for login in missing(STAFF):
            appoint(login, _places(login))
        for phone in phones():
            _sign_in(phone)


def missing(staff: Sequence[StaffLogin]) -> list[StaffLogin]:
    """Those who have no account yet."""
    known = set(Person.objects.exclude(username=None).values_list("username", flat=True))
    return [login for login in staff if login.username not in known]


def appoint(login: StaffLogin, places: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Make the account, with its post in each unit, for a body where there is one."""
    person = actions.create_staff(username=login.username, name=login.name, password=PASSWORD, by=BY, demo=True)
    for unit, body in places:
        actions.appoint(person=person.id, role=login.role, unit=unit, body=body, by=BY)


def _places(login: StaffLogin) -> list[tuple[UUID, UUID | None]]:
    if not login.bodies:
        unit = territory.find_by_code(login.unit)
        assert unit is not None
        return [(unit.id, None)]
    return [(body.unit_id, body.id) for body in queries.bodies() if body.code.startswith(login.bodies)]


def phones() -> list[str]:
    first = int(RESIDENT_PHONE)
    return [str(first + number) for number in range(RESIDENTS)]


def _sign_in(phone: str) -> Person:
    """As a resident does: by the code that was sent. Each from an address of their own."""
    sent = actions.request_code(phone=phone, ip=f"192.0.2.{int(phone) % 250}", by=BY)
    return actions.sign_in_with_code(phone=phone, code=sent.shown, by=BY)


def cast(day: datetime) -> Cast:
    """The actors of the accounts, as of the day."""
    by_role: dict[Role, Actor] = {}
    handlers: dict[UUID, Actor] = {}
    for login in STAFF:
        actor = queries.actor_of(Person.objects.get(username=login.username).id, day)
        by_role.setdefault(login.role, actor)
        handlers |= dict.fromkeys(actor.bodies(), actor)
    hashes = [phone_hash(phone) for phone in phones()]
    people = {
        bytes(person.phone_hash or b""): person
        for person in Person.objects.filter(phone_hash__in=hashes, username=None)
    }
    return Cast(by_role, handlers, [queries.actor_of_person(people[found]) for found in hashes])

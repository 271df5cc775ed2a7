"""Cases that are lived through, and the messages that come of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from factories.happened import tell_all
from factories.passing import later
from factories.world import HERE, World

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.gateway import actions, queries, rules
from linli.gateway.channels import ChannelRefused, Outgoing, Receipt
from linli.gateway.models import OutgoingMessage, OutgoingState
from linli.people.models import Person
from linli.people.models import Post as PostRow

PHONE = "13900005678"


class Sent:
    """An adapter that keeps what it is given, or fails as it is told."""

    taken: list[Outgoing] = []
    failing: Exception | None = None

    def send(self, message: Outgoing) -> Receipt:
        if not message.recipient:
            raise ChannelRefused("no recipient")
        if Sent.failing is not None:
            raise Sent.failing
        if message not in Sent.taken:
            Sent.taken.append(message)
        return Receipt(f"p-{message.id}")


def posted(world: World, name: str, role: Role, unit: str, body: str | None = None, **wishes: str) -> Actor:
    """Somebody whose post is in the table, so that messages find them."""
    actor = world.actor(name, role, unit, body)
    with acting_as(SYSTEM):
        PostRow.objects.create(
            person=world.people[name], role=role, unit=world.units[unit], body=world.bodies[body] if body else None,
            valid_from=clock.now() - timedelta(days=1),
        )  # fmt: skip
        Person.objects.filter(pk=actor.id).update(**wishes)
    return actor


def wish(person: Actor, *, digest_hour: int | None = None, quiet: bool = True, **ways: str) -> None:
    with acting_as(person):
        end = rules.QUIET_TO if quiet else rules.QUIET_FROM
        actions.choose(by=person, ways=ways, quiet_from=rules.QUIET_FROM, quiet_to=end, digest_hour=digest_hour)


def send_all() -> None:
    """What the minute's job and the jobs that it sets to work do, in a minute that has gone by."""
    with acting_as(SYSTEM):
        actions.gather_digests()
        due = OutgoingMessage.objects.filter(state=OutgoingState.WAITING, next_at__lte=clock.now())
        for pk in list(due.order_by("next_at", "pk").values_list("pk", flat=True)):
            actions.send_message(message_id=pk)


def report(by: Actor, **changes: Any) -> UUID:
    values = {"description": "井盖破损，就在张三家门口", "lon": HERE[0], "lat": HERE[1], "class_code": "0103"} | changes
    with acting_as(by):
        return cases.collect(report=Report(**values), by=by).case.id


def do(by: Actor, action: Callable[..., Any], case: UUID, **fields: Any) -> None:
    """A change, and two minutes: what one minute holds would be told as one."""
    with acting_as(by):
        action(cases=[case], by=by, **fields)
    tell_all()
    later(minutes=2)


def told(person: Actor) -> list[str]:
    """The templates of a person's messages, oldest first."""
    with acting_as(person):
        return [message.template for message in reversed(queries.messages(person))]


def letters() -> list[OutgoingMessage]:
    with acting_as(SYSTEM):
        return list(OutgoingMessage.objects.order_by("pk"))


def templates() -> list[str]:
    return [letter.template for letter in letters()]


def live(case: UUID, desk: Actor, handler: Actor, verifier: Actor) -> None:
    do(desk, cases.file, case)
    do(desk, cases.dispatch, case)
    do(handler, cases.accept, case)
    do(handler, cases.report_back, case, note="已换")
    do(verifier, cases.verify, case)
    do(desk, cases.close, case)

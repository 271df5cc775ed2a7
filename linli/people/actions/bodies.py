"""Organisations: made, and told to every process."""

from uuid import UUID

from django.db import IntegrityError, transaction

from linli.foundation import outbox
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import InvalidInput
from linli.people import events, queries, rules
from linli.people.actions.scope import in_scope_of_actor
from linli.people.errors import Taken
from linli.people.models import Body, BodyKind
from linli.people.state import record
from linli.territory import queries as territory


@in_scope_of_actor
def create_body(
    *, code: str, name: str, kind: BodyKind, unit: UUID, by: Actor, name_en: str = "", parent: UUID | None = None
) -> Body:
    """A new organisation in a unit where the actor edits posts.

    Raises `NotAllowed`, `NotFound`, `Taken`, `InvalidInput`.
    """
    by.require(Permission.EDIT_POSTS, tuple(territory.unit(unit).path))
    if kind not in set(BodyKind):
        raise InvalidInput(field="kind")
    if parent is not None:
        queries.body(parent)
    made = Body(
        code=rules.clean_text(code, "code", 64, needed=True),
        name=rules.clean_text(name, "name", 200, needed=True),
        name_en=rules.clean_text(name_en, "name_en", 200),
        kind=BodyKind(kind),
        unit_id=unit,
        parent_id=parent,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            record(made, "created", by=by)
            outbox.publish(events.BODY_CHANGED, {"body": str(made.id)})
    except IntegrityError as error:
        raise Taken(field="code", value=code) from error
    # This process at once, the others when they hear of the event.
    queries.forget()
    transaction.on_commit(queries.forget)
    return made

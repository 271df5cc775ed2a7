"""When a unit is closed, its posts and bodies follow to what lives on in its place; nobody loses a post by a redrawn map."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from linli.foundation import clock, outbox
from linli.foundation.access import Actor
from linli.foundation.ids import uuid7
from linli.people import events, queries
from linli.people.actions.posts import told
from linli.people.actions.scope import in_scope_of_actor
from linli.people.models import Body, Delegation, Post
from linli.people.state import record
from linli.territory import queries as territory


@in_scope_of_actor
def follow_territory(*, closed: Sequence[UUID], by: Actor) -> int:
    """Move what holds in closed units to their successors. Returns how many posts moved; a second call moves none.

    A unit that was split has several successors: the post holds in each. A body goes to the only successor, else to the
    closed unit's parent.
    """
    moved = 0
    for unit in closed:
        successors = [info.id for info in territory.successors(unit) if info.id != unit]
        if not successors:
            continue
        with transaction.atomic():
            for post in Post.objects.select_for_update().filter(unit_id=unit).exclude(valid_to__lte=clock.now()):
                _move_post(post, successors, by)
                moved += 1
            for body in Body.objects.select_for_update().filter(unit_id=unit):
                _move_body(body, successors, by)
    return moved


def _move_post(post: Post, successors: Sequence[UUID], by: Actor) -> None:
    first, *others = successors
    delegations = list(post.delegations.filter(valid_to__gt=clock.now()))
    for unit in others:
        _copy(post, unit, delegations, by)
    data = {"from": str(post.unit_id), "to": str(first)}
    post.unit_id = first
    try:
        with transaction.atomic():
            post.save(update_fields=["unit"])
            record(post, "moved", by=by, data=data)
    except IntegrityError:
        # Two units merged in which this person held the same role: the other post goes on, this one ends.
        post.refresh_from_db()
        post.valid_to = max(post.valid_from, clock.now())
        post.save(update_fields=["valid_to"])
        record(post, "ended", by=by, data=data)
    told(post).save(force_insert=True)


def _copy(post: Post, unit: UUID, delegations: Sequence[Delegation], by: Actor) -> None:
    """The same post in a further successor, with whoever acts on it now."""
    copy = Post(
        id=uuid7(),
        person_id=post.person_id,
        role=post.role,
        unit_id=unit,
        body_id=post.body_id,
        valid_from=max(post.valid_from, clock.now()),
        valid_to=post.valid_to,
        appointed_by_id=post.appointed_by_id,
        reason=post.reason,
    )
    try:
        with transaction.atomic():
            copy.save(force_insert=True)
    except IntegrityError:
        # Held there already.
        return
    record(copy, "appointed", by=by, data={"from": str(post.unit_id)})
    for one in delegations:
        also = Delegation(
            post=copy,
            to_person_id=one.to_person_id,
            valid_from=max(one.valid_from, copy.valid_from),
            valid_to=one.valid_to,
            notifications=one.notifications,
            created_by_id=one.created_by_id,
            reason=one.reason,
        )
        also.save(force_insert=True)
        record(also, "delegated", by=by)


def _move_body(body: Body, successors: Sequence[UUID], by: Actor) -> None:
    parent = territory.unit(body.unit_id).parent_id
    target = successors[0] if len(successors) == 1 or parent is None else parent
    data = {"from": str(body.unit_id), "to": str(target)}
    body.unit_id = target
    body.save(update_fields=["unit"])
    record(body, "moved", by=by, data=data)
    outbox.publish(events.BODY_CHANGED, {"body": str(body.id)})
    transaction.on_commit(queries.forget)

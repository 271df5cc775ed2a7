"""Posts: given, ended, and acted on by another during an absence."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from linli.foundation import clock, outbox
from linli.foundation.access import SYSTEM, Actor, ActorKind, Permission, Role, acting_as
from linli.foundation.errors import NotFound, Stale
from linli.foundation.models import OutboxEvent
from linli.people import events, queries, rules
from linli.people.actions.scope import in_scope_of_actor
from linli.people.errors import (
    DelegatedAlready,
    NoColleague,
    NoRedelegation,
    NotOneself,
    NotStaff,
    OutsideThePost,
    PostHeldAlready,
)
from linli.people.models import Delegation, Person, Post
from linli.people.rules import Period
from linli.people.state import record
from linli.territory import queries as territory

MAX_REASON = 500


@in_scope_of_actor
def appoint(
    *,
    person: UUID,
    role: Role,
    unit: UUID,
    by: Actor,
    body: UUID | None = None,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    reason: str = "",
) -> Post:
    """Give a staff account a role in a unit, for a body where the role needs one.

    The actor must edit posts in the unit, and in the body's unit as well: a post for a body opens that body's cases
    wherever they lie. Raises `NotAllowed`, `NotOneself`, `NotStaff`, `BodyMissing`, `InvalidPeriod`, `PostHeldAlready`.
    """
    require_editor(by, unit, body)
    if by.kind is ActorKind.PERSON and by.id == person:
        raise NotOneself
    rules.check_body(role, body is not None)
    period = rules.checked_period(valid_from or clock.now(), valid_to)
    _require_staff(person)
    post = Post(
        person_id=person,
        role=role,
        unit_id=unit,
        body_id=body,
        valid_from=period.start,
        valid_to=period.end,
        appointed_by_id=person_id(by),
        reason=_reason(reason),
    )
    try:
        with transaction.atomic():
            post.save(force_insert=True)
            record(post, "appointed", by=by, note=post.reason)
            told(post).save(force_insert=True)
    except IntegrityError as error:
        raise PostHeldAlready from error
    return post


@in_scope_of_actor
def end_post(*, post: UUID, by: Actor, at: datetime | None = None, reason: str = "") -> Post:
    """End a post now, or at a moment to come; delegations end with it. Raises `NotFound`, `NotAllowed`, `Stale`."""
    seen = queries.post(post, actor=by)
    require_editor(by, seen.unit_id, seen.body_id)
    now = clock.now()
    end = at or now
    if not now <= end < rules.LATEST:
        raise rules.InvalidPeriod(field="at")
    with transaction.atomic():
        held = Post.objects.select_for_update().get(pk=post)
        period = Period(held.valid_from, held.valid_to)
        if period.ended_at(end) == period:
            raise Stale
        held.valid_to = period.ended_at(end).end
        held.save(update_fields=["valid_to"])
        record(held, "ended", by=by, note=_reason(reason))
        for delegation in held.delegations.select_for_update().filter(valid_to__gt=held.valid_to):
            _cut(delegation, held.valid_to or end, "ended", by=by, note="")
        told(held).save(force_insert=True)
    return held


@in_scope_of_actor
def delegate(
    *,
    post: UUID,
    to_person: UUID,
    valid_to: datetime,
    by: Actor,
    valid_from: datetime | None = None,
    reason: str = "",
    notifications: bool = True,
) -> Delegation:
    """Let a colleague act on a post until `valid_to`; with `notifications`, its messages go to them as well.

    Its holder may, or whoever edits posts there, but not the one who acts on it for someone else. The colleague must
    hold a post that the actor sees. Raises `NotFound`, `NoColleague`, `NotAllowed`, `NoRedelegation`, `NotOneself`,
    `OutsideThePost`, `DelegatedAlready`.
    """
    now = clock.now()
    seen = queries.post(post, actor=by)
    _require_holder_or_editor(by, seen)
    if to_person in (seen.person_id, person_id(by)):
        raise NotOneself
    period = rules.checked_period(max(valid_from or now, now), valid_to)
    if not period.within(Period(seen.valid_from, seen.valid_to)):
        raise OutsideThePost(field="valid_to")
    if not queries.visible_posts(by).filter(queries.in_force(now), person_id=to_person).exists():
        raise NoColleague
    _require_staff(to_person)
    delegation = Delegation(
        post=seen,
        to_person_id=to_person,
        valid_from=period.start,
        valid_to=valid_to,
        notifications=notifications,
        created_by_id=person_id(by),
        reason=_reason(reason),
    )
    try:
        with transaction.atomic():
            delegation.save(force_insert=True)
            record(delegation, "delegated", by=by, note=delegation.reason)
            told(seen, to_person).save(force_insert=True)
    except IntegrityError as error:
        raise DelegatedAlready from error
    return delegation


@in_scope_of_actor
def withdraw_delegation(*, delegation: UUID, by: Actor, reason: str = "") -> Delegation:
    """End a delegation now. Its post's holder may, or whoever edits posts there.

    Raises `NotFound`, `NotAllowed`, `Stale`.
    """
    seen = queries.visible_delegations(by).filter(pk=delegation).first()
    if seen is None:
        raise NotFound
    _require_holder_or_editor(by, seen.post)
    with transaction.atomic():
        held = Delegation.objects.select_for_update().get(pk=delegation)
        if held.valid_to <= clock.now() or held.valid_to == held.valid_from:
            raise Stale
        _cut(held, clock.now(), "withdrawn", by=by, note=_reason(reason))
        told(seen.post, held.to_person_id).save(force_insert=True)
    return held


def require_editor(by: Actor, unit: UUID, body: UUID | None) -> None:
    """Raises `NotAllowed` unless the actor edits posts in the unit and in the body's own unit."""
    by.require(Permission.EDIT_POSTS, tuple(territory.unit(unit).path))
    if body is not None:
        by.require(Permission.EDIT_POSTS, queries.body(body).unit_path)


def person_id(actor: Actor) -> UUID | None:
    return actor.id if actor.kind is ActorKind.PERSON else None


def told(post: Post, *others: UUID) -> OutboxEvent:
    """The event that a post, or who acts on it, has changed; not yet stored."""
    topics = [f"person:{person}" for person in (post.person_id, *others)]
    return outbox.event(events.POST_CHANGED, {"post": str(post.id), "person": str(post.person_id)}, topics)


def _require_holder_or_editor(by: Actor, post: Post) -> None:
    if by.is_system or (by.kind is ActorKind.PERSON and by.id == post.person_id):
        return
    # Whoever acts on an administrator's post has its powers, but not over that post itself.
    if post.delegations.filter(queries.in_force(clock.now()), to_person_id=by.id).exists():
        raise NoRedelegation
    require_editor(by, post.unit_id, post.body_id)


def _require_staff(person: UUID) -> None:
    with acting_as(SYSTEM):
        account = Person.objects.filter(pk=person, active=True).first()
    if account is None:
        raise NotFound
    if not account.is_staff_account:
        raise NotStaff(field="person")


def _cut(delegation: Delegation, moment: datetime, action: str, *, by: Actor, note: str) -> None:
    delegation.valid_to = max(delegation.valid_from, moment)
    delegation.save(update_fields=["valid_to"])
    record(delegation, action, by=by, note=note)


def _reason(text: str) -> str:
    return rules.clean_text(text, "reason", MAX_REASON)

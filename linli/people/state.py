"""What of a subject the timeline digests, and the writing of its entries.

A person's state holds nothing personal in clear form: a digest of a phone number could be found by trying all of them. The
keyed hash that a resident signs in by is in it: whoever put another phone's there would have taken the account over.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.db.models import Model

from linli.foundation import audit, seals
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.people.models import Body, Delegation, Person, Post


def person_state(person: Person) -> dict[str, Any]:
    return {
        "username": person.username,
        "phone_hash": person.phone_hash,
        "password": person.password,
        "totp_enrolled_at": person.totp_enrolled_at,
        "session_epoch": person.session_epoch,
        "active": person.active,
        "erased_at": person.erased_at,
    }


def post_state(post: Post) -> dict[str, Any]:
    return {
        "person": post.person_id,
        "role": str(post.role),
        "unit": post.unit_id,
        "body": post.body_id,
        "valid_from": post.valid_from,
        "valid_to": post.valid_to,
    }


def delegation_state(delegation: Delegation) -> dict[str, Any]:
    return {
        "post": delegation.post_id,
        "to_person": delegation.to_person_id,
        "valid_from": delegation.valid_from,
        "valid_to": delegation.valid_to,
        "notifications": delegation.notifications,
    }


def body_state(body: Body) -> dict[str, Any]:
    return {
        "code": body.code,
        "name": body.name,
        "kind": str(body.kind),
        "unit": body.unit_id,
        "parent": body.parent_id,
    }


Subject = Person | Post | Delegation | Body


def state_of(subject: Subject) -> dict[str, Any]:
    if isinstance(subject, Person):
        return person_state(subject)
    if isinstance(subject, Post):
        return post_state(subject)
    if isinstance(subject, Delegation):
        return delegation_state(subject)
    return body_state(subject)


def register_subjects() -> None:
    """Tell the verification of timelines how each kind of subject is read."""
    for model in (Person, Post, Delegation, Body):
        seals.register_subject(_type(model), partial(_states, model))


def _states(model: type[Model], ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    return {subject.pk: state_of(cast(Subject, subject)) for subject in model._default_manager.filter(pk__in=ids)}


def _type(model: type[Model]) -> str:
    return model.__name__.lower()


def record(subject: Subject, action: str, *, by: Actor, note: str = "", data: Mapping[str, Any] | None = None) -> None:
    """One entry on the subject's timeline. Needs a transaction that holds the subject's row."""
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=_type(type(subject)),
            subject_id=subject.id,
            action=action,
            by=by,
            state=state_of(subject),
            note=note,
            data=data,
        )

"""The API of this room: oneself, bodies, posts and delegations. Lists page by key: pass the last id as `after`."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest
from ninja import Header, Query, Router, Schema, Status
from pydantic import Field

from linli.foundation import clock
from linli.foundation.access import Actor, Role, actor_of
from linli.foundation.errors import SignInNeeded
from linli.foundation.fields import Moment
from linli.foundation.idempotency import carry_out, once
from linli.people import actions, queries
from linli.people.models import BodyKind, Delegation, Person, Post
from linli.people.queries import BodyInfo

router = Router(tags=["people"])

Key = Annotated[str | None, Header(alias="Idempotency-Key", description="Carries the request out once only.")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[UUID | None, Query(description="The last id of the page before.")]


class GrantOut(Schema):
    role: Role
    unit: UUID | None
    body: UUID | None


class MeOut(Schema):
    """Oneself: no phone, no name of anybody else."""

    id: UUID
    label: str
    username: str | None
    name: str
    language: str
    grants: list[GrantOut]


class PreferencesIn(Schema):
    language: str = Field(max_length=8)
    name: str | None = Field(None, max_length=100)


class BodyOut(Schema):
    id: UUID
    code: str
    name: str
    name_en: str
    kind: str
    unit: UUID
    parent: UUID | None


class BodyIn(Schema):
    code: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=200)
    name_en: str = Field("", max_length=200)
    kind: BodyKind
    unit: UUID
    parent: UUID | None = None


class PostOut(Schema):
    """A post. `person_name` is there for those who may see people in its unit."""

    id: UUID
    person: UUID
    person_name: str | None
    role: Role
    unit: UUID
    unit_name: str
    body: UUID | None
    valid_from: Moment
    valid_to: Moment | None


class PostIn(Schema):
    person: UUID
    role: Role
    unit: UUID
    body: UUID | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    reason: str = Field("", max_length=500)


class EndIn(Schema):
    at: Moment | None = None
    reason: str = Field("", max_length=500)


class DelegationIn(Schema):
    to_person: UUID
    valid_from: Moment | None = None
    valid_to: Moment
    notifications: bool = True
    reason: str = Field("", max_length=500)


class DelegationOut(Schema):
    id: UUID
    post: UUID
    to_person: UUID
    valid_from: Moment
    valid_to: Moment
    notifications: bool


class ReasonIn(Schema):
    reason: str = Field("", max_length=500)


class MadeOut(Schema):
    id: UUID


@router.get("/me", response=MeOut)
def me(request: HttpRequest) -> dict[str, Any]:
    """Oneself, with the posts held and acted on now."""
    return _me(queries.person_of(_actor(request)), _actor(request))


@router.put("/me/preferences", response=MeOut)
def set_preferences(request: HttpRequest, body: PreferencesIn) -> dict[str, Any]:
    """Language, name (residents) and way of being told."""
    by = _actor(request)
    return _me(actions.set_preferences(by=by, **body.dict()), by)


@router.get("/me/export", response=dict[str, Any])
def export(request: HttpRequest) -> dict[str, Any]:
    """Everything that any room keeps about oneself."""
    return actions.export_person(by=_actor(request))


@router.get("/bodies", response=list[BodyOut])
def bodies(
    request: HttpRequest, after: Annotated[str, Query(max_length=64)] = "", limit: Limit = 100
) -> list[dict[str, Any]]:
    """Bodies by code; `after` is the last code of the page before."""
    found = [body for body in queries.bodies() if body.code > after]
    return [_body(body) for body in found[:limit]]


@router.get("/bodies/{body_id}", response=BodyOut)
def body(request: HttpRequest, body_id: UUID) -> dict[str, Any]:
    return _body(queries.body(body_id))


@router.post("/bodies", response={201: MadeOut})
def create_body(request: HttpRequest, body: BodyIn, key: Key = None) -> Status[Any]:
    """A new body in a unit where one edits posts."""
    by = _signed_in(request)
    return Status(201, _carried_out(by, key, body, lambda: actions.create_body(by=by, **body.dict())))


@router.get("/posts", response=list[PostOut])
def posts(
    request: HttpRequest,
    unit: UUID | None = None,
    person: UUID | None = None,
    in_force: bool = True,
    after: After = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Posts that one may see, by id: in a unit and those below it, of a person, in force now or all."""
    by = _signed_in(request)
    found = queries.visible_posts(by).order_by("pk")
    if unit is not None:
        found = found.filter(unit__path__contains=[unit])
    if person is not None:
        found = found.filter(person_id=person)
    if in_force:
        found = found.filter(queries.in_force(clock.now()))
    if after is not None:
        found = found.filter(pk__gt=after)
    return _posts(list(found[:limit]), by)


@router.get("/posts/{post_id}", response=PostOut)
def post(request: HttpRequest, post_id: UUID) -> dict[str, Any]:
    by = _signed_in(request)
    return _posts([queries.post(post_id, actor=by)], by)[0]


@router.post("/posts", response={201: MadeOut})
def appoint(request: HttpRequest, body: PostIn, key: Key = None) -> Status[Any]:
    """Give a staff account a role in a unit."""
    by = _signed_in(request)
    return Status(201, _carried_out(by, key, body, lambda: actions.appoint(by=by, **body.dict())))


@router.post("/posts/{post_id}/end", response=MadeOut)
def end_post(request: HttpRequest, post_id: UUID, body: EndIn, key: Key = None) -> dict[str, Any]:
    """End a post, now or later; its delegations end with it."""
    by = _signed_in(request)
    return _carried_out(by, key, (post_id, body), lambda: actions.end_post(post=post_id, by=by, **body.dict()))


@router.post("/posts/{post_id}/delegations", response={201: MadeOut})
def delegate(request: HttpRequest, post_id: UUID, body: DelegationIn, key: Key = None) -> Status[Any]:
    """Let a colleague act on a post for a while."""
    by = _signed_in(request)
    work = partial(actions.delegate, post=post_id, by=by, **body.dict())
    return Status(201, _carried_out(by, key, (post_id, body), work))


@router.get("/delegations", response=list[DelegationOut])
def delegations(request: HttpRequest, after: After = None, limit: Limit = 50) -> list[dict[str, Any]]:
    """Delegations now in force or to come: those to oneself, and those of posts that one sees."""
    found = queries.visible_delegations(_signed_in(request)).filter(valid_to__gt=clock.now()).order_by("pk")
    if after is not None:
        found = found.filter(pk__gt=after)
    return [_delegation(one) for one in found[:limit]]


@router.post("/delegations/{delegation_id}/withdraw", response=MadeOut)
def withdraw_delegation(request: HttpRequest, delegation_id: UUID, body: ReasonIn, key: Key = None) -> dict[str, Any]:
    """End a delegation now."""
    by = _signed_in(request)
    return _carried_out(
        by,
        key,
        (delegation_id, body),
        lambda: actions.withdraw_delegation(delegation=delegation_id, by=by, **body.dict()),
    )


def _actor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    return actor


def _signed_in(request: HttpRequest) -> Actor:
    """Posts are no public matter: their lists would name who watches what."""
    actor = _actor(request)
    if actor.id is None and not actor.is_system:
        raise SignInNeeded
    return actor


def _carried_out(by: Actor, key: str | None, content: object, work: Callable[[], Model]) -> dict[str, str]:
    """The id of what an action made or changed; with a key, the action runs once and repeats answer the same."""
    return {"id": carry_out(once(by, key, repr(content)), lambda: str(work().pk))}


def _me(person: Person, by: Actor) -> dict[str, Any]:
    grants = [{"role": grant.role, "unit": grant.unit_id, "body": grant.body_id} for grant in by.grants]
    names = ("id", "username", "name", "language")
    return {name: getattr(person, name) for name in names} | {"label": by.label, "grants": grants}


def _body(body: BodyInfo) -> dict[str, Any]:
    names = ("id", "code", "name", "name_en", "kind")
    return {name: getattr(body, name) for name in names} | {"unit": body.unit_id, "parent": body.parent_id}


def _posts(found: list[Post], by: Actor) -> list[dict[str, Any]]:
    people = queries.visible_people(by).filter(pk__in={post.person_id for post in found})
    names = {person.id: person.name for person in people}
    return [
        {
            "id": post.id,
            "person": post.person_id,
            "person_name": names.get(post.person_id),
            "role": post.role,
            "unit": post.unit_id,
            "unit_name": post.unit.name,
            "body": post.body_id,
            "valid_from": post.valid_from,
            "valid_to": post.valid_to,
        }
        for post in found
    ]


def _delegation(one: Delegation) -> dict[str, Any]:
    names = ("id", "valid_from", "valid_to", "notifications")
    return {name: getattr(one, name) for name in names} | {"post": one.post_id, "to_person": one.to_person_id}

"""Who acts, what their posts let them do, and what the database lets them see.

Roles are readable code (`PERMISSIONS`); *where* a role holds is data (posts, in `people`). `acting_as` names the actor; the
connection tells PostgreSQL before the first query that follows (`database/backend`), and row-level security answers to it.
Nobody acting means nothing visible.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import NotAllowed


class Role(StrEnum):
    """The roles of GB/T 30428's loop. A post gives one of them to a person in a unit (and, for handlers, a body)."""

    GRID_WORKER = "grid_worker"
    HOTLINE_CLERK = "hotline_clerk"
    DESK = "desk"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    VERIFIER = "verifier"
    LEADER = "leader"
    ADMIN = "admin"
    AUDITOR = "auditor"


ROLE_LABELS = {
    Role.GRID_WORKER: _("Grid worker"),
    Role.HOTLINE_CLERK: _("Hotline clerk"),
    Role.DESK: _("Desk clerk"),
    Role.DISPATCHER: _("Dispatcher"),
    Role.HANDLER: _("Handler"),
    Role.VERIFIER: _("Verifier"),
    Role.LEADER: _("Duty leader"),
    Role.ADMIN: _("Administrator"),
    Role.AUDITOR: _("Auditor"),
}


class Permission(StrEnum):
    """What a role may do; cases' lifecycle names its own changes, these are the rest."""

    SEE_CASES = "see_cases"
    SEE_CONTACTS = "see_contacts"
    SEE_PEOPLE = "see_people"
    EDIT_DUTIES = "edit_duties"
    EDIT_TERRITORY = "edit_territory"
    EDIT_POSTS = "edit_posts"
    SEE_AUDIT = "see_audit"
    MANAGE_GATEWAY = "manage_gateway"
    ANNOUNCE = "announce"
    ANSWER_WARNINGS = "answer_warnings"
    LEAD_DESK = "lead_desk"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.GRID_WORKER: frozenset({Permission.SEE_CASES}),
    Role.HOTLINE_CLERK: frozenset({Permission.SEE_CASES, Permission.SEE_CONTACTS}),
    Role.DESK: frozenset(
        {Permission.SEE_CASES, Permission.SEE_CONTACTS, Permission.ANNOUNCE, Permission.ANSWER_WARNINGS}
    ),
    Role.DISPATCHER: frozenset({Permission.SEE_CASES, Permission.SEE_CONTACTS, Permission.ANSWER_WARNINGS}),
    Role.HANDLER: frozenset({Permission.SEE_CONTACTS}),
    Role.VERIFIER: frozenset({Permission.SEE_CASES}),
    Role.LEADER: frozenset(
        {
            Permission.SEE_CASES,
            Permission.SEE_CONTACTS,
            Permission.SEE_PEOPLE,
            Permission.ANNOUNCE,
            Permission.ANSWER_WARNINGS,
            Permission.LEAD_DESK,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Permission.SEE_CASES,
            Permission.SEE_PEOPLE,
            Permission.EDIT_DUTIES,
            Permission.EDIT_TERRITORY,
            Permission.EDIT_POSTS,
            Permission.MANAGE_GATEWAY,
            Permission.ANNOUNCE,
            Permission.LEAD_DESK,
        }
    ),
    Role.AUDITOR: frozenset({Permission.SEE_CASES, Permission.SEE_AUDIT}),
}


class ActorKind(StrEnum):
    PERSON = "person"
    API_KEY = "api_key"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Grant:
    """One post as the actor holds it now: a role in a unit (None: everywhere), for a body where the role needs one."""

    role: Role
    unit_id: UUID | None = None
    body_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `label` is what a timeline shows: a post's name, never a resident's."""

    id: UUID | None
    kind: ActorKind
    label: str
    grants: tuple[Grant, ...] = field(default=())
    # Whether they may hand in reports. Everybody may but the API keys that were not made for it.
    reports: bool = True

    @property
    def is_system(self) -> bool:
        return self.kind is ActorKind.SYSTEM

    @property
    def is_staff(self) -> bool:
        return self.is_system or bool(self.grants)

    def roles(self) -> set[Role]:
        return {grant.role for grant in self.grants}

    def units(self, permission: Permission = Permission.SEE_CASES) -> list[UUID]:
        """The units in which the actor holds a role with this permission."""
        return [g.unit_id for g in self.grants if g.unit_id is not None and permission in PERMISSIONS[g.role]]

    def bodies(self) -> list[UUID]:
        return [grant.body_id for grant in self.grants if grant.body_id is not None]

    def may(self, permission: Permission, unit_path: tuple[UUID, ...] | None = None) -> bool:
        """Whether the actor has this permission (in a unit on `unit_path`, ids root first, where one is given)."""
        if self.is_system:
            return True
        return any(
            permission in PERMISSIONS[grant.role]
            and (unit_path is None or grant.unit_id is None or grant.unit_id in unit_path)
            for grant in self.grants
        )

    def require(self, permission: Permission, unit_path: tuple[UUID, ...] | None = None) -> None:
        if not self.may(permission, unit_path):
            raise NotAllowed


SYSTEM = Actor(None, ActorKind.SYSTEM, "system")
ANONYMOUS = Actor(None, ActorKind.ANONYMOUS, "anonymous")

_actor: ContextVar[Actor | None] = ContextVar("linli_actor", default=None)


def system(label: str) -> Actor:
    """The system acting under a name, such as `replay` or `escalation`."""
    return Actor(None, ActorKind.SYSTEM, label)


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, as `linli.web.middleware` has found out; a stranger is ANONYMOUS."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def current_actor() -> Actor | None:
    return _actor.get()


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Within the block, the database answers to this actor."""
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


def _array(ids: Iterable[UUID]) -> str:
    return "{" + ",".join(sorted({str(one) for one in ids})) + "}"


def database_scope(actor: Actor | None) -> tuple[str, ...]:
    """What PostgreSQL is told: person, units, bodies, units with people, system; array literals of UUIDs."""
    if actor is None:
        return ("", "{}", "{}", "{}", "")
    return (
        # A key has no rows of a person's; it reads what it has uploaded and written itself.
        str(actor.id) if actor.kind in {ActorKind.PERSON, ActorKind.API_KEY} and actor.id else "",
        _array(actor.units()),
        _array(actor.bodies()),
        _array(actor.units(Permission.SEE_PEOPLE)),
        "on" if actor.is_system else "",
    )

"""Reads of this room: who acts, which bodies there are, and the posts and persons that an actor may see."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce, Length
from django.utils import translation

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Permission, Role, acting_as
from linli.foundation.errors import NotFound, SignInNeeded
from linli.foundation.statement import opened, prepared
from linli.people import labels, rules
from linli.people.errors import NoColleague
from linli.people.models import Body, Consent, Delegation, Person, Post

# A search reads at most this many posts: more words, or a finer post, find the others.
MOST_SEARCHED = 5000

# In a session: the moment (seconds since 1970) from which it opens nothing any more. Without it the settings' age counts.
SESSION_ENDS = "ends"

# The person ($1) with the posts that they hold at a moment ($2) and those that they act on for somebody absent.
_ACCOUNT = "SELECT {columns}, held FROM people_account($1::uuid, $2::timestamptz)"


def themselves(person_id: UUID) -> Actor:
    """The person without any post: what a person may read before their posts are known."""
    return Actor(person_id, ActorKind.PERSON, "")


def account(person_id: UUID, at: datetime | None = None) -> Person | None:
    """The active person with the posts that they hold at a moment (now), read as themselves.

    Every request of somebody who has signed in asks this: one query, planned once per connection.
    """
    fields = Person._meta.concrete_fields
    statement = _ACCOUNT.format(columns=", ".join(f'(person)."{field.column}"' for field in fields))
    # In their own scope, in which their posts are visible: no change of scope, no further round trip.
    with acting_as(themselves(person_id)):
        rows = prepared(statement, [person_id, at or clock.now()])
    for *values, held in rows:
        stored = [opened(field, value) for field, value in zip(fields, values, strict=True)]
        person = Person.from_db(connection.alias, [field.attname for field in fields], stored)
        person.held = [_Held(*row) for row in json.loads(held or "[]")]
        return person
    return None


def actor_of(person_id: UUID, at: datetime | None = None) -> Actor:
    """The person as they act at a moment (now): with their posts and the delegations in force. One query.

    Raises `SignInNeeded` where there is no such active person.
    """
    person = account(person_id, at)
    if person is None:
        raise SignInNeeded
    return actor_of_person(person)


def actor_of_person(person: Person) -> Actor:
    """The same for a person who has just been read; for a resident, and for an `account`, it asks nothing."""
    if not person.is_staff_account:
        return Actor(person.id, ActorKind.PERSON, _label([]))
    held = person.held
    if held is None:
        return actor_of(person.id)
    grants = dict.fromkeys(Grant(Role(post.role), _id(post.unit_id), _id(post.body_id)) for post in held)
    return Actor(person.id, ActorKind.PERSON, _label(held), tuple(grants))


class _Held(NamedTuple):
    role: str
    unit_id: str | None
    body_id: str | None
    delegated: bool
    unit_name: str | None


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _label(held: Sequence[_Held]) -> str:
    """What a timeline shows: the first post, never a resident's name."""
    if not held:
        return labels.resident()
    return labels.kept(held[0].unit_name, held[0].role, acting=held[0].delegated)


def person_of(actor: Actor) -> Person:
    """The account of the person who acts, with the personal fields. Raises `SignInNeeded`."""
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise SignInNeeded
    person = Person.objects.filter(pk=actor.id, active=True).first()
    if person is None:
        raise SignInNeeded
    return person


def demo_totp(person_id: UUID) -> str:
    """The one-time password of a demo account; empty outside a demo and for everyone else."""
    if not settings.LINLI_DEMO:
        return ""
    with acting_as(SYSTEM):
        person = Person.objects.filter(pk=person_id, demo=True).first()
    if person is None:
        return ""
    return rules.current_totp(person.totp_secret, clock.now())


# --- bodies: reference data, read once per process -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BodyInfo:
    """An organisation, as every page may show it."""

    id: UUID
    code: str
    name: str
    name_en: str
    kind: str
    unit_id: UUID
    unit_path: tuple[UUID, ...]
    parent_id: UUID | None

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and not (translation.get_language() or "").startswith("zh") else self.name


def _body_info(body: Body) -> BodyInfo:
    return BodyInfo(
        body.id, body.code, body.name, body.name_en, body.kind, body.unit_id, tuple(body.unit.path), body.parent_id
    )


@cache
def _bodies(database: str) -> dict[UUID, BodyInfo]:
    # Sorted here, as the API compares the codes when it pages: a city's database may sort letters otherwise.
    found = sorted(Body.objects.select_related("unit"), key=lambda body: body.code)
    return {body.id: _body_info(body) for body in found}


def _all_bodies() -> dict[UUID, BodyInfo]:
    return _bodies(str(connection.settings_dict["NAME"]))


@cache
def _in_order(database: str) -> tuple[BodyInfo, ...]:
    return tuple(_bodies(database).values())


def bodies() -> tuple[BodyInfo, ...]:
    """All bodies by code, from the process cache: the same tuple until one changes."""
    return _in_order(str(connection.settings_dict["NAME"]))


def body(body_id: UUID) -> BodyInfo:
    """One body, from the process cache. Raises `NotFound`."""
    info = _all_bodies().get(body_id)
    if info is None:
        # Made by another process a moment ago, or not at all.
        row = Body.objects.select_related("unit").filter(pk=body_id).first()
        if row is None:
            raise NotFound
        info = _body_info(row)
    return info


def body_by_code(code: str) -> BodyInfo:
    """One body by its code. Raises `NotFound`."""
    row = Body.objects.select_related("unit").filter(code=code).first()
    if row is None:
        raise NotFound
    return _body_info(row)


def forget() -> None:
    """Read the bodies again: called in every process when one has changed."""
    _bodies.cache_clear()
    _in_order.cache_clear()


# --- posts and persons, from scope -----------------------------------------------------------------------------------


def in_force(at: datetime) -> Q:
    """Posts and delegations that hold at a moment."""
    return Q(valid_from__lte=at) & (Q(valid_to__isnull=True) | Q(valid_to__gt=at))


def in_force_now() -> Q:
    return in_force(clock.now())


def visible_posts(actor: Actor) -> QuerySet[Post]:
    """One's own posts, those one acts on, those in one's units, and those of one's bodies."""
    posts = Post.objects.select_related("unit", "body")
    if actor.is_system:
        return posts
    delegated = Delegation.objects.filter(to_person_id=actor.id, to_person_id__isnull=False).values("post_id")
    mine = Q(person_id=actor.id, person_id__isnull=False) | Q(pk__in=delegated)
    return posts.filter(mine | Q(unit__path__overlap=actor.units()) | Q(body_id__in=actor.bodies()))


def posts_that_say(actor: Actor, text: str, among: QuerySet[Post]) -> list[Post]:
    """Those of `among` whose holder, role, unit or body holds each word of the text. Names are encrypted, so that they are read here;
    those of people whom the actor may not see are no help to find a post.
    """
    wanted = text.casefold().split()
    posts = list(among.select_related("unit", "body")[:MOST_SEARCHED])
    people = {one.id: one for one in visible_people(actor).filter(pk__in={post.person_id for post in posts})}
    return [one for one in posts if all(word in _said_of(one, people.get(one.person_id)) for word in wanted)]


def _said_of(post: Post, holder: Person | None) -> str:
    unit, of = post.unit, post.body
    said = [post.get_role_display(), unit.name, unit.name_en, unit.code]
    said += [of.name, of.name_en, of.code] if of else []
    said += [holder.name, holder.username or ""] if holder else []
    return "\n".join(map(str, said)).casefold()


def visible_people(actor: Actor) -> QuerySet[Person]:
    """Oneself, and those with a post in a unit where one may see people."""
    if actor.is_system:
        return Person.objects.all()
    units = actor.units(Permission.SEE_PEOPLE)
    posts = Post.objects.filter(unit__path__overlap=units)
    return Person.objects.filter(Q(pk=actor.id, pk__isnull=False) | Q(pk__in=posts.values("person_id")))


def post(post_id: UUID, *, actor: Actor) -> Post:
    """Raises `NotFound` where it is not there or not to be seen."""
    found = visible_posts(actor).filter(pk=post_id).first()
    if found is None:
        raise NotFound
    return found


def person(person_id: UUID, *, actor: Actor) -> Person:
    """Raises `NotFound` where it is not there or not to be seen."""
    found = visible_people(actor).filter(pk=person_id).first()
    if found is None:
        raise NotFound
    return found


def visible_delegations(actor: Actor) -> QuerySet[Delegation]:
    """Those to oneself, and those of the posts that one sees."""
    delegations = Delegation.objects.select_related("post__unit")
    if actor.is_system:
        return delegations
    mine = Q(to_person_id=actor.id, to_person_id__isnull=False)
    return delegations.filter(mine | Q(post__in=visible_posts(actor).values("pk")))


def stand_ins(held: Post) -> list[Delegation]:
    """Who acts on a post now or will, in order of time; for whoever sees the post."""
    return list(Delegation.objects.filter(post=held, valid_to__gt=clock.now()).order_by("valid_from"))


def stood_in_until(found: Iterable[Post]) -> dict[UUID, datetime]:
    """The end of the delegation that holds now, of those of these posts that have one; for whoever sees the posts."""
    held = Delegation.objects.filter(in_force_now(), post__in=found)
    return dict(held.values_list("post_id", "valid_to"))


def staff_id(username: str) -> UUID:
    """The active staff account of this name. Raises `NoColleague`. The action that follows checks what may be done with it."""
    with acting_as(SYSTEM):
        found = (
            Person.objects.filter(username=username.strip().lower(), active=True).values_list("pk", flat=True).first()
        )
    if found is None:
        raise NoColleague(field="username")
    return found


def own_posts(person_id: UUID) -> list[Post]:
    """A person's posts that hold now or will, oldest first. For the person themselves."""
    posts = Post.objects.select_related("unit", "body").filter(person_id=person_id)
    return list(posts.exclude(valid_to__lte=clock.now()).order_by("valid_from"))


@dataclass(frozen=True, slots=True)
class Addressee:
    """How a person is told. `phone` is empty where none is known, `openid` where no WeChat account is connected."""

    id: UUID
    language: str
    phone: str
    openid: str


def addressees(person_ids: Iterable[UUID]) -> list[Addressee]:
    """The active persons among these, and how to reach them. For the system."""
    rows = Person.objects.filter(pk__in=set(person_ids), active=True).only("language", "phone", "openid")
    return [Addressee(row.id, row.language, row.phone, row.openid) for row in rows]


def resident_ids(phone: str) -> list[UUID]:
    """The account of the resident with this phone, if there is one: the id alone, so that a caller's cases can be found.

    The asker must be allowed to know whose phone it is; scope hides the account from everybody else. Raises `InvalidInput`.
    """
    wanted = rules.phone_hash(rules.normalise_phone(phone))
    with acting_as(SYSTEM):
        return list(Person.objects.filter(phone_hash=wanted, username=None, active=True).values_list("pk", flat=True))


def everybody() -> QuerySet[Person]:
    """Every active account. For the system, that tells them something."""
    return Person.objects.filter(active=True)


def with_phone(persons: QuerySet[Person]) -> QuerySet[Person]:
    """Those of them who can be reached by phone. What is kept is encrypted; only whether there is something is asked."""
    return persons.alias(kept=Length("phone")).filter(kept__gt=0)


def reachable(persons: QuerySet[Person]) -> QuerySet[Person]:
    """Those of them who can be reached by phone or by WeChat."""
    return persons.alias(kept=Length("phone")).filter(Q(kept__gt=0) | Q(openid_hash__isnull=False))


def gone_from(units: Collection[UUID], person_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """The persons who hold no post now in exactly a unit of these, or whose account is closed, each with the unit. One query.

    Whoever acts for somebody there has not left. For the system.
    """
    now = in_force(clock.now())
    held = Post.objects.filter(now, unit__in=units)
    delegated = Delegation.objects.filter(now, post__in=held)
    staying = held.filter(person__in=person_ids, person__active=True).values_list("person_id", "unit_id")
    acting = delegated.filter(to_person__in=person_ids, to_person__active=True).values_list(
        "to_person_id", "post__unit_id"
    )
    there = set(staying.union(acting))
    return {(person, unit) for person in person_ids for unit in units} - there


def posted_in(unit_id: UUID) -> QuerySet[Post, Any]:
    """The persons with a post now in this unit or in one below it. For the system."""
    return Post.objects.filter(in_force(clock.now()), unit__path__contains=[unit_id]).values("person")


def holders(role: Role, *, body_id: UUID | None = None, unit_id: UUID | None = None) -> list[UUID]:
    """Who is told what concerns these posts now: their holders, or whoever acts for them and takes the messages.

    Of a body, or of exactly this unit. One query. For the system.
    """
    moment = clock.now()
    # Who has left takes no messages: they would reach nobody.
    acting = Delegation.objects.filter(
        in_force(moment), post=OuterRef("pk"), notifications=True, to_person__active=True
    )
    posts = Post.objects.filter(in_force(moment), role=role)
    posts = posts.filter(body=body_id) if body_id is not None else posts.filter(unit=unit_id)
    told = Coalesce(Subquery(acting.values("to_person_id")[:1]), F("person_id"), output_field=UUIDField())
    return list(posts.annotate(told=told).order_by().values_list("told", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Colleague:
    id: UUID
    name: str


def posted_over(path: Collection[UUID], role: Role) -> list[Colleague]:
    """Who holds this post now in one of these units, by name. Shown to those alone who work there: the caller sees to that."""
    with acting_as(SYSTEM):
        posts = Post.objects.filter(in_force(clock.now()), role=role, unit__in=path)
        found = Person.objects.filter(pk__in=posts.values("person"), active=True).only("name", "username")
        return sorted((Colleague(one.id, one.name or str(one)) for one in found), key=lambda one: one.name)


@dataclass(frozen=True, slots=True)
class Handler:
    """Somebody who handles for a body now."""

    id: UUID
    name: str
    body_id: UUID


_HANDLERS = """
SELECT person.id, post.body_id, person.name, person.username
FROM people_post post JOIN people_person person ON person.id = post.person_id
WHERE post.role = 'handler' AND post.body_id = ANY($1::uuid[]) AND person.active
    AND post.valid_from <= $2::timestamptz AND (post.valid_to IS NULL OR post.valid_to > $2::timestamptz)
ORDER BY post.valid_from
"""


def handlers_of(body_ids: Collection[UUID]) -> list[Handler]:
    """Who handles for these bodies now, by name. One statement. Shown to those alone who send them work: the caller sees to that."""
    with acting_as(SYSTEM):
        rows = prepared(_HANDLERS, [list(body_ids), clock.now()])
    name_of = Person._meta.get_field("name")
    found = [
        Handler(person, opened(name_of, name) or username or str(person), body) for person, body, name, username in rows
    ]
    return sorted(dict.fromkeys(found), key=lambda one: (one.name, one.id))


def colleagues(body_id: UUID) -> list[Handler]:
    """Who handles for this body now, by name. To be shown to those of the same body alone: the caller sees to that."""
    return handlers_of([body_id])


@dataclass(frozen=True, slots=True)
class Stand:
    """A member of staff as they are chosen from: the name, one of their posts, and the user name that tells two apart."""

    id: UUID
    name: str
    post: str
    username: str

    @property
    def label(self) -> str:
        return f"{self.name} · {self.post} ({self.username})"


def search_staff(actor: Actor, text: str, limit: int = 12) -> list[Stand]:
    """Active staff whose name, user name, unit or body holds what was typed, among the holders of posts that the actor sees.

    Colleagues know each other by name, although only those who may see people read their accounts.
    """
    wanted = text.strip().casefold()
    if not wanted or not actor.is_staff:
        return []
    posts = list(visible_posts(actor).filter(in_force(clock.now())).order_by("valid_from")[:MOST_SEARCHED])
    with acting_as(SYSTEM):
        ids = {one.person_id for one in posts} - {actor.id}
        people = {one.id: one for one in Person.objects.filter(pk__in=ids, active=True).exclude(username=None)}
    language = translation.get_language() or ""
    found: dict[UUID, Stand] = {}
    for one in posts:
        person = people.get(one.person_id)
        if person is None or person.id in found:
            continue
        unit = one.unit.name_en if one.unit.name_en and not language.startswith("zh") else one.unit.name
        where = body(one.body_id).label if one.body_id else unit
        name = person.name or str(person.username)
        words = f"{name}\n{person.username}\n{where}\n{one.unit.name}\n{one.body.name if one.body else ''}".casefold()
        if wanted in words:
            found[person.id] = Stand(person.id, name, f"{where} · {one.get_role_display()}", str(person.username))
        if len(found) == limit:
            break
    return list(found.values())


def consents(person_id: UUID) -> list[Consent]:
    """A person's consents, newest first. Only the person may see them."""
    return list(Consent.objects.filter(person_id=person_id).order_by("-given_at"))

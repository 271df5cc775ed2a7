"""Posts from a table: all of it, or nothing and every problem by its row."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from linli.foundation import audit, clock
from linli.foundation.access import ROLE_LABELS, SYSTEM, Actor, ActorKind, Permission, Role, acting_as
from linli.foundation.errors import DomainError
from linli.foundation.models import Entry, OutboxEvent
from linli.foundation.progress import Say, counted, silent
from linli.foundation.tabular import ImportProblems, Row, Text, read_table
from linli.people import queries, rules
from linli.people.actions.posts import MAX_REASON, person_id, told
from linli.people.actions.scope import in_scope_of_actor
from linli.people.errors import PostHeldAlready
from linli.people.models import Person, Post
from linli.people.queries import BodyInfo
from linli.people.rules import Period
from linli.people.state import post_state
from linli.territory import queries as territory

REQUIRED = ("username", "role", "unit")
ALIASES = {
    "用户名": "username",
    "角色": "role",
    "岗位": "role",
    "单位代码": "unit",
    "区划代码": "unit",
    "机构代码": "body",
    "起": "from",
    "开始日期": "from",
    "止": "to",
    "结束日期": "to",
    "原因": "reason",
}
HELD = _("this person holds this post at that time already.")
Key = tuple[UUID, Role, UUID, UUID | None]


def import_posts(*, source: bytes | Path, by: Actor, filename: str = "") -> list[Post]:
    """Appoint every row of a CSV or XLSX table: username, role, unit (code), body (code), from, to (days), reason.

    A post lasts from the beginning of its first day to the beginning of `to`. Raises `NotAllowed`, `UnreadableTable`,
    and `ImportRefused` with every problem of every row; then nothing is applied.
    """
    read = read_posts(source=source, by=by, filename=filename)
    for number in read.held:
        read.problems.add(number, "", HELD)
    read.problems.raise_if_any()
    return appoint_all(read.posts.values(), by=by)


@dataclass(frozen=True, slots=True)
class ReadPosts:
    """What a table says, by the numbers of its rows: posts to be given, rows whose very post is held already, what is wrong."""

    rows: list[Row]
    posts: dict[int, Post]
    held: list[int]
    problems: ImportProblems


def read_posts(*, source: bytes | Path, by: Actor, filename: str = "", say: Say = silent) -> ReadPosts:
    """Read a table without giving a post. Raises `NotAllowed`, `UnreadableTable`, `ImportRefused` for the file as a whole."""
    by.require(Permission.EDIT_POSTS)
    table = read_table(source, filename, required=REQUIRED, aliases=ALIASES, say=say)
    problems = ImportProblems()
    reader = _Reader(by, table.rows, problems)
    rows = counted(table.rows, say, str(_("Checking the rows")))
    posts = {row.number: post for row in rows if (post := reader.post(row)) is not None}
    return ReadPosts(table.rows, posts, reader.there, problems)


@in_scope_of_actor
def appoint_all(found: Iterable[Post], *, by: Actor) -> list[Post]:
    """Give these posts, as they were read. Raises `PostHeldAlready` where somebody gave one of them since."""
    posts = list(found)
    steps = [
        audit.Step("post", post.id, "appointed", by, audit.Head(), post_state(post), post.reason) for post in posts
    ]
    try:
        with transaction.atomic():
            Post.objects.bulk_create(posts, batch_size=1000)
            Entry.objects.bulk_create([audit.entry_of(step) for step in steps], batch_size=1000)
            OutboxEvent.objects.bulk_create([told(post) for post in posts], batch_size=1000)
    except IntegrityError as error:
        # Someone gave one of these posts since we looked.
        raise PostHeldAlready from error
    return posts


def _is_there(held: Sequence[Period], period: Period, *, begins: bool) -> bool:
    """Whether a held post lasts as long as the row says; for a row without a first day it may have begun before, not later."""
    return any(
        other.end == period.end and (other.start == period.start or (not begins and other.start < period.start))
        for other in held
    )


class _Reader:
    """Turns rows into posts; what a row refers to is read once for the whole table."""

    def __init__(self, by: Actor, rows: list[Row], problems: ImportProblems) -> None:
        self.by = by
        self.problems = problems
        usernames = {row["username"].lower() for row in rows}
        with acting_as(SYSTEM):
            accounts = Person.objects.filter(username__in=usernames, active=True).values_list("username", "pk")
            self.people: dict[str | None, UUID] = dict(accounts)
            held = Post.objects.filter(person__in=self.people.values())
            self.held: dict[Key, list[Period]] = defaultdict(list)
            for post in held:
                key = (post.person_id, Role(post.role), post.unit_id, post.body_id)
                self.held[key].append(Period(post.valid_from, post.valid_to))
        # Rows whose very post is held already, and what earlier rows of this table give.
        self.there: list[int] = []
        self.given: set[Key] = set()
        self.bodies = {body.code: body for body in queries.bodies()}
        self.units = territory.find_by_codes(row["unit"] for row in rows)
        self.roles = {str(label): role for role, label in ROLE_LABELS.items()} | {role.value: role for role in Role}

    def post(self, row: Row) -> Post | None:
        """The post of a row, or None with its problems noted."""
        before = len(self.problems)
        person, role, unit, body = self._person(row), self._role(row), self._unit(row), self._body(row)
        period = self._period(row)
        if len(row["reason"]) > MAX_REASON:
            self._wrong(row, "reason", _("longer than 500 characters."))
        if role is not None:
            self._checked(row, "body", lambda: rules.check_body(role, bool(row["body"])))
        if len(self.problems) > before or person is None or role is None or unit is None or period is None:
            return None
        key = (person, role, unit, body.id if body else None)
        overlapping = [other for other in self.held[key] if period.overlaps(other)]
        if overlapping:
            if _is_there(overlapping, period, begins=bool(row["from"])) and key not in self.given:
                self.there.append(row.number)
            else:
                self._wrong(row, "", HELD)
            return None
        self.given.add(key)
        self.held[key].append(period)
        return Post(
            person_id=person,
            role=role,
            unit_id=unit,
            body_id=key[3],
            valid_from=period.start,
            valid_to=period.end,
            appointed_by_id=person_id(self.by),
            reason=row["reason"],
        )

    def _wrong(self, row: Row, column: str, message: Text) -> None:
        self.problems.add(row.number, column, message)

    def _person(self, row: Row) -> UUID | None:
        person = self.people.get(row["username"].lower())
        if person is None:
            self._wrong(row, "username", _("there is no active staff account of this name. Create it first."))
        elif self.by.kind is ActorKind.PERSON and person == self.by.id:
            self._wrong(row, "username", _("nobody appoints themselves."))
        return person

    def _role(self, row: Row) -> Role | None:
        role = self.roles.get(row["role"])
        if role is None:
            self._wrong(row, "role", _("unknown role. Use one of: %(roles)s.") % {"roles": ", ".join(Role)})
        return role

    def _unit(self, row: Row) -> UUID | None:
        unit = self.units.get(row["unit"])
        if unit is None:
            self._wrong(row, "unit", _("no unit has this code. Each unit says its own on its page under Territory."))
            return None
        if not self.by.may(Permission.EDIT_POSTS, tuple(unit.path)):
            self._wrong(row, "unit", _("your post does not let you appoint in this unit."))
        return unit.id

    def _body(self, row: Row) -> BodyInfo | None:
        if not row["body"]:
            return None
        body = self.bodies.get(row["body"])
        if body is None:
            self._wrong(row, "body", _("no body has this code. The table of a duty list holds the codes of bodies."))
        elif not self.by.may(Permission.EDIT_POSTS, body.unit_path):
            self._wrong(row, "body", _("your post does not let you appoint for this body."))
        return body

    def _period(self, row: Row) -> Period | None:
        start, end = self._day(row, "from"), self._day(row, "to")
        return self._checked(row, "to", lambda: rules.checked_period(start or clock.now(), end))

    def _day(self, row: Row, column: str) -> datetime | None:
        if not row[column]:
            return None
        try:
            day = datetime.strptime(row[column].replace("/", "-"), "%Y-%m-%d")  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            self._wrong(row, column, _("not a day. Write it as 2026-03-01."))
            return None
        return datetime.combine(day, time.min, tzinfo=ZoneInfo(settings.TIME_ZONE))

    def _checked(self, row: Row, column: str, check: Callable[[], Period | None]) -> Period | None:
        try:
            return check()
        except DomainError as error:
            self._wrong(row, column, str(error))
            return None

"""The lists of those who work on cases. They read the narrow row and its text, and nothing per row besides."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from linli.cases import errors, rules
from linli.cases.models import Case, CaseText, Channel, CoHandler, SavedView, State
from linli.cases.queries.narrowing import (
    PAGE,
    UNIT_COLUMNS,
    VISIBLE,
    C,
    Filters,
    Key,
    Order,
    Page,
    Reach,
    listed_of,
    narrowed,
    overdue_now,
    page_of,
    reach_of,
    still_open,
    visibility,
    visible_to,
    with_contacts,
)
from linli.cases.rows import Listed
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.statement import Statement, prepared
from linli.people import queries as people
from linli.territory import queries as territory

# How many matches of a search are looked through for the other filters: a full page and what tells of a next one, then more.
FOUND_AT_A_TIME = (PAGE + 1, 1000, 5000)


def desk_page(
    actor: Actor,
    filters: Filters | None = None,
    *,
    after: Key | None = None,
    before: UUID | None = None,
    order: Order = Order.NEWEST,
    size: int = PAGE,
) -> Page[Case]:
    """One page of the case desk, with texts, after a key (`before`: after this id). One statement (two with a search)."""
    after = Key(before) if before is not None else after
    return _read(page_of, actor, filters or Filters(), after, order, size)


def desk_list(actor: Actor, filters: Filters, *, after: Key | None = None, order: Order = Order.NEWEST) -> Page[Listed]:
    """The same, of each case what its row says."""
    return _read(listed_of, actor, filters, after, order, PAGE)


def _read(
    read: Callable[[QuerySet[Case], int], Page[C]],
    actor: Actor,
    filters: Filters,
    after: Key | None,
    order: Order,
    size: int,
) -> Page[C]:
    urgent = order is Order.URGENT and still_open(filters)
    found = _from(narrowed(actor, filters), urgent, after)
    if not filters.text.strip():
        return read(found, size)
    for most in FOUND_AT_A_TIME:
        match, all_of_them = _matching(filters, reach_of(actor, filters), urgent, after, most)
        page = read(found.filter(match), size)
        if page.after is not None or all_of_them:
            break
    return page


def _from(found: QuerySet[Case], urgent: bool, after: Key | None) -> QuerySet[Case]:
    """In this order, after this key. Its first column stands alone in a condition, so that the index is entered there."""
    if urgent:
        if after is not None and after.urgent_at is not None:
            later = Q(urgent_at__gt=after.urgent_at) | Q(pk__gt=after.id)
            found = found.filter(later, urgent_at__gte=after.urgent_at)
        return found.order_by("urgent_at", "pk")
    return (found if after is None else found.filter(pk__lt=after.id)).order_by("-pk")


def _matching(filters: Filters, reach: Reach, urgent: bool, after: Key | None, most: int) -> tuple[Q, bool]:
    """What these words find in this order after this key, at most so many, and whether that is all of them.

    A case number finds that case; words find by full text, within a unit and among the open ones where that is asked for.
    """
    try:
        return Q(number=rules.number_of(filters.text)), True
    except errors.WrongNumber:
        query = rules.search_query(filters.text)
    if not query:
        return Q(pk__in=()), True
    key = (after.urgent_at, after.id) if after else (None, None)
    values = [query, most, reach.column, reach.unit_id, still_open(filters), urgent, *key]
    ids = [row[0] for row in prepared(_FOUND, values)]
    return Q(pk__in=ids), len(ids) < most


_FOUND = "SELECT * FROM cases_found($1::tsquery, $2::int, $3::text, $4::uuid, $5::boolean, $6::boolean, $7::timestamptz, $8::uuid)"


def count_up_to(actor: Actor, filters: Filters, most: int) -> int:
    """How many cases these filters let through, counted to `most` and no further."""
    found = narrowed(actor, filters)
    if filters.text.strip():
        match, _all = _matching(filters, reach_of(actor, filters), False, None, FOUND_AT_A_TIME[-1])
        found = found.filter(match)
    return found.order_by()[:most].count()


def counts(actor: Actor) -> dict[str, int]:
    """The actor's open cases by state, and how many of them are overdue. One statement over the open ones only."""
    rows = _tally(actor)
    by_state = {state: cases for state, cases, _late in rows}
    return {**by_state, "overdue": sum(late for _state, _cases, late in rows), "open": sum(by_state.values())}


def _tally(actor: Actor) -> list[tuple[str, int, int]]:
    """State, cases in it, and how many of them are late; of everything from an index alone (migration 0004)."""
    own = reach_of(actor, Filters())
    if own.column is not None:
        rows = prepared(_OF_OWN_UNIT.format(column=own.column), [clock.now(), own.unit_id])
    elif own.unit_id == territory.root().id:
        rows = prepared("SELECT state, cases, late FROM cases_tally($1::timestamptz)", [clock.now()])
    else:
        found = visible_to(actor).filter(closed_at=None).values("state")
        counted = found.annotate(cases=Count("pk"), late=Count("pk", filter=overdue_now())).order_by()
        return list(counted.values_list("state", "cases", "late"))
    return list(rows)


# Late as in `narrowing.overdue_now`.
_OF_OWN_UNIT = """
SELECT state, count(*), count(*) FILTER (WHERE due_at < coalesce(paused_at, $1::timestamptz) AND handled_at IS NULL)
FROM cases_case WHERE {column}_id = $2::uuid AND closed_at IS NULL GROUP BY state
"""


def cases_of(actor: Actor, ids: Sequence[UUID]) -> list[Case]:
    """Those of these cases that the actor may see, with their texts, oldest first."""
    return list(visible_to(actor).select_related("text").filter(pk__in=ids).order_by("pk"))


def ids_of(actor: Actor, numbers: Sequence[int]) -> list[UUID]:
    """Of the cases with these numbers, those that the actor may see."""
    return list(visible_to(actor).filter(number__in=numbers).order_by("pk").values_list("pk", flat=True))


def inbox(actor: Actor, *, size: int = PAGE) -> list[Case]:
    """What waits for the actor's bodies: dispatched, being handled, or waiting for their signature; most urgent first.

    Two statements: asking for both at once would read every open case instead of the body's own index.
    """
    bodies = actor.bodies()
    if not bodies:
        return []
    to_sign = CoHandler.objects.filter(body__in=bodies, signed_at=None, case__closed_at=None)
    asked = list(to_sign.values_list("case", flat=True))
    return (_INBOX_TO_SIGN if asked else _INBOX).all(list(bodies), asked, size)


_WORKED_ON = "state IN ('dispatched', 'accepted') AND closed_at IS NULL"
# Body by body, so that of each its index of open work is walked in order, as far as the page goes.
_OF_BODIES = f"""
SELECT led.* FROM unnest($1::uuid[]) AS body (id), LATERAL (
    SELECT * FROM cases_case WHERE lead_body_id = body.id AND {_WORKED_ON} ORDER BY urgent_at, cases_case.id LIMIT $3::int
) AS led
"""
_TO_SIGN = f"SELECT * FROM cases_case WHERE id = ANY ($2::uuid[]) AND {_WORKED_ON}"
_WAITS = """
SELECT {{}} FROM ({found}) AS cases_case LEFT JOIN cases_casetext ON cases_casetext.case_id = cases_case.id
WHERE $2::uuid[] IS NOT NULL ORDER BY urgent_at, cases_case.id LIMIT $3::int
"""
_INBOX = Statement(_WAITS.format(found=_OF_BODIES), Case, text=CaseText)
_INBOX_TO_SIGN = Statement(_WAITS.format(found=f"{_OF_BODIES} UNION {_TO_SIGN}"), Case, text=CaseText)


def to_verify(actor: Actor, *, size: int = PAGE) -> list[Case]:
    """Handled cases of the actor's units, most urgent first. One statement."""
    reach = reach_of(actor, Filters())
    if reach.column is None:
        return _TO_VERIFY.all(size, *visibility(actor))
    return _TO_VERIFY_OF[reach.column].all(size, reach.unit_id)


_HANDLED = """
SELECT {{}} FROM cases_case LEFT JOIN cases_casetext ON cases_casetext.case_id = cases_case.id
WHERE {scope} AND state = 'handled' AND closed_at IS NULL ORDER BY urgent_at, cases_case.id LIMIT $1::int
"""
_TO_VERIFY = Statement(_HANDLED.format(scope=VISIBLE), Case, text=CaseText)
# Of an actor with one unit, by its column (as `_in_unit`).
_TO_VERIFY_OF = {
    column: Statement(_HANDLED.format(scope=f"{column}_id = $2::uuid"), Case, text=CaseText)
    for column in UNIT_COLUMNS.values()
}


def to_call_back(actor: Actor, *, size: int = PAGE) -> list[Case]:
    """Handled cases of the hotline that are closed and not rated, in the actor's units, the longest closed first.

    As long as they can be reopened: later nobody remembers.
    """
    found = narrowed(actor, Filters()).filter(
        with_contacts(actor),
        state=State.CLOSED,
        channel=Channel.HOTLINE,
        closed_at__gte=clock.now() - rules.REOPEN_WITHIN,
        lead_body__isnull=False,
        anonymous=False,
        contact__phone_hash__isnull=False,
    )
    return list(found.select_related("text").order_by("closed_at", "pk")[:size])


@dataclass(frozen=True, slots=True)
class Handled:
    """What somebody has in hand, and what they have reported back since a moment, and of that in time."""

    in_hand: int
    handled: int
    in_time: int


def handled_by(person_id: UUID, since: datetime) -> Handled:
    """One statement over the person's own index."""
    back = Q(handled_at__gte=since)
    counted = Case.objects.filter(Q(handled_at=None, state=State.ACCEPTED) | back, handler=person_id).aggregate(
        in_hand=Count("pk", filter=Q(state=State.ACCEPTED)),
        handled=Count("pk", filter=back),
        in_time=Count("pk", filter=back & (Q(due_at=None) | Q(handled_at__lte=F("due_at")))),
    )
    return Handled(**counted)


def views(actor: Actor) -> list[SavedView]:
    """The actor's own views in their order, then those that others share with a unit of theirs."""
    found = SavedView.objects.filter(Q(owner=actor.id) | Q(unit__in=actor.units())).select_related("unit")
    return sorted(found, key=lambda view: (view.owner_id != actor.id, view.position, view.name))


def left_behind(actor: Actor, found: Iterable[SavedView]) -> set[UUID]:
    """Those of these views whose owner has left the unit that they are shared with, and that the actor may put in order."""
    units = actor.units(Permission.LEAD_DESK)
    shared = {view.pk: (view.owner_id, view.unit_id) for view in found if view.unit_id in units}
    if not shared:
        return set()
    with acting_as(SYSTEM):
        gone = people.gone_from(units, {owner for owner, _unit in shared.values()})
    return {view for view, place in shared.items() if place in gone}


def ids_due_for_escalation(most: int = 500) -> Iterable[UUID]:
    return (
        Case.objects.filter(escalates_at__lte=clock.now()).order_by("escalates_at").values_list("pk", flat=True)[:most]
    )

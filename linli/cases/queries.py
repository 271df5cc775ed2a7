"""Reads of cases. Each starts from who asks; row-level security asks again.

Lists read the narrow row and its text, and nothing per row besides: names of units, classes and bodies come from the caches of
their rooms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from linli.cases import errors, rules
from linli.cases.lifecycle import Change, changes_from
from linli.cases.models import (
    DONE_STATES,
    OPEN_STATES,
    Attachment,
    Case,
    CaseContact,
    Channel,
    ClassModel,
    CoHandler,
    Evaluation,
    SavedView,
    State,
    Support,
)
from linli.cases.suggest import Example, Model, Suggestion, learn, load
from linli.duties import queries as duties
from linli.foundation import audit, clock
from linli.foundation.access import Actor, ActorKind, Permission
from linli.foundation.errors import NotFound
from linli.foundation.models import Entry
from linli.people import queries as people
from linli.people import rules as people_rules
from linli.territory import queries as territory

PAGE = 50
# How many matches of a search are looked through for the other filters: as many as fill a page where they all fit, then more.
FOUND_AT_A_TIME = (2 * PAGE, 1000, 5000)
UNIT_COLUMNS = {"district": "district", "subdistrict": "subdistrict", "community": "community", "quarter": "quarter"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of cases can be narrowed to; everything left out does not narrow. Moments are inclusive."""

    states: tuple[str, ...] = ()
    open_only: bool = False
    class_id: UUID | None = None
    unit_id: UUID | None = None
    body_id: UUID | None = None
    channel: str = ""
    priority: str = ""
    overdue: bool = False
    escalated: bool = False
    text: str = ""
    reported_from: datetime | None = None
    reported_to: datetime | None = None
    reporter_phone: str = ""
    # What the actor has reported or handles.
    mine: bool = False


class Order(StrEnum):
    NEWEST = "newest"
    # By the moment by which somebody is to act; among the open ones only.
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page begins: after this case. Newest first needs the id alone."""

    id: UUID
    urgent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is the key of the next page, None on the last."""

    cases: list[Case]
    after: Key | None

    @property
    def before(self) -> UUID | None:
        """The same for lists that are always newest first."""
        return self.after.id if self.after else None


def visible_to(actor: Actor) -> QuerySet[Case]:
    """The cases that this actor may see: of their units, of their bodies, their own."""
    if actor.is_system:
        return Case.objects.all()
    reach = Q()
    units, bodies = actor.units(Permission.SEE_CASES), actor.bodies()
    if units:
        reach |= Q(units__overlap=units)
    if bodies:
        reach |= Q(bodies__overlap=bodies)
    if actor.kind is ActorKind.PERSON and actor.id is not None:
        reach |= Q(reporter=actor.id)
    return Case.objects.filter(reach) if reach else Case.objects.none()


def desk_page(
    actor: Actor,
    filters: Filters | None = None,
    *,
    after: Key | None = None,
    before: UUID | None = None,
    order: Order = Order.NEWEST,
    size: int = PAGE,
) -> Page:
    """One page of the case desk, with texts, after a key (`before`: after this id). One statement (two with a search)."""
    filters = filters or Filters()
    after = Key(before) if before is not None else after
    urgent = order is Order.URGENT and still_open(filters)
    found = _from(narrow(visible_to(actor), actor, filters), urgent, after)
    if not filters.text.strip():
        return _page_of(found, size)
    for most in FOUND_AT_A_TIME:
        match, all_of_them = _matching(filters, _reach(actor, filters), urgent, after, most)
        page = _page_of(found.filter(match), size)
        if page.after is not None or all_of_them:
            break
    return page


def still_open(filters: Filters) -> bool:
    """Whether these filters let nothing through that has ended."""
    only_open_states = bool(filters.states) and set(filters.states) <= set(OPEN_STATES)
    return filters.open_only or filters.overdue or filters.escalated or only_open_states


def _from(found: QuerySet[Case], urgent: bool, after: Key | None) -> QuerySet[Case]:
    """In this order, after this key. Its first column stands alone in a condition, so that the index is entered there."""
    if urgent:
        if after is not None and after.urgent_at is not None:
            later = Q(urgent_at__gt=after.urgent_at) | Q(pk__gt=after.id)
            found = found.filter(later, urgent_at__gte=after.urgent_at)
        return found.order_by("urgent_at", "pk")
    return (found if after is None else found.filter(pk__lt=after.id)).order_by("-pk")


def _page_of(found: QuerySet[Case], size: int) -> Page:
    cases = list(found.select_related("text")[: size + 1])
    last = cases[size - 1] if len(cases) > size else None
    return Page(cases[:size], Key(last.pk, last.urgent_at) if last else None)


def counts(actor: Actor, filters: Filters | None = None) -> dict[str, int]:
    """Open cases by state, and how many of them are overdue, within the filters. One statement over the open ones only."""
    rows = _tally_of_city() if filters is None and _one_unit(actor) == territory.root().id else _tally(actor, filters)
    by_state = {state: cases for state, cases, _late in rows}
    return {**by_state, "overdue": sum(late for _state, _cases, late in rows), "open": sum(by_state.values())}


def _tally(actor: Actor, filters: Filters | None) -> list[tuple[str, int, int]]:
    """State, cases in it, and how many of them are late."""
    found = narrow(visible_to(actor), actor, filters or Filters()).filter(closed_at=None)
    tallied = found.values("state").annotate(cases=Count("pk"), late=Count("pk", filter=_overdue_now()))
    return list(tallied.order_by().values_list("state", "cases", "late"))


def _tally_of_city() -> list[tuple[str, int, int]]:
    """The same for everything, from an index alone (migration 0004)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, cases, late FROM cases_tally(%s)", [clock.now()])
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class _Reach:
    """The unit that a list is of, and its column, where it has one."""

    unit_id: UUID | None
    column: str | None


def _reach(actor: Actor, filters: Filters) -> _Reach:
    unit_id = filters.unit_id or _one_unit(actor)
    return _Reach(unit_id, UNIT_COLUMNS.get(territory.unit(unit_id).level) if unit_id else None)


def count_up_to(actor: Actor, filters: Filters, most: int) -> int:
    """How many cases these filters let through, counted to `most` and no further."""
    found = narrow(visible_to(actor), actor, filters)
    if filters.text.strip():
        match, _all = _matching(filters, _reach(actor, filters), False, None, FOUND_AT_A_TIME[-1])
        found = found.filter(match)
    return found.order_by()[:most].count()


def narrow(found: QuerySet[Case], actor: Actor, filters: Filters) -> QuerySet[Case]:
    """Apply the filters, but for the words. A unit narrows by its own column, so that the index of that column gives the newest at once."""
    unit_id, column = (reach := _reach(actor, filters)).unit_id, reach.column
    if unit_id is not None and unit_id != territory.root().id:
        found = found.filter(**{column: unit_id}) if column else found.filter(units__contains=[unit_id])
    simple = {
        "state__in": filters.states,
        "case_class": filters.class_id,
        "channel": filters.channel,
        "priority": filters.priority,
        "reported_at__gte": filters.reported_from,
        "reported_at__lte": filters.reported_to,
        "lead_body": filters.body_id,
    }
    found = found.filter(**{name: value for name, value in simple.items() if value})
    if still_open(filters):
        found = found.filter(closed_at=None)
    if filters.overdue:
        found = found.filter(_overdue_now())
    if filters.mine and actor.id is not None:
        found = found.filter(Q(reporter=actor.id) | Q(handler=actor.id))
    if filters.escalated:
        found = found.filter(escalation__gt=0)
    if filters.reporter_phone.strip():
        found = found.filter(_told_by(filters.reporter_phone), _with_contacts(actor))
    return found


def _told_by(phone: str) -> Q:
    """What was reported with this phone or by its owner's account; whoever reported anonymously is not found by it."""
    number = people_rules.normalise_caller(phone)
    told = Q(contact__phone_hash=people_rules.phone_hash(number))
    if not people_rules.is_landline(number):
        told |= Q(reporter__in=people.resident_ids(number))
    return told & Q(anonymous=False)


def _with_contacts(actor: Actor) -> Q:
    """Where the actor may see contacts: elsewhere a search by phone would tell whose number it is."""
    if actor.is_system:
        return Q()
    return Q(units__overlap=actor.units(Permission.SEE_CONTACTS)) | Q(bodies__overlap=actor.bodies())


def _one_unit(actor: Actor) -> UUID | None:
    """The unit of an actor who has just one and nothing else: their list can go by that unit's index."""
    units = set(actor.units(Permission.SEE_CASES))
    return units.pop() if len(units) == 1 and not actor.bodies() else None


def _overdue_now() -> Q:
    """Not reported back in time; a paused clock stands where it was paused (as `limits.is_overdue`)."""
    return Q(due_at__lt=Coalesce(F("paused_at"), Value(clock.now())), handled_at=None)


def _matching(filters: Filters, reach: _Reach, urgent: bool, after: Key | None, most: int) -> tuple[Q, bool]:
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_found(%s::tsquery, %s, %s, %s, %s, %s, %s, %s)", values)
        ids = [row[0] for row in cursor.fetchall()]
    return Q(pk__in=ids), len(ids) < most


def case(actor: Actor, case_id: UUID) -> Case:
    """One case with its text. Raises NotFound outside the actor's scope too."""
    found = visible_to(actor).select_related("text").filter(pk=case_id).first()
    if found is None:
        raise NotFound
    return found


def cases_of(actor: Actor, ids: Sequence[UUID]) -> list[Case]:
    """Those of these cases that the actor may see, with their texts, oldest first."""
    return list(visible_to(actor).select_related("text").filter(pk__in=ids).order_by("pk"))


def case_by_reference(actor: Actor, reference: str) -> Case:
    """One case by its number with check digit. Raises WrongNumber, NotFound."""
    found = visible_to(actor).select_related("text").filter(number=rules.number_of(reference)).first()
    if found is None:
        raise NotFound
    return found


def case_by_secret(reference: str, secret: str) -> Case:
    """The case of a reporter who did not sign in. Call it as SYSTEM; the secret is the key. Raises NotFound."""
    digest = rules.secret_digest(secret)
    found = Case.objects.select_related("text").filter(number=rules.number_of(reference), secret_hash=digest).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Details:
    """What a case's page shows beside the row itself."""

    entries: Sequence[Entry]
    attachments: Sequence[Attachment]
    co_handlers: Sequence[CoHandler]
    evaluations: Sequence[Evaluation]
    merged: Sequence[Case]
    contact: CaseContact | None


def details(actor: Actor, found: Case) -> Details:
    """Everything of one case that the actor may see. Six statements, whatever the case holds."""
    may_contact = not found.anonymous and (
        actor.may(Permission.SEE_CONTACTS, tuple(found.units)) or bool(set(actor.bodies()) & set(found.bodies))
    )
    return Details(
        entries=audit.timeline(found.id),
        attachments=list(Attachment.objects.filter(case=found).select_related("file").order_by("added_at")),
        co_handlers=list(CoHandler.objects.filter(case=found).order_by("asked_at")),
        evaluations=list(Evaluation.objects.filter(case=found).order_by("cycle")),
        merged=list(Case.objects.filter(merged_into=found).select_related("text").order_by("pk")),
        contact=CaseContact.objects.filter(case=found).first() if may_contact else None,
    )


def allowed_changes(actor: Actor, found: Case, *, is_reporter: bool = False) -> list[Change]:
    """What the actor may do with the case now, in the order of the table."""
    reporter = is_reporter or (actor.id is not None and actor.id == found.reporter_id)
    helpers = CoHandler.objects.filter(case=found, signed_at=None) if len(found.bodies) > 1 else ()
    unsigned = [row.body_id for row in helpers]
    return [
        change
        for change in changes_from(State(found.state))
        if (change.while_paused if found.paused_at is not None else change.name != "resume")
        and rules.may_change(change, found, actor, co_bodies=unsigned, is_reporter=reporter)
    ]


def inbox(actor: Actor, *, size: int = PAGE) -> list[Case]:
    """What waits for the actor's bodies: dispatched, being handled, or waiting for their signature; what is due first.

    Each with `asked`: whether one of the bodies is to sign.
    """
    bodies = actor.bodies()
    if not bodies:
        return []
    unsigned = CoHandler.objects.filter(body__in=bodies, signed_at=None)
    asked = unsigned.values("case")
    work = Q(lead_body__in=bodies, state__in=[State.DISPATCHED, State.ACCEPTED])
    work |= Q(pk__in=asked, state__in=[State.DISPATCHED, State.ACCEPTED])
    found = Case.objects.filter(work, closed_at=None).select_related("text")
    found = found.annotate(asked=Exists(unsigned.filter(case=OuterRef("pk"))))
    return list(found.order_by(F("due_at").asc(nulls_last=True), "pk")[:size])


def photos_of(cases: Sequence[Case]) -> dict[UUID, list[Attachment]]:
    """The photos of cases that the actor sees, in the order in which they were given. One statement."""
    found: dict[UUID, list[Attachment]] = {}
    rows = Attachment.objects.filter(case__in=[case.pk for case in cases], file__kind="photo").order_by(
        "added_at", "pk"
    )
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def said_when(action: str, cases: Sequence[Case]) -> dict[UUID, Entry]:
    """The newest entry of this kind on each of the cases. One statement."""
    found = Entry.objects.filter(subject_id__in=[case.pk for case in cases], action=action)
    return {entry.subject_id: entry for entry in found.order_by("seq")}


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


def waiting(actor: Actor, *states: State, size: int = PAGE) -> list[Case]:
    """Cases of the actor's units in these states, what is due first: the verifier's and the dispatcher's lists."""
    found = narrow(visible_to(actor), actor, Filters(states=tuple(states))).select_related("text")
    return list(found.order_by(F("due_at").asc(nulls_last=True), "pk")[:size])


def own(actor: Actor, *, before: UUID | None = None, size: int = PAGE) -> Page:
    """What the actor has reported, newest first."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return Page([], None)
    found = Case.objects.filter(reporter=actor.id)
    if before is not None:
        found = found.filter(pk__lt=before)
    return _page_of(found.order_by("-pk"), size)


def views(actor: Actor) -> list[SavedView]:
    """The actor's own views in their order, then those that others share with a unit of theirs."""
    found = SavedView.objects.filter(Q(owner=actor.id) | Q(unit__in=actor.units())).select_related("unit")
    return sorted(found, key=lambda view: (view.owner_id != actor.id, view.position, view.name))


def pending(actor: Actor, size: int = 5) -> list[Case]:
    """What the actor reported and still waits for: open cases, and closed ones that they have not rated. Newest first."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return []
    found = Case.objects.filter(Q(closed_at=None) | Q(state=State.CLOSED), reporter=actor.id)
    return list(found.select_related("text").order_by("-pk")[:size])


def supported(actor: Actor, size: int = PAGE) -> list["PublicCase"]:
    """The cases that the actor said "me too" to, as the public sees them, newest first. Two statements."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return []
    ids = Support.objects.filter(person=actor.id).order_by("-pk").values_list("case", flat=True)
    chosen = tuple(ids[:size])
    return public_page(PublicFilters(ids=chosen, with_collected=True)) if chosen else []


def last_community(actor: Actor) -> UUID | None:
    """The community of the actor's newest report that lies in one: where their pages begin."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return None
    mine = Case.objects.filter(reporter=actor.id, community__isnull=False).order_by("-pk")
    return mine.values_list("community", flat=True).first()


def contacts(actor: Actor, cases: Sequence[Case]) -> dict[UUID, CaseContact]:
    """How to reach the reporters of these cases, by case, where the actor may know and the reporter is not anonymous."""
    ids = [case.pk for case in cases if not case.anonymous]
    seen = Case.objects.filter(_with_contacts(actor), pk__in=ids)
    return {row.case_id: row for row in CaseContact.objects.filter(case__in=seen)}


def reporter_name(cases: Sequence[Case]) -> str:
    """The name last given with one of these cases, all of one caller; the asker may know it, having found them by phone."""
    newest_first = sorted((case.pk for case in cases), reverse=True)
    rows = {row.case_id: row.name for row in CaseContact.objects.filter(case__in=newest_first)}
    return next((rows[pk] for pk in newest_first if rows.get(pk)), "")


def last_note(found: Case, action: str) -> str:
    """What was written at the last such step of a case that the actor has."""
    entries = [entry for entry in audit.timeline(found.id) if entry.action == action]
    return entries[-1].note if entries else ""


def to_call_back(actor: Actor, *, size: int = PAGE) -> list[Case]:
    """Handled cases of the hotline that are closed and not rated, in the actor's units, the longest closed first.

    As long as they can be reopened: later nobody remembers.
    """
    found = narrow(visible_to(actor), actor, Filters()).filter(
        _with_contacts(actor),
        state=State.CLOSED,
        channel=Channel.HOTLINE,
        closed_at__gte=clock.now() - rules.REOPEN_WITHIN,
        lead_body__isnull=False,
        anonymous=False,
        contact__phone_hash__isnull=False,
    )
    return list(found.select_related("text").order_by("closed_at", "pk")[:size])


# The public's view ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicCase:
    """What everybody may know: no names, no text beyond a masked title, the place to about 100 m."""

    id: UUID
    number: int
    state: str
    channel: str
    nature: str
    priority: str
    case_class_id: UUID | None
    district_id: UUID | None
    subdistrict_id: UUID | None
    community_id: UUID | None
    quarter_id: UUID | None
    lon: float | None
    lat: float | None
    cell: int | None
    lead_body_id: UUID | None
    reported_at: datetime
    filed_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    supports: int
    stars: int | None
    cycle: int
    title: str

    @property
    def reference(self) -> str:
        return rules.reference_of(self.number)

    @property
    def updated_at(self) -> datetime:
        """The last of its public moments."""
        return max(moment for moment in (self.reported_at, self.filed_at, self.closed_at) if moment is not None)


_PUBLIC_COLUMNS = ", ".join(PublicCase.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class PublicFilters:
    """What the public's list can be narrowed to. `bbox` is west, south, east, north in degrees."""

    ids: tuple[UUID, ...] = ()
    numbers: tuple[int, ...] = ()
    class_ids: tuple[UUID, ...] = ()
    open: bool | None = None
    unit_id: UUID | None = None
    reported_from: datetime | None = None
    reported_to: datetime | None = None
    bbox: tuple[float, float, float, float] | None = None
    updated_from: datetime | None = None
    # Also what the desk has not read yet: where it lies and what kind it is, without its words.
    with_collected: bool = False


def public_page(
    filters: PublicFilters, *, before: UUID | None = None, size: int = PAGE, offset: int = 0
) -> list[PublicCase]:
    """Public cases, newest first. One statement."""
    where: list[str] = ["true" if filters.with_collected else "state <> 'collected'"]
    params: list[Any] = []

    def add(condition: str, *values: Any) -> None:
        where.append(condition)
        params.extend(values)

    if filters.ids:
        add("id = ANY(%s)", list(filters.ids))
    if filters.numbers:
        add("number = ANY(%s)", list(filters.numbers))
    if filters.class_ids:
        add("case_class_id = ANY(%s)", list(filters.class_ids))
    if filters.open is not None:
        add("closed_at IS NULL" if filters.open else "closed_at IS NOT NULL")
    if filters.reported_from is not None:
        add("reported_at >= %s", filters.reported_from)
    if filters.reported_to is not None:
        add("reported_at <= %s", filters.reported_to)
    if filters.updated_from is not None:
        add("greatest(reported_at, filed_at, closed_at) >= %s", filters.updated_from)
    if filters.unit_id is not None:
        column = UNIT_COLUMNS.get(territory.unit(filters.unit_id).level)
        if column:
            add(f"{column}_id = %s", filters.unit_id)
    if filters.bbox is not None:
        west, south, east, north = filters.bbox
        add("lon BETWEEN %s AND %s AND lat BETWEEN %s AND %s", west, east, south, north)
    if before is not None:
        add("id < %s", before)
    condition = f"WHERE {' AND '.join(where)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_PUBLIC_COLUMNS} FROM cases_public {condition} ORDER BY id DESC LIMIT %s OFFSET %s",
            [*params, size, offset],
        )
        return [PublicCase(*row) for row in cursor.fetchall()]


def public_case(reference: str | UUID) -> PublicCase:
    """One public case by its number or id, without its words as long as the desk has not read it: neighbours may join it.

    Raises WrongNumber, NotFound.
    """
    by_id = isinstance(reference, UUID)
    names = {"ids": (reference,)} if by_id else {"numbers": (rules.number_of(str(reference)),)}
    found = public_page(PublicFilters(**names, with_collected=True), size=1)
    if not found:
        raise NotFound
    return found[0]


# Likely duplicates ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Likely:
    """An open case nearby that may mean the same. The title is empty where the actor may not read it yet."""

    case_id: UUID
    number: int
    state: str
    case_class_id: UUID | None
    reported_at: datetime
    supports: int
    title: str
    metres: int
    score: float

    @property
    def reference(self) -> str:
        return rules.reference_of(self.number)


def likely_duplicates(
    *, lon: float, lat: float, text: str = "", class_id: UUID | None = None, most: int = 5, exclude: UUID | None = None
) -> list[Likely]:
    """Open cases within 250 m that may mean the same, likeliest first: for residents and desk alike, each in their scope."""
    said = rules.words(text)
    now = clock.now()
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_near(%s)", [rules.cells_around(lon, lat)])
        for case_id, number, state, other_class, x, y, reported_at, supports, title, words in cursor.fetchall():
            metres = rules.metres_between(lon, lat, x, y)
            if case_id == exclude or metres > rules.DUPLICATE_METRES:
                continue
            alike = rules.likeness(said, rules.words(words))
            same_class = class_id is not None and class_id == other_class
            score = rules.duplicate_score(metres, same_class, alike, now - reported_at)
            if score >= rules.LIKELY:
                found.append(
                    Likely(case_id, number, state, other_class, reported_at, supports, title, round(metres), score)
                )
    return sorted(found, key=lambda likely: -likely.score)[:most]


# The suggested class --------------------------------------------------------------------------------------------------


def suggested_classes(text: str, most: int = 3) -> list[Suggestion]:
    """The likeliest classes for a text, with confidences; from the newest model, or the catalogue alone before the first."""
    model = _model(str(connection.settings_dict["NAME"]))
    # The model may be older than the catalogue: what was retired since is not offered.
    offered = {info.code for info in duties.classes() if info.is_minor and info.active}
    return [one for one in model.suggest(text, len(model.codes)) if one.class_code in offered][:most]


@lru_cache(maxsize=2)
def _model(_database: str) -> Model:
    newest = ClassModel.objects.order_by("-learnt_at").first()
    if newest is not None:
        return load(bytes(newest.weights))
    return learn(catalogue_examples(), [])


def catalogue_examples() -> list[Example]:
    """Each minor class in its own words."""
    return [
        Example(" ".join([info.name, info.name_en, *info.keywords, *info.keywords_en]), info.code)
        for info in duties.classes()
        if info.is_minor and info.active
    ]


def warm() -> None:
    """Read the model now. Where there is no catalogue yet there is nothing to suggest."""
    if duties.classes():
        _model(str(connection.settings_dict["NAME"]))


def forget() -> None:
    """Read the model again at the next question."""
    _model.cache_clear()


# Open work ---------------------------------------------------------------------------------------------------------------

# Days since the report at which open cases count as older.
AGES = (1, 3, 7, 30)


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Open cases of one part of a unit and one class: how many, how many of them late, and how many of each age."""

    unit_id: UUID | None
    class_id: UUID | None
    cases: int
    late: int
    by_age: tuple[int, ...]


def open_work(actor: Actor, unit_id: UUID) -> list[OpenWork]:
    """What is open in a unit, by the units directly below it and by class. One statement over the open cases alone."""
    column = _BELOW.get(territory.unit(unit_id).level, "quarter")
    now = clock.now()
    edges = [now - timedelta(days=days) for days in AGES]
    ages = {
        f"age{number}": Count("pk", filter=_between(newer, older))
        for number, (newer, older) in enumerate(zip([None, *edges], [*edges, None], strict=True))
    }
    found = narrow(visible_to(actor), actor, Filters(open_only=True, unit_id=unit_id))
    rows = (
        found.order_by()
        .values_list(column, "case_class")
        .annotate(cases=Count("pk"), late=Count("pk", filter=_overdue_now()), **ages)
    )
    return [OpenWork(unit, klass, cases, late, tuple(by_age)) for unit, klass, cases, late, *by_age in rows]


_BELOW = {"city": "district", "district": "subdistrict", "subdistrict": "community"}


def _between(newer: datetime | None, older: datetime | None) -> Q:
    """Reported before `newer` and not before `older`."""
    found = Q(pk__isnull=False)
    if newer is not None:
        found &= Q(reported_at__lt=newer)
    return found & Q(reported_at__gte=older) if older is not None else found


# Figures ----------------------------------------------------------------------------------------------------------------


def rates(actor: Actor, *, since: datetime, until: datetime, unit_id: UUID | None = None) -> dict[UUID, rules.Rates]:
    """The three rates of each body over the cases dispatched to it in a period, within the actor's scope. One statement."""
    found = visible_to(actor).filter(dispatched_at__gte=since, dispatched_at__lt=until, lead_body__isnull=False)
    if unit_id is not None:
        found = narrow(found, actor, Filters(unit_id=unit_id))
    late_without_answer = Q(responded=None, response_due_at__lt=clock.now())
    rows = (
        found.values("lead_body")
        .annotate(
            dispatched=Count("pk", filter=Q(responded__isnull=False) | late_without_answer),
            responded=Count("pk", filter=Q(responded=True)),
            evaluated=Count("pk", filter=Q(stars__isnull=False)),
            solved=Count("pk", filter=Q(solved=True)),
            satisfied=Count("pk", filter=Q(stars__gte=3)),
        )
        .order_by()
    )
    return {
        row["lead_body"]: rules.Rates(
            row["dispatched"], row["responded"], row["evaluated"], row["solved"], row["satisfied"]
        )
        for row in rows
    }


def recently_closed(since: timedelta = timedelta(days=365)) -> QuerySet[Case]:
    """Closed cases with class and text: what the class suggestion learns from."""
    return (
        Case.objects.filter(state__in=DONE_STATES, case_class__isnull=False, closed_at__gte=clock.now() - since)
        .select_related("text")
        .order_by("-pk")
    )


def ids_due_for_escalation(most: int = 500) -> Iterable[UUID]:
    return (
        Case.objects.filter(escalates_at__lte=clock.now()).order_by("escalates_at").values_list("pk", flat=True)[:most]
    )

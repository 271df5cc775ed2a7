"""Follow-ups: cases opened with their body, what comes again done or released, and moved along with a household."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from linli.campaigns import queries, rules, sealed, state
from linli.campaigns.actions.door_codes import void_codes
from linli.campaigns.actions.locks import hold_declaration
from linli.campaigns.following import BY_NAME
from linli.campaigns.models import Campaign, FollowUp, FollowUpKind, FollowUpNote, HouseholdMove, Tally
from linli.campaigns.rules import Act
from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.duties import queries as duties
from linli.duties.errors import UnknownClass
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as, system
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.idempotency import once
from linli.territory import queries as territory

# Whoever was not met is asked for again after so long, or earlier where that is due anyway.
TRIED_AGAIN = timedelta(hours=4)


def open_cases(*, campaign: UUID) -> list[UUID]:
    """The cases that answers asked for and that are not opened yet: filed, and sent to the body whose duty it is. Returns them."""
    by = system("follow-up")
    with acting_as(by):
        waiting = FollowUp.objects.filter(campaign=campaign, kind=FollowUpKind.CASE, case=None, released_at=None)
        return [_opened(found, by) for found in waiting.order_by("pk")]


def _opened(found: FollowUp, by: Actor) -> UUID:
    rule = BY_NAME[found.rule]
    home = territory.unit(found.building_id)
    report = Report(
        description=f"{rule.text}：{queries.address_of(found.building_id, found.door)}",
        channel="grid_worker",
        class_code=_class_in_use(rule.class_code),
        nature="help",
        lon=home.lon,
        lat=home.lat,
        unit_id=None if home.lon is not None else home.id,
        private=True,
    )
    key = once(by, f"follow-up:{found.id}", str(found.id))
    made = cases.collect(report=report, by=by, key=key).case
    FollowUp.objects.filter(pk=found.pk).update(case=made.id)
    try:
        cases.file(cases=[made.id], by=by)
        cases.dispatch(cases=[made.id], by=by)
    except DomainError:
        # Nobody's duty, or filed by somebody meanwhile: it stands at the desk, where a human sends it.
        pass
    return made.id


def _class_in_use(code: str) -> str:
    """Where the city's catalogue lacks the rule's class, the case comes without one, and the desk chooses."""
    try:
        return duties.class_in_use(code).code if code else ""
    except UnknownClass:
        return ""


def done(*, follow_up: UUID, note: str, by: Actor) -> FollowUp:
    """A delivery or a check-in was done; the next is due after its time. Raises `NotFound`, `NotAllowed`."""
    with transaction.atomic():
        row = _locked(follow_up, by)
        if not row.every_hours:
            raise NotFound
        row.times += 1
        row.next_at = clock.now() + timedelta(hours=row.every_hours)
        row.save(update_fields=["times", "next_at"])
        _record(row, "done", by, note[:300])
    return row


def missed(*, follow_up: UUID, note: str, by: Actor) -> FollowUp:
    """Nobody was met: it is tried again soon, and stays open. Raises `NotFound`, `NotAllowed`."""
    with transaction.atomic():
        row = _locked(follow_up, by)
        if not row.every_hours:
            raise NotFound
        row.next_at = clock.now() + min(TRIED_AGAIN, timedelta(hours=row.every_hours))
        row.save(update_fields=["next_at"])
        _record(row, "missed", by, note[:300])
    return row


def hand_over(*, follow_up: UUID, to: UUID | None, note: str, by: Actor) -> FollowUp:
    """From now on it waits for one colleague, or (None) for all who follow up there. Raises `NotFound`, `NotAllowed`."""
    with transaction.atomic():
        row = _locked(follow_up, by)
        if to is not None and to not in {one.id for one in queries.can_follow(row.community_id)}:
            raise NotFound
        row.holder = to
        row.save(update_fields=["holder"])
        _record(row, "hand_over", by, note[:300], to=str(to) if to else "")
    return row


def release_follow_up(*, follow_up: UUID, reason: str, by: Actor) -> FollowUp:
    """It is not needed any more. Raises `NotFound`, `NotAllowed`, `ReasonNeeded`."""
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        row = _locked(follow_up, by)
        row.released_at = clock.now()
        row.next_at = None
        row.save(update_fields=["released_at", "next_at"])
        _record(row, "release", by, note)
    return row


def move_household(*, campaign: UUID, door: UUID, to: UUID, reason: str, by: Actor) -> int:
    """A household has moved to another door of the area: what it needs goes along. Returns how many follow-ups.

    What the other door has of the same kind already stays the one that holds. Raises `NotFound`, `NotAllowed`, `ReasonNeeded`.
    """
    note = rules.words_of(reason, field="reason")
    with acting_as(SYSTEM):
        there = territory.doors([to])
    if not there:
        raise NotFound
    home, running = territory.unit(there[0].building_id), queries.campaign(campaign)
    if to == door or running.unit_id not in home.path:
        raise NotFound
    with transaction.atomic():
        _hold(running)
        _hold_building(running, door)
        open_ = FollowUp.objects.filter(campaign=campaign, released_at=None).select_for_update().order_by("pk")
        here = list(open_.filter(door=door))
        if not here:
            raise NotFound
        queries.require(by, Act.FOLLOW, here[0].community_id)
        queries.require(by, Act.FOLLOW, home.path[3])
        taken = set(open_.filter(door=to).values_list("rule", flat=True))
        for row in here:
            if row.rule in taken:
                row.released_at = clock.now()
                row.next_at = None
            row.door, row.building_id, row.community_id = to, home.id, home.path[3]
            row.save(update_fields=["door", "building", "community", "released_at", "next_at"])
            # Which doors they were is not written where nothing is forgotten.
            _record(row, "move", by, note)
        with acting_as(SYSTEM):
            HouseholdMove.objects.create(
                campaign=running, door=door, to=to, building_id=home.id, community_id=home.path[3]
            )
            # Who lives there next is read by nobody who has moved away, neither by an account nor by the leaflet that was kept.
            void_codes(declaration=running.declaration_id, doors=[door, to], by=by)
    return len(here)


def _locked(follow_up: UUID, by: Actor) -> FollowUp:
    """Under a lock, while the declaration is held: nothing is written beside what is destroyed at this moment. Raises `Destroyed`."""
    found = FollowUp.objects.select_related("campaign").filter(pk=follow_up).first()
    if found is None:
        raise NotFound
    _hold(found.campaign)
    row = FollowUp.objects.select_for_update().filter(pk=follow_up, released_at=None).first()
    if row is None:
        raise NotFound
    queries.require(by, Act.FOLLOW, row.community_id)
    return row


def _hold_building(running: Campaign, door: UUID) -> None:
    """Visits to it are received before or after, and not meanwhile: those after know of the move."""
    with acting_as(SYSTEM):
        home = FollowUp.objects.filter(campaign=running, door=door).values("building")[:1]
        Tally.objects.select_for_update().filter(campaign=running, building__in=home).first()


def _hold(running: Campaign) -> None:
    # Whoever follows up in a community does not write the declaration of a city above it.
    with acting_as(SYSTEM):
        hold_declaration(running.declaration_id)


def _record(row: FollowUp, action: str, by: Actor, note: str, **data: str) -> None:
    """The step stands in the timeline for good; what was written about a household goes with the declaration's data."""
    if note:
        kept = FollowUpNote(follow_up=row, campaign_id=row.campaign_id)
        kept.text = sealed.close(row.campaign.declaration_id, note.encode(), kept.pk)
        kept.save(force_insert=True)
        data["note"] = str(kept.pk)
    state.record(state.FOLLOW_UP, row, action, by, data=data)

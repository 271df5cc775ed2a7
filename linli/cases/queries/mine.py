"""What a person has reported, and waits for."""

from uuid import UUID

from django.db.models import Q

from linli.cases import rules
from linli.cases.models import Case, CaseText, State, Support
from linli.cases.queries.narrowing import PAGE, Page, page
from linli.cases.queries.public import PublicCase, PublicFilters, public_page
from linli.foundation import clock
from linli.foundation.access import Actor, ActorKind
from linli.foundation.statement import Statement


def own(actor: Actor, *, before: UUID | None = None, size: int = PAGE) -> Page[Case]:
    """What the actor has reported, newest first."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return Page([], None)
    if before is None:
        return page(_OWN.all(actor.id, size + 1), size)
    return page(_OWN_BEFORE.all(actor.id, size + 1, before), size)


_REPORTED = """
SELECT {{}} FROM cases_case LEFT JOIN cases_casetext ON cases_casetext.case_id = cases_case.id
WHERE reporter_id = $1::uuid {from_here} ORDER BY cases_case.id DESC LIMIT $2::int
"""
_OWN = Statement(_REPORTED.format(from_here=""), Case, text=CaseText)
_OWN_BEFORE = Statement(_REPORTED.format(from_here="AND cases_case.id < $3::uuid"), Case, text=CaseText)


def pending(actor: Actor, size: int = 5) -> list[Case]:
    """What the actor reported and still waits for: open cases, and those they have not rated and may still reopen. Newest first."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return []
    lately = Q(state=State.CLOSED, closed_at__gt=clock.now() - rules.REOPEN_WITHIN)
    found = Case.objects.filter(Q(closed_at=None) | lately, reporter=actor.id)
    return list(found.select_related("text").order_by("-pk")[:size])


def supported(actor: Actor, size: int = PAGE) -> list[PublicCase]:
    """The cases that the actor said "me too" to, as the public sees them, newest first. Two statements."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return []
    ids = Support.objects.filter(person=actor.id).order_by("-pk").values_list("case", flat=True)
    chosen = tuple(ids[:size])
    return public_page(PublicFilters(ids=chosen, with_collected=True)) if chosen else []


def has_supported(actor: Actor, case_id: UUID) -> bool:
    """Whether the actor said "me too" to this case."""
    return actor.kind is ActorKind.PERSON and Support.objects.filter(person=actor.id, case=case_id).exists()


def last_community(actor: Actor) -> UUID | None:
    """The community of the actor's newest report that lies in one: where their pages begin."""
    if actor.id is None or actor.kind is not ActorKind.PERSON:
        return None
    mine = Case.objects.filter(reporter=actor.id, community__isnull=False).order_by("-pk")
    return mine.values_list("community", flat=True).first()

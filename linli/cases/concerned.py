"""Who is concerned with a case when it changes, for the room that tells them. For the system: it also sees who stays unknown."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from linli.cases.models import Case, CaseContact, Priority, Support
from linli.cases.rules import secret_of
from linli.foundation.access import ActorKind
from linli.foundation.models import Entry

__all__ = ["Part", "Told", "asker", "parts", "reporters_in", "secret_of", "supporters", "told"]

# Merges of merges are followed this deep; a longer chain is not made by hand.
DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A case as it is now, and what its timeline entry said of the change."""

    case: Case
    note: str
    phone: str
    level: int = 0
    into: str = ""
    from_body: UUID | None = None
    # The person who made the change, and the colleague who was handed the case.
    by: UUID | None = None
    to: UUID | None = None
    co_bodies: list[UUID] = field(default_factory=list)

    @property
    def is_emergency(self) -> bool:
        return self.case.priority == Priority.EMERGENCY


@dataclass(frozen=True, slots=True)
class Part:
    """A report that was merged into another case, and whom to tell of it."""

    case_id: UUID
    reference: str
    reporter_id: UUID | None
    phone: str
    anonymous: bool = False


def told(case_id: UUID, entry_id: UUID) -> Told | None:
    """What is to be told of one entry; None where case or entry is gone."""
    case = Case.objects.filter(pk=case_id).select_related("contact", "merged_into").first()
    entry = Entry.objects.filter(pk=entry_id).only("note", "data", "actor_kind", "actor_id").first()
    if case is None or entry is None:
        return None
    from_body = entry.data.get("from_body")
    return Told(
        case=case,
        note=entry.note,
        phone=_phone(case),
        level=int(entry.data.get("level", 0)),
        into=case.merged_into.reference if case.merged_into else "",
        from_body=UUID(from_body) if from_body and from_body != "None" else None,
        by=entry.actor_id if entry.actor_kind == ActorKind.PERSON else None,
        to=UUID(entry.data["to"]) if "to" in entry.data else None,
        co_bodies=[UUID(body) for body in entry.data.get("co_bodies", ())],
    )


def _phone(case: Case) -> str:
    """The phone that a reporter without an account gave, if any."""
    try:
        contact: CaseContact = case.contact
    except CaseContact.DoesNotExist:
        return ""
    return contact.phone


def asker(case_id: UUID) -> UUID | None:
    """The person who last asked the reporter something; None where that was another system."""
    asked = Entry.objects.filter(subject_id=case_id, action="ask", actor_kind=ActorKind.PERSON)
    return asked.order_by("-seq").values_list("actor_id", flat=True).first()


def supporters(case_id: UUID) -> list[UUID]:
    """The persons who said “me too”."""
    return list(Support.objects.filter(case=case_id).values_list("person_id", flat=True))


def reporters_in(unit_id: UUID, since: datetime) -> QuerySet[Case, Any]:
    """The persons with an account who have reported something in this unit since then."""
    return Case.objects.filter(units__contains=[unit_id], reported_at__gte=since, reporter__isnull=False).values(
        "reporter"
    )


def parts(case_id: UUID) -> list[Part]:
    """The reports that go on as this case, also those merged into a merged one."""
    found: list[Case] = []
    above = [case_id]
    for _depth in range(DEEPEST):
        rows = list(Case.objects.filter(merged_into__in=above).select_related("contact"))
        if not rows:
            break
        found += rows
        above = [row.pk for row in rows]
    return [
        Part(row.pk, row.reference, row.reporter_id, "" if row.reporter_id else _phone(row), row.anonymous)
        for row in found
    ]

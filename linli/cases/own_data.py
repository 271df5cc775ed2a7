"""The cases' part of a person's own data: what they reported, supported and rated."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linli.cases import actions
from linli.cases.models import Case, CaseContact, CaseText, Evaluation, Support
from linli.foundation import own_data
from linli.foundation.access import Actor, system


def register() -> None:
    models = (Case, CaseText, CaseContact, Evaluation, Support)
    own_data.register("cases", _("Your reports"), models, export=export, erase=erase)


def export(person_id: UUID) -> list[dict[str, Any]]:
    """Every case that the person reported, with what they said and how they rated it; and what they supported."""
    reported = Case.objects.filter(reporter=person_id).select_related("text", "contact").prefetch_related("evaluations")
    supported = Case.objects.filter(pk__in=Support.objects.filter(person=person_id).values("case"))
    return [_told(case) for case in reported.order_by("pk")] + [
        {"number": case.reference, "supported": True} for case in supported.order_by("pk")
    ]


def _told(case: Case) -> dict[str, Any]:
    contact = getattr(case, "contact", None)
    return {
        "number": case.reference,
        "state": case.state,
        "reported_at": case.reported_at.isoformat(),
        "title": case.text.title,
        "description": case.text.description,
        "address": case.text.address,
        "position": [case.lon, case.lat] if case.lon is not None else None,
        "contact": {"name": contact.name, "phone": contact.phone} if contact else None,
        "evaluations": [
            {"solved": row.solved, "stars": row.stars, "comment": row.comment, "at": row.at.isoformat()}
            for row in case.evaluations.all()
        ],
    }


def erase(person_id: UUID, by: Actor) -> int:
    """Take the person out of every case. Returns how many there were."""
    supported = Support.objects.filter(person=person_id).values("case")
    ids = list(Case.objects.filter(Q(reporter=person_id) | Q(pk__in=supported)).values_list("pk", flat=True))
    if ids:
        actions.erase(cases=ids, person_id=person_id, by=system("erasure"))
    return len(ids)

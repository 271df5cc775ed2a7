"""Joint control's part of a person's own data: their place on the roster, calls, shifts, teams, visits, and the powers they used."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min
from django.utils.translation import gettext_lazy as _

from linli.campaigns import events, state
from linli.campaigns.actions import unbinding
from linli.campaigns.models import (
    CallAnswer,
    CallAsked,
    Declaration,
    Home,
    Keeping,
    Member,
    Membership,
    PowerUse,
    Shift,
    Submission,
    TellingMark,
)
from linli.campaigns.queries import calls
from linli.campaigns.queries.following import address_of
from linli.foundation import clock, own_data
from linli.foundation.access import Actor

KEPT = (Member, CallAsked, CallAnswer, Shift, Membership, Submission, Declaration, Keeping, PowerUse, Home, TellingMark)


def register() -> None:
    own_data.register("joint_control", _("Your help in emergencies"), KEPT, export=export, erase=erase)


def export(person_id: UUID) -> list[dict[str, Any]]:
    """What was answered at doors is not the visitor's: their visits are told by screening, with how many and when."""
    of = {"member__person": person_id}
    roster = Member.objects.filter(person=person_id).select_related("unit").order_by("pk")
    asked = CallAsked.objects.filter(**of).select_related("call").order_by("pk")
    answers = CallAnswer.objects.filter(**of).select_related("call").order_by("pk")
    shifts = Shift.objects.filter(**of).select_related("unit").order_by("starts_at")
    teams = Membership.objects.filter(**of).select_related("team__campaign").order_by("since")
    visits = Submission.objects.filter(by_id=person_id).values("campaign__name", "outcome")
    counted = visits.annotate(visits=Count("pk"), first=Min("visited_at"), last=Max("visited_at"))
    declared = Declaration.objects.filter(declared_by=person_id).order_by("pk")
    kept = Keeping.objects.filter(by_id=person_id).select_related("declaration").order_by("pk")
    home = Home.objects.filter(person=person_id, ended_at=None).first()
    told = (
        TellingMark.objects.filter(by_id=person_id).values("place__telling__title", "how").annotate(doors=Count("pk"))
    )
    uses = PowerUse.objects.filter(by_id=person_id).select_related("declaration").order_by("at")
    return [
        *(_roster_entry(row) for row in roster),
        *({"asked_to_help": row.call.text, "at": row.at.isoformat()} for row in asked),
        *({"called_to": row.call.text, "coming": row.coming, "at": row.at.isoformat()} for row in answers),
        *({"on_duty": [row.starts_at.isoformat(), row.ends_at.isoformat()], "in": row.unit.name} for row in shifts),
        *(_time_in_team(row) for row in teams),
        *(_visits(row) for row in counted.order_by("campaign__name", "outcome")),
        *({"declared": row.name, "as": row.declared_by_label, "at": row.created_at.isoformat()} for row in declared),
        *({"kept_data_of": row.declaration.name, "reason": row.reason, "at": row.at.isoformat()} for row in kept),
        *(_use(row) for row in uses),
        *([_home(home)] if home else []),
        *(
            {"told_at_doors": row["place__telling__title"], "how": row["how"], "doors": row["doors"]}
            for row in told.order_by("place__telling__title", "how")
        ),
    ]


def _time_in_team(row: Membership) -> dict[str, Any]:
    return {
        "team": row.team.name,
        "screening": row.team.campaign.name,
        "led": row.leads,
        "since": row.since.isoformat(),
        "until": _text(row.until),
        "phone_heard_of": _text(row.heard_at),
    }


def _visits(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "screening": row["campaign__name"],
        "outcome": row["outcome"],
        "visits": row["visits"],
        "first": row["first"].isoformat(),
        "last": row["last"].isoformat(),
    }


def _home(row: Home) -> dict[str, Any]:
    assert row.building_id is not None
    assert row.door is not None
    return {"bound_to_door": address_of(row.building_id, row.door), "since": row.bound_at.isoformat()}


def _use(row: PowerUse) -> dict[str, Any]:
    return {
        "used_power": row.power,
        "for": row.subject,
        "under": row.declaration.name,
        "as": row.by_label,
        "at": row.at.isoformat(),
    }


def _roster_entry(row: Member) -> dict[str, Any]:
    return {
        "on_the_roster_of": row.unit.name,
        "kind": row.kind,
        "organisation": row.organisation,
        "name": row.name,
        "phone": row.phone,
        "skills": row.skills,
        "joined_at": row.joined_at.isoformat(),
        "left_at": _text(row.left_at),
    }


def _text(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def erase(person_id: UUID, by: Actor) -> int:
    """Everything that tells who helped. That somebody was in a team stays without a name: its visits belong to households.

    Visits and uses of powers stay under an id that leads nowhere, as a public office's record does.
    """
    of = {"member__person": person_id}
    for call in calls.promised(**of):
        # Another is asked in their place.
        events.called(call)
    gone = sum(model._default_manager.filter(**of).delete()[0] for model in (CallAsked, CallAnswer, Shift))
    now = clock.now()
    Membership.objects.filter(**of, until=None).update(until=now)
    for row in Member.objects.select_for_update().filter(person=person_id):
        row.person, row.name, row.phone, row.organisation, row.skills = None, "", "", "", []
        row.phone_hash = None
        row.left_at = row.left_at or now
        row.save()
        state.record(state.MEMBER, row, "erase", by)
        gone += 1
    return gone + unbinding.erase(person_id, by)

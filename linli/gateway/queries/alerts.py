"""Warnings that hold: in a unit, in the feed, of a declaration."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from linli.campaigns import queries as campaigns
from linli.campaigns.models import Power
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.gateway.cap.message import MsgType, Scope, Severity, Status
from linli.gateway.models import AlertDirection, PublicAlert
from linli.gateway.queries.announcements import down_to_readable
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

GRAVE = (Severity.EXTREME, Severity.SEVERE)
ALERTS_SHOWN = 50
_WORST_FIRST = Case(
    *(When(severity=severity, then=Value(place)) for place, severity in enumerate(Severity)),
    default=Value(len(Severity)),
    output_field=IntegerField(),
)


def _holding() -> QuerySet[PublicAlert]:
    """What is meant, for everybody, and neither over nor ended; ours only while the declaration holds that allows them."""
    now = clock.now()
    return PublicAlert.objects.filter(
        Q(declaration=None) | Q(declaration__ended_at=None, declaration__ends_at__gt=now),
        ended_by=None,
        effective__lte=now,
        expires__gt=now,
        status=Status.ACTUAL,
        scope=Scope.PUBLIC,
        msg_type__in=[MsgType.ALERT, MsgType.UPDATE],
    )


def is_for_residents(row: PublicAlert) -> bool:
    """Whether people are shown it: all of ours, and the grave ones of services. Exercises, tests and drafts never."""
    grave = row.direction == AlertDirection.OUT or row.severity in GRAVE
    return grave and row.status == Status.ACTUAL and row.scope == Scope.PUBLIC


def alerts_in(unit_id: UUID | None) -> Sequence[PublicAlert]:
    """What residents of a unit are to know now, the worst first; without a unit, what holds in the whole city."""
    path = (
        list(territory.unit(unit_id).path) if unit_id else [city.id for city in territory.index().below.get(None, ())]
    )
    grave = Q(direction=AlertDirection.OUT) | Q(severity__in=GRAVE)
    found = _holding().filter(grave, units__overlap=path)
    return list(found.defer("xml").order_by(_WORST_FIRST, "-pk")[:5])


def alert_feed() -> Sequence[PublicAlert]:
    """Ours that hold, the newest first."""
    return list(_holding().filter(direction=AlertDirection.OUT).defer("xml").order_by("-pk")[:ALERTS_SHOWN])


def alert_of_ours(identifier: str) -> PublicAlert:
    """Also one that is over. Raises NotFound."""
    found = PublicAlert.objects.filter(direction=AlertDirection.OUT, identifier=identifier).first()
    if found is None:
        raise NotFound
    return found


def may_warn_under(actor: Actor) -> list[Any]:
    """The declarations in force under which the actor may warn everybody, the newest first."""
    units = [grant.unit_id for grant in actor.grants if grant.unit_id is not None]
    return [
        row
        for row in campaigns.declarations_of(units)
        if Power.WARN_EVERYBODY in row.powers
        and campaigns.stage_of(row) is Stage.IN_FORCE
        and campaigns.may(actor, Act.RUN, row.unit_id)
    ]


def alerts_of(actor: Actor) -> Sequence[PublicAlert]:
    """What was issued in the actor's units, by whoever runs joint control there, the newest first. What only ended another is left out."""
    units = [grant.unit_id for grant in actor.grants if grant.unit_id and campaigns.may(actor, Act.RUN, grant.unit_id)]
    found = PublicAlert.objects.filter(declaration__unit__path__overlap=units).exclude(msg_type=MsgType.CANCEL)
    return list(found.defer("xml").order_by("-pk")[:ALERTS_SHOWN])


def alert_under(actor: Actor, alert_id: UUID) -> PublicAlert:
    """One of ours, for whoever runs joint control where it was issued. Raises NotFound."""
    found = PublicAlert.objects.select_related("declaration").filter(pk=alert_id, direction=AlertDirection.OUT).first()
    if found is None or found.declaration is None or not campaigns.may(actor, Act.RUN, found.declaration.unit_id):
        raise NotFound
    return found


def areas_below(unit_id: UUID) -> list[UnitInfo]:
    """The unit and what lies in it, down to where a list can still be read, the largest first."""
    known = territory.index()
    return down_to_readable([known.units[known.position[unit_id]]] if unit_id in known.position else [])

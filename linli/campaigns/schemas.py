"""What the endpoints of joint control read and answer."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, Field

from linli.campaigns import queries, rules
from linli.campaigns.actions.receiving import MOST, MOST_NOTE, Visit
from linli.campaigns.models import Declaration, Outcome, Premises, Team
from linli.campaigns.position import Position
from linli.campaigns.queries import Coverage, DoorAt, TeamDoors
from linli.foundation.fields import Moment

Outcomes = "One of " + ", ".join(Outcome.values) + "."


class DeclareIn(Schema):
    unit: UUID
    kind: str
    name: str = Field(max_length=120)
    basis: str = Field(max_length=300, description="The law or the decision.")
    scope: str = Field(max_length=600)
    powers: list[str] = Field(max_length=20)
    starts_at: Moment
    ends_at: Moment


class ExtendIn(Schema):
    until: Moment
    reason: str = Field(max_length=300)


class EndDeclarationIn(Schema):
    reason: str = Field(max_length=300)


class PremisesOut(Schema):
    """Premises in the register of reopening, without who answers for them."""

    id: UUID
    name: str
    kind: str
    unit: UUID
    address: str
    lon: float | None
    lat: float | None
    commitments: str
    standing: str = Field(description="closed, applied, conditional or opened.")
    version: int

    @classmethod
    def of(cls, row: Premises) -> Self:
        names = ("id", "name", "kind", "address", "lon", "lat", "commitments", "standing", "version")
        return cls(unit=row.unit_id, **{name: getattr(row, name) for name in names})


class DeclarationOut(Schema):
    id: UUID
    unit: UUID
    kind: str
    name: str
    basis: str
    scope: str
    powers: list[str]
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    stage: str
    version: int

    @classmethod
    def of(cls, row: Declaration) -> Self:
        return cls(
            id=row.id,
            unit=row.unit_id,
            kind=row.kind,
            name=row.name,
            basis=row.basis,
            scope=row.scope,
            powers=row.powers,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            ended_at=row.ended_at,
            stage=queries.stage_of(row),
            version=row.version,
        )


class TeamOut(Schema):
    id: UUID
    name: str
    campaign: UUID
    campaign_name: str
    until: datetime = Field(description="When joint control ends, or has ended, as it is known now.")
    form: UUID | None
    most_attempts: int = Field(description="A door that was visited so often in vain is left to the desk.")

    @classmethod
    def of(cls, team: Team) -> Self:
        running = team.campaign
        return cls(
            id=team.id,
            name=team.name,
            campaign=running.id,
            campaign_name=running.name,
            until=rules.end_of(running.declaration.ends_at, running.declaration.ended_at),
            form=running.form_id,
            most_attempts=running.most_attempts,
        )


class DoorOut(Schema):
    id: UUID
    label: str
    entrance: int | None
    floor: int | None
    outcome: str = Field(description="Empty before the first visit.")
    visits: int
    found: bool
    teams: list[UUID]

    @classmethod
    def of(cls, door: DoorAt) -> Self:
        return cls(
            id=door.id,
            label=door.label,
            entrance=door.entrance,
            floor=door.floor,
            outcome=door.outcome,
            visits=door.visits,
            found=door.found,
            teams=list(door.teams),
        )


class BuildingOut(Schema):
    """A building in the walk. Each door is `[id, entrance, floor, door, outcome, visits, next_at]`, in the order in which they are rung at;
    each household that no list had is `[id, label, outcome, visits, next_at]`. `next_at`: when somebody is to come again, or null.
    """

    id: UUID
    name: str
    lon: float | None
    lat: float | None
    doors: list[tuple[UUID, int, int, int, str, int, datetime | None]]
    found: list[tuple[UUID, str, str, int, datetime | None]]


class HandOut(Schema):
    """With what this phone signs the doors that it hands over: HMAC-SHA256 of `campaign:door`, its first 12 bytes as base64url."""

    by: UUID
    secret: str = Field(description="32 bytes as hexadecimal digits, for this phone alone.")


class DoorsOut(Schema):
    team: TeamOut
    buildings: list[BuildingOut]
    hand: HandOut

    @classmethod
    def of(cls, found: TeamDoors) -> Self:
        buildings = [
            BuildingOut(
                id=walked.home.id,
                name=walked.home.name,
                lon=walked.home.lon,
                lat=walked.home.lat,
                doors=[(d.id, d.entrance, d.floor, d.door, d.outcome, d.visits, d.next_at) for d in walked.doors],
                found=[(d.id, d.label, d.outcome, d.visits, d.next_at) for d in walked.found],
            )
            for walked in found.buildings
        ]
        hand = HandOut(by=found.giver, secret=found.secret.hex())
        return cls(team=TeamOut.of(found.team), buildings=buildings, hand=hand)


class PositionIn(BaseModel):
    """Where the phone was (WGS84). Only how far that is from the building is kept, and only where it is too far."""

    lon: float
    lat: float
    accuracy: float = Field(description="Within how many metres this is right, as the phone says.")


class VisitIn(BaseModel):
    # With its position and its fate no schema of ninja's: there are 500 of each in a batch, and that asks each value how it is resolved.
    id: UUID = Field(description="Made by the phone, once for each visit.")
    door: UUID
    outcome: str = Field(max_length=20, description=Outcomes)
    visited_at: Moment = Field(description="By the phone's clock.")
    answers: dict[str, Any] = Field({}, max_length=500)
    next_at: Moment | None = None
    found_in: UUID | None = Field(None, description="The building of a door that no list had.")
    found_label: str = Field("", max_length=60)
    note: str = Field("", max_length=MOST_NOTE)
    handed_by: UUID | None = Field(
        None, description="Of a door that was handed over: `hand.by` of the phone that gave it."
    )
    handed_proof: str = Field("", max_length=24, description="Its signature of the door.")
    position: PositionIn | None = None

    def plain(self) -> Visit:
        plain = {name: getattr(self, name) for name in VisitIn.model_fields}
        return Visit(**plain | {"position": Position(**dict(self.position)) if self.position else None})


class VisitsIn(Schema):
    device: UUID
    sent_at: Moment = Field(description="The phone's clock at the moment of sending: how far it is off shows by it.")
    visits: list[VisitIn] = Field(max_length=MOST)


class FateOut(BaseModel):
    id: UUID
    fate: str = Field(description="`stored`, `known` (it was here already), or why it was set aside.")


class FatesOut(Schema):
    fates: list[FateOut]


class CoverageOut(Schema):
    unit: UUID
    doors: int
    found: int
    reached: int
    to_repeat: int
    not_visited: int
    not_reached: int
    outcomes: dict[str, int]
    visits: int
    aside: int
    buildings: int

    @classmethod
    def of(cls, one: Coverage) -> Self:
        return cls(
            unit=one.unit_id,
            doors=one.doors,
            found=one.found,
            reached=one.reached,
            to_repeat=one.to_repeat,
            not_visited=one.not_visited,
            not_reached=one.not_reached,
            outcomes=one.outcomes,
            visits=one.visits,
            aside=one.aside,
            buildings=one.buildings,
        )

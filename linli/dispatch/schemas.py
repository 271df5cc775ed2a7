"""What the API of this room takes and gives. Reasons are said in the reader's language, beside the figures they are made of."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from linli.dispatch import queries, rules, words
from linli.dispatch.actions import Sent
from linli.dispatch.models import Call, Proposal, Shift, Skill, Team, TeamMember
from linli.dispatch.solver import Gathered, Outlook
from linli.dispatch.travel import Place
from linli.foundation.fields import Moment


class ProposeIn(Schema):
    unit: UUID


class WhyNotOut(Schema):
    """Somebody who is not sent, and why."""

    person: UUID
    obstacle: str
    why: str

    @classmethod
    def of(cls, why: dict[str, Any]) -> "WhyNotOut":
        return cls(person=UUID(why["worker"]), obstacle=why["obstacle"], why=words.why_not(why))


class LineOut(Schema):
    """A case for a person, with the reason; `spare_minutes` are those before the limit, negative where it has passed."""

    case: UUID
    person: UUID
    because: str
    metres: int
    arrives: Moment
    spare_minutes: int | None
    holds: int
    others: list[WhyNotOut]

    @classmethod
    def of(cls, line: dict[str, Any]) -> "LineOut":
        return cls(
            case=UUID(line["task"]),
            person=UUID(line["worker"]),
            because=words.because(line),
            others=[WhyNotOut.of(why) for why in line["alternatives"]],
            **{name: line[name] for name in ("metres", "arrives", "spare_minutes", "holds")},
        )


class UndoneOut(Schema):
    """A case that nobody gets, why not each of the nearest people, and how many `more` there are."""

    case: UUID
    why: list[WhyNotOut]
    more: int = 0


class DecisionOut(Schema):
    case: UUID
    kind: str
    person: UUID | None
    at: Moment
    why: str


class ProposalOut(Schema):
    """What was proposed, as it was shown, and what was decided of it. `gain`: how much cheaper than nearest-first."""

    id: UUID
    unit: UUID
    asked_at: Moment
    lines: list[LineOut]
    undone: list[UndoneOut]
    decisions: list[DecisionOut]
    gain: float
    travel_minutes: int
    measured: str = Field(description="What ways were measured by: streets, air, too_many, mixed; empty: not kept.")

    @classmethod
    def of(cls, found: Proposal) -> "ProposalOut":
        decided = queries.decided(found)
        return cls(
            id=found.id,
            unit=found.unit_id,
            asked_at=found.asked_at,
            lines=[LineOut.of(line) for line in found.lines],
            undone=[
                UndoneOut(
                    case=UUID(one["task"]), why=[WhyNotOut.of(why) for why in one["why"]], more=one.get("more", 0)
                )
                for one in found.undone
            ],
            decisions=[
                DecisionOut(case=case, kind=row.kind, person=row.person_id, at=row.at, why=row.why)
                for case, row in decided.items()
            ],
            gain=found.gain,
            travel_minutes=found.travel_minutes,
            measured=found.measured,
        )


class WaysAsked(Schema):
    """Of one person or team, or to these cases; without both of the whole proposal."""

    who: UUID | None = None
    case: list[UUID] = Field([], max_length=rules.MOST_TASKS)


class WayGeometry(Schema):
    type: Literal["LineString"]
    coordinates: list[tuple[float, float]]


class WayProperties(Schema):
    """The way to a case; `along_streets` false: the line through the air, because no street is known that leads there."""

    case: UUID
    who: UUID
    along_streets: bool


class WayOut(Schema):
    type: Literal["Feature"]
    geometry: WayGeometry
    properties: WayProperties


class WaysOut(Schema):
    """A GeoJSON feature collection (RFC 7946), WGS84."""

    type: Literal["FeatureCollection"]
    features: list[WayOut]

    @classmethod
    def of(cls, legs: Sequence[queries.Leg], ways: Sequence[list[Place] | None]) -> "WaysOut":
        features = [
            WayOut(
                type="Feature",
                geometry=WayGeometry(type="LineString", coordinates=way or [leg.begins, leg.ends]),
                properties=WayProperties(case=leg.case_id, who=UUID(leg.who), along_streets=way is not None),
            )
            for leg, way in zip(legs, ways, strict=True)
        ]
        return cls(type="FeatureCollection", features=features)


class ChoiceIn(Schema):
    case: UUID
    person: UUID


class ChoicesIn(Schema):
    choices: list[ChoiceIn] = Field(max_length=rules.MOST_TASKS)

    def chosen(self) -> dict[UUID, UUID]:
        return {one.case: one.person for one in self.choices}


class AcceptIn(ChoicesIn):
    why: str = Field("", max_length=500, description="Needed where somebody else goes than was proposed.")


class OutlookOut(Schema):
    """What follows. `unknown` cases have no place, or their person has none."""

    travel_minutes: int
    late: list[UUID]
    after_shift: list[UUID]
    unknown: list[UUID]

    @classmethod
    def of(cls, found: Outlook) -> "OutlookOut":
        named = {name: [UUID(task) for task in getattr(found, name)] for name in ("late", "after_shift", "unknown")}
        return cls(travel_minutes=found.travel_minutes, **named)


class NotSentOut(Schema):
    case: UUID
    code: str
    message: str


class SentOut(Schema):
    """What became of each case. A case that is refused does not stop the others."""

    done: list[ChoiceIn]
    refused: list[NotSentOut]

    @classmethod
    def of(cls, sent: Sent) -> "SentOut":
        return cls(
            done=[ChoiceIn(case=case, person=person) for case, person in sent.done.items()],
            refused=[
                NotSentOut(case=case, code=error.code, message=str(error)) for case, error in sent.refused.items()
            ],
        )


class TakeBackIn(Schema):
    cases: list[UUID] = Field(max_length=rules.MOST_TASKS)


class CandidateOut(Schema):
    person: UUID
    because: str
    metres: int
    arrives: Moment
    holds: int


class EverybodyOut(Schema):
    """Who can go, whoever is there first before the others, and why each of the others cannot."""

    can: list[CandidateOut]
    cannot: list[WhyNotOut]

    @classmethod
    def of(cls, found: Gathered) -> "EverybodyOut":
        lines = [words.line_as_json(line) for line in found.come]
        return cls(
            can=[
                CandidateOut(
                    person=UUID(line["worker"]),
                    because=words.because(line, chosen=False),
                    **{name: line[name] for name in ("metres", "arrives", "holds")},
                )
                for line in lines
            ],
            cannot=[WhyNotOut.of(words.why_as_json(why)) for why in found.stay],
        )


class CallIn(Schema):
    unit: UUID
    people: list[UUID] = Field(max_length=rules.MOST_CALLED)


class AnswerIn(Schema):
    coming: bool


class CallOut(Schema):
    id: UUID
    case: UUID
    person: UUID
    what: str
    place: str
    lon: float
    lat: float
    why: str
    at: Moment
    answer: str
    answered_at: Moment | None

    @classmethod
    def of(cls, call: Call) -> "CallOut":
        plain = ("id", "what", "place", "lon", "lat", "why", "at", "answer", "answered_at")
        return cls(case=call.case_id, person=call.person_id, **{name: getattr(call, name) for name in plain})


class DispatchTeamIn(Schema):
    """The leader goes with it whether or not they are named among the members."""

    name: str = Field(max_length=60)
    leader: UUID = Field(description="Finds in the inbox what the team is sent to, and answers for it.")
    members: list[UUID] = Field(max_length=rules.MOST_MEMBERS)
    mode: Team.Mode = Field(Team.Mode.CAR, description="How it goes: `walk`, `bike` or `car`.")
    most: int = Field(8, ge=1, le=rules.MOST_OF_A_TEAM, description="The most cases that it holds at once.")


class NewDispatchTeamIn(DispatchTeamIn):
    unit: UUID
    body: UUID = Field(description="For which all of them handle.")


class DispatchTeamOut(Schema):
    id: UUID
    name: str
    unit: UUID
    body: UUID
    leader: UUID
    members: list[UUID]
    mode: Team.Mode
    most: int

    @classmethod
    def of(cls, team: Team, members: Sequence[TeamMember]) -> "DispatchTeamOut":
        return cls(
            id=team.id, name=team.name, unit=team.unit_id, body=team.body_id, leader=team.leader_id,
            members=[row.person_id for row in members], mode=Team.Mode(team.mode), most=team.most,
        )  # fmt: skip


class ShiftIn(Schema):
    person: UUID
    body: UUID
    unit: UUID
    starts_at: Moment
    ends_at: Moment


class ShiftOut(Schema):
    id: UUID
    person: UUID
    body: UUID | None
    unit: UUID
    starts_at: Moment
    ends_at: Moment

    @classmethod
    def of(cls, shift: Shift) -> "ShiftOut":
        return cls(
            id=shift.id, person=shift.person_id, body=shift.body_id, unit=shift.unit_id,
            starts_at=shift.starts_at, ends_at=shift.ends_at,
        )  # fmt: skip


class SkillIn(Schema):
    name: str = Field(max_length=60)
    name_en: str = Field("", max_length=60)
    classes: list[str] = Field([], max_length=300, description="Codes of the minor classes whose work needs it.")


class SkillOut(Schema):
    code: str
    name: str
    name_en: str
    classes: list[str]

    @classmethod
    def of(cls, skill: Skill) -> "SkillOut":
        return cls(code=skill.code, name=skill.name, name_en=skill.name_en, classes=skill.classes)


class SkillsIn(Schema):
    unit: UUID
    body: UUID
    skills: list[str] = Field(max_length=100)

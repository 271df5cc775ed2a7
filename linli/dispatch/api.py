"""The API of this room: propose, look ahead, send, take back, call people, and plan who is on duty, goes together and can do what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from linli.cases import map_layers
from linli.cases.api_common import Key, once_for
from linli.cases.map_layers import LayerAsked, MarksOut
from linli.dispatch import actions, map_layer, network, queries, schemas
from linli.dispatch.models import Team
from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import InvalidInput, NotFound, SignInNeeded
from linli.foundation.fields import Moment
from linli.foundation.idempotency import carry_out

router = Router(tags=["dispatch"])

# The longest time of which shifts are told at once.
LONGEST = timedelta(days=62)


def _known(request: HttpRequest) -> Actor:
    by = actor_of(request)
    if by.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    return by


def _once(request: HttpRequest, key: str | None, body: Schema | None, work: Callable[[], Schema]) -> Any:
    """`work`, once only: a repeat is answered as the first time."""
    by = _known(request)
    content = body.model_dump(mode="json") if body else {}
    return carry_out(once_for(request, by, key, content), lambda: work().model_dump(mode="json"))


# --- proposals -------------------------------------------------------------------------------------------------------


@router.post("/proposals", response={201: schemas.ProposalOut})
def propose(request: HttpRequest, body: schemas.ProposeIn, key: Key = None) -> Status[Any]:
    """Who should do what is open in the unit. Nobody is sent by it."""
    by = _known(request)

    def work() -> Schema:
        return schemas.ProposalOut.of(actions.propose(unit=body.unit, by=by))

    return Status(201, _once(request, key, body, work))


@router.get("/proposals/latest", response=schemas.ProposalOut)
def latest(request: HttpRequest, unit: UUID) -> schemas.ProposalOut:
    """The unit's newest proposal."""
    found = queries.latest(_known(request), unit)
    if found is None:
        raise NotFound
    return schemas.ProposalOut.of(found)


@router.get("/proposals/{uuid:proposal}", response=schemas.ProposalOut)
def proposal(request: HttpRequest, proposal: UUID) -> schemas.ProposalOut:
    """A proposal as it was shown, and what was decided of it."""
    return schemas.ProposalOut.of(queries.proposal(_known(request), proposal))


@router.get("/proposals/{uuid:proposal}/ways", response=schemas.WaysOut)
def ways(request: HttpRequest, proposal: UUID, asked: Annotated[schemas.WaysAsked, Query()]) -> schemas.WaysOut:
    """How people would go to what waits yet: along the streets where they are known, else through the air."""
    by = _known(request)
    found = queries.proposal(by, proposal)
    legs = queries.legs_of(by, found, who=asked.who, cases=asked.case)
    return schemas.WaysOut.of(legs, network.ways([(leg.begins, leg.ends, leg.mode) for leg in legs]))


@router.post("/proposals/{uuid:proposal}/outlook", response=schemas.OutlookOut)
def outlook(request: HttpRequest, proposal: UUID, body: schemas.ChoicesIn) -> schemas.OutlookOut:
    """What would follow if these people were sent: minutes on the way, what comes too late. Nobody is sent."""
    by = _known(request)
    chosen = body.chosen()
    here = queries.situation(by, queries.proposal(by, proposal).unit_id, only=chosen, brief=True)
    return schemas.OutlookOut.of(queries.outlook_of(here, chosen))


@router.post("/proposals/{uuid:proposal}/accept", response=schemas.SentOut)
def accept(request: HttpRequest, proposal: UUID, body: schemas.AcceptIn, key: Key = None) -> Any:
    """Send people: for each case the one proposed, or another with a reason."""
    by = _known(request)

    def work() -> Schema:
        sent = actions.accept(proposal=proposal, choices=body.chosen(), by=by, why=body.why)
        return schemas.SentOut.of(sent)

    return _once(request, key, body, work)


@router.post("/proposals/{uuid:proposal}/take-back", response=schemas.SentOut)
def take_back(request: HttpRequest, proposal: UUID, body: schemas.TakeBackIn, key: Key = None) -> Any:
    """Within ten minutes, as long as nobody has begun."""
    by = _known(request)

    def work() -> Schema:
        return schemas.SentOut.of(actions.take_back(proposal=proposal, sent=body.cases, by=by))

    return _once(request, key, body, work)


# --- people for one case ---------------------------------------------------------------------------------------------


@router.get("/cases/{uuid:case}/people", response=schemas.EverybodyOut)
def people(request: HttpRequest, case: UUID, unit: UUID) -> schemas.EverybodyOut:
    """Everybody for one open case of the unit: who can go, and why each of the others cannot."""
    here = queries.situation(_known(request), unit, only=[case], brief=True)
    work = here.of(case)
    if work is None:
        raise NotFound
    return schemas.EverybodyOut.of(queries.everybody_for(here, work))


@router.get("/cases/{uuid:case}/nearest", response=schemas.EverybodyOut)
def nearest(request: HttpRequest, case: UUID, unit: UUID, count: int = 5) -> schemas.EverybodyOut:
    """The nearest so many people for an emergency, whatever they hold."""
    return schemas.EverybodyOut.of(queries.gathered(_known(request), unit, case, count).found)


@router.get("/cases/{uuid:case}/calls", response=list[schemas.CallOut])
def calls(request: HttpRequest, case: UUID) -> list[schemas.CallOut]:
    """Who was called to a case and what they answered, as far as one may see."""
    _known(request)
    return [schemas.CallOut.of(call) for call in queries.calls_to([case])]


class CalledOut(Schema):
    calls: list[schemas.CallOut]


@router.post("/cases/{uuid:case}/calls", response={201: CalledOut})
def call(request: HttpRequest, case: UUID, body: schemas.CallIn, key: Key = None) -> Status[Any]:
    """Call people to an emergency. Who was called before is not called twice."""
    by = _known(request)

    def work() -> Schema:
        made = actions.call_people(case=case, unit=body.unit, people=body.people, by=by)
        return CalledOut(calls=[schemas.CallOut.of(one) for one in made])

    return Status(201, _once(request, key, body, work))


@router.get("/calls", response=list[schemas.CallOut])
def own_calls(request: HttpRequest) -> list[schemas.CallOut]:
    """What one is called to and has not answered."""
    return [schemas.CallOut.of(call) for call in queries.open_calls(_known(request))]


@router.post("/calls/{uuid:call}/answer", response=schemas.CallOut)
def answer(request: HttpRequest, call: UUID, body: schemas.AnswerIn, key: Key = None) -> Any:
    """Whoever was called says whether they come."""
    by = _known(request)

    def work() -> Schema:
        return schemas.CallOut.of(actions.answer_call(call=call, coming=body.coming, by=by))

    return _once(request, key, body, work)


@router.get("/map/window", response=MarksOut, summary="People on duty in a window of the map")
def people_on_map(request: HttpRequest, asked: Annotated[LayerAsked, Query()]) -> dict[str, Any]:
    """For the dispatcher and the desk of their unit, where each last arrived; who has arrived nowhere yet is left out."""
    return map_layers.answer(map_layer.in_window(_known(request), asked.unit, asked.window))


# --- teams, shifts and skills ----------------------------------------------------------------------------------------


@router.get("/teams", response=list[schemas.DispatchTeamOut])
def teams(request: HttpRequest, unit: UUID) -> list[schemas.DispatchTeamOut]:
    """The teams of a unit and below it that go yet, by name."""
    found = queries.teams(_known(request), unit)
    members = queries.members_of([team.id for team in found])
    return [schemas.DispatchTeamOut.of(team, members.get(team.id, [])) for team in found]


@router.post("/teams", response={201: schemas.DispatchTeamOut})
def form_team(request: HttpRequest, body: schemas.NewDispatchTeamIn, key: Key = None) -> Status[Any]:
    """People of one body go together from now on, while their leader is on duty."""
    by = _known(request)
    return Status(201, _once(request, key, body, lambda: _told(actions.form_team(**body.dict(), by=by))))


@router.put("/teams/{uuid:team}", response=schemas.DispatchTeamOut)
def change_team(request: HttpRequest, team: UUID, body: schemas.DispatchTeamIn, key: Key = None) -> Any:
    """Who goes with it from now on, and how. Who has gone with it stays on record."""
    by = _known(request)
    return _once(request, key, body, lambda: _told(actions.change_team(team=team, **body.dict(), by=by)))


def _told(team: Team) -> schemas.DispatchTeamOut:
    return schemas.DispatchTeamOut.of(team, queries.members_of([team.id]).get(team.id, []))


@router.delete("/teams/{uuid:team}", response={204: None})
def end_team(request: HttpRequest, team: UUID) -> Status[None]:
    """It goes no more; its members are sent one by one again."""
    actions.end_team(team=team, by=_known(request))
    return Status(204, None)


@router.get("/shifts", response=list[schemas.ShiftOut])
def shifts(request: HttpRequest, unit: UUID, since: Moment, until: Moment) -> list[schemas.ShiftOut]:
    """Shifts in a unit and below it that touch these hours, of two months at most."""
    if not timedelta(0) < until - since <= LONGEST:
        raise InvalidInput(field="until")
    return [schemas.ShiftOut.of(shift) for shift in queries.shifts(_known(request), unit, since, until)]


@router.post("/shifts", response={201: schemas.ShiftOut})
def give_shift(request: HttpRequest, body: schemas.ShiftIn, key: Key = None) -> Status[Any]:
    """Somebody is on duty in a unit from one moment up to another."""
    by = _known(request)

    def work() -> Schema:
        return schemas.ShiftOut.of(actions.give_shift(**body.dict(), by=by))

    return Status(201, _once(request, key, body, work))


@router.delete("/shifts/{uuid:shift}", response={204: None})
def end_shift(request: HttpRequest, shift: UUID) -> Status[None]:
    """The shift is no more."""
    actions.end_shift(shift=shift, by=_known(request))
    return Status(204, None)


@router.get("/skills", response=list[schemas.SkillOut])
def skills(request: HttpRequest) -> list[schemas.SkillOut]:
    """The city's list."""
    _known(request)
    return [schemas.SkillOut.of(skill) for skill in queries.skills()]


@router.put("/skills/{code}", response=schemas.SkillOut)
def define_skill(request: HttpRequest, code: str, body: schemas.SkillIn, key: Key = None) -> Any:
    """One more skill of the city's list, or another name for it."""
    by = _known(request)

    def work() -> Schema:
        return schemas.SkillOut.of(actions.define_skill(code=code, by=by, **body.dict()))

    return _once(request, key, body, work)


@router.put("/people/{uuid:person}/skills", response={204: None})
def set_skills(request: HttpRequest, person: UUID, body: schemas.SkillsIn) -> Status[None]:
    """What somebody can do: these skills and no others."""
    by = _known(request)
    actions.set_skills(person=person, unit=body.unit, body=body.body, codes=body.skills, by=by)
    return Status(204, None)

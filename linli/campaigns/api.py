"""The API of this room: what holds where, a team's doors for its phones, the visits that come back, and how far a campaign is."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Path, Query, Router, Status
from ninja.files import UploadedFile

from linli.campaigns import actions, doors_on_map, premises_on_map, queries, schemas
from linli.campaigns.actions import Told
from linli.campaigns.models import Declaration
from linli.campaigns.pages import premises as pages
from linli.campaigns.pages.screening import outlook
from linli.campaigns.queries import premises as reads
from linli.cases import map_layers
from linli.cases.api_common import Key, once_for
from linli.cases.api_figures import ChartOut
from linli.cases.charts import Chart
from linli.cases.map_layers import LayerAsked, MarksOut
from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import SignInNeeded
from linli.foundation.idempotency import carry_out

router = Router(tags=["joint control"])

CampaignId = Annotated[UUID, Path(description="A campaign.")]
TeamId = Annotated[UUID, Path(description="A team of the campaign.")]


def _known(request: HttpRequest) -> Actor:
    by = actor_of(request)
    if by.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    return by


# --- the mode --------------------------------------------------------------------------------------------------------


@router.get("/declarations", response=list[schemas.DeclarationOut], summary="What was declared for a unit")
def declarations(request: HttpRequest, unit: Annotated[UUID, Query(description="A unit.")]) -> list[Any]:
    """For it, for those above it and below it, the newest first. Public."""
    return [schemas.DeclarationOut.of(row) for row in queries.declarations_of([unit])]


@router.post("/declarations", response={201: schemas.DeclarationOut}, summary="Declare joint control")
def declare(request: HttpRequest, body: schemas.DeclareIn, key: Key = None) -> Status[Any]:
    """Of a unit, with its basis, its powers and its end."""
    by = _known(request)

    def work() -> dict[str, Any]:
        return _told(actions.declare(told=Told(**body.model_dump()), by=by))

    return Status(201, carry_out(once_for(request, by, key, body.model_dump(mode="json")), work))


@router.post("/declarations/{declaration}/extend", response=schemas.DeclarationOut, summary="Let it last longer")
def extend(request: HttpRequest, declaration: UUID, body: schemas.ExtendIn, key: Key = None) -> Any:
    by = _known(request)

    def work() -> dict[str, Any]:
        return _told(actions.extend(declaration=declaration, until=body.until, reason=body.reason, by=by))

    return carry_out(once_for(request, by, key, body.model_dump(mode="json")), work)


@router.post("/declarations/{declaration}/end", response=schemas.DeclarationOut, summary="Back to co-governance")
def end(request: HttpRequest, declaration: UUID, body: schemas.EndDeclarationIn, key: Key = None) -> Any:
    by = _known(request)

    def work() -> dict[str, Any]:
        return _told(actions.end(declaration=declaration, reason=body.reason, by=by))

    return carry_out(once_for(request, by, key, body.model_dump(mode="json")), work)


def _told(row: Declaration) -> dict[str, Any]:
    told: dict[str, Any] = schemas.DeclarationOut.of(row).model_dump(mode="json")
    return told


# --- for phones ------------------------------------------------------------------------------------------------------


@router.get("/teams/mine", response=list[schemas.TeamOut], summary="The teams in which one is")
def my_teams(request: HttpRequest) -> list[Any]:
    """With the campaigns that they work for, while these are open."""
    return [schemas.TeamOut.of(team) for team in queries.my_teams(_known(request)) if queries.is_open(team.campaign)]


@router.get("/teams/{team}/doors", response=schemas.DoorsOut, summary="A team's doors")
def doors(request: HttpRequest, team: TeamId) -> Any:
    """Everything that a phone needs to go without a network: buildings in walking order, their doors, what is known of each."""
    return schemas.DoorsOut.of(queries.doors_of_team(_known(request), team))


@router.post("/teams/{team}/visits", response=schemas.FatesOut, summary="Visits from a phone")
def receive(request: HttpRequest, team: TeamId, body: schemas.VisitsIn) -> Any:
    """At most 500. Send them as often as you like, in any order: each is stored once. What does not count is set aside, with its reason."""
    received = actions.receive(
        team=team,
        device=body.device,
        sent_at=body.sent_at,
        visits=[visit.plain() for visit in body.visits],
        by=_known(request),
    )
    return {"fates": [{"id": one, "fate": fate} for one, fate in received.fates.items()]}


@router.post("/visits/{visit}/photos/{photo}", response=schemas.FateOut, summary="A photo of a visit")
def photo(
    request: HttpRequest,
    visit: Annotated[UUID, Path(description="A visit of one's own that has arrived.")],
    photo: Annotated[UUID, Path(description="Made by the phone, once for each photo.")],
    file: Annotated[UploadedFile, File()],
) -> Any:
    """JPEG, PNG, WebP or HEIC, at most 20 MB. It is written anew without metadata and kept encrypted. Send it as often as you like."""
    is_new = actions.attach(photo=photo, visit=visit, upload=file, by=_known(request))
    return {"id": photo, "fate": "stored" if is_new else "known"}


@router.get("/forms/{form}", response=dict[str, Any], summary="What a phone draws a form from")
def form(request: HttpRequest, form: Annotated[UUID, Path(description="A form, as a team names it.")]) -> Any:
    """Its questions, choices and rules. It never changes: another text is another form."""
    _known(request)
    return queries.form_schema(form)


# --- reopening -------------------------------------------------------------------------------------------------------


@router.get("/premises", response=list[schemas.PremisesOut], summary="The register of reopening")
def premises(
    request: HttpRequest,
    unit: Annotated[UUID, Query(description="A unit.")],
    standing: Annotated[str, Query(max_length=20, description="closed, applied, conditional or opened.")] = "",
    after: Annotated[UUID | None, Query(description="The last one of the page before.")] = None,
) -> list[Any]:
    """Premises of a unit and of those below it, by pages of 50."""
    found = reads.listed(_known(request), unit, standing, after)
    return [schemas.PremisesOut.of(row) for row in found[: reads.PAGE]]


@router.get("/premises/curve", response=ChartOut, summary="Reopened by day")
def reopened(request: HttpRequest, unit: Annotated[UUID, Query(description="A unit.")]) -> Chart:
    """What inspections found on each of the last 30 days."""
    return pages.curve(_known(request), unit)


@router.get("/premises/window", response=MarksOut, summary="Inspected premises in a window of the map")
def inspected(request: HttpRequest, asked: Annotated[LayerAsked, Query()]) -> dict[str, Any]:
    """As their last inspection left them; whose place nobody has written down is left out."""
    return map_layers.answer(premises_on_map.in_window(_known(request), asked.unit, asked.window))


# --- how far it is ---------------------------------------------------------------------------------------------------


@router.get("/{campaign}/coverage", response=list[schemas.CoverageOut], summary="How far a campaign is")
def coverage(request: HttpRequest, campaign: CampaignId, unit: Annotated[UUID, Query()]) -> list[Any]:
    """The parts of a unit, one level down."""
    by = _known(request)
    return [schemas.CoverageOut.of(one) for one in queries.coverage(by, queries.campaign(campaign), unit)]


@router.get("/doors/window", response=MarksOut, summary="Doors left in a window of the map")
def doors_left(request: HttpRequest, asked: Annotated[LayerAsked, Query()]) -> dict[str, Any]:
    """Buildings of the screenings that run, at most 2,000, each with what most of its doors are and how many are left."""
    return map_layers.answer(doors_on_map.in_window(_known(request), asked.unit, asked.window))


@router.get("/{campaign}/curve", response=ChartOut, summary="Doors reached, and when all will be")
def reached(request: HttpRequest, campaign: CampaignId, unit: Annotated[UUID, Query(description="A unit.")]) -> Chart:
    """Since yesterday, and on at today's pace: expected, at the earliest and at the latest, nine times in ten."""
    return outlook.curve(_known(request), campaign, unit)


@router.get("/{campaign}/buildings/{building}", response=list[schemas.DoorOut], summary="The doors of a building")
def building(request: HttpRequest, campaign: CampaignId, building: UUID, not_reached: bool = False) -> list[Any]:
    """Each as it stands; with `not_reached` only those that nobody has reached."""
    by, running = _known(request), queries.campaign(campaign)
    asked = queries.not_reached if not_reached else queries.standing_of
    return [schemas.DoorOut.of(door) for door in asked(by, running, building)]

"""The warnings of the units whose cases one sees, and the answers to them."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Query, Router, Status

from linli.cases import map_layers
from linli.cases.map_layers import LayerAsked, MarksOut
from linli.foundation.access import Actor, ActorKind, Permission, actor_of
from linli.foundation.errors import NotAllowed, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.insight import actions, map_layer, queries, schemas
from linli.insight.decision_api import router as decisions
from linli.insight.models import Warning, WarningKind, WarningState
from linli.insight.schemas import LookIn, PrecisionOut, WarningAnswerIn, WarningChartOut, WarningOut, WorkOut

router = Router(tags=["insight"])

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="Carries the request out once only.")
]


def _watcher(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if actor.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    if not actor.may(Permission.SEE_CASES):
        raise NotAllowed
    return actor


@router.get("/warnings", response=list[WarningOut])
def warnings(
    request: HttpRequest,
    kind: WarningKind | None = None,
    state: WarningState | None = None,
    unit: UUID | None = None,
    before: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[WarningOut]:
    """The newest first."""
    states = [state.value] if state else []
    found = queries.warnings(
        _watcher(request), kind=kind.value if kind else "", states=states, unit_id=unit, before=before, size=size
    )
    return [WarningOut.of(row) for row in found]


@router.get("/warnings/precision", response=list[PrecisionOut])
def precision(request: HttpRequest) -> list[PrecisionOut]:
    """By kind: how many warnings were told, how many answered, and how many of these were worth it."""
    return [PrecisionOut.of(one) for one in queries.precision(_watcher(request))]


@router.post("/warnings/look", response={202: WorkOut})
def look(request: HttpRequest, body: LookIn, key: Key = None) -> Status[Any]:
    """Have a district looked at now. It is long work; what it finds comes to `/warnings`."""
    by = _watcher(request)

    def begun() -> dict[str, Any]:
        made = actions.begin_look(unit_id=body.unit, by=by)
        return {"id": str(made.id), "href": f"/work/{made.id}/"}

    return Status(202, carry_out(once(by, key, {"path": request.path, "body": body.dict()}), begun))


@router.get("/warnings/{warning_id}", response=WarningOut)
def warning(request: HttpRequest, warning_id: UUID) -> WarningOut:
    """One warning."""
    return WarningOut.of(queries.warning(_watcher(request), warning_id))


@router.get("/warnings/{warning_id}/chart", response=WarningChartOut)
def chart(request: HttpRequest, warning_id: UUID) -> dict[str, Any]:
    """What was seen day by day beside what is usual."""
    return schemas.chart_of(queries.warning(_watcher(request), warning_id))


@router.post("/warnings/{warning_id}/acknowledge", response=WarningOut)
def acknowledge(request: HttpRequest, warning_id: UUID, body: WarningAnswerIn, key: Key = None) -> WarningOut:
    """Somebody has seen it and looks into it."""
    return _answered(request, warning_id, body, key, actions.acknowledge, "reason")


@router.post("/warnings/{warning_id}/dismiss", response=WarningOut)
def dismiss(request: HttpRequest, warning_id: UUID, body: WarningAnswerIn, key: Key = None) -> WarningOut:
    """There is nothing in it, or it is known: say why."""
    return _answered(request, warning_id, body, key, actions.dismiss, "reason")


@router.post("/warnings/{warning_id}/case", response=WarningOut)
def open_case(request: HttpRequest, warning_id: UUID, body: WarningAnswerIn, key: Key = None) -> WarningOut:
    """Make it a case of its own. `reason` becomes the first line of the case."""
    return _answered(request, warning_id, body, key, actions.open_case, "note")


@router.get("/map/window", response=MarksOut, summary="Warnings in a window of the map")
def warnings_on_map(request: HttpRequest, asked: Annotated[LayerAsked, Query()]) -> dict[str, Any]:
    """Those that nobody has dismissed or made a case, each where it is, with the circle of a cluster."""
    return map_layers.answer(map_layer.in_window(_watcher(request), asked.unit, asked.window))


def _answered(
    request: HttpRequest,
    warning_id: UUID,
    body: WarningAnswerIn,
    key: str | None,
    verb: Callable[..., Warning],
    said: str,
) -> WarningOut:
    by = _watcher(request)
    asked = once(by, key, {"path": request.path, "body": body.dict()})
    carry_out(asked, lambda: str(verb(warning_id=warning_id, by=by, version=body.version, **{said: body.reason}).pk))
    return WarningOut.of(queries.warning(by, warning_id))


router.add_router("/compare", decisions)

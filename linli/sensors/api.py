"""The API of this room: readings as owners' systems deliver them, and devices in a window of the map."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Header, Query, Router, Schema
from pydantic import Field, FiniteFloat, ValidationError

from linli.cases import map_layers
from linli.cases.api_common import case_reader
from linli.cases.map_layers import LayerAsked, MarksOut
from linli.foundation import rates
from linli.foundation.fields import Moment
from linli.sensors import actions, map_layer, queries, rules
from linli.sensors.actions import Measured

router = Router(tags=["sensors"])

# Batches a minute of one owner.
RATE = 600
Token = Annotated[str, Header(alias="X-Sensor-Token", max_length=100, description="The owner's token.")]


class ReadingIn(Schema):
    device: str = Field(min_length=1, max_length=40, description="The device's code in the register.")
    at: Moment = Field(description="When it was measured.")
    value: FiniteFloat = Field(strict=True, description="In the unit of its kind (docs/sensors.md).")


class ReadingsIn(Schema):
    readings: list[Any] = Field(
        min_length=1,
        max_length=rules.MOST_READINGS,
        description="Each with `device`, `at` and `value`. What is wrong with one is told, and the others are kept.",
    )


class RefusedReadingOut(Schema):
    index: int = Field(description="Its place in what was sent, from 0.")
    field: str
    code: str
    message: str


class DeliveredOut(Schema):
    kept: int
    repeated: int = Field(description="Kept before: the same device, moment and value.")
    refused: list[RefusedReadingOut]


@router.post("/readings", response=DeliveredOut, summary="Deliver readings")
def deliver(request: HttpRequest, body: ReadingsIn, token: Token = "") -> DeliveredOut:
    """Up to 1,000 at once, of the devices of the token's owner. To send the same again changes nothing."""
    owner = queries.owner_of(token)
    rates.keys.take(f"sensors:{owner.body_id}", RATE)
    measured, refused = _read(body.readings)
    done = actions.deliver(owner=owner, readings=measured)
    refused += [
        RefusedReadingOut(index=index, field=str(getattr(why, "field", "")), code=why.code, message=str(why))
        for index, why in done.refused.items()
    ]
    return DeliveredOut(kept=done.kept, repeated=done.repeated, refused=sorted(refused, key=lambda one: one.index))


def _read(sent: list[Any]) -> tuple[list[Measured], list[RefusedReadingOut]]:
    good: list[Measured] = []
    bad: list[RefusedReadingOut] = []
    for index, one in enumerate(sent):
        try:
            read = ReadingIn.model_validate(one)
        except ValidationError as error:
            where = str(next(iter(error.errors()[0]["loc"]), ""))
            told = _("A reading has device (text), at (a moment with its zone) and value (a number).")
            bad.append(RefusedReadingOut(index=index, field=where, code="invalid_input", message=told))
        else:
            good.append(Measured(index, read.device, read.at, read.value))
    return good, bad


@router.get("/map/window", response=MarksOut, summary="Sensors in a window of the map")
def sensors_on_map(request: HttpRequest, asked: Annotated[LayerAsked, Query()]) -> dict[str, Any]:
    """At most 2,000 of them, each with its last reading and how it stands."""
    return map_layers.answer(map_layer.in_window(case_reader(request), asked.unit, asked.window))


class AlertOut(Schema):
    id: UUID
    device: str
    kind: str
    value: float | None
    opened_at: Moment
    verdict: str


@router.get("/alerts", response=list[AlertOut], summary="Standing alerts")
def alerts(request: HttpRequest, unit: UUID | None = None) -> list[AlertOut]:
    """The newest 200 of now that nobody has dismissed, in the units whose cases one sees."""
    return [
        AlertOut(
            id=one.pk,
            device=one.device.code,
            kind=one.kind,
            value=one.value,
            opened_at=one.opened_at,
            verdict=one.verdict,
        )
        for one in queries.standing_of(case_reader(request), unit)
    ]

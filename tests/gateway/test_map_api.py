"""Cases in a window of the map, by API."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from factories.api_client import Api
from factories.world import HERE, World

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as

pytestmark = pytest.mark.django_db
PATH = "cases/map/window"
WINDOW = {"west": 103.99, "south": 30.59, "east": 104.05, "north": 30.65}


def test_cells_zoomed_out_and_cases_zoomed_in(world: World, key: Callable[..., str]) -> None:
    with acting_as(SYSTEM):
        report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102")
        case = actions.collect(report=report, by=SYSTEM).case
    api = Api(key("W"))
    far = api.get(PATH, unit=world.id("W"), zoom=11, **WINDOW).json()
    (cell,) = far["features"]
    assert (far["resolution"], cell["properties"]["cases"], cell["properties"]["late"]) == (7, 1, 0)
    ring = cell["geometry"]["coordinates"][0]
    assert len(ring) == 7
    assert ring[0] == ring[-1]
    near = api.get(PATH, unit=world.id("W"), zoom=16, **WINDOW).json()
    (point,) = near["features"]
    assert near["resolution"] is None
    assert point["geometry"]["coordinates"] == list(HERE)
    told = point["properties"]
    assert (told["reference"], told["state"], told["class_name"]) == (case.reference, "collected", "路灯不亮")
    assert api.get(PATH, unit=world.id("W"), zoom=11, show="reported", **WINDOW).json()["features"]


def test_only_units_that_one_may_see(world: World, key: Callable[..., str]) -> None:
    assert Api().get(PATH, unit=world.id("W"), zoom=11, **WINDOW).status_code == 401
    west = Api(key("W"))
    assert west.get(PATH, unit=world.id("W1"), zoom=11, **WINDOW).status_code == 200
    for elsewhere in (world.id("E"), world.id("51"), uuid4()):
        assert west.get(PATH, unit=elsewhere, zoom=11, **WINDOW).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"west": 105},
        {"north": 91},
        {"south": "x"},
        {"zoom": -1},
        {"zoom": "near"},
        {"east": "inf"},
        {"west": "nan"},
        {"show": "everything"},
        {"since": "yesterday"},
        {"unit": "x"},
        {"class_id": "x"},
    ],
)
def test_what_cannot_be_asked_is_refused(world: World, key: Callable[..., str], wrong: dict[str, object]) -> None:
    asked = {"unit": world.id("W"), "zoom": 11, **WINDOW} | wrong
    assert Api(key("W")).get(PATH, **asked).status_code == 422

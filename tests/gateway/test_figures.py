"""Figures by week over the API: for whom, of what, and what wrong questions get."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from factories.api_client import Api
from factories.world import HERE, World

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as

pytestmark = pytest.mark.django_db
PATHS = ("cases/figures/weeks", "cases/figures/rates")


def test_weeks_of_a_unit(world: World, key: Callable[..., str]) -> None:
    with acting_as(SYSTEM):
        actions.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM)
    shown = Api(key("W")).get(PATHS[0], unit=world.id("W1"), weeks=4).json()
    assert (shown["kind"], shown["percent"], shown["counted_at"], len(shown["labels"])) == ("bars", False, None, 4)
    opened, ended = shown["series"]
    assert (opened["values"], ended["values"]) == ([0, 0, 0, 1], [0, 0, 0, 0])
    assert f"unit={world.id('W1')}&reported=" in opened["hrefs"][3]
    rates = Api(key("W")).get(PATHS[1], unit=world.id("W1"), weeks=2, body=world.bodies["street"].id).json()
    assert [series["values"] for series in rates["series"]] == [[None, None]] * 3


@pytest.mark.parametrize("path", PATHS)
def test_only_units_that_one_may_see(world: World, key: Callable[..., str], path: str) -> None:
    assert Api().get(path, unit=world.id("W")).status_code == 401
    west = Api(key("W"))
    assert west.get(path, unit=world.id("W1")).status_code == 200
    for elsewhere in (world.id("E"), world.id("51"), uuid4()):
        assert west.get(path, unit=elsewhere).status_code == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", [{}, {"unit": "x"}, {"weeks": 0}, {"weeks": 54}, {"weeks": "all"}])
def test_wrong_questions(world: World, key: Callable[..., str], path: str, wrong: dict[str, object]) -> None:
    asked = ({"unit": world.id("W")} | wrong) if wrong else {}
    assert Api(key("W")).get(path, **asked).status_code == 422

"""An address is found as somebody says it, to the door; only whoever may see a door learns that it is there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories.world import World, forget_caches, make_world

from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.ids import uuid7
from linli.territory import addresses, queries
from linli.territory.models import Household, Level, Unit


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("水碾 3栋 2单元 501", addresses.Wanted(("水碾",), 3, None, 2, 5, 1)),
        ("水碾３幢２单元５楼１号", addresses.Wanted(("水碾",), 3, None, 2, 5, 1)),
        ("水碾河 3-2-1104", addresses.Wanted(("水碾河",), 3, None, 2, 11, 4)),
        ("Garden, building 3, unit 2, room 501", addresses.Wanted(("garden",), 3, None, 2, 5, 1)),
        ("莲花村 12号林盘", addresses.Wanted(("莲花村",), None, 12)),
        ("水碾河路3号院 108", addresses.Wanted(("水碾河路3号院", "108"))),
        ("", addresses.Wanted(())),
    ],
)
def test_an_address_is_understood(text: str, wanted: addresses.Wanted) -> None:
    assert addresses.parse(text) == wanted


@pytest.mark.parametrize("text", ["'; DROP TABLE", "%%%", "9" * 5000, "\x00栋", "3栋", "１２栋单元", "栋栋栋 - - -"])
def test_anything_typed_is_answered(world: World, text: str) -> None:
    with acting_as(SYSTEM):
        assert queries.search_addresses(text) == []


@pytest.fixture
def world(db: None) -> World:
    """The small city with a second quarter, and two buildings of the same number."""
    with acting_as(SYSTEM):
        made = make_world()
        Unit.objects.filter(code="W1").update(name="水碾河社区", name_en="Shuinianhe")
        Unit.objects.filter(code="Q").update(name="锦绣花园", name_en="Jinxiu Garden")
        for code, parent in (("Q-B3", "Q"), ("Q-B13", "Q"), ("E2-L3", "E2")):
            _building(made, code, parent)
        for entrance, floor, door in ((1, 5, 1), (2, 5, 1), (2, 11, 4)):
            Household.objects.create(
                building=made.units["Q-B3"],
                micro_grid=made.units["Q"],
                entrance=entrance,
                floor=floor,
                door=door,
                members=3,
            )
    forget_caches()
    return made


def _building(world: World, code: str, parent: str) -> None:
    above, number = world.units[parent], code.rpartition("-")[2][1:]
    linpan = code.rpartition("-")[2].startswith("L")
    unit_id = uuid7()
    world.units[code] = Unit.objects.create(
        id=unit_id, code=code, level=Level.LINPAN if linpan else Level.BUILDING,
        name=f"{number}号林盘" if linpan else f"{number}栋", name_en=f"Building {number}",
        parent=above, path=[*above.path, unit_id], valid_from=above.valid_from, lon=above.lon, lat=above.lat,
    )  # fmt: skip


def labels(text: str, **options: object) -> list[str]:
    return [found.label("zh-hans") for found in queries.search_addresses(text, **options)]  # type: ignore[arg-type]


def test_from_a_name_to_the_door(world: World) -> None:
    with acting_as(SYSTEM):
        whole = "subdistrictW 水碾河社区 锦绣花园"
        assert labels("锦绣") == [whole]
        assert labels("水碾 3栋") == labels("锦绣花园3栋") == [f"{whole} 3栋"]
        assert labels("水碾 3栋 2单元") == [f"{whole} 3栋 2单元"]
        assert labels("水碾河社区锦绣花园3栋2单元501") == labels("水碾 3-2-501") == [f"{whole} 3栋 2单元 501"]
        assert labels("水碾 3栋 501") == [f"{whole} 3栋 1单元 501", f"{whole} 3栋 2单元 501"]
        assert labels("jinxiu building 3 unit 2 room 1104") == [f"{whole} 3栋 2单元 1104"]
        # A door that is not there is not made up: the building is.
        assert labels("水碾 3栋 2单元 909") == [f"{whole} 3栋"]
        assert labels("水碾 4栋") == labels("五福桥 3栋") == []
        found = queries.search_addresses("水碾 3栋 2单元 501")[0]
        assert found.household_id is not None
        assert (found.unit.code, found.label("en")) == (
            "Q-B3",
            "subdistrictW, Shuinianhe, Jinxiu Garden, Building 3, Unit 2, 501",
        )


def test_a_linpan_is_found_by_its_number(world: World) -> None:
    with acting_as(SYSTEM):
        assert labels("communityE2 3号林盘") == ["subdistrictE communityE2 3号林盘"]


def test_doors_show_only_to_posts_above_them(world: World) -> None:
    for unit, ending in (("51", "3栋 2单元 501"), ("W1", "3栋 2单元 501"), ("E", "3栋")):
        clerk = world.actor(f"clerk{unit}", Role.HOTLINE_CLERK, unit)
        with acting_as(clerk):
            assert labels("水碾 3栋 2单元 501")[0].endswith(ending)
            assert bool(labels("水碾 3栋", within=clerk.units())) is (unit != "E")


def test_a_closed_building_is_not_offered(world: World) -> None:
    with acting_as(SYSTEM):
        Unit.objects.filter(code="Q-B3").update(valid_to="2020-01-01")
        assert labels("水碾 3栋") == []


def test_a_door_is_read_by_its_key_and_its_scope_without_gathering_units(world: World) -> None:
    """At a city's scale the difference is a thousandfold: 200,000 units for one door."""
    clerk = world.actor("clerk", Role.HOTLINE_CLERK, "51")
    with acting_as(clerk):
        queries.index()
        with CaptureQueriesContext(connection) as asked:
            queries.search_addresses("水碾 3栋 2单元 501", within=clerk.units())
        assert len([one for one in asked.captured_queries if one["sql"].startswith("SELECT")]) == 2
        plan = Household.objects.filter(building=world.id("Q-B3"), entrance=2, floor=5, door=1).explain()
    assert "SubPlan" in plan
    assert "hashed" not in plan

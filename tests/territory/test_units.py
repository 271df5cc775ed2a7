"""The life of units: what is closed, opened and moved, and which unit a point was in on a day."""

from datetime import date

import pytest
import shapely
from django.db import IntegrityError, transaction

from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry, OutboxEvent
from linli.territory import actions, queries
from linli.territory.actions import Part, common
from linli.territory.errors import BadShape, CodeTaken, UnitClosed, UnknownUnit, WrongDate, WrongLevel
from linli.territory.models import Boundary, Succession, Unit
from tests.territory.conftest import DAY, box, point

THEN, LATER = date(2024, 6, 1), date(2025, 1, 1)


def code_at(x: float, y: float, day: date) -> str:
    return queries.unit(queries.locate(*point(x, y), at=day).unit_id).code


def name_of_community(x: float, y: float, day: date) -> str:
    place = queries.locate(*point(x, y), at=day)
    return queries.unit(place.community_id).name


def test_renaming_closes_the_old_and_opens_the_new(small_city: dict) -> None:
    old = small_city["519901001001"]
    new = actions.rename(unit=old, name="新名社区", on=LATER, by=SYSTEM)
    assert queries.unit(old).valid_to == LATER
    assert (new.code, new.valid_from) == ("519901001001", LATER)
    assert name_of_community(4, 6, THEN) == "单元01001001"
    assert name_of_community(4, 6, LATER) == "新名社区"
    assert [unit.id for unit in queries.successors(old)] == [new.pk]
    assert Succession.objects.get().kind == "renamed"


def test_what_lies_below_a_renamed_unit_keeps_its_id_and_its_past(small_city: dict) -> None:
    quarter = small_city["519901001001-Q1"]
    before = queries.unit(quarter).path
    new = actions.rename(unit=small_city["519901001"], name="新名街道", on=LATER, by=SYSTEM)
    assert queries.unit(quarter, at=LATER).path == tuple(new.pk if i == small_city["519901001"] else i for i in before)
    assert queries.unit(quarter, at=THEN).path == before
    assert queries.locate(*point(2, 2), at=THEN).subdistrict_id == small_city["519901001"]
    assert queries.locate(*point(2, 2), at=LATER).subdistrict_id == new.pk
    assert {unit.id for unit in queries.children(small_city["519901001"], at=THEN)} == {
        small_city["519901001001"],
        small_city["519901001002"],
    }


def test_two_renames_keep_two_pasts(small_city: dict) -> None:
    first = actions.rename(unit=small_city["519901001"], name="一", on=THEN, by=SYSTEM)
    second = actions.rename(unit=first.pk, name="二", on=LATER, by=SYSTEM)
    days = {DAY: small_city["519901001"], THEN: first.pk, LATER: second.pk}
    for day, subdistrict in days.items():
        assert queries.locate(*point(2, 2), at=day).subdistrict_id == subdistrict
    assert [unit.id for unit in queries.successors(small_city["519901001"])] == [second.pk]
    assert [unit.id for unit in queries.successors(small_city["519901001"], at=THEN)] == [first.pk]


def test_merging_communities_unites_their_extent_people_and_grids(small_city: dict) -> None:
    olds = [small_city["519901001001"], small_city["519901001002"]]
    new = actions.merge(units=olds, code="519901001001", name="合并社区", on=LATER, by=SYSTEM)
    assert new.managed_population == 200
    assert code_at(4, 6, LATER) == code_at(9, 6, LATER) == "519901001001"
    assert code_at(9, 6, THEN) == "519901001002"
    assert queries.locate(*point(7, 2), at=LATER).community_id == new.pk
    assert [unit.level for unit in queries.children(new.pk, LATER)].count("general_grid") == 1
    assert queries.index(LATER).boundary(new.pk).area == pytest.approx(box(0, 0, 10, 8).area)


def test_splitting_shares_out_what_lies_below(small_city: dict) -> None:
    parts = [
        Part("519901001003", "北", shape=box(0, 4, 5, 8)),
        Part("519901001004", "南", shape=box(0, 0, 5, 4)),
    ]
    north, south = actions.split(unit=small_city["519901001001"], parts=parts, on=LATER, by=SYSTEM)
    assert code_at(4, 6, LATER) == "519901001003"
    assert code_at(4, 2, LATER) == "519901001004"
    quarter = queries.unit(small_city["519901001001-Q1"], at=LATER)
    assert quarter.parent_id == south.pk
    assert queries.unit(small_city["519901001001-G1"], at=LATER).path[3] == south.pk
    assert queries.locate(*point(2, 2), at=THEN).community_id == small_city["519901001001"]
    assert [len(queries.children(part.pk, LATER, level="general_grid")) for part in (north, south)] == [1, 1]


@pytest.mark.parametrize(
    "shapes",
    [
        [box(0, 0, 5, 4), box(0, 3, 5, 8)],  # overlap
        [box(0, 0, 5, 4), box(0, 5, 5, 8)],  # leave a gap
        [box(0, 0, 5, 4), box(0, 4, 7, 8)],  # reach outside
        [box(0, 0, 5, 8)],
        [box(0, 0, 5, 4), None],
        [box(0, 0, 5, 4), shapely.Polygon([point(0, 4), point(5, 8), point(0, 8), point(5, 4)])],
    ],
)
def test_parts_that_do_not_fill_the_whole_are_refused(small_city: dict, shapes: list) -> None:
    parts = [Part(f"51990100100{3 + i}", f"部分{i}", shape=shape) for i, shape in enumerate(shapes)]
    with pytest.raises(BadShape):
        actions.split(unit=small_city["519901001001"], parts=parts, on=LATER, by=SYSTEM)
    assert not Succession.objects.exists()


def test_moving_a_quarter_keeps_its_id(small_city: dict) -> None:
    quarter = small_city["519901001001-Q1"]
    actions.move(unit=quarter, to=small_city["519901001002"], on=LATER, by=SYSTEM)
    assert queries.locate(*point(2, 2), at=LATER).community_id == small_city["519901001002"]
    assert queries.locate(*point(2, 2), at=THEN).community_id == small_city["519901001001"]


def test_a_closed_unit_is_gone_with_all_below(small_city: dict) -> None:
    actions.close_unit(unit=small_city["519901001001"], on=LATER, by=SYSTEM)
    assert code_at(2, 2, LATER) == "519901001"
    assert code_at(2, 2, THEN) == "519901001001-Q1"
    assert queries.successors(small_city["519901001001"]) == []


def test_opening_a_unit(small_city: dict) -> None:
    unit = actions.open_unit(
        code="519901001001-Q2", level="quarter", kind="resettlement", name="新居", parent=small_city["519901001001"],
        on=LATER, by=SYSTEM, shape=box(3.5, 5, 4.5, 6),
    )  # fmt: skip
    assert queries.locate(*point(4, 5.5), at=LATER).unit_id == unit.pk
    assert queries.locate(*point(4, 5.5), at=THEN).level == "community"


def test_refusals(small_city: dict) -> None:
    community, other = small_city["519901001001"], small_city["519901001002"]
    with pytest.raises(WrongDate):
        actions.rename(unit=community, name="x", on=DAY, by=SYSTEM)
    with pytest.raises(UnknownUnit):
        actions.rename(unit=uuid7(), name="x", on=LATER, by=SYSTEM)
    with pytest.raises(WrongLevel):
        actions.move(unit=community, to=other, on=LATER, by=SYSTEM)
    with pytest.raises(WrongLevel):
        actions.merge(units=[community], code="1", name="x", on=LATER, by=SYSTEM)
    with pytest.raises(WrongLevel):
        actions.merge(units=[community, small_city["519901001"]], code="1", name="x", on=LATER, by=SYSTEM)
    with pytest.raises(CodeTaken):
        actions.merge(units=[community, other], code="519901001", name="x", on=LATER, by=SYSTEM)
    with pytest.raises(CodeTaken):
        actions.open_unit(code="519901", level="district", name="x", parent=small_city["5199"], on=LATER, by=SYSTEM)
    with pytest.raises(WrongLevel):
        actions.open_unit(code="9", level="quarter", name="x", parent=small_city["5199"], on=LATER, by=SYSTEM)
    actions.close_unit(unit=community, on=LATER, by=SYSTEM)
    with pytest.raises(UnitClosed):
        actions.rename(unit=community, name="x", on=LATER, by=SYSTEM)


def test_nothing_is_moved_below_a_unit_before_that_came_to_where_it_is(small_city: dict) -> None:
    """Its path of the days between would be that of today."""
    other = actions.open_unit(
        code="519901002", level="subdistrict", name="他街道", parent=small_city["519901"], on=DAY, by=SYSTEM
    )
    actions.move(unit=small_city["519901001002"], to=other.pk, on=LATER, by=SYSTEM)
    quarter = small_city["519901001001-Q1"]
    with pytest.raises(WrongDate):
        actions.move(unit=quarter, to=small_city["519901001002"], on=THEN, by=SYSTEM)
    actions.move(unit=quarter, to=small_city["519901001002"], on=LATER, by=SYSTEM)
    assert other.pk in queries.unit(quarter, at=LATER).path
    assert other.pk not in queries.unit(quarter, at=THEN).path


def redraw(unit: object, shape: shapely.Polygon, on: date) -> None:
    common.set_boundaries({unit: shape}, day=on, source="survey", derived=False)


def test_a_change_before_a_later_one_is_refused(small_city: dict) -> None:
    community, quarter = small_city["519901001001"], small_city["519901001001-Q1"]
    actions.move(unit=quarter, to=small_city["519901001002"], on=LATER, by=SYSTEM)
    # Back again, but on a day before: where it was until then would be lost.
    with pytest.raises(WrongDate):
        actions.move(unit=quarter, to=community, on=THEN, by=SYSTEM)
    # Until it leaves, it lies in what would be closed.
    with pytest.raises(WrongDate):
        actions.rename(unit=community, name="x", on=THEN, by=SYSTEM)
    redraw(small_city["519901001002"], box(5, 0, 10, 7), LATER)
    with pytest.raises(WrongDate):
        actions.rename(unit=small_city["519901001002"], name="x", on=THEN, by=SYSTEM)
    assert queries.unit(quarter, at=THEN).parent_id == community


def test_a_unit_may_be_renamed_on_the_day_that_its_boundary_changes(small_city: dict) -> None:
    redraw(small_city["519901001001"], box(0, 0, 5, 7), LATER)
    new = actions.rename(unit=small_city["519901001001"], name="x", on=LATER, by=SYSTEM)
    assert queries.locate(*point(4, 6.9), at=LATER).community_id == new.pk
    assert code_at(4, 7.5, LATER) == "519901001"
    assert code_at(4, 7.5, THEN) == "519901001001"


def test_a_unit_may_be_closed_on_the_day_that_its_boundary_changes(small_city: dict) -> None:
    redraw(small_city["519901001001"], box(0, 0, 5, 7), LATER)
    actions.close_unit(unit=small_city["519901001001"], on=LATER, by=SYSTEM)
    assert code_at(4, 6.9, LATER) == "519901001"
    assert code_at(4, 7.5, THEN) == "519901001001"


def test_an_announced_change_below_goes_along_with_an_earlier_one_above(small_city: dict) -> None:
    quarter, community = small_city["519901001001-Q1"], small_city["519901001001"]
    renamed = actions.rename(unit=quarter, name="新名小区", on=LATER, by=SYSTEM)
    above = actions.rename(unit=community, name="新名社区", on=THEN, by=SYSTEM)
    for day, ids in {DAY: (community, quarter), THEN: (above.pk, quarter), LATER: (above.pk, renamed.pk)}.items():
        place = queries.locate(*point(2, 2), at=day)
        assert (place.community_id, place.quarter_id) == ids


def test_what_is_to_be_closed_later_does_not_outlive_what_it_lies_in(small_city: dict) -> None:
    actions.close_unit(unit=small_city["519901001001-Q1"], on=LATER, by=SYSTEM)
    actions.close_unit(unit=small_city["519901001001"], on=THEN, by=SYSTEM)
    assert code_at(2, 2, THEN) == "519901001"


def test_nothing_is_put_under_a_unit_that_is_closed_or_not_yet_open(small_city: dict) -> None:
    community = {"code": "519901001009", "level": "community", "name": "x", "parent": small_city["519901001"]}
    with pytest.raises(WrongDate):
        actions.open_unit(**community, on=date(2020, 1, 1), by=SYSTEM, shape=box(0, 8, 1, 9))
    actions.close_unit(unit=small_city["519901001002"], on=THEN, by=SYSTEM)
    with pytest.raises(UnitClosed):
        actions.move(unit=small_city["519901001001-Q1"], to=small_city["519901001002"], on=LATER, by=SYSTEM)
    actions.close_unit(unit=small_city["519901001"], on=LATER, by=SYSTEM)
    with pytest.raises(UnitClosed):
        actions.open_unit(**community, on=THEN, by=SYSTEM, shape=box(0, 8, 1, 9))


def test_parts_need_codes_of_their_own(small_city: dict) -> None:
    parts = [Part("519901001003", "北", shape=box(0, 4, 5, 8)), Part("519901001003", "南", shape=box(0, 0, 5, 4))]
    with pytest.raises(CodeTaken):
        actions.split(unit=small_city["519901001001"], parts=parts, on=LATER, by=SYSTEM)


def test_after_a_split_a_point_still_has_its_grids(small_city: dict) -> None:
    parts = [Part("519901001003", "北", shape=box(0, 4, 5, 8)), Part("519901001004", "南", shape=box(0, 0, 5, 4))]
    _north, south = actions.split(unit=small_city["519901001001"], parts=parts, on=LATER, by=SYSTEM)
    general = Unit.objects.get(parent=south, level="general_grid", valid_to=None).pk
    on_the_street, in_the_quarter = (queries.locate(*point(*at), at=LATER).path for at in ((4, 2), (2.2, 2.2)))
    assert on_the_street[4:] == (general, small_city["519901001001-G1"])
    assert in_the_quarter[4:] == (
        general,
        small_city["519901001001-G1"],
        small_city["519901001001-G1-2"],
        small_city["519901001001-Q1"],
    )


def clerk(unit: object, role: Role = Role.ADMIN) -> Actor:
    return Actor(uuid7(), ActorKind.PERSON, "clerk", (Grant(role, unit),))


def test_only_an_administrator_above_the_unit_may_change_it(small_city: dict) -> None:
    community, other = small_city["519901001001"], small_city["519901001002"]
    for actor in (clerk(other), clerk(community), clerk(small_city["519901001"], Role.DESK)):
        with acting_as(actor), pytest.raises(NotAllowed):
            actions.rename(unit=community, name="x", on=LATER, by=actor)
    actor = clerk(small_city["519901001"])
    with acting_as(actor):
        assert actions.rename(unit=community, name="x", on=LATER, by=actor).name == "x"


def test_changes_are_on_the_timeline_and_told(small_city: dict) -> None:
    community = small_city["519901001001"]
    new = actions.rename(unit=community, name="新名社区", on=LATER, by=SYSTEM)
    assert Entry.objects.filter(subject_id=community, action="renamed").exists()
    assert Entry.objects.filter(subject_id=new.pk, action="opened").exists()
    told = OutboxEvent.objects.filter(name="territory.changed").latest("position").payload
    assert told == {"reason": "renamed", "closed": [str(community)], "opened": [str(new.pk)]}


def refused_by_the_database(*, constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


def test_the_database_guards_what_python_explains(small_city: dict) -> None:
    unit = Unit.objects.get(pk=small_city["519901001001"])
    twin = Unit(code=unit.code, level=unit.level, name="x", parent_id=unit.parent_id, valid_from=LATER)
    twin.path = [*unit.path[:-1], twin.pk]
    with refused_by_the_database(constraint="unit_one_per_code_at_a_time"), transaction.atomic():
        twin.save(force_insert=True)
    boundary = Boundary.objects.get(unit=unit)
    boundary.pk, boundary.valid_from = uuid7(), LATER
    with refused_by_the_database(constraint="boundary_one_per_unit_at_a_time"), transaction.atomic():
        boundary.save(force_insert=True)
    with refused_by_the_database(constraint="unit_path_ends_with_itself"), transaction.atomic():
        Unit.objects.filter(pk=unit.pk).update(path=unit.path[:-1])
    with refused_by_the_database(constraint="unit_dates_in_order"), transaction.atomic():
        Unit.objects.filter(pk=unit.pk).update(valid_to=DAY)
    with refused_by_the_database(constraint="unit_only_cities_are_roots"), transaction.atomic():
        Unit.objects.filter(pk=unit.pk).update(parent=None)

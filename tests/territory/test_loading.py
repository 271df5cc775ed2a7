"""Packs: the real units, a second load, differences; the generated subdistrict and city; who sees households."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection, transaction

from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry
from linli.foundation.tabular import ImportRefused, UnreadableTable
from linli.territory import actions, pack, queries, shapes
from linli.territory.actions import common
from linli.territory.errors import AlreadyGenerated, UnknownPack, WrongScale
from linli.territory.models import Boundary, Household, Kind, Level, Unit
from linli.territory.packs import derive


def count(level: str) -> int:
    return Unit.objects.filter(level=level).count()


def test_the_pack_holds_the_real_units() -> None:
    chengdu = pack.read("chengdu")
    levels = [unit.level for unit in chengdu.units]
    assert [levels.count(level) for level in ("city", "district", "subdistrict", "community")] == [1, 20, 261, 3047]
    kinds = [unit.kind for unit in chengdu.units]
    assert [kinds.count(kind) for kind in (Kind.SUBDISTRICT, Kind.TOWN, Kind.COMMUNITY, Kind.VILLAGE)] == [
        161, 100, 1838, 1209,
    ]  # fmt: skip
    # The districts' boundaries and, made of them, the city's.
    assert len(chengdu.boundaries) == 21


@pytest.mark.reference
def test_the_pack_is_what_the_packages_say(reference: Path) -> None:
    codes = {unit.code for unit in pack.read("chengdu").units}
    given = set()
    for name in ("areas", "streets", "villages"):
        lines = (reference / "chengdu_admin" / f"chengdu_{name}.csv").read_text(encoding="utf-8-sig").splitlines()
        given |= {line.split(",")[0].strip('"') for line in lines[1:]}
    assert codes - {"5101"} == given


@pytest.mark.parametrize(
    ("registered", "name", "kind"),
    [
        ("水井坊社区居委会", "水井坊社区", "community"),
        ("双水碾村委会", "双水碾村", "village"),
        ("石桥村村民委员会", "石桥村", "village"),
        ("永寿社区村民委员会", "永寿社区", "community"),
        ("青羊居民委员会", "青羊社区", "community"),
        ("天瑞社区工作站社区", "天瑞社区工作站社区", "community"),
    ],
)
def test_names_lose_their_committee(registered: str, name: str, kind: str) -> None:
    assert derive.community_name(registered) == (name, kind)


@pytest.mark.django_db
def test_a_second_load_changes_nothing_and_ids_are_the_same_everywhere(as_system: None) -> None:
    first = actions.load_pack(name="chengdu", by=SYSTEM)
    assert (first["opened"], first["boundaries"]) == (3329, 21)
    second = actions.load_pack(name="chengdu", by=SYSTEM)
    assert (second["opened"], second["changed"], second["boundaries"], second["unchanged"]) == (0, 0, 0, 3329)
    assert str(queries.find_by_code("510108").id) == "01890999-7800-75b4-892a-a7d99e790f41"
    place = queries.locate(104.11, 30.68)
    assert (place.level, place.name) == ("district", "成华区")


@pytest.mark.django_db
def test_the_shuangqiaozi_demo(as_system: None) -> None:
    actions.load_pack(name="shuangqiaozi", by=SYSTEM)
    subdistrict = queries.find_by_code("510108004")
    communities = queries.children(subdistrict.id)
    assert len(communities) == 8
    assert subdistrict.managed_population == sum(unit.managed_population for unit in communities) == 140_000
    assert sum(Unit.objects.filter(level=Level.MICRO_GRID).values_list("managed_population", flat=True)) == 140_000
    area = Unit.objects.get(code="510108004003-Q001")
    assert (area.name, area.kind, area.managed_population) == ("420厂生活区", "work_unit", 30_000)
    assert Unit.objects.filter(parent=area, level=Level.BUILDING).count() == 260
    assert shapes.area_m2(queries.index().boundary(area.pk)) == pytest.approx(500_000, rel=1e-6)
    place = queries.locate(area.lon, area.lat)
    assert place.quarter_id == area.pk
    assert queries.unit(place.grid_id).level == Level.MICRO_GRID
    assert place.derived
    assert Household.objects.count() == sum(
        Household.objects.filter(building=home).count() for home in Unit.objects.filter(level=Level.BUILDING)
    )
    households = Household.objects.count()
    again = actions.load_pack(name="shuangqiaozi", by=SYSTEM)
    assert (again["opened"], again["changed"], again["boundaries"]) == (0, 0, 0)
    assert Household.objects.count() == households
    with pytest.raises(AlreadyGenerated):
        actions.generate_subdistrict(subdistrict=subdistrict.id, people=100, seed=1, on=date(2024, 1, 1), by=SYSTEM)


@pytest.mark.django_db
def test_every_child_lies_in_its_parent(as_system: None) -> None:
    actions.load_pack(name="shuangqiaozi", by=SYSTEM)
    territory = queries.index()
    checked = 0
    for unit in territory.units:
        own = territory.boundary(unit.id)
        above = territory.boundary(unit.parent_id) if unit.parent_id else None
        if own is not None and above is not None:
            assert own.difference(above).area < 1e-9 * own.area
            checked += 1
    assert checked > 150


def digest_of_units() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM territory_unit u")
        return cursor.fetchone()[0]


def digest() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(h::text, ',' ORDER BY id)) FROM territory_household h")
        return digest_of_units() + cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.slow
def test_a_small_city_and_the_same_seed_the_same_city(as_system: None) -> None:
    digests = []
    for seed in (5, 5):
        point = transaction.savepoint()
        counts = actions.generate_city(scale=0.01, seed=seed, by=SYSTEM)
        digests.append(digest())
        if len(digests) == 1:
            assert counts["quarters"] == count("quarter") == 200
            assert counts["households"] == Household.objects.count() == 74_198
            assert [count(level) for level in ("subdistrict", "community", "general_grid")] == [261, 3047, 3047]
            assert count("building") == 600
            assert Boundary.objects.filter(unit__level=Level.COMMUNITY, derived=True).count() == 3047
            assert Unit.objects.get(level=Level.CITY).managed_population == 210_000
            assert sum(Household.objects.values_list("members", flat=True)) / 74_198 == pytest.approx(2.49, abs=0.02)
            with pytest.raises(AlreadyGenerated):
                actions.generate_city(scale=0.01, seed=seed, by=SYSTEM)
        transaction.savepoint_rollback(point)
        connection.run_on_commit.clear()
    assert digests[0] == digests[1]


@pytest.mark.django_db
def test_a_city_has_a_scale(as_system: None) -> None:
    for scale in (0, 0.001, 1.5, -1):
        with pytest.raises(WrongScale):
            actions.generate_city(scale=scale, seed=1, by=SYSTEM)


def own_pack(folder: Path, units: str, **about: object) -> str:
    (folder / "units.csv").write_text("code,level,kind,name,name_en,parent\n" + units, encoding="gbk")
    (folder / "pack.json").write_text(json.dumps({"valid_from": "2024-01-01", **about}))
    return str(folder)


@pytest.mark.django_db
def test_ones_own_folder_and_its_differences(as_system: None, tmp_path: Path) -> None:
    units = "77,city,,甲市,Jia,\n7701,district,,乙区,,77\n7702,district,,丙区,,77\n770101,subdistrict,town,丁镇,,7701\n"
    actions.load_pack(name=own_pack(tmp_path, units), by=SYSTEM)
    later = units.replace("乙区", "新区").replace("丁镇,,7701", "丁镇,,7702")
    counts = actions.load_pack(name=own_pack(tmp_path, later, valid_from="2025-01-01"), by=SYSTEM)
    assert counts["changed"] == 2
    assert queries.find_by_code("7701", at=date(2024, 6, 1)).name == "乙区"
    assert queries.find_by_code("7701").name == "新区"
    town = queries.find_by_code("770101")
    assert queries.unit(town.parent_id).code == "7702"
    assert queries.unit(queries.unit(town.id, at=date(2024, 6, 1)).parent_id).name == "乙区"


@pytest.mark.django_db
def test_loading_again_keeps_what_was_decided_since(as_system: None) -> None:
    actions.load_pack(name="chengdu", by=SYSTEM)
    day = date(2025, 1, 1)
    ids = {code: queries.find_by_code(code).id for code in ("510108002", "510108004003", "510108004004", "510105")}
    actions.rename(unit=ids["510108002"], name="新名街道", on=day, by=SYSTEM)
    actions.merge(
        units=[ids["510108004003"], ids["510108004004"]], code="510108004003", name="合并社区", on=day, by=SYSTEM
    )
    moved = queries.find_by_code("510108004005").id
    actions.move(unit=moved, to=queries.find_by_code("510108006").id, on=day, by=SYSTEM)
    drawn = queries.index().boundary(ids["510105"])
    common.set_boundaries({ids["510105"]: drawn.simplify(0.001)}, day=day, source="survey", derived=False)
    before = digest_of_units()
    counts = actions.load_pack(name="chengdu", by=SYSTEM)
    assert (counts["opened"], counts["changed"], counts["boundaries"]) == (0, 0, 0)
    assert digest_of_units() == before


@pytest.mark.django_db
def test_a_later_register_renames_above_and_moves_below_at_once(as_system: None, tmp_path: Path) -> None:
    units = (
        "77,city,,甲市,,\n7701,district,,乙区,,77\n770101,subdistrict,,丁街道,,7701\n770102,subdistrict,,戊街道,,7701\n"
        "77010101,community,,己社区,,770101\n"
    )
    actions.load_pack(name=own_pack(tmp_path, units), by=SYSTEM)
    later = units.replace("甲市", "新市").replace("己社区,,770101", "己社区,,770102")
    counts = actions.load_pack(name=own_pack(tmp_path, later, valid_from="2025-01-01"), by=SYSTEM)
    assert counts["changed"] == 2
    community = queries.find_by_code("77010101")
    assert [unit.name for unit in queries.ancestors(community.id)] == ["新市", "乙区", "戊街道"]
    before = [unit.name for unit in queries.ancestors(community.id, at=date(2024, 6, 1))]
    assert before == ["甲市", "乙区", "丁街道"]
    moved = Entry.objects.filter(action="moved").values_list("subject_id", flat=True)
    assert list(moved) == [community.id]


@pytest.mark.django_db
def test_a_register_older_than_a_unit_says_nothing_of_what_lies_in_it(as_system: None, tmp_path: Path) -> None:
    units = "77,city,,甲市,,\n7701,district,,乙区,,77\n"
    actions.load_pack(name=own_pack(tmp_path, units), by=SYSTEM)
    actions.rename(unit=queries.find_by_code("7701").id, name="新区", on=date(2025, 1, 1), by=SYSTEM)
    below = "770101,subdistrict,,丁街道,,7701\n77010101,community,,己社区,,770101\n"
    counts = actions.load_pack(name=own_pack(tmp_path, units + below), by=SYSTEM)
    assert (counts["opened"], counts["unchanged"]) == (0, 4)


@pytest.mark.django_db
def test_a_unit_is_moved_only_by_who_may_edit_both_ends(as_system: None, tmp_path: Path) -> None:
    units = "77,city,,甲市,,\n7701,district,,乙区,,77\n7702,district,,丙区,,77\n770101,subdistrict,town,丁镇,,7701\n"
    actions.load_pack(name=own_pack(tmp_path, units), by=SYSTEM)
    own = queries.find_by_code("7701")
    clerk = Actor(uuid7(), ActorKind.PERSON, "clerk", (Grant(Role.ADMIN, own.id),))
    head = "code,level,kind,name,parent\n"
    for row in ("770101,subdistrict,town,丁镇,7702", "770201,subdistrict,town,己镇,7702", "7702,district,,己区,77"):
        with pytest.raises(NotAllowed):
            actions.import_units(data=(head + row).encode(), filename="u.csv", on=date(2025, 1, 1), by=clerk)
    row = "7701,district,,新区,77\n770102,subdistrict,town,己镇,7701"
    assert actions.import_units(data=(head + row).encode(), filename="u.csv", on=date(2024, 1, 1), by=clerk).opened == 1


@pytest.mark.django_db
def test_a_pack_that_cannot_be_used(as_system: None, tmp_path: Path) -> None:
    with pytest.raises(UnknownPack, match="chengdu, shuangqiaozi"):
        actions.load_pack(name="atlantis", by=SYSTEM)
    with pytest.raises(UnreadableTable, match="2023-06-30"):
        actions.load_pack(name=own_pack(tmp_path, "77,city,,甲市,,\n", valid_from="yesterday"), by=SYSTEM)
    (tmp_path / "pack.json").write_text("{")
    with pytest.raises(UnreadableTable, match=r"pack\.json"):
        actions.load_pack(name=str(tmp_path), by=SYSTEM)
    with pytest.raises(ImportRefused) as refused:
        actions.load_pack(
            name=own_pack(tmp_path, "77,city,,甲市,,\n7701,district,,乙区,,78\nx,street,,,,\n"), by=SYSTEM
        )
    assert [(problem.row, problem.column) for problem in refused.value.problems] == [
        (3, "parent"), (4, "level"), (4, "name"),
    ]  # fmt: skip
    own_pack(tmp_path, "77,city,,甲市,,\n")
    feature = {"type": "Feature", "properties": {"derived": True}, "geometry": None}
    (tmp_path / "boundaries.geojson").write_text(json.dumps(feature))
    with pytest.raises(ImportRefused):
        actions.load_pack(name=str(tmp_path), by=SYSTEM)
    assert not Unit.objects.exists()


def worker(unit: object) -> Actor:
    return Actor(uuid7(), ActorKind.PERSON, "worker", (Grant(Role.GRID_WORKER, unit),))


@pytest.mark.django_db
def test_households_show_only_in_ones_own_units(as_system: None) -> None:
    actions.load_pack(name="shuangqiaozi", by=SYSTEM)
    quarter = Unit.objects.get(code="510108004003-Q001")
    here = Household.objects.filter(building__parent=quarter)
    grid = here.first().micro_grid
    own, other = here.filter(micro_grid=grid), queries.find_by_code("510108004010").id
    for unit in (queries.find_by_code("510108004").id, quarter.pk, grid.pk, other):
        with acting_as(worker(unit)):
            assert here.count() == {grid.pk: own.count(), other: 0}.get(unit, 10_600)
            assert own.exists() is (unit != other)
    with acting_as(ANONYMOUS):
        assert not here.exists()
        assert Unit.objects.filter(level=Level.QUARTER).count() == 141


@pytest.mark.django_db
def test_the_database_repeats_who_may_write(as_system: None) -> None:
    actions.load_pack(name="chengdu", by=SYSTEM)
    district = queries.find_by_code("510108").id
    stranger = worker(queries.find_by_code("510104").id)
    with acting_as(stranger):
        assert Unit.objects.filter(pk=district).update(name="x") == 0
        assert Boundary.objects.filter(unit=district).delete()[0] == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Boundary.objects.create(
                unit_id=district,
                valid_from=date(2099, 1, 1),
                source="x",
                geometry=b"",
                west=0,
                south=0,
                east=1,
                north=1,
            )
    for actor in (stranger, ANONYMOUS):
        with pytest.raises(NotAllowed):
            actions.load_pack(name="chengdu", by=actor)
    assert queries.find_by_code("510108").name == "成华区"

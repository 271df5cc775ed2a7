"""Files as people send them: every problem is told with its row, and nothing is applied halfway."""

import json
from datetime import date

import pytest
import shapely
from django.utils import translation

from linli.foundation.access import SYSTEM
from linli.foundation.tabular import ImportRefused, UnreadableTable
from linli.territory import actions, queries, rules
from linli.territory.errors import UnknownDatum
from linli.territory.models import Boundary, Unit
from tests.territory.conftest import box, point

ON = date(2024, 6, 1)
HEAD = "code,level,kind,name,parent,lon,lat,managed_population\n"


def at(x: float, y: float) -> str:
    return "{:.6f},{:.6f}".format(*point(x, y))


def import_text(text: str, encoding: str = "utf-8", **options: object) -> actions.LoadReport:
    return actions.import_units(data=text.encode(encoding), filename="单元.csv", on=ON, by=SYSTEM, **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_units_from_a_table(small_city: dict, encoding: str) -> None:
    text = "代码,级别,类型,名称,上级,经度,纬度,人口\n"
    text += f"519901001001-Q2,quarter,old_courtyard,双林路3号院,519901001001,{at(4, 5)},260\n"
    report = import_text(text, encoding)
    assert report.opened == 1
    unit = queries.find_by_code("519901001001-Q2", at=ON)
    assert (unit.name, unit.managed_population, unit.parent_id) == ("双林路3号院", 260, small_city["519901001001"])
    assert import_text(text, encoding).nothing


def problems_of(text: str, **options: object) -> list[tuple[int, str]]:
    with pytest.raises(ImportRefused) as refused:
        import_text(text, **options)
    return [(problem.row, problem.column) for problem in refused.value.problems]


def test_every_problem_of_every_row(small_city: dict) -> None:
    good = f"519901001001-Q8,quarter,commodity,好,519901001001,{at(4, 5)},10\n"
    rows = [
        ",quarter,commodity,无码,519901001001,,,\n",
        f"519901001001-Q9,quarter,palace,宫,519901001001,{at(4, 5)},\n",
        f"519901001001-Q10,quarter,commodity,,519901001001,{at(4, 5)},many\n",
        "519901001001-Q11,quarter,commodity,无上级,519901009009,,,\n",
        "519901001001-Q12,quarter,commodity,层级错,519901,,,\n",
        "519901001001-Q13,quarter,commodity,倒了,519901001001,30.62,104.03,\n",
        f"519901001001-Q14,quarter,commodity,外面,519901001001,{at(9, 5)},\n",
        "519901001001-Q15,quarter,commodity,半个,519901001001,104.03,,\n",
        "519901001001,quarter,commodity,占用,519901001001,,,\n",
        f"519901001001-Q8,quarter,commodity,又来,519901001001,{at(4, 5)},\n",
    ]
    assert problems_of(HEAD + good + "".join(rows)) == [
        (3, "code"), (4, "kind"), (5, "name"), (5, "managed_population"), (6, "parent"), (7, "parent"), (8, "lon"),
        (9, "lon"), (10, "lon"), (11, "level"), (12, "code"),
    ]  # fmt: skip
    assert queries.find_by_code("519901001001-Q8", at=ON) is None


def test_codes_and_names_can_stand_in_an_address_and_on_a_line(small_city: dict) -> None:
    codes = ["a/b", "..", "５１９９", "x\x1b", "x" * 41]
    names = ['"两\n行"', "铃\x07", "长" * 121]
    rows = [f"{code},quarter,commodity,好,519901001001,,,\n" for code in codes]
    rows += [f"Q{n},quarter,commodity,{name},519901001001,,,\n" for n, name in enumerate(names)]
    assert problems_of(HEAD + "".join(rows)) == [
        *((n, "code") for n in range(2, 7)),
        *((n, "name") for n in range(7, 10)),
    ]


def test_ten_thousand_bad_rows_are_all_reported_and_none_applied(small_city: dict) -> None:
    before = Unit.objects.count()
    good = f"519901001001-Q8,quarter,commodity,好,519901001001,{at(4, 5)},10\n"
    rows = "".join(f"Q{i},quarter,commodity,坏,nowhere,,,\n" for i in range(10_000))
    assert [row for row, _column in problems_of(HEAD + good + rows)] == list(range(3, 10_003))
    assert Unit.objects.count() == before


def test_the_report_is_in_the_readers_language(small_city: dict) -> None:
    with pytest.raises(ImportRefused) as refused:
        import_text(HEAD + "Q1,quarter,commodity,坏,nowhere,,,\n")
    with translation.override("en"):
        assert refused.value.lines() == ["Row 2, parent: there is no unit nowhere."]


def test_a_missing_column_is_named(small_city: dict) -> None:
    with pytest.raises(UnreadableTable, match="parent"):
        import_text("code,level,name\n1,quarter,x\n")


def test_label_points_in_gcj02_are_converted_when_declared_and_recognised_when_not(small_city: dict) -> None:
    # Near the eastern border of the community, so that the shift crosses it.
    lon, lat = map(float, rules.wgs84_to_gcj02(*point(4.9, 5)))
    text = f"{HEAD}519901001001-Q2,quarter,commodity,新,519901001001,{lon},{lat},\n"
    assert problems_of(text) == [(2, "lon")]
    import_text(text, datum=rules.GCJ02)
    unit = queries.find_by_code("519901001001-Q2", at=ON)
    assert rules.metres_between(unit.lon, unit.lat, *point(4.9, 5)) < 0.5
    with pytest.raises(UnknownDatum):
        import_text(text, datum="mars")


def feature(code: str, shape: object) -> dict:
    geometry = json.loads(shapely.to_geojson(shape)) if isinstance(shape, shapely.Geometry) else shape
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}


def import_shapes(*features: dict, **options: object) -> actions.LoadReport:
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode("utf-8-sig")
    return actions.import_boundaries(data=data, filename="b.geojson", on=ON, by=SYSTEM, **options)


def test_a_boundary_replaces_the_earlier_one_from_its_day(small_city: dict) -> None:
    code = "519901001001-Q1"
    assert import_shapes(feature(code, box(0.5, 0.5, 4, 4))).boundaries == 1
    assert queries.locate(*point(3.5, 3.5), at=ON).quarter_id == small_city[code]
    assert queries.locate(*point(3.5, 3.5), at=date(2024, 5, 31)).quarter_id is None
    assert Boundary.objects.filter(unit=small_city[code]).count() == 2
    assert import_shapes(feature(code, box(0.5, 0.5, 4, 4))).nothing


def test_an_import_older_than_what_is_here_is_refused(small_city: dict) -> None:
    import_shapes(feature("519901001001-Q1", box(0.5, 0.5, 4, 4)))
    data = json.dumps(feature("519901001001-Q1", box(1, 1, 2, 2))).encode()
    with pytest.raises(ImportRefused) as refused:
        actions.import_boundaries(data=data, filename="b.geojson", on=date(2024, 3, 1), by=SYSTEM)
    assert "changed here after that day" in str(refused.value)


def test_a_little_outside_is_clipped(small_city: dict) -> None:
    import_shapes(feature("519901001001-Q1", box(1, 1, 5.02, 5)))
    territory = queries.index(ON)
    quarter = territory.boundary(small_city["519901001001-Q1"])
    assert quarter.difference(territory.boundary(small_city["519901001001"])).area == 0


def test_every_bad_boundary_is_named(small_city: dict) -> None:
    quarter = "519901001001-Q1"
    bow = shapely.Polygon([point(1, 1), point(3, 3), point(3, 1), point(1, 3)])
    swapped = shapely.transform(box(1, 1, 3, 3), lambda xy: xy[:, ::-1])
    cases = {
        "no unit": feature("nowhere", box(1, 1, 2, 2)),
        "crosses itself": feature(quarter, bow),
        "latitude before longitude": feature(quarter, swapped),
        "outside its parent": feature(quarter, box(6, 1, 8, 3)),
        "not a Polygon": feature(quarter, shapely.Point(1, 1)),
        "broken": feature(quarter, {"type": "Polygon", "coordinates": [[[1, 2], [3]]]}),
        "no area": feature(quarter, {"type": "Polygon", "coordinates": []}),
    }
    for words, bad in cases.items():
        with pytest.raises(ImportRefused) as refused, translation.override("en"):
            import_shapes(feature("519901001002-Q1", box(6, 1, 7, 2)), bad)
        with translation.override("en"):
            assert words in str(refused.value.problems[0])
        assert refused.value.problems[0].row == 2
    assert Boundary.objects.count() == 7


def test_boundaries_in_gcj02_are_recognised_and_converted_when_declared(small_city: dict) -> None:
    shape = shapely.transform(box(4.5, 2, 4.98, 4), lambda xy: __import__("numpy").column_stack(
        rules.wgs84_to_gcj02(xy[:, 0], xy[:, 1])))  # fmt: skip
    with pytest.raises(ImportRefused) as refused:
        import_shapes(feature("519901001001-Q1", shape))
    with translation.override("en"):
        assert "GCJ-02" in str(refused.value)
    import_shapes(feature("519901001001-Q1", shape), datum=rules.GCJ02)
    assert queries.locate(*point(4.7, 3), at=ON).quarter_id == small_city["519901001001-Q1"]


def test_overlapping_neighbours_are_refused(small_city: dict) -> None:
    with pytest.raises(ImportRefused) as refused:
        import_shapes(feature("519901001001", box(0, 0, 6, 8)), feature("519901001002", box(5, 0, 10, 8)))
    assert [problem.row for problem in refused.value.problems] == [2]


@pytest.mark.parametrize("data", [b"", b"not json", b"[]", b'{"features": 3}', b'{"features": [1]}', b"[" * 100_000])
def test_what_is_no_geojson_says_so(small_city: dict, data: bytes) -> None:
    with pytest.raises(UnreadableTable):
        actions.import_boundaries(data=data, filename="b.geojson", on=ON, by=SYSTEM)


def test_a_boundary_over_a_neighbour_that_is_not_in_the_file_is_refused(small_city: dict) -> None:
    with pytest.raises(ImportRefused) as refused:
        import_shapes(feature("519901001001", box(0, 0, 8, 8)))
    assert [problem.row for problem in refused.value.problems] == [1]
    # A derived one is no border that anyone agreed on.
    Boundary.objects.filter(unit=small_city["519901001002"]).update(derived=True)
    assert import_shapes(feature("519901001001", box(0, 0, 8, 8))).boundaries == 1


def test_a_unit_cannot_be_older_than_its_parent(small_city: dict) -> None:
    text = f"{HEAD}519901001001-Q2,quarter,commodity,新,519901001001,{at(4, 5)},\n"
    with pytest.raises(ImportRefused) as refused:
        actions.import_units(data=text.encode(), filename="u.csv", on=date(2023, 1, 1), by=SYSTEM)
    assert [(problem.row, problem.column) for problem in refused.value.problems] == [(2, "parent")]


def test_a_number_of_five_thousand_digits_is_a_problem_of_its_row(small_city: dict) -> None:
    text = f"{HEAD}519901001001-Q2,quarter,commodity,新,519901001001,,,{'9' * 5000}\n"
    assert problems_of(text) == [(2, "managed_population")]

"""The dry run of registers and boundaries: each row's fate by the importers' own rules, and nothing but that is applied."""

import json
from collections.abc import Iterator
from uuid import UUID

import pytest
import shapely

from linli.foundation import imports, work
from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.ids import uuid7
from linli.foundation.models import Work, WorkRow, WorkState
from linli.territory import fates, queries
from linli.territory.models import Unit
from tests.territory.conftest import box, point

HEAD = "code,level,kind,name,parent,lon,lat,managed_population\n"
OLD = "519901001001-Q1,quarter,commodity,单元01001001-Q1,519901001001,,,{people}\n"


@pytest.fixture
def admin(small_city: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Actor]:
    """Who administers the first community alone."""
    unit = UUID(str(small_city["519901001001"]))
    actor = Actor(uuid7(), ActorKind.PERSON, "社区 · 管理员", (Grant(Role.ADMIN, unit),))
    monkeypatch.setattr(work, "_actor_of", lambda _person: actor)
    yield actor
    queries.forget()


def finished(begun: Work) -> Work:
    with acting_as(SYSTEM):
        work.carry_out(str(begun.id))
        return Work.objects.get(pk=begun.id)


def dry_run(by: Actor, data: bytes, name: str = fates.UNITS) -> Work:
    unit = queries.unit(by.units()[0])
    asked = {"on": "2024-06-01", "datum": "wgs84", "source": "", "unit": str(unit.id)}
    with acting_as(by):
        begun = imports.check(name, data=data, filename="f.csv", asked=asked, by=by, unit_path=unit.path)
    return finished(begun)


def found(of: Work) -> list[tuple[int, str, str]]:
    rows = WorkRow.objects.filter(work=of).order_by("pk")
    return [(row.number, row.fate, row.reason or str(row.changes)) for row in rows]


def test_quarters_are_new_changed_unchanged_or_wrong_with_the_reason(admin: Actor) -> None:
    lon, lat = point(4, 5)
    text = HEAD + OLD.format(people=120)
    text += f"519901001001-Q2,quarter,old_courtyard,双林路3号院,519901001001,{lon},{lat},260\n"
    text += "519901001002-Q1,quarter,old_courtyard,别处,519901001002,,,1\n"
    text += "519901001001-Q3,palace,,宫,519901001001,,,\n"
    checked = dry_run(admin, text.encode())
    told = found(checked)
    assert [(number, fate) for number, fate, _more in told] == [(2, "changed"), (3, "new"), (4, "wrong"), (5, "wrong")]
    assert told[0][2] == "[['People', '100', '120']]"
    assert "your post does not allow" in told[2][2]
    assert told[3][2].startswith("level:")
    assert not Unit.objects.filter(code="519901001001-Q2").exists()


def test_a_register_is_applied_once_and_then_changes_nothing(admin: Actor) -> None:
    text = (HEAD + OLD.format(people=120)).encode()
    with acting_as(admin):
        begun = imports.apply(dry_run(admin, text).id, by=admin)
    assert finished(begun).state == WorkState.DONE
    assert Unit.objects.get(code="519901001001-Q1").managed_population == 120
    again = dry_run(admin, text)
    assert (again.result["counts"], again.result["applied"]) == ({"same": 1}, True)


def test_a_unit_changed_meanwhile_refuses_the_import(admin: Actor) -> None:
    checked = dry_run(admin, (HEAD + OLD.format(people=120)).encode())
    Unit.objects.filter(code="519901001001-Q1").update(managed_population=115)
    with acting_as(admin):
        begun = imports.apply(checked.id, by=admin)
    assert finished(begun).result["code"] == "register_changed"


@pytest.mark.parametrize("as_table", [False, True])
def test_boundaries_show_areas_before_and_after(admin: Actor, as_table: bool) -> None:
    shape = box(1, 1, 3, 4)
    if as_table:
        data = f'code,geometry\n519901001001-Q1,"{shape.wkt}"\n519901009,"POLYGON ((oops"\n'
    else:
        feature = {"properties": {"code": "519901001001-Q1"}, "geometry": json.loads(shapely.to_geojson(shape))}
        broken = {"properties": {"code": "519901009"}, "geometry": None}
        data = json.dumps({"type": "FeatureCollection", "features": [feature, broken]})
    told = found(dry_run(admin, data.encode(), fates.BOUNDARIES))
    assert [(number, fate) for number, fate, _more in told] == [(1, "changed"), (2, "wrong")]
    assert "Area" in told[0][2]
    assert "km²" in told[0][2]


@pytest.mark.parametrize(
    "data", [b"{", b'{"type":"FeatureCollection","features":[1]}', b"[" * 5000, b"code\n1\n", b"\xff\xfe\x00", b""]
)
def test_a_hostile_boundary_file_fails_in_words(admin: Actor, data: bytes) -> None:
    checked = dry_run(admin, data, fates.BOUNDARIES)
    assert (checked.state, checked.result["code"]) == (WorkState.FAILED, "unreadable_table")


def test_a_broken_outline_is_told_by_its_row(admin: Actor) -> None:
    rows = [
        "POLYGON EMPTY",
        "POINT (1 1)",
        "nonsense",
        "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))",
        "POLYGON ((inf 0, 1 1, 1 0, inf 0))",
    ]
    data = "code,geometry\n" + "".join(f'519901001001-Q1,"{row}"\n' for row in rows[:1])
    assert [fate for _n, fate, _r in found(dry_run(admin, data.encode(), fates.BOUNDARIES))] == ["wrong"]
    for row in rows[1:]:
        data = f'code,geometry\n519901001001-Q1,"{row}"\n'
        assert [fate for _n, fate, _r in found(dry_run(admin, data.encode(), fates.BOUNDARIES))] == ["wrong"], row

"""The register of facilities: what an extract and a table are read as, what a second load changes, and what bad input is told."""

import gzip
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import translation

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.foundation.ids import uuid7
from linli.foundation.tabular import ImportRefused, UnreadableTable
from linli.territory import actions as territory
from linli.territory import jobs
from linli.territory import queries as units
from linli.territory.errors import NoFacilities
from linli.territory.facilities import actions, commands, files, kinds, queries
from linli.territory.facilities.kinds import Told
from linli.territory.facilities.queries import Sides
from linli.territory.models import Facility, FacilityKind, Unit
from tests.territory.conftest import point

HEAD = "name,kind,lon,lat,address,hours,phone\n"
IN_QUARTER, IN_THE_OTHER = point(2, 2), point(7, 2)


def told(name: str = "菜场", at: tuple[float, float] = IN_QUARTER, **more: str) -> Told:
    return Told(more.pop("source_id", name), FacilityKind.MARKET, name, "", *at, **more)


def load(*rows: Told, by: Actor = SYSTEM) -> actions.Loaded:
    return actions.load(source="register", told=rows, by=by)


def table(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    file = tmp_path / "places.csv"
    file.write_text(head + "\n".join(rows) + "\n")
    return file


def run(*arguments: str) -> tuple[int, str, str]:
    with translation.override("en"):
        done = CliRunner().invoke(commands.facilities, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def extract(tmp_path: Path, *objects: str) -> Path:
    file = tmp_path / "city.osm"
    file.write_text(f'<osm version="0.6">{"".join(objects)}</osm>')
    return file


def node(number: int, at: tuple[float, float], **tags: str) -> str:
    inside = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    return f'<node id="{number}" version="1" lon="{at[0]}" lat="{at[1]}">{inside}</node>'


# --- kinds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"amenity": "doctors"}, "clinic"),
        ({"amenity": "social_facility", "social_facility": "nursing_home"}, "elder_care"),
        ({"amenity": "social_facility", "social_facility:for": "senior"}, "elder_care"),
        ({"railway": "station", "station": "subway"}, "metro"),
        ({"railway": "station"}, None),
        ({"highway": "bus_stop", "name": "水碾河"}, "bus_stop"),
        ({"highway": "residential"}, None),
        ({"amenity": "parking", "access": "private"}, None),
        ({"amenity": "shelter"}, None),
        ({"emergency": "assembly_point"}, "shelter"),
        ({}, None),
    ],
)
def test_tags_name_kinds(tags: Mapping[str, str], kind: str | None) -> None:
    assert kinds.of_tags(tags) == kind


@pytest.mark.parametrize("word", ["clinic", " Clinic", "CLINIC", "诊所"])
def test_a_kind_is_said_in_either_language(word: str) -> None:
    assert kinds.of_word(word) is FacilityKind.CLINIC
    assert kinds.of_word(f"{word}x") is None


def test_every_kind_has_a_sign_and_a_name_in_both_languages() -> None:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            places = [Facility(kind=kind) for kind in FacilityKind]
            assert len({kinds.sign_of(place) for place in places}) == len(FacilityKind)
            assert len({kinds.name_of(place) for place in places}) == len(FacilityKind)


# --- loading ---------------------------------------------------------------------------------------------------------


def test_a_second_load_changes_nothing_and_what_is_gone_is_closed(small_city: dict[str, str]) -> None:
    assert load(told(), told("药店")) == actions.Loaded(2, 0, 0, 0, 0)
    before = list(Facility.objects.order_by("pk").values())
    assert load(told(), told("药店")) == actions.Loaded(0, 0, 2, 0, 0)
    assert list(Facility.objects.order_by("pk").values()) == before
    assert load(told(hours="8:00-20:00")) == actions.Loaded(0, 1, 0, 1, 0)
    gone = Facility.objects.get(name="药店")
    assert gone.closed_at is not None
    city = units.root().id
    assert [one.hours for one in queries.facilities(city)] == ["8:00-20:00"]
    assert load(told(hours="8:00-20:00")).unchanged == 1, "what is closed is not closed again"
    assert load(told(), told("药店")).changed == 2
    assert Facility.objects.get(name="药店").pk == gone.pk, "back again, it is the same"


def test_a_source_leaves_others_alone(small_city: dict[str, str]) -> None:
    load(told())
    actions.load(source="osm", told=[told("药店")], by=SYSTEM)
    assert len(queries.facilities(units.root().id)) == 2


def test_each_lies_in_its_unit(small_city: dict[str, str]) -> None:
    done = load(told("一"), told("二", IN_THE_OTHER), told("外", (0.0, 0.0)))
    assert (done.opened, done.outside) == (2, 1)
    first = Facility.objects.get(name="一")
    assert str(first.unit_id) == str(small_city["519901001001-Q1"])
    community = Unit.objects.get(code="519901001001").pk
    assert [one.name for one in queries.facilities(community)] == ["一"]
    lon, lat = IN_QUARTER
    assert queries.facilities(units.root().id, Sides(lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001)) == [first]
    assert queries.facilities(units.root().id, Sides(lon + 0.001, lat - 0.001, lon + 0.002, lat + 0.001)) == []


def test_nothing_in_the_city_closes_nothing(small_city: dict[str, str]) -> None:
    load(told())
    for rows in ([], [told(at=(0.0, 0.0))]):
        with pytest.raises(NoFacilities):
            load(*rows)
    assert Facility.objects.get().closed_at is None


def test_they_follow_when_the_territory_changes(small_city: dict[str, str]) -> None:
    load(told())
    quarter = Unit.objects.get(code="519901001001-Q1")
    territory.close_unit(unit=quarter.pk, on=units.day_of(None), by=SYSTEM)
    assert actions.place_again(by=SYSTEM) == 1
    assert Facility.objects.get().unit.code == "519901001001"
    assert actions.place_again(by=SYSTEM) == 0


def test_they_follow_what_was_announced_on_its_day(small_city: dict[str, str]) -> None:
    load(told())
    quarter = Unit.objects.get(code="519901001001-Q1")
    tomorrow = clock.now() + timedelta(days=1)
    territory.close_unit(unit=quarter.pk, on=units.day_of(tomorrow), by=SYSTEM)
    jobs.place_facilities()
    assert Facility.objects.get().unit == quarter, "until then it is there"
    with clock.at(tomorrow):
        jobs.place_facilities()
    assert Facility.objects.get().unit.code == "519901001001"


def test_only_who_may_edit_the_whole_city_loads(small_city: dict[str, str]) -> None:
    community = Unit.objects.get(code="519901001001").pk
    admin = Actor(uuid7(), ActorKind.PERSON, "admin", (Grant(Role.ADMIN, community),))
    with pytest.raises(NotAllowed):
        load(told(), by=admin)
    load(told())
    with acting_as(Actor(uuid7(), ActorKind.PERSON, "desk", (Grant(Role.DESK, community),))):
        assert Facility.objects.count() == 1, "published"
    leader = Actor(uuid7(), ActorKind.PERSON, "leader", (Grant(Role.LEADER, Unit.objects.get(code="519901001002").pk),))
    with acting_as(leader):
        assert Facility.objects.update(name="x") == 0, "and of other units not to be written: the database says so"


# --- tables ----------------------------------------------------------------------------------------------------------


def test_a_table_is_read_in_either_language(small_city: dict[str, str], tmp_path: Path) -> None:
    lon, lat = IN_QUARTER
    file = table(
        tmp_path,
        f"水碾河菜场,菜场超市,{lon},{lat},一环路1号,8:00-20:00,028-0000 0001",
        head="名称,类型,经度,纬度,地址,营业时间,电话\n",
    )
    code, out, _errors = run("load", str(file))
    assert (code, out) == (0, "opened: 1, changed: 0, unchanged: 0, closed: 0, outside: 0\n")
    assert "unchanged: 1" in run("load", str(file))[1]
    [place] = Facility.objects.all()
    assert (place.source, place.phone) == ("places.csv", "028-0000 0001")
    with translation.override("en"):
        assert kinds.lines_of(place) == "Market · 一环路1号 · 8:00-20:00 · 028-0000 0001"


def test_every_problem_of_a_table_is_told_and_nothing_loaded(small_city: dict[str, str], tmp_path: Path) -> None:
    lon, lat = IN_QUARTER
    rows = [
        f"好,clinic,{lon},{lat},,,",
        f"好,clinic,{lon},{lat},,,",
        f",clinic,{lon},{lat},,,",
        f"坏,casino,{lon},{lat},,,",
        f"坏,clinic,{lat},{lon},,,",
        "坏,clinic,x,,,,",
        "坏,clinic,nan,inf,,,",
        "坏,clinic,0,0,,,",
        f"{'长' * 121},clinic,{lon},{lat},,,",
        f"坏,clinic,{lon},{lat},,,{'1' * 61}",
        f"坏\u202e,clinic,{lon},{lat},,,",
    ]
    code, out, errors = run("load", str(table(tmp_path, *rows)))
    assert (code, out) == (1, "")
    lines = [line for line in errors.splitlines() if line.startswith("Row ")]
    assert [line.split(":")[0] for line in lines] == [
        "Row 3, name", "Row 4, name", "Row 5, kind", "Row 6, lon", "Row 7, lon", "Row 8, lon", "Row 9, lon", "Row 10, name",
        "Row 11, phone", "Row 12, name",
    ]  # fmt: skip
    assert "swapped" in lines[3]
    assert not Facility.objects.exists()


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "\x00\x01", "name,kind,lon,lat\n"])
def test_what_is_no_table(small_city: dict[str, str], tmp_path: Path, content: str) -> None:
    file = tmp_path / "places.csv"
    file.write_text(content)
    with pytest.raises((UnreadableTable, NoFacilities)):
        run("load", str(file))
    assert not Facility.objects.exists()


def test_ids_of_a_table_stay_when_a_place_moves(small_city: dict[str, str], tmp_path: Path) -> None:
    head = "id,name,kind,lon,lat\n"
    for at in (IN_QUARTER, IN_THE_OTHER):
        assert run("load", str(table(tmp_path, f"7,菜场,market,{at[0]},{at[1]}", head=head)))[0] == 0
    assert Facility.objects.get().unit.code == "519901001002-Q1"


# --- extracts --------------------------------------------------------------------------------------------------------


def test_an_extract_gives_points_and_areas_once(small_city: dict[str, str], tmp_path: Path) -> None:
    corners = [point(1.2, 1.2), point(1.4, 1.2), point(1.4, 1.4), point(1.2, 1.4)]
    file = extract(
        tmp_path,
        node(1, IN_QUARTER, amenity="pharmacy", name="药房", **{"name:en": "Pharmacy", "phone": "028-0000 0002"}),
        node(2, IN_QUARTER, amenity="toilets"),
        node(3, IN_QUARTER, amenity="restaurant", name="饭店"),
        node(4, (0.0, 0.0), amenity="clinic"),
        *(node(10 + number, corner) for number, corner in enumerate(corners)),
        '<way id="5" version="1">'
        + "".join(f'<nd ref="{10 + number % 4}"/>' for number in range(5))
        + '<tag k="leisure" v="park"/><tag k="name" v="塔子山&#10;公园"/></way>',
        '<way id="6" version="1"><nd ref="10"/><nd ref="99"/><tag k="amenity" v="parking"/></way>',
    )
    code, out, errors = run("load", str(file))
    assert (code, out) == (0, "opened: 3, changed: 0, unchanged: 0, closed: 0, outside: 1\n"), errors
    assert "unchanged: 3" in run("load", str(file))[1]
    assert {(one.source_id, one.kind, one.name) for one in Facility.objects.all()} == {
        ("node/1", "pharmacy", "药房"), ("node/2", "toilet", ""), ("way/5", "park", "塔子山 公园"),
    }  # fmt: skip
    assert run("load", str(file), "--datum", "gcj02")[0] == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"no", b"<osm", b'<osm version="0.6"><node id="1" lon="x"/></osm>', gzip.compress(b"<osm>", mtime=0)[:9]],
)
def test_what_is_no_extract(small_city: dict[str, str], tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "city.osm.gz" if content[:1] == b"\x1f" else tmp_path / "city.osm"
    file.write_bytes(content)
    with pytest.raises(UnreadableTable):
        files.read_extract(file)


def test_an_empty_extract_closes_nothing(small_city: dict[str, str], tmp_path: Path) -> None:
    load(told())
    with pytest.raises(NoFacilities):
        run("load", str(extract(tmp_path)))
    assert Facility.objects.get().closed_at is None


@pytest.mark.reference
def test_central_chengdu(db: None, as_system: None, reference: Path) -> None:
    territory.load_pack(name="chengdu", by=SYSTEM)
    found = files.read_extract(reference / "chengdu_osm" / "chengdu_2018_eta.osm.gz")
    done = actions.load(source="osm", told=found, by=SYSTEM)
    assert done.outside == 0
    counts = {kind: sum(one.kind == kind for one in found) for kind in FacilityKind}
    assert (counts["bus_stop"], counts["school"], counts["park"]) == (123, 55, 29)


# --- the API ---------------------------------------------------------------------------------------------------------


def test_the_window_of_the_map(small_city: dict[str, str]) -> None:
    load(told(phone="028-0000 0003"), told("", source_id="nameless"))
    lon, lat = IN_QUARTER
    asked = {
        "unit": str(units.root().id),
        "west": lon - 0.01,
        "south": lat - 0.01,
        "east": lon + 0.01,
        "north": lat + 0.01,
        "zoom": 14,
    }
    browser = Client(headers={"accept-language": "en"})
    features = browser.get("/api/v1/territory/map/window", asked).json()["features"]
    assert json.dumps(features).count('"name"') == 2
    assert [one["properties"]["name"] for one in features] == ["Market", "菜场"]
    assert features[1]["properties"] == {
        "name": "菜场",
        "kind": "market",
        "lines": "Market · 028-0000 0003",
        "mark": "Ma",
    }
    assert features[1]["geometry"] == {"type": "Point", "coordinates": [lon, lat]}
    for wrong, status in (
        ({"west": 900}, 422),
        ({"north": "nan"}, 422),
        ({"unit": "x"}, 422),
        ({"unit": str(uuid7())}, 404),
    ):
        assert browser.get("/api/v1/territory/map/window", {**asked, **wrong}).status_code == status, wrong


def test_a_refusal_names_all_rows(small_city: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        files.read_register(table(tmp_path, *["坏,casino,0,0,,,"] * 50))
    assert len(refused.value.lines()) == 100

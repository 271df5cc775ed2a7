"""Ways along the streets of an extract: around the river, not across it; through the air where no street leads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from factories.streets import Thing, extract

from linli.cli import main
from linli.dispatch import network, solver, streets
from linli.dispatch.solver import Task, Worker
from linli.dispatch.streets import Use
from linli.dispatch.travel import Measured, Mode, metres_between, straight

LON, LAT = 104.0657, 30.6574
STEP = 0.002  # about 190 m to the east, 220 m to the north
BRIDGE = 10 * STEP


def bank(lat: float) -> list[tuple[float, float]]:
    return [(LON + number * STEP, lat) for number in range(11)]


# Two banks of a river, with one bridge at their eastern end.
NORTH, SOUTH = LAT + STEP / 2, LAT - STEP / 2
CITY: list[Thing] = [
    ({"highway": "residential"}, bank(NORTH)),
    ({"highway": "footway"}, bank(SOUTH)),
    ({"highway": "tertiary"}, [(LON + BRIDGE, NORTH), (LON + BRIDGE, SOUTH)]),
]


@pytest.fixture
def city(tmp_path: Path) -> streets.Streets:
    return streets.read(extract(tmp_path / "city.osm", *CITY))


def test_the_way_goes_over_the_bridge(city: streets.Streets) -> None:
    there = streets.along(city)([(LON, NORTH), (LON, SOUTH), (LON + 5 * STEP, NORTH)])
    # 20 steps along both banks, and the river's width.
    assert there.metres[0, 1] == pytest.approx(20 * 191.4 + 222.4, rel=0.01)
    assert there.metres[0, 2] == pytest.approx(5 * 191.4, rel=0.01)
    assert (there.metres == there.metres.T).all()
    assert there.seconds[0, 1] == pytest.approx(there.metres[0, 1] / 4.2, abs=1)
    assert not there.metres.diagonal().any()


def test_whoever_is_on_the_same_bank_is_proposed(city: streets.Streets) -> None:
    now = datetime(2026, 11, 26, 9, tzinfo=UTC)
    hours = {"starts": now, "ends": now + timedelta(hours=8)}
    people = [Worker("other bank", (LON, SOUTH), **hours), Worker("this bank", (LON + 3 * STEP, NORTH), **hours)]
    work = [Task("t", (LON, NORTH))]
    assert solver.propose(people, work, now).lines[0].worker == "other bank"
    assert solver.propose(people, work, now, travel=streets.along(city)).lines[0].worker == "this bank"


def test_where_no_street_leads_the_air_does(city: streets.Streets) -> None:
    far = [(LON, NORTH), (LON, NORTH + 0.05), (0.0, 0.0)]
    assert (streets.along(city)(far).metres == straight()(far).metres).all()
    assert streets.along(city)([]).metres.shape == (0, 0)
    island = streets.joined([streets.Way(bank(NORTH)), streets.Way([(LON, SOUTH), (LON + STEP, SOUTH)])])
    places = [(LON, NORTH), (LON, SOUTH)]
    assert streets.along(island)(places).metres[0, 1] == straight()(places).metres[0, 1]


def test_too_many_places_are_measured_through_the_air(city: streets.Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(LON, NORTH), (LON, SOUTH)]
    assert streets.along(city)(places).measured == Measured.STREETS
    monkeypatch.setattr(streets, "MOST_STEPS", 10)
    measured = streets.along(city)(places)
    assert (measured.metres == straight()(places).metres).all()
    assert measured.measured == Measured.TOO_MANY


def test_a_plan_says_what_its_ways_were_measured_by(city: streets.Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cars have a smaller network than bicycles: within the limit the one goes along it, the other through the air."""
    now = datetime(2026, 11, 26, 9, tzinfo=UTC)
    hours = {"starts": now, "ends": now + timedelta(hours=8)}
    rider, car = Worker("rider", (LON, SOUTH), **hours), Worker("car", (LON, NORTH), mode=Mode.CAR, **hours)
    work = [Task("t", (LON + STEP, NORTH))]

    def measured(*people: Worker, at: list[Task] = work) -> Measured | None:
        return solver.propose(people, at, now, travel=streets.along(city)).measured

    assert measured(rider, car) == Measured.STREETS
    assert measured() is None
    assert measured(rider, at=[Task("far", (LON, NORTH + 0.05))]) == Measured.AIR
    assert solver.propose([rider], work, now).measured == Measured.AIR
    # Twenty-two corners for a bicycle, thirteen for a car, asked from three of them.
    monkeypatch.setattr(streets, "MOST_STEPS", 40)
    assert measured(rider, car) == Measured.MIXED


def test_a_way_is_told_corner_by_corner_and_not_where_no_street_leads(city: streets.Streets) -> None:
    """Over the bridge at the far end, as long as it was measured."""
    begins, ends = (LON, NORTH), (LON, SOUTH)
    (way,) = streets.ways(city, [(begins, ends)])
    assert way is not None
    assert (way[0], way[-1]) == (begins, ends)
    at = np.array(way)
    measured = streets.along(city)([begins, ends]).metres[0, 1]
    assert metres_between(at[:-1], at[1:]).sum() == pytest.approx(measured, abs=2)
    island = streets.joined([streets.Way(bank(NORTH)), streets.Way([(LON, SOUTH), (LON + STEP, SOUTH)])])
    assert streets.ways(island, [(begins, ends), (begins, begins)]) == [None, None]
    assert streets.ways(city, [((LON + 9, LAT), (LON + 9, LAT))]) == [None]


def test_a_car_keeps_to_its_streets_and_to_their_direction(tmp_path: Path) -> None:
    """Two crossings of the river: a near one for feet, and a far one; the southern bank leads one way only, to the east."""
    walk: Thing = ({"highway": "footway"}, [(LON, NORTH), (LON, SOUTH)])
    one_way: Thing = ({"highway": "residential", "oneway": "yes"}, bank(SOUTH))
    city = streets.read(extract(tmp_path / "city.osm", CITY[0], walk, one_way, CITY[2]))
    across = [(LON, NORTH), (LON, SOUTH)]
    assert streets.along(city)(across).metres[0, 1] == pytest.approx(222.4, rel=0.01)
    by_car = streets.along(city)(across, Mode.CAR)
    # Nobody may drive west along the southern bank: there the air has to do. Back it goes over the bridge.
    assert by_car.metres[1, 0] == pytest.approx(20 * 191.4 + 222.4, rel=0.01)
    assert by_car.seconds[1, 0] == pytest.approx(by_car.metres[1, 0] / 6.9, abs=1)
    assert by_car.metres[0, 1] == straight()(across).metres[0, 1]
    (there,), (back,) = (streets.ways(city, [leg], Mode.CAR) for leg in (across, across[::-1]))
    assert there is None
    assert back is not None
    assert len(back) == 24


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"highway": "residential"}, streets.EVERYBODY),
        ({"highway": "footway"}, Use.BIKE),
        ({"highway": "primary_link", "oneway": "yes"}, Use.BIKE | Use.CAR_THERE),
        ({"highway": "service", "oneway": "-1"}, Use.BIKE | Use.CAR_BACK),
        ({"highway": "tertiary", "junction": "roundabout"}, Use.BIKE | Use.CAR_THERE),
        ({"highway": "tertiary", "junction": "roundabout", "oneway": "no"}, streets.EVERYBODY),
        ({"highway": "residential", "motor_vehicle": "no"}, Use.BIKE),
        ({"highway": "residential", "access": "no"}, Use(0)),
        ({"highway": "service", "access": "no", "motor_vehicle": "destination"}, Use.CAR_THERE | Use.CAR_BACK),
        ({"highway": "living_street", "access": "no", "foot": "yes"}, Use.BIKE),
        ({"highway": "service", "access": "private"}, streets.EVERYBODY),
        ({"highway": "motorway"}, Use(0)),
    ],
)
def test_tags_say_who_goes_along_a_street(tags: dict[str, str], use: Use) -> None:
    assert streets.use_of(tags) == use


def test_a_file_of_before_cars_were_told_apart_is_read(tmp_path: Path, city: streets.Streets) -> None:
    path = tmp_path / "streets.npz"
    np.savez_compressed(path, corners=city.corners, begins=city.begins, ends=city.ends)
    assert (streets.load(path).uses == streets.EVERYBODY).all()


def test_motorways_are_left_out_and_shared_corners_are_one(tmp_path: Path) -> None:
    motorway: Thing = ({"highway": "motorway"}, [(LON, LAT), (LON + STEP, LAT)])
    found = streets.read(extract(tmp_path / "city.osm", *CITY, motorway))
    assert len(found.corners) == 22
    assert len(found.begins) == 21


def test_the_command_loads_them_and_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network.env, "data_dir", lambda: tmp_path)
    assert not network.is_loaded()
    done = CliRunner().invoke(main, ["streets", str(extract(tmp_path / "city.osm", *CITY))])
    assert done.exit_code == 0, done.output
    assert "corners: 22, pieces of street: 21" in done.output
    assert network.is_loaded()
    assert network.travel()([(LON, NORTH), (LON, SOUTH)]).metres[0, 1] > 3000
    (tmp_path / "broken.osm.pbf").write_bytes(b"no extract")
    (tmp_path / "empty.osm").write_text('<osm version="0.6"></osm>')
    extract(tmp_path / "swapped.osm", ({"highway": "residential"}, [(LAT, LON), (LAT, LON + STEP)]))
    extract(tmp_path / "metres.osm", ({"highway": "residential"}, [(11_583_000, 3_589_000), (11_583_100, 3_589_000)]))
    extract(tmp_path / "far.osm", ({"highway": "residential"}, [(-51.2, -30.0), (-51.2, -30.1)]))
    for name, said in (
        ("broken.osm.pbf", "cannot be read"),
        ("empty.osm", "holds no streets"),
        # Positions that are none, and those of somewhere else.
        ("swapped.osm", "Take an extract that covers your city"),
        ("metres.osm", "positions in degrees (WGS84)"),
        ("far.osm", "they do not meet. Take an extract of your city"),
    ):
        refused = CliRunner().invoke(main, ["streets", str(tmp_path / name)])
        assert refused.exit_code == 1
        assert said in refused.output, name
    # What was there stays; a file that is no network is no reason to propose nothing.
    assert network.travel()([(LON, NORTH), (LON, SOUTH)]).metres[0, 1] > 3000
    whole = network.default_path().read_bytes()
    for torn in (b"torn", whole[: len(whole) // 2], b""):
        network.default_path().write_bytes(torn)
        assert not network.is_loaded()
        assert network.travel()([(LON, NORTH), (LON, SOUTH)]).metres[0, 1] < 1000

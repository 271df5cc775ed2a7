"""The base map from the command line: what of an extract is on which tile, and what bad input gets."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from click.testing import CliRunner
from factories.streets import Thing, extract, square
from pmtiles.reader import MemorySource, Reader, all_tiles
from shapely.geometry import shape

from linli.cli import main
from linli.territory.basemap import extract as extracts
from linli.territory.basemap import tiles

# Tianfu Square, in the middle of the city, well inside a tile of the last zoom.
LON, LAT = 104.0657, 30.6574
STREET: Thing = (
    {"highway": "residential", "name": "总府路", "name:en": "Zongfu Road"},
    [(LON - 0.02, LAT), (LON, LAT), (LON + 0.02, LAT)],
)
MOTORWAY: Thing = ({"highway": "motorway", "name": "绕城高速"}, [(LON - 0.05, LAT + 0.01), (LON + 0.05, LAT + 0.01)])
LAKE: Thing = ({"natural": "water"}, square(LON, LAT, 0.004))
HOUSE: Thing = ({"building": "yes"}, square(LON, LAT, 0.0002))
PLACE: Thing = ({"place": "city", "name": "Chengdu 成都", "name:zh": "成都市", "name:en": "Chengdu"}, [(LON, LAT)])


def run(*arguments: object) -> tuple[int, str]:
    """`linli map build`: the exit code, and what was said at the end."""
    done = CliRunner().invoke(main, ["map", "build", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Reader]:
    def build(*things: Thing) -> Reader:
        out = tmp_path / "base.pmtiles"
        code, said = run(extract(tmp_path / "city.osm", *things), "--out", out)
        assert code == 0, said
        return Reader(MemorySource(out.read_bytes()))

    return build


def at(reader: Reader, zoom: int, lon: float = LON, lat: float = LAT) -> dict[str, Any]:
    """The layers of the tile in which a position lies; nothing where there is no tile."""
    x, y = (int(axis * 2**zoom) for axis in world(lon, lat))
    content = reader.get(zoom, x, y)
    return mapbox_vector_tile.decode(gzip.decompress(content)) if content else {}


def world(lon: float, lat: float) -> tuple[float, float]:
    x, y = extracts.world(np.array([[lon, lat]]))[0]
    return float(x), float(y)


def kinds(layers: dict[str, Any]) -> dict[str, set[str]]:
    return {name: {one["properties"]["kind"] for one in layer["features"]} for name, layer in layers.items()}


def test_each_thing_is_in_its_layer_from_its_zoom_on(build: Callable[..., Reader]) -> None:
    reader = build(STREET, MOTORWAY, LAKE, HOUSE, PLACE)
    assert kinds(at(reader, 8)) == {"roads": {"motorway"}, "names": {"city"}}
    assert kinds(at(reader, 13)) == {"roads": {"motorway", "street"}, "names": {"city"}, "water": {"water"}}
    assert kinds(at(reader, 15)) == {
        "buildings": {"building"}, "names": {"city"}, "roads": {"street"}, "water": {"water"},
    }  # fmt: skip
    header = reader.header()
    assert (header["min_zoom"], header["max_zoom"]) == (8, 15)
    assert header["min_lon_e7"] == pytest.approx((LON - 0.05) * 1e7, abs=10)


def test_names_are_chinese_and_english(build: Callable[..., Reader]) -> None:
    layers = at(build(STREET, PLACE, LAKE), 15)
    (street,) = layers["roads"]["features"]
    assert street["properties"] == {"kind": "street", "name": "总府路", "name:en": "Zongfu Road"}
    (place,) = layers["names"]["features"]
    assert place["properties"] == {"kind": "city", "name": "成都市", "name:en": "Chengdu"}


def test_shapes_lie_where_they_are_and_end_at_the_tile(build: Callable[..., Reader]) -> None:
    reader = build(STREET, ({"natural": "water"}, square(LON, LAT, 0.05)))
    _x, y = world(LON, LAT)
    size = 0.5**15
    tile = at(reader, 15)
    water = shape(tile["water"]["features"][0]["geometry"])
    # The lake is wider than a tile: it fills it to its buffer, and no further. The decoder's y is upwards.
    assert water.bounds == (-64, -64, 4096 + 64, 4096 + 64)
    street = shape(tile["roads"]["features"][0]["geometry"])
    assert street.bounds[0] == -64
    assert street.bounds[2] == 4096 + 64
    assert street.centroid.y == pytest.approx(4096 - (y / size - int(y / size)) * 4096, abs=1)
    # Where only the buffer of nothing is, there is no tile.
    assert at(reader, 15, LON, LAT + 0.06) == {}


def test_pieces_of_a_street_become_one_line(build: Callable[..., Reader]) -> None:
    tags = {"highway": "tertiary", "name": "红星路"}
    pieces = [(tags, [(LON + i * 0.001, LAT), (LON + (i + 1) * 0.001, LAT)]) for i in range(-4, 4)]
    (street,) = at(build(*pieces), 14)["roads"]["features"]
    assert street["geometry"]["type"] == "LineString"


def test_what_is_only_planned_and_yards_of_rails_are_left_out(build: Callable[..., Reader]) -> None:
    line = STREET[1]
    reader = build(
        STREET, ({"highway": "construction"}, line), ({"building": "no"}, HOUSE[1]), ({"railway": "rail", "service": "yard"}, line)
    )  # fmt: skip
    assert kinds(at(reader, 15)) == {"roads": {"street"}}


def test_a_crowded_tile_keeps_what_is_important(build: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "MOST_BYTES", 1000)
    houses = [
        ({"building": "yes"}, square(LON + i * 0.0003, LAT + j * 0.0003, 0.0002)) for i in range(20) for j in range(20)
    ]
    reader = build(STREET, *houses)
    sizes = [len(content) for _place, content in all_tiles(reader.get_bytes)]
    assert max(sizes) <= 1000
    layers = at(reader, 15)
    assert kinds(layers)["roads"] == {"street"}
    assert 0 < len(layers["buildings"]["features"]) < 400


def test_the_licence_is_told(build: Callable[..., Reader]) -> None:
    told = build(STREET).metadata()
    assert "OpenStreetMap contributors" in told["attribution"]
    assert told["license"] == "ODbL-1.0"


def test_only_what_lies_within_the_bounds(tmp_path: Path) -> None:
    far = ({"place": "city", "name": "重庆"}, [(106.55, 29.56)])
    file = extract(tmp_path / "two.osm", STREET, far)
    out = tmp_path / "base.pmtiles"
    assert run(file, "--out", out)[0] == 0
    assert "names" not in at(Reader(MemorySource(out.read_bytes())), 8)
    assert run(file, "--out", out, "--bounds", "106,29,107,30")[0] == 0
    reader = Reader(MemorySource(out.read_bytes()))
    assert kinds(at(reader, 8, 106.55, 29.56)) == {"names": {"city"}}
    assert at(reader, 8) == {}


def test_without_further_words_it_lies_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path / "data"))
    code, said = run(extract(tmp_path / "city.osm", STREET))
    assert code == 0
    assert "objects: 1," in said
    assert [path.name for path in (tmp_path / "data" / "map").iterdir()] == ["base.pmtiles"]


NO_OSM = b"hello"
EMPTY = b'<osm version="0.6"></osm>'
METRES = (
    b'<osm version="0.6"><node id="1" version="1" lon="11583000" lat="3589000"><tag k="place" v="city"/></node></osm>'
)
SWAPPED = b'<osm version="0.6"><node id="1" lat="104.06" lon="30.65"><tag k="place" v="city"/><tag k="name" v="x"/></node></osm>'


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("city.osm", NO_OSM, "cannot be read"),
        ("city.osm.pbf", NO_OSM, "cannot be read"),
        ("city.osm.gz", NO_OSM, "cannot be read"),
        ("city.txt", NO_OSM, "must be a whole OpenStreetMap extract"),
        ("city.osm", b"", "cannot be read"),
        ("city.osm", EMPTY, "holds no streets"),
        ("city.osm", METRES, "degrees (WGS84)"),
        ("city.osm", SWAPPED, "degrees (WGS84)"),
    ],
)
def test_a_file_that_is_no_map_is_said_so_and_the_old_map_stays(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    file, out = tmp_path / name, tmp_path / "map" / "base.pmtiles"
    file.write_bytes(content)
    out.parent.mkdir()
    out.write_bytes(b"the old one")
    code, said = run(file, "--out", out)
    assert code == 1
    assert words in said
    assert out.read_bytes() == b"the old one"
    assert list(out.parent.iterdir()) == [out]


def test_another_city_is_refused_with_both_places_named(tmp_path: Path) -> None:
    code, said = run(extract(tmp_path / "far.osm", ({"place": "city", "name": "Porto Alegre"}, [(-51.2, -30.0)])))
    assert code == 1
    assert "-51.200" in said
    assert "102.992" in said
    assert "--bounds" in said


def test_more_than_a_province_is_refused(tmp_path: Path) -> None:
    ends = [({"place": "city", "name": "x"}, [at]) for at in ((80.0, 20.0), (120.0, 50.0))]
    code, said = run(extract(tmp_path / "wide.osm", *ends), "--bounds", "70,10,130,60", "--out", tmp_path / "x")
    assert (code, "--bounds" in said) == (1, True)


@pytest.mark.parametrize("bounds", ["1,2,3", "a,b,c,d", "104.2,30.5,103.9,30.8", "30.5,103.9,30.8,104.2"])
def test_bounds_that_are_none(bounds: str, tmp_path: Path) -> None:
    code, said = run(extract(tmp_path / "city.osm", STREET), "--bounds", bounds)
    assert code == 2
    assert "degrees" in said


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, said = run(extract(tmp_path / "city.osm", STREET), "--out", tmp_path / "file" / "base.pmtiles")
    assert code == 1
    assert "cannot be written" in said
    assert "--out" in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft is written to where every write fails."""
    from linli.territory.basemap import archive

    out = tmp_path / "base.pmtiles"
    out.write_bytes(b"the old one")
    monkeypatch.setattr(
        archive.tempfile, "mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(tmp_path / "draft"))
    )
    code, said = run(extract(tmp_path / "city.osm", STREET), "--out", out)
    assert code == 1
    assert "No space left" in said
    assert out.read_bytes() == b"the old one"


@pytest.mark.reference
def test_central_chengdu(reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "base.pmtiles"
    code, said = run(reference / "chengdu_osm" / "chengdu_2018_eta.osm.gz", "--out", out)
    assert code == 0, said
    reader = Reader(MemorySource(out.read_bytes()))
    assert max(len(content) for _place, content in all_tiles(reader.get_bytes)) <= tiles.MOST_BYTES
    centre = at(reader, 13)
    assert set(centre) >= {"land", "water", "roads", "rail", "names"}
    names = {one["properties"].get("name") for layer in ("roads", "names") for one in centre[layer]["features"]}
    assert {"天府广场", "人民南路一段"} & names

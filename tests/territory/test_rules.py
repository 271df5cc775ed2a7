"""Datums: known points, exact inverses, and China's edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.territory import rules
from linli.territory.errors import InvalidCoordinates, UnknownDatum

IN_CHINA = {"lon": st.floats(74, 134), "lat": st.floats(18, 53)}


@given(**IN_CHINA)
def test_gcj02_and_back_is_the_same_point(lon: float, lat: float) -> None:
    there = rules.wgs84_to_gcj02(lon, lat)
    assert rules.metres_between(lon, lat, *rules.gcj02_to_wgs84(*there)) < 1e-3
    assert 10 < rules.metres_between(lon, lat, *there) < 1500


@given(**IN_CHINA)
def test_bd09_and_back_is_the_same_point(lon: float, lat: float) -> None:
    there = rules.gcj02_to_bd09(*rules.wgs84_to_gcj02(lon, lat))
    assert rules.metres_between(lon, lat, *rules.to_wgs84(*there, rules.BD09)) < 1e-3


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_shanghai_shenzhen_and_beijing_as_published(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    """The worked examples that open implementations are checked with."""
    assert rules.metres_between(*gcj02, *rules.wgs84_to_gcj02(*wgs84)) < 1e-6
    assert rules.metres_between(*wgs84, *rules.gcj02_to_wgs84(*gcj02)) < 1e-6


def test_outside_china_gcj02_is_wgs84() -> None:
    assert rules.to_wgs84(-71.06, 42.36, rules.GCJ02) == (-71.06, 42.36)


def test_arrays_are_converted_at_once() -> None:
    lons, lats = rules.to_wgs84([104.1, 104.2], [30.6, 30.7], rules.GCJ02)
    assert lons.shape == lats.shape == (2,)
    assert np.all(lons < [104.1, 104.2])


def test_an_unknown_datum_is_refused() -> None:
    with pytest.raises(UnknownDatum, match="gcj03"):
        rules.to_wgs84(104, 30, "gcj03")


@pytest.mark.parametrize("value", [None, "x", "", float("nan"), float("inf"), "1e400", [], "104,1"])
def test_what_is_no_number_is_no_coordinate(value: object) -> None:
    with pytest.raises(InvalidCoordinates):
        rules.degrees(value, "lon")


def test_on_earth_knows_the_ranges() -> None:
    assert rules.on_earth([180, 181, 0, np.nan], [90, 0, -91, 0]).tolist() == [True, False, False, False]

"""Coordinates: datums, and what may be wrong with a point. Pure; numbers or numpy arrays, always longitude first.

WGS84 is used inside. Chinese maps give GCJ-02, the national obfuscation of WGS84 (about 300–600 m), and Baidu gives
BD-09, a further shift. The forward formulas are the commonly published ones; the inverses are found by fixed-point
iteration, exact to far less than a millimetre, not by the usual one-step estimate, which is off by metres.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linli.territory.errors import InvalidCoordinates, UnknownDatum

WGS84: Final = "wgs84"
GCJ02: Final = "gcj02"
BD09: Final = "bd09"
DATUMS: Final = (WGS84, GCJ02, BD09)

Floats = NDArray[np.float64]

# Krasovsky 1940, as GCJ-02 uses it: semi-major axis in metres, first eccentricity squared.
_AXIS = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
# BD-09 turns about this point; the constant is x_pi of the published formula.
_BD_PI = np.pi * 3000.0 / 180.0
_BD_LON, _BD_LAT = 0.0065, 0.006
# Where GCJ-02 applies; elsewhere it is WGS84.
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271

_ROUNDS = 12
METRES_PER_DEGREE = 111_320.0


def _waves(x: Floats) -> Floats:
    return (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0


def _north_shift(x: Floats, y: Floats) -> Floats:
    shift = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + _waves(x)
    shift += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    return shift + (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0


def _east_shift(x: Floats, y: Floats) -> Floats:
    shift = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + _waves(x)
    shift += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    return shift + (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0


def wgs84_to_gcj02(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """GCJ-02 of a WGS84 point; outside China the point itself."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    x, y = lon - 105.0, lat - 35.0
    radians = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(radians) ** 2
    north = _north_shift(x, y) * 180.0 / (_AXIS * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic)) * np.pi)
    east = _east_shift(x, y) * 180.0 / (_AXIS / np.sqrt(magic) * np.cos(radians) * np.pi)
    inside = (lon > _WEST) & (lon < _EAST) & (lat > _SOUTH) & (lat < _NORTH)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def gcj02_to_wgs84(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """The WGS84 point whose GCJ-02 this is."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    true_lon, true_lat = lon, lat
    for _ in range(_ROUNDS):
        shifted_lon, shifted_lat = wgs84_to_gcj02(true_lon, true_lat)
        true_lon, true_lat = true_lon + (lon - shifted_lon), true_lat + (lat - shifted_lat)
    return true_lon, true_lat


def gcj02_to_bd09(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """BD-09 of a GCJ-02 point."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT


def bd09_to_gcj02(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """The GCJ-02 point whose BD-09 this is."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    true_lon, true_lat = lon - _BD_LON, lat - _BD_LAT
    for _ in range(_ROUNDS):
        shifted_lon, shifted_lat = gcj02_to_bd09(true_lon, true_lat)
        true_lon, true_lat = true_lon + (lon - shifted_lon), true_lat + (lat - shifted_lat)
    return true_lon, true_lat


def to_wgs84(lon: Any, lat: Any, datum: str) -> tuple[Floats, Floats]:
    """A point (or arrays of points) of a declared datum, in WGS84."""
    if datum == BD09:
        lon, lat = bd09_to_gcj02(lon, lat)
        return gcj02_to_wgs84(lon, lat)
    if datum == GCJ02:
        return gcj02_to_wgs84(lon, lat)
    if datum == WGS84:
        return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    raise UnknownDatum(datum)


def on_earth(lon: Any, lat: Any) -> NDArray[np.bool_]:
    """Whether longitude and latitude are finite and in their ranges (NaN is not)."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    return (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)


def degrees(value: Any, field: str) -> float:
    """A coordinate from outside as a number."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidCoordinates(field=field) from None
    if not np.isfinite(number):
        raise InvalidCoordinates(field=field)
    return number


def box_of(text: str) -> tuple[float, float, float, float]:
    """West, south, east and north in degrees, as addresses of the API write them. Raises ValueError."""
    west, south, east, north = (float(part) for part in text.split(","))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError("no box on Earth")
    return west, south, east, north


def metres_between(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Floats:
    """Distance in metres on the sphere's tangent plane: within 0.5 % over a city."""
    east = (np.asarray(lon2, dtype=float) - lon1) * np.cos(np.radians((np.asarray(lat1) + lat2) / 2.0))
    return np.hypot(east, np.asarray(lat2, dtype=float) - lat1) * METRES_PER_DEGREE

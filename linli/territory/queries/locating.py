"""Where a point lies."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from linli.territory import rules
from linli.territory.errors import DatumSuspected, InvalidCoordinates, NoTerritory, OutsideCity, SwappedCoordinates
from linli.territory.index import Place, Positions, TerritoryIndex
from linli.territory.queries.days import When, day_of, index
from linli.territory.queries.units import unit


def locate(lon: Any, lat: Any, at: When = None, *, datum: str = rules.WGS84, claimed: UUID | None = None) -> Place:
    """Where a point lies, to the finest unit.

    `datum` declares GCJ-02 or BD-09 input, which is converted. `claimed` is a unit that the reporter named: where the
    point does not lie in it but would as GCJ-02 or BD-09, the datum is suspected; where it would in neither, the place
    says `outside_claimed`.
    Raises `InvalidCoordinates`, `SwappedCoordinates`, `DatumSuspected`, `OutsideCity` or `NoTerritory`.
    """
    lon, lat = rules.degrees(lon, "lon"), rules.degrees(lat, "lat")
    territory = index(at)
    if not territory.has_boundaries:
        raise NoTerritory(day=day_of(at))
    if not rules.on_earth(lon, lat):
        if rules.on_earth(lat, lon) and territory.place(lat, lon):
            raise SwappedCoordinates(lat, lon)
        raise InvalidCoordinates(field="lat")
    true_lon, true_lat = (float(value) for value in rules.to_wgs84(lon, lat, datum))
    place = territory.place(true_lon, true_lat)
    if place is not None and (claimed is None or claimed in place.path):
        return place
    if claimed is not None and claimed not in territory.position:
        # A grid or a building has no boundary to lie in: the unit that it belongs to has.
        claimed = next((above for above in reversed(unit(claimed, at).path) if above in territory.position), claimed)
        if place is not None and claimed in place.path:
            return place
    if datum == rules.WGS84:
        _refuse_other_datum(territory, lon, lat, claimed)
    if place is not None:
        return replace(place, outside_claimed=True)
    if territory.place(lat, lon):
        raise SwappedCoordinates(lat, lon)
    raise OutsideCity(lon, lat)


def _refuse_other_datum(territory: TerritoryIndex, lon: float, lat: float, claimed: UUID | None) -> None:
    """Raise `DatumSuspected` if the point fits (the city, or the claimed unit) when read as GCJ-02 or BD-09."""
    for datum in (rules.GCJ02, rules.BD09):
        true_lon, true_lat = (float(value) for value in rules.to_wgs84(lon, lat, datum))
        if (true_lon, true_lat) == (lon, lat):
            continue
        place = territory.place(true_lon, true_lat)
        if place is not None and (claimed is None or claimed in place.path):
            raise DatumSuspected(datum, true_lon, true_lat)


def position(lon: Any, lat: Any, datum: str = rules.WGS84) -> tuple[float, float]:
    """A point in WGS84, in the city or not. Raises `InvalidCoordinates`, `UnknownDatum`."""
    lon, lat = rules.degrees(lon, "lon"), rules.degrees(lat, "lat")
    if not rules.on_earth(lon, lat):
        raise InvalidCoordinates(field="lat")
    true_lon, true_lat = (float(value) for value in rules.to_wgs84(lon, lat, datum))
    return true_lon, true_lat


def in_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """A WGS84 point as the maps of China's phones number it."""
    shifted_lon, shifted_lat = rules.wgs84_to_gcj02(lon, lat)
    return float(shifted_lon), float(shifted_lat)


def locate_many(lons: Any, lats: Any, at: When = None, *, datum: str = rules.WGS84) -> Positions:
    """Positions in `index(at).units` of the finest units of many points; `index.NOWHERE` (-1) outside the city."""
    return index(at).locate_many(*rules.to_wgs84(lons, lats, datum))

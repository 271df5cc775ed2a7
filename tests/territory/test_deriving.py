"""Territory out of labelled points."""

import csv
import gzip
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from linli.foundation.access import SYSTEM
from linli.territory import actions, queries
from linli.territory.errors import BadShape, InvalidCoordinates
from linli.territory.models import Boundary, Unit
from tests.territory.conftest import box, point, unit_row

ON = date(2024, 6, 1)


def test_cells_of_label_points_fill_the_parent(small_city: dict) -> None:
    community = "519901001001"
    rows = [unit_row(f"{community}-Q{n}", "quarter", community, "commodity", (x, 6)) for n, x in ((2, 1), (3, 4))]
    actions.load(units=rows, boundaries=[], day=ON, source="test", by=SYSTEM)
    assert actions.derive_boundaries(parent=small_city[community], level="quarter", on=ON, by=SYSTEM) == 2
    territory = queries.index(ON)
    # The quarter that is drawn keeps its place; the others share the rest.
    assert queries.locate(*point(2, 2), at=ON).quarter_id == small_city[f"{community}-Q1"]
    assert queries.locate(*point(2.4, 6), at=ON).name == "单元01001001-Q2"
    assert queries.locate(*point(2.6, 6), at=ON).name == "单元01001001-Q3"
    total = sum(
        territory.boundary(unit.id).area for unit in queries.children(small_city[community], ON, level="quarter")
    )
    assert total == pytest.approx(box(0, 0, 5, 8).area)
    assert Boundary.objects.filter(derived=True).count() == 2
    assert queries.locate(*point(2.4, 6), at=ON).derived
    # Again: nothing differs.
    assert actions.derive_boundaries(parent=small_city[community], level="quarter", on=ON, by=SYSTEM) == 0


def test_a_parent_without_a_boundary_has_nothing_to_share(small_city: dict) -> None:
    Boundary.objects.filter(unit=small_city["519901001001"]).delete()
    with pytest.raises(BadShape):
        actions.derive_boundaries(parent=small_city["519901001001"], level="quarter", on=ON, by=SYSTEM)


@pytest.mark.django_db
def test_a_city_of_labelled_points(as_system: None) -> None:
    rng = np.random.default_rng(1)
    middles = {"Allston": (-71.13, 42.35), "Dorchester": (-71.07, 42.30), "": (-71.1, 42.33)}
    labels = np.array(list(middles))[rng.integers(0, 3, 3000)]
    spots = np.array([middles[label] for label in labels]) + rng.normal(0, 0.005, (3000, 2))
    spots[0] = (0, 0)
    spots[1] = (np.nan, 42)
    ids = actions.derive_from_points(
        labels, spots[:, 0], spots[:, 1], city_code="boston", city_name="Boston", by=SYSTEM
    )
    assert ids.keys() == {"Allston", "Dorchester"}
    assert queries.locate(-71.13, 42.35, at=date(2015, 3, 1)).district_id == ids["Allston"]
    assert queries.locate(-71.07, 42.30).district_id == ids["Dorchester"]
    # The stray point at 0, 0 has not made the city larger than the earth's quarter.
    assert queries.index().boundary(queries.root().id).area < 0.1
    before = Unit.objects.count()
    again = actions.derive_from_points(
        labels, spots[:, 0], spots[:, 1], city_code="boston", city_name="Boston", by=SYSTEM
    )
    assert (again, Unit.objects.count()) == (ids, before)


@pytest.mark.django_db
def test_a_city_of_one_district_has_the_labels_below_it(as_system: None) -> None:
    points = {"Allston": (-71.13, 42.35), "Dorchester": (-71.07, 42.30)}
    lons, lats = zip(*points.values(), strict=True)
    ids = actions.derive_from_points(
        list(points), lons, lats, city_code="boston", city_name="Boston", district_name="City of Boston", by=SYSTEM
    )
    [district] = queries.children(queries.root().id)
    assert (district.name, district.level) == ("City of Boston", "district")
    assert {unit.id for unit in queries.children(district.id, level="subdistrict")} == set(ids.values())
    place = queries.locate(*points["Allston"])
    assert (place.district_id, place.path[-1]) == (district.id, ids["Allston"])


@pytest.mark.django_db
def test_no_usable_point_is_refused(as_system: None) -> None:
    for labels, lons in ((["", " "], [1.0, 2.0]), (["a"], [np.nan]), ([], [])):
        with pytest.raises(InvalidCoordinates):
            actions.derive_from_points(labels, lons, lons, city_code="x", city_name="X", by=SYSTEM)


@pytest.mark.django_db
@pytest.mark.reference
def test_nearly_every_request_of_boston_lies_in_its_own_neighbourhood(as_system: None, reference: Path) -> None:
    with gzip.open(reference / "boston311" / "boston311_2015_h1.csv.gz", "rt", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = {name.casefold(): name for name in rows[0]}
    label, lon, lat = (columns[name] for name in ("neighborhood", "longitude", "latitude"))
    labels = [row[label] for row in rows]
    lons, lats = (np.array([float(row[name] or "nan") for row in rows]) for name in (lon, lat))
    ids = actions.derive_from_points(labels, lons, lats, city_code="boston", city_name="Boston", by=SYSTEM)
    found = queries.locate_many(lons, lats)
    units = queries.index().units
    agree, spots = 0, defaultdict(Counter)
    for name, lon_, lat_, position in zip(labels, lons, lats, found, strict=True):
        if name.strip():
            spots[lon_, lat_][name] += 1
            agree += ids.get(name.strip()) == units[position].id
    total = sum(count.total() for count in spots.values())
    # Unplaced requests stand at the city hall with all labels: no territory can do better than each spot's commonest one.
    best = sum(max(count.values()) for count in spots.values())
    assert total > 50_000
    assert agree == best
    assert agree / total > 0.95

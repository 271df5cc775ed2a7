"""Many rows of fixed width are read as one value."""

from uuid import UUID

import numpy as np
import pytest
from django.db import ProgrammingError

from linli.foundation import bulk

pytestmark = pytest.mark.django_db
ID = UUID("01890999-7800-7ec5-8970-51c29b027fc7")
COLUMNS = np.dtype([("id", "V16"), ("order", ">i2"), ("doors", ">i4"), ("row", ">i8"), ("lon", ">f8")])


def read(rows: str) -> np.ndarray:
    query = f"SELECT %s::uuid, a::smallint, b::int, c::bigint, d::float8 FROM (VALUES {rows}) AS given (a, b, c, d) ORDER BY a"
    return bulk.read_records(query, [ID], COLUMNS)


def test_rows_come_as_they_are_ordered() -> None:
    found = read("(2, 70000, 5000000000, 104.5), (-1, 0, -3, 'NaN'), (7, -8, 9, -0.25)")
    assert found["order"].tolist() == [-1, 2, 7]
    assert found["doors"].tolist() == [0, 70000, -8]
    assert found["row"].tolist() == [-3, 5000000000, 9]
    assert np.isnan(found["lon"][0])
    assert found["lon"][1:].tolist() == [104.5, -0.25]
    assert {UUID(bytes=one) for one in found["id"].tolist()} == {ID}


def test_none_are_none() -> None:
    assert len(bulk.read_records("SELECT 1::int WHERE false", [], np.dtype([("number", ">i4")]))) == 0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="NULL"):
        read("(1, 2, 3, 4.0), (2, NULL, 3, 4.0)")
    with pytest.raises(ProgrammingError):
        bulk.read_records("SELECT 1::bigint", [], np.dtype([("number", ">i4")]))

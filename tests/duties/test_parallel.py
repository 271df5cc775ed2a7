"""Several administrators at once, on really committed data."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection

from linli.duties import queries
from linli.duties.events import DUTIES_CHANGED
from linli.duties.models import Duty, DutyList
from linli.foundation import outbox
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.errors import DomainError
from tests.duties.conftest import EVERYTHING, import_duties, make_small, make_units


@pytest.mark.usefixtures("fresh_database")
def test_of_two_imports_at_once_one_is_applied_and_the_other_is_told():
    units = make_small(make_units())

    def attempt(number: int) -> str:
        try:
            return import_duties(units, *EVERYTHING, valid_from=date(2023, 1, number)).kind
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(1, 5)))
    assert outcomes == ["duty", "list_version_taken", "list_version_taken", "list_version_taken"]
    with acting_as(SYSTEM):
        assert (DutyList.objects.count(), Duty.objects.count()) == (1, 2)


def test_every_process_drops_its_memory_when_duties_change():
    assert queries.forget in outbox.caches(DUTIES_CHANGED)

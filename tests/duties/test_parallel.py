"""Several administrators at once, on really committed data."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection

from linli.duties import queries
from linli.duties.actions import days
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


@pytest.mark.usefixtures("fresh_database")
def test_of_two_who_set_one_day_at_once_the_last_decides():
    make_units()

    def attempt(number: int) -> str:
        try:
            with acting_as(SYSTEM):
                return days.set_day(day=date(2026, 12, 1), hours=f"09:00-1{number}:00", reason="x", by=SYSTEM).hours
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(attempt, range(4)))
    assert queries.special_days()[0].hours in told
    assert len(queries.special_days()) == 1


def test_every_process_drops_its_memory_when_duties_change():
    assert queries.forget in outbox.caches(DUTIES_CHANGED)

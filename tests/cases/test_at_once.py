"""Several people at once, on really committed data."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from factories.world import HERE, forget_caches, make_world

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as


@pytest.mark.usefixtures("fresh_database")
def test_me_too_pressed_many_times_at_once_counts_once_and_breaks_nothing() -> None:
    with acting_as(SYSTEM):
        world = make_world()
        neighbour = world.resident("13900005678")
        report = Report(description="井盖破损", lon=HERE[0], lat=HERE[1], class_code="0103")
        case = actions.collect(report=report, by=SYSTEM).case

    def press(_number: int) -> int:
        try:
            with acting_as(neighbour):
                return len(actions.support(case=case.id, by=neighbour).done)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(press, range(12))) == 1
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=case.id).supports == 1
    forget_caches()

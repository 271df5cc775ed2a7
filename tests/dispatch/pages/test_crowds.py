"""A page of very many cases and people."""

import pytest
from dispatch.pages.control import NEAR, control, propose, text
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories.duty import open_case, skill, worker
from factories.world import HERE, World

from linli.dispatch import rules
from linli.foundation.access import SYSTEM, acting_as

pytestmark = pytest.mark.django_db


def test_a_page_holds_the_most_urgent_and_the_totals_all(world: World, desk: Client) -> None:
    """Nobody reads a hundred lines at once, and a city has thousands: the others stand on the pages after it."""
    for _number in range(rules.PAGE + 2):
        open_case(world)
    for number in range(5):
        worker(world, f"near {number}", at=NEAR)
    propose(world, desk)
    page = text(desk.get(control(world)))
    assert f"Waiting for somebody {rules.PAGE + 2}" in page
    assert page.count("Somebody else") == rules.PAGE
    assert "Next page" in page
    second = text(desk.get(f"{control(world)}&page=2"))
    assert (second.count("Somebody else"), "Next page" in second) == (2, False)
    assert desk.get(f"{control(world)}&page=99").status_code == 200
    assert text(desk.get(f"{control(world)}&page=x")).count("Somebody else") == rules.PAGE


def test_a_page_of_many_cases_asks_no_more_than_one_of_two(world: World, desk: Client) -> None:
    worker(world, "near", at=NEAR)
    counts = []
    for cases in (2, rules.PAGE):
        for _number in range(cases):
            open_case(world)
        propose(world, desk)
        with CaptureQueriesContext(connection) as asked:
            desk.get(control(world))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_of_a_crowd_that_cannot_do_it_the_nearest_are_kept_and_the_others_counted(world: World, desk: Client) -> None:
    with acting_as(SYSTEM):
        skill("lift", "0101")
    open_case(world)
    for number in range(rules.MOST_REASONS + 3):
        worker(world, f"unable {number}", at=(HERE[0] + 0.001 * number, HERE[1]))
    (undone,) = propose(world, desk).undone
    assert (len(undone["why"]), undone["more"]) == (rules.MOST_REASONS, 3)
    assert "3 others are farther away or not on duty" in text(desk.get(control(world)))

"""What a door is does not depend on the order in which its visits arrive, nor on how often they do."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns.merging import REACHED, TO_REPEAT, Visit, moment_of, standing
from linli.campaigns.models import Outcome

# The phone's rule (web/islands/src/doors-rule.ts) goes through the same in tests/stories/doors/.
CASES = Path(__file__).with_name("standing.json")
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
MOMENTS = st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours))
VISITS = st.lists(
    st.builds(
        Visit,
        id=st.integers(1, 10**6).map(lambda n: UUID(int=n)),
        outcome=st.sampled_from(sorted(REACHED | TO_REPEAT)),
        at=MOMENTS,
        team=st.integers(1, 3).map(lambda n: UUID(int=n)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda visit: visit.id,
)


def test_every_outcome_is_either_reached_or_to_repeat() -> None:
    assert set(Outcome.values) == REACHED | TO_REPEAT
    assert not REACHED & TO_REPEAT


@given(VISITS, st.randoms(use_true_random=False), st.integers(0, 8))
def test_any_order_and_any_batches_give_the_same_door(visits: list[Visit], draw: object, cut: int) -> None:
    shuffled = list(visits)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    in_two = standing(shuffled[cut:], standing(shuffled[:cut]))
    assert in_two == standing(visits)


@given(VISITS)
def test_a_door_that_was_reached_stays_reached(visits: list[Visit]) -> None:
    stood = standing(visits)
    assert stood is not None
    assert (stood.best.outcome in REACHED) == any(visit.outcome in REACHED for visit in visits)
    assert stood.visits == len(visits)


@given(MOMENTS, st.integers(-100, 100), st.integers(0, 60))
def test_a_clock_that_is_wrong_is_set_right(made: datetime, off: int, minutes: int) -> None:
    sent = made + timedelta(minutes=minutes)
    wrong = timedelta(hours=off)
    assert moment_of(made + wrong, sent + wrong, sent) == made


@given(MOMENTS, MOMENTS, MOMENTS)
def test_no_visit_is_later_than_its_arrival(visited: datetime, sent: datetime, received: datetime) -> None:
    assert moment_of(visited, sent, received) <= received


@pytest.mark.parametrize("case", json.loads(CASES.read_text()), ids=lambda case: case["why"])
def test_the_cases_to_which_the_phone_is_held_too(case: dict[str, Any]) -> None:
    teams = {name: UUID(int=number) for number, name in enumerate("ABC", start=1)}
    visits = [
        Visit(UUID(int=int(one, 16)), outcome, NOON + timedelta(hours=hour), teams[team])
        for one, outcome, hour, team in case["visits"]
    ]
    stood = standing(visits)
    assert stood is not None
    assert stood.best.id == UUID(int=int(case["best"], 16))
    assert (stood.visits, stood.teams) == (case["count"], {teams[name] for name in case["teams"]})

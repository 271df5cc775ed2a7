"""Random walks through the lifecycle on the real database: whoever tries whatever, the promises hold."""

import pytest
from django.db import transaction
from factories.world import HERE, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.cases import actions, ledger
from linli.cases.lifecycle import CHANGES
from linli.cases.models import DONE_STATES, Case, CoHandler, State
from linli.cases.rules import Report
from linli.foundation import audit
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError

pytestmark = pytest.mark.django_db

ACTORS = (
    "resident",
    "neighbour",
    "desk",
    "dispatcher",
    "handler",
    "helper",
    "verifier",
    "leader",
    "elsewhere",
    "nobody",
    "system",
)
# Half of all steps go onwards by whoever may, so that walks also come to the later states.
ONWARDS = "onwards"
WAY = {
    State.COLLECTED: ("file", "desk"),
    State.FILED: ("dispatch", "dispatcher"),
    State.DISPATCHED: ("accept", "helper"),
    State.ACCEPTED: ("report_back", "helper"),
    State.HANDLED: ("verify", "verifier"),
    State.VERIFIED: ("close", "desk"),
    State.CLOSED: ("evaluate", "resident"),
    State.EVALUATED: ("reopen", "resident"),
    State.DECLINED: ("reopen", "resident"),
    State.MERGED: ("unmerge", "desk"),
}
anything = st.sampled_from(sorted(CHANGES))
steps = st.lists(
    st.tuples(st.just(ONWARDS) | anything, st.sampled_from(ACTORS), st.integers(0, 1)), min_size=5, max_size=40
)


@pytest.fixture
def cast(world: World) -> dict[str, Actor]:
    return {
        "resident": world.resident(),
        "neighbour": world.resident("13900005678"),
        "desk": world.actor("desk", Role.DESK, "W"),
        "dispatcher": world.actor("dispatcher", Role.DISPATCHER, "W"),
        "handler": world.actor("handler", Role.HANDLER, None, "street"),
        "helper": world.actor("helper", Role.HANDLER, None, "water"),
        "verifier": world.actor("verifier", Role.VERIFIER, "W"),
        "leader": world.actor("leader", Role.LEADER, "5101"),
        "elsewhere": world.actor("elsewhere", Role.DESK, "E"),
        "nobody": ANONYMOUS,
        "system": SYSTEM,
    }


def attempt(world: World, change: str, case: Case, other: Case, by: Actor) -> None:
    """Make the change as `by`, with everything it may need."""
    needs: dict[str, dict[str, object]] = {
        "file": {"class_code": "0103"},
        "classify": {"class_code": "0102"},
        "locate": {"unit_id": world.id("Q")},
        "reassign": {"body_id": world.bodies["water"].id},
        "ask_co_handler": {"body_id": world.bodies["water"].id},
        "arrive": {"lon": HERE[0] + 0.001, "lat": HERE[1]},
        "assign": {"to": world.staff_of("water").id},
        "hand_over": {"to": world.staff_of("water").id},
        "evaluate": {"solved": True, "stars": 4},
        "merge": {"into": other.id},
        "erase": {"person_id": world.resident().id},
    }
    noted = {
        "decline",
        "reject",
        "ask_help",
        "reassign",
        "sign",
        "pause",
        "report_back",
        "rework",
        "reopen",
        "unmerge",
        "supervise",
        "comment",
        "ask",
        "answer",
        "answer_call",
    }
    given_too = needs.get(change, {}) | ({"note": "因为"} if change in noted else {})
    if change == "support":
        actions.support(case=case.id, by=by)
        return
    getattr(actions, change)(cases=[case.id], by=by, **given_too)


def check_promises(case: Case) -> None:
    entries = list(audit.timeline(case.id))
    taken = [entry.action for entry in entries]
    assert (case.closed_at is None) == (case.state not in {*DONE_STATES, State.DECLINED, State.MERGED})
    assert case.version == len(entries) == case.entries
    if case.state in DONE_STATES:
        assert taken.count("verify") >= 1
        assert not CoHandler.objects.filter(case=case, signed_at=None).exists()
    handled_by = [entry.actor_id for entry in entries if entry.action == "report_back"]
    assert not set(handled_by) & {entry.actor_id for entry in entries if entry.action in {"verify", "rework"}}
    assert (case.escalates_at is None) or (case.closed_at is None and case.paused_at is None)
    previous = audit.NO_HASH
    for entry in entries:
        assert bytes(entry.previous) == previous
        previous = bytes(entry.hash)
        assert audit.chain_hash(entry) == previous
    assert audit.digest(ledger.states_of([case.id])[case.id]) == bytes(entries[-1].state)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(walk=steps)
def test_the_promises_hold_on_every_walk(
    world: World, cast: dict[str, Actor], walk: list[tuple[str, str, int]]
) -> None:
    with transaction.atomic():
        ids = []
        for name in ("resident", "neighbour"):
            with acting_as(cast[name]):
                report = Report(description="井盖破损", lon=HERE[0], lat=HERE[1], class_code="0103")
                ids.append(actions.collect(report=report, by=cast[name]).case.id)
        for change, who, which in walk:
            with acting_as(SYSTEM):
                cases = {case.id: case for case in Case.objects.filter(pk__in=ids)}
            case = cases[ids[which]]
            if change == ONWARDS:
                change, who = WAY[State(case.state)]
            with acting_as(cast[who]):
                try:
                    with transaction.atomic():
                        attempt(world, change, case, cases[ids[1 - which]], cast[who])
                except DomainError:
                    pass
        with acting_as(SYSTEM):
            for case in Case.objects.filter(pk__in=ids):
                check_promises(case)
        transaction.set_rollback(True)


def test_a_likely_walk_reaches_the_end(world: World, cast: dict[str, Actor]) -> None:
    """The walks above are worth something only if the way to the end is among them."""
    with acting_as(cast["resident"]):
        report = Report(description="井盖破损", lon=HERE[0], lat=HERE[1])
        case = actions.collect(report=report, by=cast["resident"]).case
    water = world.actor("water worker", Role.HANDLER, None, "water")
    for change, by in (
        ("file", cast["desk"]),
        ("dispatch", cast["dispatcher"]),
        ("accept", water),
        ("report_back", water),
        ("verify", cast["verifier"]),
        ("close", cast["desk"]),
        ("evaluate", cast["resident"]),
    ):
        with acting_as(by):
            attempt(world, change, case, case, by)
    with acting_as(SYSTEM):
        case.refresh_from_db()
        assert case.state == State.EVALUATED
        check_promises(case)

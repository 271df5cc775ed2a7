"""The same change many times at the same moment, on really committed data: it happens once, and is told once."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection
from factories.world import HERE, World, forget_caches, make_world

from linli.cases import actions
from linli.cases.models import Case, Evaluation
from linli.cases.rules import Report
from linli.foundation import idempotency
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError
from linli.foundation.models import Entry, IdempotencyKey

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fresh_database")]
AT_ONCE = 8


@pytest.fixture
def world() -> Iterator[World]:
    with acting_as(SYSTEM):
        yield make_world()
    forget_caches()


def at_once(by: Actor, work: Callable[[int], object]) -> Counter[str]:
    """How often each answer came, of as many as begin together."""
    ready = Barrier(AT_ONCE)

    def answer(number: int) -> str:
        try:
            with acting_as(by):
                connection.ensure_connection()
                ready.wait(timeout=30)
                work(number)
            return "done"
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(answer, range(AT_ONCE)))


class Town:
    """Those through whose hands a case goes."""

    def __init__(self, world: World) -> None:
        self.resident = world.resident()
        self.desk = world.actor("desk", Role.DESK, "W")
        self.handler = world.actor("handler", Role.HANDLER, None, "water")
        self.verifier = world.actor("verifier", Role.VERIFIER, "W")

    def told(self, until: str = "") -> UUID:
        """A case just after this change."""
        report = Report(description="井盖破损", lon=HERE[0], lat=HERE[1], class_code="0103")
        case = actions.collect(report=report, by=self.resident).case.id
        steps: dict[str, Callable[[], object]] = {
            "file": lambda: actions.file(cases=[case], by=self.desk),
            "dispatch": lambda: actions.dispatch(cases=[case], by=self.desk),
            "accept": lambda: actions.accept(cases=[case], by=self.handler),
            "report_back": lambda: actions.report_back(cases=[case], by=self.handler, note="已清理。"),
            "verify": lambda: actions.verify(cases=[case], by=self.verifier),
            "close": lambda: actions.close(cases=[case], by=self.desk),
        }
        for name, step in steps.items():
            if not until:
                break
            step()
            if name == until:
                break
        return case


def happened(case: UUID, change: str) -> int:
    with acting_as(SYSTEM):
        return Entry.objects.filter(subject_id=case, action=change).count()


CHANGES: dict[str, tuple[str, Callable[[Town, UUID], tuple[Actor, Callable[[], object]]]]] = {
    "accept": ("dispatch", lambda town, case: (town.handler, lambda: actions.accept(cases=[case], by=town.handler))),
    "evaluate": (
        "close",
        lambda town, case: (
            town.resident,
            lambda: actions.evaluate(cases=[case], by=town.resident, solved=True, stars=5),
        ),
    ),
    "reopen": (
        "close",
        lambda town, case: (town.resident, lambda: actions.reopen(cases=[case], by=town.resident, note="又堆满了。")),
    ),
    "recall": ("file", lambda town, case: (town.desk, lambda: actions.recall(cases=[case], by=town.desk))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_made_many_times_at_once_is_made_once(change: str, world: World) -> None:
    town = Town(world)
    until, what = CHANGES[change]
    case = town.told(until)
    by, work = what(town, case)
    answers = at_once(by, lambda _number: work())
    assert answers["done"] == happened(case, change) == 1, answers
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=case).version == Entry.objects.filter(subject_id=case).count()
        assert Evaluation.objects.filter(case=case).count() == (change == "evaluate")


def test_two_cases_merged_into_each_other_do_not_both_vanish(world: World) -> None:
    town = Town(world)
    pair = town.told(), town.told()
    at_once(town.desk, lambda number: actions.merge(cases=[pair[number % 2]], into=pair[1 - number % 2], by=town.desk))
    with acting_as(SYSTEM):
        assert sorted(Case.objects.filter(pk__in=pair).values_list("state", flat=True)) == ["collected", "merged"]


def test_a_merge_undone_many_times_at_once_is_undone_once(world: World) -> None:
    town = Town(world)
    case, into = town.told(), town.told()
    actions.merge(cases=[case], into=into, by=town.desk)
    answers = at_once(town.desk, lambda _number: actions.unmerge(cases=[case], by=town.desk, note="不是同一件事。"))
    assert answers["done"] == happened(case, "unmerge") == 1, answers


def test_one_key_with_other_content_or_of_another_person_works_nothing_twice(world: World) -> None:
    """Whoever comes second is answered with the first one's result, refused for other content, or is another sender."""
    town, neighbour = Town(world), world.resident("13900000000")
    texts = ("一号楼垃圾", "二号楼垃圾")

    def send(number: int, by: Actor) -> object:
        report = Report(description=texts[number % 2], lon=HERE[0], lat=HERE[1], class_code="0103")
        return actions.collect(report=report, by=by, key=idempotency.once(by, "one key", texts[number % 2])).case.id

    answers = at_once(town.resident, lambda number: send(number, town.resident))
    assert answers == {"done": AT_ONCE // 2, "idempotency_key_reused": AT_ONCE // 2}
    assert at_once(neighbour, lambda _number: send(0, neighbour)) == {"done": AT_ONCE}
    with acting_as(SYSTEM):
        assert Case.objects.count() == IdempotencyKey.objects.count() == 2
        assert {case.reporter_id for case in Case.objects.all()} == {town.resident.id, neighbour.id}

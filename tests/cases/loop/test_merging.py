"""Several reports of one matter: merged, supported, offered as likely."""

from uuid import UUID

import pytest
from cases.loop.steps import collect, do
from factories.world import HERE, World

from linli.cases import actions, errors, queries
from linli.cases.models import Case, State
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.models import Entry

pytestmark = pytest.mark.django_db


def test_merging_leaves_a_trace_and_can_be_undone(world: World, filed: UUID, desk: Actor) -> None:
    second = collect(world.resident("13900005678"))
    with pytest.raises(errors.CannotMerge):
        do(desk, actions.merge, second, into=second)
    merged = do(desk, actions.merge, second, into=filed)
    with acting_as(SYSTEM):
        target = Case.objects.get(pk=filed)
        assert Entry.objects.filter(subject_id=filed, action="absorb").exists()
    assert (merged.state, merged.merged_into_id, target.supports) == (State.MERGED, filed, 1)
    back = do(desk, actions.unmerge, second, note="不是同一处")
    with acting_as(SYSTEM):
        target = Case.objects.get(pk=filed)
    assert (back.state, back.merged_into_id, back.closed_at, target.supports) == (State.COLLECTED, None, None, 0)


def test_me_too_counts_each_person_once(world: World, filed: UUID) -> None:
    neighbour = world.resident("13900005678")
    for _ in range(3):
        with acting_as(neighbour):
            actions.support(case=filed, by=neighbour)
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=filed).supports == 1
    with acting_as(ANONYMOUS), pytest.raises(NotAllowed):
        actions.support(case=filed, by=ANONYMOUS)


def test_a_private_case_takes_no_support_and_is_not_public(world: World, desk: Actor) -> None:
    case_id = collect(world.resident(), private=True)
    do(desk, actions.file, case_id)
    neighbour = world.resident("13900005678")
    with acting_as(neighbour), pytest.raises(NotFound):
        actions.support(case=case_id, by=neighbour)
    with acting_as(neighbour):
        assert queries.public_page(queries.PublicFilters(ids=(case_id,))) == []


def test_duplicates_nearby_are_offered(world: World, filed: UUID, desk: Actor) -> None:
    private = collect(world.resident(), private=True)
    fresh = collect(world.resident("13900005678"))
    stranger = world.resident("13700001111")
    with acting_as(stranger):
        likely = queries.likely_duplicates(
            lon=HERE[0] + 0.0003, lat=HERE[1], text="垃圾堆了很多", class_id=world.classes["0101"].id
        )
    assert {one.case_id for one in likely} == {filed, fresh}
    assert next(one for one in likely if one.case_id == fresh).title == ""
    with acting_as(desk):
        likely = queries.likely_duplicates(lon=HERE[0], lat=HERE[1], text="垃圾")
        assert private in {one.case_id for one in likely}
        assert queries.likely_duplicates(lon=HERE[0] + 0.005, lat=HERE[1], text="垃圾堆了很多") == []


def test_a_chain_of_merges_undone_in_any_order_counts_right(world: World, filed: UUID, desk: Actor) -> None:
    first, second = collect(world.resident("13900000001")), collect(world.resident("13900000002"))
    do(desk, actions.merge, first, into=second)
    do(desk, actions.merge, second, into=filed)
    do(desk, actions.unmerge, first, note="两回事")
    do(desk, actions.unmerge, second, note="两回事")
    with acting_as(SYSTEM):
        assert [Case.objects.get(pk=one).supports for one in (first, second, filed)] == [0, 0, 0]

"""Joint control begins with a basis, an end and named powers; each change and each use is kept; and at its end nothing has to run."""

from datetime import timedelta

import pytest
from campaigns.conftest import told
from django.db import DatabaseError, transaction
from factories.world import World

from linli.campaigns import actions, errors, queries
from linli.campaigns.models import Declaration, Power, PowerUse
from linli.campaigns.rules import LONGEST, Stage
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, Stale
from linli.foundation.models import Entry


def test_it_is_in_force_from_its_beginning_up_to_its_end(declared: Declaration) -> None:
    assert queries.stage_of(declared) is Stage.IN_FORCE
    with clock.at(declared.ends_at - timedelta(seconds=1)):
        assert queries.stage_of(declared) is Stage.IN_FORCE
    with clock.at(declared.ends_at):
        assert queries.stage_of(declared) is Stage.OVER


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"basis": ""}, errors.BasisNeeded),
        ({"basis": "法"}, errors.BasisNeeded),
        ({"powers": []}, errors.PowerNeeded),
        ({"powers": ["arrest"]}, errors.PowerNeeded),
        ({"kind": "war"}, InvalidInput),
        ({"name": " "}, InvalidInput),
        ({"scope": ""}, InvalidInput),
    ],
)
def test_what_is_missing_is_named(
    world: World, leader: Actor, other: dict[str, object], refused: type[DomainError]
) -> None:
    with acting_as(leader), pytest.raises(refused) as raised:
        actions.declare(told=told(world, **other), by=leader)
    assert raised.value.field in other


@pytest.mark.parametrize("days", [-1, 0, LONGEST.days + 1])
def test_it_needs_an_end_within_reach(world: World, leader: Actor, days: int) -> None:
    ends_at = clock.now() + timedelta(days=days)
    with acting_as(leader), pytest.raises(errors.EndNeeded):
        actions.declare(told=told(world, ends_at=ends_at), by=leader)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.LEADER])
def test_only_a_leader_declares(world: World, role: Role) -> None:
    actor = world.actor(f"some-{role}", role, "51")
    with acting_as(actor), pytest.raises(NotAllowed):
        actions.declare(told=told(world), by=actor)


def test_nobody_declares_for_another_unit(world: World) -> None:
    east = world.actor("east-leader", Role.LEADER, "E")
    with acting_as(east), pytest.raises(NotAllowed):
        actions.declare(told=told(world, unit=world.id("W")), by=east)


def test_the_database_refuses_what_the_action_would_have_refused(world: World, declared: Declaration) -> None:
    """A post in the east writes past the actions."""
    east = world.actor("east-leader", Role.LEADER, "E")
    with acting_as(east):
        assert not Declaration.objects.filter(pk=declared.pk).update(ends_at=declared.ends_at + timedelta(days=90))


def test_longer_needs_a_reason_and_says_from_when_to_when(declared: Declaration, leader: Actor) -> None:
    until = declared.ends_at + timedelta(days=3)
    with acting_as(leader):
        with pytest.raises(errors.ReasonNeeded):
            actions.extend(declaration=declared.id, until=until, reason="", by=leader)
        with pytest.raises(errors.EndNeeded):
            actions.extend(declaration=declared.id, until=declared.ends_at, reason="疫情未结束", by=leader)
        longer = actions.extend(declaration=declared.id, until=until, reason="疫情未结束", by=leader)
    assert longer.ends_at == until
    with acting_as(SYSTEM):
        step = Entry.objects.get(subject_id=declared.id, action="extend")
    assert (step.note, step.data["to"]) == ("疫情未结束", until.isoformat())


def test_a_stale_page_changes_nothing(declared: Declaration, leader: Actor) -> None:
    with acting_as(leader):
        actions.end(declaration=declared.id, reason="疫情结束", by=leader, version=1)
        with pytest.raises((Stale, errors.NotInForce)):
            actions.extend(
                declaration=declared.id,
                until=declared.ends_at + timedelta(days=1),
                reason="继续防控",
                by=leader,
                version=1,
            )


def test_each_use_is_logged_and_none_is_possible_afterwards(declared: Declaration, leader: Actor) -> None:
    with acting_as(leader):
        actions.use(declaration=declared.id, power=Power.CALL_UP, subject="水碾河社区", by=leader)
        with pytest.raises(errors.PowerNotGiven):
            actions.use(declaration=declared.id, power=Power.SEAL_BUILDINGS, subject="3栋", by=leader)
        actions.end(declaration=declared.id, reason="疫情结束", by=leader)
        with pytest.raises(errors.NotInForce):
            actions.use(declaration=declared.id, power=Power.CALL_UP, subject="水碾河社区", by=leader)
        assert [use.subject for use in queries.uses(leader, declared)] == ["水碾河社区"]


def test_a_use_stays_as_it_was_logged(declared: Declaration, leader: Actor) -> None:
    with acting_as(leader):
        actions.use(declaration=declared.id, power=Power.CALL_UP, subject="水碾河社区", by=leader)
        for change in (lambda: PowerUse.objects.update(subject="无"), lambda: PowerUse.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


def test_what_holds_in_a_unit_was_declared_for_it_or_above(world: World, declared: Declaration, leader: Actor) -> None:
    with acting_as(leader):
        assert [row.pk for row in queries.in_force(world.id("W1"))] == [declared.pk]
        with clock.at(declared.ends_at):
            assert queries.in_force(world.id("W1")) == []

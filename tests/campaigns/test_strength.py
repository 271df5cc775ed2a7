"""How many can be sent: the kept counts are those of the roster, whatever becomes of its people and of the units."""

from uuid import UUID

import pytest
from campaigns.conftest import Running, enlisted
from django.db import transaction
from django.db.utils import ProgrammingError
from factories.world import World

from linli.campaigns import actions, handlers, queries
from linli.campaigns.models import Campaign, Member, MemberKind, Strength
from linli.campaigns.queries import console
from linli.foundation import outbox
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.territory.events import CHANGED
from linli.territory.models import Unit

UNITS = ("51", "5101", "W", "W1", "E")


def counted(actor: Actor, unit: UUID) -> dict[str, int]:
    with acting_as(actor):
        return console.roster_counts(actor, unit)


def one_by_one(actor: Actor, unit: UUID) -> dict[str, int]:
    found: dict[str, int] = {}
    with acting_as(actor):
        for member in queries.roster(actor, unit):
            found[member.kind] = found.get(member.kind, 0) + 1
    return found


def agree(world: World, leader: Actor) -> bool:
    return all(counted(leader, world.id(code)) == one_by_one(leader, world.id(code)) for code in UNITS)


def test_people_who_come_change_and_go(world: World, leader: Actor) -> None:
    enlisted(world, leader, ["a", "b", "c"])
    enlisted(world, leader, ["d", "e"], "E")
    assert counted(leader, world.id("W")) == {MemberKind.CADRE: 1, MemberKind.VOLUNTEER: 2}
    assert agree(world, leader)
    with acting_as(SYSTEM):
        volunteers = list(Member.objects.filter(kind=MemberKind.VOLUNTEER).order_by("pk"))
        Member.objects.filter(pk=volunteers[0].pk).update(kind=MemberKind.SOCIAL_ORG)
        Member.objects.filter(pk=volunteers[1].pk).update(unit=world.id("E"))
    assert agree(world, leader)
    with acting_as(leader):
        actions.release(member=volunteers[0].pk, reason="已经搬走了", by=leader)
    assert agree(world, leader)
    with acting_as(SYSTEM):
        Member.objects.filter(pk=volunteers[1].pk).delete()
    assert agree(world, leader)
    assert counted(leader, world.id("51")) == {MemberKind.CADRE: 2, MemberKind.VOLUNTEER: 1}


def test_a_unit_that_lies_elsewhere_now(world: World, leader: Actor) -> None:
    enlisted(world, leader, ["a", "b"])
    with acting_as(SYSTEM):
        moved, above = Unit.objects.get(pk=world.id("W1")), Unit.objects.get(pk=world.id("E"))
        moved.path = [*above.path, moved.pk]
        moved.save(update_fields=["path"])
        actions.count_anew()
    assert agree(world, leader)
    assert counted(leader, world.id("W")) == {}


def test_the_territory_tells_of_it() -> None:
    assert handlers.territory_changed in outbox.handlers(CHANGED)


def test_each_sees_the_counts_of_their_own_units_and_writes_none(world: World, leader: Actor) -> None:
    enlisted(world, leader, ["a", "b"])
    east = world.actor("east", Role.DESK, "E")
    with acting_as(east):
        assert not Strength.objects.filter(unit=world.id("W1")).exists()
        assert not Member.objects.exists()
    with acting_as(leader):
        assert Strength.objects.filter(unit=world.id("W1")).exists()
        with transaction.atomic():
            assert Strength.objects.update(people=7) == 0
        with pytest.raises(ProgrammingError), transaction.atomic():
            Strength.objects.create(unit_id=world.id("W1"), kind=MemberKind.CADRE, people=7)


def test_teams_are_counted_by_their_numbers(running: Running, leader: Actor) -> None:
    with acting_as(leader):
        campaign = Campaign.objects.get()
        assert queries.count_teams(leader, campaign) == queries.teams(leader, campaign).count() > 1
        actions.team_out(team=running.teams[0].pk, reason="队长住院了", by=leader)
        assert queries.count_teams(leader, campaign) == queries.teams(leader, campaign).count()


def test_a_page_has_the_next_of_a_unit_in_the_order_of_the_roster(
    world: World, leader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for names, unit in ((["a", "b", "c"], "W1"), (["d", "e"], "E2"), (["f", "g"], "W1"), (["h"], "W")):
        enlisted(world, leader, names, unit)
    monkeypatch.setattr(console, "PEOPLE_SHOWN", 1)
    levels = set()
    with acting_as(leader):
        for code in UNITS:
            unit = Unit.objects.get(code=code)
            levels.add(unit.level)
            all_ = list(queries.roster(leader, unit.pk))
            for kind in ("", MemberKind.VOLUNTEER):
                for place, after in [(-1, None), *((place, one.pk) for place, one in enumerate(all_))]:
                    expected = [one for one in all_[place + 1 :] if not kind or one.kind == kind][:2]
                    assert console.roster_page(leader, unit.pk, kind, after=after) == expected
    assert levels > set(console.LARGE), "a smaller unit is read in another way"

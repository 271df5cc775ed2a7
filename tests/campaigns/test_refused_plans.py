"""A screening that cannot be divided is refused with what to do, and can be divided once that was done."""

import pytest
from campaigns.conftest import Area, begun, enlisted
from factories.world import World

from linli.campaigns import actions, errors
from linli.campaigns.models import Declaration, Membership, Share
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as


def test_an_area_without_households_is_not_divided(world: World, declared: Declaration, leader: Actor) -> None:
    with acting_as(leader):
        campaign = begun(world, declared, leader)
        with pytest.raises(errors.NoHouseholds) as refused:
            actions.divide(campaign=campaign.id, by=leader)
    assert "请先导入或生成住户" in str(refused.value)


def test_without_anybody_in_a_team_nothing_is_divided_and_with_them_it_goes_on(
    area: Area, declared: Declaration, leader: Actor
) -> None:
    with acting_as(leader):
        campaign = begun(area.world, declared, leader)
        with pytest.raises(errors.NoTeams) as refused:
            actions.divide(campaign=campaign.id, by=leader)
    assert "请先从人员名册组队" in str(refused.value)
    enlisted(area.world, leader, ["cadre1", "vol1"])
    with acting_as(leader):
        actions.form_teams(campaign=campaign.id, size=2, minutes=480, by=leader)
    # Both have left before the doors are given out: a team without people is given none.
    with acting_as(SYSTEM):
        Membership.objects.update(until=clock.now())
    with acting_as(leader), pytest.raises(errors.NoTeams):
        actions.divide(campaign=campaign.id, by=leader)
    with acting_as(SYSTEM):
        assert not Share.objects.exists()
        Membership.objects.update(until=None)
    with acting_as(leader):
        assert actions.divide(campaign=campaign.id, by=leader).doors == len(area.everywhere)

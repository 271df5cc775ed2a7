"""The cases that answers open, with the classes, the duty lists and the priorities that the demo's city has."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from campaigns.conftest import told
from campaigns.test_following import ILL
from duties.conftest import Units, forget, make_unit, make_units
from factories.world import World

from linli.campaigns import actions, following, forms
from linli.campaigns.actions import NewMember
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.models import Power, Team
from linli.cases.models import Case, CaseText
from linli.cases.rules import emergency_number
from linli.duties.actions.packs import load_pack
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.people.models import Body
from linli.territory.models import Household, Level

COMMUNITY = "510108004003"


@pytest.fixture
def units(db: None) -> Iterator[Units]:
    forget()
    made = make_units()
    with acting_as(SYSTEM):
        load_pack("chengdu", by=SYSTEM)
    yield made
    forget()


def world_of(units: Units) -> World:
    return World(units=units.by_code | {"51": units["5101"]})


def home_in(units: Units) -> Household:
    building = make_unit(f"{COMMUNITY}-B1", Level.BUILDING, "1栋", units[f"{COMMUNITY}-Q001"])
    return Household.objects.create(building=building, micro_grid=building, entrance=1, floor=2, door=1, members=2)


def screened(world: World, leader: Actor, cadre: Actor) -> tuple[UUID, UUID]:
    """A screening with the shipped form, and its team."""
    powers = [Power.VISIT_HOUSEHOLDS, Power.ASK_HEALTH, Power.CALL_UP]
    unit = world.id(COMMUNITY)
    with acting_as(leader):
        declared = actions.declare(told=told(world, unit=unit, powers=powers), by=leader)
        form = actions.publish_form(data=forms.shipped("household_screening"), unit=unit, by=leader)
        members = [NewMember(unit, "cadre", "周敏", "13800000000", person=cadre.id)]
        actions.enlist(members=members, by=leader)
        due_at = clock.now() + timedelta(days=2)
        running = actions.start(declaration=declared.pk, unit=unit, name="排查", due_at=due_at, by=leader, form=form.pk)
        actions.form_teams(campaign=running.pk, size=1, minutes=480, by=leader)
        actions.divide(campaign=running.pk, by=leader)
    return running.pk, Team.objects.get(campaign=running).pk


def test_each_rule_opens_its_case_with_class_body_and_priority(units: Units) -> None:
    world = world_of(units)
    leader, cadre = world.actor("leader", Role.LEADER, "5101"), world.actor("cadre", Role.GRID_WORKER, COMMUNITY)
    with acting_as(SYSTEM):
        door = home_in(units)
        forget()
        campaign, team = screened(world, leader, cadre)
    visit = Visit(uuid4(), door.pk, "done", clock.now(), answers=ILL | {"gas_smell": "yes"})
    with acting_as(cadre):
        received = actions.receive(team=team, device=uuid4(), sent_at=clock.now(), visits=[visit], by=cadre)
    assert received.fates == {visit.id: "stored"}
    made = actions.open_cases(campaign=campaign)
    with acting_as(SYSTEM):
        found = {case.case_class.code: case for case in Case.objects.filter(pk__in=made).select_related("case_class")}
        bodies = {body.pk: body.code for body in Body.objects.all()}
        gas = CaseText.objects.get(case=found["E0502"].pk)
    assert {code: (bodies[case.lead_body_id], case.priority, case.state) for code, case in found.items()} == {
        "E0502": ("5101-gas", "emergency", "dispatched"),
        "E0511": ("510108-health", "normal", "dispatched"),
        # On the subdistrict's list of priorities.
        "E0604": ("510108004-livelihood", "urgent", "dispatched"),
    }
    assert "1栋 1单元 201" in gas.description


def test_of_the_rules_only_gas_is_told_as_danger_to_life() -> None:
    told_as = {rule.name: emergency_number(rule.text) for rule in following.RULES if rule.kind == following.CASE}
    assert told_as == {"gas_smell": "119", "fever": "", "frail_alone": ""}

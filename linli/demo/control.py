"""An exercise of joint control in the demo: declared for one community, its roster, and a screening that has run for some hours."""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from linli.campaigns import actions, forms, queries
from linli.campaigns.actions import NewMember, Told
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.queries.phones import TeamDoors
from linli.demo.duty import CREW
from linli.demo.people import Cast
from linli.foundation import clock
from linli.foundation.access import Actor, Role, acting_as
from linli.people import queries as people
from linli.territory.index import UnitInfo

BEGAN, LASTS = timedelta(hours=6), timedelta(days=5)
# Who leads a team has an account; the others are told by them.
LEADERS = 9
HELPERS = (
    ("volunteer", "陈晓梅", "护士"), ("volunteer", "罗建军", ""), ("volunteer", "邓丽华", "四川话、英语"), ("volunteer", "何志强", ""),
    ("property_staff", "张大勇", "电梯钥匙"), ("property_staff", "李国平", "电梯钥匙"), ("social_org", "徐静", "心理疏导"),
    ("social_org", "曾凡", ""), ("community_worker", "宋玉兰", ""), ("community_worker", "唐敏", "手语"),
)  # fmt: skip
LATE = ("蒋文", "向阳")
OUTCOMES = ("done", "nobody_home", "refused", "moved", "other_language", "unsafe")
WEIGHTS = (70, 18, 5, 4, 2, 1)
# Teams that have visited doors; the last of them was not heard of for a while.
AT_WORK, SILENT = 7, timedelta(hours=4)


def begin(cast: Cast, community: UnitInfo, rng: random.Random) -> None:
    """Everything of it, as of now."""
    leader, now = cast.by_role[Role.LEADER], clock.now()
    with clock.at(now - BEGAN), acting_as(leader):
        declared = actions.declare(told=_told(community, now), by=leader)
        actions.enlist(members=_members(cast, community), by=leader)
        for name in forms.SHIPPED:
            actions.publish_form(data=forms.shipped(name), unit=community.path[2], by=leader)
        campaign = actions.start(
            declaration=declared.pk,
            unit=community.id,
            name="燃气安全逐户告知",
            due_at=now + timedelta(days=2),
            by=leader,
        )
        actions.form_teams(campaign=campaign.pk, size=2, minutes=480, by=leader)
        actions.divide(campaign=campaign.pk, by=leader)
        teams = {team.pk: team for team in queries.teams(leader, campaign)}
        # They came later and are in no team yet: one can be formed of them.
        actions.enlist(
            members=[
                NewMember(community.id, "volunteer", name, _phone(40 + number)) for number, name in enumerate(LATE)
            ],
            by=leader,
        )
    led = [(actor, team.pk) for actor in _leaders(cast) for team in queries.my_teams(actor) if team.pk in teams]
    for number, (actor, team) in enumerate(led[:AT_WORK], start=1):
        with acting_as(actor):
            _visit(actor, queries.doors_of_team(actor, team), now - (SILENT if number == AT_WORK else timedelta()), rng)


def _told(community: UnitInfo, now: datetime) -> Told:
    return Told(
        unit=community.id,
        kind="exercise",
        name=f"{community.name}燃气泄漏应急演练",
        basis="《城镇燃气管理条例》第四十二条；街道年度应急演练计划",
        scope="演练燃气泄漏时逐户告知、关阀、疏散；不采集健康信息。",
        powers=["visit_households", "call_up"],
        starts_at=now - BEGAN,
        ends_at=now + LASTS,
    )


def _leaders(cast: Cast) -> list[Actor]:
    crew = [people.actor_of(people.staff_id(member.username)) for member in CREW[:LEADERS]]
    return [cast.by_role[Role.GRID_WORKER], *crew]


def _members(cast: Cast, community: UnitInfo) -> list[NewMember]:
    names = ["网格员", *(member.name for member in CREW[:LEADERS])]
    leading = [
        NewMember(community.id, "cadre", name, _phone(number), "街道办事处", person=actor.id)
        for number, (actor, name) in enumerate(zip(_leaders(cast), names, strict=True))
    ]
    helping = [
        NewMember(community.id, kind, name, _phone(LEADERS + 1 + number), skills=skills.split("、") if skills else ())
        for number, (kind, name, skills) in enumerate(HELPERS)
    ]
    return [*leading, *helping]


def _phone(number: int) -> str:
    return f"1380000{6000 + number}"


def _visit(by: Actor, found: TeamDoors, until: datetime, rng: random.Random) -> None:
    """The first doors of the team's walk, one after the other up to a moment, in one batch."""
    doors: list[UUID] = [door.id for building in found.buildings for door in building.doors]
    many = min(rng.randint(40, 160), len(doors))
    first = found.team.formed_at
    visits = [
        Visit(
            uuid4(),
            door,
            rng.choices(OUTCOMES, WEIGHTS)[0],
            first + (until - first) * (number + 1) / (many + 1),
        )
        for number, door in enumerate(doors[:many])
    ]
    # One that nobody knows: the desk looks at it.
    visits.append(Visit(uuid4(), uuid4(), "done", until - timedelta(minutes=1)))
    with clock.at(until):
        actions.receive(team=found.team.pk, device=uuid4(), sent_at=until, visits=visits, by=by)

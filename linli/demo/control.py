"""An exercise of joint control in the demo: declared for one community, its roster with shifts and a call, a screening that has run for
some hours; and premises that open again."""

import random
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from linli.campaigns import actions, forms, queries
from linli.campaigns.actions import NewMember, Told, calling, premises, shifts, telling
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.actions.premises import NewPremises
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.actions.shifts import Plan
from linli.campaigns.lifecycle import Move
from linli.campaigns.queries import calls
from linli.campaigns.queries import telling as at_doors
from linli.campaigns.queries.phones import TeamDoors
from linli.demo.duty import CREW
from linli.demo.people import Cast
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
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
# When those of a kind are on duty.
HOURS = (
    ("cadre", time(8), time(17)), ("community_worker", time(8), time(17)), ("volunteer", time(9), time(12)),
    ("property_staff", time(20), time(8)), ("social_org", time(14), time(18)),
)  # fmt: skip
APPLIES, OPENS = Move.APPLY, Move.OPEN
PROMISE = "排水电路已检修，燃气软管已更换，安全员在岗"
# Kind, name, who answers for it, and its way: days ago, step, what was promised or found.
PREMISES: tuple[tuple[str, str, str, tuple[tuple[int, Move, str], ...]], ...] = (
    ("market", "水碾河农贸市场", "市场管理处 周平", ((12, APPLIES, PROMISE), (11, OPENS, "积水排净，摊位用电合格"))),
    ("shop", "惠民便利店", "梁静", ((12, APPLIES, PROMISE), (11, OPENS, "用电用气合格"))),
    ("shop", "双桥粮油店", "郭强", ((11, APPLIES, PROMISE), (10, OPENS, "用电合格，货物离地存放"))),
    ("restaurant", "老街坊面馆", "杜红梅", (
        (11, APPLIES, PROMISE), (9, Move.REFUSE, "软管老化未更换"), (8, APPLIES, "软管已更换，加装报警器"), (7, OPENS, "复查合格"),
    )),
    ("school", "水碾河幼儿园", "园长 谢芳", ((10, APPLIES, PROMISE), (8, OPENS, "地面干燥，消毒记录齐全"))),
    ("restaurant", "巷子火锅", "冯勇", ((9, APPLIES, PROMISE), (7, Move.CONDITIONS, "后厨报警器须三日内装好"), (4, OPENS, "报警器已装好"))),
    ("office", "双桥商务楼", "物业经理 田军", ((9, APPLIES, PROMISE), (6, OPENS, "电梯检验合格"))),
    ("factory", "东郊印刷厂", "厂长 范建国", ((8, APPLIES, PROMISE), (5, Move.CONDITIONS, "配电间须加挡水板，十日内复查"))),
    ("shop", "小明五金店", "孔明", ((6, APPLIES, PROMISE), (5, OPENS, "用电合格"))),
    ("restaurant", "清真拉面馆", "马文", ((5, APPLIES, PROMISE), (3, Move.CONDITIONS, "只堂食，燃气复检前不用瓶装气"))),
    ("shop", "阳光药房", "祝敏", ((4, APPLIES, PROMISE), (2, OPENS, "药品存放合格"))),
    ("site", "河岸改造工地", "项目经理 邵波", ((3, APPLIES, "基坑已抽水，监测无位移"),)),
    ("factory", "康华食品厂", "厂长 贺强", ((2, APPLIES, PROMISE),)),
    ("restaurant", "河边烧烤", "蒋涛", ((12, APPLIES, PROMISE), (10, OPENS, "用气合格"), (0, Move.CLOSE, "演练：燃气泄漏报警，立即停业"))),
    ("other", "地下健身房", "沈佳", ((9, APPLIES, PROMISE), (6, Move.REFUSE, "地下室仍有积水"))),
    ("shop", "旧书铺", "秦朗", ()),
)  # fmt: skip
NOTICE = "今天下午进行燃气泄漏演练：听到广播后请关好阀门，开窗通风，不开关电器，从楼梯下楼。行动不便的人家请告诉上门的网格员。"
# In how many buildings the grid worker has told it.
TOLD_BUILDINGS = 3
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
        _keep_on_duty(declared.pk, community, leader, now)
        # They came later and are in no team yet: one can be formed of them.
        actions.enlist(
            members=[
                NewMember(community.id, "volunteer", name, _phone(40 + number)) for number, name in enumerate(LATE)
            ],
            by=leader,
        )
        notice = telling.tell_declaration(declaration=declared.pk, text=NOTICE, by=leader)
    _tell(notice.pk, cast.by_role[Role.GRID_WORKER])
    _reopen(leader, community, now)
    led = [(actor, team.pk) for actor in _leaders(cast) for team in queries.my_teams(actor) if team.pk in teams]
    for number, (actor, team) in enumerate(led[:AT_WORK], start=1):
        with acting_as(actor):
            _visit(actor, queries.doors_of_team(actor, team), now - (SILENT if number == AT_WORK else timedelta()), rng)


def _tell(notice: UUID, worker: Actor) -> None:
    """The grid worker has stood at the doors of the first buildings; where nobody was home, and in the others, doors are left."""
    with acting_as(SYSTEM):
        telling.fill(telling=notice)
    with acting_as(worker):
        for place in at_doors.tasks_of(worker)[:TOLD_BUILDINGS]:
            doors = [door.id for door in at_doors.doors_of(place)]
            for which, how in ((doors[::3], "told"), (doors[1::3], "leaflet"), (doors[2::6], "nobody")):
                if which:
                    telling.mark(place=place.pk, doors=which[: telling.MOST_DOORS], how=how, by=worker)


def _told(community: UnitInfo, now: datetime) -> Told:
    return Told(
        unit=community.id,
        kind="exercise",
        name=f"{community.name}燃气泄漏应急演练",
        basis="《城镇燃气管理条例》第四十二条；街道年度应急演练计划",
        scope="演练燃气泄漏时逐户告知、关阀、疏散；不采集健康信息。",
        powers=["visit_households", "call_up", "close_premises"],
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


def _keep_on_duty(declaration: UUID, community: UnitInfo, leader: Actor, now: datetime) -> None:
    """Three days of shifts, and a call that most have answered."""
    today = timezone.localdate(now)
    for kind, begin, end in HOURS:
        plan = Plan(today, today + timedelta(days=2), begin, end)
        shifts.plan_shifts(declaration=declaration, unit=community.id, plan=plan, by=leader, kind=kind)
    evening = datetime.combine(today + timedelta(days=1), time(19), timezone.get_default_timezone())
    text = "明晚到居委会集合，上门提醒检查燃气软管"
    new = NewCall(declaration, community.id, 8, text, evening, evening + timedelta(hours=2))
    row = calling.call(new=new, by=leader)
    for number, asked in enumerate(calls.called(row).order_by("pk")[:6]):
        if asked.person_id is not None:
            calling.answer(call=row.pk, coming=number != 1, by=people.actor_of(asked.person_id))


def _reopen(leader: Actor, community: UnitInfo, now: datetime) -> None:
    """Premises that a storm closed a fortnight ago, at every step of their way back."""
    for number, (kind, name, who, steps) in enumerate(PREMISES, start=1):
        with clock.at(now - timedelta(days=14)), acting_as(leader):
            told = NewPremises(community.id, kind, name, f"水碾河路{number * 6}号", who, _phone(90 + number))
            row = premises.register(told=told, by=leader)
        for days_ago, move, words in steps:
            with clock.at(now - timedelta(days=days_ago, minutes=number)), acting_as(leader):
                premises.move(premises=row.pk, move=move, words=words, by=leader)


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

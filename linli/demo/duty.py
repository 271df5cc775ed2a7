"""Who is on duty in the demo: people beside the logins, with skills, shifts (of the weeks before too) and the places where they last
arrived; more open work for them, and an emergency to which some of them are called.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.demo.logins import PASSWORD
from linli.demo.people import BY, Cast
from linli.demo.stories import Home
from linli.dispatch import actions, queries
from linli.foundation import clock
from linli.foundation.access import Actor, Role, acting_as
from linli.people import actions as accounts
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

URBAN, TEAM, EMERGENCY = "510108004-urban", "510108004-team", "510108004-emergency"
POLICE, PARKS, LIGHTING = "510108-police", "510108-parks", "5101-lighting"
SHUANGLIN, XINHONG = "510108004003-committee", "510108004006-committee"

SKILLS = (
    ("electric", "电工作业", "Electrician", ("C0135",)),
    ("chainsaw", "油锯作业", "Chainsaw", ("C0402",)),
    ("mediation", "人民调解", "Mediation", ("E0602", "E0122")),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the crew. `from_now`: when the shift begins and ends, in hours; `placed`: whether they have arrived somewhere yet."""

    username: str
    name: str
    body: str
    skills: tuple[str, ...] = ()
    from_now: tuple[int, int] = (-3, 7)
    placed: bool = True


CREW = (
    Member("crew.urban.1", "王海波", URBAN),
    Member("crew.urban.2", "陈国庆", URBAN),
    Member("crew.urban.3", "刘晓燕", URBAN),
    Member("crew.team.1", "黄志刚", TEAM, from_now=(9, 19)),
    Member("crew.parks.1", "蔡建平", PARKS, ("chainsaw",)),
    Member("crew.parks.2", "许静", PARKS),
    Member("crew.lighting.1", "董宏", LIGHTING, ("electric",)),
    Member("crew.emergency.1", "赵卫东", EMERGENCY),
    Member("crew.emergency.2", "杨帆", EMERGENCY, placed=False),
    Member("crew.police.1", "李建军", POLICE, ("mediation",)),
    Member("crew.police.2", "孙浩", POLICE),
    Member("crew.shuanglin.1", "何玉珍", SHUANGLIN, ("mediation",)),
    Member("crew.shuanglin.2", "马俊杰", SHUANGLIN, placed=False),
    Member("crew.xinhong.1", "吴桂芳", XINHONG, from_now=(-9, -1)),
)
# Who goes together: name, leader first, how, and the most that they hold.
TEAMS = (("应急一组", ("crew.emergency.1", "crew.emergency.2"), "car", 8),)
# Logins that are on duty too: what they have in hand counts.
LOGINS = (("handler", URBAN), ("handler.community", SHUANGLIN))

# What waits for somebody beside the day's own cases: class and words.
WAITING = (
    ("C0135", "{address}门口的路灯整晚不亮，老人出门看不见路。"),
    ("C0402", "{address}旁的行道树枝断了，挂在电线上，一刮风就晃。"),
    ("C0402", "{address}前的树压到了车棚，枝叶挡住了单元门。"),
    ("E0102", "{address}的垃圾房三天没有清运，污水流到了人行道上。"),
    ("E0408", "{address}的消防通道被电动车占满，轮椅过不去。"),
    ("E0402", "{address}旁的烧烤摊占了整条人行道，只能走机动车道。"),
)
# What has waited too long, in the two communities with committees of their own: how many days, class and words.
OVERDUE = (
    (6, "C0402", "{address}门口的香樟枯了大半，掉下来的枝条砸过行人。"),
    (6, "C0135", "{address}到公交站一路的路灯坏了三盏。"),
    (5, "E0402", "{address}楼下的水果店每天把货摊摆到盲道上。"),
    (4, "E0102", "{address}后门的建渣堆了好几天没人运。"),
    (4, "E0408", "{address}大门两边电动车停成两排，车进不去。"),
    (3, "E0102", "{address}的餐厨桶满了几天，味道很大。"),
)
ALARM = ("E0410", "{address}一楼楼道里充电的电瓶车冒烟，有老人还在楼上。")
CALLED = 3
# Whole weeks before this one in which the crew worked too, by day, in one community each: what an hour brings about is reckoned from them.
PAST_WEEKS = 5
DAY = (9, 17)


def begin(cast: Cast, subdistrict: UnitInfo, places: list[Home], rng: random.Random) -> None:
    """Everything of it, as of now."""
    now = clock.now()
    for code, name, name_en, classes in SKILLS:
        actions.define_skill(code=code, name=name, name_en=name_en, classes=classes, by=BY)
    bodies = {body.code: body.id for body in people.bodies()}
    crew = {member.username: _appoint(member, bodies) for member in CREW}
    for member in CREW:
        _plan(crew[member.username], bodies[member.body], subdistrict.id, member.from_now, now)
        held = bodies[member.body]
        actions.set_skills(person=crew[member.username], unit=subdistrict.id, body=held, codes=member.skills, by=BY)
        if member.placed:
            home, at = rng.choice(places), now - timedelta(minutes=rng.randint(5, 90))
            actions.note_arrival(person=crew[member.username], lon=home.lon, lat=home.lat, at=at)
    for name, members, mode, most in TEAMS:
        body = next(bodies[one.body] for one in CREW if one.username == members[0])
        together = [crew[member] for member in members]
        actions.form_team(
            name=name, unit=subdistrict.id, body=body, leader=together[0], members=together, mode=mode, most=most, by=BY
        )
    for username, code in LOGINS:
        _plan(people.staff_id(username), bodies[code], subdistrict.id, (-3, 7), now)
    for class_code, words in WAITING:
        _report(cast, class_code, words, rng.choice(places), now - timedelta(minutes=rng.randint(20, 50)))
    committees = {people.body(bodies[code]).unit_id for code in (SHUANGLIN, XINHONG)}
    near = [home for home in places if home.community in committees]
    for days, class_code, words in OVERDUE:
        _report(cast, class_code, words, rng.choice(near), now - timedelta(days=days))
    _alarm(cast, subdistrict, rng.choice(places), now)
    _plan_past(crew, bodies, subdistrict, now)


def _appoint(member: Member, bodies: dict[str, UUID]) -> UUID:
    made = accounts.create_staff(username=member.username, name=member.name, password=PASSWORD, by=BY, demo=True)
    body = people.body(bodies[member.body])
    accounts.appoint(person=made.id, role=Role.HANDLER, unit=body.unit_id, body=body.id, by=BY)
    return made.id


def _plan(person: UUID, body: UUID, unit: UUID, from_now: tuple[int, int], now: datetime) -> None:
    """Today and tomorrow, from full hour to full hour."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    for day in range(2):
        begins, ends = (hour + timedelta(days=day, hours=hours) for hours in from_now)
        actions.give_shift(person=person, body=body, unit=unit, starts_at=begins, ends_at=ends, by=BY)


def _plan_past(crew: dict[str, UUID], bodies: dict[str, UUID], subdistrict: UnitInfo, now: datetime) -> None:
    """From Monday to Friday: whoever works for a community stays there, the others go from one to the next."""
    communities = [one.id for one in territory.children(subdistrict.id)]
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=today.weekday(), weeks=PAST_WEEKS)
    for turn, member in enumerate(CREW):
        home = people.body(bodies[member.body]).unit_id
        for number in range(5 * PAST_WEEKS):
            week, weekday = divmod(number, 5)
            begins, ends = (first + timedelta(weeks=week, days=weekday, hours=hour) for hour in DAY)
            unit = home if home in communities else communities[(turn + number) % len(communities)]
            actions.give_shift(
                person=crew[member.username], body=bodies[member.body], unit=unit, starts_at=begins, ends_at=ends, by=BY
            )


def _report(cast: Cast, class_code: str, words: str, home: Home, at: datetime) -> UUID:
    """Reported by a resident, filed by the desk, sent to the body whose duty it is."""
    desk, dispatcher = cast.by_role[Role.DESK], cast.by_role[Role.DISPATCHER]
    reporter = cast.residents[1]
    report = Report(
        description=words.format(address=home.address), lon=home.lon, lat=home.lat, address=home.address, channel="app"
    )
    with clock.at(at), acting_as(reporter):
        case = cases.collect(report=report, by=reporter).case.id
    _do(desk, at + timedelta(minutes=4), lambda: cases.file(cases=[case], by=desk, class_code=class_code))
    _do(dispatcher, at + timedelta(minutes=7), lambda: cases.dispatch(cases=[case], by=dispatcher))
    return case


def _alarm(cast: Cast, subdistrict: UnitInfo, home: Home, now: datetime) -> None:
    """An emergency: the nearest are called, and one is on the way."""
    dispatcher = cast.by_role[Role.DISPATCHER]
    case = _report(cast, *ALARM, home, now - timedelta(minutes=12))
    with acting_as(dispatcher):
        near = queries.gathered(dispatcher, subdistrict.id, case, CALLED)
        called = [UUID(line.worker) for line in near.found.come]
        calls = actions.call_people(case=case, unit=subdistrict.id, people=called, by=dispatcher)
    coming = people.actor_of(calls[0].person_id)
    with acting_as(coming):
        actions.answer_call(call=calls[0].id, coming=True, by=coming)


def _do(by: Actor, at: datetime, change: Callable[[], object]) -> None:
    with clock.at(at), acting_as(by):
        change()

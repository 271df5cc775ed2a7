"""Every page there is, who visits it, and at which size: what the bars measure. A page that is missing here fails `test_every_page`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID, uuid4

from campaigns.conftest import Area
from campaigns.conftest import told as told_of
from django.utils import timezone
from factories.devices import device, says
from factories.warnings import raised
from factories.world import HERE, World

from linli.cameras import actions as cameras
from linli.campaigns import actions as control
from linli.campaigns import forms
from linli.campaigns.actions import NewMember, calling, premises, shifts, telling
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.actions.premises import NewPremises
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.actions.shifts import Plan
from linli.campaigns.lifecycle import Move
from linli.campaigns.models import FollowUp, Member, Team, TellingPlace
from linli.campaigns.position import Position
from linli.campaigns.queries import calls
from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.dispatch import actions as dispatch
from linli.duties.models import Duty, DutyList
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.gateway import actions as gateway
from linli.gateway import news
from linli.gateway.cap.message import Certainty, Severity, Urgency
from linli.gateway.rules import News
from linli.people.models import Person, Post

NOWHERE = "/nothing-here/"
# Addresses that are no pages: they only take what a form sends, answer a part of an open page, or are for programs.
NOT_PAGES = (
    "api/", "open311/", "openrosa/", "cap/", "healthz", "readyz", "metrics", "live/", "map/base.pmtiles", "language/", "look/", "demo/",
    "sign-out/", "static/", "report/hints/", "report/photos/", "report/map/", "desk/bulk/", "desk/undo/",
    "me/consent/", "me/export/", "me/password/",
    "me/sign-out-everywhere/", "duties/days/clear/", "hotline/caller/", "hotline/hints/", "hotline/addresses/",
    "hotline/classes/", "design/chart/", "elder/", "help/<slug:name>/steps/", "manifest.webmanifest", "sw.js", "pulse/",
    "messages/read/", "messages/unread/", "sensors/alerts/<uuid:alert_id>/<slug:verdict>/",
    "sensors/<uuid:device_id>/retire/",
    "cameras/<uuid:camera_id>/look/", "cameras/<uuid:camera_id>/close/",
    "announce/<uuid:announcement_id>/call-back/", "warnings/look/", "warnings/<uuid:warning_id>/<slug:verdict>/",
    "announce/alert/<uuid:alert_id>/withdraw/",
    # Only where the city has a service account: tests/stories/test_wechat.py looks at it.
    "me/wechat/", "wechat/signature/",
    "messages/<uuid:message_id>/", "field/task/<str:reference>/<slug:name>/", "verify/<str:reference>/<slug:name>/",
    "case/<str:reference>/files/", "case/<str:reference>/<slug:name>/", "track/<str:reference>/<str:secret>/files/",
    "people/posts/<uuid:post_id>/end/", "people/posts/<uuid:post_id>/delegate/", "people/posts/<uuid:post_id>/reset/",
    "people/posts/<uuid:post_id>/phone/",
    "people/posts/<uuid:post_id>/close-account/", "people/delegations/",
    # Long work has its life in tests/stories; these take what its page sends, or hand out a table.
    "work/<uuid:work_id>/", "territory/names/", "people/names/", "duties/lists/<uuid:list_id>/export.<str:kind>",
    "territory/<uuid:unit_id>/boundary.geojson",
    # These take what the pages of a row and of a class send; tests/duties sends it.
    "duties/rows/<uuid:row_id>/change/", "duties/classes/<str:code>/change/",
    # These take what dispatch's pages send; sending shows first what follows, which tests/stories lives through.
    "dispatch/propose/", "dispatch/find/", "dispatch/shifts/", "dispatch/proposals/<uuid:proposal_id>/send/",
    "dispatch/proposals/<uuid:proposal_id>/take-back/", "dispatch/rounds/<uuid:proposal_id>/send/", "dispatch/teams/<uuid:team_id>/end/",
    # These take what the console of joint control sends; tests/campaigns/test_control_pages.py sends it.
    "control/<uuid:declaration_id>/<slug:name>/", "control/roster/<uuid:member_id>/release/",
    "control/calls/<uuid:call_id>/answer/", "control/premises/<uuid:premises_id>/<slug:name>/",
    "control/screenings/<uuid:campaign_id>/teams/form/", "control/screenings/<uuid:campaign_id>/at-home/<uuid:door_id>/release/",
    "control/silent/", "control/mine/unbind/", "control/mine/photos/<uuid:photo_id>/", "control/tellings/<uuid:telling_id>/stop/",
    "control/<uuid:declaration_id>/tell/", "control/shifts/<uuid:shift_id>/end/", "control/teams/<uuid:team_id>/phones/<uuid:user_id>/end/",
    "control/screenings/<uuid:campaign_id>/divide/", "control/screenings/<uuid:campaign_id>/close/", "control/teams/<uuid:team_id>/out/",
    # Handed out as files; tests/campaigns/test_control_pages.py, test_visit_parts.py and tests/insight/test_screen.py open them.
    "control/screenings/<uuid:campaign_id>/report.pdf", "control/screenings/<uuid:campaign_id>/report.xlsx",
    "screen/figures.xlsx", "screen/weekly.pdf", "control/photos/<uuid:photo_id>/",
    # Shown in the middle of a sign-in, which tests/stories lives through.
    "sign-in/code/", "sign-in/totp/", "sign-in/enrol/",
)  # fmt: skip


@dataclass(frozen=True)
class Screening:
    """Joint control in the small city: over, and in force with a screening, a team and a building of it."""

    over: UUID
    declaration: UUID
    campaign: UUID
    team: UUID
    building: UUID
    call: UUID
    premises: UUID
    door: UUID
    follow_up: UUID
    form: UUID
    link: str
    # A notice at the doors, and a building of it.
    telling: UUID
    place: UUID

    @property
    def base(self) -> str:
        return f"/control/screenings/{self.campaign}/"


def screened(world: World) -> Screening:
    """A declaration that is over and destroyed, one in force, and its screening with a visit that counts and one set aside."""
    area = Area(world)
    building = area.building("B1", 2, 4, 2)
    leader = world.actor("leader", Role.LEADER, "51")
    over = control.declare(told=told_of(world, name="防汛演练"), by=leader)
    control.end(declaration=over.pk, reason="演练结束", by=leader)
    control.destroy(declaration=over.pk, reason="演练结束", by=leader)
    declared = control.declare(told=told_of(world), by=leader)
    people = [
        NewMember(world.id("W1"), "cadre", name, phone)
        for name, phone in (("周敏", "13800000000"), ("吴强", "13800000001"))
    ]
    control.enlist(members=people, by=leader)
    due = clock.now() + timedelta(days=3)
    campaign = control.start(declaration=declared.pk, unit=world.id("51"), name="逐户排查", due_at=due, by=leader)
    control.form_teams(campaign=campaign.pk, size=2, minutes=480, by=leader)
    control.divide(campaign=campaign.pk, by=leader)
    team = Team.objects.get(campaign=campaign)
    grid = world.actor("grid", Role.GRID_WORKER, "W1")
    Member.objects.filter(memberships__team=team, memberships__leads=True).update(person=grid.id)
    door = area.doors["B1"][0]
    far = Position(104.5, 30.601, 20)
    seen = Visit(uuid4(), door.pk, "done", clock.now(), note="老人听力不好，请按两次门铃", position=far)
    visits = [seen, Visit(uuid4(), uuid4(), "done", clock.now())]
    control.receive(team=team.pk, device=uuid4(), sent_at=clock.now(), visits=visits, by=grid)
    now, until = clock.now(), clock.now() + timedelta(hours=4)
    new = NewCall(declared.pk, world.id("W1"), 5, "到社区居委会集合", now, until)
    call = calling.call(new=new, by=leader)
    asked = calling.ask_next(call=call.pk)[0]
    hours = Plan(timezone.localdate(), timezone.localdate(), time(0), time(23, 59))
    shifts.plan_shifts(declaration=declared.pk, unit=world.id("W1"), plan=hours, by=leader)
    shop = premises.register(told=NewPremises(world.id("W1"), "shop", "便民超市", "水碾河路1号", "王先生"), by=leader)
    for move, words in ((Move.APPLY, "每日消毒，限流二十人"), (Move.CONDITIONS, "须增设出口，三日内复查")):
        premises.move(premises=shop.pk, move=move, words=words, by=leader)
    link = f"/calls/{asked.id}/{calls.secret_of(asked.id)}/"
    form = control.publish_form(data=forms.shipped("flood_check"), unit=world.id("51"), by=leader)
    food = FollowUp.objects.create(
        campaign=campaign, submission=visits[0].id, door=door.pk, building_id=building.pk, community_id=world.id("W1"),
        rule="food", kind="delivery", every_hours=72, next_at=clock.now() + timedelta(hours=1),
    )  # fmt: skip
    told = telling.tell_declaration(declaration=declared.pk, text="请配合入户排查，备好身份证件。", by=leader)
    telling.fill(telling=told.pk)
    place = TellingPlace.objects.get(telling=told, building=building)
    some = [one.pk for one in area.doors["B1"][:3]]
    telling.mark(place=place.pk, doors=some[:2], how="told", by=grid)
    telling.mark(place=place.pk, doors=some[2:], how="nobody", by=grid)
    return Screening(
        over.pk, declared.pk, campaign.pk, team.pk, building.pk, call.pk, shop.pk, door.pk, food.pk, form.pk, link,
        told.pk, place.pk,
    )  # fmt: skip


@dataclass(frozen=True)
class Made:
    """What stands in the small city to be looked at."""

    world: World
    fresh: Case
    working: Case
    closed: Case
    call: Case
    called: Case
    secret: str
    post: Post
    announcement: UUID
    # A proposal for the working case, and the call of its handler to it.
    proposal: UUID
    rounds: UUID
    team: UUID
    called_to: UUID
    camera: UUID
    look: UUID
    warning: UUID
    screening: Screening
    sensor: UUID
    # A warning to everybody, under a declaration.
    alert: UUID

    @property
    def duty_list(self) -> str:
        return f"/duties/lists/{DutyList.objects.get().id}/"

    @property
    def duty_row(self) -> str:
        return f"/duties/rows/{Duty.objects.order_by('row_number')[0].id}/"


def make(world: World) -> Made:
    """A case in each stage that has a page of its own, and one that waits for a call back. Call it as SYSTEM."""
    resident = world.resident("13800138000")
    desk = world.actor("desk", Role.DESK, "5101")
    handler = world.actor("handler", Role.HANDLER, None, "street")
    verifier = world.actor("verifier", Role.VERIFIER, "W")
    clerk = world.actor("clerk", Role.HOTLINE_CLERK, "51")

    def told(by: object, **more: object) -> actions.Collected:
        report = Report(description="路灯不亮，晚上很黑", lon=HERE[0], lat=HERE[1], class_code="0102", **more)  # type: ignore[arg-type]
        return actions.collect(report=report, by=by)  # type: ignore[arg-type]

    def until_closed(case: Case) -> None:
        actions.file(cases=[case.id], by=desk, class_code="0103")
        actions.dispatch(cases=[case.id], by=desk, body_id=world.bodies["street"].id, note="就近处理")
        actions.accept(cases=[case.id], by=handler)
        actions.report_back(cases=[case.id], by=handler, note="已更换灯泡。")
        actions.verify(cases=[case.id], by=verifier)
        actions.close(cases=[case.id], by=desk)

    fresh, working, closed = told(resident), told(resident), told(resident)
    by_phone = {"channel": "hotline", "contact_phone": "13700001111", "contact_name": "王先生"}
    open_call, called = told(clerk, **by_phone), told(clerk, **by_phone)
    actions.file(cases=[working.case.id], by=desk)
    actions.dispatch(cases=[working.case.id], by=desk)
    for collected in (closed, called):
        until_closed(collected.case)
    told_area = gateway.publish(news=News("area", world.id("W1"), "水碾河停水", "明天上午停水。"), by=desk)
    with clock.at(clock.now() + timedelta(minutes=2)):
        news.send(told_area.id)
    made = [collected.case for collected in (fresh, working, closed, open_call, called)]
    on_duty = {"person": handler.id, "body": world.bodies["street"].id, "unit": world.id("W")}
    hour = timedelta(hours=1)
    dispatch.give_shift(**on_duty, starts_at=clock.now() - hour, ends_at=clock.now() + 8 * hour, by=SYSTEM)
    dispatch.define_skill(code="lift", name="电梯", name_en="Lift", by=SYSTEM)
    proposal = dispatch.propose(unit=world.id("W"), by=SYSTEM)
    assert handler.id is not None
    rounds = dispatch.plan_rounds(unit=world.id("W"), cases=None, who=[handler.id], by=SYSTEM)
    crew = [world.staff(name).id for name in ("lifter", "second-lifter")]
    for one in crew:
        Post.objects.create(
            person_id=one,
            role=Role.HANDLER,
            unit=world.units["W"],
            body=world.bodies["street"],
            valid_from=clock.now() - hour,
        )
    team = dispatch.form_team(
        name="电梯班",
        unit=world.id("W"),
        body=world.bodies["street"].id,
        leader=crew[0],
        members=crew,
        mode="car",
        most=6,
        by=SYSTEM,
    )
    (call,) = dispatch.call_people(case=working.case.id, unit=world.id("W"), people=[handler.id], by=SYSTEM)
    camera = cameras.register(
        told=cameras.Told(
            "东门",
            *HERE,
            world.bodies["street"].id,
            "消防通道",
            "hls",
            "https://camera.invalid/live.m3u8",
            retention_days=30,
        ),
        by=SYSTEM,
    )
    look = cameras.look(camera_id=camera.pk, reason="消防通道可能被堵", by=desk)
    sensor = device(world).pk
    says(world, 60, 61)
    post, warning = Post.objects.order_by("pk")[0], raised(world, [case.id for case in made]).pk
    beside = (
        told_area.id,
        proposal.id,
        rounds.id,
        team.id,
        call.id,
        camera.pk,
        look.pk,
        warning,
        screened(world),
        sensor,
        warned(world),
    )
    return Made(world, *made, open_call.secret, post, *beside)


def warned(world: World) -> UUID:
    """Joint control of the western subdistrict, and the warning that is shown there."""
    leader, now = world.actor("leader", Role.LEADER, "51"), clock.now()
    declared = control.declare(
        told=control.Told(
            unit=world.id("W"),
            kind="flood",
            name="暴雨联防联控",
            basis="突发事件应对法第七十三条",
            scope="低洼院落",
            powers=["warn_everybody"],
            starts_at=now,
            ends_at=now + timedelta(days=3),
        ),
        by=leader,
    )
    told = gateway.NewAlert(
        declaration=declared.id,
        units=[world.id("W")],
        headline="内涝红色预警",
        instruction="不要下到地下室和地下车库，住一楼的请到楼上邻居家或社区活动中心。",
        description="锦江水位每小时上涨 20 厘米。",
        headline_en="Flooding, red",
        instruction_en="Keep out of basements and garages. Ground floor: go to neighbours upstairs or to the community centre.",
        expires=now + timedelta(hours=12),
        urgency=Urgency.IMMEDIATE,
        severity=Severity.SEVERE,
        certainty=Certainty.OBSERVED,
    )
    return gateway.issue_alert(warning=told, by=leader).id


Paths = Callable[[Made], list[str]]

# Who visits what. Residents and field workers hold a phone; a desk is a desktop; narrow desks are visited in one look.
VISITS: dict[str, Paths] = {
    "": lambda made: [
        "/", "/home/", "/safety/", "/service/", "/service/circle/", "/around/", "/report/", "/sign-in/", "/sign-in/staff/", "/design/",
        "/control/mine/", made.screening.link, f"/service/circle/?unit={made.world.units['W1'].id}",
        "/offline/", "/api/v1/docs", "/guide/", "/guide/resident/", "/help/resident/", NOWHERE,
        f"/case/{made.working.reference}/", f"/track/{made.call.reference}/{made.secret}/", f"/rate/{made.call.reference}/{made.secret}/",
    ],
    "resident": lambda made: [
        "/home/", "/my/", f"/news/{made.announcement}/", "/messages/", "/messages/settings/", "/messages/communities/",
        "/me/", "/me/delete/", "/report/", f"/case/{made.closed.reference}/", "/field/doors/",
    ],
    "handler": lambda made: [
        "/field/", "/field/map/", "/field/doors/", "/field/me/", f"/field/call/{made.called_to}/",
        f"/field/task/{made.working.reference}/", f"/case/{made.working.reference}/",
    ],
    "verifier": lambda made: ["/verify/"],
    "desk": lambda made: [
        "/desk/", "/desk/views/?state=open",
        "/figures/", f"/case/{made.fresh.reference}/", "/duties/", "/duties/classes/", "/duties/classes/0101/",
        made.duty_list, "/territory/", "/cameras/", f"/cameras/{made.camera}/", f"/cameras/{made.camera}/?look={made.look}",
        "/sensors/", f"/sensors/{made.sensor}/",
        "/dispatch/", f"/dispatch/?unit={made.world.units['W'].id}", "/dispatch/people/", "/dispatch/what-if/?more=1",
        f"/dispatch/people/{made.world.people['handler'].id}/?unit={made.world.units['W'].id}",
        f"/dispatch/gather/{made.working.reference}/?unit={made.world.units['W'].id}",
        f"/dispatch/proposals/{made.proposal}/{made.working.id}/",
        "/dispatch/rounds/", f"/dispatch/rounds/{made.rounds}/", "/dispatch/teams/",
        f"/dispatch/teams/{made.team}/?unit={made.world.units['W'].id}",
    ],
    "clerk": lambda made: [
        "/hotline/", "/hotline/?phone=13700001111", f"/hotline/?filed={made.call.reference}", "/hotline/callbacks/",
        f"/hotline/callbacks/{made.called.reference}/",
    ],
    "leader": lambda made: [
        "/map/", f"/map/?unit={made.world.units['W'].id}&show=standing&day=2026-11-20&hour=9", "/map/hazards/", "/map/services/",
        "/figures/?weeks=13", "/rates/", "/rates/?weeks=4&sort=response", "/announce/", "/announce/new/",
        "/compare/", "/compare/hours/",
        f"/compare/before-after/?unit={made.world.units['W'].id}&day=2026-05-04&weeks=4",
        f"/announce/{made.announcement}/", "/warnings/", f"/warnings/{made.warning}/",
        "/screen/", "/screen/weekly/",
        "/announce/alert/", "/announce/alert/new/", f"/announce/alert/{made.alert}/", f"/announce/alert/new/?updates={made.alert}",
        "/control/", "/control/declare/", f"/control/{made.screening.over}/", f"/control/{made.screening.declaration}/",
        f"/control/{made.screening.declaration}/screening/new/", made.screening.base,
        f"{made.screening.base}?unit={made.world.units['W1'].id}", f"{made.screening.base}teams/", f"{made.screening.base}aside/",
        f"{made.screening.base}buildings/{made.screening.building}/", f"/control/teams/{made.screening.team}/",
        f"{made.screening.base}buildings/{made.screening.building}/doors/{made.screening.door}/",
        f"/field/follow/{made.screening.follow_up}/", f"{made.screening.base}at-home/", "/control/tellings/",
        f"/control/tellings/{made.screening.telling}/", f"/field/follow/tell/{made.screening.place}/",
        f"{made.screening.base}at-home/{made.screening.door}/", f"{made.screening.base}at-home/{made.screening.door}/move/",
        "/control/forms/", f"/control/forms/{made.screening.form}/",
        f"/control/teams/{made.screening.team}/end/", f"{made.screening.base}buildings/{made.screening.building}/seal/",
        f"{made.screening.base}teams/come/?unit={made.world.units['W1'].id}",
        f"{made.screening.base}late/?unit={made.world.units['W1'].id}",
        f"{made.screening.base}report/", f"/control/premises/{made.screening.premises}/",
        "/control/roster/", "/control/roster/new/", "/control/roster/import/",
        f"/control/calls/new/?unit={made.world.units['W1'].id}", "/control/premises/", "/control/premises/new/",
        "/control/calls/", f"/control/calls/{made.screening.call}/",
        "/control/shifts/", f"/control/shifts/new/?unit={made.world.units['W1'].id}",
        f"{made.screening.base}buildings/{made.screening.building}/leaflets/", f"/control/teams/{made.screening.team}/phones/",
    ],
    "admin": lambda made: [
        "/people/", "/people/appoint/",
        "/people/import/", "/people/staff/new/", f"/people/posts/{made.post.id}/", "/duties/import/", "/duties/days/",
        "/duties/new-class/", "/duties/stages/",
        "/cameras/new/", f"/cameras/{made.camera}/", f"/cameras/{made.camera}/change/", "/sensors/new/", f"/sensors/{made.sensor}/change/",
        "/dispatch/skills/", "/duties/import/classes/", "/territory/import/", "/work/", "/duties/gaps/", made.duty_row,
        f"{made.duty_list}add/", "/messages/ways/",
        *(f"/territory/{made.world.units['W'].id}/{change}/" for change in ("add", "boundary", "change", "merge", "split")),
    ],
    "auditor": lambda made: ["/audit/"],
}  # fmt: skip
ON_A_PHONE = {"", "resident", "handler", "verifier"}


def employ(world: World) -> None:
    """The two whom the stories do not need."""
    for name, role in (("admin", Role.ADMIN), ("auditor", Role.AUDITOR)):
        person = Person.objects.create(username=name, password="!")
        Post.objects.create(person=person, role=role, unit=world.units["51"])
    world.people |= {person.username: person for person in Person.objects.exclude(username=None) if person.username}


def visitor(name: str, world: World) -> Person:
    with acting_as(SYSTEM):
        if name == "resident":
            return Person.objects.get(pk=world.resident("13800138000").id)
        return Person.objects.get(username=name)

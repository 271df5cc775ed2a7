"""`pages.p50` and `pages.p95`: the server's time for every page with 1,000,000 cases stored.

Each page is asked for by somebody of its role, one request after the other, on a warm server; of all pages the slowest counts, and each is
told in the progress. Those who read lists of cases are there three times: at a subdistrict, a district and the whole city. A page
that nobody asks for here is in UNMEASURED with its reason, or `tests/bars/test_every_page.py` fails.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from bench import _city, _control, _devices, _million, _served

TIMES = 40
WARM = 3
PHONE = "13900000001"
# An intervention with weeks of cases before it and after it.
WEEKS_AGO = 5
COMMUNITY, CLASS = "510108004003", "E0110"
ANYBODY = (
    "/", "/home/", "/safety/", "/service/", "/service/circle/?unit={community}",
    "/around/", "/around/?unit={community}", "/report/", "/sign-in/", "/sign-in/staff/", "/guide/",
    "/guide/resident/", "/help/resident/", "/offline/", "/design/", "/api/v1/docs", "/territory/?unit={district}", "/case/{open}/",
    "/track/{called}/{secret}/", "/api/v1/territory/units/{district}/outlines",
)  # fmt: skip
RESIDENT = (
    "/home/", "/service/", "/around/", "/my/", "/report/", "/messages/", "/messages/settings/", "/messages/communities/", "/me/",
    "/me/delete/", "/case/{own}/", "/news/{news}/", "/field/doors/", "/control/calls/",
)  # fmt: skip
HANDLER = ("/field/", "/field/map/", "/field/me/", "/field/task/{working}/", "/case/{working}/")
VERIFIER = ("/verify/", "/case/{handled}/")
DESK = (
    "/desk/", "/desk/?state=overdue", "/desk/?state=&text={words}", "/desk/?order=newest", "/desk/views/", "/figures/", "/case/{open}/",
    "/case/{closed}/", "/duties/", "/duties/lists/{list}/", "/duties/classes/", "/duties/classes/{class}/", "/duties/gaps/", "/territory/",
    "/announce/", "/announce/new/", "/announce/{news}/", "/map/", "/cameras/", "/sensors/", "/sensors/?state=alert", "/sensors/{sensor}/",
)  # fmt: skip
CLERK = ("/hotline/", "/hotline/?phone={phone}", "/hotline/callbacks/")
LEADER = (
    "/rates/", "/figures/", "/figures/?weeks=52", "/map/", "/map/?show=standing&day=2026-11-20&hour=9", "/warnings/", "/screen/",
    "/screen/weekly/", "/compare/", "/compare/before-after/?unit={below}&day={weeks_ago}", "/compare/hours/", "/map/hazards/",
    "/map/services/", "/announce/alert/",
    "/control/", "/control/declare/", "/control/{declaration}/", "/control/{declaration}/screening/new/",
    "/control/screenings/{screening}/", "/control/screenings/{screening}/?unit={community}",
    "/control/screenings/{screening}/teams/", "/control/screenings/{screening}/aside/",
    "/control/screenings/{screening}/buildings/{building}/", "/control/screenings/{screening}/buildings/{building}/doors/{door}/",
    "/control/screenings/{screening}/report/", "/control/teams/{team}/",
    "/control/premises/", "/control/premises/new/", "/control/premises/{premises}/", "/control/roster/",
    "/control/roster/?kind=volunteer&skill={skill}", "/control/roster/new/", "/control/roster/import/", "/control/calls/new/",
    "/control/calls/{call}/", "/control/mine/", "/control/shifts/", "/control/shifts/new/", "/control/forms/",
    "/control/screenings/{screening}/at-home/", "/control/tellings/",
    "/control/screenings/{screening}/buildings/{building}/seal/", "/control/screenings/{screening}/buildings/{building}/leaflets/",
    "/control/teams/{team}/phones/", "/control/teams/{team}/end/", "/control/screenings/{screening}/late/?unit={community}",
)  # fmt: skip
DISPATCHER = (
    "/dispatch/", "/dispatch/people/", "/dispatch/rounds/", "/dispatch/teams/", "/dispatch/what-if/", "/dispatch/what-if/?more=1",
    "/dispatch/gather/{working}/?unit={unit}",
)  # fmt: skip
ADMIN = (
    "/people/", "/people/appoint/", "/people/import/", "/people/staff/new/", "/people/posts/{post}/",
    "/duties/import/", "/duties/import/classes/",
    "/duties/days/", "/duties/stages/",
    "/duties/rows/{row}/", "/duties/lists/{list}/add/", "/territory/import/", "/territory/{district}/change/",
    "/territory/{community}/add/", "/territory/{community}/boundary/", "/territory/{community}/merge/", "/territory/{community}/split/",
    "/work/", "/cameras/new/", "/dispatch/skills/", "/sensors/new/",
    "/messages/ways/",
)  # fmt: skip
AUDITOR = ("/audit/",)
# By their routes: why nobody asks for them here.
UNMEASURED = {
    "announce/alert/new/": "a form, for who has declared joint control",
    "announce/alert/<uuid:alert_id>/": "a warning to everybody, shown with what few rows tell of it",
    "calls/<uuid:asked_id>/<str:secret>/": "one call's text and two buttons",
    "control/forms/<uuid:form_id>/": "one form, as it was published",
    "control/screenings/<uuid:campaign_id>/at-home/<uuid:door_id>/": "one household's answers",
    "control/screenings/<uuid:campaign_id>/at-home/<uuid:door_id>/move/": "its form",
    "control/screenings/<uuid:campaign_id>/teams/come/": "as `late/`, for people of the roster who are free; all are in teams here",
    "field/follow/<uuid:follow_up_id>/": "one follow-up",
    "control/tellings/<uuid:telling_id>/": "sums of a notice's buildings; none is told at doors here",
    "field/follow/tell/<uuid:place_id>/": "one building's doors",
    "sensors/<uuid:device_id>/change/": "a form",
    "duties/new-class/": "a form",
    "cameras/<uuid:camera_id>/": "one camera with its looks; none is registered here",
    "cameras/<uuid:camera_id>/change/": "its form",
    "dispatch/people/<uuid:person_id>/": "one person's shifts and skills",
    "dispatch/proposals/<uuid:proposal_id>/<uuid:case_id>/": "one case of a proposal; `dispatch` measures proposals",
    "dispatch/rounds/<uuid:proposal_id>/": "one plan of rounds; `dispatch` measures rounds",
    "dispatch/teams/<uuid:team_id>/": "one team's form",
    "field/call/<uuid:call_id>/": "one call to a case",
    "hotline/callbacks/<str:reference>/": "the list of callbacks with one of them open",
    "rate/<str:reference>/<str:secret>/": "a form with one case's name",
    "warnings/<uuid:warning_id>/": "one warning with its cases; the nights in which it is found are not lived here",
}
# Worked out while the reader waits for it, and told apart: two proposals beside each other, or which doors would move.
PLANNED = ("?more=1", "/late/")
AT_EACH_UNIT = {"desk": DESK, "leader": LEADER, "verifier": VERIFIER, "dispatcher": DISPATCHER}
ASKED_FOR = (ANYBODY, RESIDENT, HANDLER, CLERK, ADMIN, AUDITOR, *AT_EACH_UNIT.values())


@dataclass(frozen=True)
class Visitor:
    """Somebody of a role, with the cookies of their session, and what they look at."""

    name: str
    cookie: str
    paths: tuple[str, ...]


def run(progress, cases: int = _million.CASES):
    """Yields three figures: {name, value, unit, on}."""
    from linli.cases import actions as cases_actions
    from linli.demo.people import BY
    from linli.foundation.access import acting_as

    _city.prepare(progress, cases)
    with acting_as(BY):
        with progress.step("Counting the weeks"):
            cases_actions.count_weeks(by=BY)
        _control.store(progress)
        _devices.store(progress)
        visitors = _visitors()
    with _served.serving(progress, workers=1) as port:
        pages = {(visitor.name, path): _times(port, visitor, path) for visitor in visitors for path in visitor.paths}
    for (name, path), seconds in pages.items():
        progress.say(f"  {name} {path}: {_ms(seconds, 0.5)} ms, p95 {_ms(seconds, 0.95)} ms")
    plans = {page: pages.pop(page) for page in list(pages) if any(sign in page[1] for sign in PLANNED)}
    for share, figure, asked in (
        (0.5, "pages.p50", pages),
        (0.95, "pages.p95", pages),
        (0.5, "pages.plans_p50", plans),
    ):
        worst = max(asked, key=lambda page: _served.quantile(asked[page], share))
        on = f"{_served.cores()}; {cases:,} cases, one client, the slowest of {len(asked)} pages: {worst[1]} of {worst[0]}"
        yield {"name": figure, "value": _ms(asked[worst], share), "unit": "ms", "on": on}


def _ms(seconds: list[float], share: float) -> float:
    return round(_served.quantile(seconds, share) * 1000, 1)


def _times(port: int, visitor: Visitor, path: str) -> list[float]:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nCookie: {visitor.cookie}\r\n\r\n".encode()
    )
    return _served.ask_times(port, request, WARM + TIMES, 200)[WARM:]


def _visitors() -> list[Visitor]:
    """Staff of every role, a resident who has reported, and somebody who has not signed in. Call it as SYSTEM."""
    from linli.foundation.access import Role
    from linli.people import queries as people
    from linli.people.models import Person
    from linli.people.rules import phone_hash

    city = _city.unit_at("city")
    admin = _city.employed(Role.ADMIN, city.id)
    own, known = reported_by_resident(), _known()
    resident = Person.objects.get(phone_hash=phone_hash(PHONE), username=None)
    found = [
        Visitor("anybody", "", _filled(ANYBODY, open=_case(state="filed", private=False), **called(), **known)),
        Visitor("resident", _served.cookie_of(resident), _filled(RESIDENT, own=own, **known)),
    ]
    for level in _city.UNITS:
        unit = _city.unit_at(level)
        for role, paths in AT_EACH_UNIT.items():
            found.append(
                Visitor(f"{role} of a {level}", _city.employed(Role(role), unit.id), _of_unit(paths, unit, known))
            )
    body = people.bodies()[0]
    handler = _city.employed(Role.HANDLER, body.unit_id, body.id)
    found += [
        Visitor("handler", handler, _filled(HANDLER, working=_case(lead_body=body.id, state="accepted"))),
        Visitor("clerk", _city.employed(Role.HOTLINE_CLERK, city.id), _filled(CLERK, phone=PHONE)),
        Visitor("admin", admin, _filled(ADMIN, **known)),
        Visitor("auditor", _city.employed(Role.AUDITOR, city.id), AUDITOR),
    ]
    return found


def _known() -> dict[str, str]:
    """Something of each kind that has a page of its own."""
    from linli.duties.models import Duty, DutyList, ListKind
    from linli.foundation import clock
    from linli.people.models import Post
    from linli.territory import queries as territory

    duty_list = DutyList.objects.filter(kind=ListKind.DUTY)[0]
    return {
        "community": str(territory.find_by_code(COMMUNITY).id),
        "district": str(_city.unit_at("district").id),
        "class": CLASS,
        "list": str(duty_list.id),
        "row": str(Duty.objects.filter(list=duty_list)[0].id),
        "weeks_ago": f"{clock.now() - timedelta(weeks=WEEKS_AGO):%Y-%m-%d}",
        "post": str(Post.objects.order_by("pk")[0].id),
        "news": announced(),
    }


def announced() -> str:
    """Something was announced in the community and went out."""
    from linli.demo.people import BY
    from linli.foundation import clock
    from linli.gateway import actions, news
    from linli.gateway.rules import News
    from linli.territory import queries as territory

    told = News("area", territory.find_by_code(COMMUNITY).id, "水碾河停水", "明天上午停水。")
    made = actions.publish(news=told, by=BY)
    with clock.at(clock.now() + timedelta(minutes=2)):
        news.send(made.id)
    return str(made.id)


def _of_unit(paths: tuple[str, ...], unit, known: dict[str, str]) -> tuple[str, ...]:
    """The pages with cases of that unit, and a unit below it, in the places of their names."""
    from linli.territory import queries as territory

    states = {"open": "filed", "working": "accepted", "handled": "handled", "closed": "evaluated"}
    below = territory.children(unit.id)[0]
    within = {} if unit.level == "city" else {unit.level: unit.id}
    cases = {name: _case(state=state, **within) for name, state in states.items()}
    beside = _control.in_unit(unit) | {"sensor": _devices.in_unit(unit)}
    return _filled(
        paths, words=quote("路灯"), skill=quote("护士"), unit=unit.id, below=below.id, **cases, **known, **beside
    )


def _filled(paths: tuple[str, ...], **names: str) -> tuple[str, ...]:
    return tuple(path.format(**names) for path in paths)


def _case(**of) -> str:
    """The number of the newest case of that kind."""
    from linli.cases.models import Case

    return Case.objects.filter(**of).order_by("-pk")[0].reference


def reported_by_resident() -> str:
    """A resident signs in and reports some times; gives the number of the last."""
    from django.conf import settings

    from linli.cases import actions as cases
    from linli.cases.rules import Report
    from linli.demo.people import BY
    from linli.people import actions, queries

    # The code of a sign-in is shown in a demo only.
    settings.LINLI_DEMO = True
    sent = actions.request_code(phone=PHONE, ip="192.0.2.1", by=BY)
    person = actions.sign_in_with_code(phone=PHONE, code=sent.shown, by=BY)
    actor = queries.actor_of_person(person)
    for number in range(12):
        report = Report(description=f"路灯不亮，第{number}盏", lon=104.10 + number / 1e4, lat=30.65, class_code="E0122")
        last = cases.collect(report=report, by=actor).case
    return last.reference


def called() -> dict[str, str]:
    """A call is filed; gives the number of its case and the secret of who called."""
    from linli.cases import actions as cases
    from linli.cases.rules import Report
    from linli.demo.people import BY

    report = Report(description="路灯不亮", lon=104.10, lat=30.65, channel="hotline", contact_phone=PHONE)
    made = cases.collect(report=report, by=BY)
    return {"called": made.case.reference, "secret": made.secret}

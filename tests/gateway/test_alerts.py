"""Warnings: out under a declaration that allows it, in from services by key; shown where and while they hold, for whom they are meant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree.ElementTree import fromstring

import pytest
from campaigns.conftest import told
from django.test import Client
from django.utils import timezone
from factories.world import HERE, World, forget_caches
from gateway.test_cap_message import flood, valid
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns import actions as campaigns
from linli.campaigns import queries as campaign_queries
from linli.campaigns.actions import telling as doors_of_it
from linli.campaigns.errors import NotInForce, PowerNotGiven
from linli.campaigns.models import Declaration, Home, Power, PowerUse, Telling, TellingPlace
from linli.campaigns.queries import telling as reads
from linli.cases.pages.around import COOKIE
from linli.foundation import audit, clock, seals
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound
from linli.gateway import actions, channels, news, queries
from linli.gateway.actions import NewAlert
from linli.gateway.cap.message import (
    Alert,
    Area,
    Certainty,
    Circle,
    MsgType,
    Reference,
    Scope,
    Severity,
    Status,
    Urgency,
    read,
    write,
)
from linli.gateway.channels import Outgoing, Receipt
from linli.gateway.errors import AlertOver, NothingToWarnIn
from linli.gateway.models import Announcement, Message, OutgoingMessage, PublicAlert, Wishes
from linli.gateway.rules import MOST_UNITS_TOLD, coarse_enough
from linli.people.models import Person, Post
from linli.territory.models import Household, Unit

pytestmark = pytest.mark.django_db

LON, LAT = HERE
TINY = 0.0004
# Of the community W1 a corner; elsewhere in the world the same.
CORNER = tuple((LAT + y, LON + x) for y, x in ((0, 0), (0, TINY), (TINY, TINY), (TINY, 0), (0, 0)))
FAR = tuple((lat + 5, lon + 5) for lat, lon in CORNER)
Send = Callable[..., Any]


# --- out -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def leader(world: World) -> Actor:
    actor = world.actor("leader", Role.LEADER, "51")
    with acting_as(SYSTEM):
        Post.objects.get_or_create(person=Person.objects.get(pk=actor.id), role=Role.LEADER, unit=world.units["51"])
    return actor


def declare(world: World, leader: Actor, **other: Any) -> Declaration:
    usual = {"unit": world.id("5101"), "kind": "flood", "powers": [Power.WARN_EVERYBODY]}
    with acting_as(leader):
        return campaigns.declare(told=told(world, **(usual | other)), by=leader)


def warning(world: World, declared: Declaration, **other: Any) -> NewAlert:
    usual: dict[str, Any] = {
        "declaration": declared.id, "units": [world.id("W")], "headline": "内涝预警", "instruction": "不要下到地下室。",
        "headline_en": "Flooding", "instruction_en": "Keep out of basements.", "expires": clock.now() + timedelta(hours=6),
        "urgency": Urgency.IMMEDIATE, "severity": Severity.SEVERE, "certainty": Certainty.LIKELY,
    }  # fmt: skip
    return NewAlert(**(usual | other))


def issue(world: World, declared: Declaration, leader: Actor, **other: Any) -> PublicAlert:
    updates = other.pop("updates", None)
    with acting_as(leader):
        return actions.issue_alert(warning=warning(world, declared, **other), by=leader, updates=updates)


def shown(world: World, unit: str) -> list[str]:
    return [row.headline for row in queries.alerts_in(world.id(unit))]


def test_a_warning_is_valid_cap_with_the_boundary_and_is_logged_as_a_use_of_the_power(
    world: World, leader: Actor
) -> None:
    declared = declare(world, leader)
    row = issue(world, declared, leader)
    alert = read(valid(row.xml.encode()))
    assert (alert.status, alert.msg_type, [info.language for info in alert.infos]) == (
        Status.ACTUAL, MsgType.ALERT, ["zh-CN", "en"],
    )  # fmt: skip
    (area,) = alert.infos[0].areas
    assert area.geocodes == (("stat-code", "W"),)
    (ring,) = area.polygons
    assert ring[0] == ring[-1]
    assert all(30 < lat < 31 and 103 < lon < 105 for lat, lon in ring)
    with acting_as(SYSTEM):
        state = seals.subjects()["alert"].states([row.id])[row.id]
        assert audit.digest(state) == bytes(audit.timeline(row.id)[-1].state), "the message is what its step says"
        use = PowerUse.objects.get(declaration=declared)
        assert (use.power, use.subject, use.subject_id) == (Power.WARN_EVERYBODY, "内涝预警", row.id)
    assert shown(world, "W1") == shown(world, "Q") == ["内涝预警"]
    assert not shown(world, "E1")
    assert not shown(world, "51")


def test_who_may_not_does_not(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    for by in (world.actor("desk", Role.DESK, "51"), world.actor("other", Role.LEADER, "E")):
        with acting_as(by), pytest.raises(NotAllowed):
            actions.issue_alert(warning=warning(world, declared), by=by)
    without = declare(world, leader, powers=[Power.CALL_UP])
    with pytest.raises(PowerNotGiven):
        issue(world, without, leader)
    later = declare(world, leader, starts_at=clock.now() + timedelta(hours=1))
    with pytest.raises(NotInForce):
        issue(world, later, leader)
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"units": []}, NothingToWarnIn), ({"units": [world.id("51")]}, NothingToWarnIn), ({"headline": " "}, InvalidInput),
        ({"instruction": ""}, InvalidInput), ({"expires": clock.now()}, InvalidInput),
        ({"expires": declared.ends_at + timedelta(minutes=1)}, InvalidInput),
    ]  # fmt: skip
    for change, refused in wrong:
        with pytest.raises(refused):
            issue(world, declared, leader, **change)
    with acting_as(SYSTEM):
        assert not PublicAlert.objects.exists()
        assert not PowerUse.objects.exists()


def told_rows() -> list[Announcement]:
    with acting_as(SYSTEM):
        return list(Announcement.objects.order_by("pk"))


def go_out(minutes: int = 2) -> None:
    with acting_as(SYSTEM), clock.at(clock.now() + timedelta(minutes=minutes)):
        for row in told_rows():
            news.send(row.id)


def test_people_are_told_a_minute_later_and_once_however_many_units_they_are_of(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    resident = world.resident("13800138000")
    with acting_as(resident):
        for unit in ("W1", "W2"):
            actions.follow(unit_id=world.id(unit), by=resident)
    row = issue(world, declared, leader, units=[world.id("W1"), world.id("W2")])
    assert [one.state for one in told_rows()] == ["planned", "planned"]
    go_out()
    with acting_as(SYSTEM):
        (message,) = Message.objects.filter(person=resident.id)
    assert message.event == row.id
    assert Client().get(f"/news/{told_rows()[0].id}/").status_code == 200


def test_an_update_takes_the_place_and_a_withdrawal_ends_it_and_says_so(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    first = issue(world, declared, leader)
    second = issue(world, declared, leader, headline="内涝加重", updates=first.id)
    references = read(valid(second.xml.encode())).references
    assert [one.identifier for one in references] == [first.identifier]
    assert shown(world, "W1") == ["内涝加重"]
    # Nobody had heard of the first: nobody does any more.
    assert [row.state for row in told_rows()] == ["called_back", "planned"]
    with pytest.raises(AlertOver):
        issue(world, declared, leader, updates=first.id)
    go_out()
    with acting_as(leader):
        cancelled = actions.cancel_alert(alert_id=second.id, by=leader)
        with pytest.raises(AlertOver):
            actions.cancel_alert(alert_id=second.id, by=leader)
    over = read(valid(cancelled.xml.encode()))
    assert (over.msg_type, [one.identifier for one in over.references]) == (
        MsgType.CANCEL, [first.identifier, second.identifier],
    )  # fmt: skip
    assert not shown(world, "W1")
    assert told_rows()[-1].title == "预警解除：内涝加重"


def test_it_ends_with_its_time_and_with_its_declaration(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    row = issue(world, declared, leader)
    with clock.at(row.expires):
        assert not shown(world, "W1")
    with acting_as(leader):
        campaigns.end(declaration=declared.id, reason="水位回落", by=leader)
    assert not shown(world, "W1")
    # To withdraw it needs no power.
    with acting_as(leader):
        actions.cancel_alert(alert_id=row.id, by=leader)


def test_an_exercise_is_one_outside_and_reaches_no_resident(world: World, leader: Actor) -> None:
    declared = declare(world, leader, kind="exercise")
    row = issue(world, declared, leader)
    assert read(valid(row.xml.encode())).status == Status.EXERCISE
    assert not shown(world, "W1")
    assert not told_rows()
    assert b"<entry" not in Client().get("/cap/feed.xml").content


def test_the_feed_and_each_message_are_for_everybody_and_cacheable(world: World, leader: Actor) -> None:
    row = issue(world, declare(world, leader), leader)
    client = Client()
    feed = client.get("/cap/feed.xml")
    (entry,) = fromstring(feed.content).iter("{http://www.w3.org/2005/Atom}entry")
    assert feed["Cache-Control"] == "public, max-age=60"
    assert client.get("/cap/feed.xml", headers={"if-none-match": feed["ETag"]}).status_code == 304
    (link,) = entry.iter("{http://www.w3.org/2005/Atom}link")
    message = client.get(f"/cap/alerts/{row.identifier}.xml")
    assert link.get("href", "").endswith(f"/cap/alerts/{row.identifier}.xml")
    assert (message["Content-Type"], message.content) == ("application/cap+xml", row.xml.encode())
    valid(message.content)
    for nothing in ("/cap/alerts/x.xml", "/cap/alerts/..%2F.xml"):
        assert client.get(nothing).status_code == 404


def test_from_the_page_it_is_written_looked_at_issued_and_withdrawn(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    client = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=leader.id))
    assert client.get("/announce/alert/").status_code == 200
    assert client.get("/announce/alert/new/").status_code == 200
    sent = {
        "declaration": str(declared.id), "unit": str(world.id("W")), "headline": "内涝预警", "instruction": "不要下到地下室。",
        "severity": "Severe", "urgency": "Immediate", "certainty": "Likely",
        "expires": timezone.localtime(clock.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"), "once": str(uuid4()),
    }  # fmt: skip
    assert client.post("/announce/alert/new/", sent | {"instruction": ""}).status_code == 422
    preview = client.post("/announce/alert/new/", sent)
    assert preview.status_code == 200
    assert "Warn everybody" in preview.content.decode()
    outside = client.post("/announce/alert/new/", sent | {"unit": str(world.id("51")), "sure": "1"})
    assert outside.status_code == 422
    for _again in range(2):
        issued = client.post("/announce/alert/new/", sent | {"sure": "1"})
        assert issued.status_code == 302
    with acting_as(SYSTEM):
        assert PublicAlert.objects.count() == 1
    page = client.get(issued["Location"])
    assert "不要下到地下室" in page.content.decode()
    assert client.get(f"/announce/alert/new/?updates={issued['Location'].split('/')[-2]}").status_code == 200
    assert client.post(f"{issued['Location']}withdraw/").status_code == 302
    assert not shown(world, "W1")
    for nothing in (f"/announce/alert/{uuid4()}/", "/announce/alert/new/?updates=x"):
        assert client.get(nothing).status_code == 404
    stranger = Client()
    assert stranger.get("/announce/alert/").status_code in {302, 401}


# --- in --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def service(world: World) -> Send:
    return sender(world, "51")


def sender(world: World, unit: str, may: tuple[str, ...] = ("post",)) -> Send:
    with acting_as(SYSTEM):
        secret = actions.create_key(name="气象", may=may, unit_id=world.id(unit), by=SYSTEM).secret
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def send(alert: Alert | bytes, status: int = 201) -> Any:
        data = alert if isinstance(alert, bytes) else valid(write(alert))
        answer = client.post("/api/v1/gateway/cap", data, "application/cap+xml")
        assert answer.status_code == status, answer.content
        return answer.json()

    return send


def rain(polygon: Any = CORNER, *, area: Area | None = None, **other: Any) -> Alert:
    """From now on for a day; `severity` and what else an info has among the rest."""
    now = timezone.localtime(clock.now().replace(microsecond=0))
    of_info = {name: other.pop(name) for name in ("severity", "expires", "effective", "headline") if name in other}
    place = area or Area("角落", (polygon,))
    info = replace(flood().infos[0], **({"expires": now + timedelta(days=1), "areas": (place,)} | of_info))
    return flood(**({"identifier": str(uuid4()), "sent": now, "infos": (info,)} | other))


def test_a_grave_warning_is_shown_and_told_where_it_holds_with_what_to_do_first(world: World, service: Send) -> None:
    resident = world.resident("13800138000")
    with acting_as(resident):
        actions.follow(unit_id=world.id("W1"), by=resident)
    answer = service(rain())
    assert (answer["units"], answer["holds"], answer["for_residents"]) == (["W1"], True, True)
    assert shown(world, "Q") == ["暴雨红色预警"]
    assert not shown(world, "W2")
    go_out(0)
    with acting_as(SYSTEM):
        (message,) = Message.objects.filter(person=resident.id)
        assert message.params["title"] == "暴雨红色预警"


@pytest.mark.parametrize("page", ["/home/", "/safety/"])
def test_the_card_stands_on_the_resident_s_pages(world: World, service: Send, page: str) -> None:
    service(rain())
    client = Client()
    client.cookies[COOKIE] = str(world.id("W1"))
    text = client.get(page).content.decode()
    assert text.index("暴雨红色预警") < text.index("不要下到地下室。")
    client.cookies[COOKIE] = str(world.id("E1"))
    assert "暴雨红色预警" not in client.get(page).content.decode()


def test_whoever_chose_no_community_sees_what_holds_in_the_whole_city(world: World, service: Send) -> None:
    service(rain())
    assert not queries.alerts_in(None)
    service(rain(area=Area("x", circles=(Circle((LAT, LON), 500),)), headline="全市"))
    assert [row.headline for row in queries.alerts_in(None)] == ["全市"]


@pytest.mark.parametrize("page", ["/home/", "/safety/"])
def test_before_a_territory_is_loaded_the_pages_stand(db: None, page: str) -> None:
    forget_caches()
    assert Client().get(page).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"severity": Severity.MODERATE}, {"status": Status.EXERCISE}, {"status": Status.TEST}, {"status": Status.DRAFT},
        {"status": Status.SYSTEM}, {"scope": Scope.RESTRICTED}, {"scope": Scope.PRIVATE}, {"msg_type": MsgType.ACK},
        {"msg_type": MsgType.ERROR},
    ],
)  # fmt: skip
def test_what_is_not_meant_for_residents_is_kept_and_not_shown(
    world: World, service: Send, change: dict[str, Any]
) -> None:
    service(rain(**change))
    assert not shown(world, "W1")
    assert not told_rows()
    with acting_as(SYSTEM):
        assert PublicAlert.objects.count() == 1


def test_a_message_is_stored_once_and_with_other_content_refused(world: World, service: Send) -> None:
    alert = rain(area=Area("x", (tuple((lat + 1e-9, lon) for lat, lon in CORNER),)))
    first = service(alert)
    assert [service(alert, 200)["id"] for _again in range(2)] == [first["id"]] * 2
    service(replace(alert, note="?"), 409)
    other = sender(world, "51")
    other(alert, 409)
    assert len(told_rows()) == 1


def test_updates_and_cancels_follow_their_references_in_any_order(world: World, service: Send) -> None:
    first = rain(headline="一")
    second = rain(headline="二", msg_type=MsgType.UPDATE, references=(first.itself,))
    third = replace(rain(msg_type=MsgType.CANCEL, references=(second.itself,)), infos=())
    service(first)
    service(second)
    assert shown(world, "W1") == ["二"]
    assert service(third)["units"] == ["W1"]
    assert not shown(world, "W1")
    # And the other way round: what was cancelled before it came never holds.
    late = rain(headline="迟")
    service(rain(msg_type=MsgType.CANCEL, references=(late.itself,)))
    assert service(late)["holds"] is False
    assert not shown(world, "W1")


def test_a_key_ends_only_what_it_has_sent(world: World, service: Send) -> None:
    first = rain()
    service(first)
    other = sender(world, "51")
    other(rain(msg_type=MsgType.CANCEL, references=(first.itself, Reference("x", "y", first.sent))))
    assert shown(world, "W1") == ["暴雨红色预警"]


def test_what_is_over_or_still_ahead_is_not_shown(world: World, service: Send) -> None:
    now = timezone.localtime(clock.now().replace(microsecond=0))
    hour = timedelta(hours=1)
    service(rain(expires=now - hour))
    assert not told_rows()
    service(rain(effective=now + hour, headline="未来"))
    assert not shown(world, "W1")
    (row,) = told_rows()
    assert row.goes_at == now + hour
    with clock.at(now + 2 * hour):
        assert shown(world, "W1") == ["未来"]
    with clock.at(now + 25 * hour):
        assert not shown(world, "W1")


BOW = tuple((LAT + y, LON + x) for y, x in ((0, 0), (TINY, TINY), (TINY, 0), (0, TINY), (0, 0)))


@pytest.mark.parametrize(
    ("area", "units"),
    [
        (Area("x", (BOW,)), ["W1"]),
        (Area("x", circles=(Circle((LAT, LON), 0.02),)), ["W1"]),
        (Area("x", circles=(Circle((LAT, LON), 0),)), ["W1"]),
        (Area("x", circles=(Circle((LAT, LON), 500),)), ["51"]),
        (Area("x", circles=(Circle((90, 0), 10),)), []),
        (Area("x", geocodes=(("stat-code", "E2"), ("stat-code", "nowhere"))), ["E2"]),
        (Area("x", (CORNER,), geocodes=(("stat-code", "W"),)), ["W"]),
        (Area("x", (FAR,)), []),
        (Area("x", (((0, 0), (0, 0), (0, 0), (0, 0)),)), []),
        (Area("x"), []),
    ],
)
def test_areas_are_matched_to_the_fewest_units(world: World, service: Send, area: Area, units: list[str]) -> None:
    assert service(rain(area=area))["units"] == units
    assert bool(told_rows()) == bool(units)


def test_the_boundary_of_a_unit_is_that_unit_and_none_of_its_neighbours(
    world: World, leader: Actor, service: Send
) -> None:
    ours = read(issue(world, declare(world, leader), leader, headline="本市").xml.encode())
    (area,) = ours.infos[0].areas
    assert service(rain(area=Area("x", area.polygons)))["units"] == ["W"]


def test_a_key_speaks_for_its_unit_alone_and_only_if_it_may_post(world: World) -> None:
    of_east = sender(world, "E")
    assert of_east(rain())["units"] == []
    assert of_east(rain(area=Area("x", circles=(Circle((LAT, LON), 500),))))["units"] == ["E"]
    sender(world, "51", ("read",))(rain(), 403)
    nobody = Client().post("/api/v1/gateway/cap", write(rain()), "application/cap+xml")
    assert nobody.status_code == 401


def test_a_megabyte_of_polygon_and_hostile_xml_are_answered(world: World, service: Send) -> None:
    corners = [(LAT + 0.004 * (place % 2) + place / 10**9, LON + place / 10**8) for place in range(50_000)]
    service(rain((*corners, (LAT - 0.001, LON), corners[0])))
    service(b"<alert", 422)
    service(b"", 422)
    service(b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", 422)
    service(b"x" * 1_700_000, 413)
    service(write(rain()).replace(b"Severe", b"Bad"), 422)


def test_row_security_shows_restricted_messages_to_nobody_outside(world: World, service: Send) -> None:
    service(rain(scope=Scope.RESTRICTED))
    service(rain())
    with acting_as(world.resident("13800138000")):
        assert [row.scope for row in PublicAlert.objects.all()] == ["Public"]
    stranger = world.actor("stranger", Role.LEADER, "E")
    own = issue(
        world, declare(world, world.actor("leader", Role.LEADER, "51")), world.actor("leader", Role.LEADER, "51")
    )
    with acting_as(stranger), pytest.raises(NotFound):
        queries.alert_under(stranger, own.id)


def test_the_declaration_shows_each_use(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    first = issue(world, declared, leader)
    issue(world, declared, leader, updates=first.id)
    with acting_as(leader):
        assert [use.power for use in campaign_queries.uses(leader, declared)] == ["warn_everybody"] * 2


@given(st.sets(st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=200))
def test_many_units_are_told_in_few_that_hold_them_all(places: set[tuple[int, int, int]]) -> None:
    def unit(*numbers: int) -> UUID:
        return UUID(int=sum(number * 10**depth for depth, number in enumerate(numbers)))

    paths = [(unit(0), unit(0, a), unit(0, a, b), unit(0, a, b, c)) for a, b, c in sorted(places)]
    few = coarse_enough(list(paths))
    assert len(few) <= MOST_UNITS_TOLD
    assert len(set(few)) == len(few)
    assert all(len(set(path) & set(few)) == 1 for path in paths)
    assert len(paths) > MOST_UNITS_TOLD or set(few) == {path[-1] for path in paths}


# --- at the doors ----------------------------------------------------------------------------------------------------


def at_doors(row: PublicAlert) -> Telling | None:
    with acting_as(SYSTEM):
        return Telling.objects.filter(notice=row.pk).first()


def test_what_no_phone_tells_is_told_at_the_doors(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    row = issue(world, declared, leader)
    telling = at_doors(row)
    assert telling is not None
    assert (telling.title, telling.units, telling.looked_after) == ("内涝预警", [world.id("W")], False)
    assert telling.text.startswith("不要下到地下室。"), "what to do stands first"
    assert telling.declaration_id == declared.id
    assert at_doors(issue(world, declared, leader, at_doors=actions.AtDoors.NOBODY)) is None
    only = at_doors(issue(world, declared, leader, at_doors=actions.AtDoors.LOOKED_AFTER))
    assert only is not None
    assert only.looked_after


def test_an_exercise_sends_nobody_to_a_door(world: World, leader: Actor) -> None:
    assert at_doors(issue(world, declare(world, leader, kind="exercise"), leader)) is None


def test_its_update_and_its_withdrawal_reach_the_doors(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    first = issue(world, declared, leader)
    longer = issue(world, declared, leader, updates=first.pk, expires=clock.now() + timedelta(hours=9))
    telling = at_doors(longer)
    assert telling is not None
    assert at_doors(first) is None, "in the same words it goes on"
    other = issue(world, declared, leader, updates=longer.pk, instruction="立即到学校集合。")
    with acting_as(SYSTEM):
        telling.refresh_from_db()
    assert telling.ended_why == "updated"
    with acting_as(leader):
        actions.cancel_alert(alert_id=other.pk, by=leader)
    last = at_doors(other)
    assert last is not None
    assert last.ended_why == "cancelled"


def test_it_is_told_at_no_door_before_it_goes_out_and_at_none_when_it_is_called_back(
    world: World, leader: Actor
) -> None:
    declared = declare(world, leader)
    row = issue(world, declared, leader, units=[world.id("W"), world.id("E")])
    telling = at_doors(row)
    assert telling is not None
    with acting_as(SYSTEM):
        one, other = Announcement.objects.filter(alert=row)
        assert telling.starts_at == one.goes_at
        assert not reads.is_running(telling)
        with clock.at(one.goes_at):
            assert reads.is_running(telling)
    with acting_as(leader):
        actions.call_back(announcement_id=one.pk, by=leader)
    with acting_as(SYSTEM):
        telling.refresh_from_db()
    assert telling.ended_at is None, "the other area is told"
    with acting_as(leader):
        actions.call_back(announcement_id=other.pk, by=leader)
    with acting_as(SYSTEM):
        telling.refresh_from_db()
    assert telling.ended_why == "cancelled"


def test_an_update_in_the_same_words_goes_on_at_the_doors_meanwhile(world: World, leader: Actor) -> None:
    declared = declare(world, leader)
    first = issue(world, declared, leader)
    with clock.at(clock.now() + timedelta(minutes=5)):
        telling = at_doors(issue(world, declared, leader, updates=first.pk))
        assert telling is not None
        with acting_as(SYSTEM):
            assert reads.is_running(telling)


@pytest.mark.parametrize("speaks", [MsgType.ACK, MsgType.ERROR, MsgType.ALERT])
def test_what_only_speaks_of_a_warning_leaves_it_at_the_doors(service: Send, speaks: MsgType) -> None:
    grave = rain(severity=Severity.SEVERE)
    row = PublicAlert.objects.get(identifier=service(grave)["identifier"])
    service(rain(severity=Severity.SEVERE, headline="另说", msg_type=speaks, references=(grave.itself,)))
    telling = at_doors(row)
    assert telling is not None
    assert telling.ended_at is None


class Phones:
    """Texts as a provider takes them, or as a city without one records them."""

    def __init__(self, sent: bool) -> None:
        self.sent = sent

    def send(self, message: Outgoing) -> Receipt:
        return Receipt(f"p-{message.id}", sent=self.sent)


@pytest.mark.parametrize("sent", [True, False])
def test_whose_account_is_bound_to_a_door_there_is_told_and_the_door_counts(
    world: World, leader: Actor, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    monkeypatch.setattr(channels, "channel", lambda _name: Phones(sent))
    declared = declare(world, leader)
    quarter = world.units["Q"]
    with acting_as(SYSTEM):
        building = Unit(code="Q-B", level="building", name="1栋", parent=quarter, valid_from=quarter.valid_from)
        building.path = [*quarter.path, building.pk]
        building.save(force_insert=True)
        doors = [
            Household(building=building, micro_grid=building, entrance=1, floor=1, door=n, members=2) for n in (1, 2)
        ]
        Household.objects.bulk_create(doors)
        person = world.staff("at-home")
        person.phone = "13800001234"
        person.save()
        Wishes.objects.create(person=person, ways={"area": "sms"})
        Home.objects.create(
            person=person, declaration=declared, door=doors[0].id, building=building, community=world.units["W1"]
        )
    row = issue(world, declared, leader)
    telling = at_doors(row)
    assert telling is not None
    with acting_as(SYSTEM), clock.at(clock.now() + timedelta(minutes=2)):
        doors_of_it.fill(telling=telling.pk)
        for announcement in Announcement.objects.filter(alert=row):
            news.send(announcement.pk)
        place = TellingPlace.objects.get(telling=telling, building=building)
        told = Message.objects.get(person=person, event=row.pk)
        # Written is not told: by text the door is told once it has gone.
        assert (place.doors, place.app, place.sms, place.left) == (2, 1, 0, 1)
        actions.send_message(message_id=OutgoingMessage.objects.get(person=person.pk, event=row.pk).pk)
        place.refresh_from_db()
        assert (place.app, place.sms, place.left) == ((0, 1, 1) if sent else (1, 0, 1))
    assert told.params["why"] == "lives"


def test_weather_from_a_service_calls_only_on_who_is_looked_after(service: Send) -> None:
    grave = PublicAlert.objects.get(identifier=service(rain(severity=Severity.SEVERE))["identifier"])
    light = PublicAlert.objects.get(identifier=service(rain(severity=Severity.MINOR))["identifier"])
    telling = at_doors(grave)
    assert telling is not None
    assert telling.looked_after
    assert telling.declaration_id is None
    assert at_doors(light) is None

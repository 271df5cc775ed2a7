"""Warnings go out under a declaration that allows it; people are told once, and where it holds."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree.ElementTree import fromstring

import pytest
from django.test import Client
from django.utils import timezone
from factories.browsing import client_of
from factories.world import World
from gateway.alerts.sending import declare, go_out, issue, shown, told_rows, warning
from gateway.test_cap_message import valid
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns import actions as campaigns
from linli.campaigns import queries as campaign_queries
from linli.campaigns.errors import NotInForce, PowerNotGiven
from linli.campaigns.models import Power, PowerUse
from linli.foundation import audit, clock, seals
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed
from linli.gateway import actions
from linli.gateway.cap.message import MsgType, Status, read
from linli.gateway.errors import AlertOver, NothingToWarnIn
from linli.gateway.models import Message, PublicAlert
from linli.gateway.rules import MOST_UNITS_TOLD, coarse_enough

pytestmark = pytest.mark.django_db


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
    client = client_of(leader)
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

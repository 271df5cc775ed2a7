"""What staff announce: whom it reaches, how, that it can be called back, and that nobody hears of it twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from factories.passing import at, later
from factories.world import ELSEWHERE, HERE, START_AT, World

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation import audit, clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, NotFound, SignInNeeded
from linli.foundation.progress import Progress
from linli.foundation.verify import _chains
from linli.gateway import actions, news, own_data, queries, rules, wording
from linli.gateway.errors import FollowsEnough, GoneOut, NotFollowable
from linli.gateway.models import Announcement, Followed, Message, OutgoingMessage, OutgoingState
from linli.people import actions as people_actions
from linli.people.models import Person
from linli.people.models import Post as PostRow
from linli.territory import queries as territory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day")]


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


def neighbour(world: World, phone: str, place: tuple[float, float] = HERE, **wishes: str) -> Actor:
    """A resident who has reported something there."""
    actor = world.resident(phone)
    with acting_as(actor):
        cases.collect(report=Report(description="路灯不亮", lon=place[0], lat=place[1], class_code="0102"), by=actor)
        if wishes:
            actions.choose(by=actor, ways=wishes, quiet_from=rules.QUIET_FROM, quiet_to=rules.QUIET_TO)
    return actor


def water_off(unit: UUID, **changes: Any) -> rules.News:
    return rules.News("area", unit, "水碾河停水", "抢修水管，请提前储水。", **changes)


def publish(by: Actor, what: rules.News) -> Announcement:
    with acting_as(by):
        return actions.publish(news=what, by=by)


def send(row: Announcement) -> Announcement:
    with acting_as(SYSTEM):
        news.send(row.pk)
        return Announcement.objects.get(pk=row.pk)


def told(person: Actor) -> list[str]:
    with acting_as(person):
        return [one.template for one in queries.messages(person)]


def codes_of(*grants: Grant) -> list[str]:
    return [unit.code for unit in queries.areas(Actor(None, ActorKind.PERSON, "x", grants))]


def test_the_areas_of_several_posts_are_offered_once_as_deep_as_a_list_can_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere, below = Grant(Role.DESK), ["5101", "E", "W"]
    community, subdistrict = (Grant(Role.LEADER, world.id(code)) for code in ("W1", "W"))
    assert codes_of() == codes_of(Grant(Role.VERIFIER, world.id("W"))) == []
    assert codes_of(community, subdistrict)[:2] == ["W", "W1"]
    assert codes_of(community, subdistrict) == codes_of(subdistrict)
    assert "Q" in codes_of(community)
    assert "E" not in codes_of(community, subdistrict)
    assert codes_of(everywhere) == [
        unit.code for unit in sorted(territory.index().units, key=lambda unit: (len(unit.path), unit.code))
    ]
    monkeypatch.setitem(queries.areas.__globals__, "MOST_UNITS", 4)
    assert codes_of(everywhere) == ["51", *below]
    assert codes_of(Grant(Role.DESK, world.id("5101"))) == below


def test_it_reaches_those_of_its_area_once_and_nobody_else(world: World, desk: Actor) -> None:
    here, texted = neighbour(world, "13800000001"), neighbour(world, "13800000002", area="sms")
    away = neighbour(world, "13800000003", ELSEWHERE)
    worker = world.actor("grid", Role.GRID_WORKER, "W1")
    with acting_as(SYSTEM):
        PostRow.objects.create(
            person=world.people["grid"], role=Role.GRID_WORKER, unit=world.units["W1"], valid_from=START_AT
        )
    reach = queries.reach("area", world.id("W"))
    assert (reach.persons, reach.sms, reach.wechat, reach.digest) == (3, 1, 0, 0)
    row = publish(desk, water_off(world.id("W")))
    assert send(row).state == "planned"
    later(minutes=2)
    sent = send(row)
    assert (sent.state, sent.told, sent.written) == ("sent", 3, 1)
    assert [told(one) for one in (here, texted, worker, away)] == [["area_news"], ["area_news"], ["area_news"], []]
    with acting_as(SYSTEM):
        assert [one.person for one in OutgoingMessage.objects.filter(template="area_news")] == [texted.id]
        # As after a crash between the telling and its note.
        Announcement.objects.filter(pk=row.pk).update(state="sending", reached=None, next_at=clock.now())
    send(row)
    assert [told(one) for one in (here, texted)] == [["area_news"], ["area_news"]]
    with acting_as(SYSTEM):
        assert OutgoingMessage.objects.filter(template="area_news").count() == 1


def test_who_has_wechat_and_no_number_is_counted(world: World, desk: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    neighbour(world, "13800000001", area="wechat")
    worker = world.actor("grid", Role.GRID_WORKER, "W1")
    with acting_as(SYSTEM):
        PostRow.objects.create(
            person=world.people["grid"], role=Role.GRID_WORKER, unit=world.units["W1"], valid_from=START_AT
        )
    with acting_as(worker):
        actions.choose(by=worker, ways={"area": "wechat"}, quiet_from=rules.QUIET_FROM, quiet_to=rules.QUIET_TO)
    people_actions.connect_wechat(openid="oWechat1", by=worker)
    reach = queries.reach("area", world.id("W"))
    assert (reach.persons, reach.sms, reach.wechat) == (2, 0, 2), "recorded only"
    monkeypatch.setenv("LINLI_WECHAT", "service_account")
    reach = queries.reach("area", world.id("W"))
    assert (reach.sms, reach.wechat) == (0, 1), "one of them has connected none"
    monkeypatch.setenv("LINLI_WECHAT", "outbox")
    monkeypatch.setenv("LINLI_SMS", "http")
    reach = queries.reach("area", world.id("W"))
    assert (reach.sms, reach.wechat) == (1, 0), "the other has no number"


def test_a_worker_that_stops_leaves_the_rest_to_the_next(
    world: World, desk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [neighbour(world, f"1380000000{number}") for number in range(5)]
    row = publish(desk, water_off(world.id("W")))
    later(minutes=2)
    monkeypatch.setattr(news, "AT_ONCE", 2)
    with acting_as(SYSTEM):
        begun = actions.take_up(row.pk)
        assert begun is not None
        assert news._send_some(begun)
        assert Message.objects.filter(template="area_news").count() == 2
    send(row)  # the first worker still holds it
    with acting_as(SYSTEM):
        assert Message.objects.filter(template="area_news").count() == 2
    later(minutes=6)
    assert send(row).told == 5
    assert [told(one) for one in people] == [["area_news"]] * 5


def test_within_a_minute_it_is_called_back_and_then_no_more(world: World, desk: Actor) -> None:
    here = neighbour(world, "13800000001")
    row, other = publish(desk, water_off(world.id("W"))), publish(desk, water_off(world.id("W1")))
    with acting_as(desk):
        actions.call_back(announcement_id=row.pk, by=desk)
    later(minutes=2)
    assert send(row).state == "called_back"
    assert told(here) == []
    send(other)
    for one in (row, other):
        with acting_as(desk), pytest.raises(GoneOut):
            actions.call_back(announcement_id=one.pk, by=desk)
    with acting_as(SYSTEM):
        assert [entry.action for entry in audit.timeline(row.pk)] == ["announced", "called_back"]
        assert [entry.action for entry in audit.timeline(other.pk)] == ["announced", "went_out", "sent"]
        assert audit.timeline(other.pk)[-1].data == {"told": 1, "written": 0}
        assert not list(_chains(Progress(quiet=True)))
        Announcement.objects.filter(pk=other.pk).update(title="别的话")
        assert [finding.kind for finding in _chains(Progress(quiet=True))] == ["changed behind"]


def test_quiet_hours_and_the_digest_hold_and_what_is_over_is_not_sent(world: World, desk: Actor) -> None:
    neighbour(world, "13800000001", area="sms")
    digest = neighbour(world, "13800000002")
    with acting_as(digest):
        actions.choose(
            by=digest, ways={"area": "sms"}, quiet_from=rules.QUIET_FROM, quiet_to=rules.QUIET_TO, digest_hour=18
        )
    at(23)
    ends = clock.now() + timedelta(hours=4)
    row = publish(desk, water_off(world.id("W"), starts_at=clock.now() + timedelta(hours=1), ends_at=ends))
    later(minutes=2)
    send(row)
    with acting_as(SYSTEM):
        held = {one.recipient[-1]: one.held for one in OutgoingMessage.objects.filter(template="area_window")}
        assert held == {"1": "quiet", "2": "digest"}
        at(7, 1, days=1)
        for one in OutgoingMessage.objects.filter(held="quiet"):
            actions.send_message(message_id=one.pk)
        state = OutgoingMessage.objects.get(template="area_window", urgent=False, next_at=None).state
    assert state == OutgoingState.EXPIRED


def test_words_in_both_languages_and_when_it_holds(world: World, desk: Actor) -> None:
    here = neighbour(world, "13800000001")
    begins = clock.now() + timedelta(hours=1)
    news_ = water_off(world.id("W"), title_en="No water", starts_at=begins, ends_at=begins + timedelta(hours=2))
    row = publish(desk, news_)
    later(minutes=2)
    send(row)
    with acting_as(here):
        (message,) = queries.messages(here)
        english = wording.long(message.template, message.params, "en")
        assert english == "subdistrictW, from Nov 25 11:00 until Nov 25 13:00: No water"
        assert "水碾河停水" in wording.long(message.template, message.params, "zh-hans")


def test_product_news_are_for_everybody_and_from_the_citys_administrators_alone(world: World, desk: Actor) -> None:
    people = [neighbour(world, "13800000001"), world.resident("13800000009")]
    admin = world.actor("admin", Role.ADMIN, "51")
    new = rules.News("product", world.id("51"), "可以拍照上报", "打开首页即可。")
    with pytest.raises(NotAllowed):
        publish(desk, new)
    row = publish(admin, new)
    later(minutes=2)
    send(row)
    assert [told(one) for one in people] == [["product_news"]] * 2
    with acting_as(SYSTEM):
        assert Announcement.objects.get(pk=row.pk).told == Person.objects.filter(active=True).count()


def test_only_in_ones_own_units_and_only_what_makes_sense(world: World, desk: Actor) -> None:
    handler = world.actor("handler", Role.HANDLER, None, "street")
    for by, unit in ((desk, "E"), (desk, "51"), (handler, "W"), (world.resident(), "W")):
        with pytest.raises(NotAllowed):
            publish(by, water_off(world.id(unit)))
    now = clock.now()
    wrong: list[dict[str, Any]] = [
        {"ends_at": now - timedelta(minutes=1)},
        {"starts_at": now + timedelta(hours=2), "ends_at": now + timedelta(hours=1)},
        {"starts_at": now},
        {"title_en": "x" * 121},
    ]
    for changes in wrong:
        with pytest.raises(InvalidInput):
            publish(desk, water_off(world.id("W"), **changes))
    with pytest.raises(DomainError):
        publish(desk, rules.News("work", world.id("W"), "停水", "停水"))
    with pytest.raises(InvalidInput):
        publish(desk, rules.News("area", world.id("W"), " ", "停水"))
    # What reaches everybody is sent for the whole city, or not at all.
    with pytest.raises(InvalidInput):
        publish(world.actor("admin", Role.ADMIN, "W"), rules.News("product", world.id("W"), "新功能", "新功能"))


def test_what_is_planned_is_read_by_the_staff_of_its_units_alone(world: World, desk: Actor) -> None:
    row = publish(desk, water_off(world.id("W")))
    elsewhere = world.actor("elsewhere", Role.DESK, "E")
    with acting_as(elsewhere):
        assert not Announcement.objects.exists()
        with pytest.raises(NotFound):
            queries.announcement(elsewhere, row.pk)
        with pytest.raises(NotFound):
            actions.call_back(announcement_id=row.pk, by=elsewhere)
    later(minutes=2)
    send(row)
    with acting_as(elsewhere):
        assert queries.news(row.pk).title == "水碾河停水"
        assert not Announcement.objects.filter(pk=row.pk).update(title="改了")
    with acting_as(world.resident()):
        assert [one.pk for one in queries.news_of(world.id("W1"))] == [row.pk]
        assert queries.news_of(world.id("E1")) == []


def test_more_people_cost_no_more_questions_for_each(world: World, desk: Actor) -> None:
    def cost(count: int) -> int:
        for number in range(count):
            neighbour(world, f"1381000{count:02}{number:02}")
        row = publish(desk, water_off(world.id("W")))
        later(minutes=2)
        before = connection.round_trips  # type: ignore[attr-defined]
        send(row)
        return int(connection.round_trips - before)  # type: ignore[attr-defined]

    assert cost(8) == cost(2)


def follow(person: Actor, unit: UUID) -> None:
    with acting_as(person):
        actions.follow(unit_id=unit, by=person)


def why(person: Actor) -> list[str]:
    with acting_as(person):
        return [wording.why(one.params, "en") for one in queries.messages(person)]


def test_who_named_a_community_hears_of_it_of_what_is_around_it_and_of_what_is_in_it(world: World, desk: Actor) -> None:
    asks, reported = world.resident("13800000001"), neighbour(world, "13800000002")
    follow(asks, world.id("W1"))
    follow(asks, world.id("W1"))
    assert queries.reach("area", world.id("W1")).persons == 2
    heard = []
    for unit in ("W1", "W", "W2"):
        row = publish(desk, water_off(world.id(unit)))
        later(minutes=2)
        send(row)
        heard.append(len(told(asks)))
    assert heard == [1, 2, 2], "the community's own, the subdistrict's, and not a neighbour's"
    assert set(why(asks)) == {"You chose notices from communityW1."}
    assert set(why(reported)) == {"You reported something here in the last year."}


def test_what_was_named_and_where_one_reported_can_both_be_stopped(world: World, desk: Actor) -> None:
    asks, reported = world.resident("13800000001"), neighbour(world, "13800000002")
    follow(asks, world.id("W1"))
    with acting_as(asks):
        actions.unfollow(unit_id=world.id("W1"), by=asks)
        assert not Followed.objects.exists()
    with acting_as(reported):
        actions.hear_where_reported(hear=False, by=reported)
    assert queries.reach("area", world.id("W")).persons == 0
    follow(reported, world.id("W1"))
    row = publish(desk, water_off(world.id("W1")))
    later(minutes=2)
    send(row)
    assert (told(asks), why(reported)) == ([], ["You chose notices from communityW1."])


def test_one_names_a_handful_of_communities_and_nobody_else_sees_which(world: World) -> None:
    asks, other = world.resident("13800000001"), world.resident("13800000002")
    with acting_as(asks):
        for wrong in ("W", "51"):
            with pytest.raises(NotFollowable):
                actions.follow(unit_id=world.id(wrong), by=asks)
    follow(asks, world.id("W1"))
    with acting_as(other):
        assert not Followed.objects.exists()
        actions.unfollow(unit_id=world.id("W1"), by=other)
    with acting_as(asks):
        assert [unit.id for unit in queries.followed(asks)] == [world.id("W1")]
    with pytest.raises(SignInNeeded):
        actions.follow(unit_id=world.id("W1"), by=ANONYMOUS)


def test_no_more_than_a_handful(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = world.resident("13800000001")
    monkeypatch.setattr("linli.gateway.actions.wishes.MOST_FOLLOWED", 1)
    follow(asks, world.id("W1"))
    follow(asks, world.id("W1"))
    with pytest.raises(FollowsEnough):
        follow(asks, world.id("W2"))


def test_what_was_named_is_in_ones_own_data_and_goes_with_it(world: World) -> None:
    asks = world.resident("13800000001")
    follow(asks, world.id("W1"))
    with acting_as(SYSTEM):
        assert asks.id is not None
        (followed,) = [part for part in own_data.export(asks.id) if "news_of" in part]
        assert followed["news_of"] == "communityW1"
        own_data.erase(asks.id, by=asks)
        assert not Followed.objects.exists()

"""What no phone tells is told at the doors, as long as the warning holds."""

from datetime import timedelta

import pytest
from factories.world import World
from gateway.alerts.sending import Send, declare, issue, rain

from linli.campaigns.actions import telling as doors_of_it
from linli.campaigns.models import Home, Telling, TellingPlace
from linli.campaigns.queries import telling as reads
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.gateway import actions, channels, news
from linli.gateway.cap.message import MsgType, Severity
from linli.gateway.channels import Outgoing, Receipt
from linli.gateway.models import Announcement, Message, OutgoingMessage, PublicAlert, Wishes
from linli.territory.models import Household, Unit

pytestmark = pytest.mark.django_db


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

"""Own data: exported whole, erased everywhere, consents apart."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from linli.foundation import audit, own_data
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, SignInNeeded, Stale
from linli.foundation.models import OutboxEvent
from linli.people import actions, events, queries, rules
from linli.people.errors import PostsHeld
from linli.people.models import Consent, Person, Post

from .conftest import City, make_post, make_staff

PHONE = "13800001234"
pytestmark = pytest.mark.django_db


@pytest.fixture
def resident() -> Actor:
    with acting_as(SYSTEM):
        person = Person.objects.create(phone=PHONE, phone_hash=rules.phone_hash(PHONE), name="李雷")
    return queries.actor_of(person.id)


@pytest.fixture
def later_room() -> Iterator[list[UUID]]:
    """A room below this one that keeps something about people, and is not imported by it."""
    erased: list[UUID] = []

    def erase(person_id: UUID, by: Actor) -> int:
        erased.append(person_id)
        return 3

    own_data.register("later", "Later", (), export=lambda person_id: [str(person_id)], erase=erase)
    yield erased
    own_data.forget("later")


def test_an_export_holds_every_rooms_part(resident: Actor, later_room: list[UUID]) -> None:
    everything = actions.export_person(by=resident)
    assert everything["parts"]["people"]["account"]["phone"] == PHONE
    assert everything["parts"]["later"] == [str(resident.id)]
    with pytest.raises(SignInNeeded):
        actions.export_person(by=ANONYMOUS)


def test_an_erasure_reaches_every_room_and_leaves_a_proof(resident: Actor, later_room: list[UUID]) -> None:
    actions.give_consent(purpose="health", by=resident)
    actions.request_code(phone=PHONE, ip="203.0.113.7", by=ANONYMOUS)
    counts = actions.erase_person(by=resident)
    assert later_room == [resident.id]
    assert resident.id is not None
    with acting_as(SYSTEM):
        person = Person.objects.get(pk=resident.id)
        assert person.erased_at is not None
        for name in Person.Privacy.personal:
            if name not in ("language", "password"):
                assert not getattr(person, name)
        assert not person.has_usable_password()
        assert not Consent.objects.filter(withdrawn_at=None).exists()
        proof = audit.timeline(resident.id)[-1]
        assert (proof.action, proof.data) == ("erased", dict(counts))
        assert OutboxEvent.objects.filter(name=events.PERSON_ERASED).exists()
    with pytest.raises(SignInNeeded):
        queries.actor_of(resident.id)


def test_an_erasure_that_fails_in_one_room_erases_nothing(resident: Actor, later_room: list[UUID]) -> None:
    def fail(person_id: UUID, by: Actor) -> int:
        raise InvalidInput

    own_data.register("later", "Later", (), export=str, erase=fail)
    with pytest.raises(InvalidInput):
        actions.erase_person(by=resident)
    with acting_as(SYSTEM):
        assert Person.objects.get(pk=resident.id).phone == PHONE


def test_staff_end_their_posts_first_and_who_held_an_office_stays_known(city: City) -> None:
    person = make_staff()
    post = make_post(person, Role.DESK, city.here)
    actor = queries.actor_of(person.id)
    with pytest.raises(PostsHeld):
        actions.erase_person(by=actor)
    actions.end_post(post=post.id, by=SYSTEM)
    actions.erase_person(by=actor)
    with acting_as(SYSTEM):
        assert Person.objects.get(pk=person.id).username is None
        assert Post.objects.get(pk=post.id).person_id == person.id


def test_a_consent_withdrawn_stays_known_and_may_be_given_again(resident: Actor) -> None:
    first = actions.give_consent(purpose="location", by=resident)
    assert actions.give_consent(purpose="location", by=resident).id == first.id
    actions.withdraw_consent(purpose="location", by=resident)
    with pytest.raises(Stale):
        actions.withdraw_consent(purpose="location", by=resident)
    again = actions.give_consent(purpose="location", by=resident)
    assert again.id != first.id
    assert resident.id is not None
    with acting_as(resident):
        assert [one.id for one in queries.consents(resident.id)] == [again.id, first.id]
        steps = [entry.action for entry in audit.timeline(resident.id)]
    assert steps == ["consent_given", "consent_withdrawn", "consent_given"]
    with pytest.raises(InvalidInput):
        actions.give_consent(purpose="everything", by=resident)


def test_a_resident_names_themselves_staff_are_named_by_their_administrator(resident: Actor, city: City) -> None:
    assert actions.set_preferences(by=resident, language="en", name="Ann").name == "Ann"
    staff = make_staff("王小明")
    actor = queries.actor_of(staff.id)
    assert actions.set_preferences(by=actor, language="en", name="Ann").name == "王小明"
    for wrong in ({"language": "xx"}, {"name": "x" * 101}, {"name": "a\x00"}):
        with pytest.raises(InvalidInput):
            actions.set_preferences(by=resident, **({"language": "en"} | wrong))

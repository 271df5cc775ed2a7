"""Who may appoint whom, where; and who acts on a post while its holder is away."""

from datetime import timedelta

import pytest
from django.db import connection

from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, Grant, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound, SignInNeeded, Stale
from linli.people import actions, queries, rules
from linli.people.errors import (
    DelegatedAlready,
    NoRedelegation,
    NotOneself,
    NotStaff,
    OutsideThePost,
    PostHeldAlready,
)
from linli.people.models import Delegation, Person, Post

from .conftest import City, make_actor, make_body, make_post, make_staff

DAY = timedelta(days=1)


def as_now(actor: Actor) -> Actor:
    assert actor.id is not None
    return queries.actor_of(actor.id)


def post_of(actor: Actor) -> Post:
    with acting_as(SYSTEM):
        return Post.objects.get(person_id=actor.id)


def test_a_post_gives_its_role_in_its_unit_and_names_the_actor(city: City) -> None:
    person = make_staff()
    make_post(person, Role.DESK, city.here)
    actor = queries.actor_of(person.id)
    assert actor.grants == (Grant(Role.DESK, city.here.id, None),)
    assert actor.label.startswith("双桥子街道 · ")
    assert "王小明" not in actor.label


def test_actor_of_asks_once(city: City) -> None:
    person = make_staff()
    make_post(person, Role.DESK, city.here)
    make_post(person, Role.VERIFIER, city.here_community)
    before = connection.round_trips  # type: ignore[attr-defined]
    with acting_as(queries.themselves(person.id)):
        assert len(queries.actor_of(person.id).grants) == 2
    # Who asks, and the question.
    assert connection.round_trips - before == 2  # type: ignore[attr-defined]


def test_a_post_ends_and_with_it_the_role(city: City) -> None:
    person = make_staff()
    post = make_post(person, Role.DESK, city.here)
    moment = clock.now() + 30 * DAY
    actions.end_post(post=post.id, at=moment, by=SYSTEM)
    assert queries.actor_of(person.id, moment - DAY).grants
    assert not queries.actor_of(person.id, moment).grants
    with pytest.raises(Stale):
        actions.end_post(post=post.id, at=moment + DAY, by=SYSTEM)


def test_the_same_post_cannot_be_held_twice_at_a_time(city: City) -> None:
    person = make_staff()
    post = make_post(person, Role.DESK, city.here)
    with pytest.raises(PostHeldAlready):
        make_post(person, Role.DESK, city.here)
    actions.end_post(post=post.id, by=SYSTEM)
    make_post(person, Role.DESK, city.here)


def test_an_administrator_appoints_in_their_own_subdistrict_only(city: City) -> None:
    admin = make_actor(Role.ADMIN, city.here)
    person = make_staff()
    post = actions.appoint(person=person.id, role=Role.DESK, unit=city.here_community.id, by=admin)
    assert post.appointed_by_id == admin.id
    for unit in (city.there, city.there_community, city.district, city.root):
        with pytest.raises(NotAllowed):
            actions.appoint(person=person.id, role=Role.DESK, unit=unit.id, by=admin)


def test_an_administrator_appoints_nobody_to_a_body_above_them(city: City) -> None:
    admin = make_actor(Role.ADMIN, city.here)
    bureau = make_body(city.district)
    with pytest.raises(NotAllowed):
        actions.appoint(person=make_staff().id, role=Role.HANDLER, unit=city.here.id, body=bureau.id, by=admin)


def test_nobody_appoints_themselves(city: City) -> None:
    admin = make_actor(Role.ADMIN, city.here)
    assert admin.id is not None
    with pytest.raises(NotOneself):
        actions.appoint(person=admin.id, role=Role.AUDITOR, unit=city.here.id, by=admin)


def test_a_resident_gets_no_post(city: City) -> None:
    with acting_as(SYSTEM):
        resident = Person.objects.create(phone="13800001234", phone_hash=rules.phone_hash("13800001234"))
    with pytest.raises(NotStaff):
        make_post(resident, Role.DESK, city.here)


def test_a_handler_needs_a_body(city: City) -> None:
    with pytest.raises(rules.BodyMissing):
        make_post(make_staff(), Role.HANDLER, city.here)


def test_another_units_post_by_guessed_id_is_not_there(city: City) -> None:
    admin = make_actor(Role.ADMIN, city.here)
    elsewhere = make_post(make_staff(), Role.DESK, city.there)
    with acting_as(admin), pytest.raises(NotFound):
        queries.post(elsewhere.id, actor=admin)
    with pytest.raises(NotFound):
        actions.end_post(post=elsewhere.id, by=admin)
    with pytest.raises(NotFound):
        actions.delegate(post=elsewhere.id, to_person=make_staff().id, valid_to=clock.now() + DAY, by=admin)


def test_a_desk_clerk_edits_no_posts(city: City) -> None:
    clerk = make_actor(Role.DESK, city.here)
    post = make_post(make_staff(), Role.VERIFIER, city.here)
    with pytest.raises(NotAllowed):
        actions.end_post(post=post.id, by=clerk)
    with pytest.raises(NotAllowed):
        actions.appoint(person=make_staff().id, role=Role.DESK, unit=city.here.id, by=clerk)
    with pytest.raises(NotAllowed):
        actions.create_staff(username="someone", name="x", password="a long enough phrase", by=clerk)


def test_a_delegate_holds_the_post_until_the_delegation_ends(city: City) -> None:
    holder, colleague = make_actor(Role.DESK, city.here), make_actor(Role.VERIFIER, city.here)
    assert colleague.id is not None
    post = post_of(holder)
    end = clock.now() + 3 * DAY
    actions.delegate(post=post.id, to_person=colleague.id, valid_to=end, by=holder)
    grant = Grant(Role.DESK, city.here.id, None)
    assert grant in as_now(colleague).grants
    assert grant in as_now(holder).grants
    assert grant not in queries.actor_of(colleague.id, end).grants


def test_a_delegation_never_outlives_its_post(city: City) -> None:
    holder, colleague = make_actor(Role.DESK, city.here), make_actor(Role.VERIFIER, city.here)
    assert colleague.id is not None
    post = post_of(holder)
    actions.delegate(post=post.id, to_person=colleague.id, valid_to=clock.now() + 30 * DAY, by=holder)
    actions.end_post(post=post.id, at=clock.now() + DAY, by=SYSTEM)
    with acting_as(SYSTEM):
        assert Delegation.objects.get(post=post).valid_to == Post.objects.get(pk=post.id).valid_to
    assert len(queries.actor_of(colleague.id, clock.now() + 2 * DAY).grants) == 1
    with pytest.raises(OutsideThePost):
        actions.delegate(post=post.id, to_person=colleague.id, valid_to=clock.now() + 2 * DAY, by=SYSTEM)


def test_a_delegate_cannot_hand_the_post_on(city: City) -> None:
    holder, deputy, third = (make_actor(Role.ADMIN, city.here) for _ in range(3))
    assert deputy.id is not None
    assert third.id is not None
    post = post_of(holder)
    until = clock.now() + DAY
    delegation = actions.delegate(post=post.id, to_person=deputy.id, valid_to=until, by=holder)
    with pytest.raises(NoRedelegation):
        actions.delegate(post=post.id, to_person=third.id, valid_to=until, by=as_now(deputy))
    with pytest.raises(NoRedelegation):
        actions.withdraw_delegation(delegation=delegation.id, by=as_now(deputy))


def test_one_delegate_at_a_time_and_withdrawal(city: City) -> None:
    holder, one, two = (make_actor(Role.DESK, city.here) for _ in range(3))
    assert one.id is not None
    assert two.id is not None
    post = post_of(holder)
    until = clock.now() + DAY
    first = actions.delegate(post=post.id, to_person=one.id, valid_to=until, by=holder)
    with pytest.raises(DelegatedAlready):
        actions.delegate(post=post.id, to_person=two.id, valid_to=until, by=holder)
    with acting_as(SYSTEM):
        assert set(queries.holders(Role.DESK, unit_id=city.here.id)) == {one.id, two.id}
    actions.withdraw_delegation(delegation=first.id, by=holder)
    assert len(as_now(one).grants) == 1
    with pytest.raises(Stale):
        actions.withdraw_delegation(delegation=first.id, by=holder)
    actions.delegate(post=post.id, to_person=two.id, valid_to=until, notifications=False, by=holder)
    with acting_as(SYSTEM):
        assert set(queries.holders(Role.DESK, unit_id=city.here.id)) == {holder.id, one.id, two.id}


def test_nobody_lends_a_post_for_a_body_above_them(city: City) -> None:
    admin, accomplice = make_actor(Role.ADMIN, city.here), make_actor(Role.DESK, city.here)
    assert accomplice.id is not None
    bureau = make_body(city.district)
    post = make_post(make_staff(), Role.HANDLER, city.here, bureau)
    with pytest.raises(NotAllowed):
        actions.delegate(post=post.id, to_person=accomplice.id, valid_to=clock.now() + DAY, by=admin)
    assert bureau.id not in as_now(accomplice).bodies()


def test_an_administrator_takes_no_post_of_another_by_standing_in(city: City) -> None:
    admin = make_actor(Role.ADMIN, city.here)
    assert admin.id is not None
    post = make_post(make_staff(), Role.DISPATCHER, city.here)
    with pytest.raises(NotOneself):
        actions.delegate(post=post.id, to_person=admin.id, valid_to=clock.now() + DAY, by=admin)
    assert as_now(admin).grants == admin.grants


def test_messages_go_to_the_holder_when_the_stand_in_has_left(city: City) -> None:
    holder, colleague = make_actor(Role.DESK, city.here), make_actor(Role.VERIFIER, city.here)
    assert colleague.id is not None
    actions.delegate(post=post_of(holder).id, to_person=colleague.id, valid_to=clock.now() + DAY, by=holder)
    actions.deactivate_staff(person=colleague.id, by=SYSTEM)
    with acting_as(SYSTEM):
        assert queries.holders(Role.DESK, unit_id=city.here.id) == [holder.id]


def test_posts_are_handed_to_colleagues_only(city: City) -> None:
    holder = make_actor(Role.DESK, city.here)
    stranger = make_actor(Role.DESK, city.there)
    assert stranger.id is not None
    post = post_of(holder)
    with pytest.raises(NotFound):
        actions.delegate(post=post.id, to_person=stranger.id, valid_to=clock.now() + DAY, by=holder)
    assert holder.id is not None
    with pytest.raises(NotOneself):
        actions.delegate(post=post.id, to_person=holder.id, valid_to=clock.now() + DAY, by=holder)


def test_every_step_is_on_the_posts_timeline(city: City) -> None:
    admin = make_actor(Role.ADMIN, city.here)
    post = actions.appoint(person=make_staff().id, role=Role.DESK, unit=city.here.id, reason="接替", by=admin)
    actions.end_post(post=post.id, reason="退休", by=admin)
    with acting_as(admin):
        steps = [(entry.action, entry.note, entry.actor_label) for entry in audit.timeline(post.id)]
    assert steps == [("appointed", "接替", admin.label), ("ended", "退休", admin.label)]


def test_an_inactive_person_acts_no_more(city: City) -> None:
    person = make_staff()
    make_post(person, Role.DESK, city.here)
    actions.deactivate_staff(person=person.id, by=SYSTEM)
    with pytest.raises(SignInNeeded):
        queries.actor_of(person.id)

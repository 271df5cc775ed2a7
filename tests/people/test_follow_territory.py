"""Units are merged and split; posts and bodies follow."""

from datetime import date, timedelta

import pytest

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Grant, Role, acting_as
from linli.people import actions, queries
from linli.people.models import Body, Post
from linli.territory import queries as territory
from linli.territory.models import Level, Succession, SuccessionKind, Unit

from .conftest import City, make_actor, make_body, make_post, make_staff, make_unit


def close(unit: Unit, *successors: Unit, kind: SuccessionKind = SuccessionKind.MERGED) -> None:
    today = date(2026, 3, 1)
    with acting_as(SYSTEM):
        Unit.objects.filter(pk=unit.pk).update(valid_to=today)
        for new in successors:
            Succession.objects.create(old=unit, new=new, kind=kind, on=today)
    territory.forget()


def test_a_post_follows_its_unit_into_another(city: City) -> None:
    person, body = make_staff(), make_body(city.there)
    make_post(person, Role.DESK, city.there)
    close(city.there, city.here)
    assert actions.follow_territory(closed=[city.there.id], by=SYSTEM) == 1
    assert queries.actor_of(person.id).grants == (Grant(Role.DESK, city.here.id),)
    assert queries.actor_of(person.id).label.startswith("双桥子街道")
    with acting_as(SYSTEM):
        assert Body.objects.get(pk=body.id).unit_id == city.here.id
    assert actions.follow_territory(closed=[city.there.id], by=SYSTEM) == 0


def test_the_same_role_in_two_merged_units_becomes_one(city: City) -> None:
    person = make_staff()
    make_post(person, Role.DESK, city.here)
    make_post(person, Role.DESK, city.there)
    close(city.there, city.here)
    actions.follow_territory(closed=[city.there.id], by=SYSTEM)
    assert queries.actor_of(person.id).grants == (Grant(Role.DESK, city.here.id),)


@pytest.mark.django_db
def test_a_post_in_a_split_unit_holds_in_each_part_and_its_delegate_too(city: City) -> None:
    holder, deputy = make_actor(Role.DESK, city.there), make_actor(Role.VERIFIER, city.there)
    assert holder.id is not None
    assert deputy.id is not None
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=holder.id)
        parts = [make_unit(Level.SUBDISTRICT, city.district, name) for name in ("东", "西")]
    actions.delegate(post=post.id, to_person=deputy.id, valid_to=clock.now() + timedelta(days=1), by=holder)
    close(city.there, *parts, kind=SuccessionKind.SPLIT)
    actions.follow_territory(closed=[city.there.id], by=SYSTEM)
    desks = {Grant(Role.DESK, part.id) for part in parts}
    assert set(queries.actor_of(holder.id).grants) == desks
    assert desks < set(queries.actor_of(deputy.id).grants)


def test_a_unit_without_successor_keeps_its_posts(city: City) -> None:
    make_post(make_staff(), Role.DESK, city.there)
    close(city.there)
    assert actions.follow_territory(closed=[city.there.id], by=SYSTEM) == 0


@pytest.mark.django_db
def test_a_post_to_come_begins_no_sooner_in_the_parts_of_a_split_unit(city: City) -> None:
    person, called_off = make_staff(), make_staff()
    begins = clock.now() + timedelta(days=30)
    actions.appoint(person=person.id, role=Role.DESK, unit=city.there.id, valid_from=begins, by=SYSTEM)
    post = actions.appoint(person=called_off.id, role=Role.DESK, unit=city.there.id, valid_from=begins, by=SYSTEM)
    actions.end_post(post=post.id, by=SYSTEM)
    with acting_as(SYSTEM):
        parts = [make_unit(Level.SUBDISTRICT, city.district, name) for name in ("东", "西")]
    close(city.there, *parts, kind=SuccessionKind.SPLIT)
    actions.follow_territory(closed=[city.there.id], by=SYSTEM)
    assert queries.actor_of(person.id).grants == ()
    assert set(queries.actor_of(person.id, begins).grants) == {Grant(Role.DESK, part.id) for part in parts}
    for moment in (clock.now(), begins):
        assert queries.actor_of(called_off.id, moment).grants == ()

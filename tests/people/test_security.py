"""What PostgreSQL itself shows and refuses, asked behind the queries' back, as an injection would."""

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction

from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.audit import timeline
from linli.foundation.ids import uuid7
from linli.people import actions, queries
from linli.people.models import (
    Body,
    BodyKind,
    Consent,
    Delegation,
    Person,
    Post,
    RecoveryCode,
    SignInAttempt,
    SignInCode,
)

from .conftest import City, make_actor, make_body, make_post, make_staff


@pytest.fixture
def resident(city: City) -> Actor:
    with acting_as(SYSTEM):
        person = Person.objects.create(phone="13800001234", phone_hash=b"x" * 32, name="李雷")
    return queries.actor_of(person.id)


def refused(actor: Actor, write: object) -> None:
    with acting_as(actor), pytest.raises(Error), transaction.atomic():
        write()  # type: ignore[operator]


def test_nobody_sees_nobody(city: City, resident: Actor) -> None:
    make_post(make_staff(), Role.DESK, city.here)
    for actor in (ANONYMOUS, None):
        with acting_as(actor) if actor else transaction.atomic():
            assert not Person.objects.exists()
            assert not Post.objects.exists()


def test_a_resident_sees_themselves_only(city: City, resident: Actor) -> None:
    make_post(make_staff(), Role.DESK, city.here)
    with acting_as(resident):
        assert [person.id for person in Person.objects.all()] == [resident.id]
        assert not Post.objects.exists()
        assert [entry.action for entry in timeline(resident.id or uuid7())] == []


def test_people_are_seen_where_they_hold_a_post_and_by_those_who_may(city: City, resident: Actor) -> None:
    admin, clerk = make_actor(Role.ADMIN, city.here), make_actor(Role.DESK, city.here)
    below, elsewhere = make_staff(), make_staff()
    make_post(below, Role.GRID_WORKER, city.here_community)
    make_post(elsewhere, Role.GRID_WORKER, city.there_community)
    with acting_as(admin):
        assert {person.id for person in Person.objects.all()} == {admin.id, clerk.id, below.id}
        assert set(queries.visible_people(admin)) == set(Person.objects.all())
    with acting_as(clerk):
        assert {person.id for person in Person.objects.all()} == {clerk.id}
        assert {post.person_id for post in Post.objects.all()} == {admin.id, clerk.id, below.id}
        assert set(queries.visible_posts(clerk)) == set(Post.objects.all())


def test_a_handler_sees_the_posts_of_their_body(city: City) -> None:
    body, other = make_body(city.district), make_body(city.district)
    handler = make_actor(Role.HANDLER, city.there, body)
    make_actor(Role.HANDLER, city.here, other)
    colleague = make_actor(Role.HANDLER, city.here, body)
    with acting_as(handler):
        assert {post.person_id for post in Post.objects.all()} == {handler.id, colleague.id}
        assert set(queries.visible_posts(handler)) == set(Post.objects.all())


def test_a_delegate_sees_the_post_and_the_delegation(city: City) -> None:
    body = make_body(city.district)
    holder, colleague = make_actor(Role.HANDLER, city.here, body), make_actor(Role.HANDLER, city.there, body)
    outsider = make_actor(Role.DESK, city.there)
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=holder.id)
    assert colleague.id is not None
    until = clock.now() + timedelta(days=2)
    actions.delegate(post=post.id, to_person=colleague.id, valid_to=until, by=holder)
    for actor, seen in ((holder, 1), (colleague, 1), (outsider, 0)):
        with acting_as(actor):
            assert Delegation.objects.count() == seen
            assert queries.visible_delegations(actor).count() == seen


def test_sign_in_records_are_the_systems_alone(city: City, resident: Actor) -> None:
    admin = make_actor(Role.ADMIN, city.root)
    actions.request_code(phone="13800001234", ip="203.0.113.7", by=ANONYMOUS)
    for actor in (resident, admin, ANONYMOUS):
        with acting_as(actor):
            assert not SignInCode.objects.exists()
            assert SignInCode.objects.update(attempts=0) == 0
        refused(actor, lambda: SignInAttempt.objects.create(account_hash=b"", ip_hash=b""))


def test_recovery_codes_and_consents_are_ones_own(city: City, resident: Actor) -> None:
    admin = make_actor(Role.ADMIN, city.root)
    actions.give_consent(purpose="health", by=resident)
    staff = make_staff()
    with acting_as(SYSTEM):
        RecoveryCode.objects.create(person=staff, code_hash=b"x" * 32)
    with acting_as(admin):
        assert not Consent.objects.exists()
        assert not RecoveryCode.objects.exists()
    with acting_as(queries.actor_of(staff.id)):
        assert RecoveryCode.objects.update(used_at=None) == 0
        assert RecoveryCode.objects.count() == 1


def test_rows_of_others_are_not_written(city: City, resident: Actor) -> None:
    admin, clerk = make_actor(Role.ADMIN, city.here), make_actor(Role.DESK, city.here)
    staff = make_staff()
    for actor in (resident, clerk):
        refused(actor, lambda: Post.objects.create(person=staff, role=Role.ADMIN, unit=city.here))
    refused(admin, lambda: Post.objects.create(person=staff, role=Role.ADMIN, unit=city.there))
    refused(admin, lambda: Body.objects.create(code="x", name="x", kind=BodyKind.UTILITY, unit=city.there))
    with acting_as(admin):
        assert Person.objects.exclude(pk=admin.id).update(name="x") == 0
        Post.objects.create(person=staff, role=Role.DESK, unit=city.here_community)
    with acting_as(clerk):
        assert Post.objects.update(role=Role.ADMIN) == 0


@pytest.mark.django_db
def test_the_app_connects_as_a_role_that_row_security_binds() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'people_%' AND relkind = 'r' AND NOT relrowsecurity"
        )
        assert cursor.fetchall() == []

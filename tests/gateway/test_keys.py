"""API keys: made by administrators, kept as hashes, told apart by their beginning, ended at once, held to their rate."""

from datetime import timedelta

import pytest
from django.utils import timezone
from factories.world import HERE, World

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, Permission, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.rates import TooManyRequests
from linli.gateway import actions, queries
from linli.gateway.errors import KeyNotValid, RoleNeeded, UnknownChoice
from linli.gateway.models import ApiKey

pytestmark = pytest.mark.django_db


def make(world: World, by: Actor, **changes: object) -> actions.NewKey:
    values = {"name": "气象站", "may": ["post"], "unit_id": world.id("W1")} | changes
    with acting_as(by):
        return actions.create_key(by=by, **values)  # type: ignore[arg-type]


def test_the_key_acts_under_its_name_and_only_its_hash_is_kept(world: World, admin: Actor) -> None:
    made = make(world, admin, may=["post", "read"])
    actor = queries.actor_of_key(made.secret)
    assert (actor.kind, actor.id, actor.label) == (ActorKind.API_KEY, made.key.id, "气象站")
    assert actor.units() == [world.id("W1")]
    assert not actor.may(Permission.SEE_CONTACTS)
    with acting_as(SYSTEM):
        row = ApiKey.objects.get()
    assert made.secret.startswith(row.prefix)
    kept = {bytes(value) if isinstance(value, memoryview) else value for value in map(repr, vars(row).values())}
    assert not any(made.secret[len(row.prefix) :] in str(value) for value in kept)


def test_a_key_that_may_only_post_sees_nothing(world: World, admin: Actor) -> None:
    assert queries.actor_of_key(make(world, admin).secret).grants == ()


def test_an_acting_key_holds_its_role_for_its_body(world: World, admin: Actor) -> None:
    made = make(world, admin, may=["act"], role="handler", body_id=world.bodies["street"].id)
    (grant,) = queries.actor_of_key(made.secret).grants
    assert (grant.role, grant.body_id) == (Role.HANDLER, world.bodies["street"].id)


@pytest.mark.parametrize("bad", ["", "linli_", "linli_" + "x" * 32, "nonsense", "linli_" + "é" * 32])
def test_what_is_no_key_is_refused_with_one_answer(world: World, bad: str) -> None:
    with pytest.raises(KeyNotValid):
        queries.actor_of_key(bad)


def test_a_revoked_key_ends_at_once(world: World, admin: Actor, django_capture_on_commit_callbacks: object) -> None:
    made = make(world, admin)
    queries.actor_of_key(made.secret)
    with django_capture_on_commit_callbacks(execute=True), acting_as(admin):  # type: ignore[operator]
        actions.revoke_key(key_id=made.key.id, by=admin)
    with pytest.raises(KeyNotValid):
        queries.actor_of_key(made.secret)
    with acting_as(SYSTEM):
        assert [entry.action for entry in audit.timeline(made.key.id)] == ["created", "revoked"]


def test_an_expired_key_is_refused(world: World, admin: Actor) -> None:
    made = make(world, admin, expires_at=clock.now() + timedelta(days=1))
    queries.actor_of_key(made.secret)
    with clock.at(clock.now() + timedelta(days=2)), pytest.raises(KeyNotValid):
        queries.actor_of_key(made.secret)


def test_another_units_administrator_neither_sees_nor_revokes_it(world: World, admin: Actor) -> None:
    made = make(world, admin)
    stranger = world.actor("stranger", Role.ADMIN, "E")
    with acting_as(stranger):
        assert not queries.visible_keys(stranger).exists()
        assert not ApiKey.objects.exists()
        with pytest.raises(NotFound):
            actions.revoke_key(key_id=made.key.id, by=stranger)
        with pytest.raises(NotAllowed):
            actions.create_key(name="x", may=["read"], unit_id=world.id("W"), by=stranger)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"may": ["fly"]}, UnknownChoice),
        ({"may": ["act"]}, RoleNeeded),
        ({"may": ["read"], "role": "desk"}, RoleNeeded),
        ({"may": ["act"], "role": "handler"}, RoleNeeded),
        ({"may": ["act"], "role": "admin"}, UnknownChoice),
        ({"may": ["act"], "role": "king"}, UnknownChoice),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    world: World, admin: Actor, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        make(world, admin, **changes)


def test_more_calls_than_the_rate_are_refused_with_the_seconds_to_wait(
    world: World, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_WORKERS", "1")
    secret = make(world, admin, rate_per_minute=3).secret
    for _call in range(3):
        queries.actor_of_key(secret)
    with pytest.raises(TooManyRequests) as refused:
        queries.actor_of_key(secret)
    assert 1 <= refused.value.data["seconds"] <= 20


def test_a_key_without_the_permission_hands_in_nothing(world: World, admin: Actor) -> None:
    reader = queries.actor_of_key(make(world, admin, may=["read"]).secret)
    with acting_as(reader), pytest.raises(NotAllowed):
        cases.collect(report=Report("路灯不亮", lon=HERE[0], lat=HERE[1]), by=reader)


def test_a_known_key_costs_no_statement(world: World, admin: Actor, django_assert_num_queries: object) -> None:
    secret = make(world, admin).secret
    queries.actor_of_key(secret)
    with django_assert_num_queries(0):  # type: ignore[operator]
        queries.actor_of_key(secret)


def test_the_day_of_the_last_use_is_kept(world: World, admin: Actor) -> None:
    queries.actor_of_key(make(world, admin).secret)
    with acting_as(SYSTEM):
        assert ApiKey.objects.get().last_used_on == timezone.localdate(clock.now())

"""The API: what it answers, to whom, and once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.ids import uuid7
from linli.people.models import Person, Post

from .conftest import City, make_actor, make_body, make_post, make_staff

API = "/api/v1/people"


def client_of(actor: Actor) -> Client:
    client = Client()
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=actor.id))
    return client


def send(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(API + path, body, content_type="application/json", headers=headers)


def test_me_tells_my_posts(city: City) -> None:
    actor = make_actor(Role.DESK, city.here)
    answer = client_of(actor).get(f"{API}/me").json()
    assert answer["grants"] == [{"role": "desk", "unit": str(city.here.id), "body": None}]
    assert "password" not in answer
    assert Client().get(f"{API}/me").status_code == 401


def test_an_administrator_appoints_once_however_often_it_is_sent(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    body = {"person": str(make_staff().id), "role": "desk", "unit": str(city.here.id)}
    key = {"Idempotency-Key": "k1"}
    first, second = send(admin, "/posts", body, **key), send(admin, "/posts", body, **key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = send(admin, "/posts", body | {"role": "verifier"}, **key)
    assert other.json()["code"] == "idempotency_key_reused"
    assert send(admin, "/posts", body).json()["code"] == "post_held_already"


def test_the_whole_life_of_a_post_over_the_api(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    holder, deputy = make_staff(), make_actor(Role.VERIFIER, city.here)
    post = send(admin, "/posts", {"person": str(holder.id), "role": "desk", "unit": str(city.here.id)}).json()["id"]
    until = (clock.now() + timedelta(days=2)).isoformat()
    delegation = send(admin, f"/posts/{post}/delegations", {"to_person": str(deputy.id), "valid_to": until}).json()[
        "id"
    ]
    assert len(client_of(deputy).get(f"{API}/me").json()["grants"]) == 2
    assert [one["id"] for one in client_of(deputy).get(f"{API}/delegations").json()] == [delegation]
    assert send(admin, f"/delegations/{delegation}/withdraw", {}).status_code == 200
    assert send(admin, f"/posts/{post}/end", {"reason": "x"}).status_code == 200
    assert post not in [one["id"] for one in admin.get(f"{API}/posts").json()]
    assert post in [one["id"] for one in admin.get(f"{API}/posts?in_force=false").json()]


def test_posts_elsewhere_are_not_there(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    elsewhere = make_post(make_staff(), Role.DESK, city.there)
    unknown = admin.get(f"{API}/posts/{uuid7()}")
    guessed = admin.get(f"{API}/posts/{elsewhere.id}")
    assert (unknown.status_code, guessed.status_code) == (404, 404)
    assert unknown.json()["title"] == guessed.json()["title"]
    assert send(admin, f"/posts/{elsewhere.id}/end", {}).status_code == 404
    body = {"person": str(make_staff().id), "role": "desk", "unit": str(city.there.id)}
    assert send(admin, "/posts", body).json()["code"] == "not_allowed"
    assert Client().get(f"{API}/posts").status_code == 401


def test_names_are_for_those_who_may_see_people(city: City) -> None:
    admin, clerk = make_actor(Role.ADMIN, city.here), make_actor(Role.DESK, city.here)
    admin_sees = {one["person"]: one["person_name"] for one in client_of(admin).get(f"{API}/posts").json()}
    clerk_sees = {one["person"]: one["person_name"] for one in client_of(clerk).get(f"{API}/posts").json()}
    assert admin_sees[str(clerk.id)] == "王小明"
    assert clerk_sees[str(admin.id)] is None


def test_pages_of_posts_follow_each_other(city: City, django_assert_max_num_queries: Any) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    for _ in range(4):
        make_post(make_staff(), Role.DESK, city.here)
    with acting_as(SYSTEM):
        all_ids = [str(key) for key in Post.objects.order_by("pk").values_list("pk", flat=True)]
    seen: list[str] = []
    while page := admin.get(f"{API}/posts", {"limit": 2} | ({"after": seen[-1]} if seen else {})).json():
        seen += [one["id"] for one in page]
    assert seen == all_ids
    # The session, the person, who acts, the page, the names.
    with django_assert_max_num_queries(5):
        admin.get(f"{API}/posts")


def test_bodies_are_public(city: City) -> None:
    body = make_body(city.district)
    assert [one["id"] for one in Client().get(f"{API}/bodies").json()] == [str(body.id)]
    assert Client().get(f"{API}/bodies/{body.id}").json()["code"] == body.code
    assert Client().get(f"{API}/bodies/{uuid7()}").status_code == 404
    admin = client_of(make_actor(Role.ADMIN, city.here))
    new = {"code": "njq", "name": "牛街", "kind": "utility", "unit": str(city.here.id)}
    made = send(admin, "/bodies", new)
    assert Client().get(f"{API}/bodies/{made.json()['id']}").status_code == 200
    assert send(admin, "/bodies", new).json()["code"] == "taken"
    for change in ({"code": "  "}, {"code": "x", "name": " "}, {"code": "x", "name": "a\x07"}):
        assert send(admin, "/bodies", new | change).json()["code"] == "invalid_input", change
    assert send(admin, "/bodies", new | {"code": "x", "unit": str(city.there.id)}).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"role": "emperor"},
        {"person": "not an id"},
        {"person": str(uuid7())},
        {"unit": str(uuid7())},
        {"reason": "x" * 501},
        {"reason": "a\x00b"},
        {"valid_from": "2026-03-01T00:00:00"},
        {"valid_from": "0001-01-01T00:00:00+14:00"},
        {"valid_to": "9999-12-31T23:59:59-14:00"},
        {"valid_to": "2020-01-01T00:00:00Z"},
        {"role": "handler"},
    ],
)
def test_bad_input_gets_a_reason(city: City, change: dict[str, str]) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    body = {"person": str(make_staff().id), "role": "desk", "unit": str(city.here.id)}
    answer = send(admin, "/posts", body | change)
    assert 400 <= answer.status_code < 500
    assert answer.json()["title"]


def test_a_session_without_the_anti_forgery_token_writes_nothing(city: City) -> None:
    actor = make_actor(Role.ADMIN, city.here)
    client = Client(enforce_csrf_checks=True)
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=actor.id))
    body = {"person": str(make_staff().id), "role": "desk", "unit": str(city.here.id)}
    assert send(client, "/posts", body).status_code == 403

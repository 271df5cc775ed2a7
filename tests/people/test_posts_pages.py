"""The pages on which posts are given, ended and handed over."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from factories.confirming import confirm, shown

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.ids import uuid7
from linli.people import actions, queries
from linli.people.models import Delegation, Person, Post

from .conftest import City, make_actor, make_body, make_post, make_staff


def client_of(actor: Actor) -> Client:
    client = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=actor.id))
    return client


def username(actor: Actor) -> str:
    with acting_as(SYSTEM):
        return Person.objects.get(pk=actor.id).username or ""


def day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def test_an_administrator_makes_an_account_and_gives_it_a_post_once(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    new = {"username": "zhao", "name": "赵", "password": "a long enough phrase"}
    assert admin.post("/people/staff/new/", new).headers["Location"] == "/people/appoint/"
    given = {"username": "Zhao", "role": "desk", "unit": city.here.code, "last_day": day(30), "once": "k"}
    sure = {"sure": shown(admin, "/people/appoint/", given)}
    first, again = admin.post("/people/appoint/", given | sure), admin.post("/people/appoint/", given | sure)
    assert first.status_code == 302
    assert first.headers["Location"] == again.headers["Location"]
    page = admin.get(first.headers["Location"]).content.decode()
    assert "赵" in page
    assert "双桥子街道" in admin.get("/people/").content.decode()
    with acting_as(SYSTEM):
        assert Post.objects.filter(person__username="zhao").count() == 1


def test_a_post_is_found_by_its_holder_unit_body_and_role(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    body = make_body(city.here)
    make_post(make_staff("李四"), Role.DESK, city.here)
    make_post(make_staff("王五"), Role.HANDLER, city.here, body=body)
    make_post(make_staff("李六"), Role.DESK, city.there)

    def found(**asked: str) -> list[str]:
        page = admin.get("/people/", asked).content.decode()
        return [name for name in ("李四", "王五", "李六") if name in page]

    assert found() == ["李四", "王五"]
    assert found(q="李") == ["李四"]
    assert found(q=body.name) == ["王五"]
    assert found(q="desk") == ["李四"]
    assert found(role="handler") == ["王五"]
    assert found(role="handler", q="李") == []
    assert "Use fewer or other words" in admin.get("/people/", {"q": "nobody"}).content.decode()
    assert found(role="nonsense", q="x" * 101) == ["李四", "王五"], "what cannot be asked narrows nothing"


def test_the_choices_are_those_of_ones_own_units(city: City) -> None:
    make_body(city.district)
    own = make_body(city.here)
    admin = client_of(make_actor(Role.ADMIN, city.here))
    page = admin.get("/people/appoint/").content.decode()
    make_post(make_staff("李四"), Role.DESK, city.here)
    names = admin.get("/people/names/", {"username": "双桥子"}).content.decode()
    assert "李四" in names, "colleagues are found by where they work"
    assert page.count(own.name) == 1
    sent = {"username": make_staff().username, "role": "desk", "unit": city.there.code}
    assert admin.post("/people/appoint/", sent).status_code == 403
    with acting_as(SYSTEM):
        assert not Post.objects.filter(unit=city.there).exists()


def test_a_refusal_stands_beside_its_field(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    answer = admin.post("/people/appoint/", {"username": "nobody", "role": "desk", "unit": city.here.code})
    assert answer.status_code == 404
    assert "No colleague whom you may choose has this user name" in answer.content.decode()
    answer = admin.post("/people/staff/new/", {"username": "x y", "name": "x", "password": "short"})
    assert answer.status_code == 422
    answer = admin.post("/people/staff/new/", {"username": "wang", "name": "x", "password": "short"})
    assert "at least ten characters" in answer.content.decode()


def test_a_holder_hands_over_and_takes_back(city: City) -> None:
    holder, colleague = make_actor(Role.DESK, city.here), make_actor(Role.VERIFIER, city.here)
    assert colleague.id is not None
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=holder.id)
    mine = client_of(holder)
    assert f"/people/posts/{post.id}/" in mine.get("/me/").content.decode()
    sent = {"username": username(colleague), "last_day": day(3), "notifications": "on", "reason": "leave"}
    assert mine.post(f"/people/posts/{post.id}/delegate/", sent).status_code == 200
    assert not Delegation.objects.exists(), "it is shown first"
    assert confirm(mine, f"/people/posts/{post.id}/delegate/", sent).status_code == 302
    assert len(queries.actor_of(colleague.id).grants) == 2
    assert confirm(mine, f"/people/posts/{post.id}/delegate/", sent).status_code == 409
    with acting_as(SYSTEM):
        delegation = Delegation.objects.get()
    assert client_of(colleague).post(f"/people/delegations/{delegation.id}/withdraw/").status_code == 403
    assert mine.post(f"/people/delegations/{delegation.id}/withdraw/").status_code == 302
    assert len(queries.actor_of(colleague.id).grants) == 1


def test_an_administrator_ends_a_post(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    post = make_post(make_staff(), Role.DESK, city.here)
    assert admin.post(f"/people/posts/{post.id}/end/", {"last_day": "2020-01-01"}).status_code == 422
    stale = admin.post(f"/people/posts/{post.id}/end/", {"reason": "moved", "sure": "0" * 64})
    assert stale.status_code == 409, "what was confirmed is not what would happen"
    assert confirm(admin, f"/people/posts/{post.id}/end/", {"reason": "moved"}).status_code == 302
    page = admin.get(f"/people/posts/{post.id}/").content.decode()
    assert "moved" in page
    assert "/end/" not in page
    late = admin.post(f"/people/posts/{post.id}/end/", {})
    assert late.status_code == 409
    assert "look again" in late.content.decode(), "the form is gone, the reason is said all the same"


def test_everyone_reads_the_same_last_day_of_a_post(city: City) -> None:
    """In the city's time: at 03:00 in Shanghai it is still the day before in UTC."""
    actor = make_actor(Role.ADMIN, city.here)
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=actor.id)
    actions.end_post(post=post.id, at=datetime(2099, 3, 1, 19, 0, tzinfo=UTC), by=SYSTEM)
    client = client_of(actor)
    for address in ("/me/", "/people/"):
        assert "Mar 2, 2099" in client.get(address).content.decode(), address


def test_a_clerk_sees_posts_and_changes_none(city: City) -> None:
    clerk = client_of(make_actor(Role.DESK, city.here))
    post = make_post(make_staff("王五"), Role.VERIFIER, city.here)
    page = clerk.get(f"/people/posts/{post.id}/").content.decode()
    assert "/end/" not in page
    assert "王五" not in page
    assert clerk.get("/people/appoint/").status_code == 403
    assert clerk.post(f"/people/posts/{post.id}/end/", {}).status_code == 403


def test_posts_elsewhere_and_pages_of_nobody(city: City) -> None:
    elsewhere = make_post(make_staff(), Role.DESK, city.there)
    clerk = client_of(make_actor(Role.DESK, city.here))
    for post_id in (elsewhere.id, uuid7()):
        assert clerk.get(f"/people/posts/{post_id}/").status_code == 404
        assert clerk.post(f"/people/posts/{post_id}/end/", {}).status_code == 404
    assert Client().get("/people/").status_code == 302
    assert clerk.get("/people/?after=rubbish").status_code == 200


@pytest.mark.django_db
def test_the_list_pages_by_key_with_few_queries(city: City, django_assert_max_num_queries: object) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    for _ in range(3):
        make_post(make_staff(), Role.DESK, city.here)
    # The session, the person, who acts, the posts, the names, the stand-ins.
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert admin.get("/people/").status_code == 200


def test_the_last_day_of_the_calendar_is_refused_and_ends_nothing(city: City) -> None:
    """9999-12-31 is what many programs write for "for ever"."""
    holder, colleague = make_actor(Role.DESK, city.here), make_actor(Role.VERIFIER, city.here)
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=holder.id)
    admin = client_of(make_actor(Role.ADMIN, city.here))
    sent = {"username": username(colleague), "role": "desk", "unit": city.here.code, "last_day": "9999-12-31"}
    for address in (f"/people/posts/{post.id}/end/", f"/people/posts/{post.id}/delegate/", "/people/appoint/"):
        answer = admin.post(address, sent)
        assert answer.status_code == 422, address
        assert "2200" in answer.content.decode(), "it says which dates can be"
    with acting_as(SYSTEM):
        assert Post.objects.get(pk=post.id).valid_to is None
        assert not Delegation.objects.exists()


def test_an_administrator_lets_a_colleague_in_again_and_closes_the_account_of_one_who_left(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    person = make_staff()
    post = make_post(person, Role.DESK, city.here)
    page = f"/people/posts/{post.id}/"
    assert admin.post(f"{page}reset/", {"password": "short"}).status_code == 422
    assert admin.post(f"{page}reset/", {"password": "another long phrase"}).headers["Location"] == page
    staff = {"username": person.username, "password": "another long phrase"}
    assert Client().post("/sign-in/staff/", staff).headers["Location"] == "/sign-in/enrol/"
    assert admin.post(f"{page}close-account/", {"reason": "left"}).status_code == 422, "it asks first"
    assert admin.post(f"{page}close-account/", {"sure": "on", "reason": "left"}).status_code == 302
    assert Client().post("/sign-in/staff/", staff).status_code == 422


def test_an_administrator_enters_the_number_that_a_colleagues_texts_go_to(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    person = make_staff()
    page = f"/people/posts/{make_post(person, Role.DESK, city.here).id}/"

    def kept() -> str:
        with acting_as(SYSTEM):
            return Person.objects.get(pk=person.pk).phone

    assert admin.post(f"{page}phone/", {"phone": "138"}).status_code == 422
    assert admin.post(f"{page}phone/", {"phone": "138 0000 4321"}).headers["Location"] == page
    assert kept() == "13800004321"
    assert "13800004321" not in admin.get(page).content.decode()
    assert admin.post(f"{page}phone/", {"phone": ""}).status_code == 302
    assert kept() == ""
    above = make_staff()
    higher = make_post(above, Role.DESK, city.here)
    make_post(above, Role.ADMIN, city.district)
    assert admin.post(f"/people/posts/{higher.id}/phone/", {"phone": "13800004321"}).status_code == 403


def test_nobody_closes_the_account_of_somebody_above_them(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    person = make_staff()
    post = make_post(person, Role.DESK, city.here)
    make_post(person, Role.ADMIN, city.district)
    answer = admin.post(f"/people/posts/{post.id}/close-account/", {"sure": "on"})
    assert answer.status_code == 403
    assert "Your post does not allow this" in answer.content.decode()
    with acting_as(SYSTEM):
        assert Person.objects.get(pk=person.pk).active
    clerk = client_of(make_actor(Role.DESK, city.here))
    assert "close-account" not in clerk.get(f"/people/posts/{post.id}/").content.decode()
    answer = clerk.post(f"/people/posts/{post.id}/reset/", {"password": "another long phrase"})
    assert answer.status_code in {403, 404}


def test_fields_on_a_posts_page_have_ids_of_their_own(city: City) -> None:
    admin = client_of(make_actor(Role.ADMIN, city.here))
    post = make_post(make_staff(), Role.DESK, city.here)
    ids = re.findall(r'\bid="([^"]+)"', admin.get(f"/people/posts/{post.id}/").content.decode())
    assert len(ids) == len(set(ids))


def test_a_name_is_not_to_be_tried_out(city: City) -> None:
    """Whoever hands over learns the names of those alone whose posts they see."""
    holder, stranger = make_actor(Role.DESK, city.here), make_staff("欧阳陌生")
    make_post(stranger, Role.DESK, city.there)
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=holder.id)
    mine = client_of(holder)
    answer = mine.post(f"/people/posts/{post.id}/delegate/", {"username": stranger.username, "last_day": day(3)})
    assert answer.status_code == 404
    assert "欧阳陌生" not in answer.content.decode()
    for typed in ("欧阳", stranger.username):
        assert "欧阳陌生" not in mine.get("/people/names/", {"q": typed}).content.decode()

"""One press signs in as one of the demo's people, in a demo and nowhere else."""

import pytest
from django.test import Client
from factories.world import World

from linli.demo.logins import LOGINS, PASSWORD, RESIDENT_PHONE
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people import actions
from linli.people.models import Person, Post

HERE = "/demo/sign-in/"


@pytest.fixture
def demo(settings: object) -> None:
    settings.LINLI_DEMO = True  # type: ignore[attr-defined]


@pytest.fixture
def desk(world: World) -> Person:
    with acting_as(SYSTEM):
        person = actions.create_staff(username="desk", name="罗敏", password=PASSWORD, demo=True, by=SYSTEM)
        Post.objects.create(person=person, role=Role.DESK, unit=world.units["51"])
    return person


def test_it_does_not_exist_without_the_demo(client: Client, desk: Person) -> None:
    assert client.post(HERE, {"username": "desk"}).status_code == 404
    assert client.post(HERE, {"username": RESIDENT_PHONE}).status_code == 404
    assert "_auth_user_id" not in client.session
    assert HERE not in client.get("/").content.decode()


@pytest.mark.usefixtures("demo")
def test_staff_come_in_by_both_steps(client: Client, desk: Person) -> None:
    answer = client.post(HERE, {"username": "desk"})
    assert answer.headers["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    with acting_as(SYSTEM):
        last = audit.timeline(desk.id)[-1]
    assert (last.action, last.data["factor"]) == ("signed_in", "totp")
    assert 0 < client.session.get_expiry_age() <= 12 * 3600


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_reader_keeps_their_language_and_not_the_accounts(client: Client, desk: Person, language: str) -> None:
    client.post(HERE, {"username": "desk"}, headers={"accept-language": language})
    assert ('lang="en"' in client.get("/desk/").content.decode().split("<head>")[0]) is (language == "en")


@pytest.mark.usefixtures("demo", "world")
def test_resident_comes_in_by_code(client: Client) -> None:
    assert client.post(HERE, {"username": RESIDENT_PHONE}).headers["Location"] == "/my/"
    assert client.get("/my/").status_code == 200


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", ["desk", RESIDENT_PHONE])
def test_several_visitors_come_in_as_the_same_person_at_once(client: Client, desk: Person, name: str) -> None:
    for _visitor in range(6):
        assert client.post(HERE, {"username": name}).status_code == 302
        client.logout()


@pytest.mark.usefixtures("demo")
def test_nobody_but_the_demo_s_people(client: Client, desk: Person) -> None:
    with acting_as(SYSTEM):
        actions.create_staff(username="real", name="真人", password=PASSWORD, by=SYSTEM)
    for name in ("real", "13900000000", "", "desk'--", "\x00"):
        assert client.post(HERE, {"username": name}).status_code in {404, 422}, name
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("demo", "world")
def test_account_of_that_name_that_is_not_the_demo_s_stays_shut(client: Client) -> None:
    """Somebody whose user name and password happen to be a demo login's, but whose authenticator is their own."""
    with acting_as(SYSTEM):
        actions.create_staff(username="verify", name="真人", password=PASSWORD, by=SYSTEM)
    assert client.post(HERE, {"username": "verify"}).status_code >= 400
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("demo", "world")
def test_first_page_has_a_button_for_each(client: Client) -> None:
    page = client.get("/").content.decode()
    assert all(f'name="username" value="{login["username"]}"' in page for login in LOGINS)


def test_it_is_a_post_with_its_token() -> None:
    assert Client().get(HERE).status_code == 405
    assert Client(enforce_csrf_checks=True).post(HERE, {"username": "desk"}).status_code == 403

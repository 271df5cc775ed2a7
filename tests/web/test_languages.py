"""The language that somebody chooses is their account's as well: what goes to their phone speaks as the pages do."""

import re

import pytest
from django.test import Client

from linli.foundation.access import SYSTEM, acting_as
from linli.people import queries
from linli.people.models import Person

from .conftest import Enter

pytestmark = pytest.mark.django_db
PHONE = "13800001234"


def language_of_account() -> str:
    with acting_as(SYSTEM):
        person = Person.objects.filter(username=None).get()
        (known,) = queries.addressees({person.id})
    return known.language


def sign_in(client: Client) -> None:
    client.post("/sign-in/", {"phone": PHONE})
    found = re.search(r"\b(\d{6})\b", client.get("/sign-in/code/").content.decode())
    assert found
    assert client.post("/sign-in/code/", {"code": found[1]}).status_code == 302


def root(client: Client) -> str:
    found = re.search(r'<html lang="([^"]+)"', client.get("/").content.decode())
    assert found
    return found[1]


@pytest.fixture
def demo(settings: object) -> None:
    settings.LINLI_DEMO = True  # type: ignore[attr-defined]


def test_the_bars_choice_is_kept_with_the_account_of_who_has_signed_in(enter: Enter) -> None:
    reader = enter()
    reader.post("/language/", {"language": "en", "next": "/"})
    assert language_of_account() == "en"
    reader.post("/language/", {"language": "zh-hans", "next": "/"})
    assert language_of_account() == "zh-hans"


@pytest.mark.parametrize("language", ["", "fr", "en' OR 1=1", "zh", "EN"])
def test_an_unknown_language_changes_nothing(enter: Enter, language: str) -> None:
    reader = enter()
    reader.post("/language/", {"language": "en"})
    assert reader.post("/language/", {"language": language}).status_code == 302
    assert language_of_account() == "en"


def test_whoever_only_opens_the_address_is_led_back_and_nothing_is_kept(enter: Enter) -> None:
    reader = enter()
    before = language_of_account()
    assert reader.get("/language/?language=en").headers["Location"] == "/"
    assert language_of_account() == before


@pytest.mark.usefixtures("demo")
def test_what_was_chosen_on_the_way_to_signing_in_is_the_accounts_from_then_on() -> None:
    sign_in(Client())
    other = Client()
    other.post("/language/", {"language": "en", "next": "/sign-in/"})
    sign_in(other)
    assert language_of_account() == root(other) == "en"


@pytest.mark.usefixtures("demo")
def test_what_somebody_else_chose_at_this_browser_before_is_not() -> None:
    shared = Client()
    shared.post("/language/", {"language": "en", "next": "/sign-in/"})
    sign_in(shared)
    with acting_as(SYSTEM):
        Person.objects.update(language="zh-hans")
    shared.post("/sign-out/")
    sign_in(shared)
    assert language_of_account() == "zh-hans"
    assert root(shared) == "zh-Hans"


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("cookie", ["fr", "", '"><script>', "a" * 4000])
def test_a_hostile_cookie_does_not_stop_a_sign_in(cookie: str) -> None:
    client = Client()
    client.cookies["language_chosen"] = cookie
    sign_in(client)
    assert language_of_account() == "zh-hans"

"""The pages as a browser meets them: signing in, my data, and attacks on the session."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people import actions, queries, rules
from linli.people.models import Person
from linli.people.pages.me import kept_table

from .conftest import PASSWORD, City, make_post, make_staff

PHONE = "13800001234"
NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
COOKIE = settings.SESSION_COOKIE_NAME
pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: object) -> None:
    settings.LINLI_DEMO = True  # type: ignore[attr-defined]


def as_resident(client: Client, address: str = "/sign-in/") -> str:
    """Sign in by phone; where the browser is led then."""
    client.post(address, {"phone": PHONE})
    page = client.get("/sign-in/code/").content.decode()
    found = re.search(r"\b(\d{6})\b", page)
    assert found
    return str(client.post("/sign-in/code/", {"code": found[1]}).headers["Location"])


def enrolled() -> tuple[Person, str, list[str]]:
    person = make_staff()
    secret = actions.begin_enrolment(person=person.id, by=SYSTEM)
    code = rules.current_totp(secret, clock.now())
    _person, recovery = actions.confirm_enrolment(person=person.id, code=code, ip="", by=SYSTEM)
    return person, secret, recovery


@pytest.mark.usefixtures("demo")
def test_a_resident_signs_in_and_is_led_back(client: Client) -> None:
    assert as_resident(client, "/sign-in/?next=/me/") == "/me/"
    assert client.get("/me/").status_code == 200


@pytest.mark.usefixtures("demo")
def test_nobody_is_led_to_another_site(client: Client) -> None:
    assert as_resident(client, "/sign-in/?next=https://evil.example/") == "/"


def test_the_code_is_shown_in_a_demo_only(client: Client) -> None:
    client.post("/sign-in/", {"phone": PHONE})
    assert not re.search(r"\b\d{6}\b", client.get("/sign-in/code/").content.decode())


@pytest.mark.usefixtures("demo")
def test_signing_in_takes_a_new_session_key_at_each_step(client: Client) -> None:
    """A key that an attacker has set beforehand (session fixation) leads nowhere afterwards."""
    client.get("/sign-in/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[COOKIE] = planted = session.session_key
    client.post("/sign-in/", {"phone": PHONE})
    between = client.cookies[COOKIE].value
    code = client.session["sign_in"]["shown"]
    client.post("/sign-in/code/", {"code": code})
    after = client.cookies[COOKIE].value
    assert len({planted, between, after}) == 3
    for old in (planted, between):
        attacker = Client()
        attacker.cookies[COOKIE] = old
        assert attacker.get("/me/").status_code == 302


def test_the_phone_does_not_lie_in_clear_in_the_session(client: Client) -> None:
    client.post("/sign-in/", {"phone": PHONE})
    assert PHONE not in str(dict(client.session))


def test_a_second_step_without_the_first_leads_back(client: Client) -> None:
    for address in ("/sign-in/code/", "/sign-in/totp/", "/sign-in/enrol/"):
        assert client.post(address, {"code": "123456"}).status_code == 302


def test_a_first_step_is_forgotten_after_ten_minutes(client: Client) -> None:
    person, _secret, _recovery = enrolled()
    client.post("/sign-in/staff/", {"username": person.username, "password": PASSWORD})
    assert client.get("/sign-in/totp/").status_code == 200
    with clock.at(datetime.now(UTC) + timedelta(minutes=11)):
        assert client.get("/sign-in/totp/").status_code == 302


def test_a_password_alone_opens_nothing(client: Client) -> None:
    person, _secret, _recovery = enrolled()
    client.post("/sign-in/staff/", {"username": person.username, "password": PASSWORD})
    assert client.get("/me/").status_code == 302


def test_a_first_step_with_a_password_that_was_changed_since_opens_nothing(client: Client) -> None:
    """Else whoever stole the old password could enrol an authenticator of their own after the reset."""
    person, _secret, recovery = enrolled()
    client.post("/sign-in/staff/", {"username": person.username, "password": PASSWORD})
    actions.reset_sign_in(person=person.id, password="another long phrase", by=SYSTEM)
    for address in ("/sign-in/enrol/", "/sign-in/totp/"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/staff/")
        assert client.post(address, {"code": recovery[0]}).status_code == 302
    assert client.get("/me/").status_code == 302


def test_staff_without_authenticator_are_led_to_enrolment_first(client: Client) -> None:
    person = make_staff()
    answer = client.post("/sign-in/staff/", {"username": person.username, "password": PASSWORD})
    assert answer.headers["Location"] == "/sign-in/enrol/"
    page = client.get("/sign-in/enrol/").content.decode()
    assert "<svg" in page
    secret = re.search(r"\b([A-Z2-7]{32})\b", page)
    assert secret
    answer = client.post("/sign-in/enrol/", {"code": rules.current_totp(secret[1], clock.now())})
    assert len(re.findall(r"<code>[2-9A-Z]{5}-[2-9A-Z]{5}</code>", answer.content.decode())) == rules.RECOVERY_CODES
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get("/me/").status_code == 200
    assert client.get("/sign-in/enrol/").status_code == 302


def test_staff_sign_in_and_are_led_on(client: Client, city: City) -> None:
    person, _secret, recovery = enrolled()
    make_post(person, Role.DESK, city.here)
    client.post("/sign-in/staff/?next=/me/", {"username": person.username, "password": PASSWORD})
    assert client.post("/sign-in/totp/", {"code": "000000"}).status_code == 422
    answer = client.post("/sign-in/totp/", {"code": recovery[0]})
    assert answer.headers["Location"] == "/me/"
    assert "双桥子街道" in client.get("/me/").content.decode()
    assert client.session.get_expiry_age() <= 12 * 3600


@pytest.mark.usefixtures("demo")
def test_a_demo_shows_the_one_time_password_of_demo_staff_only(client: Client) -> None:
    staff = actions.create_staff(username="demo.desk", name="演示", password=PASSWORD, demo=True, by=SYSTEM)
    client.post("/sign-in/staff/", {"username": "demo.desk", "password": PASSWORD})
    shown = re.search(r"\b(\d{6})\b", client.get("/sign-in/totp/").content.decode())
    assert shown
    assert client.post("/sign-in/totp/", {"code": shown[1]}).status_code == 302
    assert queries.demo_totp(staff.id)
    assert queries.demo_totp(enrolled()[0].id) == ""


def test_a_refusal_stands_in_the_form_with_its_status(client: Client) -> None:
    answer = client.post("/sign-in/", {"phone": "<script>alert(1)</script>"}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert "<script>alert(1)" not in answer.content.decode()
    assert "not a mobile number" in answer.content.decode()


def test_too_many_tries_are_told(client: Client) -> None:
    for _ in range(rules.CODES_PER_PHONE):
        assert client.post("/sign-in/", {"phone": PHONE}).status_code == 302
    assert client.post("/sign-in/", {"phone": PHONE}).status_code == 429


@pytest.mark.usefixtures("demo")
def test_signing_out_everywhere_ends_other_sessions(client: Client) -> None:
    as_resident(client)
    other = Client()
    as_resident(other)
    client.post("/me/sign-out-everywhere/")
    assert client.get("/me/").status_code == 302
    assert other.get("/me/").status_code == 302


@pytest.mark.usefixtures("demo")
def test_signing_out_needs_a_post(client: Client) -> None:
    as_resident(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/me/").status_code == 200
    client.post("/sign-out/")
    assert client.get("/me/").status_code == 302


@pytest.mark.usefixtures("demo")
def test_my_data_tell_what_is_kept_and_why(client: Client) -> None:
    as_resident(client)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get("/me/").content.decode()
    for name, personal in Person.Privacy.personal.items():
        assert (personal.purpose in page) == (name in {"phone", "phone_hash", "language"}), name
    assert "138****1234" in page
    assert PHONE not in page
    answer = client.post("/me/", {"name": "李<b>雷</b>", "language": "en"})
    assert answer.status_code == 302
    assert "<b>雷" not in client.get("/me/").content.decode()
    assert client.get("/me/export/").json()["parts"]["people"]["account"]["name"] == "李<b>雷</b>"


def test_what_is_kept_is_told_in_chinese_whatever_room_keeps_it() -> None:
    staff = Person(username="wang", name="王敏", phone="13800001234", password="x", phone_hash=b"x", totp_secret="x")
    with translation.override("zh-hans"):
        rows = [row for _label, rows in kept_table(staff) for row in rows]
        told = {text for row in rows for text in (row.what, row.purpose, row.basis, row.retention)}
    assert len(rows) > 20
    assert {text for text in told if text.isascii()} == set()


@pytest.mark.usefixtures("demo")
def test_a_language_chosen_in_my_data_holds_at_once(client: Client) -> None:
    as_resident(client)
    assert "我的数据" in client.get("/me/").content.decode()
    client.post("/me/", {"name": "", "language": "en"})
    assert "My data" in client.get("/me/").content.decode()


@pytest.mark.usefixtures("demo")
def test_saving_a_name_leaves_the_pages_in_the_language_that_is_read(client: Client) -> None:
    as_resident(client)
    client.post("/language/", {"language": "en", "next": "/me/"})
    page = client.get("/me/").content.decode()
    chosen = re.search(r'<option value="([^"]+)" selected', page)
    assert chosen
    client.post("/me/", {"name": "Ann", "language": chosen[1]})
    assert "My data" in client.get("/me/").content.decode()


@pytest.mark.usefixtures("demo")
def test_consents_are_given_and_withdrawn_one_by_one(client: Client) -> None:
    as_resident(client)
    client.post("/me/consent/", {"purpose": "health", "give": "1"})
    client.post("/me/consent/", {"purpose": "health", "give": "1"})
    client.post("/me/consent/", {"purpose": "location", "give": "1"})
    client.post("/me/consent/", {"purpose": "health", "give": "0"})
    assert client.post("/me/consent/", {"purpose": "health", "give": "0"}).status_code == 409
    consents = client.get("/me/export/").json()["parts"]["people"]["consents"]
    assert [(one["purpose"], one["withdrawn_at"] is None) for one in consents] == [
        ("health", False),
        ("location", True),
    ]


@pytest.mark.usefixtures("demo")
def test_deleting_erases_the_person_and_asks_first(client: Client) -> None:
    as_resident(client)
    with acting_as(SYSTEM):
        person = Person.objects.get()
    assert client.post("/me/delete/").status_code == 200
    assert client.get("/me/").status_code == 200
    client.post("/me/delete/", {"sure": "on"})
    assert client.get("/me/").status_code == 302
    with acting_as(SYSTEM):
        person.refresh_from_db()
        assert (person.name, person.phone, person.phone_hash, person.active) == ("", "", None, False)
    as_resident(client)
    with acting_as(SYSTEM):
        assert Person.objects.filter(active=True).get().id != person.id

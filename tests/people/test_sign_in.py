"""Signing in, and everything that tries to get in without the right."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from linli.foundation import audit, clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound, TooManyAttempts
from linli.foundation.models import OutboxEvent
from linli.people import actions, events, queries, rules
from linli.people.actions import staff_sign_in
from linli.people.actions.throttle import count_try
from linli.people.errors import (
    AlreadyEnrolled,
    CodeExhausted,
    SignInExpired,
    Taken,
    WeakPassword,
    WrongCode,
    WrongPassword,
    WrongTotp,
)
from linli.people.models import Person, Post, SignInAttempt, SignInCode

from .conftest import PASSWORD, City, make_actor, make_post, make_staff

PHONE = "13800001234"
IP = "203.0.113.7"
NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def demo(settings: object) -> None:
    settings.LINLI_DEMO = True  # type: ignore[attr-defined]


def sent_code(phone: str = PHONE, ip: str = IP) -> str:
    """Ask for a code and read it as the sender of the message does."""
    actions.request_code(phone=phone, ip=ip, by=ANONYMOUS)
    with acting_as(SYSTEM):
        payload = OutboxEvent.objects.filter(name=events.CODE_REQUESTED).latest("position").payload
    number, code = events.opened(payload)
    assert number == rules.normalise_phone(phone)
    return code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def sign_in(phone: str, code: str) -> Person:
    return actions.sign_in_with_code(phone=phone, code=code, by=ANONYMOUS)


# --- residents ---


def test_the_first_sign_in_makes_a_resident_the_second_finds_them() -> None:
    person = sign_in(PHONE, sent_code())
    assert person.username is None
    assert queries.actor_of(person.id).grants == ()
    assert sign_in("+86 138 0000 1234", sent_code()).id == person.id
    with acting_as(SYSTEM):
        assert Person.objects.count() == 1
        assert [entry.action for entry in audit.timeline(person.id)] == ["created", "signed_in", "signed_in"]


def test_outside_a_demo_nobody_is_shown_the_code() -> None:
    assert actions.request_code(phone=PHONE, ip=IP, by=ANONYMOUS).shown == ""


@pytest.mark.usefixtures("demo")
def test_a_demo_shows_the_code() -> None:
    sent = actions.request_code(phone=PHONE, ip=IP, by=ANONYMOUS)
    assert sign_in(PHONE, sent.shown).language == "zh-hans"


def test_neither_code_nor_phone_lies_in_clear_in_the_database() -> None:
    code = sent_code()
    with acting_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT payload::text FROM foundation_outboxevent WHERE name = %s", [events.CODE_REQUESTED])
        payload = cursor.fetchone()[0]
        cursor.execute("SELECT people_signincode::text FROM people_signincode")
        row = cursor.fetchone()[0]
    for secret in (code, PHONE):
        for stored in (payload, row):
            assert secret not in stored
            assert secret.encode().hex() not in stored
        assert base64.b64encode(secret.encode()).decode() not in payload


def test_brute_force_ends_after_five_tries_even_with_the_right_code() -> None:
    code = sent_code()
    for _ in range(rules.CODE_TRIES):
        with pytest.raises(WrongCode):
            sign_in(PHONE, wrong(code))
    with pytest.raises(CodeExhausted):
        sign_in(PHONE, code)


def test_a_code_opens_once_and_only_for_five_minutes() -> None:
    code = sent_code()
    sign_in(PHONE, code)
    with pytest.raises(WrongCode):
        sign_in(PHONE, code)
    late = sent_code()
    with clock.at(NOW + rules.CODE_LIFETIME), pytest.raises(WrongCode):
        sign_in(PHONE, late)


def test_only_the_newest_code_opens() -> None:
    first = sent_code()
    second = sent_code()
    if first != second:
        with pytest.raises(WrongCode):
            sign_in(PHONE, first)
    sign_in(PHONE, second)


def test_a_code_opens_for_its_own_phone_only() -> None:
    code = sent_code()
    with pytest.raises(WrongCode):
        sign_in("13900001234", code)


def test_five_codes_to_a_phone_and_twenty_from_an_address_an_hour() -> None:
    for _ in range(rules.CODES_PER_PHONE):
        sent_code()
    with pytest.raises(TooManyAttempts) as refused:
        sent_code(ip="198.51.100.1")
    assert refused.value.data == {"minutes": 60}
    for number in range(rules.CODES_PER_IP - rules.CODES_PER_PHONE):
        sent_code(phone=f"139{number:08d}")
    with pytest.raises(TooManyAttempts):
        sent_code(phone="13700000000")
    with clock.at(NOW + rules.CODE_WINDOW):
        sent_code()


def test_known_and_unknown_phones_are_answered_alike() -> None:
    sign_in(PHONE, sent_code())
    answers = []
    for phone in (PHONE, "13900000000"):
        sent = actions.request_code(phone=phone, ip=IP, by=ANONYMOUS)
        with pytest.raises(WrongCode) as refused:
            sign_in(phone, "not it")
        answers.append((sent, str(refused.value), refused.value.data))
    assert answers[0] == answers[1]


def test_the_phone_of_a_member_of_staff_opens_no_post(city: City) -> None:
    worker = actions.create_staff(username="worker", name="李四", password=PASSWORD, phone=PHONE, by=SYSTEM)
    make_post(worker, Role.ADMIN, city.here)
    resident = sign_in(PHONE, sent_code())
    assert resident.id != worker.id
    assert queries.actor_of(resident.id).grants == ()


def test_codes_and_tries_are_deleted_after_a_day() -> None:
    sent_code()
    assert actions.purge_sign_in_records(by=SYSTEM) == 0
    with clock.at(NOW + timedelta(days=1, seconds=1)):
        assert actions.purge_sign_in_records(by=SYSTEM) == 1
    with acting_as(SYSTEM):
        assert not SignInCode.objects.exists()


# --- staff ---


def password_step(person: Person, password: str = PASSWORD, ip: str = IP) -> Person:
    return actions.check_password(username=person.username or "", password=password, ip=ip, by=ANONYMOUS)


def enrol(person: Person) -> tuple[str, list[str]]:
    secret = actions.begin_enrolment(person=person.id, by=ANONYMOUS)
    code = rules.current_totp(secret, clock.now())
    _person, recovery = actions.confirm_enrolment(person=person.id, code=code, ip=IP, by=ANONYMOUS)
    return secret, recovery


def second_step(person: Person, code: str) -> Person:
    return actions.check_second_factor(person=person.id, code=code, ip=IP, by=ANONYMOUS)


def test_staff_sign_in_by_password_and_authenticator() -> None:
    person = make_staff()
    assert password_step(person).id == person.id
    secret, recovery = enrol(person)
    assert len(recovery) == rules.RECOVERY_CODES
    with clock.at(NOW + timedelta(minutes=1)):
        assert second_step(person, rules.current_totp(secret, clock.now())).id == person.id
    with acting_as(SYSTEM):
        assert [entry.action for entry in audit.timeline(person.id)] == ["created", "totp_enrolled", "signed_in"]


def test_the_secret_stays_until_confirmed_and_is_never_shown_again() -> None:
    person = make_staff()
    secret = actions.begin_enrolment(person=person.id, by=ANONYMOUS)
    assert actions.begin_enrolment(person=person.id, by=ANONYMOUS) == secret
    enrol(person)
    with pytest.raises(AlreadyEnrolled):
        actions.begin_enrolment(person=person.id, by=ANONYMOUS)


def test_without_an_authenticator_there_is_no_second_step() -> None:
    with pytest.raises(SignInExpired):
        second_step(make_staff(), "000000")


def test_a_one_time_password_is_refused_the_second_time() -> None:
    person = make_staff()
    secret, _recovery = enrol(person)
    with pytest.raises(WrongTotp):
        second_step(person, rules.current_totp(secret, NOW))
    with clock.at(NOW + timedelta(minutes=1)):
        code = rules.current_totp(secret, clock.now())
        second_step(person, code)
        with pytest.raises(WrongTotp):
            second_step(person, code)


def test_a_recovery_code_opens_once() -> None:
    person = make_staff()
    _secret, recovery = enrol(person)
    second_step(person, recovery[0].lower())
    with pytest.raises(WrongTotp):
        second_step(person, recovery[0])
    second_step(person, recovery[1])


def test_an_account_locks_after_five_failures_and_opens_by_itself() -> None:
    person = make_staff()
    for _ in range(rules.FAILURES_PER_ACCOUNT):
        with pytest.raises(WrongPassword):
            password_step(person, "wrong")
    with pytest.raises(TooManyAttempts) as refused:
        password_step(person)
    assert refused.value.data == {"minutes": 15}
    with clock.at(NOW + rules.LOCK_WINDOW):
        password_step(person)


def test_whoever_knows_a_name_does_not_lock_its_owner_out() -> None:
    person = make_staff()
    for _ in range(rules.FAILURES_PER_ACCOUNT):
        with pytest.raises(WrongPassword):
            password_step(person, "wrong", ip="198.51.100.9")
    password_step(person)
    for number in range(rules.FAILURES_PER_ACCOUNT_FROM_ALL):
        with acting_as(SYSTEM):
            try:
                count_try(person.username or "", f"198.51.100.{number + 10}")
            except TooManyAttempts:
                break
    else:
        pytest.fail("an account may be tried from everywhere without end")


def test_an_address_locks_whatever_names_it_tries() -> None:
    with acting_as(SYSTEM):
        for number in range(rules.FAILURES_PER_IP):
            count_try(f"nobody{number}", IP)
    with pytest.raises(TooManyAttempts):
        password_step(make_staff())


def test_a_known_password_gives_no_endless_tries_at_the_second_step() -> None:
    person = make_staff()
    enrol(person)
    for _ in range(rules.FAILURES_PER_ACCOUNT):
        password_step(person)
        with pytest.raises(WrongTotp):
            second_step(person, "000000")
    with pytest.raises(TooManyAttempts):
        second_step(person, "000000")
    with pytest.raises(TooManyAttempts):
        password_step(person)


def test_unknown_names_are_answered_and_locked_like_known_ones() -> None:
    person = make_staff()
    answers = []
    for name in (person.username or "", "nobody.here"):
        said = []
        for _ in range(rules.FAILURES_PER_ACCOUNT + 1):
            with pytest.raises((WrongPassword, TooManyAttempts)) as refused:
                actions.check_password(username=name, password="wrong", ip=IP, by=ANONYMOUS)
            said.append(str(refused.value))
        answers.append(said)
    assert answers[0] == answers[1]


def test_a_complete_sign_in_clears_the_count() -> None:
    person = make_staff()
    _secret, recovery = enrol(person)
    with pytest.raises(WrongPassword):
        password_step(person, "wrong")
    second_step(person, recovery[0])
    with acting_as(SYSTEM):
        assert not SignInAttempt.objects.exists()


def test_passwords_are_checked_and_kept_as_scrypt() -> None:
    with pytest.raises(WeakPassword):
        actions.create_staff(username="weak", name="x", password="password", by=SYSTEM)
    assert make_staff().password.startswith("scrypt$")


def test_user_names_are_used_once() -> None:
    actions.create_staff(username="wang", name="x", password=PASSWORD, by=SYSTEM)
    with pytest.raises(Taken):
        actions.create_staff(username="WANG", name="x", password=PASSWORD, by=SYSTEM)


def test_changing_the_password_needs_the_old_one_and_ends_sessions(city: City) -> None:
    actor = make_actor(Role.DESK, city.here)
    with acting_as(actor):
        before = queries.person_of(actor).get_session_auth_hash()
    with pytest.raises(WrongPassword):
        actions.change_password(old="wrong", new="another long phrase", ip=IP, by=actor)
    person = actions.change_password(old=PASSWORD, new="another long phrase", ip=IP, by=actor)
    assert person.get_session_auth_hash() != before
    password_step(person, "another long phrase")


def test_an_administrator_resets_nobody_above_them(city: City) -> None:
    admin = make_actor(Role.ADMIN, city.here)
    colleague = make_staff()
    make_post(colleague, Role.DESK, city.here)
    assert actions.reset_sign_in(person=colleague.id, password="another long phrase", by=admin).totp_enrolled_at is None
    make_post(colleague, Role.ADMIN, city.district)
    with pytest.raises(NotAllowed):
        actions.reset_sign_in(person=colleague.id, password="another long phrase", by=admin)
    elsewhere = make_staff()
    make_post(elsewhere, Role.DESK, city.there)
    with pytest.raises(NotFound):
        actions.reset_sign_in(person=elsewhere.id, password="another long phrase", by=admin)


def test_an_administrator_resets_nobody_who_stands_in_above_them(city: City) -> None:
    admin, holder = make_actor(Role.ADMIN, city.here), make_actor(Role.ADMIN, city.district)
    stand_in = make_actor(Role.DESK, city.here)
    assert stand_in.id is not None
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=holder.id)
    actions.delegate(post=post.id, to_person=stand_in.id, valid_to=clock.now() + timedelta(days=1), by=holder)
    with pytest.raises(NotAllowed):
        actions.reset_sign_in(person=stand_in.id, password="another long phrase", by=admin)


def test_a_reset_in_the_middle_of_the_second_step_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account has no authenticator then, and no key to calculate with."""
    person = make_staff()
    enrol(person)

    def reset_meanwhile(account: str, ip: str) -> SignInAttempt:
        actions.reset_sign_in(person=person.id, password="another long phrase", by=SYSTEM)
        return count_try(account, ip)

    monkeypatch.setattr(staff_sign_in, "count_try", reset_meanwhile)
    with pytest.raises(SignInExpired):
        second_step(person, "000000")


def test_a_weak_new_password_locks_nobody_out(city: City) -> None:
    actor = make_actor(Role.DESK, city.here)
    for _try in range(rules.FAILURES_PER_ACCOUNT + 1):
        with pytest.raises(WeakPassword):
            actions.change_password(old=PASSWORD, new="short", ip=IP, by=actor)
    actions.change_password(old=PASSWORD, new="another long phrase", ip=IP, by=actor)

"""Many at once: attackers get no more tries than one after the other, and nobody becomes two accounts."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, acting_as
from linli.foundation.errors import DomainError
from linli.foundation.models import OutboxEvent
from linli.people import actions, events, rules
from linli.people.models import Person

PHONE = "13800001234"
AT_ONCE = 12

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fresh_database")]


def at_once(work: Callable[[int], object]) -> Counter[str]:
    """Run `work` in many threads; how often each answer came."""

    def answer(number: int) -> str:
        try:
            work(number)
            return "done"
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(answer, range(AT_ONCE)))


def newest_code() -> str:
    with acting_as(SYSTEM):
        return events.opened(OutboxEvent.objects.filter(name=events.CODE_REQUESTED).latest("position").payload)[1]


def test_a_code_is_tried_five_times_in_all() -> None:
    actions.request_code(phone=PHONE, ip="203.0.113.7", by=ANONYMOUS)
    wrong = f"{(int(newest_code()) + 1) % 1_000_000:06d}"
    answers = at_once(lambda _number: actions.sign_in_with_code(phone=PHONE, code=wrong, by=ANONYMOUS))
    assert answers == {"wrong_code": rules.CODE_TRIES, "code_exhausted": AT_ONCE - rules.CODE_TRIES}


def test_a_right_code_opens_once_and_makes_one_resident() -> None:
    actions.request_code(phone=PHONE, ip="203.0.113.7", by=ANONYMOUS)
    code = newest_code()
    answers = at_once(lambda _number: actions.sign_in_with_code(phone=PHONE, code=code, by=ANONYMOUS))
    assert answers == {"done": 1, "wrong_code": AT_ONCE - 1}
    with acting_as(SYSTEM):
        assert Person.objects.count() == 1


def test_codes_are_sent_five_times_in_all() -> None:
    answers = at_once(lambda number: actions.request_code(phone=PHONE, ip=f"198.51.100.{number}", by=ANONYMOUS))
    assert answers == {"done": rules.CODES_PER_PHONE, "too_many_attempts": AT_ONCE - rules.CODES_PER_PHONE}


def test_a_password_is_tried_five_times_from_an_address() -> None:
    actions.create_staff(username="wang", name="王", password="a long enough phrase", by=SYSTEM)
    answers = at_once(
        lambda _number: actions.check_password(username="wang", password="x", ip="198.51.100.7", by=ANONYMOUS)
    )
    assert answers == {
        "wrong_password": rules.FAILURES_PER_ACCOUNT,
        "too_many_attempts": AT_ONCE - rules.FAILURES_PER_ACCOUNT,
    }


def test_a_one_time_password_opens_once() -> None:
    person = actions.create_staff(username="wang", name="王", password="a long enough phrase", demo=True, by=SYSTEM)
    code = rules.current_totp(person.totp_secret, clock.now())
    answers = at_once(
        lambda number: actions.check_second_factor(person=person.id, code=code, ip=f"198.51.100.{number}", by=ANONYMOUS)
    )
    assert answers["done"] == 1
    assert answers["done"] + answers["wrong_totp"] + answers["too_many_attempts"] == AT_ONCE

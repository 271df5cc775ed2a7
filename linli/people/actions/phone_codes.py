"""Residents sign in by a code sent to their phone."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.ids import uuid7
from linli.people import events, queries, rules
from linli.people.actions.throttle import one_at_a_time, refuse_above
from linli.people.errors import CodeExhausted, WrongCode
from linli.people.models import Language, Person, SignInCode
from linli.people.state import record


@dataclass(frozen=True, slots=True)
class CodeSent:
    """`shown` holds the code in a demo, and is empty everywhere else."""

    expires_at: datetime
    shown: str = ""


def request_code(*, phone: str, ip: str, by: Actor, language: str = Language.CHINESE, limited: bool = True) -> CodeSent:
    """Send a code to a phone. The answer is the same whether or not the phone has an account.

    Raises `InvalidPhone`, and `TooManyAttempts` after five codes to a phone or twenty from an address within an hour, unless it is not
    `limited`, for the visitors of a demo, who share its resident.
    """
    number = rules.normalise_phone(phone)
    phone_hash, ip_hash = rules.phone_hash(number), rules.ip_hash(ip)
    now, code = clock.now(), rules.new_code()
    with acting_as(SYSTEM), transaction.atomic():
        one_at_a_time(phone_hash, ip_hash)
        codes = SignInCode.objects.filter(created_at__gt=now - rules.CODE_WINDOW)
        for sent, limit in (
            (codes.filter(phone_hash=phone_hash), rules.CODES_PER_PHONE),
            (codes.filter(ip_hash=ip_hash), rules.CODES_PER_IP),
        ):
            if limited:
                refuse_above(sent.values_list("created_at", flat=True), limit, rules.CODE_WINDOW, now)
        # Only the newest code opens; else each further code would add to an attacker's chances.
        SignInCode.objects.filter(phone_hash=phone_hash, expires_at__gt=now).update(expires_at=now)
        row_id = uuid7()
        row = SignInCode(
            id=row_id,
            phone_hash=phone_hash,
            ip_hash=ip_hash,
            code_hash=rules.code_hash(code, str(row_id)),
            created_at=now,
            expires_at=now + rules.CODE_LIFETIME,
        )
        row.save(force_insert=True)
        events.code_requested(number, code, language, row.expires_at)
    return CodeSent(row.expires_at, code if settings.LINLI_DEMO else "")


def sign_in_with_code(*, phone: str, code: str, by: Actor, language: str = Language.CHINESE) -> Person:
    """The resident whose phone and code these are; on the first sign-in, a new one.

    Raises `WrongCode` for a code that is wrong, expired, used or was never sent, and `CodeExhausted` after five tries.
    """
    number = rules.normalise_phone(phone)
    phone_hash = rules.phone_hash(number)
    # Durable: the try is committed before it is answered, and no refusal undoes its count.
    with acting_as(SYSTEM), transaction.atomic(durable=True):
        person = _try_code(number, phone_hash, code, language)
    if person is None:
        raise WrongCode(field="code")
    return person


def _try_code(number: str, phone_hash: bytes, code: str, language: str) -> Person | None:
    now = clock.now()
    row = (
        SignInCode.objects.select_for_update()
        .filter(phone_hash=phone_hash, expires_at__gt=now, consumed_at=None)
        .order_by("-created_at")
        .first()
    )
    if row is None:
        return None
    if row.attempts >= rules.CODE_TRIES:
        raise CodeExhausted(field="code")
    row.attempts += 1
    right = rules.same(row.code_hash, rules.code_hash(code, str(row.id)))
    row.consumed_at = now if right else None
    row.save(update_fields=["attempts", "consumed_at"])
    return _resident(number, phone_hash, language) if right else None


def _resident(number: str, phone_hash: bytes, language: str) -> Person | None:
    """The account of this phone, made where there is none; None where it was closed."""
    person = Person.objects.select_for_update().filter(phone_hash=phone_hash, username=None).first()
    if person is None:
        known = language if language in set(Language) else Language.CHINESE
        person = Person(phone=number, phone_hash=phone_hash, language=known)
        person.set_unusable_password()
        person.save(force_insert=True)
        record(person, "created", by=queries.actor_of_person(person))
    if not person.active:
        return None
    record(person, "signed_in", by=queries.actor_of_person(person))
    return person

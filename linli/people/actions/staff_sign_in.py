"""Staff sign in by password and then by a one-time password of their authenticator, or a recovery code."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password as password_matches
from django.contrib.auth.hashers import make_password
from django.db import transaction

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput
from linli.people import queries, rules
from linli.people.actions.throttle import count_try, forgive
from linli.people.errors import AlreadyEnrolled, SignInExpired, WrongPassword, WrongTotp
from linli.people.models import Person, RecoveryCode, SignInAttempt, SignInCode
from linli.people.state import record

RETENTION = timedelta(days=1)


def check_password(*, username: str, password: str, ip: str, by: Actor) -> Person:
    """The first step. It signs nobody in: `check_second_factor` or, for a new account, `confirm_enrolment` follows.

    Raises `WrongPassword` alike for a wrong password, an unknown name and a closed account; `TooManyAttempts` when the
    account or the address is locked.
    """
    name = rules.clean_text(username, "username", 64).lower()
    if len(password) > 1000:
        raise InvalidInput(field="password")
    with acting_as(SYSTEM):
        attempt = count_try(name, ip)
        person = Person.objects.filter(username=name, active=True).first()
        # The passwords of demo accounts are public: they open nothing where the demo is not meant.
        if person is None or (person.demo and not settings.LINLI_DEMO):
            # As much work as for a known name, so that the time tells nothing.
            make_password(password)
            raise WrongPassword
        if not password_matches(password, person.password):
            raise WrongPassword
        # Only this try is forgiven. Wrong one-time passwords stay counted, else a known password gave endless tries.
        attempt.delete()
    return person


def check_second_factor(*, person: UUID, code: str, ip: str, by: Actor) -> Person:
    """The second step: a one-time password, used once, or one of the recovery codes, used once.

    Raises `WrongTotp`, `TooManyAttempts`, `SignInExpired`.
    """
    with acting_as(SYSTEM):
        name = _enrolled(person).username or ""
        count_try(name, ip)
        with transaction.atomic():
            # Once more, under the lock: an account that was reset since has no authenticator.
            account = _enrolled(person, lock=True)
            step = rules.matching_step(account.totp_secret, code, clock.now(), _last_used(account))
            if step is None and not _use_recovery_code(account, code):
                raise WrongTotp(field="code")
            if step is not None:
                account.totp_last_step = step
                account.save(update_fields=["totp_last_step"])
            forgive(name)
            data = {"factor": "totp" if step is not None else "recovery_code"}
            record(account, "signed_in", by=queries.actor_of(person), data=data)
    return account


def begin_enrolment(*, person: UUID, by: Actor) -> str:
    """The secret to enrol, the same until it is confirmed. Raises `AlreadyEnrolled`, `SignInExpired`."""
    with acting_as(SYSTEM), transaction.atomic():
        account = Person.objects.select_for_update().filter(pk=person, active=True, username__isnull=False).first()
        if account is None:
            raise SignInExpired
        if account.totp_enrolled_at is not None:
            raise AlreadyEnrolled
        if not account.totp_secret:
            account.totp_secret = rules.new_totp_secret()
            account.save(update_fields=["totp_secret"])
        return account.totp_secret


def confirm_enrolment(*, person: UUID, code: str, ip: str, by: Actor) -> tuple[Person, list[str]]:
    """The authenticator shows the right code: it counts from now on. Returns the recovery codes, to be shown once.

    Raises `WrongTotp`, `AlreadyEnrolled`, `SignInExpired`, `TooManyAttempts`.
    """
    secret = begin_enrolment(person=person, by=by)
    with acting_as(SYSTEM):
        name = Person.objects.values_list("username", flat=True).get(pk=person) or ""
        count_try(name, ip)
        with transaction.atomic():
            account = Person.objects.select_for_update().get(pk=person)
            if account.totp_enrolled_at is not None:
                raise AlreadyEnrolled
            step = rules.matching_step(secret, code, clock.now(), account.totp_last_step)
            if step is None:
                raise WrongTotp(field="code")
            account.totp_last_step, account.totp_enrolled_at = step, clock.now()
            account.save(update_fields=["totp_last_step", "totp_enrolled_at"])
            codes = _new_recovery_codes(account)
            forgive(name)
            record(account, "totp_enrolled", by=queries.actor_of(person))
    return account, codes


def purge_sign_in_records(*, by: Actor) -> int:
    """Delete codes and tries older than a day, as their declared retention says. Returns how many."""
    before = clock.now() - RETENTION
    with acting_as(by):
        codes, _of = SignInCode.objects.filter(created_at__lt=before).delete()
        tries, _of = SignInAttempt.objects.filter(at__lt=before).delete()
    return codes + tries


def _enrolled(person: UUID, *, lock: bool = False) -> Person:
    people = Person.objects.select_for_update() if lock else Person.objects
    account = people.filter(pk=person, active=True, totp_enrolled_at__isnull=False).first()
    if account is None:
        raise SignInExpired
    return account


def _last_used(account: Person) -> int:
    # What every visitor of a demo may enter, several of them do within the same half minute.
    return 0 if account.demo and settings.LINLI_DEMO else account.totp_last_step


def _use_recovery_code(account: Person, code: str) -> bool:
    unused = account.recovery_codes.filter(code_hash=rules.recovery_hash(code, account.id), used_at=None)
    return unused.update(used_at=clock.now()) == 1


def _new_recovery_codes(account: Person) -> list[str]:
    account.recovery_codes.all().delete()
    codes = rules.new_recovery_codes()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(person=account, code_hash=rules.recovery_hash(code, account.id)) for code in codes
    )
    return codes

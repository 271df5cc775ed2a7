"""Counting tries in the database, so that every process counts together."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from linli.foundation import clock
from linli.foundation.errors import TooManyAttempts
from linli.foundation.privacy import keyed_hash
from linli.people import rules
from linli.people.models import SignInAttempt


def one_at_a_time(*keys: bytes) -> None:
    """Until the transaction ends nobody else counts for these phones, accounts or addresses."""
    # In one order everywhere, or two could wait for each other.
    numbers = sorted(int.from_bytes(key[:8], signed=True) for key in keys)
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def refuse_above(moments: Iterable[datetime], limit: int, window: timedelta, now: datetime) -> None:
    """Raises `TooManyAttempts` with the minutes to wait where `limit` moments lie within the window."""
    minutes = rules.minutes_until(moments, limit, window, now)
    if minutes:
        raise TooManyAttempts(minutes=minutes)


def count_try(account: str, ip: str) -> SignInAttempt:
    """Count a try at a staff account before it is judged: tries that run at the same time are then all counted.

    Raises `TooManyAttempts` when the account is locked for this address, or the address, or the account for all. Known and
    unknown accounts lock alike. Whoever knows a colleague's name thus locks it for themselves long before they lock the colleague.
    """
    now = clock.now()
    account_hash, ip_hash = keyed_hash(account, "people.account"), rules.ip_hash(ip)
    # Durable: a refusal that follows must not undo the count.
    with transaction.atomic(durable=True):
        one_at_a_time(account_hash, ip_hash)
        tries = SignInAttempt.objects.filter(at__gt=now - rules.LOCK_WINDOW)
        for made, limit in (
            (tries.filter(account_hash=account_hash, ip_hash=ip_hash), rules.FAILURES_PER_ACCOUNT),
            (tries.filter(account_hash=account_hash), rules.FAILURES_PER_ACCOUNT_FROM_ALL),
            (tries.filter(ip_hash=ip_hash), rules.FAILURES_PER_IP),
        ):
            refuse_above(made.values_list("at", flat=True), limit, rules.LOCK_WINDOW, now)
        return SignInAttempt.objects.create(account_hash=account_hash, ip_hash=ip_hash, at=now)


def forgive(account: str) -> None:
    """A complete sign-in clears the account's tries."""
    SignInAttempt.objects.filter(account_hash=keyed_hash(account, "people.account")).delete()

"""`intake.rate`, `intake.p99`, `intake.round_trips`: reports over HTTP, each committed durably before it is answered.

Eight clients hand in reports by POST /api/v1/cases, each on its own connection and session: half residents, half clerks at the
hotline. Every report has words of its own, a place in the territory and an Idempotency-Key.
"""

import itertools
import json
import random

from django.db import connection

from bench import _served

CLIENTS = 8
WARM_UP, SECONDS = 4.0, 20.0
ROUTE = "api/v1/cases"


def run(progress, seconds: float = SECONDS):
    """Yields three figures: {name, value, unit, on}."""
    from linli.foundation.access import acting_as, system

    _served.prepare(progress)
    with acting_as(system("bench")):
        clients = _clients()
        with _served.serving(progress) as port:
            _served.ask(port, clients, WARM_UP, 201)
            before, stored = _trips(port), _stored()
            with progress.step(f"{CLIENTS} clients report for {seconds:.0f} s"):
                answers = _served.ask(port, clients, seconds, 201)
            trips = _per_report(before, _trips(port), len(answers.seconds))
            kept = _stored() - stored
        _require_durable(kept, len(answers.seconds))
    on = f"{_served.cores()}; {CLIENTS} clients, {len(answers.seconds):,} reports in {seconds:.0f} s, all stored"
    yield {"name": "intake.rate", "value": round(len(answers.seconds) / seconds, 1), "unit": "reports/s", "on": on}
    p99 = _served.quantile(answers.seconds, 0.99) * 1000
    yield {"name": "intake.p99", "value": round(p99, 1), "unit": "ms", "on": on}
    counted = "statements and settings of scope; the larger of the app's and PostgreSQL's own count"
    yield {"name": "intake.round_trips", "value": round(trips, 2), "unit": "per report", "on": f"{on}; {counted}"}


def _clients() -> list:
    from linli.demo.load import SUBDISTRICT
    from linli.demo.people import phones
    from linli.demo.stories import homes
    from linli.people.models import Person
    from linli.people.rules import phone_hash
    from linli.territory import queries as territory

    subdistrict = territory.find_by_code(SUBDISTRICT)
    places = homes(subdistrict.id, random.Random(1))
    residents = list(Person.objects.filter(phone_hash__in=[phone_hash(phone) for phone in phones()], username=None))
    clerk = Person.objects.get(username="clerk")
    return [
        _client(residents[number], "app", places, number) if number % 2 else _client(clerk, "hotline", places, number)
        for number in range(CLIENTS)
    ]


def _client(person, channel: str, places: list, seed: int):
    """A function that makes one request after the other."""
    from linli.demo.stories import stories, told

    rng = random.Random(seed)
    known = stories()
    head = (
        "POST /api/v1/cases HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Cookie: {_served.cookie_of(person)}\r\nX-CSRFToken: {_served.CSRF}\r\n"
    )
    numbers = itertools.count()

    def make() -> bytes:
        story, home, number = rng.choice(known), rng.choice(places), next(numbers)
        report = {
            "description": f"{told(rng.choice(story.zh), home, rng)} ({seed}-{number})",
            "class_code": story.class_code,
            "channel": channel,
            "lon": home.lon,
            "lat": home.lat,
            "address": home.address,
        }
        if channel == "hotline":
            report |= {"contact_name": "李先生", "contact_phone": f"139{rng.randrange(10**8):08}"}
        body = json.dumps(report, ensure_ascii=False).encode()
        return f"{head}Idempotency-Key: bench-{seed}-{number}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    return make


def _stored() -> int:
    from linli.cases.models import Case

    return Case.objects.count()


def _trips(port: int) -> tuple[float, float, int]:
    """Round trips and requests of the route by the app's own count; transactions by PostgreSQL's, whoever asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        transactions = cursor.fetchone()[0]
    return (
        _served.metric(port, "linli_database_round_trips_total", ROUTE),
        _served.metric(port, "linli_requests_total", ROUTE),
        transactions,
    )


def _per_report(before, after, reports: int) -> float:
    """PostgreSQL counts transactions: each is one statement, and so one round trip, as no BEGIN is sent."""
    by_app = (after[0] - before[0]) / (after[1] - before[1])
    by_server = (after[2] - before[2]) / reports
    return max(by_app, by_server)


def _require_durable(stored: int, answered: int) -> None:
    if stored < answered:
        raise RuntimeError(f"{answered} reports were accepted but {stored} are stored")
    with connection.cursor() as cursor:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute("SELECT current_setting(%s)", [setting])
            if cursor.fetchone()[0] != "on":
                raise RuntimeError(f"{setting} is off: what is measured would not be durable")

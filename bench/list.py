"""`list.p50`, `list.statements`: the case desk's first page of 50 by GET /api/v1/cases, with 1,000,000 cases stored.

Three members of staff ask, each under their own row security: at a subdistrict's desk, a district's and the city's. Each asks
without a filter and with each of several. What the same desk costs as an HTML page is said in the progress.
"""

import random
from urllib.parse import urlencode

from bench import _million, _served

SECONDS = 12.0
DESKS = (("desk.subdistrict", "510108004"), ("desk.district", "510108"), ("desk.city", "5101"))
ROUTE = "api/v1/cases"
PAGE = "desk/"


def run(progress, cases: int = _million.CASES):
    """Yields two figures: {name, value, unit, on}."""
    from linli.demo import load, people
    from linli.duties.actions.packs import load_pack as load_duties
    from linli.foundation.access import acting_as
    from linli.territory.actions import load_pack as load_territory

    with acting_as(people.BY):
        with progress.step("Preparing territory, duties and people"):
            load_territory(name="chengdu", by=people.BY)
            load_duties(load.DUTIES, by=people.BY)
            cookies = [_appointed(username, unit) for username, unit in DESKS]
        _million.store(progress, cases)
        addresses = _addresses()
        with _served.serving(progress, workers=1) as port:
            _by_address(port, cookies, addresses, progress)
            before = _trips(port)
            with progress.step(f"Asking for {SECONDS:.0f} s"):
                answers = _served.ask(port, [_client(cookies, addresses)], SECONDS, 200)
            after = _trips(port)
        statements = (after[0] - before[0]) / (after[1] - before[1])
    on = f"{_served.cores()}; {cases:,} cases, {len(answers.seconds):,} pages of 50 by one client, {len(addresses)} filters, 3 desks"
    yield {"name": "list.p50", "value": round(_served.quantile(answers.seconds, 0.5) * 1000, 1), "unit": "ms", "on": on}
    counted = "statements and settings of scope, by the app's count; no transaction is opened"
    yield {"name": "list.statements", "value": round(statements, 2), "unit": "per page", "on": f"{on}; {counted}"}


def _appointed(username: str, unit_code: str) -> str:
    """Somebody at the desk of a unit; gives the cookies of their session."""
    from linli.demo.people import BY
    from linli.foundation.access import Role
    from linli.people import actions
    from linli.territory import queries as territory

    person = actions.create_staff(username=username, name=username, password="a long passphrase of a bench", by=BY)
    unit = territory.find_by_code(unit_code)
    actions.appoint(person=person.id, role=Role.DESK, unit=unit.id, by=BY)
    return _served.cookie_of(person)


def _addresses() -> list[str]:
    """The filters, alone and together; one of them is a search in the texts."""
    queries = [
        {},
        {"open": "true"},
        {"state": "closed"},
        {"overdue": "true"},
        {"class_code": "E0122"},
        {"open": "true", "class_code": "E0407"},
        {"channel": "hotline", "open": "true"},
        {"text": "路灯"},
    ]
    return [f"/{ROUTE}?{urlencode(query)}" for query in queries]


def _client(cookies: list[str], addresses: list[str]):
    rng = random.Random(1)

    def make() -> bytes:
        return _request(rng.choice(cookies), rng.choice(addresses))

    return make


def _request(cookie: str, address: str) -> bytes:
    return f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


def _by_address(port: int, cookies: list[str], addresses: list[str], progress) -> None:
    """Each page some times, which also warms it; said one by one, so that a slow one is seen."""
    for (username, _unit), cookie in zip(DESKS, cookies, strict=True):
        for address in [*addresses, f"/{PAGE}"]:
            answers = _served.ask(port, [lambda cookie=cookie, address=address: _request(cookie, address)], 0.3, 200)
            progress.say(f"  {username} {address}: {_served.quantile(answers.seconds, 0.5) * 1000:.1f} ms")


def _trips(port: int) -> tuple[float, float]:
    return (
        _served.metric(port, "linli_database_round_trips_total", ROUTE),
        _served.metric(port, "linli_requests_total", ROUTE),
    )

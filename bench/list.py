"""`list.p50` and `list.statements`, as HTML `list.page_p50` and `list.page_statements`: the case desk with 1,000,000 cases stored.

Three members of staff ask for its first page of 50, each under their own row security: at a subdistrict's desk, a district's and
the city's. Each asks without a filter and with each of several: as data (GET /api/v1/cases), and as the page in HTML with its form,
figures and frame.
"""

import random
from dataclasses import dataclass
from urllib.parse import urlencode

from bench import _city, _million, _served

SECONDS = 12.0
ROUTE = "api/v1/cases"
PAGE = "desk/"
# The same filters, as each of the two names them.
FILTERS = (
    {},
    {"state": "open"},
    {"state": "closed"},
    {"state": "overdue"},
    {"class_code": "E0122"},
    {"state": "open", "class_code": "E0407"},
    {"state": "open", "text": "路灯"},
    {"text": "路灯"},
)


def run(progress, cases: int = _million.CASES):
    """Yields four figures: {name, value, unit, on}."""
    from linli.foundation.access import Role

    _city.prepare(progress, cases)
    cookies = {level: _city.employed(Role.DESK, _city.unit_at(level).id) for level in _city.UNITS}
    with _served.serving(progress, workers=1) as port:
        data = _measure(port, ROUTE, cookies, _of_api(), progress)
        page = _measure(port, PAGE, cookies, _of_page(), progress)
    on = f"{_served.cores()}; {cases:,} cases, one client, {len(FILTERS)} filters, {len(cookies)} desks"
    yield {"name": "list.p50", "value": data.p50, "unit": "ms", "on": f"{on}; {data.answers:,} pages of 50 as data"}
    yield {
        "name": "list.page_p50",
        "value": page.p50,
        "unit": "ms",
        "on": f"{on}; {page.answers:,} pages of 50 as HTML",
    }
    counted = "statements and settings of scope, by the app's count; no transaction is opened"
    for name, measured in (("list.statements", data), ("list.page_statements", page)):
        yield {"name": name, "value": round(measured.statements, 2), "unit": "per page", "on": f"{on}; {counted}"}


@dataclass(frozen=True)
class Measured:
    p50: float  # milliseconds
    statements: float  # per answer
    answers: int


def _measure(port: int, route: str, cookies: dict[str, str], addresses: list[str], progress) -> Measured:
    _by_address(port, cookies, addresses, progress)
    before = _trips(port, route)
    with progress.step(f"Asking /{route} for {SECONDS:.0f} s"):
        answers = _served.ask(port, [_client(list(cookies.values()), addresses)], SECONDS, 200)
    after = _trips(port, route)
    statements = (after[0] - before[0]) / (after[1] - before[1])
    return Measured(round(_served.quantile(answers.seconds, 0.5) * 1000, 1), statements, len(answers.seconds))


def _of_api() -> list[str]:
    return [f"/{ROUTE}?{urlencode(_as_api(filters))}" for filters in FILTERS]


def _as_api(filters: dict[str, str]) -> dict[str, str]:
    """The API has `open` and `overdue` beside the states."""
    rest = {name: value for name, value in filters.items() if name != "state"}
    state = filters.get("state")
    return {**rest, state: "true"} if state in {"open", "overdue"} else filters


def _of_page() -> list[str]:
    return [f"/{PAGE}?{urlencode(filters or {'state': ''})}" for filters in FILTERS]


def _client(cookies: list[str], addresses: list[str]):
    rng = random.Random(1)

    def make() -> bytes:
        return _request(rng.choice(cookies), rng.choice(addresses))

    return make


def _request(cookie: str, address: str) -> bytes:
    return f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nCookie: {cookie}\r\n\r\n".encode()


def _by_address(port: int, cookies: dict[str, str], addresses: list[str], progress) -> None:
    """Each page some times, which also warms it; said one by one, so that a slow one is seen."""
    for level, cookie in cookies.items():
        for address in addresses:
            answers = _served.ask(port, [lambda cookie=cookie, address=address: _request(cookie, address)], 0.3, 200)
            progress.say(f"  {level} {address}: {_served.quantile(answers.seconds, 0.5) * 1000:.1f} ms")


def _trips(port: int, route: str) -> tuple[float, float]:
    return (
        _served.metric(port, "linli_database_round_trips_total", route),
        _served.metric(port, "linli_requests_total", route),
    )

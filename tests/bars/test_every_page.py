"""No page escapes the bars: each address that shows a page is visited, or it is said why it is none."""

from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from bars.pages import NOT_PAGES, NOWHERE, VISITS, Screening
from bench import pages as bench


def routes(patterns: Any, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def pages() -> set[str]:
    return {route for route in routes(get_resolver().url_patterns) if not route.startswith(NOT_PAGES)}


def test_every_page_is_visited() -> None:
    one = "00000000-0000-0000-0000-000000000001"
    case = SimpleNamespace(reference="100000-1", id=one)
    made = SimpleNamespace(
        fresh=case, working=case, closed=case, call=case, called=case, secret="s", post=SimpleNamespace(id=one),
        duty_list=f"/duties/lists/{one}/", duty_row=f"/duties/rows/{one}/",
        screening=Screening(*[UUID(one)] * 10, f"/calls/{one}/s/", *[UUID(one)] * 2),
        world=SimpleNamespace(units=dict.fromkeys(("W", "W1"), SimpleNamespace(id=one)), people={"handler": SimpleNamespace(id=one)}),
        announcement=one, proposal=one, rounds=one, team=one, called_to=one, camera=one, look=one, warning=one, sensor=one, alert=one,
    )  # fmt: skip
    paths = [path.partition("?")[0] for visit in VISITS.values() for path in visit(made) if path != NOWHERE]  # type: ignore[arg-type]
    visited = {resolve(path).route for path in paths}
    missing = pages() - visited
    assert not missing, "add to VISITS in tests/bars/pages.py who visits them, or to NOT_PAGES why they are no pages"


def test_every_page_is_measured() -> None:
    """How long each takes with a million cases is measured by `linli bench pages`, or it is said why it is not."""
    names: defaultdict[str, UUID] = defaultdict(lambda: UUID(int=1))
    paths = [path.partition("?")[0].format_map(names) for visit in bench.ASKED_FOR for path in visit]
    measured = {resolve(path).route for path in paths}
    assert not pages() - measured - set(bench.UNMEASURED), (
        "add who asks for them to bench/pages.py, or to UNMEASURED why nobody does"
    )
    assert set(bench.UNMEASURED) <= pages() - measured, "these are measured, or no pages: take them out of UNMEASURED"

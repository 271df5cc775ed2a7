"""`map.p95`: what a window of the map costs with 1,000,000 cases stored, at the server, over HTTP.

Three members of staff (a subdistrict's desk, a district's, the city's) move and zoom over their unit as a hand does: from the whole
of it to single cases, in each of the three ways to look (open now; reported in all days, in a week, of one class; standing at a past
moment). Beside it `map.p50`, and `map.slowest`: the slowest of these windows, the median of five answers.
"""

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from bench import _city, _million, _served
from bench.paint import ARGUMENTS, CHROMIUM

SECONDS = 20.0
ADDRESS = "/api/v1/cases/map/window"
ZOOMS = (8, 9.5, 11, 12, 13, 14, 15, 16)
# Of a screen of 1,440 by 900: degrees of longitude and latitude at zoom 0 (512 pixels are the world), at Chengdu's latitude.
WIDE, HIGH = 1440 / 512 * 360, 900 / 512 * 360 * 0.86
PANS = 6
FIRSTS = 7
DRAWN = "#smart-map[data-drawn]"


@dataclass(frozen=True)
class Way:
    name: str
    asked: dict[str, str]


def run(progress, cases: int = _million.CASES):
    """Yields four figures: {name, value, unit, on}."""
    from linli.cases import actions
    from linli.foundation.access import Role, acting_as, system

    _city.prepare(progress, cases)
    with progress.step("Counting the days before today"), acting_as(system("bench")):
        actions.count_cells(by=system("bench"))
    ways = _ways()
    requests, leader = {}, _city.employed(Role.LEADER, _city.unit_at("city").id)
    for level in _city.UNITS:
        unit = _city.unit_at(level)
        cookies = _city.employed(Role.DESK, unit.id)
        requests[level] = [
            (f"{level}, zoom {zoom}, {way.name}", _request(cookies, {"unit": str(unit.id), **window, **way.asked}))
            for zoom, window in _windows(unit, random.Random(1))
            for way in ways
        ]
    with _served.serving(progress, workers=1) as port:
        firsts = _firsts(port, leader, progress)
        slowest = _each(port, requests, progress)
        everything = [one for each in requests.values() for _name, one in each]
        order = random.Random(2)
        with progress.step(f"Asking {ADDRESS} for {SECONDS:.0f} s"):
            answers = _served.ask(port, [lambda: order.choice(everything)], SECONDS, 200)
    on = f"{_served.cores()}; {cases:,} cases, one client, {len(everything)} windows of {len(requests)} desks, {len(ways)} ways to look"
    for name, share in (("map.p50", 0.5), ("map.p95", 0.95)):
        value = round(_served.quantile(answers.seconds, share) * 1000, 1)
        yield {"name": name, "value": value, "unit": "ms", "on": f"{on}; {len(answers.seconds):,} answers"}
    value = round(_served.quantile(firsts, 0.5) * 1000)
    yield {
        "name": "map.first",
        "value": value,
        "unit": "ms",
        "on": f"{on}; Chromium beside them, median of {len(firsts)}",
    }
    name, value = max(slowest.items(), key=lambda one: one[1])
    yield {"name": "map.slowest", "value": value, "unit": "ms", "on": f"{on}; median of 5, {name}"}


def _firsts(port: int, cookies: str, progress) -> list[float]:
    """Seconds until the city's map is drawn; the first time warms the server."""
    from playwright.sync_api import sync_playwright

    url, seconds = f"http://127.0.0.1:{port}", []
    session = dict(part.split("=", 1) for part in cookies.split("; "))["sessionid"]
    with sync_playwright() as playwright, progress.step("Opening the map"):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for _time in range(FIRSTS + 1):
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", base_url=url)
            context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
            page = context.new_page()
            began = time.perf_counter()
            page.goto("/map/", wait_until="commit")
            page.wait_for_selector(DRAWN)
            seconds.append(time.perf_counter() - began)
            context.close()
        browser.close()
    progress.say("  " + ", ".join(f"{one * 1000:.0f} ms" for one in seconds))
    return seconds[1:]


def _ways() -> list[Way]:
    from linli.duties import queries as duties
    from linli.foundation import clock

    now = clock.now()
    past = now - timedelta(days=20, hours=7)
    lamp = duties.case_class("E0122").id
    return [
        Way("open", {"show": "open"}),
        Way("open of a class", {"show": "open", "class_id": str(lamp)}),
        Way("all reported", {"show": "reported"}),
        Way("reported in a week", {"show": "reported", "since": (now - timedelta(days=7)).isoformat()}),
        Way("all of a class", {"show": "reported", "class_id": str(lamp)}),
        Way("standing 20 days ago", {"show": "standing", "until": past.isoformat()}),
    ]


def _windows(unit, draw: random.Random):
    """From the whole unit to its streets, some windows at each zoom."""
    west, south, east, north = _bounds(unit)
    for zoom in ZOOMS:
        wide, high = WIDE / 2**zoom, HIGH / 2**zoom
        for _pan in range(PANS):
            lon, lat = draw.uniform(west, east), draw.uniform(south, north)
            if wide > east - west:
                lon, lat = (west + east) / 2, (south + north) / 2
            window = {"west": lon - wide / 2, "south": lat - high / 2, "east": lon + wide / 2, "north": lat + high / 2}
            yield zoom, {**{side: f"{value:.5f}" for side, value in window.items()}, "zoom": str(zoom)}
            if wide > east - west:
                break


def _bounds(unit) -> tuple[float, float, float, float]:
    """Of where its cases lie."""
    from django.db.models import Max, Min

    from linli.cases.models import Case
    from linli.foundation.access import SYSTEM, acting_as

    with acting_as(SYSTEM):
        sides = Case.objects.filter(units__contains=[unit.id]).aggregate(Min("lon"), Min("lat"), Max("lon"), Max("lat"))
    return sides["lon__min"], sides["lat__min"], sides["lon__max"], sides["lat__max"]


def _request(cookies: str, asked: dict[str, str]) -> bytes:
    return f"GET {ADDRESS}?{urlencode(asked)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nCookie: {cookies}\r\n\r\n".encode()


def _each(port: int, requests: dict[str, list[tuple[str, bytes]]], progress) -> dict[str, float]:
    """The median of some answers by name; the slowest are said."""
    found: dict[str, list[float]] = {}
    with progress.step("Asking each window 5 times"):
        for each in requests.values():
            for name, request in each:
                found.setdefault(name, []).append(
                    _served.quantile(_served.ask_times(port, request, 5, 200), 0.5) * 1000
                )
    medians = {name: round(max(times), 1) for name, times in found.items()}
    for name, value in sorted(medians.items(), key=lambda one: -one[1])[:12]:
        progress.say(f"  {name}: {value} ms")
    return medians

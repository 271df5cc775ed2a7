"""`resident.lcp_ms`, `resident.cls`, `resident.script_kb`, `resident.total_kb`: the first load of the resident's pages on a poor phone.

Chromium with a phone's screen, four times slower, at 1.6 Mbit/s and 150 ms, without a cache. Each page is loaded several times; its
middle counts, and of the pages the worst.
"""

from statistics import median

from bench import _served, _wire

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
PAGES = ("/home/", "/report/", "/my/")
TIMES = 5


def run(progress):
    """Yields four figures: {name, value, unit, on}."""
    _served.prepare(progress)
    with _served.serving(progress, workers=1) as port:
        pages = _measure(f"http://127.0.0.1:{port}", _session(), progress)
    on = f"{_served.cores()}; {_wire.CPU_SLOWER}× slower CPU, 1.6 Mbit/s, {_wire.LATENCY_MS} ms; worst of {', '.join(PAGES)}"
    for place, (name, unit) in enumerate((("lcp_ms", "ms"), ("cls", "score"), ("script_kb", "kB"), ("total_kb", "kB"))):
        worst = max(median(load[place] for load in loads) for loads in pages.values())
        yield {"name": f"resident.{name}", "value": round(worst, 3 if name == "cls" else 0), "unit": unit, "on": on}


def _session() -> str:
    """The session of the demo's resident."""
    from linli.demo import people
    from linli.foundation.access import acting_as
    from linli.people.models import Person
    from linli.people.rules import phone_hash

    with acting_as(people.BY):
        resident = Person.objects.get(phone_hash=phone_hash(people.phones()[0]), username=None)
    cookies = dict(part.split("=", 1) for part in _served.cookie_of(resident).split("; "))
    return cookies["sessionid"]


def _measure(url: str, session: str, progress) -> dict[str, list[tuple[float, float, float, float]]]:
    from playwright.sync_api import sync_playwright

    found: dict[str, list[tuple[float, float, float, float]]] = {path: [] for path in PAGES}
    with sync_playwright() as playwright, progress.step("Loading pages as a poor phone does"):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(**PHONE, base_url=url)
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        context.add_init_script(_wire.WATCH)
        for path in PAGES * (TIMES + 1):
            page = context.new_page()
            with _wire.weighed(page, slow=True) as weight:
                page.goto(path)
                page.wait_for_timeout(500)
                painted = page.evaluate("painted")
            found[path].append((painted["lcp"], painted["cls"], weight.kilobytes("Script"), weight.kilobytes()))
            page.close()
        browser.close()
    # The first load of each warms the server.
    for path, loads in found.items():
        del loads[0]
        progress.say(f"  {path}: " + ", ".join(f"{load[0]:.0f} ms" for load in loads))
    return found

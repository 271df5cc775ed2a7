"""`resident.lcp_ms`, `resident.cls`, `resident.script_kb`, `resident.total_kb`: the first load of the resident's pages on a poor phone.

Chromium with a phone's screen, four times slower, at 1.6 Mbit/s and 150 ms, without a cache. Each page is loaded several times; its
middle counts, and of the pages the worst, which is named.
"""

from statistics import median

from bench import _served, _wire, pages

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
# Those of a resident who has reported, announced to, and called; tests/bars holds weight and shifts of all that there are.
PAGES = (
    "/", "/home/", "/safety/", "/service/", "/around/", "/report/", "/my/", "/case/{own}/", "/track/{called}/{secret}/",
    "/rate/{called}/{secret}/", "/news/{news}/", "/messages/", "/messages/settings/", "/messages/communities/", "/me/", "/me/delete/",
    "/guide/", "/guide/resident/", "/help/resident/", "/offline/",
)  # fmt: skip
TIMES = 5


def run(progress):
    """Yields four figures: {name, value, unit, on}."""
    from linli.foundation.access import acting_as, system

    _served.prepare(progress)
    with acting_as(system("bench")):
        own = pages.reported_by_resident()
        known = {"own": own, "news": pages.announced(), **pages.called()}
        session = _session()
    with _served.serving(progress, workers=1) as port:
        loads = _measure(f"http://127.0.0.1:{port}", session, [path.format(**known) for path in PAGES], progress)
    on = f"{_served.cores()}; {_wire.CPU_SLOWER}× slower CPU, 1.6 Mbit/s, {_wire.LATENCY_MS} ms; the worst of {len(PAGES)} pages"
    for place, (name, unit) in enumerate((("lcp_ms", "ms"), ("cls", "score"), ("script_kb", "kB"), ("total_kb", "kB"))):
        middle = {path: median(load[place] for load in of_page) for path, of_page in loads.items()}
        worst = max(middle, key=lambda path: middle[path])
        value = round(middle[worst], 3 if name == "cls" else 0)
        yield {"name": f"resident.{name}", "value": value, "unit": unit, "on": f"{on}: {worst}"}


def _session() -> str:
    """The session of the resident who has reported."""
    from linli.people.models import Person
    from linli.people.rules import phone_hash

    resident = Person.objects.get(phone_hash=phone_hash(pages.PHONE), username=None)
    cookies = dict(part.split("=", 1) for part in _served.cookie_of(resident).split("; "))
    return cookies["sessionid"]


def _measure(url: str, session: str, paths: list[str], progress) -> dict[str, list[tuple[float, float, float, float]]]:
    from playwright.sync_api import sync_playwright

    found: dict[str, list[tuple[float, float, float, float]]] = {path: [] for path in paths}
    with sync_playwright() as playwright, progress.step("Loading pages as a poor phone does"):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(**PHONE, base_url=url)
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        context.add_init_script(_wire.WATCH)
        for path in paths * (TIMES + 1):
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

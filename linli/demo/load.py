"""Everything that the demo shows: territory, duties, people, and the day. Each part is left alone where it is there already."""

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from linli.cases import actions as cases
from linli.cases.models import Case
from linli.demo import people, plan
from linli.demo.day import Day
from linli.demo.logins import COMMUNITY, SUBDISTRICT
from linli.demo.stories import homes
from linli.duties.actions.packs import load_pack as load_duties
from linli.foundation import clock
from linli.foundation.access import acting_as
from linli.foundation.progress import Progress
from linli.territory import queries as territory
from linli.territory.actions import load_pack as load_territory

PACK, DUTIES = "shuangqiaozi", "chengdu"
PEOPLE = 140_000
# The day that is lived lies so far back that its cases have come to their end in their usual time.
DAYS_BACK = 7
SEED = 420


def load(progress: Progress) -> bool:
    """Load what is missing. Returns whether anything was; a demo that is there keeps its data."""
    with acting_as(people.BY):
        if Case.objects.exists():
            return False
        with progress.step("Loading the territory of Shuangqiaozi"):
            load_territory(name=PACK, by=people.BY)
        with progress.step("Loading classes and duty lists"):
            load_duties(DUTIES, by=people.BY)
        with progress.step("Appointing staff, signing residents in"):
            people.appoint_all(midnight())
        with progress.step("Living through a day of requests"):
            live(PEOPLE, lambda done, total: progress.count("steps", done, total))
            cases.count_weeks(by=people.BY)
    return True


def midnight() -> datetime:
    """When the day that is lived begins."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = clock.now().astimezone(zone).date()
    return datetime.combine(today - timedelta(days=DAYS_BACK), time(), zone)


def live(inhabitants: int, progress: Callable[[int, int], None]) -> None:
    """The requests of a day of so many people, and what the present day has left open."""
    rng = random.Random(SEED)
    subdistrict, patrol = territory.find_by_code(SUBDISTRICT), territory.find_by_code(COMMUNITY)
    assert subdistrict is not None
    assert patrol is not None
    places = homes(subdistrict.id, rng)
    now = clock.now()
    requests = plan.day(inhabitants, midnight(), places, patrol.id, rng)
    requests += plan.left_open(now, places, patrol.id, rng)
    Day(people.cast(now), now, rng).live(requests, progress)

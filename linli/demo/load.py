"""Everything that the demo shows: territory, duties, people, and the day. Each part is left alone where it is there already."""

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from linli.cases import actions as cases
from linli.cases.models import Case
from linli.demo import cameras, cluster, control, duty, facilities, people, plan, sensors
from linli.demo.day import Day
from linli.demo.history import History, plan_days
from linli.demo.logins import COMMUNITY, SUBDISTRICT
from linli.demo.stories import homes
from linli.duties.actions.packs import load_pack as load_duties
from linli.foundation import clock
from linli.foundation.access import acting_as, system
from linli.foundation.progress import Progress
from linli.insight import actions as warnings
from linli.insight import queries as insight
from linli.territory import queries as territory
from linli.territory.actions import load_pack as load_territory
from linli.territory.index import UnitInfo

PACK, DUTIES = "shuangqiaozi", "chengdu"
PEOPLE = 140_000
# The day that is lived lies so far back that its cases have come to their end in their usual time.
DAYS_BACK = 7
# The weeks of which figures are drawn, the present one among them.
WEEKS = 13
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
        with progress.step("Appointing staff, signing residents in, registering cameras and facilities"):
            people.appoint_all(first_day())
            cameras.register_all(_places()[0], first_day())
            facilities.register_all(_places()[0], random.Random(SEED))
        with progress.step("Writing the weeks before"):
            write_history(PEOPLE, lambda done, total: progress.count("days", done, total))
        with progress.step("Living through a day of requests"):
            live(PEOPLE, lambda done, total: progress.count("steps", done, total))
            cases.count_weeks(by=people.BY)
            cases.count_cells(by=people.BY)
        with progress.step("Putting people on duty"):
            put_on_duty()
        with progress.step("Reading sensors"):
            sensors.register_all(_places()[0])
        with progress.step("Beginning an exercise of joint control"):
            practise()
        with progress.step("Looking for warnings"):
            for district in insight.districts():
                warnings.look_for_warnings(unit_id=district.id, by=system("watch"))
    return True


def midnight() -> datetime:
    """When the day that is lived begins."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = clock.now().astimezone(zone).date()
    return datetime.combine(today - timedelta(days=DAYS_BACK), time(), zone)


def first_day() -> datetime:
    """When the weeks begin."""
    return midnight() + timedelta(days=DAYS_BACK) - timedelta(weeks=WEEKS)


def write_history(inhabitants: int, progress: Callable[[int, int], None]) -> None:
    """All days until now, but for the one that is lived."""
    rng = random.Random(SEED)
    subdistrict, patrol = _places()
    days = (first_day() + timedelta(days=number) for number in range(7 * WEEKS + 1))
    midnights = [day for day in days if day != midnight()]
    places = homes(subdistrict.id, rng)
    planned = plan_days(inhabitants, midnights, places, patrol.id, rng)
    cluster.plant(planned, midnights, places, rng)
    now = clock.now()
    History(people.cast(now), now, rng).write(planned, progress)


def live(inhabitants: int, progress: Callable[[int, int], None]) -> None:
    """The requests of a day of so many people, and what the present day has left open."""
    rng = random.Random(SEED)
    subdistrict, patrol = _places()
    places = homes(subdistrict.id, rng)
    now = clock.now()
    requests = plan.day(inhabitants, midnight(), places, patrol.id, rng)
    requests += plan.left_open(now, places, patrol.id, rng)
    Day(people.cast(now), now, rng).live(requests, progress)


def put_on_duty() -> None:
    """Shifts, skills and last places of a crew, and open work for them."""
    rng = random.Random(SEED)
    subdistrict, _patrol = _places()
    duty.begin(people.cast(clock.now()), subdistrict, homes(subdistrict.id, rng), rng)


def practise() -> None:
    """Joint control of the community that the grid worker walks, as an exercise."""
    _subdistrict, patrol = _places()
    control.begin(people.cast(clock.now()), patrol, random.Random(SEED))


def _places() -> tuple[UnitInfo, UnitInfo]:
    """The subdistrict, and the community that the grid worker walks."""
    subdistrict, patrol = territory.find_by_code(SUBDISTRICT), territory.find_by_code(COMMUNITY)
    assert subdistrict is not None
    assert patrol is not None
    return subdistrict, patrol

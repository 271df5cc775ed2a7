"""A real city's past as the demo: a 311 export moved to the present by whole weeks, lived, and watched night by night.

The folder keeps what is known of it (`replayed.json`), and every page says that its days are not those (`foundation.notice`).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linli.cases import actions as cases
from linli.cases.jobs import escalate_due
from linli.cases.replay import lives, moving, rows, stage
from linli.cases.replay import mapping as mappings
from linli.cases.replay.rows import Export
from linli.config import env
from linli.demo import people
from linli.demo.logins import CITY_STAFF, CITY_WIDE, REPLAYED, StaffLogin
from linli.duties.actions import days
from linli.foundation import clock, notice, outbox
from linli.foundation.access import Role, acting_as, system
from linli.foundation.progress import Progress
from linli.insight import actions as warnings
from linli.insight import queries as insight
from linli.people import queries as bodies
from linli.territory import queries as territory

# When the watch looks: the days that are over are told in the morning.
LOOK = time(4, 35)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a folder holds: whose days, how many weeks later they are shown, and the last of them as it is shown here."""

    title: str
    weeks: int
    last: str
    done: bool = False


def load(file: Path, mapping: str, nights: int, progress: Progress) -> bool:
    """Live the export up to now, with the watch looking on each of the last nights. Goes on where it was stopped.

    Returns whether anything was lived: a folder that is done keeps its data. Raises what reading and preparing an export raise.
    """
    known = told()
    if known is not None and known.done:
        return False
    with acting_as(people.BY):
        with progress.step(f"Reading {file.name}"):
            export = rows.read(file, mappings.read(mapping))
        now = clock.now()
        mark = known or _mark(export, now)
        _write(mark)
        export = moving.move(export, mark.weeks)
        with progress.step("Preparing territory, classes, duties and staff"):
            prepared = stage.prepare(export, people.BY)
            _keep_holidays(export, mark)
            _appoint(export)
        for night in _nights(now, nights):
            with progress.step(f"Living until {night:%Y-%m-%d %H:%M}, and looking for warnings"):
                _live(prepared, night, progress)
                with clock.at(night):
                    _look()
        with progress.step("Living until now"):
            _live(prepared, now, progress)
        with progress.step("Counting weeks and places"):
            cases.count_weeks(by=people.BY)
            cases.count_cells(by=people.BY)
        # What happened is no news to those who sign in now.
        outbox.settle_all()
        _write(replace(mark, last=_day(export, now).isoformat(), done=True))
    return True


def _live(prepared: stage.Stage, until: datetime, progress: Progress) -> None:
    lives.live(prepared, lambda done, total: progress.count("openings and closings", done, total), until)
    with clock.at(until):
        escalate_due()


def _look() -> None:
    for district in insight.districts():
        warnings.look_for_warnings(unit_id=district.id, by=system("watch"))


def _nights(now: datetime, count: int) -> Iterator[datetime]:
    """The last mornings before now on which nobody has looked yet, oldest first."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    looked = insight.last_run(people.BY)
    for number in range(count, -1, -1):
        night = datetime.combine(today - timedelta(days=number), LOOK, zone)
        if night < now and (looked is None or night > looked.at):
            yield night


def _keep_holidays(export: Export, mark: Replayed) -> None:
    for holiday in moving.move_holidays(export.mapping, mark.weeks):
        original = holiday - timedelta(weeks=mark.weeks)
        days.set_day(day=holiday, hours="", reason=f"{export.mapping.title}: {original}", by=people.BY)


# --- who works there -------------------------------------------------------------------------------------------------


def _appoint(export: Export) -> None:
    """The staff that is not there yet, from the first day on."""
    with clock.at(min(request.opened for request in export.requests)):
        for login in people.missing(CITY_STAFF):
            people.appoint(login, _posts(login))


def _posts(login: StaffLogin) -> list[tuple[UUID, UUID | None]]:
    """In the city or in its first district; a handler works for every body."""
    if login.role is Role.HANDLER:
        return [(body.unit_id, body.id) for body in bodies.bodies()]
    city = territory.root()
    return [((city if login.unit == CITY_WIDE else territory.children(city.id)[0]).id, None)]


# --- what the folder says of itself -----------------------------------------------------------------------------------


def told() -> Replayed | None:
    path = _file()
    return Replayed(**json.loads(path.read_text())) if path.exists() else None


def _write(mark: Replayed) -> None:
    """For the next start, and for readers of any page."""
    _file().write_text(json.dumps(asdict(mark)))
    texts = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = _notice(mark)
    notice.write(texts)


def _notice(mark: Replayed) -> str:
    last = date.fromisoformat(mark.last)
    return _("Real requests of %(title)s, moved by whole weeks: %(shown)s stands for %(real)s. Staff are invented.") % {
        "title": mark.title,
        "shown": date_format(last, _("F j, Y")),
        "real": date_format(last - timedelta(weeks=mark.weeks), _("F j, Y")),
    }


def _mark(export: Export, now: datetime) -> Replayed:
    today, (_first, last) = _day(export, now), moving.days_of(export)
    return Replayed(export.mapping.title, moving.weeks_to(today, last), today.isoformat())


def _day(export: Export, moment: datetime) -> date:
    return moment.astimezone(export.mapping.zone).date()


def _file() -> Path:
    return env.data_dir() / REPLAYED

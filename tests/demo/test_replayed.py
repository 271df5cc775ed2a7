"""A real city's past opened as the demo: on the pages that a leader opens stand its requests, and the one cluster of them."""

import csv
import gzip
import html
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.test import Client, override_settings
from factories import databases

from linli.cases.models import Case
from linli.config import env
from linli.demo import replayed
from linli.demo.logins import of_here
from linli.duties import queries as duties
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.models import OutboxEvent
from linli.foundation.progress import Progress
from linli.insight.models import Warning, WarningKind
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

BOSTON = ZoneInfo("America/New_York")
# Only tags: what the cluster of 22 June is made of, and few enough to be lived in seconds.
KIND = "Graffiti Removal"
TAGGED = datetime(2015, 6, 20)
NIGHTS = 9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("city")


@pytest.fixture(scope="module")
def export(reference: Path, folder: Path) -> Path:
    """The export's columns, with the rows of one class."""
    path = folder / "tags.csv"
    with (
        gzip.open(reference / "boston311" / "boston311_2015_h1.csv.gz", "rt", encoding="utf-8-sig") as whole,
        path.open("w", newline="") as part,
    ):
        rows = csv.DictReader(whole)
        assert rows.fieldnames is not None
        out = csv.DictWriter(part, rows.fieldnames)
        out.writeheader()
        out.writerows(row for row in rows if row["TYPE"] == KIND)
    return path


def settings_of(folder: Path) -> dict[str, Any]:
    """As `linli demo --replay` starts; the real hasher is meant to be slow."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return {
        "LINLI_DEMO": True, "LINLI_FILES": folder, "TIME_ZONE": str(BOSTON), "PASSWORD_HASHERS": hashers,
    }  # fmt: skip


@contextmanager
def living_in(folder: Path) -> Iterator[None]:
    with override_settings(**settings_of(folder)), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINLI_DATA_DIR", str(folder))
        patch.setenv("LINLI_CITY", "boston")
        yield


@pytest.fixture(scope="module")
def template_database(template_database: str, folder: Path, export: Path, django_db_blocker: Any) -> Iterator[str]:
    """The tags lived up to now, with the looks of the last nights, once: each test has a copy."""
    shared, loaded = connection.settings_dict["NAME"], f"replayed_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    databases.copy(template_database, loaded)
    databases.use(loaded)
    with django_db_blocker.unblock():
        with living_in(folder):
            assert replayed.load(export, "boston311", NIGHTS, Progress(quiet=True))
        connections.close_all()
        databases.use(shared)
        yield loaded


@pytest.fixture
def city(fresh_database: str, folder: Path) -> Iterator[Client]:
    """A browser of the district's leader, who came in by the first page."""
    with living_in(folder):
        client = Client(headers={"accept-language": "en"})
        assert client.post("/demo/sign-in/", {"username": "leader"}).headers["Location"] == "/screen/"
        yield client


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return html.unescape(answer.content.decode())


def moved(day: datetime) -> datetime:
    known = replayed.told()
    assert known is not None
    return day.replace(tzinfo=BOSTON) + timedelta(weeks=known.weeks)


def district() -> UnitInfo:
    [found] = territory.children(territory.root().id)
    return found


def tags() -> Warning:
    """The warning of the weekend's tags in Allston."""
    with acting_as(SYSTEM):
        found = Warning.objects.filter(kind=WarningKind.CLUSTER, since__lte=moved(TAGGED + timedelta(days=1)))
        return max(found, key=lambda row: row.observed)


@pytest.mark.reference
@pytest.mark.timeout(300)
def test_the_city_is_lived_up_to_now_and_not_beyond(city: Client, export: Path) -> None:
    now = clock.now()
    with acting_as(SYSTEM):
        assert 2_500 < Case.objects.count() <= 2_772
        newest = Case.objects.order_by("-reported_at").first()
        assert newest is not None
        assert now - timedelta(days=4) < newest.reported_at < now
        assert not Case.objects.filter(closed_at__gt=now).exists()
        assert Case.objects.filter(closed_at=None).exists()
        assert not OutboxEvent.objects.filter(handled_at=None).exists()
        # A holiday of 2015 is a day of rest where it lies now, and the State Council's are none.
        assert not duties.calendar().is_workday(moved(datetime(2015, 5, 25)).date())
        assert replayed.load(export, "boston311", NIGHTS, Progress(quiet=True)) is False
    assert district().name == "City of Boston"
    assert "Allston / Brighton" in {unit.name for unit in territory.children(district().id, level="subdistrict")}


@pytest.mark.reference
@pytest.mark.timeout(300)
def test_who_may_sign_in_stands_on_the_first_page(city: Client) -> None:
    page = page_of(Client(headers={"accept-language": "en"}), "/")
    assert {login["username"] for login in of_here()} >= {"leader", "leader.city", "desk"}
    for login in of_here():
        assert f'name="username" value="{login["username"]}"' in page
        came = Client().post("/demo/sign-in/", {"username": login["username"]})
        assert came.headers["Location"] == login["surface"]


@pytest.mark.reference
@pytest.mark.timeout(300)
def test_every_page_says_whose_days_these_are(city: Client) -> None:
    with acting_as(SYSTEM):
        case = Case.objects.filter(lon__isnull=False).order_by("reported_at").first()
    assert case is not None
    for path in ("/screen/", "/map/", "/screen/weekly/", "/warnings/", f"/case/{case.reference}/"):
        assert "Real requests of Boston 311, moved by whole weeks" in page_of(city, path), path
    assert re.search(r"stands for June (2[4-9]|30), 2015", page_of(city, "/screen/"))
    # The day that it had in Boston.
    assert "Boston 311: 2015-01-0" in page_of(city, f"/case/{case.reference}/")


@pytest.mark.reference
@pytest.mark.timeout(300)
def test_the_screen_and_the_weekly_report_show_the_citys_figures(city: Client) -> None:
    shown = page_of(city, "/screen/?weeks=26")
    tiles = dict(re.findall(r'id="tile-(\w+)".*?screen-value">([^<]+)<', shown, re.DOTALL))
    with acting_as(SYSTEM):
        in_district = Case.objects.filter(district=district().id)
        assert tiles["open"] == f"{in_district.filter(closed_at=None).count():,}"
    assert int(tiles["open"].replace(",", "")) > 100
    assert int(tiles["warnings"]) >= 1
    assert "Allston / Brighton" in shown
    # Without what is open now, which is no figure of the week.
    week = page_of(city, f"/screen/weekly/?week={moved(TAGGED).date()}").partition('id="open-title"')[0]
    rows = dict(re.findall(r"<tr><td>([^<]+)</td><td[^>]*><a [^>]*>([\d,]+)<", week))
    with acting_as(SYSTEM):
        monday = moved(TAGGED) - timedelta(days=5)
        opened = in_district.filter(reported_at__gte=monday, reported_at__lt=monday + timedelta(weeks=1)).count()
    assert opened > 100
    assert rows["Opened"] == f"{opened:,}"
    assert rows[KIND] == f"{opened:,}"


@pytest.mark.reference
@pytest.mark.timeout(300)
def test_the_map_shows_them_as_cells_and_as_points_by_state(city: Client) -> None:
    page_of(city, "/map/")
    boston = {"unit": district().id, "west": -71.2, "south": 42.2, "east": -70.9, "north": 42.45}
    cells = json.loads(city.get("/api/v1/cases/map/window", {**boston, "zoom": 10}).content)
    assert cells["resolution"] is not None
    with acting_as(SYSTEM):
        placed = Case.objects.filter(closed_at=None, lon__isnull=False, district=district().id).count()
    assert sum(cell["properties"]["cases"] for cell in cells["features"]) == pytest.approx(placed, rel=0.02)
    allston = {"unit": district().id, "west": -71.14, "south": 42.35, "east": -71.12, "north": 42.36}
    weeks = {
        "show": "reported",
        "since": moved(TAGGED) - timedelta(weeks=6),
        "until": moved(TAGGED) + timedelta(days=3),
    }
    points = json.loads(city.get("/api/v1/cases/map/window", {**allston, "zoom": 17, **weeks}).content)["features"]
    assert len(points) > 50
    assert {one["properties"]["state"] for one in points} == {"accepted", "closed"}
    assert {one["properties"]["class_name"] for one in points} == {KIND}


@pytest.mark.reference
@pytest.mark.timeout(300)
def test_the_one_cluster_is_a_warning_with_its_cases_on_a_map(city: Client) -> None:
    row = tags()
    with acting_as(SYSTEM):
        assert row.since == moved(TAGGED)
        assert row.observed > max(100, 3 * row.expected)
        first = audit.timeline(row.id)[0]
    assert (first.action, first.at.astimezone(BOSTON).time().isoformat()) == ("raised", "04:35:00")
    assert "around Allston / Brighton" in page_of(city, "/warnings/")
    page = page_of(city, f"/warnings/{row.pk}/")
    assert page.count("data-at=") > 50
    assert page.count('href="/case/') > 50
    assert KIND in page


def test_the_demos_own_logins_are_those_of_a_folder_without_a_citys_past() -> None:
    assert not (env.data_dir() / "replayed.json").exists()
    assert "clerk" in {login["username"] for login in of_here()}

"""`linli city` from the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils import translation

from linli.territory import commands, queries
from linli.territory.models import Unit
from tests.territory.conftest import point


def run(*arguments: str) -> tuple[int, str, str]:
    with translation.override("en"):
        done = CliRunner().invoke(commands.city, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_packs_are_listed() -> None:
    assert run("packs") == (0, "chengdu\t成都市\nshuangqiaozi\t双桥子街道\n", "")


@pytest.mark.django_db
def test_a_pack_is_loaded_with_progress(as_system: None) -> None:
    code, out, progress = run("load", "chengdu")
    assert code == 0
    assert "opened: 3,329" in out
    assert "21 boundaries" in progress
    assert "unchanged: 3,329" in run("load", "chengdu")[1]


def test_units_and_boundaries_are_imported_and_derived(small_city: dict, tmp_path: Path) -> None:
    lon, lat = point(4, 6)
    file = tmp_path / "units.csv"
    file.write_text(f"code,level,kind,name,parent,lon,lat\nX1,quarter,commodity,新,519901001001,{lon},{lat}\n")
    assert run("import-units", str(file), "--on", "2024-06-01")[1] == "opened: 1, changed: 0, unchanged: 0\n"
    assert run("derive", "519901001001", "--level", "quarter")[1] == "boundaries: 1\n"
    assert queries.locate(lon, lat).name == "新"


def test_every_problem_is_printed_and_nothing_applied(small_city: dict, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("code,level,name,parent\n" + "".join(f"X{i},quarter,新,nowhere\n" for i in range(1000)))
    before = Unit.objects.count()
    code, out, errors = run("import-units", str(file))
    assert (code, out) == (1, "")
    assert "Row 2, kind" in errors
    assert "Row 1001, kind" in errors
    assert Unit.objects.count() == before

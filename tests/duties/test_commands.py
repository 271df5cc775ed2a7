"""The commands: load twice, import with every problem told, ask, and find gaps."""

import pytest
from click.testing import CliRunner, Result

from linli.duties import packs
from linli.duties.commands import duties
from tests.duties.conftest import EVERYTHING, SUBDISTRICT, duty_table

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> Result:
    return CliRunner().invoke(duties, arguments)


def test_a_pack_is_loaded_and_answers(units):
    assert run("load", "chengdu").output == "classes: 221, stages: 3, bodies: 40, lists: 3\n"
    assert run("load", "chengdu").output == "classes: 0, stages: 0, bodies: 0, lists: 0\n"
    first, second = run("who", "E0110", "510108004003").output.splitlines()
    assert first.startswith("* ")
    assert "双林社区" in first
    assert second.startswith("  ")
    assert run("gaps", SUBDISTRICT).exit_code == 0
    beside = run("gaps", "510108005")
    assert (beside.exit_code, len(beside.output.splitlines())) == (1, 210)


def test_a_list_is_imported_or_every_problem_is_told(small, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(duty_table(*EVERYTHING))
    bad.write_bytes(duty_table(*(f"{n},第{n}条,X{n},510108004,office,lead" for n in range(30))))
    heading = ("--unit", SUBDISTRICT, "--name", "职责清单", "--version", "2023", "--valid-from", "2023-01-01")
    refused = run("import-list", str(bad), *heading)
    assert refused.exit_code == 1
    assert sum("X" in line for line in refused.stderr.splitlines()) == 30
    assert run("import-list", str(good), *heading, "--dry-run").output == "rows: 2\n"
    assert run("import-list", str(good), *heading).output == "rows: 2\n"


def test_classes_are_imported(units, tmp_path):
    table = packs.FOLDER / "chengdu" / "classes.csv"
    assert run("import-classes", str(table), "--dry-run").output == "added: 221, changed: 0, unchanged: 0\n"
    assert run("import-classes", str(table)).output == "added: 221, changed: 0, unchanged: 0\n"
    assert run("import-classes", str(table)).output == "added: 0, changed: 0, unchanged: 221\n"

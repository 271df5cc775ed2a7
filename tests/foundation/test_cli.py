"""The `linli` command: quick to answer, clear when it refuses, and never more loaded than is asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from factories.server import command, environment

from linli import cli
from linli.foundation import bench, keys, translations
from linli.foundation.progress import Progress

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env={**os.environ, **variables}, capture_output=True, text=True, timeout=120, check=False
    )


def test_help_loads_no_room_and_no_framework() -> None:
    code = (
        "import sys\nfrom linli.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in sys.modules if m.startswith(('django', 'numpy', 'linli.')) and m != 'linli.cli'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"
    for name in cli.ENTRIES:
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize("name", [name for name, entry in cli.ENTRIES.items()])
def test_every_command_is_there_and_helps_without_a_database(name: str, tmp_path: Path) -> None:
    found = cli.main.get_command(click.Context(cli.main), name)
    assert found is not None
    assert found.name == name
    assert CliRunner().invoke(cli.main, [name, "--help"]).exit_code == 0


def test_a_command_gets_its_database_anew_each_time_and_is_itself_unchanged() -> None:
    from linli.foundation.audit_commands import audit

    before = {name: command.callback for name, command in audit.commands.items()}
    for _ in range(2):
        found = cli.main.get_command(click.Context(cli.main), "audit")
        assert isinstance(found, click.Group)
        assert found.commands["verify"].callback is not audit.commands["verify"].callback
    assert {name: command.callback for name, command in audit.commands.items()} == before


def test_an_unknown_command_is_refused() -> None:
    done = run("nonsense")
    assert done.returncode == 2
    assert "No such command 'nonsense'" in done.stderr


def test_settings_are_listed_with_their_reason_and_secrets_are_not_shown() -> None:
    done = run("config", LINLI_KEYS='{"secret": "hush"}', LINLI_THREADS="3")
    assert "LINLI_THREADS=3" in done.stdout
    assert "LINLI_KEYS=(set)" in done.stdout
    assert "hush" not in done.stdout


def test_the_data_folder_can_be_named_before_the_command(tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "LINLI_DATA_DIR"}
    done = subprocess.run(
        command("--data", str(tmp_path / "here"), "keys", "where"),
        env=variables,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == str(tmp_path / "here" / "keys" / "keys.json")


def test_a_new_key_is_used_and_old_values_still_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linli.foundation import privacy

    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    keys.forget()
    try:
        before = privacy.encrypt("王小明", "a.b")
        assert keys.add_encryption_key() == 2
        after = privacy.encrypt("王小明", "a.b")
        assert (before[1:3], after[1:3]) == (b"\x00\x01", b"\x00\x02")
        assert privacy.decrypt(before, "a.b") == privacy.decrypt(after, "a.b") == "王小明"
        assert oct(keys.key_file().stat().st_mode & 0o777) == "0o600"
    finally:
        monkeypatch.undo()
        keys.forget()


def test_failed_events_are_listed_and_tried_again(fresh_database: str, tmp_path: Path) -> None:
    from linli.foundation.access import SYSTEM, acting_as
    from linli.foundation.models import OutboxEvent

    with acting_as(SYSTEM):
        OutboxEvent.objects.create(name="test.told", attempts=8, error="ValueError: 路灯")
    variables = environment(fresh_database, tmp_path)
    listed = subprocess.run(command("outbox", "--json"), env=variables, capture_output=True, text=True, check=True)
    line = json.loads(listed.stdout)
    assert (line["name"], line["attempts"], line["error"]) == ("test.told", 8, "ValueError: 路灯")
    again = subprocess.run(command("outbox", "--retry"), env=variables, capture_output=True, text=True, check=True)
    assert again.stdout.startswith("1 events")


BENCHMARK = """
def run(progress):
    from linli.foundation.access import SYSTEM, acting_as
    from linli.foundation.models import Entry
    progress("counting")
    with acting_as(SYSTEM):
        yield {"name": "tiny.entries", "value": Entry.objects.count(), "unit": "entries", "on": "nothing"}
"""


@pytest.mark.slow
def test_a_benchmark_has_a_place_of_its_own_that_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path / "data"))
    checkout = tmp_path / "checkout"
    (checkout / "bench").mkdir(parents=True)
    (checkout / "linli").symlink_to(ROOT / "linli")
    (checkout / "bench" / "tiny.py").write_text(BENCHMARK)
    (checkout / "bench" / "broken.py").write_text("def run(progress):\n    raise RuntimeError('broken')\n    yield")
    monkeypatch.setattr(bench, "folder", lambda: checkout / "bench")
    done = CliRunner().invoke(bench.bench, ["all", "--json"])
    assert json.loads(done.stdout) == {"name": "tiny.entries", "value": 0, "unit": "entries", "on": "nothing"}
    assert done.exit_code == 1
    assert "Failed: broken" in done.stderr
    assert list((tmp_path / "data" / "bench").iterdir()) == [], "its place is gone"


def test_an_unknown_benchmark_is_told_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(bench.bench, ["nonsense"])
    assert done.exit_code == 1
    assert "locate" in done.stderr


def test_benchmarks_are_only_in_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    with pytest.raises(click.ClickException, match="checkout"):
        bench.folder()


class Terminal:
    """A stream that says whether it is a terminal."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.text = ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def test_progress_in_a_log_is_whole_lines_and_ends_with_the_whole() -> None:
    out = Terminal(False)
    progress = Progress(out)
    progress("a sentence")
    for done in range(1, 1001):
        progress.count("Entries", done, 1000)
    assert out.text.splitlines()[0] == "a sentence"
    assert out.text.splitlines()[-1] == "  Entries: 1,000 of 1,000 (100%)"
    assert "\r" not in out.text


def test_progress_on_a_terminal_rewrites_its_line() -> None:
    out = Terminal(True)
    Progress(out).count("Entries", 1, 1000)
    assert out.text == "\r\x1b[K  Entries: 1 of 1,000 (0%)"


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def po(folder: Path, room: str, *entries: tuple[str, str]) -> Path:
    path = folder / room / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO + "\n".join(f'msgid "{text}"\nmsgstr "{translation}"\n' for text, translation in entries))
    return path


def test_translations_are_compiled_into_the_data_folder_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(translations, "PACKAGE", tmp_path / "package")
    po(tmp_path / "package", "cases", ("Street lamp", "路灯"))
    people = po(tmp_path / "package", "people", ("Name", "姓名"))
    translations.compile_all()
    made = tmp_path / "data" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"
    first = made.stat()
    assert "路灯".encode() in made.read_bytes()
    assert "姓名".encode() in made.read_bytes()
    translations.compile_all()
    assert made.stat().st_ino == first.st_ino, "nothing changed, nothing was made"
    people.write_text(people.read_text().replace("姓名", "名字"))
    os.utime(people, (first.st_mtime + 5, first.st_mtime + 5))
    translations.compile_all()
    assert "名字".encode() in made.read_bytes()


def test_rooms_that_translate_one_text_differently_are_named(tmp_path: Path) -> None:
    paths = [
        po(tmp_path, "cases", ("Body", "单位"), ("Same", "同")),
        po(tmp_path, "people", ("Body", "机构"), ("Same", "同")),
    ]
    (line,) = translations.disagreements(paths)
    assert "“Body”" in line
    assert "单位" in line
    assert "机构" in line


def test_what_a_process_has_loaded_the_collector_leaves_alone() -> None:
    told = "import gc; from linli.foundation import processes; processes.load(); print(gc.isenabled(), gc.get_freeze_count() > 50_000)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("True True\n", 0), done.stderr

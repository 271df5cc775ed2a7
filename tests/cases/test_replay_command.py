"""`linli replay` as it is called: in a folder of its own, one object with --json, a plain word on what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.test_replay_rows import GOOD, HEADING, MAPPING


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LINLI_", "DJANGO_"))}
    environment |= {"LINLI_DATA_DIR": str(folder / "data"), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "linli.cli", "replay", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
def test_the_command_replays_once_and_says_what_is_wrong(tmp_path: Path) -> None:
    # A server that runs as another user has to reach it.
    tmp_path.chmod(0o755)
    mapped, export = tmp_path / "little.toml", tmp_path / "export.csv"
    mapped.write_text(MAPPING)
    export.write_text("\n".join([HEADING, GOOD, GOOD.replace("1,", "2,", 1), GOOD.replace("1,", ",", 1)]))
    picture = tmp_path / "weeks.png"
    call = (str(export), "--mapping", str(mapped))

    done = run(tmp_path, *call, "--json", "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("seconds") > 0
    assert told == {
        "rows": 3, "filed": 2, "rejected": 1, "located": 2, "closed": 2, "overdue_compared": 2, "overdue_agreed": 2,
        "unlocated_reason": {"no_place": 0, "unknown_address": 0, "no_unit_there": 0, "not_as_named": 0},
    }  # fmt: skip
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "data" / "replay" / "export" / "postgres").is_dir()

    again = run(tmp_path, *call)
    assert again.returncode == 0, again.stderr
    assert "Filed                                 2" in again.stdout
    assert "Case lives a second" not in again.stdout

    painting = run(tmp_path, *call, "--plot", str(tmp_path / "weeks.doc"))
    assert painting.returncode != 0
    assert "ends in .png, .pdf, .svg" in painting.stderr

    mapped.write_text(MAPPING.replace('"Opened"', '"When"'))
    wrong = run(tmp_path, *call)
    assert wrong.returncode != 0
    assert "when is missing" in wrong.stderr
    assert "Traceback" not in wrong.stderr

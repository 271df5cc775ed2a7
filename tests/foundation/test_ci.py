"""Under CI a skipped `reference` or `browser` test fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TESTS = """
import pytest

@pytest.mark.reference
def test_needs_data():
    pytest.skip("no data here")

@pytest.mark.browser
def test_needs_a_browser():
    pytest.skip("no browser here")

def test_may_be_skipped():
    pytest.skip("not on this machine")
"""


@pytest.mark.parametrize(("variables", "summary"), [({"CI": "true"}, "2 failed, 1 skipped"), ({}, "3 skipped")])
def test_skips_that_must_not_be(variables: dict[str, str], summary: str, tmp_path: Path) -> None:
    (tmp_path / "test_skips.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text(
        "import os, pytest\nfrom collections.abc import Generator\n" + _hook((HERE.parent / "conftest.py").read_text())
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    reference: data\n    browser: chromium\n")
    clean = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "no:cacheprovider", "-q", str(tmp_path)],
        env=clean | variables,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert summary in done.stdout, done.stdout + done.stderr
    if variables:
        assert "was skipped under CI: Skipped: no data here" in done.stdout


def _hook(conftest: str) -> str:
    """The hook as it stands in the project's own conftest, without the database around it."""
    begin = conftest.index("@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport")
    return conftest[begin : conftest.index("\n\n\n", begin)]

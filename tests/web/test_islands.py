"""The build of the islands (scripts/islands), and pages where one was built and where none was."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from django.test import override_settings

ROOT = Path(__file__).parent.parent.parent
ISLANDS = "linli/web/islands"
# What npm would do, as far as the script sees it: it notes how it was called, and its build leaves a module.
NPM = """#!/bin/sh
cd "$(dirname "$0")/.."
echo "$*" >> calls
case "$*" in
  *" ci "*) [ ! -e no-registry ] ;;
  *"run build"*) mkdir -p linli/web/static/web/built && echo built > linli/web/static/web/built/chart.js ;;
esac
"""
NODE = """#!/bin/sh
echo v24.0.0
"""


class Checkout:
    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "scripts").mkdir()
        shutil.copy(ROOT / "scripts/islands", root / "scripts/islands")
        shutil.copytree(ROOT / ISLANDS, root / ISLANDS, ignore=shutil.ignore_patterns("node_modules"))
        programs = root / "programs"
        programs.mkdir()
        for name, text in (("npm", NPM), ("node", NODE)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)

    def build(self, **environment: str) -> subprocess.CompletedProcess[str]:
        usual = {name: value for name, value in os.environ.items() if name != "CI"}
        path = f"{self.root / 'programs'}:{os.environ['PATH']}"
        return subprocess.run(
            [self.root / "scripts/islands"],
            env={**usual, "PATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> int:
        notes = self.root / "calls"
        return len(notes.read_text().splitlines()) if notes.exists() else 0

    @property
    def built(self) -> Path:
        return self.root / "linli/web/static/web/built/chart.js"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_nothing_is_built_again_until_a_source_changes(checkout: Checkout) -> None:
    assert checkout.build().returncode == 0
    assert (checkout.built.exists(), checkout.calls) == (True, 2)
    again = checkout.build()
    assert (again.returncode, again.stderr, checkout.calls) == (0, "", 2)
    source = checkout.root / ISLANDS / "src/chart.ts"
    source.write_text(source.read_text() + "\n")
    checkout.build()
    assert checkout.calls == 4
    # What somebody has deleted is made again.
    shutil.rmtree(checkout.built.parent)
    checkout.build()
    assert (checkout.built.exists(), checkout.calls) == (True, 6)


def test_what_is_installed_for_the_build_is_no_source(checkout: Checkout) -> None:
    checkout.build()
    package = checkout.root / ISLANDS / "node_modules/vite"
    package.mkdir(parents=True)
    (package / "index.js").write_text("//")
    checkout.build()
    assert checkout.calls == 2


def test_without_the_registry_it_says_what_is_missing_and_lets_the_rest_go_on(checkout: Checkout) -> None:
    (checkout.root / "no-registry").touch()
    answer = checkout.build()
    assert answer.returncode == 0
    assert "No charts" in answer.stderr
    assert "Try again with: scripts/islands" in answer.stderr
    assert not checkout.built.exists()
    # Where everything has to be there, a missing chart is a failure.
    assert checkout.build(CI="true").returncode == 1
    # It is tried again as soon as it may succeed.
    (checkout.root / "no-registry").unlink()
    checkout.build()
    assert checkout.built.exists()


@pytest.fixture
def static_folder(tmp_path: Path) -> Callable[[], str]:
    """Draws a chart where this folder holds all static files."""

    def draw() -> str:
        finders.get_finder.cache_clear()
        line = "{% include 'web/components/chart.html' with source='/x/' title='T' columns=columns rows=rows %}"
        with override_settings(
            STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"], STATICFILES_DIRS=[tmp_path]
        ):
            shown = engines["django"].from_string(line).render({"columns": ["Week", "Open"], "rows": [["11-23", "7"]]})
        finders.get_finder.cache_clear()
        return shown

    return draw


def test_a_chart_is_a_table_alone_until_its_island_is_built(tmp_path: Path, static_folder: Callable[[], str]) -> None:
    bare = static_folder()
    assert "data-island" not in bare
    assert '<details class="fold" open>' in bare
    assert '<td class="number">7</td>' in bare
    module = tmp_path / "web/built/chart.js"
    module.parent.mkdir(parents=True)
    module.write_text("")
    drawn = static_folder()
    assert 'data-source="/x/" data-module="/static/web/built/chart.js" role="img" aria-label="T"' in drawn
    assert '<details class="fold"><summary>' in drawn
    assert '<td class="number">7</td>' in drawn

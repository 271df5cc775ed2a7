"""A running Linli and a real browser for the stories."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories.server import running
from factories.world import forget_caches
from playwright.sync_api import Browser

from stories.browser import CHROMIUM, chromium
from stories.stage import Site, populate


@pytest.fixture
def site(fresh_database: str, tmp_path: Path) -> Iterator[Site]:
    """The small city on a server of its own."""
    world, secrets = populate()
    with running(fresh_database, tmp_path, LINLI_DEMO="1") as server:
        yield Site(server.url, world, secrets)
    forget_caches()


@pytest.fixture
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    with chromium() as opened:
        yield opened

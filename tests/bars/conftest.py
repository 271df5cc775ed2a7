"""The small city with something on every page, served, and a browser in it."""

import shutil
from collections.abc import Iterator

import pytest
from factories import databases
from factories.server import running
from factories.world import forget_caches
from stories.stage import populate, session_of

from bars.pages import VISITS, Made, employ, make, visitor
from linli.config import env
from linli.foundation import keys
from linli.foundation.access import SYSTEM, acting_as


class Served:
    """The running city: its address, what stands in it, the addresses of its pages and the session of each visitor."""

    url: str

    def __init__(self, made: Made) -> None:
        self.paths = {who: paths(made) for who, paths in VISITS.items()}
        self.sessions = {who: session_of(visitor(who, made.world)) for who in VISITS if who}


@pytest.fixture(scope="module")
def served(
    template_database: str, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """For all tests of a module: they look, and change nothing."""
    folder = tmp_path_factory.mktemp("served")
    with databases.of_its_own(template_database, "bars", django_db_blocker) as name:
        world, _secrets = populate()
        with acting_as(SYSTEM):
            employ(world)
            made = make(world)
            # The server's keys lie in a folder of its own.
            kept = keys.key_file().parent / "declarations"
            shutil.copytree(kept, folder / kept.relative_to(env.data_dir()), dirs_exist_ok=True)
            opened = Served(made)
        with running(name, folder, LINLI_DEMO="1") as server:
            opened.url = server.url
            yield opened
    forget_caches()

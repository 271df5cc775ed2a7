"""`generate.seconds`: the whole city at scale 1, from an empty database to its last household, committed."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SEED = 1


@contextmanager
def own_database(name: str, progress: Callable[[str], None]) -> Iterator[None]:
    """An embedded server of its own in a temporary folder, migrated; Django speaks to it within the block."""
    from django.core.management import call_command
    from django.db import connections

    from linli.foundation.database import embedded, setup
    from linli.territory import queries

    aliases = ("default", "owner")
    before = {alias: dict(connections[alias].settings_dict) for alias in aliases}
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as folder:
        cluster = embedded.cluster(Path(folder))
        # The server may run as another user, who has to reach its folder.
        os.chmod(folder, 0o755)
        progress("starting a database of its own")
        embedded.start(cluster)
        try:
            setup.ensure_roles_and_database(cluster, name)
            for alias, role in zip(aliases, ("linli_app", "linli_owner"), strict=True):
                connections[alias].close()
                connections[alias].settings_dict.update(
                    NAME=name, USER=role, PASSWORD="", HOST=str(cluster.socket_dir), PORT="5432", OPTIONS={}
                )
            call_command("migrate", database="owner", verbosity=0, interactive=False)
            yield
        finally:
            for alias in aliases:
                connections[alias].close()
                connections[alias].settings_dict.update(before[alias])
            queries.forget()
            embedded.stop(cluster)


def run(progress: Callable[[str], None], scale: float = 1.0) -> Iterator[dict[str, object]]:
    """Yields one figure: {name, value, unit, on}."""
    from linli.foundation.access import SYSTEM, acting_as
    from linli.territory import actions

    with own_database("bench_generate", progress), acting_as(SYSTEM):
        began = time.perf_counter()
        counts = actions.generate_city(scale=scale, seed=SEED, by=SYSTEM, progress=progress)
        seconds = time.perf_counter() - began
    rows = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    yield {
        "name": "generate.seconds",
        "value": round(seconds, 1),
        "unit": "s",
        "on": f"scale {scale:g}: {rows}; PostgreSQL on the same {os.cpu_count()} cores, committed",
    }

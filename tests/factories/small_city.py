"""Puts the small city of `world` into the database of LINLI_DATA_DIR, with a key that may post, and prints the key.

For tests that run the whole system as processes of its own: python -m factories.small_city
"""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    from linli.foundation import processes
    from linli.foundation.database import setup

    setup.ensure_server()
    processes.load()
    setup.migrate()
    from factories.world import make_world
    from linli.foundation.access import SYSTEM, acting_as
    from linli.gateway import actions

    with acting_as(SYSTEM):
        world = make_world()
        made = actions.create_key(name="test", may=["post"], unit_id=world.id("51"), by=SYSTEM, rate_per_minute=60_000)
    sys.stdout.write(made.secret)


if __name__ == "__main__":
    main()

"""`generate.seconds`: the whole city at scale 1, from an empty database to its last household, committed."""

import os
import time

SEED = 1


def run(progress, scale: float = 1.0):
    """Yields one figure: {name, value, unit, on}."""
    from linli.foundation.access import SYSTEM, acting_as
    from linli.territory import actions

    with acting_as(SYSTEM):
        began = time.perf_counter()
        counts = actions.generate_city(scale=scale, seed=SEED, by=SYSTEM, progress=progress.say)
        seconds = time.perf_counter() - began
    rows = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    yield {
        "name": "generate.seconds",
        "value": round(seconds, 1),
        "unit": "s",
        "on": f"scale {scale:g}: {rows}; {os.cpu_count()} cores, database included, committed",
    }

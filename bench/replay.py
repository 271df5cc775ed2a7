"""`replay.rate`: whole case lives a second, from collecting to closing, database included.

The reference file of Boston's requests is lived where it is there; elsewhere rows of its shape are made.
"""

import csv
import io
import os
import random
import time
from datetime import datetime, timedelta
from pathlib import Path

from linli.config import env

REFERENCE = "boston311/boston311_2015_h1.csv.gz"
ROWS = 20_000


def run(progress, limit: int | None = None):
    """Yields one figure: {name, value, unit, on}. A life that is still open at the end of the file counts as lived too."""
    from linli.cases.replay import lives, mapping, rows, stage
    from linli.foundation.access import acting_as, system

    path = Path(env.get("LINLI_REFERENCE_DATA")) / REFERENCE
    known = path.is_file()
    if not known:
        path = env.data_dir() / "rows.csv"
        path.write_text(_made())
    by = system("bench")
    with acting_as(by):
        export = rows.read(path, mapping.read("boston311"), limit)
        prepared = stage.prepare(export, by)
        began = time.perf_counter()
        with progress.step(f"Living {len(prepared.requests):,} requests"):
            lives.live(prepared, lambda done, total: progress.count("openings and closings", done, total))
        seconds = time.perf_counter() - began
    closed = sum(request.closed is not None for request in prepared.requests)
    source = "Boston 311, January to June 2015" if known else "made rows in the shape of Boston's"
    yield {
        "name": "replay.rate",
        "value": round(len(prepared.requests) / seconds),
        "unit": "case lives/s",
        "on": f"{os.cpu_count()} cores shared with PostgreSQL; {source}: {len(prepared.requests):,} requests, {closed:,} closed",
    }


def _made(count: int = ROWS) -> str:
    """A file in the shape of Boston's: five neighbourhoods, ten types, six in seven closed."""
    from linli.cases.replay import mapping

    rng = random.Random(1)
    columns = mapping.read("boston311").columns
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(columns.values()))
    writer.writeheader()
    for number in range(count):
        writer.writerow({columns[name]: value for name, value in _row(number, rng).items()})
    return out.getvalue()


def _row(number: int, rng: random.Random) -> dict[str, object]:
    form = "%m/%d/%Y %I:%M:%S %p"
    area, kind = rng.randrange(5), rng.randrange(10)
    opened = datetime(2015, 1, 1) + timedelta(minutes=number * 12)  # noqa: DTZ001 (the zone is the mapping's)
    target, closed = opened + timedelta(days=kind + 1), opened + timedelta(hours=rng.lognormvariate(3, 1.5))
    return {
        "id": number,
        "opened": opened.strftime(form),
        "target": target.strftime(form),
        "closed": closed.strftime(form) if rng.random() < 6 / 7 else "",
        "on_time": "ONTIME" if closed <= target else "OVERDUE",
        "class": f"Type {kind}",
        "group": f"Reason {kind // 3}",
        "body": f"Department {kind // 2}",
        "title": f"Something of type {kind} at house {number}",
        "outcome": "Case closed. Done.",
        "address": f"{number} Washington St",
        "label": f"Neighbourhood {area}",
        "lon": round(-71.1 + area * 0.02 + rng.gauss(0, 0.003), 4),
        "lat": round(42.3 + rng.gauss(0, 0.01), 4),
        "channel": "Constituent Call",
    }

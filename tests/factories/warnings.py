"""Warnings as a look writes them down."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from factories.world import HERE, World
from linli.foundation import clock
from linli.insight.models import Warning

DAYS = 42


def raised(world: World, cases: Sequence[UUID], **changed: Any) -> Warning:
    """A cluster of the last week in one quarter, after weeks in which little happened there."""
    now = clock.now()
    days = [(now - timedelta(days=back)).date().isoformat() for back in reversed(range(DAYS))]
    told = {
        "kind": "cluster",
        "district": world.units["5101"],
        "unit": world.units["W1"],
        "units": [world.id(code) for code in ("51", "5101", "W", "W1")],
        "places": [str(world.id("Q"))],
        "lon": HERE[0],
        "lat": HERE[1],
        "radius_km": 0.2,
        "since": now - timedelta(days=7),
        "until": now,
        "observed": 24,
        "expected": 6.1,
        "once_in_days": 700,
        "method": "permutation",
        "cases": list(cases),
        "curve": {"labels": days, "observed": [5] * (DAYS - 1) + [24], "usual": [6.1] * DAYS},
    }
    return Warning.objects.create(**(told | changed))

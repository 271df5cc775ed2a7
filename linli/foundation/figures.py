"""Figures for Prometheus: requests, their time and database round trips; the outbox; open pages; cases by state.

Counts are kept per process in files that `linli serve` prepares (PROMETHEUS_MULTIPROC_DIR) and are summed when asked for. What
the database knows is asked there, when /metrics is.
"""

import os
import time
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST

REQUESTS = Counter("linli_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "linli_request_seconds",
    "Time in the application thread.",
    ["route"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
ROUND_TRIPS = Counter("linli_database_round_trips", "Statements, BEGIN and COMMIT sent to the database.", ["route"])
STREAMS = Gauge("linli_live_streams", "Open pages that hear changes.", multiprocess_mode="livesum")

# What the database is asked when /metrics is: name, explanation, label, statement.
ASKED = (
    (
        "linli_outbox_waiting",
        "Events not yet told.",
        "parked",
        "SELECT (attempts >= 8)::text, count(*) FROM foundation_outboxevent WHERE handled_at IS NULL GROUP BY 1",
    ),
    ("linli_cases", "Cases by state.", "state", "SELECT state, count(*) FROM cases_case GROUP BY 1"),
    ("linli_jobs", "Jobs by status.", "status", "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"),
)


class Measure:
    """Middleware, the outermost: counts and times each request under its route, never under its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began, trips = time.perf_counter(), connection.round_trips  # type: ignore[attr-defined]
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match is not None else "(none)"
        REQUESTS.labels(request.method or "", route, str(response.status_code)).inc()
        SECONDS.labels(route).observe(time.perf_counter() - began)
        ROUND_TRIPS.labels(route).inc(connection.round_trips - trips)  # type: ignore[attr-defined]
        return response


def text() -> bytes:
    """All figures in Prometheus' text format."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry) + generate_latest(_asked())


def _asked() -> CollectorRegistry:
    registry = CollectorRegistry()
    for name, explanation, label, statement in ASKED:
        gauge = Gauge(name, explanation, [label], registry=registry)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                for value, count in cursor.fetchall():
                    gauge.labels(value).set(count)
        except DatabaseError:
            # The figures of the processes are wanted most when the database is away.
            continue
    return registry

"""`/healthz`, `/readyz` and `/metrics`: open to whoever reaches the port, and free of personal data.

A city's proxy passes on what residents need and keeps these for its own monitoring (README, “Operating”).
"""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from linli.foundation import figures, place
from linli.foundation.access import acting_as, system


def up(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is looked at, so that a database away for a moment restarts nobody."""
    return HttpResponse("up\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and has every migration: requests may be sent here."""
    try:
        migrated = place.is_migrated()
    except DatabaseError:
        return JsonResponse({"ready": False, "why": "the database does not answer"}, status=503)
    if not migrated:
        return JsonResponse({"ready": False, "why": "migrations are waiting: linli migrate"}, status=503)
    return JsonResponse({"ready": True})


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text format, of all processes together."""
    with acting_as(system("metrics")):
        return HttpResponse(figures.text(), content_type=figures.CONTENT_TYPE)

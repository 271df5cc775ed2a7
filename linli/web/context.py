"""What every page's shell shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from linli.web.surfaces import header_of


def shell(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    return {"actor": actor, "demo": settings.LINLI_DEMO, "surfaces": header_of(actor)}

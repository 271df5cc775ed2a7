"""Forms of the field app that go by way of its outbox (`static/web/outbox.js`), with or without a network."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse


def wants_json(request: HttpRequest) -> bool:
    """The outbox asks for JSON, a form without script for a page."""
    return request.headers.get("Accept", "").startswith("application/json")


def answered(request: HttpRequest, told: str, to: str) -> HttpResponse:
    """What was done, and where to go."""
    if wants_json(request):
        return JsonResponse({"said": told, "next": to})
    notices.success(request, told)
    return HttpResponseRedirect(to)

"""Addresses of every room. A room's pages are in its `urls.py`, its API in its `api.py`, joined in `web/api.py`."""

from importlib import import_module

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import module_has_submodule

from linli.web.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    *(
        path("", include(f"linli.{room}.urls"))
        for room in settings.ROOMS
        if module_has_submodule(import_module(f"linli.{room}"), "urls")
    ),
]

handler400 = "linli.web.errors.bad_request"
handler403 = "linli.web.errors.forbidden"
handler404 = "linli.web.errors.not_found"
handler500 = "linli.web.errors.broken"

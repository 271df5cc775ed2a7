"""Addresses of every room. A room's pages are in its `urls.py`, its API in its `api.py`, joined in `web/api.py`."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

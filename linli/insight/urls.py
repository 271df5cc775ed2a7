"""The addresses of the warnings. Their API is in `api.py`."""

from django.urls import path

from linli.insight import pages

urlpatterns = [
    path("warnings/", pages.warnings, name="warnings"),
    path("warnings/look/", pages.look, name="warnings_look"),
    path("warnings/<uuid:warning_id>/", pages.one, name="warning"),
    path("warnings/<uuid:warning_id>/<slug:verdict>/", pages.answer, name="warning_answer"),
]

"""The addresses of the warnings and of the pages for decisions. Their API is in `api.py`."""

from django.urls import path

from linli.insight import decision_pages, pages

urlpatterns = [
    path("compare/", decision_pages.compare, name="compare"),
    path("compare/before-after/", decision_pages.before_after, name="before_after"),
    path("compare/hours/", decision_pages.hours, name="hours"),
    path("warnings/", pages.warnings, name="warnings"),
    path("warnings/look/", pages.look, name="warnings_look"),
    path("warnings/<uuid:warning_id>/", pages.one, name="warning"),
    path("warnings/<uuid:warning_id>/<slug:verdict>/", pages.answer, name="warning_answer"),
]

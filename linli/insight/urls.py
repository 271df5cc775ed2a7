"""The addresses of the warnings, of the command screen with its report, and of the pages for decisions. The API is in `api.py`."""

from django.urls import path

from linli.insight import decision_pages, pages, screen_pages

urlpatterns = [
    path("compare/", decision_pages.compare, name="compare"),
    path("compare/before-after/", decision_pages.before_after, name="before_after"),
    path("compare/hours/", decision_pages.hours, name="hours"),
    path("warnings/", pages.warnings, name="warnings"),
    path("warnings/look/", pages.look, name="warnings_look"),
    path("warnings/<uuid:warning_id>/", pages.one, name="warning"),
    path("warnings/<uuid:warning_id>/<slug:verdict>/", pages.answer, name="warning_answer"),
    path("screen/", screen_pages.screen, name="screen"),
    path("screen/figures.xlsx", screen_pages.table, name="screen_table"),
    path("screen/weekly/", screen_pages.report, name="weekly_report"),
    path("screen/weekly.pdf", screen_pages.report_as_pdf, name="weekly_report_pdf"),
]

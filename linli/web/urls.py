"""The first page, the language switch and the joined API."""

from django.urls import path
from django.views.i18n import set_language

from linli.web import pages

urlpatterns = [
    path("", pages.first, name="first"),
    path("language/", set_language, name="set_language"),
]

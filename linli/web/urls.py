"""The first page, the territory, the audit and the language switch. The API is joined in `config/urls.py`."""

from django.urls import path
from django.views.i18n import set_language

from linli.web import audit, pages, territory

urlpatterns = [
    path("", pages.first, name="first"),
    path("territory/", territory.territory),
    path("audit/", audit.audit_page),
    path("language/", set_language, name="set_language"),
]

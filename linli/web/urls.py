"""The first page, the territory, the audit, and the switches of language and look. The API is joined in `config/urls.py`."""

from django.urls import path
from django.views.i18n import set_language

from linli.web import audit, design, errors, looks, pages, pwa, territory

urlpatterns = [
    path("", pages.first, name="first"),
    path("demo/sign-in/", pages.sign_in_to_demo),
    path("territory/", territory.territory),
    path("audit/", audit.audit_page),
    path("language/", set_language, name="set_language"),
    path("design/", design.design),
    path("offline/", errors.offline),
    path("manifest.webmanifest", pwa.manifest),
    path("sw.js", pwa.worker),
    path("pulse/", pwa.pulse),
    path("look/", looks.change, name="look"),
    path("elder/", looks.elder),
]

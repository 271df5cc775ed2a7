"""The first page, the territory, the audit, help, and the switches of language and look. The API is joined in `config/urls.py`."""

from django.urls import path

from linli.web import (
    audit,
    errors,
    guide,
    help,
    languages,
    looks,
    pages,
    pwa,
    territory,
    unit_adding,
    unit_boundary,
    unit_changes,
    unit_merging,
    work,
)
from linli.web.design import page as design

urlpatterns = [
    path("", pages.first, name="first"),
    path("demo/sign-in/", pages.sign_in_to_demo),
    path("territory/", territory.territory, name="territory"),
    path("territory/names/", territory.names, name="territory_names"),
    path("territory/<uuid:unit_id>/add/", unit_adding.add, name="territory_add"),
    path("territory/<uuid:unit_id>/change/", unit_changes.change, name="territory_change"),
    path("territory/<uuid:unit_id>/merge/", unit_merging.merge, name="territory_merge"),
    path("territory/<uuid:unit_id>/split/", unit_merging.split, name="territory_split"),
    path("territory/<uuid:unit_id>/boundary/", unit_boundary.redraw, name="territory_redraw"),
    path("territory/<uuid:unit_id>/boundary.geojson", territory.boundary, name="territory_boundary"),
    path("territory/import/", territory.import_page, name="territory_import"),
    path("work/", work.works, name="works"),
    path("work/<uuid:work_id>/", work.one, name="work"),
    path("work/<uuid:work_id>/rows.csv", work.rows_as_csv, name="work_rows"),
    path("work/<uuid:work_id>/apply/", work.apply, name="work_apply"),
    path("work/<uuid:work_id>/again/", work.again, name="work_again"),
    path("audit/", audit.audit_page),
    path("language/", languages.change, name="set_language"),
    path("design/", design.design),
    path("design/chart/", design.sample_chart),
    path("offline/", errors.offline),
    path("manifest.webmanifest", pwa.manifest),
    path("sw.js", pwa.worker),
    path("pulse/", pwa.pulse),
    path("look/", looks.change, name="look"),
    path("elder/", looks.elder),
    path("help/<slug:name>/", help.tour_page, name="tour"),
    path("help/<slug:name>/steps/", help.tour_steps, name="tour_steps"),
    path("guide/", guide.guides, name="guides"),
    path("guide/<slug:role>/", guide.guide, name="guide"),
]

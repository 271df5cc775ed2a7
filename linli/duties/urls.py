from django.urls import path

from linli.duties import pages

urlpatterns = [
    path("duties/", pages.home, name="duties"),
    path("duties/classes/", pages.class_list, name="duties_classes"),
    path("duties/classes/<str:code>/", pages.class_page, name="duties_class"),
    path("duties/lists/<uuid:list_id>/", pages.list_page, name="duties_list"),
    path("duties/lists/<uuid:list_id>/export.<str:kind>", pages.export, name="duties_export"),
    path("duties/rows/<uuid:duty_id>/", pages.row_page, name="duties_row"),
    path("duties/gaps/", pages.gaps, name="duties_gaps"),
    path("duties/import/", pages.import_page, name="duties_import"),
    path("duties/import/classes/", pages.import_classes, name="duties_import_classes"),
    path("duties/days/", pages.day_page, name="duties_days"),
    path("duties/days/clear/", pages.clear_day, name="duties_clear_day"),
]

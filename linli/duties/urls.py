from django.urls import path

from linli.duties.pages import catalogue, lists, rows, stages

urlpatterns = [
    path("duties/", lists.home, name="duties"),
    path("duties/classes/", catalogue.class_list, name="duties_classes"),
    path("duties/new-class/", catalogue.new_class, name="duties_new_class"),
    path("duties/classes/<str:code>/change/", catalogue.change_class, name="duties_class_change"),
    path("duties/classes/<str:code>/", catalogue.class_page, name="duties_class"),
    path("duties/lists/<uuid:list_id>/", lists.list_page, name="duties_list"),
    path("duties/lists/<uuid:list_id>/add/", rows.add_page, name="duties_add"),
    path("duties/lists/<uuid:list_id>/export.<str:kind>", lists.export, name="duties_export"),
    path("duties/rows/<uuid:row_id>/", rows.row_page, name="duties_row"),
    path("duties/rows/<uuid:row_id>/change/", rows.change_row, name="duties_row_change"),
    path("duties/gaps/", lists.gaps, name="duties_gaps"),
    path("duties/import/", lists.import_page, name="duties_import"),
    path("duties/import/classes/", catalogue.import_classes, name="duties_import_classes"),
    path("duties/stages/", stages.stage_page, name="duties_stages"),
    path("duties/days/", catalogue.day_page, name="duties_days"),
    path("duties/days/clear/", catalogue.clear_day, name="duties_clear_day"),
]

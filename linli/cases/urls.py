"""Addresses of the loop's pages."""

from django.urls import path

from linli.cases.pages import bulk, case, desk, figures, hotline, rates, report, uploads, views, work

urlpatterns = [
    path("report/", report.report),
    path("report/hints/", report.hints),
    path("report/photos/", report.photos),
    path("report/map/", report.area_map),
    path("report/photos/<str:token>/", uploads.kept_photo),
    path("my/", work.my),
    path("case/<str:reference>/", case.show),
    path("case/<str:reference>/files/<uuid:attachment>/", uploads.case_file),
    path("case/<str:reference>/<slug:name>/", case.change),
    path("track/<str:reference>/<str:secret>/", case.track),
    path("track/<str:reference>/<str:secret>/files/<uuid:attachment>/", uploads.tracked_file),
    path("rate/<str:reference>/<str:secret>/", case.rate),
    path("desk/", desk.desk),
    path("desk/bulk/", bulk.bulk),
    path("desk/undo/", bulk.undo),
    path("desk/views/", views.keep),
    path("desk/views/counts/", views.counts),
    path("field/", work.field),
    path("verify/", work.verify),
    path("hotline/", hotline.hotline),
    path("figures/", figures.figures),
    path("rates/", rates.rates),
]

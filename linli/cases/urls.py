"""Addresses of the loop's pages."""

from django.urls import path

from linli.cases.pages import around, bulk, case, desk, field, home, hotline, rates, report, uploads, verify, views

urlpatterns = [
    path("report/", report.report),
    path("report/hints/", report.hints),
    path("report/photos/", report.photos),
    path("report/map/", report.area_map),
    path("report/photos/<str:token>/", uploads.kept_photo),
    path("home/", home.home),
    path("safety/", home.safety),
    path("service/", home.service),
    path("around/", around.around),
    path("my/", home.my),
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
    path("field/", field.inbox),
    path("field/map/", field.area),
    path("field/me/", field.me),
    path("field/task/<str:reference>/", field.task),
    path("field/task/<str:reference>/<slug:name>/", field.change),
    path("verify/", verify.verify),
    path("verify/<str:reference>/<slug:name>/", verify.change),
    path("hotline/", hotline.hotline),
    path("hotline/caller/", hotline.caller),
    path("hotline/hints/", hotline.hints),
    path("hotline/addresses/", hotline.addresses),
    path("hotline/classes/", hotline.classes),
    path("hotline/callbacks/", hotline.callbacks),
    path("hotline/callbacks/<str:reference>/", hotline.callbacks),
    path("rates/", rates.rates),
]

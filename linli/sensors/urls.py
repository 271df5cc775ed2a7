"""Addresses of the sensors."""

from django.urls import path

from linli.sensors import pages

urlpatterns = [
    path("sensors/", pages.sensors),
    path("sensors/new/", pages.new),
    path("sensors/<uuid:device_id>/", pages.device, name="sensor"),
    path("sensors/<uuid:device_id>/change/", pages.change),
    path("sensors/<uuid:device_id>/retire/", pages.retire),
    path("sensors/alerts/<uuid:alert_id>/<slug:verdict>/", pages.answer, name="sensor_alert_answer"),
]

"""Addresses of the cameras."""

from django.urls import path

from linli.cameras import pages

urlpatterns = [
    path("cameras/", pages.cameras),
    path("cameras/new/", pages.new),
    path("cameras/<uuid:camera_id>/", pages.camera),
    path("cameras/<uuid:camera_id>/look/", pages.look),
    path("cameras/<uuid:camera_id>/change/", pages.change),
    path("cameras/<uuid:camera_id>/close/", pages.close),
]

"""Addresses of this room's pages."""

from django.urls import path

from linli.campaigns.pages import field

urlpatterns = [
    path("field/doors/", field.doors),
]

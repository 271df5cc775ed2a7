"""What the machines around the app ask: is it up, can it work, how does it do."""

from django.urls import path

from linli.foundation import health

urlpatterns = [
    path("healthz", health.up),
    path("readyz", health.ready),
    path("metrics", health.metrics),
]

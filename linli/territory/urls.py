"""What of this room is no page and no API: the base map."""

from django.urls import path

from linli.territory.basemap import serving

urlpatterns = [path("map/base.pmtiles", serving.base_map, name="base_map")]

"""Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2): reading what is public, and handing in reports by key."""

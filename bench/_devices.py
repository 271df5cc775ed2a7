"""Devices all over the city with a day of readings and their alerts, written by the database itself as `_million` writes cases."""

import psycopg

from linli.foundation.database import embedded, urls

DEVICES, READINGS = 5_000, 200
TABLES = ("sensors_device", "sensors_reading", "sensors_alert")
# Rows are written as the owner, whom row security does not bind; every constraint and index of the tables holds.
ROWS = """
INSERT INTO sensors_device (
    id, code, kind, name, unit_id, lon, lat, owner_id, high, silent_minutes, last_at, last_value, beyond, times, created_at
)
SELECT uuidv7(), 'S' || n, (ARRAY['water_level', 'gas', 'smoke', 'manhole', 'temperature', 'noise'])[1 + n %% 6], '设备' || n, place.id,
    place.lon, place.lat, (SELECT id FROM people_body ORDER BY id LIMIT 1), 60, 120, now(), random() * 60, '', 0, now()
FROM (
    SELECT row_number() OVER () AS n, id, lon, lat FROM (
        SELECT id, lon, lat FROM territory_unit WHERE level = 'building' AND lon IS NOT NULL ORDER BY random() LIMIT %(devices)s
    ) AS drawn
) AS place;

INSERT INTO sensors_reading (id, device_id, at, value)
SELECT uuidv7(), id, now() - step * interval '7 minutes', random() * 60
FROM sensors_device, generate_series(1, %(readings)s) AS step;

INSERT INTO sensors_alert (id, device_id, kind, value, opened_at, closed_at, verdict)
SELECT uuidv7(), id, 'high', 61, opened_at, CASE WHEN days > 1 THEN opened_at + interval '2 hours' END, ''
FROM sensors_device, generate_series(1, 8) AS days, LATERAL (SELECT now() - days * interval '1 day' AS opened_at) AS alert
WHERE days > 1 OR hashtext(id::text) %% 33 = 0;
"""


def store(progress) -> None:
    """On a territory with buildings."""
    place = embedded.cluster()
    with (
        progress.step(f"Storing {DEVICES:,} devices with {READINGS} readings each"),
        psycopg.connect(host=str(place.socket_dir), user=urls.OWNER_ROLE, dbname=urls.NAME, autocommit=True) as owner,
    ):
        owner.execute(psycopg.ClientCursor(owner).mogrify(ROWS, {"devices": DEVICES, "readings": READINGS}))
        for table in TABLES:
            owner.execute(f"VACUUM (ANALYZE) {table}")


def in_unit(unit) -> str:
    """One that stands in a unit."""
    from linli.sensors.models import Device

    return str(Device.objects.filter(unit__path__contains=[unit.id]).order_by("pk")[0].pk)

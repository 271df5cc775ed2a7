"""The demo's devices: most are in order, one gauge is above its limit, and one probe fell silent."""

from datetime import datetime, timedelta

from linli.demo.people import BY
from linli.foundation import clock
from linli.people import queries as people
from linli.sensors import actions
from linli.sensors.actions import Measured, Told
from linli.sensors.queries import Owner
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

EVERY = timedelta(minutes=10)
# Kind, name, the high limit, and what was read of late, the last value now.
DEVICES = (
    ("water_level", "排水沟水位计", 60.0, (22, 25, 31, 48, 63, 71)),
    ("gas", "燃气探头", 20.0, (1, 1, 2, 1, 1, 1)),
    ("smoke", "楼道烟感", 5.0, (0.1, 0.1, 0.1, 0.2, 0.1, 0.1)),
    ("manhole", "井盖传感器", 0.5, (0, 0, 0, 0, 0, 0)),
    ("temperature", "配电房温度", 45.0, (31, 31.5, 32, 32, 31.5, 31)),
    ("noise", "广场噪声监测", 70.0, (58, 61, 66, 64, 60, 57)),
)
# It spoke last two hours before the others.
SILENT, FOR = "gas", timedelta(hours=2)


def register_all(subdistrict: UnitInfo) -> None:
    """One of each in the first communities, of the first body of the subdistrict."""
    owner = next(body for body in people.bodies() if body.unit_id == subdistrict.id)
    communities = territory.children(subdistrict.id, level="community")
    now = clock.now()
    told: list[Told] = []
    read: list[Measured] = []
    for number, (device, community) in enumerate(zip(DEVICES, communities, strict=False), 1):
        kind, name, high, values = device
        code = f"demo-{number}"
        quarter = next(one for one in territory.children(community.id, level="quarter") if one.lon is not None)
        assert quarter.lon is not None
        assert quarter.lat is not None
        place = territory.locate(quarter.lon, quarter.lat)
        lon, lat = quarter.lon + 0.0002, quarter.lat
        told.append(Told(code, kind, f"{quarter.name}{name}", lon, lat, place.unit_id, owner.id, 60, high=high))
        read += _readings(code, values, now - FOR if kind == SILENT else now, len(read))
    actions.register(told=told, by=BY)
    actions.deliver(owner=Owner(owner.id, ""), readings=read)
    actions.find_silent()


def _readings(code: str, values: tuple[float, ...], last: datetime, first: int) -> list[Measured]:
    return [
        Measured(first + place, code, last - EVERY * (len(values) - 1 - place), value)
        for place, value in enumerate(values)
    ]

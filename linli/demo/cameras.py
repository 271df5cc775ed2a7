"""The cameras of the demo. No stream comes with it: their addresses answer nothing, and the page says so."""

from datetime import datetime

from linli.cameras import actions
from linli.cameras.actions import Told
from linli.demo.people import BY
from linli.foundation import clock
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

# Name, direction, purpose, the sign at the place, kind of stream.
CAMERAS = (
    ("菜市场东门", 90, "高峰时段人流与占道经营", "东门立柱：“视频监控区域”", "hls"),
    ("社区广场", None, "广场活动安全与设施看护", "广场公告栏旁：“视频监控区域”", "hls"),
    ("小区西侧消防通道", 225, "消防通道是否被占用", "", "whep"),
)


def register_all(subdistrict: UnitInfo, day: datetime) -> None:
    """One in each of the first communities, owned by the first body of the subdistrict."""
    communities = territory.children(subdistrict.id, level="community")
    owner = next(body for body in people.bodies() if body.unit_id == subdistrict.id)
    with clock.at(day):
        for number, (camera, community) in enumerate(zip(CAMERAS, communities, strict=False), 1):
            name, direction, purpose, sign, kind = camera
            assert community.lon is not None
            assert community.lat is not None
            told = Told(
                name=f"{community.name}{name}",
                lon=community.lon,
                lat=community.lat,
                owner_id=owner.id,
                purpose=purpose,
                kind=kind,
                # A name that never leads anywhere (RFC 2606).
                address=f"https://camera-{number}.invalid/live/{'index.m3u8' if kind == 'hls' else 'whep'}",
                retention_days=30,
                direction=direction,
                sign=sign,
            )
            actions.register(told=told, by=BY)

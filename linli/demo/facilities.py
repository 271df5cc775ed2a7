"""The demo's services and facilities. They are made up, as the demo's people are: their phones begin with zeros and reach nobody."""

import random

from linli.demo.people import BY
from linli.territory import queries as territory
from linli.territory.facilities import actions, kinds
from linli.territory.facilities.kinds import Told
from linli.territory.index import UnitInfo

SOURCE = "demo"
DAY, LONG_DAY, ALWAYS = "周一至周五 9:00-17:00", "每天 7:00-21:00", "全天"
# Kind, what its name ends with, in English, when it is open.
IN_EACH_COMMUNITY = (
    ("service_centre", "党群服务中心", "service centre", DAY),
    ("clinic", "卫生服务站", "clinic", "每天 8:00-18:00"),
    ("pharmacy", "药房", "pharmacy", LONG_DAY),
    ("market", "菜市场", "market", "每天 6:30-19:30"),
    ("canteen", "社区食堂", "canteen", "每天 11:00-13:30，17:00-19:00"),
    ("elder_care", "日间照料中心", "day care for elders", DAY),
    ("kindergarten", "幼儿园", "kindergarten", "周一至周五 7:30-18:00"),
    ("park", "小游园", "pocket park", ALWAYS),
    ("toilet", "公厕", "public toilet", ALWAYS),
    ("bus_stop", "公交站", "bus stop", ""),
    ("shelter", "应急避难点", "emergency shelter", ALWAYS),
)
IN_SOME = (
    ("school", "小学", "primary school", ""),
    ("police", "派出所", "police station", ALWAYS),
    ("parking", "停车场", "car park", ALWAYS),
    ("library", "图书室", "library", "周二至周日 9:00-18:00"),
    ("metro", "地铁站", "metro station", "每天 6:10-23:30"),
    ("hospital", "医院", "hospital", ALWAYS),
    ("fire_station", "消防站", "fire station", ALWAYS),
    ("sports", "健身广场", "sports ground", ALWAYS),
)


def register_all(subdistrict: UnitInfo, rng: random.Random) -> None:
    """The usual ones beside quarters of each community, and one more of the others in each."""
    communities = territory.children(subdistrict.id, level="community")
    told: list[Told] = []
    for community, more in zip(communities, IN_SOME, strict=False):
        quarters = [one for one in territory.children(community.id, level="quarter") if one.lon is not None]
        for line in (*IN_EACH_COMMUNITY, more):
            told.append(_told(community, rng.choice(quarters), line, len(told) + 1))
    actions.load(source=SOURCE, told=told, by=BY)


def _told(community: UnitInfo, quarter: UnitInfo, line: tuple[str, str, str, str], number: int) -> Told:
    word, ending, ending_en, hours = line
    kind = kinds.of_word(word)
    assert kind is not None
    assert quarter.lon is not None
    assert quarter.lat is not None
    # Not two at one spot.
    lon, lat = quarter.lon + number % 7 * 0.00015, quarter.lat - number % 5 * 0.00015
    name = community.name.removesuffix("社区")
    phone = f"028-0000 {number:04}" if hours and hours != ALWAYS else ""
    return Told(
        f"{number}", kind, f"{name}{ending}", f"{community.name_en}, {ending_en}", lon, lat, quarter.name, hours, phone
    )

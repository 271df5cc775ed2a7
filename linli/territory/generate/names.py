"""Names that sound like the place, for units that no register names."""

from linli.territory.generate.mixture import COMMODITY, OLD_COURTYARD, RESETTLEMENT, WORK_UNIT

_ESTATES = (
    ("锦绣花园", "Jinxiu Garden"), ("阳光新城", "Sunshine Town"), ("翠湖苑", "Cuihu Court"), ("御景府", "Yujing House"),
    ("蜀韵名都", "Shuyun Estate"), ("金色家园", "Golden Home"), ("芙蓉苑", "Hibiscus Court"), ("锦江丽景", "Jinjiang View"),
    ("香樟林", "Camphor Grove"), ("天府雅居", "Tianfu Residence"), ("银杏园", "Ginkgo Garden"), ("府河上院", "Fuhe Court"),
)  # fmt: skip
_FACTORIES = (
    ("电机厂宿舍", "Motor Works Housing"), ("机械厂宿舍", "Machine Works Housing"), ("棉纺厂宿舍", "Cotton Mill Housing"),
    ("量具厂宿舍", "Gauge Works Housing"), ("铁路局宿舍", "Railway Housing"), ("无线电厂宿舍", "Radio Works Housing"),
)  # fmt: skip


def _stem(community: str) -> str:
    for ending in ("社区", "村"):
        if community.endswith(ending) and len(community) > len(ending) + 1:
            return community[: -len(ending)]
    return community


def quarter(kind: int, community: str, number: int) -> tuple[str, str]:
    """Chinese and English name of the community's quarter with this number, from 1."""
    stem = _stem(community)
    if kind == COMMODITY:
        name, english = _ESTATES[number % len(_ESTATES)]
        return f"{stem}{name}{_phase(number)}", f"{english} {number}"
    if kind == WORK_UNIT:
        name, english = _FACTORIES[number % len(_FACTORIES)]
        return f"{stem}{name}{_phase(number)}", f"{english} {number}"
    if kind == RESETTLEMENT:
        return f"{stem}新居{number}期", f"Resettlement Quarter {number}"
    assert kind == OLD_COURTYARD
    return f"{stem}路{2 * number - 1}号院", f"Courtyard {2 * number - 1}"


def _phase(number: int) -> str:
    return f"{number // len(_ESTATES) + 1}期" if number >= len(_ESTATES) else ""

"""Who may sign in to the demo, and with what. Shown on the first page and by `linli demo`, with LINLI_DEMO=1 only.

The accounts are made as demo accounts: nowhere but in a demo does their password open anything (`people`).
"""

from dataclasses import dataclass

from linli.config import env
from linli.foundation.access import Role

PASSWORD = "shuangqiaozi-2024"  # noqa: S105 (shown on the first page)
# The resident whose cases the demo shows.
RESIDENT_PHONE = "13800000001"

CITY, DISTRICT, SUBDISTRICT, COMMUNITY = "5101", "510108", "510108004", "510108004003"


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """A member of staff: the role they hold in a unit, for each body whose code begins so (handlers)."""

    username: str
    name: str
    role: Role
    unit: str
    note_zh: str
    note_en: str
    bodies: tuple[str, ...] = ()


STAFF = (
    StaffLogin(
        "clerk", "钟晓琳", Role.HOTLINE_CLERK, SUBDISTRICT,
        "12345 坐席：接听、登记、回访", "12345 clerk: takes calls, asks back after closing",
    ),
    StaffLogin(
        "grid", "何建国", Role.GRID_WORKER, COMMUNITY,
        "双林社区网格员：在外场上报", "Grid worker of Shuanglin: reports from the street",
    ),
    StaffLogin(
        "desk", "罗敏", Role.DESK, SUBDISTRICT,
        "案卷受理台：立案、不予立案、并单、结案", "Case desk: files, declines, merges, closes",
    ),
    StaffLogin(
        "dispatch", "唐志强", Role.DISPATCHER, SUBDISTRICT,
        "派遣员：派遣、改派、协办", "Dispatcher: dispatches, reassigns, asks co-handlers",
    ),
    StaffLogin(
        "handler", "邓涛", Role.HANDLER, SUBDISTRICT,
        "街道各办公室处置员", "Handler of the subdistrict's offices", ("510108004-",),
    ),
    StaffLogin(
        "handler.community", "周丽华", Role.HANDLER, SUBDISTRICT,
        "八个社区居委会处置员", "Handler of the eight residents' committees",
        tuple(f"5101080040{number:02}-" for number in range(3, 11)),
    ),
    StaffLogin(
        "handler.district", "谢军", Role.HANDLER, DISTRICT,
        "区级部门处置员", "Handler of the district's bureaus", ("510108-",),
    ),
    StaffLogin(
        "handler.city", "冯磊", Role.HANDLER, CITY,
        "市级部门和水电气企业处置员", "Handler of the city's bureaus and utilities", ("5101-",),
    ),
    StaffLogin(
        "verify", "曾雅", Role.VERIFIER, SUBDISTRICT,
        "核查员：看现场照片，通过或返工", "Verifier: looks at the result, passes it or sends it back",
    ),
    StaffLogin(
        "leader", "蒋伟", Role.LEADER, SUBDISTRICT,
        "值班领导：督办、看三率", "Duty leader: supervises, sees the three rates",
    ),
    StaffLogin(
        "admin", "彭洋", Role.ADMIN, CITY,
        "管理员：岗位、清单、接口密钥", "Administrator: posts, lists, keys of the gateway",
    ),
    StaffLogin(
        "audit", "韩梅", Role.AUDITOR, CITY,
        "审计员：时间线和校验", "Auditor: timelines and their verification",
    ),
)  # fmt: skip


# What a folder with a city's past (`replayed`) knows of it.
REPLAYED = "replayed.json"
# Who works there: in the city, or in its district.
CITY_WIDE, IN_DISTRICT = "city", "district"
CITY_STAFF = (
    StaffLogin(
        "leader", "Daniel Ortiz", Role.LEADER, IN_DISTRICT,
        "区领导：指挥大屏、地图、预警", "Leader of the district: command screen, map, warnings",
    ),
    StaffLogin(
        "leader.city", "Ellen Moran", Role.LEADER, CITY_WIDE,
        "市领导：全市，含无地点的诉求", "Leader of the city: all of it, with what has no place",
    ),
    StaffLogin(
        "desk", "Grace Lee", Role.DESK, CITY_WIDE,
        "案卷受理台：立案、不予立案、并单、结案", "Case desk: files, declines, merges, closes",
    ),
    StaffLogin(
        "dispatch", "Marcus Hill", Role.DISPATCHER, IN_DISTRICT,
        "派遣员：派遣、改派、协办", "Dispatcher: dispatches, reassigns, asks co-handlers",
    ),
    StaffLogin(
        "handler", "Rosa Silva", Role.HANDLER, CITY_WIDE,
        "各部门处置员", "Handler of all departments",
    ),
    StaffLogin(
        "verify", "Tom Walsh", Role.VERIFIER, IN_DISTRICT,
        "核查员：看现场照片，通过或返工", "Verifier: looks at the result, passes it or sends it back",
    ),
    StaffLogin(
        "admin", "Nina Patel", Role.ADMIN, CITY_WIDE,
        "管理员：岗位、清单、接口密钥", "Administrator: posts, lists, keys of the gateway",
    ),
    StaffLogin(
        "audit", "Omar Haddad", Role.AUDITOR, CITY_WIDE,
        "审计员：时间线和校验", "Auditor: timelines and their verification",
    ),
)  # fmt: skip


def _surface(role: Role) -> str:
    pages = {
        Role.HOTLINE_CLERK: "/hotline/", Role.GRID_WORKER: "/field/", Role.HANDLER: "/field/",
        Role.VERIFIER: "/verify/", Role.ADMIN: "/people/", Role.AUDITOR: "/audit/",
        Role.DISPATCHER: "/dispatch/",
    }  # fmt: skip
    return pages.get(role, "/desk/")


def _shown(login: StaffLogin, surface: str = "") -> dict[str, str]:
    return {
        "role": login.role.value,
        "username": login.username,
        "password": PASSWORD,
        "surface": surface or _surface(login.role),
        "note_zh": login.note_zh,
        "note_en": login.note_en,
    }


LOGINS: list[dict[str, str]] = [
    {
        "role": "resident",
        "username": RESIDENT_PHONE,
        "password": "",
        "surface": "/my/",
        "note_zh": "居民：用手机号登录",
        "note_en": "Resident: signs in by phone",
    },
    *map(_shown, STAFF),
]
# Of a city whose past is shown, leaders come for the screen.
_CITY_LOGINS = [_shown(login, "/screen/" if login.role is Role.LEADER else "") for login in CITY_STAFF]


def of_here() -> list[dict[str, str]]:
    """The logins of the demo that the data folder holds."""
    return _CITY_LOGINS if (env.data_dir() / REPLAYED).exists() else LOGINS

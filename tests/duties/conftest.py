"""A small piece of Chengdu's territory, with the demo pack loaded where a test asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from factories import again, databases
from factories.again import Made

from linli.duties import queries
from linli.duties.actions import catalogue, lists, packs
from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.ids import uuid7
from linli.people import actions as people_actions
from linli.people import queries as people
from linli.people.actions import bodies
from linli.people.models import BodyKind
from linli.territory import queries as territory
from linli.territory.models import Level, Unit

COMMUNITIES = {
    "510108004003": "双林社区",
    "510108004004": "双桥路北社区",
    "510108004005": "水碾河路北社区",
    "510108004006": "新鸿社区",
    "510108004007": "新华社区",
    "510108004008": "菽香里社区",
    "510108004009": "万晟社区",
    "510108004010": "三街坊社区",
}
SUBDISTRICT, DISTRICT, CITY = "510108004", "510108", "5101"


def make_unit(code: str, level: Level, name: str, parent: Unit | None = None, kind: str = "") -> Unit:
    unit_id = uuid7()
    path = [*(parent.path if parent else []), unit_id]
    return Unit.objects.create(
        id=unit_id, code=code, level=level, name=name, kind=kind, parent=parent, path=path, valid_from=date(2010, 1, 1)
    )


@dataclass
class Units:
    """Units by code."""

    by_code: dict[str, Unit]

    def __getitem__(self, code: str) -> Unit:
        return self.by_code[code]


def forget() -> None:
    for room in (territory, people, queries):
        room.forget()


def make_units() -> Units:
    """Chengdu, Chenghua, Shuangqiaozi with its 8 communities, and one subdistrict beside it."""
    with acting_as(SYSTEM):
        made = {CITY: make_unit(CITY, Level.CITY, "成都市")}
        made[DISTRICT] = make_unit(DISTRICT, Level.DISTRICT, "成华区", made[CITY])
        made[SUBDISTRICT] = make_unit(SUBDISTRICT, Level.SUBDISTRICT, "双桥子街道", made[DISTRICT])
        made["510108005"] = make_unit("510108005", Level.SUBDISTRICT, "建设路街道", made[DISTRICT])
        made["510108005001"] = make_unit("510108005001", Level.COMMUNITY, "培华路社区", made["510108005"])
        for code, name in COMMUNITIES.items():
            made[code] = make_unit(code, Level.COMMUNITY, name, made[SUBDISTRICT])
        quarter = make_unit("510108004003-Q001", Level.QUARTER, "双林小区", made["510108004003"], "old_courtyard")
        made[quarter.code] = quarter
    forget()
    return Units(made)


@pytest.fixture
def units(db: None, made_units: Made[Units]) -> Iterator[Units]:
    forget()
    yield made_units.again()
    forget()


@pytest.fixture
def pack(units: Units, made_pack: Made[object]) -> Units:
    """The territory with the demo pack."""
    made_pack.again()
    forget()
    return units


@pytest.fixture
def system() -> Actor:
    return SYSTEM


def admin_of(unit_id: UUID) -> Actor:
    """An administrator with a post in one unit."""
    return Actor(uuid7(), ActorKind.PERSON, "街道 · 管理员", (Grant(Role.ADMIN, unit_id),))


CLASSES_CSV = """\
code,kind,parent,name,name_en,limit,limit_kind,response,response_kind,proof,keywords,keywords_en,emergency_number
E01,event,,市容环境,City appearance,,,,,,,,
E0101,event,E01,暴露垃圾,Exposed waste,4,working_hour,1,working_hour,yes,垃圾;清运,garbage,
E0102,event,E01,油烟扰民,Cooking fumes,5,working_day,1,working_day,yes,油烟,fumes,
C01,component,,公用设施,Public utilities,,,,,,,,
C0101,component,C01,燃气井盖,Gas manhole cover,2,emergency_hour,0.5,emergency_hour,yes,井盖,manhole,119
"""


def make_small(units: Units) -> Units:
    """Three minor classes and three bodies: office, bureau, and the committee of Shuanglin."""
    with acting_as(SYSTEM):
        catalogue.import_classes(file=CLASSES_CSV.encode(), filename="classes.csv", by=SYSTEM)
        for code, name, kind, unit in (
            ("office", "双桥子街道办", BodyKind.SUBDISTRICT_OFFICE, SUBDISTRICT),
            ("bureau", "区综合执法局", BodyKind.DISTRICT_BUREAU, DISTRICT),
            ("committee", "双林社区居委会", BodyKind.RESIDENTS_COMMITTEE, "510108004003"),
        ):
            bodies.create_body(code=code, name=name, name_en=code, kind=kind, unit=units[unit].id, by=SYSTEM)
    return units


@pytest.fixture
def small(units: Units, made_small: Made[object]) -> Units:
    made_small.again()
    forget()
    return units


@pytest.fixture(scope="session")
def made_units(template_database: str, django_db_blocker: pytest.FixtureRequest) -> Made[Units]:
    with databases.of_its_own(template_database, "made", django_db_blocker):
        return again.record(make_units)


@pytest.fixture(scope="session")
def made_small(
    made_units: Made[Units], template_database: str, django_db_blocker: pytest.FixtureRequest
) -> Made[object]:
    with databases.of_its_own(template_database, "made", django_db_blocker):
        units = made_units.again()
        return again.record(lambda: make_small(units))


@pytest.fixture(scope="session")
def made_pack(
    made_units: Made[Units], template_database: str, django_db_blocker: pytest.FixtureRequest
) -> Made[object]:
    with databases.of_its_own(template_database, "made", django_db_blocker):
        made_units.again()
        return again.record(lambda: packs.load_pack("chengdu", by=SYSTEM))


def duty_table(*rows: str) -> bytes:
    return "\n".join(["number,clause,class,unit,body,role", *rows]).encode()


EVERYTHING = ("1,第1条,E01,510108004,office,lead", "2,第2条,C01,510108004,bureau,lead")
"""The shortest list without a gap: a lead for each major class."""


def import_duties(units: Units, *rows: str, file: bytes | None = None, **changed: Any) -> lists.Imported:
    """Import a duty list for the subdistrict as the system; `changed` replaces single arguments."""
    arguments: dict[str, Any] = {
        "kind": "duty",
        "file": file if file is not None else duty_table(*rows),
        "filename": "duties.csv",
        "name": "职责清单",
        "version": "2023",
        "unit": units[SUBDISTRICT].id,
        "valid_from": date(2023, 1, 1),
        "by": SYSTEM,
    }
    with acting_as(changed.get("by", SYSTEM)):
        return lists.import_list(**(arguments | changed))


def signed_in(client: Client, role: Role, unit_id: object) -> Client:
    """The client signed in as a new member of staff with one post."""
    with acting_as(SYSTEM):
        person = people_actions.create_staff(
            username=f"s{uuid4().hex[:8]}", name="王", password="a long enough phrase", by=SYSTEM
        )
        people_actions.appoint(person=person.id, role=role, unit=unit_id, by=SYSTEM)
    client.force_login(person)
    return client

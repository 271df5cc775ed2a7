"""A small city for tests of cases: two subdistricts with two communities each, a quarter, three bodies, a few classes, staff.

All squares: the city is 104.00–104.04 E, 30.60–30.64 N; a subdistrict is its western or eastern half, a community the southern
or northern half of that; the quarter fills the south-west corner of the first community.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from shapely import box, to_wkb

from linli.dispatch import queries as dispatch
from linli.duties import queries as duties
from linli.duties.models import CaseClass, ClassVersion, Duty, DutyList
from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.ids import uuid7
from linli.people import queries as people
from linli.people.models import Body, Person, Post
from linli.people.rules import phone_hash
from linli.territory import queries as territory
from linli.territory.models import Boundary, Level, Unit

START = date(2010, 1, 1)
START_AT = datetime(2010, 1, 1, tzinfo=UTC)
WEST, SOUTH, STEP = 104.00, 30.60, 0.02
# A place in the quarter, and one in the community on the other side of the city.
HERE = (104.002, 30.602)
ELSEWHERE = (104.03, 30.63)


@dataclass
class World:
    units: dict[str, Unit] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)
    classes: dict[str, CaseClass] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def unit(self, code: str, level: Level, parent: str | None, shape: object, kind: str = "") -> Unit:
        above = self.units[parent] if parent else None
        unit_id = uuid7()
        centre = shape.centroid  # type: ignore[attr-defined]
        unit = Unit.objects.create(
            id=unit_id,
            code=code,
            level=level,
            kind=kind,
            name=f"{level}{code}",
            parent=above,
            path=[*(above.path if above else []), unit_id],
            valid_from=START,
            lon=centre.x,
            lat=centre.y,
        )
        west, south, east, north = shape.bounds  # type: ignore[attr-defined]
        Boundary.objects.create(
            unit=unit,
            valid_from=START,
            source="test",
            geometry=to_wkb(shape),
            west=west,
            south=south,
            east=east,
            north=north,
        )
        self.units[code] = unit
        return unit

    def body(self, code: str, unit: str) -> Body:
        self.bodies[code] = Body.objects.create(
            code=code, name=f"机构{code}", kind="subdistrict_office", unit=self.units[unit]
        )
        return self.bodies[code]

    def minor_class(
        self, code: str, name: str, parent: CaseClass, *, hours: str = "8", proof: bool = True, words: str = ""
    ) -> None:
        made = CaseClass.objects.create(
            code=code, kind="event", rank="minor", parent=parent, name=name, name_en=code, keywords=words.split()
        )
        ClassVersion.objects.create(
            case_class=made,
            limit_amount=Decimal(hours),
            limit_kind="emergency_hour",
            response_amount=Decimal(1),
            response_kind="emergency_hour",
            proof_required=proof,
            valid_from=datetime(2010, 1, 1, tzinfo=UTC),
            changed_by="test",
        )
        self.classes[code] = made

    def duty(self, unit: str, class_code: str, body: str, *, role: str = "lead") -> None:
        """One more row of the duty list."""
        duty_list = DutyList.objects.get()
        number = duty_list.duties.count() + 1
        Duty.objects.create(
            list=duty_list,
            number=str(number),
            clause=f"第{number}条",
            unit=self.units[unit],
            case_class=self.classes[class_code],
            body=self.bodies[body],
            role=role,
            row_number=number,
            valid_from=START,
        )
        duties.forget()

    def staff(self, name: str) -> Person:
        with acting_as(SYSTEM):
            person = Person.objects.create(username=name, password="!")
        self.people[name] = person
        return person

    def staff_of(self, body: str) -> Person:
        """Somebody who really holds a handler's post of the body, made once."""
        name = f"colleague-{body}"
        if name not in self.people:
            person = self.staff(name)
            with acting_as(SYSTEM):
                held = self.bodies[body]
                Post.objects.create(person=person, role=Role.HANDLER, unit=held.unit, body=held, valid_from=START_AT)
        return self.people[name]

    def actor(self, name: str, role: Role, unit: str | None = None, body: str | None = None) -> Actor:
        """Somebody with one post."""
        person = self.people.get(name) or self.staff(name)
        grant = Grant(role, self.units[unit].id if unit else None, self.bodies[body].id if body else None)
        return Actor(person.id, ActorKind.PERSON, f"{role} {unit or body}", (grant,))

    def resident(self, phone: str = "13800001234") -> Actor:
        with acting_as(SYSTEM):
            person = Person.objects.filter(phone_hash=phone_hash(phone)).first()
            if person is None:
                person = Person.objects.create(phone=phone, phone_hash=phone_hash(phone))
        return Actor(person.id, ActorKind.PERSON, "resident")

    def id(self, code: str) -> UUID:
        return self.units[code].id


def forget_caches() -> None:
    for room in (territory, people, duties, dispatch):
        room.forget()


def make_world() -> World:
    """Call it as SYSTEM, in a transaction that is rolled back or a database of one's own."""
    forget_caches()
    world = World()
    world.unit("51", Level.CITY, None, box(WEST, SOUTH, WEST + 2 * STEP, SOUTH + 2 * STEP))
    world.unit("5101", Level.DISTRICT, "51", box(WEST, SOUTH, WEST + 2 * STEP, SOUTH + 2 * STEP))
    for column, code in enumerate(("W", "E")):
        left = WEST + column * STEP
        world.unit(code, Level.SUBDISTRICT, "5101", box(left, SOUTH, left + STEP, SOUTH + 2 * STEP))
        for row in range(2):
            low = SOUTH + row * STEP
            world.unit(f"{code}{row + 1}", Level.COMMUNITY, code, box(left, low, left + STEP, low + STEP))
    world.unit("Q", Level.QUARTER, "W1", box(WEST, SOUTH, WEST + 0.005, SOUTH + 0.005), kind="old_courtyard")

    for code, unit in (("street", "W"), ("water", "5101"), ("east", "E")):
        world.body(code, unit)
    major = CaseClass.objects.create(code="01", kind="event", rank="major", name="市容环境", name_en="City appearance")
    world.minor_class("0101", "暴露垃圾", major, words="垃圾 堆放 异味")
    world.minor_class("0102", "路灯不亮", major, hours="24", words="路灯 灯 不亮 黑")
    world.minor_class("0103", "井盖破损", major, hours="2", proof=False, words="井盖 破损 缺失")
    DutyList.objects.create(
        kind="duty",
        name="职责清单",
        version="1",
        unit=world.units["51"],
        valid_from=START,
        source="test",
        imported_by="test",
    )
    for duty in (("W", "0101", "street"), ("E", "0101", "east"), ("51", "0102", "street"), ("51", "0103", "water")):
        world.duty(*duty)
    forget_caches()
    return world

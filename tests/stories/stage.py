"""The small city of the factories as a stage for browsers: committed, with staff who can sign in."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyotp
from django.contrib.auth.hashers import make_password
from factories.world import World, make_world

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Body, Person, Post
from linli.territory.models import Unit

PASSWORD = "correct horse battery"
# Who works in the small city: name, role, unit, body.
STAFF = [
    ("desk", Role.DESK, "5101", None),
    ("dispatcher", Role.DISPATCHER, "5101", None),
    ("handler", Role.HANDLER, "W", "street"),
    ("helper", Role.HANDLER, "5101", "water"),
    ("verifier", Role.VERIFIER, "W", None),
    ("clerk", Role.HOTLINE_CLERK, "51", None),
    ("grid", Role.GRID_WORKER, "W1", None),
    ("leader", Role.LEADER, "51", None),
]


NAMES = {
    "51": ("成都市", "Chengdu"),
    "5101": ("锦江区", "Jinjiang"),
    "W": ("双桥子街道", "Shuangqiaozi"),
    "E": ("莲花街道", "Lianhua"),
    "W1": ("水碾河社区", "Shuinianhe"),
    "W2": ("五福桥社区", "Wufuqiao"),
    "E1": ("华兴社区", "Huaxing"),
    "E2": ("新桂社区", "Xingui"),
    "Q": ("水碾河北街院落", "Shuinianhe North Street courtyard"),
}
BODIES = {
    "street": ("双桥子街道办事处", "Shuangqiaozi office"),
    "water": ("区水务局", "Water bureau"),
    "east": ("莲花街道办事处", "Lianhua office"),
}


@dataclass(frozen=True)
class Site:
    """A running Linli. `secrets` holds each member of staff's authenticator secret, `folder` is the data folder of the server;
    `address` is where the proxy before it says that everybody here comes from.
    """

    url: str
    world: World
    secrets: dict[str, str]
    folder: Path
    address: str


def populate() -> tuple[World, dict[str, str]]:
    """The small city, committed, with staff who have enrolled their authenticator."""
    with acting_as(SYSTEM):
        world = make_world()
        for code, (name, english) in NAMES.items():
            Unit.objects.filter(code=code).update(name=name, name_en=english)
        for code, (name, english) in BODIES.items():
            Body.objects.filter(code=code).update(name=name, name_en=english)
        secrets = {name: employ(world, name, role, unit, body) for name, role, unit, body in STAFF}
    return world, secrets


@cache
def password_hash() -> str:
    """Made once: scrypt is slow on purpose, and everybody here has the same password."""
    return make_password(PASSWORD)


def employ(world: World, name: str, role: Role, unit: str, body: str | None) -> str:
    secret = pyotp.random_base32()
    person = Person.objects.create(
        username=name, password=password_hash(), totp_secret=secret, totp_enrolled_at=clock.now()
    )
    Post.objects.create(person=person, role=role, unit=world.units[unit], body=world.bodies[body] if body else None)
    return secret

"""The small city of the factories as a stage for browsers: committed, with staff who can sign in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyotp
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.contrib.sessions.backends.signed_cookies import SessionStore
from factories import databases
from factories.server import running
from factories.world import World, forget_caches, make_world

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Body, Person, Post
from linli.territory.models import Unit

PASSWORD = "correct horse battery"
# Of scrypt in a server; tests/conftest.py makes it cheap in the tests' own process.
USUAL_COST = 2**14
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
    """A running Linli. `secrets` holds each member of staff's authenticator secret, `last_steps` whose code was used last;
    `folder` is the data folder of the server, `address` where the proxy before it says that everybody here comes from.
    """

    url: str
    world: World
    secrets: dict[str, str]
    folder: Path
    address: str
    last_steps: dict[str, int] = field(default_factory=dict)


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
    """Made once: scrypt is slow on purpose, and everybody here has the same password. At the usual cost, or the server would make
    it anew at the first sign-in."""
    hasher = ScryptPasswordHasher()
    return hasher.encode(PASSWORD, hasher.salt(), n=USUAL_COST)


def employ(world: World, name: str, role: Role, unit: str, body: str | None) -> str:
    secret = pyotp.random_base32()
    person = Person.objects.create(
        username=name, password=password_hash(), totp_secret=secret, totp_enrolled_at=clock.now()
    )
    Post.objects.create(person=person, role=role, unit=world.units[unit], body=world.bodies[body] if body else None)
    return secret


def session_of(person: Person) -> str:
    """The cookie of somebody who has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "linli.people.backends.PersonBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return str(session.session_key)


@contextmanager
def lasting_site(template: str, blocker: pytest.FixtureRequest, folder: Path) -> Iterator[Site]:
    """The small city on one server for all the stories of a module, each of which begins with what is its own.

    `template`: the database that is copied; `blocker`: pytest-django's; `folder`: of the server's files, among them photos stored here.
    """
    with databases.of_its_own(template, "lasting", blocker) as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "LINLI_FILES", folder / "files")
        world, secrets = populate()
        with running(name, folder, LINLI_DEMO="1") as server:
            yield Site(server.url, world, secrets, folder, "127.0.0.1")
    forget_caches()

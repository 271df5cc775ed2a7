"""Every page's shell: its headers, its languages, its surfaces."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from factories.world import World

from linli.foundation.access import ANONYMOUS, Actor, ActorKind, Grant, Role
from linli.foundation.ids import uuid7
from linli.web.surfaces import SURFACES, header_of

TEMPLATES = sorted(Path(settings.ROOT).rglob("templates/**/*.html"))


def paths(actor: Actor) -> list[str]:
    return [surface.path for surface in header_of(actor)]


def staff(role: Role) -> Actor:
    return Actor(uuid7(), ActorKind.PERSON, role, (Grant(role, uuid7(), uuid7()),))


def test_first_page_names_every_surface(client: Client) -> None:
    page = client.get("/").content.decode()
    assert all(f'href="{surface.path}"' in page for surface in SURFACES)


def test_page_speaks_chinese_unless_asked_otherwise(client: Client) -> None:
    page = client.get("/")
    assert '<html lang="zh-Hans">' in page.content.decode()
    assert page.headers["Content-Language"] == "zh-hans"


def test_language_switch_lasts(client: Client) -> None:
    client.post("/language/", {"language": "en", "next": "/"})
    assert '<html lang="en">' in client.get("/").content.decode()


def test_language_switch_leads_nowhere_else(client: Client) -> None:
    answer = client.post("/language/", {"language": "en", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"


def test_every_answer_carries_the_policy(client: Client) -> None:
    for path in ("/", "/nothing", "/api/v1/openapi.json"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_holds_nothing_that_the_policy_forbids(template: Path) -> None:
    source = template.read_text()
    inline = re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:", source)
    assert not inline, f"{template.name}: move {inline} to a file in static/"


def test_header_shows_each_role_its_own_surfaces() -> None:
    assert paths(ANONYMOUS) == ["/report/"]
    assert paths(Actor(uuid7(), ActorKind.PERSON, "Resident")) == ["/report/", "/my/"]
    assert "/desk/" in paths(staff(Role.DESK))
    assert paths(staff(Role.HANDLER)) == ["/report/", "/field/"]
    assert "/verify/" in paths(staff(Role.VERIFIER))
    assert "/desk/" not in paths(staff(Role.VERIFIER))
    assert "/hotline/" in paths(staff(Role.HOTLINE_CLERK))


@pytest.mark.parametrize("role", Role, ids=str)
def test_a_side_bar_of_icons_alone_still_tells_its_surfaces_apart(role: Role) -> None:
    drawn = [surface.icon for surface in SURFACES if surface.in_header and surface.serves(staff(role))]
    assert len(drawn) == len(set(drawn)), "no two surfaces of a person are drawn alike"


def test_every_role_has_a_surface_of_its_own() -> None:
    alone = set(paths(ANONYMOUS))
    assert all(set(paths(staff(role))) > alone for role in Role)


def test_demo_logins_are_shown_in_the_demo_alone(client: Client) -> None:
    with translation.override("en"):
        assert b"Demo logins" not in client.get("/", headers={"accept-language": "en"}).content


def test_demo_logins_name_the_surface_that_each_opens(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "LINLI_DEMO", True)
    page = client.get("/", headers={"accept-language": "en"}).content.decode()
    logins = page[page.index("Demo logins") :]
    for path, label in (("/my/", "My cases"), ("/desk/", "Case desk"), ("/audit/", "Audit")):
        assert f'<a href="{path}">{label}</a>' in logins


def test_every_surface_is_there(world: World, client: Client) -> None:
    """It answers, or leads to signing in; it is not missing."""
    missing = [surface.path for surface in SURFACES if client.get(surface.path).status_code not in {200, 302, 401, 403}]
    assert missing == []

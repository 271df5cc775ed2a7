"""The page that connects phones: its QR code holds Collect's settings, once, for who leads the team."""

# Fixtures are imported by their names.
# ruff: noqa: F401, F811

import json
import re
import zlib
from base64 import b64decode

import pytest
import segno
from campaigns.conftest import Running, area, declared, leader, running
from campaigns.test_control_pages import browser_of
from django.test import Client

from linli.foundation import qr
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.gateway import actions
from linli.gateway.models import AppUser

pytestmark = pytest.mark.django_db


def here(running: Running) -> str:
    return f"/control/teams/{running.teams[0].pk}/phones/"


def test_the_code_holds_settings_that_lead_to_the_teams_form(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture is drawn from the same modules as the code that is read back here."""
    drawn: list[str] = []
    draw = qr.drawn
    monkeypatch.setattr(qr, "drawn", lambda text, **look: drawn.append(text) or draw(text, **look))
    browser = browser_of(running.area.world, Role.LEADER)
    page = browser.post(here(running), {"person": str(running.leads[0].id), "once": "1"}).content.decode()
    [text] = drawn
    assert segno.make(text, error="l").svg_inline(scale=4, border=4, light="#fff") in page
    settings = json.loads(zlib.decompress(b64decode(text, validate=True)))
    assert set(settings) == {"general", "admin", "project"}
    assert settings["project"]["name"] == running.campaign.name
    general = settings["general"]
    assert general["form_update_mode"] == "match_exactly"
    path = "/" + general["server_url"].split("/", 3)[3]
    answer = Client().get(f"{path}/formList")
    assert answer.status_code == 200
    assert running.campaign.name in answer.content.decode()


def test_it_is_shown_once(running: Running) -> None:
    browser = browser_of(running.area.world, Role.LEADER)
    sent = {"person": str(running.leads[0].id), "once": "1"}
    assert "<svg" in _code(browser.post(here(running), sent))
    assert not _code(browser.post(here(running), sent))
    assert not _code(browser.get(here(running)))
    with acting_as(SYSTEM):
        assert AppUser.objects.count() == 1


def _code(answer: object) -> str:
    found = re.search(r'class="connect-qr">(.*?)</div>', answer.content.decode(), re.DOTALL)  # type: ignore[attr-defined]
    return found[1] if found else ""


def test_a_phone_is_disconnected(running: Running) -> None:
    browser = browser_of(running.area.world, Role.LEADER)
    with acting_as(running.leader):
        made = actions.connect_app(team_id=running.teams[0].pk, person_id=running.leads[0].id, by=running.leader)  # type: ignore[arg-type]
        other = actions.connect_app(team_id=running.teams[1].pk, person_id=running.leads[1].id, by=running.leader)  # type: ignore[arg-type]
    assert browser.post(f"{here(running)}{other.user.pk}/end/").status_code == 404, "of another team"
    assert browser.post(f"{here(running)}{made.user.pk}/end/").status_code == 302
    path = "/" + made.server_url.split("/", 3)[3]
    assert Client().get(f"{path}/formList").status_code == 403


def test_for_who_leads_alone(running: Running) -> None:
    world = running.area.world
    assert Client().get(here(running)).status_code == 302
    assert browser_of(world, Role.DESK).get(here(running)).status_code in {403, 404}
    assert browser_of(world, Role.LEADER, "E").get(here(running)).status_code in {403, 404}
    browser = browser_of(world, Role.LEADER)
    for person in ("", "x", str(running.leader.id)):
        answer = browser.post(here(running), {"person": person, "once": person or "-"})
        assert answer.status_code in {404, 409, 422}

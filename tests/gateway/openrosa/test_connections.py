"""A phone is connected by whoever runs the campaign, and what ends with it."""

import json
from xml.etree.ElementTree import fromstring

import pytest
from campaigns.conftest import Running
from django.test import Client
from gateway.openrosa.collect import Phone, filled, stored

from linli.campaigns import actions as campaigns
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.models import Entry
from linli.gateway import actions, own_data
from linli.gateway.errors import NotInTeam
from linli.gateway.models import AppUser
from linli.people.models import Person, Post

pytestmark = pytest.mark.django_db


def test_a_connection_is_made_by_whoever_runs_the_campaign_and_ended_at_once(asking: Running, phone: Phone) -> None:
    world, team, person = asking.area.world, asking.teams[0].id, asking.leads[0].id
    assert person is not None
    stranger = world.actor("elsewhere", Role.LEADER, "E2")
    for by, refused in ((stranger, NotFound), (asking.leads[0], NotAllowed)):
        with acting_as(by), pytest.raises(refused):
            actions.connect_app(team_id=team, person_id=person, by=by)
    with acting_as(asking.leader):
        other = asking.leads[1].id
        assert other is not None
        with pytest.raises(NotInTeam):
            actions.connect_app(team_id=team, person_id=other, by=asking.leader)
        user = AppUser.objects.get(team=team)
    xml = filled(asking, asking.doors_of(0)[0].id)
    with acting_as(stranger), pytest.raises(NotFound):
        actions.disconnect_app(user_id=user.id, by=stranger)
    with acting_as(asking.leader):
        actions.disconnect_app(user_id=user.id, by=asking.leader)
        actions.disconnect_app(user_id=user.id, by=asking.leader)
    assert phone.post(phone.body(xml)).status_code == 403
    with acting_as(SYSTEM):
        steps = Entry.objects.filter(subject_id=user.id).values_list("action", flat=True)
        assert sorted(steps) == ["connected", "disconnected"]
    assert not stored(asking)


def test_the_api_shows_the_way_in_once(asking: Running, client: Client) -> None:
    with acting_as(SYSTEM):
        leader = Person.objects.get(pk=asking.leader.id)
        Post.objects.get_or_create(person=leader, role=Role.LEADER, unit=asking.area.world.units["51"])
        client.force_login(leader)
    body = {"team": str(asking.teams[0].id), "person": str(asking.leads[0].id)}
    made = client.post("/api/v1/gateway/app-users", body, "application/json")
    assert made.status_code == 201
    told = made.json()
    path = json.loads(told["secret"])["general"]["server_url"].partition("/openrosa/")[2]
    assert client.get(f"/openrosa/{path}/formList").status_code == 200
    listed = client.get("/api/v1/gateway/app-users", {"team": body["team"]}).json()
    assert [set(one) for one in listed] == [{"id", "team", "person", "created_at", "revoked_at"}]
    with acting_as(SYSTEM):
        assert path.encode() not in bytes(AppUser.objects.get(pk=told["id"]).key_hash)
    assert client.delete(f"/api/v1/gateway/app-users/{told['id']}").json()["revoked_at"]
    assert client.get(f"/openrosa/{path}/formList").status_code == 403


def test_a_connection_goes_with_the_account(asking: Running, phone: Phone) -> None:
    person = asking.leads[0].id
    assert person is not None
    with acting_as(SYSTEM):
        assert any("field_app" in row for row in own_data.export(person))
        own_data.erase(person, SYSTEM)
        assert not AppUser.objects.exists()
    assert phone.get("formList").status_code == 403


def test_when_it_is_over_the_form_goes_and_what_was_done_before_still_counts(asking: Running, phone: Phone) -> None:
    door = asking.doors_of(0)[0].id
    with acting_as(asking.leader):
        campaigns.end(declaration=asking.campaign.declaration_id, reason="疫情解除", by=asking.leader)
    assert not list(fromstring(phone.get("formList").content))
    assert phone.send(filled(asking, door)) == 201
    assert [row.aside for row in stored(asking)] == [""]


def test_when_the_screening_is_closed_collect_has_nothing_to_visit(asking: Running, phone: Phone) -> None:
    with acting_as(asking.leader):
        campaigns.close(campaign=asking.campaign.id, reason="全部走访完毕", by=asking.leader)
    assert not list(fromstring(phone.get("formList").content))

"""Accounts bound to their doors: by a guessed code, from many addresses, after the code was voided, of another declaration."""

# Fixtures are imported by their names.
# ruff: noqa: F401, F811

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from attacks.test_door_codes import code_of, visited
from campaigns.conftest import Running, area, declared, leader, running
from campaigns.test_control_pages import browser_of
from campaigns.test_following import ILL, asking
from campaigns.test_receiving import send, visit
from campaigns.test_roster_pages import as_person
from campaigns.test_visit_parts import attach, own_folder, picture
from django.db import IntegrityError, transaction
from django.test import Client

from linli.campaigns import actions, own_data
from linli.campaigns.actions import binding, door_codes, unbinding
from linli.campaigns.errors import WrongCode
from linli.campaigns.models import Home, VisitPhoto
from linli.campaigns.queries import homes
from linli.foundation import audit, clock, rates, seals
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError, NotFound, SignInNeeded
from linli.foundation.rates import TooManyRequests
from linli.people.models import Person

pytestmark = pytest.mark.django_db
MINE = "/control/mine/"


def resident(running: Running, name: str = "resident") -> tuple[Actor, Client]:
    """Somebody with an account and no post."""
    client = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        person = running.area.world.staff(f"{name}-{uuid4()}")
        client.force_login(person)
    from linli.people import queries as people

    return people.themselves(person.pk), client


def bound(running: Running, place: int = 0) -> tuple[Actor, Client, str]:
    actor, client = resident(running)
    code = code_of(running, place)
    answer = client.post(MINE, {"code": code, "bind": "on"})
    assert (answer.status_code, answer["Location"]) == (302, MINE)
    return actor, client, code


def test_the_code_is_needed_once(visited: Running) -> None:
    _actor, client, _code = bound(visited)
    page = client.get(MINE)
    assert "张阿姨" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert "1 account is bound to this door" in page.content.decode()
    assert "张阿姨" not in Client().get(MINE).content.decode()
    _other, stranger = resident(visited)
    assert "张阿姨" not in stranger.get(MINE).content.decode()


def test_who_is_not_signed_in_reads_and_binds_nothing(visited: Running) -> None:
    answer = Client().post(MINE, {"code": code_of(visited), "bind": "on"})
    assert answer.status_code == 200
    with acting_as(SYSTEM):
        assert not Home.objects.exists()
    with pytest.raises(SignInNeeded):
        binding.bind(typed="x", address="1.2.3.4", by=ANONYMOUS)
    assert Client().post(f"{MINE}unbind/").status_code == 401


def test_guessing_is_held_back_for_an_account_whatever_its_addresses(visited: Running) -> None:
    actor, _client = resident(visited)
    rates.addresses.forget()
    refusals = []
    with acting_as(actor):
        for tries in range(40):
            try:
                binding.bind(typed="0000-0000-0000", address=f"10.0.{tries}.1", by=actor)
            except DomainError as refusal:
                refusals.append(type(refusal))
    assert set(refusals) == {WrongCode, TooManyRequests}
    assert refusals.count(WrongCode) <= door_codes.TRIES_AT_ONCE
    with acting_as(SYSTEM):
        assert not Home.objects.exists()


def test_a_newer_code_ends_what_the_older_one_bound(visited: Running) -> None:
    actor, client, code = bound(visited)
    newer = code_of(visited)
    assert "张阿姨" not in client.get(MINE).content.decode()
    assert client.post(MINE, {"code": code, "bind": "on"}).status_code == 422, "nor does the older one bind again"
    with acting_as(SYSTEM):
        row = Home.objects.get()
        assert (row.door, row.building_id, row.community_id) == (None, None, None), "of which door it was is forgotten"
        assert [entry.action for entry in audit.timeline(row.pk)] == ["bind", "voided"]
        state = seals.subjects()["home"].states([row.pk])[row.pk]
        assert audit.digest(state) == bytes(audit.timeline(row.pk)[-1].state)
    client.post(MINE, {"code": newer, "bind": "on"})
    assert "张阿姨" in client.get(MINE).content.decode()
    assert actor.id is not None


def test_whoever_moves_binds_the_new_door_and_leaves_the_old_one(visited: Running) -> None:
    actor, client, _code = bound(visited)
    client.post(MINE, {"code": code_of(visited, 1), "bind": "on"})
    page = client.get(MINE).content.decode()
    assert "大米" not in page
    with acting_as(actor):
        home = homes.home_of(actor)
        assert home is not None
        assert home.door == visited.doors_of(0)[1].id
    with acting_as(SYSTEM):
        assert Home.objects.filter(ended_at=None).count() == 1
        twin = Home(person_id=actor.id, declaration_id=home.declaration_id, door=uuid4())
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save(force_insert=True)


def test_bound_twice_it_is_bound_once(visited: Running) -> None:
    _actor, client, code = bound(visited)
    client.post(MINE, {"code": code, "bind": "on"})
    with acting_as(SYSTEM):
        assert Home.objects.count() == 1


def test_whoever_visits_could_make_a_code_and_is_bound_by_none(visited: Running) -> None:
    browser, code = as_person(visited.leads[0]), code_of(visited)
    answer = browser.post(MINE, {"code": code, "bind": "on"})
    assert answer.status_code == 403
    assert "不能用查询码把您的账号绑定" in answer.content.decode()
    with acting_as(SYSTEM):
        assert not Home.objects.exists()
    assert "张阿姨" in browser.post(MINE, {"code": code}).content.decode()


def test_unbound_it_opens_nothing_and_forgets_the_door(visited: Running) -> None:
    actor, client, _code = bound(visited)
    assert client.post(f"{MINE}unbind/").status_code == 302
    assert client.post(f"{MINE}unbind/").status_code == 302
    assert "张阿姨" not in client.get(MINE).content.decode()
    with acting_as(SYSTEM):
        assert Home.objects.get().door is None
    with acting_as(actor), pytest.raises(NotFound):
        unbinding.unbind(by=actor)


def test_nobody_else_sees_whose_home_it_is(visited: Running) -> None:
    bound(visited)
    stranger, _client = resident(visited)
    for actor in (visited.leader, visited.leads[0], stranger):
        with acting_as(actor):
            assert not Home.objects.exists()


def test_another_declaration_at_the_same_door_opens_by_its_own_code_alone(visited: Running) -> None:
    """Who lived there before reads nothing of who lives there now."""
    actor, client, _code = bound(visited)
    with acting_as(SYSTEM):
        home = Home.objects.get()
        Home.objects.filter(pk=home.pk).update(declaration=_other(visited))
    page = client.get(MINE).content.decode()
    assert "张阿姨" not in page
    assert actor.id is not None


def _other(visited: Running) -> UUID:
    from campaigns.conftest import told

    with acting_as(visited.leader):
        return actions.declare(told=told(visited.area.world, name="另一次"), by=visited.leader).pk


def test_photos_are_shown_at_the_own_door_and_at_no_other(visited: Running) -> None:
    first, second = visited.doors_of(0)[:2]
    one, other = visit(first.id, note="看"), visit(second.id, note="看")
    send(visited, [one, other])
    mine, others = uuid4(), uuid4()
    attach(visited, one, mine, picture())
    attach(visited, other, others, picture("blue"))
    _actor, client, code = bound(visited)
    assert f"{MINE}photos/{mine}/" in client.get(MINE).content.decode()
    small = client.get(f"{MINE}photos/{mine}/?small")
    assert (small.status_code, small["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in small["Cache-Control"]
    assert client.get(f"{MINE}photos/{mine}/").content != small.content
    for who, photo in ((client, others), (client, uuid4()), (Client(), mine), (resident(visited)[1], mine)):
        assert who.get(f"{MINE}photos/{photo}/").status_code == 404
    assert (
        "Bind your account to this door to see it"
        in Client(headers={"accept-language": "en"}).post(MINE, {"code": code}).content.decode()
    )
    client.post(f"{MINE}unbind/")
    assert client.get(f"{MINE}photos/{mine}/").status_code == 404
    with acting_as(SYSTEM):
        assert VisitPhoto.objects.count() == 2


def test_after_the_destruction_it_leads_to_the_proof(visited: Running) -> None:
    _actor, client, code = bound(visited)
    with acting_as(visited.leader):
        actions.end(declaration=visited.campaign.declaration_id, reason="疫情结束", by=visited.leader)
        actions.destroy(declaration=visited.campaign.declaration_id, by=visited.leader)
    assert "张阿姨" not in client.get(MINE).content.decode()
    assert "Proof of destruction" in client.post(MINE, {"code": code}).content.decode()
    with acting_as(SYSTEM):
        row = Home.objects.get()
        assert (row.door, row.building_id) == (None, None), "nor is the door for ever told by this account"
        assert not homes.at_home_in([visited.area.world.id("51")]).exists()


def test_a_code_of_any_declaration_ends_what_those_of_others_bound(visited: Running) -> None:
    bound(visited)
    with acting_as(SYSTEM):
        Home.objects.update(declaration=_other(visited))
    code_of(visited)
    with acting_as(SYSTEM):
        assert Home.objects.get().door is None


def test_whoever_moved_away_reads_by_no_leaflet_that_was_kept(visited: Running) -> None:
    _actor, client, code = bound(visited)
    _next, neighbour, there = bound(visited, 1)
    door, to = (one.id for one in visited.doors_of(0)[:2])
    worker = visited.area.world.actor("grid", Role.GRID_WORKER, "W1")
    with acting_as(worker):
        actions.move_household(campaign=visited.campaign.pk, door=door, to=to, reason="搬到女儿家", by=worker)
    for who, kept in ((client, code), (neighbour, there)):
        rates.addresses.forget()
        assert "张阿姨" not in who.get(MINE).content.decode()
        for sent in ({"code": kept}, {"code": kept, "bind": "on"}):
            assert who.post(MINE, sent).status_code == 422
    newer = code_of(visited)
    assert "张阿姨" in client.post(MINE, {"code": newer}).content.decode()


def test_it_is_in_the_export_and_goes_with_the_account(visited: Running) -> None:
    actor, _client, _code = bound(visited)
    assert actor.id is not None
    with acting_as(SYSTEM):
        told = [row for row in own_data.export(actor.id) if "bound_to_door" in row]
        assert len(told) == 1
        own_data.erase(actor.id, SYSTEM)
        row = Home.objects.get()
        assert (row.person_id, row.door) == (None, None)
        assert [entry.action for entry in audit.timeline(row.pk)][-1] == "erase"
        state = seals.subjects()["home"].states([row.pk])[row.pk]
        assert audit.digest(state) == bytes(audit.timeline(row.pk)[-1].state)
    with clock.at(clock.now() + timedelta(days=1)), acting_as(SYSTEM):
        assert not homes.at_home_in([visited.area.world.id("51")]).exists()
        assert Person.objects.filter(pk=actor.id).exists()

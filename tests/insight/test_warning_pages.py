"""The warnings as their readers meet them: pages, API, a message to the leader, a look at a button's press."""

import json
from typing import Any

import pytest
from django.test import Client
from factories.happened import tell_all
from factories.warnings import raised
from factories.world import HERE, START_AT, World

from linli.cases import actions as cases
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import work
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.models import Work
from linli.gateway.models import Message
from linli.insight import events
from linli.insight.models import Warning, WarningState
from linli.people.models import Post

ENGLISH = {"accept-language": "en"}


def raise_one(world: World, **changed: Any) -> Warning:
    """A warning as a look writes it down, with one case."""
    with acting_as(SYSTEM):
        case = cases.collect(
            report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102"), by=SYSTEM
        )
        row = raised(world, [case.case.id], **changed)
        events.raised(row)
    return row


def signed_in(world: World, role: Role, unit: str) -> Client:
    person = world.staff(f"{role}-{unit}")
    with acting_as(SYSTEM):
        person.language = "en"
        person.save()
        Post.objects.create(person=person, role=role, unit=world.units[unit], valid_from=START_AT)
    client = Client(headers=ENGLISH)
    client.force_login(person)
    return client


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return str(answer.content.decode())


def test_an_empty_list_teaches_what_will_stand_there(world: World) -> None:
    page = text_of(signed_in(world, Role.LEADER, "5101"), "/warnings/")
    assert "Nothing unusual yet" in page
    assert "Look now" in page


def test_the_list_of_the_map_is_that_of_its_unit(world: World) -> None:
    warning = raise_one(world)
    leader = signed_in(world, Role.LEADER, "51")
    for unit, there in (("W1", True), ("51", True), ("E", False)):
        page = text_of(leader, f"/warnings/?unit={world.id(unit)}")
        assert (f"/warnings/{warning.pk}/" in page) is there, unit
        assert "alone." in page
        assert f"unit={world.id(unit)}&amp;kind=" in page, "and so are the other states"
    for unreadable in ("x", "00000000-0000-0000-0000-000000000000"):
        assert f"/warnings/{warning.pk}/" in text_of(leader, f"/warnings/?unit={unreadable}")


def test_the_page_says_what_where_against_what_and_what_to_do(world: World) -> None:
    row = raise_one(world)
    client = signed_in(world, Role.LEADER, "5101")
    listed = text_of(client, "/warnings/")
    assert f"/warnings/{row.pk}/" in listed
    page = text_of(client, f"/warnings/{row.pk}/")
    for said in ("24 reports, where about 6.1", "once in 700 days", "Make it a case", "look for one cause", "<svg"):
        assert said in page
    with acting_as(SYSTEM):
        assert f"/case/{Case.objects.get().reference}/" in page
    assert f"/warnings/{row.pk}/" not in text_of(client, "/warnings/?state=dismissed")
    assert f"/warnings/{row.pk}/" not in text_of(client, "/warnings/?kind=silent")
    assert f"/warnings/{row.pk}/" in text_of(client, "/warnings/?kind=nonsense&before=nonsense")


@pytest.mark.parametrize("kind", ["trend", "surge", "repeated", "silent", "pile"])
def test_each_kind_has_its_words(world: World, kind: str) -> None:
    body = {"body": world.bodies["street"]} if kind == "pile" else {}
    row = raise_one(world, kind=kind, places=[], spot=617700169958293503 if kind == "repeated" else None, **body)
    client = signed_in(world, Role.DESK, "W1")
    assert "What to do" in text_of(client, f"/warnings/{row.pk}/")
    assert "cluster" not in text_of(client, "/warnings/?state=").split('id="warnings"')[1].split("cells")[1]


def test_it_is_dismissed_with_a_reason_and_once_only(world: World) -> None:
    row = raise_one(world)
    client = signed_in(world, Role.DESK, "W1")
    page = f"/warnings/{row.pk}/"
    client.post(f"{page}dismissed/", {"once": "1", "reason": ""})
    assert "Say in a few words why" in text_of(client, page)
    for _again in range(2):
        answer = client.post(f"{page}dismissed/", {"once": "2", "reason": "Lamps are being renewed", "version": "1"})
        assert answer.status_code == 302
    shown = text_of(client, page)
    assert "Dismissed. The reason is kept" in shown
    assert "Lamps are being renewed" in shown
    with acting_as(SYSTEM):
        held = Warning.objects.get()
        assert (held.state, held.answers.count()) == (WarningState.DISMISSED, 1)
    assert client.post(f"{page}nonsense/").status_code == 404


def test_nobody_else_sees_it(world: World) -> None:
    row = raise_one(world)
    assert Client().get("/warnings/").status_code in {302, 401}
    elsewhere = signed_in(world, Role.LEADER, "E2")
    assert elsewhere.get(f"/warnings/{row.pk}/").status_code == 404
    assert elsewhere.post(f"/warnings/{row.pk}/case/").status_code == 404
    assert elsewhere.get(f"/api/v1/insight/warnings/{row.pk}").status_code == 404
    assert json.loads(elsewhere.get("/api/v1/insight/warnings").content) == []
    auditor = signed_in(world, Role.AUDITOR, "5101")
    assert "Make it a case" not in text_of(auditor, f"/warnings/{row.pk}/")
    assert auditor.post(f"/warnings/{row.pk}/case/").status_code == 403
    assert auditor.post("/warnings/look/", {"unit": str(world.id("5101"))}).status_code == 403


def test_the_api_tells_and_answers(world: World) -> None:
    row = raise_one(world)
    client = signed_in(world, Role.LEADER, "5101")
    base = "/api/v1/insight/warnings"
    (told,) = client.get(f"{base}?kind=cluster&state=new").json()
    assert (told["observed"], told["strong"], told["unit"]) == (24, True, str(world.id("W1")))
    chart = client.get(f"{base}/{row.pk}/chart").json()
    assert [one["values"] for one in chart["series"]] == [row.curve["observed"], row.curve["usual"]]
    refused = client.post(f"{base}/{row.pk}/dismiss", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_needed")
    key = {"headers": ENGLISH | {"idempotency-key": "k1"}}
    made = [
        client.post(f"{base}/{row.pk}/case", {"reason": "Look at once"}, content_type="application/json", **key).json()
        for _again in range(2)
    ]
    assert made[0]["made_case"] == made[1]["made_case"] is not None
    assert client.get(f"{base}/precision").json()[0] | {"told": 1} == {
        "kind": "cluster", "told": 1, "answered": 1, "right": 1, "share": 1.0,
    }  # fmt: skip
    for bad in ("kind=nothing", "before=x", "size=0", "size=100000"):
        assert client.get(f"{base}?{bad}").status_code == 422


def test_leaders_are_told_of_a_strong_one_and_of_no_other(world: World) -> None:
    signed_in(world, Role.LEADER, "5101")
    raise_one(world, once_in_days=100)
    tell_all()
    with acting_as(SYSTEM):
        assert not Message.objects.filter(template="work_warning").exists()
    row = raise_one(world)
    tell_all()
    with acting_as(SYSTEM):
        message = Message.objects.get(template="work_warning")
    assert message.params["warning"] == str(row.pk)
    client = Client(headers=ENGLISH)
    client.force_login(world.people["leader-5101"])
    assert client.get(f"/messages/{message.pk}/").headers["location"] == f"/warnings/{row.pk}/"
    assert "Warning for communityW1: Cluster in place and time" in text_of(client, "/messages/")


def test_a_look_that_was_asked_for_is_long_work(world: World) -> None:
    client = signed_in(world, Role.DESK, "W1")
    answer = client.post("/warnings/look/", {"unit": str(world.id("5101")), "once": "1"})
    with acting_as(SYSTEM):
        begun = Work.objects.get()
        assert answer.headers["location"] == f"/work/{begun.pk}/"
        work.carry_out(work_id=str(begun.pk))
        assert Work.objects.get().state == "done"
    page = text_of(client, f"/work/{begun.pk}/")
    assert "0 new warnings." in page
    assert "Last look" in text_of(client, "/warnings/")

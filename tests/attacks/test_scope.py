"""Whoever asks for what is not theirs is told that there is no such thing, by every door; and the database says so too."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from factories.api_client import Api
from factories.world import ELSEWHERE, HERE, World

from linli.cases import actions as cases
from linli.cases import queries
from linli.cases.lifecycle import CHANGES
from linli.cases.models import Case
from linli.cases.queries import Filters
from linli.cases.rules import Report
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError, NotAllowed
from linli.gateway import actions as gateway

pytestmark = pytest.mark.django_db

# What everybody may read: published reference data.
PUBLISHED = {
    "territory_unit", "territory_boundary", "territory_formerplacement", "territory_succession", "territory_facility", "people_body",
}  # fmt: skip


@pytest.fixture
def strangers(world: World, post: Callable[..., Actor], enter: Callable[..., Client]) -> dict[str, Client]:
    """Everybody who has nothing to do with a case in the western quarter."""
    with acting_as(SYSTEM):
        key = gateway.create_key(name="k", may=["act"], role="desk", unit_id=world.id("E"), by=SYSTEM).secret
    return {
        "nobody": Client(),
        "another resident": enter(world.resident("13900000000")),
        "the desk of the other half": enter(post(Role.DESK, "E")),
        "the auditor of the other half": enter(post(Role.AUDITOR, "E")),
        "a handler of another body": enter(post(Role.HANDLER, "E", "east")),
        "a key of the other half": Client(headers={"authorization": f"Bearer {key}"}),
    }


def test_no_stranger_reads_a_private_case_by_any_door(strangers: dict[str, Client], tell: Callable[..., Case]) -> None:
    case = tell(private=True)
    for who, client in strangers.items():
        for named in (case.reference, case.id):
            for tail in ("", "/timeline", "/changes", f"/files/{case.id}"):
                path = f"/api/v1/cases/{named}{tail}"
                assert client.get(path).status_code == 404, (who, path)
        for path in (
            f"/case/{case.reference}/",
            f"/case/{case.reference}/files/{case.id}/",
            f"/track/{case.reference}/{'A' * 20}/",
            f"/rate/{case.reference}/{'A' * 20}/",
            f"/api/v1/cases/public/{case.reference}",
            f"/open311/v2/requests/{case.reference}.json",
        ):
            assert client.get(path).status_code == 404, (who, path)
        for path in (
            "/api/v1/cases/public",
            "/open311/v2/requests.xml",
            f"/api/v1/cases/duplicates?lon={HERE[0]}&lat={HERE[1]}&class_code=0101",
        ):
            answer = client.get(path)
            assert answer.status_code == 200, (who, path)
            assert case.reference not in answer.content.decode(), (who, path)


def test_no_stranger_changes_a_case(strangers: dict[str, Client], tell: Callable[..., Case], world: World) -> None:
    case = tell(private=True)
    body: dict[str, Any] = {
        "note": "because",
        "class_code": "0102",
        "body": str(world.bodies["east"].id),
        "into": str(tell().id),
        "to": str(uuid4()),
        "lon": ELSEWHERE[0],
        "lat": ELSEWHERE[1],
        "solved": True,
        "stars": 1,
    }
    for who, client in strangers.items():
        for name in CHANGES:
            single = client.post(f"/api/v1/cases/{case.id}/changes/{name}", json.dumps(body), "application/json")
            assert single.status_code in {401, 403, 404}, (who, name, single.content)
            many = client.post(
                f"/api/v1/cases/changes/{name}", json.dumps(body | {"cases": [str(case.id)]}), "application/json"
            )
            assert many.status_code in {401, 403, 404, 422} or not many.json()["done"], (who, name, many.content)
            page = client.post(f"/case/{case.reference}/{name}/", body)
            assert page.status_code in {302, 401, 403, 404, 405}, (who, name)
        assert client.post(f"/api/v1/cases/{case.reference}/support").status_code in {401, 403, 404}, who
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=case.pk).version == case.version


def test_fields_that_nobody_asked_for_change_nothing(tell: Callable[..., Case], world: World) -> None:
    """Mass assignment: what a report may say is a closed list."""
    smuggled = {"state": "closed", "reporter": str(world.resident().id), "number": 1, "version": 9, "supports": 99}
    report = {"description": "garbage 垃圾", "lon": HERE[0], "lat": HERE[1]}
    answer = Api().post("cases", report | smuggled)
    assert answer.status_code == 201
    with acting_as(SYSTEM):
        made = Case.objects.get(pk=answer.json()["id"])
    assert (made.state, made.reporter_id, made.version, made.supports) == ("collected", None, 1, 0)
    assert made.number != 1


def test_key_for_a_body_needs_the_administrator_of_that_body(world: World, post: Callable[..., Actor]) -> None:
    """It would read that body's cases wherever they lie."""
    admin = post(Role.ADMIN, "W")
    with acting_as(admin), pytest.raises(NotAllowed):
        gateway.create_key(
            name="k", may=["act"], role="handler", unit_id=world.id("W"), body_id=world.bodies["east"].id, by=admin
        )
    with acting_as(admin):
        assert gateway.create_key(
            name="k", may=["act"], role="handler", unit_id=world.id("W"), body_id=world.bodies["street"].id, by=admin
        )


def test_seeing_a_case_is_not_enough_to_merge_into_it(
    world: World, post: Callable[..., Actor], tell: Callable[..., Case]
) -> None:
    desk = post(Role.DESK, "W")
    theirs = tell(desk, lon=ELSEWHERE[0], lat=ELSEWHERE[1])
    ours = tell()
    with acting_as(desk), pytest.raises(NotAllowed):
        cases.merge(cases=[ours.id], into=theirs.id, by=desk)


def test_phone_finds_cases_only_for_those_who_may_see_contacts(
    world: World, post: Callable[..., Actor], tell: Callable[..., Case]
) -> None:
    tell(ANONYMOUS, contact_phone="13912345678")
    tell(world.resident("13912345678"))
    found = {}
    for role in (Role.GRID_WORKER, Role.VERIFIER, Role.AUDITOR, Role.ADMIN, Role.HOTLINE_CLERK):
        actor = post(role, "W")
        with acting_as(actor):
            assert len(queries.desk_page(actor).cases) == 2
            found[role] = len(queries.desk_page(actor, Filters(reporter_phone="13912345678")).cases)
    assert found.pop(Role.HOTLINE_CLERK) == 2
    assert set(found.values()) == {0}


def test_query_without_a_scope_shows_no_personal_field(tell: Callable[..., Case], world: World) -> None:
    """Whoever gets a query past the app, but no scope, reads nothing of a person."""
    tell(ANONYMOUS, contact_phone="13912345678", contact_name="王五")
    tables = {
        model._meta.db_table
        for model in apps.get_models()
        if getattr(getattr(model, "Privacy", None), "personal", None)
    } - PUBLISHED
    assert {"cases_case", "cases_casetext", "cases_casecontact", "people_person"} <= tables
    with acting_as(ANONYMOUS), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            assert cursor.fetchone()[0] == 0, table


def test_functions_that_look_past_row_security_keep_to_the_scope(tell: Callable[..., Case]) -> None:
    tell(private=True)
    with acting_as(ANONYMOUS), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_found('垃圾'::tsquery, 100, NULL, NULL, false, false, NULL, NULL)")
        assert cursor.fetchone()[0] == 0
        cursor.execute("SELECT count(*) FROM cases_near((SELECT array_agg(cell) FROM cases_public))")
        assert cursor.fetchone()[0] == 0
        cursor.execute("SELECT count(*) FROM cases_public")
        assert cursor.fetchone()[0] == 0


def test_file_of_somebody_else_cannot_be_taken_for_a_report(world: World, enter: Callable[..., Client]) -> None:
    owner, thief = enter(world.resident()), world.resident("13900000000")
    from io import BytesIO

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    upload = SimpleUploadedFile("a.png", picture.getvalue())
    file_id = owner.post("/api/v1/cases/files", {"file": upload}).json()["id"]
    for by in (thief, ANONYMOUS):
        with acting_as(by), pytest.raises(DomainError):
            cases.collect(report=Report(description="垃圾", address="x", file_ids=(file_id,)), by=by)

"""Fuzzing after the descriptions: the API's own OpenAPI, and one of GeoReport v2 written here. No 5xx, and only what is described."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from factories.world import HERE, World, forget_caches, make_world
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from linli.gateway import actions
from linli.web.api import api

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
EXAMPLES = 12
APPLICATION = get_wsgi_application()


def schema_of(description: dict[str, Any]) -> Any:
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(description)))
    schema.app = APPLICATION
    return schema


def text(place: str, name: str, *, required: bool = False) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": {"type": "string"}}


def georeport() -> dict[str, Any]:
    """GeoReport v2 as a description: what it takes, and that it answers in the two forms, refusals included."""
    answers = {
        status: {"description": "", "content": {"application/json": {}, "text/xml": {}}} for status in ("2XX", "4XX")
    }
    filters = ("service_request_id", "service_code", "start_date", "end_date", "status", "page", "per_page", "bbox")
    fields = (
        "service_code",
        "description",
        "lat",
        "long",
        "address_string",
        "address_id",
        "phone",
        "media_url",
        "email",
    )
    form = {"type": "object", "properties": {name: {"type": "string"} for name in ("api_key", *fields)}}
    posting = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    paths: dict[str, Any] = {
        "/open311/v2/requests.{form}": {
            "get": {"parameters": [text("query", name) for name in (*filters, "updated_after")], "responses": answers},
            "post": {"requestBody": posting, "responses": answers},
        },
    }
    for thing, parameter in (("services", "code"), ("requests", "reference"), ("tokens", "token")):
        parameters = [
            {**text("path", parameter, required=True), "schema": {"type": "string", "pattern": "^[^/]{1,30}$"}}
        ]
        paths[f"/open311/v2/{thing}/{{{parameter}}}.{{form}}"] = {
            "get": {"parameters": parameters, "responses": answers}
        }
    chosen = {"in": "path", "name": "form", "required": True, "schema": {"enum": ["json", "xml"]}}
    for methods in paths.values():
        for operation in methods.values():
            operation.setdefault("parameters", []).append(chosen)
    return {"openapi": "3.1.0", "info": {"title": "GeoReport", "version": "2"}, "paths": paths}


API = schema_of(api.get_openapi_schema())
GEOREPORT = schema_of(georeport())


def operations(schema: Any) -> list[Any]:
    return [pytest.param(found.ok(), id=found.ok().label) for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """One city for all of it, with a case, and keys that may do much: whoever may nothing is soon refused."""
    # As Django's own test client does: the end of a request must not end the stage's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with django_db_blocker.unblock(), transaction.atomic():
        with acting_as(SYSTEM):
            world: World = make_world()
            made = cases.collect(report=Report("路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102"), by=SYSTEM)
            keys = {
                role: actions.create_key(
                    name=role, may=["post", "read", "act"], role=role, unit_id=world.id("51"), by=SYSTEM,
                    body_id=world.bodies["water"].id, rate_per_minute=1_000_000,
                ).secret
                for role in ("desk", "handler")
            }  # fmt: skip
        yield {"case": made.case.reference, **keys}
        transaction.set_rollback(True)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    with django_db_blocker.unblock():
        connection.close()
    forget_caches()


def fuzz(operation: Any, stage: dict[str, str], headers: dict[str, str]) -> None:
    """Well-formed and malformed requests, half of them about a case that is there."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=st.one_of(operation.as_strategy(), operation.as_strategy(GenerationMode.NEGATIVE)), known=st.booleans())
    def calls(case: Case, known: bool) -> None:
        if known and "case" in (case.path_parameters or {}):
            case.path_parameters["case"] = stage["case"]
        # What a call changes is undone: each finds the stage as it was.
        before = transaction.savepoint()
        # What is told of a failure is to be read.
        response = case.call(headers=headers | {"Accept-Encoding": "identity"})
        transaction.savepoint_rollback(before)
        case.validate_response(response, checks=CHECKS)

    calls()


@pytest.mark.parametrize("operation", operations(API))
def test_the_api_answers_everything_as_it_is_described(operation: Any, stage: dict[str, str]) -> None:
    fuzz(operation, stage, {"Authorization": f"Bearer {stage['desk']}"})


@pytest.mark.parametrize("operation", operations(GEOREPORT))
def test_georeport_answers_everything(operation: Any, stage: dict[str, str]) -> None:
    fuzz(operation, stage, {"Authorization": f"Bearer {stage['desk']}"})

"""The description of the API is true to the code, and complete."""

from typing import Any

from linli.cases.lifecycle import CHANGES
from linli.web.api import api

SCHEMA: dict[str, Any] = api.get_openapi_schema()


def models() -> list[tuple[str, str, Any]]:
    """Each named part of each operation's models: its mode, its name and what it holds."""
    found = []
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                taken = list(operation.models)
                given = [model for model in operation.response_models.values() if hasattr(model, "model_json_schema")]
                for mode, listed in (("validation", taken), ("serialization", given)):
                    for model in listed:
                        parts = model.model_json_schema(mode=mode).get("$defs", {})
                        found += [(mode, name, part) for name, part in parts.items()]
    return found


def test_no_two_schemas_share_a_name() -> None:
    """The description has one place for each name: the second of two would be told by the words of the first."""
    first: dict[tuple[str, str], Any] = {}
    for mode, name, part in models():
        assert first.setdefault((mode, name), part) == part, f"two schemas are called {name}: rename one"


def test_every_change_of_the_lifecycle_can_be_made() -> None:
    paths = SCHEMA["paths"]
    for name, change in CHANGES.items():
        if change.roles:
            assert f"/api/v1/cases/{{case}}/changes/{name}" in paths


def test_operations_have_names_of_their_own_and_tell_how_they_refuse() -> None:
    operations = [operation for methods in SCHEMA["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        assert "application/problem+json" in operation["responses"]["4XX"]["content"]


def test_what_makes_something_new_takes_a_once_only_key() -> None:
    posts = {path: methods["post"] for path, methods in SCHEMA["paths"].items() if "post" in methods}
    without = {
        path
        for path, operation in posts.items()
        if not any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    }
    assert {path for path in without if path.startswith(("/api/v1/cases", "/api/v1/gateway"))} == {
        # Kept until something claims it, counted once for each person, marked once, refused while it waits; stored once by its own name.
        "/api/v1/cases/files",
        "/api/v1/cases/{case}/support",
        "/api/v1/gateway/messages/read",
        "/api/v1/gateway/deliveries/{delivery}/repeat",
        "/api/v1/gateway/cap",
    }

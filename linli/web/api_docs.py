"""The API's reference page, written by the server from the OpenAPI description: no script, both languages."""

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    tag: str
    method: str
    path: str
    summary: str
    about: str
    parameters: list[Parameter]
    answers: list[str]

    @property
    def anchor(self) -> str:
        return f"{self.method}{self.path}".replace("/", "-").replace("{", "").replace("}", "").lower()


class Reference(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        context = {"operations": _written(api, get_language() or ""), "schema_url": self.get_openapi_url(api, kwargs)}
        return render(request, "web/api_docs.html", context)


@cache
def _written(api: NinjaAPI, _language: str) -> SafeString:
    """All operations in HTML, the same as long as the process lives: written anew each time they took 250 ms."""
    operations = sorted(operations_of(api.get_openapi_schema()), key=lambda operation: (operation.tag, operation.path))
    groups = [(tag, list(group)) for tag, group in groupby(operations, key=lambda operation: operation.tag)]
    return render_to_string("web/api_operations.html", {"groups": groups})


PROBLEM = {
    "title": "Problem",
    "description": "A refusal (RFC 9457): a stable code, and a sentence in the reader's language that says what to do.",
    "type": "object",
    "required": ["type", "title", "status", "code", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "instance": {"type": "string"},
        "field": {"type": "string", "description": "The input that it is about, where it is about one."},
        "data": {"type": "object", "additionalProperties": {"type": "string"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    },
}


def described(schema: dict[str, Any]) -> None:
    """Add to each operation of a description how it refuses, and that it may be called without signing in."""
    schema.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    refusal = {
        "description": "Refused: the problem says why and what to do.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for methods in schema["paths"].values():
        for operation in methods.values():
            operation["responses"]["4XX"] = refusal
            if operation.get("security"):
                operation["security"].append({})


def operations_of(schema: dict[str, Any]) -> list[Operation]:
    """Each path and method of an OpenAPI description, with the fields of its body among its parameters."""
    return [
        Operation(
            tag=(operation.get("tags") or [path.split("/")[3]])[0],
            method=method.upper(),
            path=path,
            summary=operation.get("summary", ""),
            about=operation.get("description", ""),
            parameters=[*_parameters(operation), *_body_fields(operation, schema)],
            answers=[str(status) for status in operation.get("responses", {})],
        )
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def _parameters(operation: dict[str, Any]) -> list[Parameter]:
    return [
        Parameter(
            item["name"],
            item["in"],
            _kind(item.get("schema", {})),
            item.get("required", False),
            item.get("description") or item.get("schema", {}).get("description", ""),
        )
        for item in operation.get("parameters", [])
    ]


def _body_fields(operation: dict[str, Any], schema: dict[str, Any]) -> list[Parameter]:
    content = operation.get("requestBody", {}).get("content", {})
    return [
        Parameter(name, "body", _kind(field), name in model.get("required", []), field.get("description", ""))
        for media in content.values()
        for model in [_resolve(media.get("schema", {}), schema)]
        for name, field in model.get("properties", {}).items()
    ]


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    name = node["$ref"].rsplit("/", 1)[-1]
    found: dict[str, Any] = schema["components"]["schemas"][name]
    return found


def _kind(node: dict[str, Any]) -> str:
    """A field's type in one word or two: `string (uuid)`, `array of string`, `Report`."""
    if "$ref" in node:
        return str(node["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in node:
        return " | ".join(_kind(part) for part in node["anyOf"])
    if node.get("type") == "array":
        return f"array of {_kind(node.get('items', {}))}"
    if "enum" in node:
        return " | ".join(str(value) for value in node["enum"])
    kind, form = str(node.get("type", "any")), node.get("format")
    return f"{kind} ({form})" if form else kind

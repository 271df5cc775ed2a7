"""Calls of the API as another system or an app makes them, through the whole stack of middleware."""

import json
from typing import Any

from django.test import Client


class Api:
    """JSON in, JSON out. `key` is sent as Authorization: Bearer; `client` brings a session."""

    def __init__(self, key: str = "", client: Client | None = None, **headers: str) -> None:
        self.client = client or Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.headers |= headers

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers | (headers or {}))

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None, **options: Any) -> Any:
        options.setdefault("content_type", "application/json")
        data = body if isinstance(body, str | bytes) else json.dumps(body if body is not None else {})
        return self.client.post(f"/api/v1/{path}", data, headers=self.headers | (headers or {}), **options)

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/v1/{path}", headers=self.headers)

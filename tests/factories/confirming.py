"""Sends a form whose effect is shown first, and confirms what was shown."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client


def shown(client: Client, address: str, form: dict[str, Any]) -> str:
    """The digest of the effect that the page shows."""
    page = client.post(address, form)
    found = re.search(r'name="sure" value="([0-9a-f]{64})"', page.content.decode())
    assert page.status_code == 200, page.status_code
    assert found, page.content.decode()
    return found[1]


def confirm(client: Client, address: str, form: dict[str, Any], **more: Any) -> HttpResponse:
    return client.post(address, form | {"sure": shown(client, address, form)}, **more)

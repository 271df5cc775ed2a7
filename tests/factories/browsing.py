"""Browsers of those who are signed in, and what they read."""

import re

from django.test import Client

from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.people.models import Person


def client_of(actor: Actor) -> Client:
    """In English."""
    client = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=actor.id))
    return client


def unmarked(page: str) -> str:
    """An English page without the marks that say of its Chinese that it is Chinese."""
    return re.sub(r'<span lang="zh-Hans">([^<]*)</span>', r"\1", page)

"""A stored form and the answers to it: what is allowed, and what follows from them. Reads no rows."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from linli.campaigns import forms
from linli.campaigns.forms import Form
from linli.campaigns.models import FormVersion
from linli.foundation.errors import DomainError


def form_of(row: FormVersion) -> Form:
    """The compiled form; reading it again takes some milliseconds, so each process keeps those in use."""
    return _form(row.pk, row.xml, row.form_id, row.version)


@lru_cache(maxsize=32)
def _form(_row: UUID, xml: str, form_id: str, version: str) -> Form:
    return Form(xml=xml, form_id=form_id, version=version, title={}, languages=(), source="")


def are_allowed(row: FormVersion, answers: Mapping[str, Any], at: datetime) -> bool:
    """Whether the form finds nothing wrong with the answers, as of the visit's time."""
    form = form_of(row)
    try:
        return not forms.check_answers(form, answers, at=at)
    except DomainError:
        return False

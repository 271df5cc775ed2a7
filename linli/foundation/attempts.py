"""What a form's page does with an action that may refuse: the reason goes where the reader can mend it."""

from collections.abc import Callable
from typing import TypeVar

from django import forms

from linli.foundation.errors import DomainError

R = TypeVar("R")


def attempt(form: forms.Form, work: Callable[[], R]) -> tuple[R | None, int]:
    """The result of `work` and 200; or, where it was refused, the reason put into the form, and its status."""
    try:
        return work(), 200
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None, refusal.status

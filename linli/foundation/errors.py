"""Domain errors: a stable code, an HTTP status, and a translated message that says what to do.

In the API they become problem details (RFC 9457), on pages a message beside the field or at the top.
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal that the reader can act on.

    `code` is stable and machine readable, `message` is translated and may hold `%(name)s` for each of `data`,
    `field` names the input it is about, where there is one.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    message: ClassVar[str | Promise] = _("This cannot be done.")

    def __init__(self, *, field: str | None = None, **data: Any) -> None:
        super().__init__(self.code)
        self.field = field
        self.data = data

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.data if self.data else text


class NotFound(DomainError):
    """Not there, or not visible to the actor: the answer is the same, so that ids cannot be probed."""

    code = "not_found"
    status = 404
    message = _("There is nothing here that you may see. Check the number or the link.")


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403
    message = _("Your post does not allow this. Ask a colleague who holds the right post, or your administrator.")


class SignInNeeded(DomainError):
    code = "sign_in_needed"
    status = 401
    message = _("Please sign in first.")


class InvalidInput(DomainError):
    code = "invalid_input"
    status = 422
    message = _("Please correct the marked fields.")


class Stale(DomainError):
    """Somebody else was faster; the page showed an older state."""

    code = "stale"
    status = 409
    message = _(
        "Someone changed this a moment ago. The page now shows the newest state: please look again and repeat if needed."
    )


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = _("This Idempotency-Key was already used with other content. Use a new key for a new request.")


class TooManyAttempts(DomainError):
    code = "too_many_attempts"
    status = 429
    message = _("Too many attempts. Please wait %(minutes)s minutes and try again.")

"""What is refused to ODK Collect. It keeps what it could not send, and shows the words."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError


class NoAnswers(DomainError):
    code = "no_answers"
    status = 400
    message = _("There are no answers in what was sent. Keep the form and send it again.")


class NoDoor(DomainError):
    code = "no_door"
    status = 422
    message = _("The form does not say which door, or what came of the visit. Open it again, and fill in both.")


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    status = 405
    message = _("This address does not answer to that method.")

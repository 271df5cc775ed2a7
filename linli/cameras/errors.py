"""What cameras refuse, and what to do then."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError


class ReasonNeeded(DomainError):
    code = "reason_needed"
    status = 422
    message = _("Say in a sentence why: 4 to 300 letters. It is kept with your post and the moment.")


class WrongAddress(DomainError):
    code = "wrong_address"
    status = 422
    message = _("The address of a stream begins with https:// or http:// and names a host, without a user name in it.")


class LookOver(DomainError):
    code = "look_over"
    status = 410
    message = _("This look is over. Say again why you look.")


class CameraClosed(DomainError):
    code = "camera_closed"
    status = 409
    message = _("This camera was taken out of the register.")

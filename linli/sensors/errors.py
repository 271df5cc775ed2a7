"""What sensors refuse, and what to do then."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError, InvalidInput


class TokenNotValid(DomainError):
    code = "token_not_valid"
    status = 401
    message = _("The token in X-Sensor-Token is not valid. Ask the administrator for a new one.")


class UnknownDevice(DomainError):
    code = "unknown_device"
    status = 422
    message = _("Your register has no such device.")


class WrongMoment(DomainError):
    code = "wrong_moment"
    status = 422
    message = _("The moment lies in the future, or more than 30 days back. Check the device's clock.")


class AnotherValue(DomainError):
    code = "another_value"
    status = 409
    message = _("The device has said something else for this moment before. The first is kept.")


class ReasonNeeded(DomainError):
    code = "reason_needed"
    status = 422
    message = _("Say why it is dismissed.")


class Answered(DomainError):
    code = "answered"
    status = 409
    message = _("This alert has its answer already.")


class CodeTaken(DomainError):
    code = "code_taken"
    status = 409
    message = _("A device is, or was, registered under this code. Choose another.")


class LimitsCrossed(InvalidInput):
    code = "limits_crossed"
    message = _("The high limit must be more than the low one.")


class DeviceClosed(DomainError):
    code = "device_closed"
    status = 409
    message = _("This device was taken out of the register.")


class RetireReasonNeeded(DomainError):
    code = "retire_reason_needed"
    status = 422
    message = _("Say why it is taken out of the register.")

"""Refusals in the form of GeoReport v2: a list of codes and descriptions, with the HTTP status of the first."""

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError
from linli.gateway.open311 import forms

# What GeoReport v2 names: 400, 401 and 403 for keys, 404. Its clients know no other, but for "too often".
STATUSES = {401: 403, 405: 405, 409: 400, 413: 413, 415: 400, 422: 400}


class JurisdictionUnknown(DomainError):
    code = "jurisdiction_unknown"
    status = 404
    message = _("There is no jurisdiction “%(value)s” here.")


class KeyMissing(DomainError):
    code = "api_key_missing"
    status = 403
    message = _("Posting needs an api_key. Ask the city's administrator for one.")


class ServiceMissing(DomainError):
    code = "service_code_missing"
    status = 400
    message = _("Name the service_code. GET services lists them.")


class ServiceUnknown(DomainError):
    code = "service_code_unknown"
    status = 404
    message = _("There is no service “%(value)s”. GET services lists them.")


class DescriptionMissing(DomainError):
    code = "description_missing"
    status = 400
    message = _("Describe what is wrong.")


class PlaceMissing(DomainError):
    code = "location_missing"
    status = 400
    message = _("Name the place: lat and long, address_string, or address_id.")


class AddressUnknown(DomainError):
    code = "address_id_unknown"
    status = 400
    message = _("There is no address_id “%(value)s”.")


class WrongValue(DomainError):
    code = "wrong_value"
    status = 400
    message = _("The value of %(name)s cannot be used.")


class RangeTooLong(DomainError):
    code = "range_too_long"
    status = 400
    message = _("start_date and end_date may be at most 90 days apart, and in that order.")


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    status = 405
    message = _("This address does not answer to that method.")


def refusal(form: str, error: DomainError) -> HttpResponse:
    status = STATUSES.get(error.status, error.status)
    response = forms.answer(form, "errors", [{"code": status, "description": str(error)}], status=status)
    if "seconds" in error.data:
        response.headers["Retry-After"] = str(error.data["seconds"])
    return response

"""Handing in a request by GeoReport v2: the same case as by any other channel."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from linli.cases import actions as cases
from linli.cases.models import Nature
from linli.cases.rules import Report
from linli.config import env
from linli.foundation.access import Actor, acting_as
from linli.foundation.idempotency import once
from linli.gateway import queries
from linli.gateway.open311.errors import (
    AddressUnknown,
    DescriptionMissing,
    KeyMissing,
    PlaceMissing,
    ServiceMissing,
    WrongValue,
)
from linli.gateway.open311.services import service_of
from linli.territory import queries as territory

# Attributes that Linli knows; others are kept as words, below the description.
KNOWN_ATTRIBUTES = {"nature", "private"}
MOST_ATTRIBUTES = 30
LONGEST = {"email": 100, "first_name": 60, "last_name": 60, "address_string": 200, "media_url": 500, "address_id": 40}


def key_actor(request: HttpRequest) -> Actor:
    """Who posts: the key in `api_key`, or in Authorization: Bearer. Raises `KeyMissing`, `KeyNotValid`."""
    scheme, _space, bearer = request.headers.get("Authorization", "").partition(" ")
    sent = request.POST.get("api_key") or request.GET.get("api_key") or (bearer if scheme.lower() == "bearer" else "")
    if not sent:
        raise KeyMissing
    return queries.actor_of_key(sent.strip())


def post(request: HttpRequest) -> dict[str, Any]:
    """Make a case of what was posted, and say its number."""
    by = key_actor(request)
    sent = request.POST
    report = report_of(sent)
    key = once(by, request.headers.get("Idempotency-Key"), {"path": request.path, "body": dict(sent.lists())})
    with acting_as(by):
        made = cases.collect(report=report, by=by, key=key)
    notice = _("In danger, call %(number)s first.") % {"number": made.emergency_number} if made.emergency_number else ""
    link = f"{env.get('LINLI_URL')}/track/{made.case.reference}/{made.secret}/"
    return {
        "service_request_id": made.case.reference,
        "service_notice": f"{notice} {link}".strip(),
        "account_id": sent.get("account_id") or None,
    }


def report_of(sent: QueryDict) -> Report:
    """What was posted as a report. Raises refusals of GeoReport v2."""
    for name, longest in LONGEST.items():
        if len(sent.get(name, "")) > longest:
            raise WrongValue(name=name)
    code = sent.get("service_code", "").strip()
    if not code:
        raise ServiceMissing
    service = service_of(code)
    description = sent.get("description", "").strip()
    if not description:
        raise DescriptionMissing
    lon, lat = _degrees(sent, "long"), _degrees(sent, "lat")
    unit_id = _unit(sent.get("address_id", "").strip())
    address = sent.get("address_string", "").strip()
    if (lon is None or lat is None) and unit_id is None and not address:
        raise PlaceMissing
    attributes = _attributes(sent)
    return Report(
        description="\n".join([description, *_kept(attributes), *_media(sent)]),
        channel="open311",
        class_code=service.code,
        nature=_nature(attributes.get("nature", "")),
        lon=lon,
        lat=lat,
        address=address,
        unit_id=unit_id,
        private=_yes(attributes.get("private", "")),
        contact_name=_name(sent),
        contact_phone=sent.get("phone", "").strip(),
    )


def _degrees(sent: QueryDict, name: str) -> float | None:
    text = sent.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise WrongValue(name=name) from None
    if not -180 <= value <= 180:
        raise WrongValue(name=name)
    return value


def _unit(code: str) -> UUID | None:
    if not code:
        return None
    found = territory.find_by_code(code)
    if found is None:
        raise AddressUnknown(value=code)
    return found.id


def _attributes(sent: QueryDict) -> dict[str, str]:
    """`attribute[code]=value`, several values of one joined; multivaluelists come as `attribute[code][]`."""
    found = {}
    for name in sent:
        match = re.fullmatch(r"attribute\[([^\[\]]{1,60})\](\[\])?", name)
        if match is not None:
            found[match[1]] = ", ".join(value.strip() for value in sent.getlist(name))[:500]
    if len(found) > MOST_ATTRIBUTES:
        raise WrongValue(name="attribute")
    return found


def _kept(attributes: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in attributes.items() if name not in KNOWN_ATTRIBUTES and value]


def _media(sent: QueryDict) -> list[str]:
    """The link to a photo is kept as words: the server never follows it."""
    url = sent.get("media_url", "").strip()
    if not url:
        return []
    if not re.fullmatch(r"https?://[^\s<>\"']+", url):
        raise WrongValue(name="media_url")
    return [url]


def _nature(value: str) -> str:
    if not value:
        return Nature.COMPLAINT
    if value not in Nature.values:
        raise WrongValue(name="attribute[nature]")
    return value


def _yes(value: str) -> bool:
    if value not in {"", "true", "false"}:
        raise WrongValue(name="attribute[private]")
    return value == "true"


def _name(sent: QueryDict) -> str:
    name = " ".join(part for part in (sent.get("first_name", "").strip(), sent.get("last_name", "").strip()) if part)
    email = sent.get("email", "").strip()
    return f"{name} <{email}>".strip() if email else name

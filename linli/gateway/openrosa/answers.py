"""How OpenRosa is answered: its three documents, and its headers on each."""

from collections.abc import Mapping
from hashlib import md5
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpResponse
from django.utils.http import http_date

from linli.foundation import clock
from linli.foundation.errors import DomainError

XML = "text/xml; charset=utf-8"
# How much Collect sends at once: it spreads what is more, photos, over several requests. Longer ones are answered all the same.
ACCEPTED = 10 * 1024 * 1024
# Collect takes 401 for a wish for a name and a password, which there are none of.
STATUSES = {401: 403}


def form_list(forms: list[Mapping[str, str]]) -> HttpResponse:
    root = Element("xforms", xmlns="http://openrosa.org/xforms/xformsList")
    for form in forms:
        _fill(SubElement(root, "xform"), form)
    return document(root)


def manifest(files: list[Mapping[str, str]]) -> HttpResponse:
    root = Element("manifest", xmlns="http://openrosa.org/xforms/xformsManifest")
    for one in files:
        _fill(SubElement(root, "mediaFile"), one)
    return document(root)


def told(text: str, status: int) -> HttpResponse:
    """What Collect shows whoever sent something."""
    root = Element("OpenRosaResponse", xmlns="http://openrosa.org/http/response")
    SubElement(root, "message", nature="submit_success" if status == 201 else "submit_error").text = text
    return document(root, status)


def refusal(error: DomainError) -> HttpResponse:
    response = told(str(error), STATUSES.get(error.status, error.status))
    if "seconds" in error.data:
        response.headers["Retry-After"] = str(error.data["seconds"])
    return response


def document(root: Element, status: int = 200) -> HttpResponse:
    return of_type(tostring(root, encoding="utf-8", xml_declaration=True), XML, status)


def of_type(content: bytes, content_type: str, status: int = 200) -> HttpResponse:
    headers = {
        "X-OpenRosa-Version": "1.0",
        "X-OpenRosa-Accept-Content-Length": str(ACCEPTED),
        "Date": http_date(clock.now().timestamp()),
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, status=status, content_type=content_type, headers=headers)


def hash_of(content: bytes) -> str:
    """By which Collect sees that something has changed; OpenRosa names this one."""
    return f"md5:{md5(content, usedforsecurity=False).hexdigest()}"


def _fill(element: Element, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        SubElement(element, name).text = value

"""How answers are written: JSON, or the XML of GeoReport v2, whose elements are named after the JSON's lists."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from django.http import HttpResponse

JSON, XML = "json", "xml"
CONTENT_TYPES = {JSON: "application/json; charset=utf-8", XML: "text/xml; charset=utf-8"}
# The element of each thing in a list.
ITEMS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
# XML 1.0 has no way to write these.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Content = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def answer(form: str, root: str, content: Content, *, status: int = 200) -> HttpResponse:
    """`content` in a form; in XML under the element `root`."""
    text = to_xml(root, content) if form == XML else json.dumps(content, ensure_ascii=False).encode()
    return HttpResponse(text, status=status, content_type=CONTENT_TYPES[form])


def to_xml(root: str, content: Any) -> bytes:
    element = ElementTree.Element(root)
    _fill(element, content)
    return ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)


def _fill(element: ElementTree.Element, content: Any) -> None:
    if isinstance(content, Mapping):
        for name, value in content.items():
            _fill(ElementTree.SubElement(element, name), value)
    elif isinstance(content, list | tuple):
        for item in content:
            _fill(ElementTree.SubElement(element, ITEMS[element.tag]), item)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = _NOT_IN_XML.sub("", str(content))

"""The services of GeoReport v2 are the minor classes of the catalogue; their attributes are what a report may say beside its text."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.cases.models import Nature
from linli.config import env
from linli.duties import queries as duties
from linli.duties.errors import UnknownClass
from linli.duties.queries import ClassInfo
from linli.gateway.open311.errors import ServiceUnknown

CHANGESET = "2026-11-23T00:00:00+08:00"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def discovery(url: str) -> dict[str, Any]:
    """Which versions and forms are spoken here, and how to get a key."""
    return {
        "changeset": CHANGESET,
        "contact": _("Your community's service desk, or 12345"),
        "key_service": f"{env.get('LINLI_URL')}/api/v1/docs",
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url,
                "changeset": CHANGESET,
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


def services() -> list[dict[str, Any]]:
    """Every class that a report may have."""
    return [_service(info) for info in duties.classes() if info.is_minor and info.active]


def service_of(code: str) -> ClassInfo:
    """Raises `ServiceUnknown`."""
    try:
        return duties.class_in_use(code)
    except UnknownClass:
        raise ServiceUnknown(value=code[:40]) from None


def _service(info: ClassInfo) -> dict[str, Any]:
    chinese = (get_language() or "").startswith("zh")
    return {
        "service_code": info.code,
        "service_name": info.label,
        "description": _description(info),
        "metadata": True,
        "type": "realtime",
        "keywords": ", ".join(info.keywords if chinese or not info.keywords_en else info.keywords_en),
        "group": duties.case_class(info.major_id).label,
    }


def _description(info: ClassInfo) -> str:
    if info.emergency_number:
        return _("In danger, call %(number)s first.") % {"number": info.emergency_number}
    return info.label


def definition(code: str) -> dict[str, Any]:
    """The attributes of a service. Raises `ServiceUnknown`."""
    info = service_of(code)
    return {"service_code": info.code, "attributes": [_nature(), _private()]}


def _nature() -> dict[str, Any]:
    values = [{"key": key, "name": str(label)} for key, label in Nature.choices]
    return _choice("nature", 1, _("What kind of matter is it?"), values)


def _private() -> dict[str, Any]:
    values = [
        {"key": "false", "name": _("Everybody may see it")},
        {"key": "true", "name": _("Only those who work on it")},
    ]
    return _choice("private", 2, _("Who may see it?"), values)


def _choice(code: str, order: int, question: str, values: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "variable": True,
        "code": code,
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": None,
        "order": order,
        "description": question,
        "values": values,
    }

"""A CAP 1.2 message: read strictly, written validly. Pure.

What Linli has no use for (resources, parameters, codes, a signature) may stand in a message, at its place, and is passed over.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock
from linli.foundation.errors import DomainError

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
CONTENT_TYPE = "application/cap+xml"
MAX_BYTES = 1536 * 1024
# Of all areas together: the boundary of a province drawn to ten metres has fewer.
MAX_POINTS = 100_000
MAX_TEXT = 10_000
MAX_INFOS, MAX_AREAS = 10, 500


class NotCap(DomainError):
    """`path` is where in the message."""

    code = "not_cap"
    status = 422
    message = _("This is no valid CAP 1.2 message. Look at %(path)s.")


class MessageTooLarge(DomainError):
    code = "cap_too_large"
    status = 413
    message = _("A CAP message is at most %(kilobytes)s kB large. Draw its area with fewer points.")


class Status(StrEnum):
    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MsgType(StrEnum):
    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class Scope(StrEnum):
    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class Category(StrEnum):
    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


Value = TypeVar("Value", bound=StrEnum)
# Latitude and longitude, WGS84.
Point = tuple[float, float]
# Closed: the last point is the first.
Ring = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    centre: Point
    kilometres: float


@dataclass(frozen=True, slots=True)
class Area:
    description: str
    polygons: tuple[Ring, ...] = ()
    circles: tuple[Circle, ...] = ()
    # Name of a register, and a code of it.
    geocodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Info:
    """What is to be said, in one language."""

    event: str
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    categories: tuple[Category, ...]
    language: str = "en-US"
    responses: tuple[ResponseType, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """Another message, as it is named everywhere."""

    sender: str
    identifier: str
    sent: datetime

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{time_text(self.sent)}"


@dataclass(frozen=True, slots=True)
class Alert:
    identifier: str
    sender: str
    sent: datetime
    status: Status
    msg_type: MsgType
    scope: Scope = Scope.PUBLIC
    note: str = ""
    references: tuple[Reference, ...] = ()
    infos: tuple[Info, ...] = ()

    @property
    def itself(self) -> Reference:
        return Reference(self.sender, self.identifier, self.sent)


# The children of each element in their order: name, whether there must be one, whether there may be more.
_ALERT = (
    ("identifier", 1, 0), ("sender", 1, 0), ("sent", 1, 0), ("status", 1, 0), ("msgType", 1, 0), ("source", 0, 0), ("scope", 1, 0),
    ("restriction", 0, 0), ("addresses", 0, 0), ("code", 0, 1), ("note", 0, 0), ("references", 0, 0), ("incidents", 0, 0), ("info", 0, 1),
)  # fmt: skip
_INFO = (
    ("language", 0, 0), ("category", 1, 1), ("event", 1, 0), ("responseType", 0, 1), ("urgency", 1, 0), ("severity", 1, 0),
    ("certainty", 1, 0), ("audience", 0, 0), ("eventCode", 0, 1), ("effective", 0, 0), ("onset", 0, 0), ("expires", 0, 0),
    ("senderName", 0, 0), ("headline", 0, 0), ("description", 0, 0), ("instruction", 0, 0), ("web", 0, 0), ("contact", 0, 0),
    ("parameter", 0, 1), ("resource", 0, 1), ("area", 0, 1),
)  # fmt: skip
_AREA = (
    ("areaDesc", 1, 0), ("polygon", 0, 1), ("circle", 0, 1), ("geocode", 0, 1), ("altitude", 0, 0), ("ceiling", 0, 0),
)  # fmt: skip
_VALUE = (("valueName", 1, 0), ("value", 1, 0))

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"
_NAME = re.compile(r"[^\s,<&]{1,200}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_NUMBER = re.compile(r"[-+]?\d{1,5}(\.\d{1,20})?")
_NOT_IN_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# --- reading ---------------------------------------------------------------------------------------------------------


def read(data: bytes) -> Alert:
    """Raises `NotCap`, `MessageTooLarge`."""
    if len(data) > MAX_BYTES:
        raise MessageTooLarge(kilobytes=MAX_BYTES // 1024)
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        # ValueError and LookupError: an encoding that does not fit, or that nobody knows.
        raise NotCap(path="alert") from error
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise NotCap(path="alert")
    return _alert(_Node(root, "alert", _ALERT, signed=True))


class _Node:
    """The children of an element by name, once it has been seen that they are those of the schema, in its order."""

    def __init__(
        self, element: Element, path: str, allowed: Sequence[tuple[str, int, int]], signed: bool = False
    ) -> None:
        self.path = path
        self.children: dict[str, list[Element]] = {}
        place = 0
        order = {name: at for at, (name, _must, _more) in enumerate(allowed)}
        for child in element:
            space, _brace, name = child.tag.rpartition("}")
            if signed and child.tag.startswith(_SIGNATURE):
                place = len(allowed)
                continue
            at = order.get(name, -1) if space == f"{{{NAMESPACE}" else -1
            if at < place:
                raise NotCap(path=f"{path}/{name[:40]}")
            place = at
            self.children.setdefault(name, []).append(child)
        for name, must, more in allowed:
            count = len(self.children.get(name, ()))
            if count < must or (count > 1 and not more):
                raise NotCap(path=f"{path}/{name}")

    def texts(self, name: str) -> list[str]:
        found = [(child.text or "").strip() for child in self.children.get(name, ())]
        if any(len(child) for child in self.children.get(name, ())):
            raise NotCap(path=f"{self.path}/{name}")
        return found

    def text(self, name: str, most: int = MAX_TEXT) -> str:
        found = next(iter(self.texts(name)), "")
        if len(found) > most:
            raise NotCap(path=f"{self.path}/{name}")
        return found

    def name(self, name: str) -> str:
        return str(self._fit(name, lambda text: text if _NAME.fullmatch(text) else None))

    def moment(self, name: str) -> datetime | None:
        return self._fit(name, _moment) if name in self.children else None

    def values(self, kind: type[Value], name: str) -> tuple[Value, ...]:
        """Of a closed list. Its words are written exactly so."""
        try:
            return tuple(kind(text) for text in self.texts(name))
        except ValueError:
            raise NotCap(path=f"{self.path}/{name}") from None

    def value(self, kind: type[Value], name: str) -> Value:
        return self.values(kind, name)[0]

    def nodes(self, name: str, allowed: Sequence[tuple[str, int, int]], most: int) -> Iterator["_Node"]:
        children = self.children.get(name, ())
        if len(children) > most:
            raise NotCap(path=f"{self.path}/{name}[{most + 1}]")
        for number, child in enumerate(children, start=1):
            yield _Node(child, f"{self.path}/{name}[{number}]", allowed)

    def _fit(self, name: str, make: Callable[[str], Any]) -> Any:
        made = make(self.text(name))
        if made is None:
            raise NotCap(path=f"{self.path}/{name}")
        return made


def _alert(node: _Node) -> Alert:
    sent = node.moment("sent")
    assert sent is not None
    infos = tuple(_info(one) for one in node.nodes("info", _INFO, MAX_INFOS))
    if sum(len(ring) for info in infos for area in info.areas for ring in area.polygons) > MAX_POINTS:
        raise NotCap(path="alert/info/area/polygon")
    return Alert(
        identifier=node.name("identifier"),
        sender=node.name("sender"),
        sent=sent,
        status=node.value(Status, "status"),
        msg_type=node.value(MsgType, "msgType"),
        scope=node.value(Scope, "scope"),
        note=node.text("note"),
        references=tuple(_references(node)),
        infos=infos,
    )


def _references(node: _Node) -> Iterator[Reference]:
    for text in node.text("references").split():
        sender, _comma, rest = text.partition(",")
        identifier, _comma, time = rest.partition(",")
        sent = _moment(time)
        if sent is None or not _NAME.fullmatch(sender) or not _NAME.fullmatch(identifier):
            raise NotCap(path="alert/references")
        yield Reference(sender, identifier, sent)


def _info(node: _Node) -> Info:
    language = node.text("language") or "en-US"
    if not _LANGUAGE.fullmatch(language):
        raise NotCap(path=f"{node.path}/language")
    return Info(
        language=language,
        categories=node.values(Category, "category"),
        event=node.text("event"),
        responses=node.values(ResponseType, "responseType"),
        urgency=node.value(Urgency, "urgency"),
        severity=node.value(Severity, "severity"),
        certainty=node.value(Certainty, "certainty"),
        effective=node.moment("effective"),
        onset=node.moment("onset"),
        expires=node.moment("expires"),
        sender_name=node.text("senderName"),
        headline=node.text("headline"),
        description=node.text("description"),
        instruction=node.text("instruction"),
        web=node.text("web"),
        contact=node.text("contact"),
        areas=tuple(_area(one) for one in node.nodes("area", _AREA, MAX_AREAS)),
    )


def _area(node: _Node) -> Area:
    codes = node.nodes("geocode", _VALUE, 10_000)
    return Area(
        description=node.text("areaDesc"),
        polygons=tuple(_ring(text, f"{node.path}/polygon") for text in node.texts("polygon")),
        circles=tuple(_circle(text, f"{node.path}/circle") for text in node.texts("circle")),
        geocodes=tuple((code.text("valueName"), code.text("value")) for code in codes),
    )


def _ring(text: str, path: str) -> Ring:
    ring = tuple(_point(pair, path) for pair in text.split())
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise NotCap(path=path)
    return ring


def _circle(text: str, path: str) -> Circle:
    centre, _space, radius = text.partition(" ")
    if not _NUMBER.fullmatch(radius) or float(radius) < 0:
        raise NotCap(path=path)
    return Circle(_point(centre, path), float(radius))


def _point(pair: str, path: str) -> Point:
    lat, _comma, lon = pair.partition(",")
    if _NUMBER.fullmatch(lat) and _NUMBER.fullmatch(lon) and abs(float(lat)) <= 90 and abs(float(lon)) <= 180:
        return float(lat), float(lon)
    raise NotCap(path=path)


def _moment(text: str) -> datetime | None:
    """A time with its offset. `Z` is none of CAP's: the zone is said in figures."""
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    offset = moment.utcoffset()
    if offset is None or abs(offset) > timedelta(hours=14) or not clock.can_count_with(moment):
        return None
    return moment


# --- writing ---------------------------------------------------------------------------------------------------------


def write(alert: Alert) -> bytes:
    """Times are written to the second, places to six decimals (a hand's breadth)."""
    root = Element("alert", xmlns=NAMESPACE)
    _put(root, "identifier", alert.identifier)
    _put(root, "sender", alert.sender)
    _put(root, "sent", time_text(alert.sent))
    _put(root, "status", alert.status)
    _put(root, "msgType", alert.msg_type)
    _put(root, "scope", alert.scope)
    _put(root, "note", alert.note)
    _put(root, "references", " ".join(map(str, alert.references)))
    for info in alert.infos:
        _write_info(SubElement(root, "info"), info)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _write_info(element: Element, info: Info) -> None:
    _put(element, "language", info.language)
    for category in info.categories:
        _put(element, "category", category)
    _put(element, "event", info.event, always=True)
    for response in info.responses:
        _put(element, "responseType", response)
    _put(element, "urgency", info.urgency)
    _put(element, "severity", info.severity)
    _put(element, "certainty", info.certainty)
    for name, moment in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _put(element, name, time_text(moment) if moment else "")
    _put(element, "senderName", info.sender_name)
    _put(element, "headline", info.headline)
    _put(element, "description", info.description)
    _put(element, "instruction", info.instruction)
    _put(element, "web", info.web)
    _put(element, "contact", info.contact)
    for area in info.areas:
        _write_area(SubElement(element, "area"), area)


def _write_area(element: Element, area: Area) -> None:
    _put(element, "areaDesc", area.description, always=True)
    for ring in area.polygons:
        _put(element, "polygon", " ".join(map(_pair, ring)))
    for circle in area.circles:
        _put(element, "circle", f"{_pair(circle.centre)} {_figure(circle.kilometres)}")
    for name, code in area.geocodes:
        geocode = SubElement(element, "geocode")
        _put(geocode, "valueName", name, always=True)
        _put(geocode, "value", code, always=True)


def _put(parent: Element, name: str, text: str, *, always: bool = False) -> None:
    if text or always:
        SubElement(parent, name).text = clean(text)


def clean(text: str) -> str:
    """Without what XML cannot carry."""
    return _NOT_IN_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def time_text(moment: datetime) -> str:
    """To the second; UTC is written -00:00, as CAP has it."""
    text = moment.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


def _pair(point: Point) -> str:
    return f"{_figure(point[0])},{_figure(point[1])}"


def _figure(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")

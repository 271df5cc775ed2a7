"""Answers to a form: as XML, the way ODK Collect sends them, and as JSON, the way our own phone does.

Both say the same: `answers_of(form, instance_of(form, answers))` is `answers`. A group is an object, a repeat group a list of them; what
nobody answered is left out. Integers and decimals are numbers, a day is text (2026-11-26), several choices are a list of their names, a
photo is the name of its file, a position is {"lat", "lon", "altitude", "accuracy"}. A value that is not of its question's type stays the
text that it is: a check tells of it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from linli.campaigns.forms.errors import OtherForm, UnfitAnswers, UnreadableAnswers
from linli.campaigns.forms.form import Form
from linli.campaigns.forms.structure import Item, Kind

Answers = dict[str, Any]

MAX_BYTES = 256 * 1024
MAX_TEXT = 10_000
# Rows of all repeat groups of one visit: more people than live behind any door, and a bound for rules that compare rows.
MAX_ROWS = 200

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")
_NOT_IN_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_POSITION = ("lat", "lon", "altitude", "accuracy")


@dataclass(frozen=True, slots=True)
class Identity:
    """What an instance says of itself."""

    form_id: str
    version: str
    instance_id: str


@dataclass(slots=True)
class Reading:
    """Answers, and the paths of what the form does not ask."""

    answers: Answers = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    rows: int = 0


def identity_of(instance_xml: str | bytes) -> Identity:
    """Which form an instance answers, before that form is looked for. Raises UnreadableAnswers."""
    root = parse(instance_xml)
    instance_id = next((node.text or "" for node in root.iterfind("{*}meta/{*}instanceID")), "")
    return Identity(root.get("id", ""), root.get("version", ""), instance_id.strip())


def answers_of(form: Form, instance_xml: str | bytes) -> Answers:
    """The answers of an instance. Raises UnreadableAnswers, OtherForm, UnfitAnswers."""
    return read(form, instance_xml).answers


def read(form: Form, instance_xml: str | bytes) -> Reading:
    root = parse(instance_xml)
    found = (root.get("id", ""), root.get("version", ""))
    if found != (form.form_id, form.version):
        raise OtherForm(form=found[0][:64], version=found[1][:64])
    reading = Reading()
    reading.answers = _read_section(reading, root, form.structure.items, f"/{form.structure.root}")
    return reading


def fit(form: Form, answers: Mapping[str, Any]) -> Reading:
    """Answers in JSON read as those of an instance would be, without writing one. Raises UnfitAnswers."""
    reading = Reading()
    reading.answers = _fit_section(reading, answers, form.structure.items, f"/{form.structure.root}")
    return reading


def instance_of(form: Form, answers: Mapping[str, Any], *, instance_id: str) -> str:
    """Answers as an instance of the form. Raises UnfitAnswers."""
    root = Element(form.structure.root, id=form.form_id, version=form.version)
    _Writer().section(root, answers, form.structure.items, f"/{form.structure.root}")
    SubElement(SubElement(root, "meta"), "instanceID").text = _clean(instance_id)
    return tostring(root, encoding="unicode")


def parse(instance_xml: str | bytes) -> Element:
    if len(instance_xml) > MAX_BYTES:
        raise UnreadableAnswers
    try:
        return fromstring(instance_xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        # ValueError and LookupError: an encoding that does not fit, or that nobody knows.
        raise UnreadableAnswers from error


def _read_section(reading: Reading, parent: Element, items: tuple[Item, ...], path: str) -> Answers:
    """Follows the form and not the document, however deep or wide that is."""
    nodes: dict[str, list[Element]] = {}
    for node in parent:
        nodes.setdefault(node.tag.rpartition("}")[2], []).append(node)
    answers: Answers = {}
    for item in items:
        found = nodes.pop(item.name, [])
        if item.kind is Kind.REPEAT:
            value: Any = _read_rows(reading, found, item)
        elif not found:
            continue
        else:
            if len(found) > 1:
                reading.unexpected.append(f"{item.path}[2]")
            value = _read_section(reading, found[0], item.items, item.path) if item.items else _value(item, found[0])
        if value not in (None, "", [], {}):
            answers[item.name] = value
    reading.unexpected += [f"{path}/{name}" for name in nodes if name != "meta"]
    return answers


def _read_rows(reading: Reading, nodes: list[Element], item: Item) -> list[Answers]:
    # An empty form's template of a row is no row.
    rows = [node for node in nodes if not any(key.endswith("}template") for key in node.attrib)]
    reading.rows += len(rows)
    if reading.rows > MAX_ROWS:
        raise UnfitAnswers(path=item.path)
    return [_read_section(reading, row, item.items, item.path) for row in rows]


def _value(item: Item, node: Element) -> Any:
    text = (node.text or "").strip()
    if len(text) > MAX_TEXT:
        raise UnfitAnswers(path=item.path)
    return _of_type(item, text)


def _of_type(item: Item, text: str) -> Any:
    if item.kind is Kind.SELECT_MANY:
        return text.split()
    if item.type == "int" and _INTEGER.fullmatch(text):
        return int(text)
    if item.type == "decimal" and _DECIMAL.fullmatch(text):
        return float(text)
    if item.type == "geopoint":
        return _position(text) or text
    return text


def _position(text: str) -> dict[str, float] | None:
    parts = text.split()
    if not 2 <= len(parts) <= 4 or not all(_DECIMAL.fullmatch(part) for part in parts):
        return None
    lat, lon, altitude, accuracy = [*map(float, parts), 0.0, 0.0][:4]
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return dict(zip(_POSITION, (lat, lon, altitude, accuracy), strict=True))


def is_of_type(item: Item, value: Any) -> bool:
    """Whether an answer was read as what its question asks for."""
    if item.type in {"int", "decimal", "geopoint"}:
        return not isinstance(value, str)
    return item.type != "date" or is_date(value)


def is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _fit_section(reading: Reading, answers: Any, items: tuple[Item, ...], path: str) -> Answers:
    asked = _asked(answers, items, path)
    fitted: Answers = {}
    for item in asked:
        value = answers[item.name]
        if item.kind is Kind.REPEAT:
            rows = _rows_of(item, value, reading)
            value = [_fit_section(reading, row, item.items, item.path) for row in rows]
        elif item.kind is Kind.GROUP:
            value = _fit_section(reading, value or {}, item.items, item.path)
        else:
            value = _of_type(item, written(item, value).strip())
        if value not in (None, "", [], {}):
            fitted[item.name] = value
    return fitted


def _asked(answers: Any, items: tuple[Item, ...], path: str) -> list[Item]:
    """Those of a section that the answers name. Raises UnfitAnswers where they name another."""
    if not isinstance(answers, Mapping):
        raise UnfitAnswers(path=path)
    asked = [item for item in items if item.name in answers]
    if len(asked) < len(answers):
        unknown = set(answers) - {item.name for item in items}
        raise UnfitAnswers(path=f"{path}/{min(map(str, unknown))[:64]}")
    return asked


def _rows_of(item: Item, rows: Any, counted: "Reading | _Writer") -> list[Any]:
    rows = rows or []
    if not isinstance(rows, list):
        raise UnfitAnswers(path=item.path)
    counted.rows += len(rows)
    if counted.rows > MAX_ROWS:
        raise UnfitAnswers(path=item.path)
    return rows


class _Writer:
    def __init__(self) -> None:
        self.rows = 0

    def section(self, parent: Element, answers: Any, items: tuple[Item, ...], path: str) -> None:
        _asked(answers, items, path)
        for item in items:
            self._item(parent, answers.get(item.name), item)

    def _item(self, parent: Element, value: Any, item: Item) -> None:
        if item.kind is Kind.REPEAT:
            for row in _rows_of(item, value, self):
                self.section(SubElement(parent, item.name), row, item.items, item.path)
        elif item.kind is Kind.GROUP:
            self.section(SubElement(parent, item.name), value or {}, item.items, item.path)
        else:
            SubElement(parent, item.name).text = written(item, value)


def written(item: Item, value: Any) -> str:
    text = _as_text(item, value)
    if text is None or len(text) > MAX_TEXT:
        raise UnfitAnswers(path=item.path)
    return _clean(text)


def _as_text(item: Item, value: Any) -> str | None:
    """An answer of JSON as text, or None if it has no such form. A text is taken everywhere: if it is wrong a check tells it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if item.kind is Kind.SELECT_MANY and isinstance(value, list) and all(isinstance(name, str) for name in value):
        return " ".join(value)
    if item.type == "geopoint" and isinstance(value, Mapping):
        parts = [_number(value.get(part, 0)) for part in _POSITION]
        return None if None in parts else " ".join(map(str, parts))
    return _number(value)


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) >= 1e18:
        return None
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    # Never 1e-07: XML Schema's decimal has no exponent.
    return format(Decimal(repr(value)), "f")


def _clean(text: str) -> str:
    """Without what XML cannot carry: a keyboard's stray control sign loses nobody's visit."""
    if text.isprintable():
        return text
    return _NOT_IN_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))

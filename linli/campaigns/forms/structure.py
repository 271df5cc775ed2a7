"""What an XForm asks, as a tree: read once from the XML that pyxform wrote, used by the phone's schema, the answers and the checks.

The kinds are a closed list. A question that the phone cannot draw, or that collects about the worker what no visit needs, is refused
when the form is compiled, so that nobody meets it at a door.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext_lazy as _

from linli.campaigns.forms.errors import FormFault, Place
from linli.campaigns.forms.errors import Text as Problem

XF = "{http://www.w3.org/2002/xforms}"
XHTML = "{http://www.w3.org/1999/xhtml}"
JR = "{http://openrosa.org/javarosa}"

# A label is text, or text with values of other answers in it: ["Name of ", {"value": "/data/home"}].
Label = str | list[str | dict[str, str]]
Labels = dict[str, Label]
# The language of a form that names none.
DEFAULT = "default"


class Kind(StrEnum):
    GROUP = "group"
    REPEAT = "repeat"
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    SELECT_ONE = "select_one"
    SELECT_MANY = "select_many"
    NOTE = "note"
    PHOTO = "photo"
    POSITION = "position"
    CALCULATE = "calculate"
    # Filled by the phone: when the form was opened and finished, and the day.
    STAMP = "stamp"


SECTIONS = frozenset({Kind.GROUP, Kind.REPEAT})


@dataclass(frozen=True, slots=True)
class Item:
    """A question, a group or a repeat group. Expressions are XPath, as the XForm has them."""

    kind: Kind
    path: str
    type: str = "string"
    label: Labels = field(default_factory=dict)
    hint: Labels = field(default_factory=dict)
    appearance: str = ""
    relevant: str = ""
    required: str = ""
    required_message: Labels = field(default_factory=dict)
    constraint: str = ""
    constraint_message: Labels = field(default_factory=dict)
    calculate: str = ""
    read_only: bool = False
    default: str = ""
    choices: str = ""
    choice_filter: str = ""
    count: str = ""
    stamp: str = ""
    items: tuple["Item", ...] = ()
    # The last step of its path.
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.path.rpartition("/")[2])

    def walk(self) -> Iterator["Item"]:
        yield self
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    label: Labels
    # Further columns of the choices sheet, by which choice filters choose.
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Structure:
    root: str
    form_id: str
    version: str
    title: str
    languages: tuple[str, ...]
    items: tuple[Item, ...]
    choices: dict[str, tuple[Choice, ...]]

    def walk(self) -> Iterator[Item]:
        for item in self.items:
            yield from item.walk()


def read(xml: str) -> Structure:
    """The structure of an XForm that pyxform wrote. Raises FormFault for what this app does not do."""
    return _Reader(fromstring(xml, forbid_dtd=True)).structure()


def language_code(name: str) -> str:
    """`中文 (zh)` is zh; a language without a code is called by its name."""
    match = re.search(r"\(([A-Za-z][A-Za-z0-9-]*)\)\s*$", name)
    return match[1] if match else name


_TYPES = {
    "string": Kind.TEXT,
    "int": Kind.INTEGER,
    "decimal": Kind.DECIMAL,
    "date": Kind.DATE,
    "geopoint": Kind.POSITION,
}
_STAMPS = {"start", "end", "today"}
_ITEMSET = re.compile(r"instance\('([^']+)'\)/root/item(?:\[(.*)\])?", re.DOTALL)
# search('people') and ex:org.example.app(…) call others.
_APPEARANCE = re.compile(r"[\w\s-]*")
_TEXT_ID = re.compile(r"jr:itext\('(.*)'\)", re.DOTALL)
# pyxform writes it where one language has a text and another has none.
_NO_TEXT = "-"


class _Reader:
    def __init__(self, html: Element) -> None:
        head = _child(html, f"{XHTML}head")
        self.body = body = _child(html, f"{XHTML}body")
        self.model = _child(head, f"{XF}model")
        self.title = head.findtext(f"{XHTML}title", "")
        self._refuse_actions()
        self.binds = {bind.get("nodeset", ""): bind for bind in self.model.iterfind(f"{XF}bind")}
        self.controls = {ref: node for node in body.iter() if (ref := node.get("ref")) and node.tag not in _TEXTS}
        self.repeats = {node.get("nodeset", ""): node for node in body.iter(f"{XF}repeat")}
        self.lists = {name: node for node in self.model.iterfind(f"{XF}instance") if (name := node.get("id"))}
        self.translations = {
            language_code(node.get("lang", "")): {text.get("id", ""): text for text in node.iterfind(f"{XF}text")}
            for node in sorted(
                self.model.iterfind(f"{XF}itext/{XF}translation"), key=lambda node: not node.get("default")
            )
        }

    def structure(self) -> Structure:
        root = _child(self.model, f"{XF}instance")[0]
        name = _local(root.tag)
        items = tuple(self._items(root, f"/{name}"))
        used = {item.choices for top in items for item in top.walk()}
        return Structure(
            root=name,
            form_id=root.get("id", ""),
            version=root.get("version", ""),
            title=self.title,
            languages=tuple(self.translations),
            items=items,
            choices={name: self._choices(node) for name, node in self.lists.items() if name in used},
        )

    def _refuse_actions(self) -> None:
        for node in self.model:
            name = _local(node.tag)
            if name == "submission":
                raise FormFault(
                    Place("settings"),
                    _("Answers go to this server only. Delete the columns submission_url, public_key and auto_…"),
                )
            if name == "instance" and node.get("src"):
                raise FormFault(
                    Place(), _("Lists from other files are not used here. Put their rows into the sheet choices.")
                )
            if name == "setvalue":
                problem = _("Its default is a calculation. Use a question of type calculate instead.")
                raise _fault(node.get("ref", ""), problem)
            if name not in {"itext", "instance", "bind"}:
                raise _fault(node.get("ref", ""), _NOT_DRAWN)
        for node in self.body.iter():
            if not _APPEARANCE.fullmatch(node.get("appearance", "")) or node.get("intent"):
                problem = _("It calls another program or list. Write only words for its appearance.")
                raise _fault(node.get("ref", ""), problem)
            if _local(node.tag) not in _DRAWN:
                raise _fault(node.get("ref", ""), _NOT_DRAWN)

    def _items(self, parent: Element, path: str) -> Iterator[Item]:
        for node in parent:
            name = _local(node.tag)
            if name == "meta":
                _check_meta(node)
            # The row that shows how a new row begins is there once more as the first row.
            elif f"{JR}template" not in node.attrib:
                yield self._item(node, f"{path}/{name}")

    def _item(self, node: Element, path: str) -> Item:
        bind, control = self.binds.get(path, _NOTHING), self.controls.get(path, _NOTHING)
        repeat = self.repeats.get(path, _NOTHING)
        kind = self._kind(node, path)
        choices, choice_filter = self._itemset(control, path)
        calculate, preload = bind.get("calculate", ""), bind.get(f"{JR}preloadParams", "")
        return Item(
            kind=kind,
            path=path,
            type=bind.get("type", "string"),
            label=self._texts(control.find(f"{XF}label")),
            hint=self._texts(control.find(f"{XF}hint")),
            appearance=control.get("appearance", "") or repeat.get("appearance", ""),
            relevant=bind.get("relevant", "").strip(),
            required=_unless_false(bind.get("required", "")),
            required_message=self._message(bind.get(f"{JR}requiredMsg", "")),
            constraint=bind.get("constraint", "").strip(),
            constraint_message=self._message(bind.get(f"{JR}constraintMsg", "")),
            calculate=calculate.strip(),
            read_only=kind is not Kind.NOTE and bind.get("readonly", "") == "true()",
            default=(node.text or "").strip() if kind not in SECTIONS else "",
            choices=choices,
            choice_filter=choice_filter,
            count=repeat.get(f"{JR}count", "").strip(),
            stamp=preload if kind is Kind.STAMP else "",
            items=tuple(self._items(node, path)) if kind in SECTIONS else (),
        )

    def _kind(self, node: Element, path: str) -> Kind:
        if path in self.repeats:
            return Kind.REPEAT
        if len(node):
            return Kind.GROUP
        bind = self.binds.get(path, _NOTHING)
        if bind.get(f"{JR}preload"):
            if bind.get(f"{JR}preloadParams") in _STAMPS:
                return Kind.STAMP
            raise _fault(path, _COLLECTS)
        control = self.controls.get(path)
        if control is None:
            if bind.get("calculate"):
                return Kind.CALCULATE
            raise _fault(path, _NOT_DRAWN)
        return _kind_of_control(control, bind, path)

    def _itemset(self, control: Element, path: str) -> tuple[str, str]:
        itemset = control.find(f"{XF}itemset")
        if itemset is None:
            return "", ""
        match = _ITEMSET.fullmatch(itemset.get("nodeset", "").strip())
        if match is None or match[1] not in self.lists:
            raise _fault(path, _ELSEWHERE)
        return match[1], (match[2] or "").strip()

    def _choices(self, instance: Element) -> tuple[Choice, ...]:
        return tuple(self._choice(item) for item in instance.iterfind(f"{XF}root/{XF}item"))

    def _choice(self, item: Element) -> Choice:
        cells = {_local(cell.tag): cell.text or "" for cell in item}
        name = cells.pop("name", "")
        label, text_id = cells.pop("label", ""), cells.pop("itextId", "")
        labels: Labels = {DEFAULT: label} if label else {}
        return Choice(name, self._by_id(text_id) if text_id else labels, cells)

    def _texts(self, node: Element | None) -> Labels:
        if node is None:
            return {}
        if ref := node.get("ref"):
            return self._message(ref)
        text = _label(node)
        return {DEFAULT: text} if text else {}

    def _message(self, text: str) -> Labels:
        """A message stands in its attribute itself, or is named there."""
        match = _TEXT_ID.fullmatch(text)
        if match:
            return self._by_id(match[1])
        return {DEFAULT: text} if text else {}

    def _by_id(self, text_id: str) -> Labels:
        found: Labels = {}
        for language, texts in self.translations.items():
            if (node := texts.get(text_id)) is not None:
                text = self._plain(node)
                if text and text != _NO_TEXT:
                    found[language] = text
        return found

    def _plain(self, node: Element) -> Label:
        text: Label = ""
        for value in node.iterfind(f"{XF}value"):
            form = value.get("form")
            if form is None:
                text = _label(value)
            elif form != "guidance":
                problem = _("Pictures and sounds in labels are not shown here. Delete the columns media::…")
                raise FormFault(Place("survey"), problem)
        return text


_NOTHING = Element("nothing")
_TEXTS = {f"{XF}label", f"{XF}hint", f"{XF}value"}
_DRAWN = {
    *("body", "group", "repeat", "label", "hint", "output", "value", "itemset"),
    *("input", "select", "select1", "upload"),
}
_COLLECTS = _("It collects about the phone or its owner what no visit needs. Delete it.")
_ELSEWHERE = _("Its choices come from elsewhere or in any order. Name a list of the sheet choices.")
_NOT_DRAWN = _(
    "The app does not draw this. Use text, integer, decimal, date, select_one, select_multiple, note, image, geopoint or calculate."
)


def _kind_of_control(control: Element, bind: Element, path: str) -> Kind:
    kind, value = _local(control.tag), bind.get("type", "string")
    if kind in {"select1", "select"}:
        return Kind.SELECT_ONE if kind == "select1" else Kind.SELECT_MANY
    if kind == "upload" and control.get("mediatype", "").startswith("image/"):
        return Kind.PHOTO
    if kind == "input" and value == "string" and bind.get("readonly") == "true()" and not bind.get("calculate"):
        return Kind.NOTE
    if kind == "input" and value in _TYPES:
        return _TYPES[value]
    raise _fault(path, _NOT_DRAWN)


def _check_meta(meta: Element) -> None:
    """The form's own data: anything beyond its ids would record the worker (audit) or belong to lists that are not used here."""
    for node in meta:
        if _local(node.tag) not in {"instanceID", "instanceName"}:
            raise _fault(_local(node.tag), _COLLECTS)


def _fault(path: str, problem: Problem) -> FormFault:
    return FormFault(Place(question=path.rpartition("/")[2]), problem)


def _label(node: Element) -> Label:
    parts: list[str | dict[str, str]] = [(node.text or "").lstrip()]
    for output in node:
        parts += [{"value": output.get("value", "").strip()}, output.tail or ""]
    if isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    kept = [part for part in parts if part]
    if all(isinstance(part, str) for part in kept):
        return "".join(str(part) for part in kept)
    return kept


def _unless_false(expression: str) -> str:
    return "" if expression.strip() in {"", "false()"} else expression.strip()


def _child(parent: Element, tag: str) -> Element:
    found = parent.find(tag)
    if found is None:
        raise ValueError(f"no {tag}")
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]

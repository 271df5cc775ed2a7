"""A form as ODK Collect is given it: which door, and what came of it, are asked before it. Pure.

Collect knows forms and no doors. So its form has two questions more; what the form itself asks is relevant only where the visit was done.
Nothing else changes: paths and rules stay, so that what comes back is read along the form itself, which passes over the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.dom.minidom import Document, Element
from xml.etree.ElementTree import Element as Node

from defusedxml.minidom import parseString
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from linli.campaigns.forms.errors import UnreadableAnswers
from linli.campaigns.forms.form import Form
from linli.campaigns.forms.instances import parse
from linli.campaigns.forms.structure import DEFAULT, language_code
from linli.foundation import clock

DOORS = "doors.csv"
# A screening without a form of its own asks the two questions alone.
ONLY_DOORS = Form(
    xml=(
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"'
        ' xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>Doors</h:title><model>'
        '<instance><data id="linli_doors" version="1"><meta><instanceID/></meta></data></instance>'
        '<bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>'
        "</model></h:head><h:body/></h:html>"
    ),
    form_id="linli_doors",
    version="1",
    title={},
    languages=(),
    source="",
)

# By language code; of a form that names no language, both.
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the two questions, and of each outcome by its value."""

    door: Words
    outcome: Words
    outcomes: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Visited:
    """What the two questions were answered, and when the form was finished by the phone's clock."""

    door: str
    outcome: str
    at: datetime


def for_collect(form: Form, asked: Asked, done: str) -> str:
    """The XForm with the two questions before it; `done` is the outcome with which the rest is asked."""
    document = parseString(form.xml, forbid_dtd=True)
    _Writer(document, form, asked).write(done)
    return f'<?xml version="1.0"?>\n{document.documentElement.toxml()}'


def visited_of(form: Form, instance_xml: str | bytes) -> Visited:
    """Raises UnreadableAnswers, also where the time is missing: without it nobody could tell whether a visit came twice."""
    root = parse(instance_xml)
    door, outcome = _names(form)
    return Visited(_text(root, door), _text(root, outcome), _finished(root))


def _finished(root: Node) -> datetime:
    try:
        at = parse_datetime(_text(root, "meta", "timeEnd"))
    except ValueError:
        # Written as a time, and none: the 30th of February.
        raise UnreadableAnswers from None
    if at is None or not clock.can_count_with(at):
        raise UnreadableAnswers
    return at if at.tzinfo else timezone.make_aware(at)


def _text(root: Node, *steps: str) -> str:
    return (root.findtext("/".join(f"{{*}}{step}" for step in steps)) or "").strip()


def _names(form: Form) -> tuple[str, str]:
    """What the two are called; a form that asks something of that name itself keeps it."""
    taken = {item.name for item in form.structure.items}
    door, outcome = "visit_door", "visit_outcome"
    while taken & {door, outcome}:
        door, outcome = f"{door}_", f"{outcome}_"
    return door, outcome


class _Writer:
    def __init__(self, document: Document, form: Form, asked: Asked) -> None:
        self.document, self.form, self.asked = document, form, asked
        self.root = f"/{form.structure.root}"
        self.door, self.outcome = (f"{self.root}/{name}" for name in _names(form))
        self.model = _first(document, "model")
        self.body = _first(document, "h:body")

    def write(self, done: str) -> None:
        self._instances()
        for item in self.form.structure.items:
            self._only_if(item.path, f"{self.outcome} = '{done}'")
        self._time()
        for path in (self.outcome, self.door):
            self._bind_first(nodeset=path, type="string", required="true()")
        self._ask()

    def _instances(self) -> None:
        primary = _first(self.model, "instance")
        record = next(node for node in primary.childNodes if isinstance(node, Element))
        for path in (self.outcome, self.door):
            record.insertBefore(self.document.createElement(_name(path)), record.firstChild)
        doors = self._element("instance", id="doors", src=f"jr://file-csv/{DOORS}")
        primary.parentNode.insertBefore(doors, primary.nextSibling)

    def _only_if(self, path: str, condition: str) -> None:
        """A section that is not relevant takes what is in it along."""
        for bind in self.model.getElementsByTagName("bind"):
            if bind.getAttribute("nodeset") == path:
                own = bind.getAttribute("relevant")
                bind.setAttribute("relevant", f"{condition} and ({own})" if own else condition)
                return
        self.model.appendChild(self._element("bind", nodeset=path, relevant=condition))

    def _time(self) -> None:
        """The metadata of OpenRosa: when the form was finished."""
        instance_id = _first(self.model, "instanceID", "orx:instanceID")
        prefix = "orx:" if instance_id.tagName.startswith("orx:") else ""
        meta = instance_id.parentNode
        meta.appendChild(self.document.createElement(f"{prefix}timeEnd"))
        bind = self._element("bind", nodeset=f"{self.root}/{meta.tagName}/{prefix}timeEnd", type="dateTime")
        bind.setAttribute("jr:preload", "timestamp")
        bind.setAttribute("jr:preloadParams", "end")
        self.model.appendChild(bind)

    def _bind_first(self, **attributes: str) -> None:
        self.model.insertBefore(self._element("bind", **attributes), _first(self.model, "bind"))

    def _ask(self) -> None:
        outcome = self._element("select1", ref=self.outcome)
        self._say(outcome, "visit_outcome", self.asked.outcome)
        for value, words in self.asked.outcomes.items():
            item = self._element("item")
            self._say(item, f"visit_outcome_{value}", words)
            item.appendChild(self._element("value", text=value))
            outcome.appendChild(item)
        door = self._element("select1", ref=self.door, appearance="minimal autocomplete")
        self._say(door, "visit_door", self.asked.door)
        items = self._element("itemset", nodeset="instance('doors')/root/item")
        items.appendChild(self._element("value", ref="name"))
        items.appendChild(self._element("label", ref="label"))
        door.appendChild(items)
        for question in (outcome, door):
            self.body.insertBefore(question, self.body.firstChild)

    def _say(self, parent: Element, key: str, words: Words) -> None:
        translations = self.model.getElementsByTagName("translation")
        if not translations:
            both = " / ".join(dict.fromkeys(words.values()))
            parent.appendChild(self._element("label", text=both))
            return
        parent.appendChild(self._element("label", ref=f"jr:itext('{key}')"))
        for translation in translations:
            text = self._element("text", id=key)
            text.appendChild(self._element("value", text=_in(translation.getAttribute("lang"), words)))
            translation.appendChild(text)

    def _element(self, name: str, *, text: str = "", **attributes: str) -> Element:
        made: Element = self.document.createElement(name)
        for attribute, value in attributes.items():
            made.setAttribute(attribute, value)
        if text:
            made.appendChild(self.document.createTextNode(text))
        return made


def _first(parent: Document | Element, *names: str) -> Any:
    return next(node for name in names for node in parent.getElementsByTagName(name))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _in(language: str, words: Words) -> str:
    code = language_code(language).lower()
    if code == DEFAULT:
        return " / ".join(dict.fromkeys(words.values()))
    return next((text for known, text in words.items() if code.startswith(known[:2])), words.get("en", ""))

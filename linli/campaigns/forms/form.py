"""A compiled form, and what a phone is given of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from linli.campaigns.forms import structure
from linli.campaigns.forms.structure import SECTIONS, Choice, Item, Kind, Structure

# Names of questions about somebody's health, as the forms in `shipped` have them and as rules on answers read them.
HEALTH = frozenset(
    {
        "fever", "temperature", "symptoms", "symptoms_since", "chronic_medicine", "medicine_days_left", "needs_help_daily",
        "injured", "injury", "cannot_walk",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Form:
    """Everything but `xml` is small enough for a list of forms. What is derived from `xml` is read from it once, when first asked for."""

    xml: str
    form_id: str
    version: str
    # By language code, the form's own language first.
    title: dict[str, str]
    languages: tuple[str, ...]
    # SHA-256 of the workbook.
    source: str
    # For whoever made the form; in English, as the compilers say them.
    warnings: tuple[str, ...] = ()

    @cached_property
    def structure(self) -> Structure:
        return structure.read(self.xml)

    @cached_property
    def choice_names(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(choice.name for choice in choices) for name, choices in self.structure.choices.items()}

    @property
    def asks_health(self) -> bool:
        """Whether one of its questions has a name in HEALTH. Of others whoever publishes the form says it."""
        return any(item.name in HEALTH for item in self.structure.walk())

    @cached_property
    def schema(self) -> dict[str, Any]:
        """What the phone draws, ready for JSON. What is empty is left out: a phone loads it in a stairwell.

        `items` are questions, and groups and repeat groups with `items` of their own, in the order in which they are asked; `kind` is
        one of structure.Kind. `path` is absolute; expressions are XPath as seen from there, so that `../age` is a question of the same
        row. Texts are by language; one with values in it is a list of strings and of {"value": expression}. `choices` names a list of
        the schema's `choices`, of whose `columns` a `choice_filter` chooses.
        """
        return _filled(
            id=self.form_id,
            version=self.version,
            root=f"/{self.structure.root}",
            title=self.title,
            languages=list(self.languages),
            items=[_item(item) for item in self.structure.items],
            choices={name: [_choice(choice) for choice in choices] for name, choices in self.structure.choices.items()},
        )

    @cached_property
    def rules(self) -> str:
        """The form without its texts and its body, as the evaluator is given it: half of the time is saved that it takes to read it."""
        return self._rules(_rules)

    @cached_property
    def rules_for(self) -> Callable[[frozenset[str], frozenset[str]], str]:
        """The same with those rules alone that can be broken, by the paths of questions that were `answered` and of those `missed`, each in
        some row at least. To evaluate is what takes time, and most households answer the same questions.

        A constraint holds of an answer, and what is required is broken without one. Where there is no answer it is all the same to every
        other rule whether the question was relevant.
        """

        def rules_for(answered: frozenset[str], missed: frozenset[str]) -> str:
            return self._rules(lambda item: _breakable(item, item.path in answered, item.path in missed))

        return lru_cache(maxsize=512)(rules_for)

    def _rules(self, rules_of: Callable[[Item], dict[str, str]]) -> str:
        html = Element("h:html", _NAMESPACES)
        model = SubElement(SubElement(html, "h:head"), "model")
        # Without its questions: the evaluator reads them from the answers' own instance, and each costs it time.
        SubElement(SubElement(model, "instance"), self.structure.root)
        for name, choices in self.structure.choices.items():
            # A list of thousands is read at each check: only where a rule asks for it.
            if any(f"instance('{name}')" in rule for item in self.structure.walk() for rule in _rules(item).values()):
                _list(model, name, choices)
        for item in self.structure.walk():
            _bind(model, item, rules_of(item))
        # The evaluator takes no form without a rule.
        if model.find("bind") is None:
            SubElement(model, "bind", nodeset=f"/{self.structure.root}", relevant="true()")
        SubElement(html, "h:body")
        return tostring(html, encoding="unicode")


_NAMESPACES = {"xmlns": "http://www.w3.org/2002/xforms", "xmlns:h": "http://www.w3.org/1999/xhtml"}
_BLANKS = str.maketrans("\t\n\r", "   ")
_RULES = ("relevant", "required", "constraint", "calculate")


def _item(item: Item) -> dict[str, Any]:
    return _filled(
        kind=item.kind.value,
        path=item.path,
        # A calculation has a type of its own; for the others the kind says it.
        type=item.type if item.kind is Kind.CALCULATE and item.type != "string" else "",
        label=item.label,
        hint=item.hint,
        appearance=item.appearance,
        relevant=item.relevant,
        required=item.required,
        required_message=item.required_message,
        constraint=item.constraint,
        constraint_message=item.constraint_message,
        calculate=item.calculate,
        read_only=item.read_only,
        default=item.default,
        choices=item.choices,
        choice_filter=item.choice_filter,
        count=item.count,
        stamp=item.stamp,
        items=[_item(inner) for inner in item.items],
    )


def _choice(choice: Choice) -> dict[str, Any]:
    return _filled(name=choice.name, label=choice.label, columns=choice.columns)


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _list(model: Element, name: str, choices: tuple[Choice, ...]) -> None:
    root = SubElement(SubElement(model, "instance", id=name), "root")
    for choice in choices:
        item = SubElement(root, "item")
        for column, text in {"name": choice.name, **choice.columns}.items():
            SubElement(item, column).text = text


def _bind(model: Element, item: Item, rules: dict[str, str]) -> None:
    kind = {} if item.kind in SECTIONS else {"type": item.type}
    # A note is shown or not; nothing of it arrives.
    if item.kind is not Kind.NOTE and rules:
        SubElement(model, "bind", {"nodeset": item.path, **kind, **rules})


def _breakable(item: Item, answered: bool, missed: bool) -> dict[str, str]:
    rules = _rules(item)
    if item.kind in SECTIONS or "calculate" in rules:
        return rules
    needless = {name for name, needed in (("constraint", answered), ("required", missed)) if not needed}
    left = {name: rule for name, rule in rules.items() if name not in needless}
    return left if answered or "required" in left else {}


def _rules(item: Item) -> dict[str, str]:
    # The evaluator knows no references to signs (&#10;) in XML; in an expression every blank is as good as another.
    return {name: rule.translate(_BLANKS) for name in _RULES if (rule := getattr(item, name))}

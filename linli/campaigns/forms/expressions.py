"""Expressions of a form: how large they may be, and which functions they call.

The evaluator (rxeval) goes down into an expression by calling itself. What is nested thousands deep ends the process that asks, so
what comes to it is bounded here first.
"""

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from linli.campaigns.forms.errors import FormFault, FormFaults, Place
from linli.campaigns.forms.structure import Item, Labels

MAX_LENGTH = 2_000
MAX_NESTING = 24

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_FUNCTION = re.compile(r"([A-Za-z][\w.:-]*)\s*\(")
# Written with parentheses, but no functions.
_NO_FUNCTIONS = {"and", "or", "div", "mod", "node", "text"}


def check(items: Iterable[Item]) -> None:
    """Raises FormFault for expressions that are too long or too deep: of every question that has one."""
    problem = _("An expression is too long or too deeply nested. Put parts of it into questions of type calculate.")
    wrong = [FormFault(Place(question=item.name), problem) for item in items if any(map(_is_too_much, of(item)))]
    if wrong:
        raise wrong[0] if len(wrong) == 1 else FormFaults(wrong)


def _is_too_much(expression: str) -> bool:
    return len(expression) > MAX_LENGTH or _nesting(expression) > MAX_NESTING


def of(item: Item) -> Iterator[str]:
    """All expressions of one item, those in its labels too."""
    yield from _rules(item)
    yield from filter(None, (item.choice_filter, item.count))
    for labels in (item.label, item.hint, item.required_message, item.constraint_message):
        yield from _in_labels(labels)


def functions(items: Iterable[Item]) -> set[str]:
    """The functions that the rules call which the server checks."""
    texts = (_QUOTED.sub("''", rule) for item in items for rule in _rules(item))
    return {name for text in texts for name in _FUNCTION.findall(text)} - _NO_FUNCTIONS


def _rules(item: Item) -> Iterator[str]:
    yield from filter(None, (item.relevant, item.required, item.constraint, item.calculate))


def _in_labels(labels: Labels) -> Iterator[str]:
    for label in labels.values():
        if isinstance(label, list):
            yield from (part["value"] for part in label if isinstance(part, dict))


def _nesting(expression: str) -> int:
    depth = deepest = 0
    for sign in _QUOTED.sub("", expression):
        depth += (sign in "([") - (sign in ")]")
        deepest = max(deepest, depth)
    return deepest

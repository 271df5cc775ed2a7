"""What follows from answers: which of them ask for a case, a delivery or a check-in, and how urgent that is. Pure.

The names of fields are those of the forms in `forms/shipped`, where none is ever renamed. Any other form whose questions have these
names and answers, in a repeat group of the same name where a rule reads rows, leads to the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CASE, DELIVERY, CHECK_IN = "case", "delivery", "check_in"


@dataclass(frozen=True, slots=True)
class Rule:
    """`when`: a value that each of these fields must have (one of a list's, where the answer is a list), in the household's
    answers or, with `rows`, in one and the same row of that repeat group."""

    name: str
    label: str | Promise
    kind: str
    when: Mapping[str, Any]
    rows: str = ""
    # Of a case: its class, which names the body by the duty lists. Of the others: how often.
    class_code: str = ""
    every_hours: int = 0
    # What the case says, in the city's language: it is read by whoever works on it. Cases take their priority from its words: those of
    # danger to life (EMERGENCY_WORDS in cases) make an emergency.
    text: str = ""


RULES = (
    Rule(
        "gas_smell",
        _("Smell of gas"),
        CASE,
        {"gas_smell": "yes"},
        class_code="E0502",
        text="入户走访闻到燃气味，疑似燃气泄漏",
    ),
    Rule(
        "fever",
        _("Fever"),
        CASE,
        {"fever": 1},
        rows="member",
        class_code="E0511",
        text="入户走访发现发热人员，请安排诊治",
    ),
    Rule("fever_check_in", _("Fever: ask again"), CHECK_IN, {"fever": 1}, rows="member", every_hours=24),
    Rule(
        "frail_alone",
        _("Alone and in need of help"),
        CASE,
        {"lives_alone": "yes", "needs_help_daily": "yes"},
        rows="member",
        class_code="E0604",
        text="入户走访发现独居且起居需人照料的老人",
    ),
    Rule(
        "alone_check_in", _("Lives alone: ask again"), CHECK_IN, {"lives_alone": "yes"}, rows="member", every_hours=24
    ),
    Rule("food", _("Food"), DELIVERY, {"needs": "food"}, every_hours=72),
    Rule("water", _("Drinking water"), DELIVERY, {"needs": "water"}, every_hours=24),
    Rule("medicine", _("Medicine"), DELIVERY, {"needs": "medicine"}, every_hours=168),
)
BY_NAME = {rule.name: rule for rule in RULES}


def rules_that_hold(answers: Mapping[str, Any]) -> Iterator[Rule]:
    """In the order of `RULES`. Answers of any shape are read: what does not fit holds no rule."""
    for rule in RULES:
        if any(_fits(rule, row) for row in _rows(rule, answers)):
            yield rule


def _rows(rule: Rule, answers: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if not rule.rows:
        yield answers
        return
    rows = answers.get(rule.rows)
    if isinstance(rows, list):
        yield from (row for row in rows if isinstance(row, Mapping))


def _fits(rule: Rule, row: Mapping[str, Any]) -> bool:
    return all(_has(row.get(name), value) for name, value in rule.when.items())


def _has(answer: Any, value: Any) -> bool:
    return value in answer if isinstance(answer, list) else answer == value

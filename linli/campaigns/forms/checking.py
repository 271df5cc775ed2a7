"""What a form's own rules say about answers that arrived.

The phone checked them already; the server checks again because what arrives may come from another app, an older form or a forged client.
A broken rule is a finding: it is stored and shown beside the visit, and never a reason to lose it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from xml.sax.saxutils import escape

import rxeval
from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.campaigns.forms import instances
from linli.campaigns.forms.form import Form
from linli.campaigns.forms.instances import Answers, Reading
from linli.campaigns.forms.structure import DEFAULT, SECTIONS, Item, Kind, Labels


class Problem(StrEnum):
    CONSTRAINT = "constraint"
    REQUIRED = "required"
    # Another value than the form calculates.
    CALCULATION = "calculation"
    # The evaluator does not know a function, say: nobody can tell whether the rule holds.
    NOT_EVALUATED = "not_evaluated"
    # Not a number, not a date, no position.
    MALFORMED = "malformed"
    UNKNOWN_CHOICE = "unknown_choice"
    # Something that the form does not ask.
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Finding:
    problem: Problem
    # With the number of the row: /data/member[2]/temperature
    path: str
    # By language of the form.
    message: dict[str, str]


# A forged document may break as many rules as it likes; these are enough to see it.
MAX_FINDINGS = 100
MAX_PATH = 200

_MESSAGES: dict[Problem, str | Promise] = {
    Problem.CONSTRAINT: _("This answer is not possible here."),
    Problem.REQUIRED: _("An answer is needed here."),
    Problem.CALCULATION: _("The form calculates another value."),
    Problem.NOT_EVALUATED: _("This rule of the form could not be checked."),
    Problem.MALFORMED: _("This is not a value of the kind that is asked for."),
    Problem.UNKNOWN_CHOICE: _("This is none of the choices."),
    Problem.UNEXPECTED: _("The form does not ask this."),
}
_KINDS = {
    "constraint": Problem.CONSTRAINT,
    "required": Problem.REQUIRED,
    "calculation": Problem.CALCULATION,
    "not-evaluated": Problem.NOT_EVALUATED,
}


def check(form: Form, instance_xml: str | bytes, *, at: datetime) -> list[Finding]:
    """All that is wrong with the answers, as of the visit's time. Raises UnreadableAnswers, OtherForm, UnfitAnswers."""
    return _findings(form, instances.read(form, instance_xml), at)


def check_answers(form: Form, answers: Mapping[str, Any], *, at: datetime) -> list[Finding]:
    """The same of answers in JSON. Raises UnfitAnswers."""
    return _findings(form, instances.fit(form, answers), at)


def _findings(form: Form, reading: Reading, at: datetime) -> list[Finding]:
    walked = walk(form, reading.answers)
    broken = [(Problem.UNEXPECTED, path[:MAX_PATH]) for path in reading.unexpected]
    broken += walked.misfits
    broken += _broken_rules(walked, at)
    return [_finding(form, problem, path) for problem, path in broken[:MAX_FINDINGS]]


@dataclass(slots=True)
class Walked:
    """What one walk through the answers finds, along the form: each visit takes it, so there is one and not three."""

    form: Form
    misfits: list[tuple[Problem, str]] = field(default_factory=list)
    # The paths of questions that have an answer in some row, and of those that have none in some.
    answered: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    # An instance, in pieces: a tree that is then written takes three times as long.
    parts: list[str] = field(default_factory=list)

    @property
    def rules(self) -> str:
        return self.form.rules_for(frozenset(self.answered), frozenset(self.missed))

    @property
    def instance(self) -> str:
        """One in which dates are numbers of days since 1970: so the XForms specification compares and subtracts them, and rxeval does
        not yet do it itself (version 0.1.1 finds every date beyond today)."""
        root = self.form.structure.root
        return f"<{root}>{''.join(self.parts)}</{root}>"


def walk(form: Form, answers: Answers) -> Walked:
    walked = Walked(form)
    _walk(walked, form.structure.items, answers, f"/{form.structure.root}")
    return walked


def _walk(walked: Walked, items: tuple[Item, ...], answers: Answers, path: str) -> None:
    parts = walked.parts
    for item in items:
        name = item.name
        value = answers.get(name)
        if item.kind in SECTIONS:
            is_repeat = item.kind is Kind.REPEAT
            for number, row in enumerate((value or []) if is_repeat else [value or {}], start=1):
                parts.append(f"<{name}>")
                _walk(walked, item.items, row, f"{path}/{name}[{number}]" if is_repeat else f"{path}/{name}")
                parts.append(f"</{name}>")
        elif value is None:
            walked.missed.add(item.path)
            parts.append(f"<{name}></{name}>")
        else:
            walked.answered.add(item.path)
            parts.append(f"<{name}>{_evaluated(item, value)}</{name}>")
            if problem := _misfit(walked.form, item, value):
                walked.misfits.append((problem, f"{path}/{name}"))


def _misfit(form: Form, item: Item, value: Any) -> Problem | None:
    if not instances.is_of_type(item, value):
        return Problem.MALFORMED
    if item.choices and not form.choice_names[item.choices].issuperset(value if isinstance(value, list) else [value]):
        return Problem.UNKNOWN_CHOICE
    return None


def _broken_rules(walked: Walked, at: datetime) -> list[tuple[Problem, str]]:
    # What is given to rxeval is always written here: it would take text that is no XML for the name of a file.
    local = timezone.localtime(at)
    told = rxeval.submission_findings(
        walked.rules,
        walked.instance,
        today=str(_days(local.date())),
        now=str(_days(local.date()) + _fraction(local)),
    )
    return [(_KINDS[line["kind"]], line["path"]) for line in told]


def _finding(form: Form, problem: Problem, path: str) -> Finding:
    asked = without_rows(path)
    item = next((item for item in form.structure.walk() if item.path == asked), None)
    return Finding(problem, _numbered(form, path), _message(form, problem, item))


def without_rows(path: str) -> str:
    return "/".join(step.partition("[")[0] for step in path.split("/"))


def _numbered(form: Form, path: str) -> str:
    """Every row with its number; rxeval leaves it out where there is one row only."""
    repeats = {item.path for item in form.structure.walk() if item.kind is Kind.REPEAT}
    asked, numbered = "", ""
    for step in path.split("/")[1:]:
        asked += "/" + step.partition("[")[0]
        numbered += f"/{step}[1]" if asked in repeats and "[" not in step else f"/{step}"
    return numbered


def _evaluated(item: Item, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        if (item.type == "date" or item.kind is Kind.CALCULATE) and instances.is_date(value):
            return str(_days(date.fromisoformat(value)))
        return escape(value)
    return escape(instances.written(item, value))


def _days(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _fraction(moment: datetime) -> float:
    return round((moment.hour * 60 + moment.minute) / (24 * 60), 5)


def _message(form: Form, problem: Problem, item: Item | None) -> dict[str, str]:
    """The form's own words where it has some, in every language of the form."""
    own: Labels = {}
    if item is not None and problem is Problem.CONSTRAINT:
        own = item.constraint_message
    if item is not None and problem is Problem.REQUIRED:
        own = item.required_message
    return {language: _said(own, language) or _standard(problem, language) for language in form.languages}


def _said(own: Labels, language: str) -> str:
    label = own.get(language) or own.get(DEFAULT, "")
    if isinstance(label, str):
        return label
    return "".join(part if isinstance(part, str) else "…" for part in label)


def _standard(problem: Problem, language: str) -> str:
    try:
        known = translation.get_supported_language_variant(language)
    except LookupError:
        known = settings.LANGUAGE_CODE
    with translation.override(known):
        return str(_MESSAGES[problem])

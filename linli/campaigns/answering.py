"""A stored form and the answers to it: what is allowed, and what follows from them. Reads no rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from linli.campaigns import forms
from linli.campaigns.forms import Form
from linli.campaigns.forms.structure import Choice, Item, Kind, Labels
from linli.campaigns.models import FormVersion
from linli.foundation.errors import DomainError


def form_of(row: FormVersion) -> Form:
    """The compiled form; reading it again takes some milliseconds, so each process keeps those in use."""
    return _form(row.pk, row.xml, row.form_id, row.version)


@lru_cache(maxsize=32)
def _form(_row: UUID, xml: str, form_id: str, version: str) -> Form:
    return Form(xml=xml, form_id=form_id, version=version, title={}, languages=(), source="")


def are_allowed(row: FormVersion, answers: Mapping[str, Any], at: datetime) -> bool:
    """Whether the form finds nothing wrong with the answers, as of the visit's time."""
    form = form_of(row)
    try:
        return not forms.check_answers(form, answers, at=at)
    except DomainError:
        return False


@dataclass(frozen=True, slots=True)
class Said:
    """One answer as the form asked it; `depth` of a household member's is one more than of the household's."""

    asked: str
    answer: str
    depth: int = 0


def in_words(row: FormVersion | None, answers: Mapping[str, Any], language: str) -> list[Said]:
    """All answers with the questions' and choices' own words, in the order of the form; what no question asks stands last, as it came."""
    if row is None:
        return [Said(name, _plain(value)) for name, value in answers.items()]
    known = form_of(row).structure
    return list(_told(known.items, answers, known.choices, language.partition("-")[0], 0))


def _told(
    items: Sequence[Item],
    answers: Mapping[str, Any],
    choices: Mapping[str, Sequence[Choice]],
    language: str,
    depth: int,
) -> Iterator[Said]:
    for item in items:
        value = answers.get(item.name)
        if value in (None, "", [], {}) or item.kind is Kind.STAMP:
            continue
        asked = _text(item.label, language) or _("Calculated (%(name)s)") % {"name": item.name}
        if item.kind is Kind.GROUP and isinstance(value, Mapping):
            yield from _told(item.items, value, choices, language, depth)
        elif item.kind is Kind.REPEAT and isinstance(value, list):
            for number, one in enumerate(value, start=1):
                yield Said(f"{asked} {number}", "", depth)
                if isinstance(one, Mapping):
                    yield from _told(item.items, one, choices, language, depth + 1)
        else:
            words = {choice.name: _text(choice.label, language) for choice in choices.get(item.choices, ())}
            if item.kind is Kind.SELECT_MANY and isinstance(value, str):
                value = value.split()
            yield Said(asked, _plain(value, words), depth)
    for name in sorted(answers.keys() - {item.name for item in items}):
        yield Said(name, _plain(answers[name]), depth)


def _text(labels: Labels, language: str) -> str:
    """The label in this language, or in the form's first; values of other answers in it read as an ellipsis."""
    label = labels.get(language) or next(iter(labels.values()), "")
    return label if isinstance(label, str) else "".join(part if isinstance(part, str) else "…" for part in label)


def _plain(value: Any, words: Mapping[str, str] | None = None) -> str:
    """However an answer is shaped: a forged client may send anything, and it is still what was kept."""
    if isinstance(value, list):
        return "、".join(_plain(one, words) for one in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return (words or {}).get(str(value), str(value))

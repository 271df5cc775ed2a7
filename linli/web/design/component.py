"""A component and its states: what it takes, and how the very line that a page would hold is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.template import engines
from django.utils.functional import Promise

from linli.web.templatetags import linli as tags

COMPONENTS = Path(__file__).parent.parent / "templates/web/components"


@dataclass(frozen=True, slots=True)
class State:
    """One state of a component: the line, and the context in which it is drawn."""

    name: str | Promise
    line: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """What pages are made of: a file of `components`, or a tag."""

    file: str
    name: str | Promise
    states: tuple[State, ...]
    small: bool = False

    @property
    def parameters(self) -> str:
        return _parameters(self.file)


@cache
def _parameters(file: str) -> str:
    """What a component takes: a file says so at its top, a tag in the first line of its docstring."""
    if not file.endswith(".html"):
        return (tags.register.tags[file].__doc__ or "").split("\n")[0]
    source = (COMPONENTS / file).read_text()
    start, end = ("{# ", " #}") if source.startswith("{#") else ("{% comment %}", "{% endcomment %}")
    return source[source.index(start) + len(start) : source.index(end)].strip()


def drawn(state: State, request: HttpRequest) -> str:
    return _compiled(state.line).render(dict(state.given), request)


@cache
def _compiled(line: str) -> Any:
    return engines["django"].from_string(line)


def line(file: str, given: str = "") -> str:
    return f'{{% include "web/components/{file}"{" with " + given if given else ""} %}}'

"""What other rooms show on the page of a case, without cases knowing them.

A room that stands above registers a panel in its AppConfig.ready: for an actor and a case it gives the template and what that
needs, or None where it has nothing to show to them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from linli.cases.models import Case
from linli.foundation.access import Actor


@dataclass(frozen=True, slots=True)
class Panel:
    """A section at the end of the page; its template finds them as `values`."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)


Show = Callable[[Actor, Case], Panel | None]
_panels: dict[str, Show] = {}


def register(name: str, show: Show) -> None:
    _panels[name] = show


def shown(actor: Actor, case: Case) -> list[Panel]:
    """The panels of this case for this actor, in the order of the rooms."""
    return [panel for show in _panels.values() if (panel := show(actor, case)) is not None]

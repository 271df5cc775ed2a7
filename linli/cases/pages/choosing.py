"""Which unit and how many weeks a page of figures shows: what its address says, as far as the reader may see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from linli.cases import charts
from linli.cases.pages import words
from linli.cases.pages.narrowing import unit_in, unit_options, units_of
from linli.cases.pages.staff import staff_of
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import NotAllowed
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class Choice:
    actor: Actor
    unit_id: UUID
    weeks: int
    # What else the page was asked, kept in each of its addresses.
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return words.names_of([self.unit_id])

    @property
    def above(self) -> str:
        """Address of the same page about the unit above, where the reader may see that."""
        parent = territory.unit(self.unit_id).parent_id
        return self.address(unit=parent) if parent and _may_see(self.actor, parent) else ""

    @property
    def options(self) -> SafeString:
        """What the select of units offers, with the chosen one, which may lie deeper than it reaches."""
        offered = unit_options(self.actor, str(self.unit_id))
        if str(self.unit_id) in units_of(self.actor):
            return offered
        return format_html('<option value="{}" selected>{}</option>{}', self.unit_id, self.name, offered)

    @property
    def periods(self) -> list[dict[str, Any]]:
        return [
            {
                "label": ngettext("%(weeks)s week", "%(weeks)s weeks", weeks) % {"weeks": weeks},
                "href": self.address(weeks=weeks),
                "current": weeks == self.weeks,
            }
            for weeks in charts.CHOICES
        ]

    def address(self, **changed: Any) -> str:
        return f"?{urlencode({'unit': self.unit_id, 'weeks': self.weeks, **self.more, **changed})}"

    def data(self, name: str, **more: Any) -> str:
        """Address of the figures that a chart draws."""
        return f"/api/v1/cases/figures/{name}{self.address(**more)}"


def chosen(request: HttpRequest) -> Choice:
    """Raises SignInNeeded, NotAllowed. What cannot be read, or seen, is the reader's own unit, and the usual weeks."""
    actor = staff_of(request)
    offered = units_of(actor)
    if not offered or not actor.may(Permission.SEE_CASES):
        raise NotAllowed
    asked = unit_in(request.GET.get("unit", ""))
    weeks = request.GET.get("weeks", "")
    return Choice(
        actor,
        asked.id if asked and _may_see(actor, asked.id) else UUID(next(iter(offered))),
        int(weeks) if weeks in map(str, charts.CHOICES) else charts.USUAL,
    )


def _may_see(actor: Actor, unit_id: UUID) -> bool:
    return actor.may(Permission.SEE_CASES, territory.unit(unit_id).path)

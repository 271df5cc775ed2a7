"""Tags of this room."""

from typing import Any
from uuid import UUID

from django import template

from linli.duties import queries, shown
from linli.territory import maps
from linli.territory import queries as territory

register = template.Library()


@register.inclusion_tag("duties/_why.html")
def duty_why(duty_id: UUID | None, class_id: UUID | None) -> dict[str, Any]:
    """The row of a list by which a case of this class went to its body; nothing where no row decided."""
    why = queries.why(duty_id, class_id) if duty_id and class_id else None
    if why is None:
        return {}
    unit = territory.unit(why.unit_id)
    return {"why": why, "unit": shown.unit_name(unit.id), "level": maps.level_name(unit)}

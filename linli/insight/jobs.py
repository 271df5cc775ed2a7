"""What insight does by the clock. Thin: each district is a job of its own, so that one that fails does not stop the others."""

from uuid import UUID

from linli.foundation.access import system
from linli.foundation.jobs import job
from linli.insight import actions, queries


@job("insight.look_at_days", every="35 20 * * *")
def look_at_days() -> None:
    """At 04:35 in Shanghai: every district's days until yesterday."""
    for district in queries.districts():
        look_at_days_of.defer(unit_id=str(district.id))


@job("insight.look_at_days_of")
def look_at_days_of(unit_id: str) -> None:
    actions.look_for_warnings(unit_id=UUID(unit_id), by=system("watch"))


@job("insight.look_at_hours", every="2 * * * *")
def look_at_hours() -> None:
    """Every hour: every district's last hours."""
    for district in queries.districts():
        look_at_hours_of.defer(unit_id=str(district.id))


@job("insight.look_at_hours_of")
def look_at_hours_of(unit_id: str) -> None:
    actions.look_at_last_hours(unit_id=UUID(unit_id), by=system("watch"))

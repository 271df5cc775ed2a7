"""Types of API fields that every room uses."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

from linli.foundation import clock


def _in_utc(moment: datetime) -> datetime:
    """In UTC: PostgreSQL takes no offset beyond 16 hours."""
    if not clock.can_count_with(moment):
        raise ValueError("the moment lies beyond the calendar")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]

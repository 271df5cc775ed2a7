"""Types of API fields that every room uses."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_utc(moment: datetime) -> datetime:
    """In UTC: PostgreSQL takes no offset beyond 16 hours, and no moment whose year in UTC has not four digits."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the moment lies beyond the calendar") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]

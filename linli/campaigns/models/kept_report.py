"""The figures of a screening's situation report as they stood on the hour. Of single doors nothing, of buildings nothing."""

from django.db import models

from linli.campaigns.models.visits import Campaign
from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal


class KeptReport(models.Model):
    """One for a unit and an hour. Added, never changed; two hours beside each other can tell of one household, so it goes with the data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField()
    # When it was counted.
    at = models.DateTimeField(default=clock.now)
    # `parts` (unit and counts), `followed` by rule, `silent` teams, doors left `to_desk` (`actions/reporting.py`).
    figures = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "unit", "hour"], name="kept_report_once")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "campaign", "unit", "hour", "at", "figures"}

    def __str__(self) -> str:
        return f"{self.hour}"

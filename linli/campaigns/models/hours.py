"""How fast doors are reached: counts by community and hour, from which the finish is forecast."""

from django.db import models

from linli.campaigns.models.visits import Campaign
from linli.foundation.privacy import Personal


class HourTally(models.Model):
    """Doors of a community that were reached in an hour, as they stand now. Changed with the submissions that change them."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField()
    # Never below none; a change that takes some away is written as a sum with what is there.
    reached = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "community", "hour"], name="hour_tally_once")]
        indexes = [models.Index(fields=["campaign", "hour"], name="hour_tally_by_hour")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "campaign", "community", "hour", "reached"}

    def __str__(self) -> str:
        return f"{self.hour}: {self.reached}"

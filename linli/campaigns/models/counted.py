"""What the database keeps by itself beside the rows that it follows from (migration 0011), so that a page of the city reads few rows.

Each change of those changes these in its own transaction; nobody else writes them.
"""

from django.db import models

from linli.campaigns.models.roster import Member, MemberKind
from linli.campaigns.models.visits import Campaign, Counts
from linli.foundation.privacy import Personal


class CommunityTally(Counts):
    """The sums of a community's tallies, and how many of its buildings have doors left, the most in one of them.

    A building is counted in the units in which its tally has it.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    district = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    subdistrict = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    buildings = models.PositiveIntegerField(default=0)
    doors = models.PositiveIntegerField(default=0)
    # Buildings in which nobody has reached some door, and how many such doors the one with most has.
    buildings_left = models.PositiveIntegerField(default=0)
    most_left = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "district", "subdistrict", "community"], name="community_tally_once"
            )
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "campaign", "district", "subdistrict", "community", "buildings", "doors", "found", "done", "refused", "moved",
            "nobody_home", "other_language", "unsafe", "visits", "aside", "buildings_left", "most_left",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.done}/{self.doors}"


class DistrictHour(models.Model):
    """The sums of a district's hours. They are counted anew when the territory changes."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    district = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField()
    reached = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "district", "hour"], name="district_hour_once")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "campaign", "district", "hour", "reached"}

    def __str__(self) -> str:
        return f"{self.hour}: {self.reached}"


class MemberSkill(models.Model):
    """That somebody of the roster has a skill, said for their unit and for each above it: of a city's half a million, those of a page."""

    id = models.BigAutoField(primary_key=True)
    skill = models.CharField(max_length=32)
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=MemberKind.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "skill", "member"], name="member_skill_once")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "skill", "unit", "member", "kind"}

    def __str__(self) -> str:
        return self.skill

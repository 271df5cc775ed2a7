"""What answers asked for: a case that was opened, a delivery or a check-in that comes again until it is released."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.campaigns.models.roster import EMERGENCY
from linli.campaigns.models.visits import Campaign
from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_all, mask_text


class FollowUpKind(models.TextChoices):
    CASE = "case", _("Case")
    DELIVERY = "delivery", _("Delivery")
    CHECK_IN = "check_in", _("Check-in")


class FollowUp(models.Model):
    """One for a door and rule at a time.

    It belongs to the door and not to whoever was there, so it survives every hand-over; and it moves along with the household.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="follow_ups", db_index=False)
    submission = models.UUIDField()
    door = models.UUIDField()
    building = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    rule = models.CharField(max_length=32)
    kind = models.CharField(max_length=10, choices=FollowUpKind.choices)
    opened_at = models.DateTimeField(default=clock.now)
    # Of a case: once it was opened.
    case = models.UUIDField(null=True)
    # Of the others: when it is due next, and how often it was done.
    every_hours = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    times = models.PositiveSmallIntegerField(default=0)
    released_at = models.DateTimeField(null=True)
    # Whose turn it is, once somebody handed it over; else it waits for all who follow up there.
    holder = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "door", "rule"], condition=Q(released_at=None), name="follow_up_once_a_door"
            ),
        ]
        indexes = [
            models.Index(
                fields=["community", "next_at"],
                name="follow_up_due",
                condition=Q(released_at=None, next_at__isnull=False),
            ),
            models.Index(fields=["campaign"], name="follow_up_no_case", condition=Q(kind="case", case=None)),
        ]

    class Privacy:
        personal = {
            "rule": Personal(_n("Helping the household in an emergency"), EMERGENCY, 0, mask_all),
            "kind": Personal(_n("Helping the household in an emergency"), EMERGENCY, 0, mask_all),
            "holder": Personal(_n("Knowing who was sent to which doors"), EMERGENCY, 0, mask_all),
        }
        plain = {
            "id", "campaign", "submission", "door", "building", "community", "opened_at", "case", "every_hours", "next_at",
            "times", "released_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.rule


class FollowUpNote(models.Model):
    """What was written at a step of one, closed under the declaration's key. The step in the timeline names it, and outlives it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="notes")
    text = models.BinaryField()

    class Privacy:
        personal = {"text": Personal(_n("Helping the household in an emergency"), EMERGENCY, 0, mask_text)}
        plain = {"id", "campaign", "follow_up"}

    def __str__(self) -> str:
        return str(self.id)


class HouseholdMove(models.Model):
    """A household went to another door, with what it needs. A visit to the old one that was made before and arrives later is its own too.

    Added, never changed, and destroyed with the declaration's data: no timeline names either door.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    door = models.UUIDField()
    to = models.UUIDField()
    # Where that is.
    building = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["campaign", "door"], name="household_move_from")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "campaign", "door", "to", "building", "community", "at"}

    def __str__(self) -> str:
        return str(self.id)

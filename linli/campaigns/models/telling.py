"""A notice told at the doors that no phone reaches: per building what is left, and a log of what came of each door."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.campaigns.models.control import Declaration
from linli.campaigns.models.roster import EMERGENCY
from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_all, mask_text


class TellingSource(models.TextChoices):
    ALERT = "alert", _("Warning")
    DECLARATION = "declaration", _("Declaration of joint control")


class TellingEnd(models.TextChoices):
    """Why nobody is sent to a door with it any more. That its time is over is asked of the clock."""

    NO = "", ""
    UPDATED = "updated", _("Updated: another takes its place")
    CANCELLED = "cancelled", _("Withdrawn")
    STOPPED = "stopped", _("Stopped by whoever leads")


class ToldHow(models.TextChoices):
    """How a door stands with a notice. By phone is written by the sending, the rest by who stood there."""

    APP = "app", _("Told in the app")
    SMS = "sms", _("Told by text message")
    TOLD = "told", _("Told at the door")
    LEAFLET = "leaflet", _("Leaflet left")
    NOBODY = "nobody", _("Nobody home")


class Telling(models.Model):
    """One notice at the doors of its units, for as long as it holds. What it says is never changed: other words are another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(max_length=12, choices=TellingSource.choices)
    # The warning or the declaration; of a warning that was updated in the same words, the newest.
    notice = models.UUIDField(unique=True)
    declaration = models.ForeignKey(Declaration, models.PROTECT, null=True, related_name="+")
    units = ArrayField(models.UUIDField())
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    text_en = models.TextField(blank=True)
    # Only those who are asked for again and again; else everybody whom no phone reaches.
    looked_after = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=12, choices=TellingEnd.choices, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by_label = models.CharField(max_length=120)
    # Where it says that another is over: at the doors that were told of that one by somebody who stood there.
    over_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="all_clear")

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="telling_holds", condition=Q(ended_at=None))]

    class Privacy:
        personal = {
            "created_by_label": Personal(_n("Proving who had a notice told at doors"), EMERGENCY, None, mask_text)
        }
        plain = {
            "id", "source", "notice", "declaration", "units", "title", "title_en", "text", "text_en", "looked_after",
            "starts_at", "ends_at", "ended_at", "ended_why", "created_at", "over_of",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def title_in(self, language: str) -> str:
        return self.title if language.startswith("zh") or not self.title_en else self.title_en

    def text_in(self, language: str) -> str:
        return self.text if language.startswith("zh") or not self.text_en else self.text_en


class TellingPlace(models.Model):
    """One building of it: how many doors, and how they stand. Changed with the marks that change them; the city is a sum."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    telling = models.ForeignKey(Telling, models.PROTECT, related_name="places", db_index=False)
    building = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    subdistrict = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    district = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    doors = models.PositiveIntegerField()
    # Which doors, where not all of the building are meant.
    only = ArrayField(models.UUIDField(), null=True)
    app = models.PositiveIntegerField(default=0)
    sms = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)
    leaflet = models.PositiveIntegerField(default=0)
    nobody = models.PositiveIntegerField(default=0)
    # An update took its unit out again.
    closed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["telling", "building"], name="telling_place_once"),
            models.CheckConstraint(
                condition=Q(doors__gte=F("app") + F("sms") + F("told") + F("leaflet") + F("nobody")),
                name="telling_place_no_more_than_doors",
            ),
        ]
        indexes = [models.Index(fields=["community", "telling"], name="telling_place_of_community")]

    class Privacy:
        personal = {"only": Personal(_n("Telling a household what no phone tells it"), EMERGENCY, 30, mask_all)}
        plain = {
            "id", "telling", "building", "community", "subdistrict", "district", "doors", "app", "sms", "told", "leaflet",
            "nobody", "closed",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.left} / {self.doors}"

    @property
    def left(self) -> int:
        """Doors that were not told yet; where nobody was home, somebody goes again."""
        return self.doors - self.app - self.sms - self.told - self.leaflet


class TellingMark(models.Model):
    """What came of one door, once. Added, never changed; gone a month after the notice is over, or with its declaration's data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place = models.ForeignKey(TellingPlace, models.PROTECT, related_name="marks")
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    door = models.UUIDField()
    how = models.CharField(max_length=8, choices=ToldHow.choices)
    at = models.DateTimeField(default=clock.now)
    by_id = models.UUIDField(null=True)

    class Privacy:
        personal = {
            "how": Personal(_n("Telling a household what no phone tells it"), EMERGENCY, 30, mask_all),
            "by_id": Personal(_n("Knowing who told a household of a notice"), EMERGENCY, 30, mask_all),
        }
        plain = {"id", "place", "community", "door", "at"}

    def __str__(self) -> str:
        return self.how

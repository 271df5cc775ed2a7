"""Screening: a form and an area, who has which doors, the log of what came from the phones, and what each door is after it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.campaigns.merging import TO_REPEAT
from linli.campaigns.models.roster import EMERGENCY, Team
from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_all, mask_text


class FormVersion(models.Model):
    """A form as it was compiled. Another text is another version; what was asked stays known for as long as its answers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    form_id = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, default="", blank=True)
    # The XForm, and what a phone draws from.
    xml = models.TextField()
    schema = models.JSONField()
    # Then a screening with it needs the power for that.
    asks_health = models.BooleanField(default=False)
    # SHA-256 of the workbook that it was compiled from.
    source = models.BinaryField(max_length=32)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form_id", "version"], name="form_version_once")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id",
            "unit",
            "form_id",
            "version",
            "title",
            "title_en",
            "xml",
            "schema",
            "asks_health",
            "source",
            "at",
        }

    def __str__(self) -> str:
        return f"{self.form_id} {self.version}"


class Campaign(models.Model):
    """Every household of an area is to be visited, by a moment, with a form, under a declaration."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    declaration = models.ForeignKey("campaigns.Declaration", models.PROTECT, related_name="campaigns")
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    form = models.ForeignKey(FormVersion, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    # A door that was visited so often in vain is told as not reached, and left to the desk (`merging.is_left_to_desk`).
    most_attempts = models.PositiveSmallIntegerField(default=3)
    # What a visit takes, in tenths of a minute: the division of doors counts with it.
    door_time = models.PositiveSmallIntegerField(default=40)
    started_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(most_attempts__gte=1), name="campaign_tries_once"),
            models.CheckConstraint(condition=Q(door_time__gte=1), name="campaign_door_takes_time"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "declaration", "unit", "form", "name", "due_at", "most_attempts", "door_time", "started_at", "closed_at", "version",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Share(models.Model):
    """Some floors of one stairwell, given to a team. Which team a door belongs to follows from these; no row is kept for a door."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="shares", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="shares", db_index=False)
    # The building, or in a village the linpan; and the community in which it lies.
    building = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    entrance = models.PositiveSmallIntegerField()
    floor_from = models.SmallIntegerField()
    floor_to = models.SmallIntegerField()
    # Where its stairwell stands in the walk through the whole area: the shares of a team are its way in this order, and those
    # before and after them its neighbours'.
    place = models.PositiveIntegerField()
    doors = models.PositiveIntegerField()
    given_at = models.DateTimeField(default=clock.now)
    # When it was given to another team, or taken out of the campaign.
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(floor_to__gte=F("floor_from")), name="share_floors_in_order"),
            models.UniqueConstraint(
                fields=["campaign", "building", "entrance", "floor_from"],
                condition=Q(taken_at=None),
                name="share_given_once",
            ),
        ]
        indexes = [models.Index(fields=["team", "place"], name="share_of_team", condition=Q(taken_at=None))]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "campaign", "team", "building", "community", "entrance", "floor_from", "floor_to", "place", "doors",
            "given_at", "taken_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.entrance}: {self.floor_from}–{self.floor_to}"


class Outcome(models.TextChoices):
    """What came of standing at a door."""

    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    MOVED = "moved", _("Moved away")
    NOBODY_HOME = "nobody_home", _("Nobody home")
    OTHER_LANGUAGE = "other_language", _("Speaks another language")
    UNSAFE = "unsafe", _("Not safe to visit")


class Aside(models.TextChoices):
    """Why a submission was stored and not counted: the desk looks at it."""

    NO = "", ""
    NOT_YOURS = "not_yours", _("The door is not among the team's doors")
    ANSWERS = "answers", _("An answer is outside what the form allows")
    UNKNOWN_DOOR = "unknown_door", _("No such door is in the area")
    REMOVED = "removed", _("The person had been taken out of the team before the visit")
    CHANGED = "changed", _("The same visit was sent again with other content")
    AFTER_END = "after_end", _("The visit was made after the declaration had ended")
    CLOSED = "closed", _("The visit was made after the screening had been closed")


class Submission(models.Model):
    """A visit as a phone sent it. Its id was made by the phone. Added, never changed, and destroyed with the declaration's data."""

    id = models.UUIDField(primary_key=True, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="submissions", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    # A household of the territory, or an id of a door that no list had.
    door = models.UUIDField()
    building = models.ForeignKey("territory.Unit", models.PROTECT, null=True, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, null=True, related_name="+", db_index=False)
    found = models.BooleanField(default=False)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    aside = models.CharField(max_length=20, choices=Aside.choices, default=Aside.NO, blank=True)
    # By the phone's clock, moved by what it was off; and when it arrived.
    visited_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)
    next_at = models.DateTimeField(null=True)
    device = models.UUIDField()
    by_id = models.UUIDField(null=True)
    # Under the declaration's key: answers, notes, how to come again. Empty where nothing was asked.
    answers = models.BinaryField(default=bytes)
    # Under the same key: what the visitor wrote down beside the form.
    note = models.BinaryField(default=bytes)
    # The membership of whoever handed the door to the visitor, from phone to phone, proven (`handing.py`); `team` is then theirs.
    handed_by = models.UUIDField(null=True)
    # How far the phone was from the building, where that was too far (`position.py`). The position itself is not kept.
    metres_off = models.PositiveIntegerField(null=True)
    # SHA-256 of what was sent: the same id with other content shows.
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["campaign", "door"], name="submission_of_door"),
            models.Index(fields=["campaign", "received_at"], name="submission_aside", condition=~Q(aside="")),
            # What a team's lead looks at: few of many.
            models.Index(
                fields=["team"],
                name="submission_to_look_at",
                condition=Q(handed_by__isnull=False) | Q(metres_off__isnull=False),
            ),
        ]

    class Privacy:
        personal = {
            "answers": Personal(_n("Helping the household in an emergency"), EMERGENCY, 0, mask_text),
            "handed_by": Personal(_n("Knowing who visited a household"), EMERGENCY, 0, mask_all),
            "note": Personal(_n("Helping the household in an emergency"), EMERGENCY, 0, mask_text),
            "by_id": Personal(_n("Knowing who visited a household"), EMERGENCY, 0, mask_all),
            "outcome": Personal(_n("Knowing which households were reached"), EMERGENCY, 0, mask_all),
        }
        plain = {
            "id", "campaign", "team", "door", "building", "community", "found", "aside", "visited_at", "received_at",
            "next_at", "device", "metres_off", "digest",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.outcome} {self.visited_at}"


class VisitPhoto(models.Model):
    """A photo of a visit; its id was made by the phone. The picture lies in files, under the declaration's key (`sealed.py`)."""

    id = models.UUIDField(primary_key=True, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Submission, models.PROTECT, related_name="photos")
    # SHA-256 of what was sent: the same photo may be sent again, another one under its id may not.
    digest = models.BinaryField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    received_at = models.DateTimeField(default=clock.now)
    by_id = models.UUIDField(null=True)

    class Privacy:
        personal = {"by_id": Personal(_n("Knowing who visited a household"), EMERGENCY, 0, mask_all)}
        plain = {"id", "campaign", "visit", "digest", "width", "height", "received_at"}

    def __str__(self) -> str:
        return str(self.id)


class Door(models.Model):
    """What a door is after all its visits (`merging.py`); no row before the first. It is the greatest of its submissions, in any order."""

    pk = models.CompositePrimaryKey("campaign_id", "door")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    door = models.UUIDField()
    building = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    found = models.BooleanField(default=False)
    # Entrance, floor and door of one that no list had; of a household the territory knows them.
    label = models.CharField(max_length=60, default="", blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    visits = models.PositiveSmallIntegerField()
    visited_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    submission = models.UUIDField()
    # Teams that stood at it: more than one is shown to the desk.
    teams = ArrayField(models.UUIDField())

    class Meta:
        indexes = [
            models.Index(fields=["campaign", "building"], name="door_of_building"),
            # Those tried in vain more than once, of which some are left to the desk: few of the doors of an area.
            models.Index(
                fields=["campaign", "building"],
                name="door_tried_again",
                condition=Q(visits__gte=2, outcome__in=sorted(TO_REPEAT)),
            ),
        ]

    class Privacy:
        personal = {"outcome": Personal(_n("Knowing which households were reached"), EMERGENCY, 0, mask_all)}
        plain = {
            "campaign", "door", "building", "community", "found", "label", "visits", "visited_at", "next_at", "submission", "teams",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.outcome}"


class Counts(models.Model):
    """What came of doors and visits, as buildings and what lies above them count it."""

    # What was found beside the doors of the lists.
    found = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    nobody_home = models.PositiveIntegerField(default=0)
    other_language = models.PositiveIntegerField(default=0)
    unsafe = models.PositiveIntegerField(default=0)
    # Visits that counted, and those set aside.
    visits = models.PositiveIntegerField(default=0)
    aside = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class Tally(Counts):
    """The counts of one building, changed with the submissions that change them. The city is a sum of these."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="tallies", db_index=False)
    building = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    community = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    subdistrict = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    district = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    # Doors of the lists.
    doors = models.PositiveIntegerField()
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "building"], name="tally_one_per_building")]
        indexes = [
            models.Index(fields=["campaign", level], name=f"tally_of_{level}")
            for level in ("district", "subdistrict", "community")
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "campaign", "building", "community", "subdistrict", "district", "doors", "found", "done", "refused", "moved",
            "nobody_home", "other_language", "unsafe", "visits", "aside", "sealed_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.done}/{self.doors}"

"""Warnings and what people answered to them. Figures of many reports: nobody's name, nothing that was said."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal
from linli.insight.watch import is_strong


class WarningKind(models.TextChoices):
    """What was found. The values are those of `watch.KINDS`."""

    CLUSTER = "cluster", _("Cluster in place and time")
    TREND = "trend", _("More than usual")
    SURGE = "surge", _("Surge in the last hours")
    REPEATED = "repeated", _("Same address again and again")
    SILENT = "silent", _("Gone quiet")
    PILE = "pile", _("Overdue work ahead")


class WarningState(models.TextChoices):
    """Where a warning stands: `lifecycle.ANSWERS` says what may follow what."""

    NEW = "new", pgettext_lazy("of a warning", "New")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    CASE = "case", _("Made a case")
    DISMISSED = "dismissed", _("Dismissed")


class Warning(models.Model):
    """One matter that looked unusual. Seen again while it goes on, the same row tells the newest figures."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=WarningKind.choices)
    state = models.CharField(max_length=12, choices=WarningState.choices, default=WarningState.NEW)
    # Counts every change; a page that shows an older one is stale.
    version = models.PositiveIntegerField(default=1)

    # The district that was looked at, and the smallest unit that holds all of it.
    district = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    # Every unit that it touches and all above them: one array test answers who may see it.
    units = ArrayField(models.UUIDField())
    case_class = models.ForeignKey(
        "duties.CaseClass", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    # A cluster's places: ids of quarters, or H3 cells where the city has no quarters there.
    places = ArrayField(models.CharField(max_length=36), default=list)
    # The H3 cell of a repeated address.
    spot = models.BigIntegerField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    radius_km = models.FloatField(null=True)

    since = models.DateTimeField()
    until = models.DateTimeField()
    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    # How often chance alone shows the like of this kind in the district.
    once_in_days = models.FloatField()
    method = models.CharField(max_length=20)
    cases = ArrayField(models.UUIDField(), default=list)
    # Day by day: labels, observed, usual (watch.Curve).
    curve = models.JSONField()

    found_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(default=clock.now)
    # The case that it was turned into.
    made_case = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="warning_has_a_window"),
            models.CheckConstraint(
                condition=Q(state="case", made_case__isnull=False) | (~Q(state="case") & Q(made_case=None)),
                name="warning_case_made",
            ),
        ]
        indexes = [
            GinIndex(fields=["units"], name="warning_units"),
            models.Index(fields=["district", "kind", "-until"], name="warning_of_district"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "kind", "state", "version", "district", "unit", "units", "case_class", "body", "places", "spot", "lon",
            "lat", "radius_km", "since", "until", "observed", "expected", "once_in_days", "method", "cases", "curve",
            "found_at", "seen_at", "made_case",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def strong(self) -> bool:
        return is_strong(self.once_in_days)


class Verdict(models.TextChoices):
    """What somebody made of a warning."""

    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    CASE = "case", _("Made a case")
    DISMISSED = "dismissed", _("Dismissed")


class Answer(models.Model):
    """What somebody made of a warning, and why: added, never changed. The last one counts for the precision of its kind."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    warning = models.ForeignKey(Warning, on_delete=models.PROTECT, related_name="answers")
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    reason = models.CharField(max_length=500, blank=True)
    by = models.UUIDField()
    # The post, as the timeline names it.
    by_label = models.CharField(max_length=120)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict="dismissed") | ~Q(reason=""), name="answer_dismissed_with_a_reason"
            )
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "warning", "verdict", "reason", "by", "by_label", "at"}

    def __str__(self) -> str:
        return f"{self.verdict} {self.warning_id}"


class Occasion(models.TextChoices):
    NIGHTLY = "nightly", _("At night")
    HOURLY = "hourly", _("Every hour")
    ASKED = "asked", _("Asked for")


class Run(models.Model):
    """A look at a district: when, on what occasion, how many reports were read, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    district = models.ForeignKey("territory.Unit", on_delete=models.CASCADE, related_name="+", db_index=False)
    units = ArrayField(models.UUIDField())
    occasion = models.CharField(max_length=8, choices=Occasion.choices)
    at = models.DateTimeField(default=clock.now)
    reports = models.PositiveIntegerField()
    raised = models.PositiveIntegerField()
    seen_again = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["district", "-id"], name="run_of_district")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "district", "units", "occasion", "at", "reports", "raised", "seen_again"}

    def __str__(self) -> str:
        return f"{self.occasion} {self.at:%Y-%m-%d %H:%M}"

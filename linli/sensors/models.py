"""The register of devices, their readings, and alerts. Nothing of it is about a person."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal


class DeviceKind(models.TextChoices):
    """What is measured: a closed list; `words.MEASURED` says in which unit."""

    WATER_LEVEL = "water_level", _("Water level")
    GAS = "gas", _("Combustible gas")
    SMOKE = "smoke", _("Smoke")
    MANHOLE = "manhole", _("Manhole cover")
    TEMPERATURE = "temperature", _("Temperature")
    NOISE = "noise", _("Noise")


class Side(models.TextChoices):
    """Beyond which limit a reading is."""

    NONE = "", ""
    LOW = "low", _("Below its limit")
    HIGH = "high", _("Above its limit")


class Device(models.Model):
    """One device: where it is, whose it is, what is too much, and what it said last."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # As its owner and its readings call it.
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, choices=DeviceKind.choices)
    name = models.CharField(max_length=120)
    # The finest unit in which it stands: who answers for that unit answers for it.
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    lon = models.FloatField()
    lat = models.FloatField()
    owner = models.ForeignKey("people.Body", models.PROTECT, related_name="+")
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    silent_minutes = models.PositiveIntegerField()
    last_at = models.DateTimeField(null=True)
    last_value = models.FloatField(null=True)
    # How many readings in a row were beyond the same limit.
    beyond = models.CharField(max_length=4, choices=Side.choices, default=Side.NONE, blank=True)
    times = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(lon__range=(-180, 180), lat__range=(-90, 90)), name="device_on_earth"),
            models.CheckConstraint(
                condition=Q(low=None) | Q(high=None) | Q(low__lt=F("high")), name="device_limits_in_order"
            ),
            models.CheckConstraint(condition=Q(silent_minutes__gte=1), name="device_silent_after_a_while"),
        ]
        indexes = [models.Index(fields=["lon", "lat"], name="device_place", condition=Q(closed_at=None))]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "code", "kind", "name", "unit", "lon", "lat", "owner", "low", "high", "silent_minutes", "last_at", "last_value",
            "beyond", "times", "created_at", "closed_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.code


class Reading(models.Model):
    """What a device measured at a moment. Rows are added and go after their time (`jobs`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="readings", db_index=False)
    at = models.DateTimeField()
    value = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "at"], name="reading_once")]
        indexes = [models.Index(fields=["at"], name="reading_at")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "device", "at", "value"}

    def __str__(self) -> str:
        return f"{self.value} at {self.at}"


class AlertKind(models.TextChoices):
    LOW = "low", _("Below its limit")
    HIGH = "high", _("Above its limit")
    SILENT = "silent", _("Silent")


class Verdict(models.TextChoices):
    """What somebody made of an alert."""

    NONE = "", _("No answer yet")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    CASE = "case", _("Made a case")
    DISMISSED = "dismissed", _("Dismissed")


class Alert(models.Model):
    """A device is beyond a limit, or silent; it closes by itself. Who answered it, and why, stands in its timeline."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="alerts", db_index=False)
    kind = models.CharField(max_length=6, choices=AlertKind.choices)
    # The reading that opened it; none where the device is silent.
    value = models.FloatField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=12, choices=Verdict.choices, default=Verdict.NONE, blank=True)
    made_case = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "kind"], condition=Q(closed_at=None), name="alert_one_of_a_kind_open"
            ),
            models.CheckConstraint(
                condition=Q(verdict="case", made_case__isnull=False) | (~Q(verdict="case") & Q(made_case=None)),
                name="alert_case_made",
            ),
        ]
        indexes = [models.Index(fields=["device", "-opened_at"], name="alert_of_device")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "device", "kind", "value", "opened_at", "closed_at", "verdict", "made_case"}

    def __str__(self) -> str:
        return f"{self.kind} {self.device_id}"


class OwnerToken(models.Model):
    """With what an owner's system delivers readings, and nothing else. Only a keyed hash is kept; its beginning tells tokens apart."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey("people.Body", models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=16)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True)

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "owner", "prefix", "token_hash", "created_at", "revoked_at"}

    def __str__(self) -> str:
        return f"{self.prefix}…"
